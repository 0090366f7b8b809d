/* The wings: engine <- certs <- as4 <- sti <- show <- web <- cli. An include that points right is refused, wherever
 * it stands, and so is one that reaches past the face of another wing: the headers of tests/faces.txt, one a line. A
 * header that no other wing includes is no part of a face. */
#include "tests/suite.h"

#include <fts.h>
#include <stdio.h>
#include <string.h>

static const char *const wings[] = {"engine", "certs", "as4", "sti", "show", "web", "cli"};
#define NUM (sizeof wings / sizeof *wings)
#define FACE_MAX 35 /* headers of one wing */
#define FACES_MAX (NUM * FACE_MAX)

static struct {
    char header[128];
    bool used;
} faces[FACES_MAX];
static size_t num_faces;

static bool may_include(size_t wing, size_t other)
{
    return other <= wing;
}

/* wing_of gives the wing of a path, or NUM. */
static size_t wing_of(const char *path)
{
    size_t i = 0;
    while (i < NUM && (strncmp(path, wings[i], strlen(wings[i])) != 0 || path[strlen(wings[i])] != '/'))
        i++;
    return i;
}

/* The rooms of certs, each of which may include those before it. */
static const char *const rooms[] = {"certs/x509/", "certs/keys/",    "certs/eori/",    "certs/lists/",
                                    "certs/path/", "certs/qualify/", "certs/profile/", "certs/preflight/"};
#define NUM_ROOMS (sizeof rooms / sizeof *rooms)

static size_t room_of(const char *path)
{
    size_t i = 0;
    while (i < NUM_ROOMS && strncmp(path, rooms[i], strlen(rooms[i])) != 0)
        i++;
    return i;
}

static void check_rooms(const char *file, const char *header)
{
    size_t room = room_of(file + strlen(ENSIGN_SOURCE "/")), other = room_of(header);
    CHECK_ROW(room == NUM_ROOMS || other == NUM_ROOMS || other <= room, "%s includes from a later room: %s", file,
              header);
}

/* enters tells whether a header is of its wing's face, and notes that somebody needs it there. */
static bool enters(const char *header)
{
    size_t len = strcspn(header, "\"");
    for (size_t i = 0; i < num_faces; i++)
        if (strlen(faces[i].header) == len && strncmp(faces[i].header, header, len) == 0)
            return faces[i].used = true;
    return false;
}

/* What the command needs of certs and as4 that no public header has; for all else it is a caller like any other. */
static struct {
    const char *header, *why;
    bool used;
} insides[] = {
    {"as4/anonymise/anonymise.h", "a message made to send on", false},
    {"as4/client.h", "the exchange with an access point", false},
    {"as4/deliver.h", "payloads as files, then the receipt", false},
    {"as4/ics2/ics2.h", "the table of actions", false},
    {"as4/probe/probe.h", "the messages that an access point is tried with", false},
    {"as4/preview.h", "what is sealed is judged before it leaves", false},
    {"certs/keys/certfile.h", "certificate requests", false},
    {"certs/keys/keys.h", "the key of a TLS identity, as PEM or in its device", false},
    {"certs/preflight/tls_client.h", "what an access point shows to TLS", false},
};
#define NUM_INSIDES (sizeof insides / sizeof *insides)

static void check_command(const char *file, const char *header)
{
    size_t len = strcspn(header, "\""), i = 0;
    if (strncmp(header, "certs/", 6) != 0 && strncmp(header, "as4/", 4) != 0)
        return;
    while (i < NUM_INSIDES && (strlen(insides[i].header) != len || strncmp(insides[i].header, header, len) != 0))
        i++;
    CHECK_ROW(i < NUM_INSIDES, "%s includes an inside where a public header should do: %s", file, header);
    if (i < NUM_INSIDES)
        insides[i].used = true;
}

static void check_line(const char *file, const char *line, size_t wing)
{
    static const char *const programs[] = {"bench/", "fixtures/", "tests/"};
    if (strncmp(line, "#include \"", 10) != 0)
        return;
    line += 10;
    size_t other = wing_of(line);
    CHECK_ROW(other == NUM || may_include(wing, other), "%s includes from the right: %s", file, line);
    CHECK_ROW(other == NUM || other == wing || enters(line), "%s includes what no face shows: %s", file, line);
    check_rooms(file, line);
    if (strcmp(wings[wing], "cli") == 0)
        check_command(file, line);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        CHECK_ROW(strncmp(line, programs[i], strlen(programs[i])) != 0, "%s includes a program's own: %s", file, line);
}

static bool check_file(const char *path, size_t wing)
{
    char line[512];
    unsigned lines = 0;
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (; fgets(line, sizeof line, f); lines++)
        check_line(path, line, wing);
    fclose(f);
    return lines > 0;
}

static bool is_code(const FTSENT *e)
{
    return e->fts_info == FTS_F && e->fts_namelen > 2 && e->fts_name[e->fts_namelen - 2] == '.' &&
           strchr("ch", e->fts_name[e->fts_namelen - 1]);
}

static void check_wing(size_t wing)
{
    char folder[512], *roots[] = {folder, NULL};
    unsigned files = 0;
    snprintf(folder, sizeof folder, "%s/%s", ENSIGN_SOURCE, wings[wing]);
    FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(walk);
    for (FTSENT *e; (e = fts_read(walk));)
        if (is_code(e))
            files += check_file(e->fts_path, wing);
    fts_close(walk);
    CHECK_ROW(files >= 3, "%s has %u files", wings[wing], files);
}

static void read_faces(void)
{
    char path[512], line[sizeof faces->header];
    snprintf(path, sizeof path, "%s/tests/faces.txt", ENSIGN_SOURCE);
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    num_faces = 0;
    while (fgets(line, sizeof line, f) && num_faces < FACES_MAX) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#')
            strcpy(faces[num_faces++].header, line);
    }
    CU_ASSERT_TRUE(feof(f));
    fclose(f);
}

static void includes(void)
{
    read_faces();
    for (size_t i = 0; i < NUM; i++)
        check_wing(i);
}

static void needed(void)
{
    size_t headers[NUM + 1] = {0};
    for (size_t i = 0; i < num_faces; i++) {
        CHECK_ROW(faces[i].used, "%s is of a face, and no other wing includes it", faces[i].header);
        headers[wing_of(faces[i].header)]++;
    }
    CU_ASSERT_EQUAL(headers[NUM], 0);
    for (size_t i = 0; i < NUM_INSIDES; i++)
        CHECK_ROW(insides[i].used, "the command doesn't need %s (%s)", insides[i].header, insides[i].why);
    for (size_t i = 0; i < NUM; i++)
        CHECK_ROW(headers[i] <= FACE_MAX, "the face of %s has %zu headers", wings[i], headers[i]);
}

static const ens_case cases[] = {
    {"no include points right or reaches past a face", includes},
    {"a face has no header that nobody needs", needed},
    {NULL, NULL},
};
ENS_SUITE("layers", cases)
