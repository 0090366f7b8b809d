/* Bringing a cache up to date: the list of lists and its pivots, what stays when something fails, and what is asked
 * over HTTP. */
#include "certs/lists/cache.h"
#include "certs/lists/update.h"
#include "engine/base/file.h"
#include "fixtures/pki.h"
#include "fixtures/trustlists.h"
#include "tests/certs/folder_server.h"
#include "tests/certs/local_server.h"
#include "tests/suite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)1 << 20)
#define LATER (FX_AT + 400 * (ens_time)86400)
#define IN_2023 1698494400 /* 2023-10-28T12:00:00Z */

/* A place for one case: lists that may be altered, and a cache. */
typedef struct {
    char root[64], lists[96], cache[96], anchors[128];
    ens_update_options o;
    ens_update_result r;
    ens_err err;
} scene;

typedef struct {
    fx_signers signers;
    fx_pki pki;
} actors;

static const actors *cast(void)
{
    static actors a;
    static bool ready;
    if (!ready)
        CU_ASSERT_FATAL(fx_signers_make(&a.signers) && fx_pki_make(&a.pki));
    ready = true;
    return &a;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s, (void)kind, (void)at;
    return remove(path);
}

static void open_scene(scene *s, const char *place)
{
    *s = (scene){0};
    snprintf(s->root, sizeof s->root, "/tmp/ensign-lists-XXXXXX");
    CU_ASSERT_FATAL(mkdtemp(s->root) != NULL);
    snprintf(s->lists, sizeof s->lists, "%s/lists", s->root);
    snprintf(s->cache, sizeof s->cache, "%s/cache", s->root);
    snprintf(s->anchors, sizeof s->anchors, "%s/anchors.pem", s->lists);
    CU_ASSERT_FATAL(mkdir(s->lists, 0700) == 0 && fx_trustlists_write(&cast()->signers, &cast()->pki, place, s->lists));
    s->o = (ens_update_options){.lotl = FX_LISTS_PLACE "/lotl.xml",
                                .anchors = s->anchors,
                                .mirror = s->lists,
                                .cache = s->cache,
                                .offline = true,
                                .at = FX_AT};
}

static void close_scene(scene *s)
{
    ens__update_clear(&s->r);
    nftw(s->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static ens_code update(scene *s)
{
    ens__update_clear(&s->r);
    s->err = (ens_err){0};
    return ens__lists_update(&s->o, &s->r, &s->err);
}

static const ens_list *of(const scene *s, const char *country)
{
    for (size_t i = 0; i < s->r.num; i++)
        if (s->r.list[i].kind != ENS_LIST_PIVOT && ens_is(s->r.list[i].country, country))
            return &s->r.list[i];
    static const ens_list none;
    return &none;
}

static bool says(const ens_list *list, const char *what)
{
    return ens__find(list->reason, ens_str(what), 0) != SIZE_MAX;
}

/* The services of a country in the snapshot as it is on the disk; -1: no snapshot. */
static int listed(const scene *s, const char *country)
{
    char path[160];
    ens_snapshot *snapshot = NULL;
    ens_list list;
    int num = 0;
    snprintf(path, sizeof path, "%s/" ENS_SNAPSHOT_FILE, s->cache);
    if (ens__snapshot_load(path, &snapshot, NULL) != ENS_OK)
        return -1;
    for (uint32_t i = 0; ens__snapshot_list(snapshot, i, &list); i++)
        if (list.kind == ENS_LIST_NATIONAL && ens_is(list.country, country))
            num += (int)list.services.num;
    ens__snapshot_free(snapshot);
    return num;
}

/* alter changes one word of a list; copy puts one list in the place of another. */
static void alter(const scene *s, const char *name, const char *word)
{
    char path[160];
    ens_file file = {0};
    snprintf(path, sizeof path, "%s/%s", s->lists, name);
    CU_ASSERT_FATAL(ens__file_open(path, FILE_MAX, &file, NULL) == ENS_OK);
    uint8_t *copy = malloc(file.bytes.len);
    size_t at = ens__find(file.bytes, ens_str(word), 0);
    CU_ASSERT_FATAL(copy && at != SIZE_MAX);
    memcpy(copy, file.bytes.p, file.bytes.len);
    copy[at] ^= 1;
    CU_ASSERT(ens__file_write(path, ens_bytes(copy, file.bytes.len), 0600, NULL) == ENS_OK);
    ens__file_close(&file);
    free(copy);
}

static void copy(const scene *s, const char *from, const char *to)
{
    char source[160], target[160];
    ens_file file = {0};
    snprintf(source, sizeof source, "%s/%s", s->lists, from);
    snprintf(target, sizeof target, "%s/%s", s->lists, to);
    CU_ASSERT_FATAL(ens__file_open(source, FILE_MAX, &file, NULL) == ENS_OK &&
                    ens__file_write(target, file.bytes, 0600, NULL) == ENS_OK);
    ens__file_close(&file);
}

/* touch changes what isn't signed: another ETag, the same list. */
static void touch(const scene *s, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", s->lists, name);
    FILE *f = fopen(path, "a");
    CU_ASSERT_FATAL(f != NULL);
    CU_ASSERT(fputc('\n', f) == '\n' && fclose(f) == 0);
}

static void drop(const scene *s, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", s->lists, name);
    CU_ASSERT(remove(path) == 0);
}

static void verifies_the_lists_of_2023(void)
{
    scene s;
    char lotl[512], mirror[512], anchors[512];
    size_t valid = 0;
    const char *path = ens_shared("data/trustlists/2023/eu-lotl.xml");
    if (!path)
        return;
    snprintf(lotl, sizeof lotl, "%s", path);
    snprintf(mirror, sizeof mirror, "%s", ens_shared("data/trustlists/2023"));
    snprintf(anchors, sizeof anchors, "%s", ens_shared("data/anchors/oj-c276-2019.pem"));
    open_scene(&s, FX_LISTS_PLACE);
    s.o.lotl = lotl;
    s.o.mirror = mirror;
    s.o.anchors = anchors;
    s.o.at = IN_2023;
    CU_ASSERT(update(&s) == ENS_OK);
    for (size_t i = 0; i < s.r.num; i++)
        valid += s.r.list[i].signature == ENS_LIST_SIGNATURE_VALID && s.r.list[i].pinned && s.r.list[i].usable;
    CU_ASSERT_EQUAL(valid, 33);
    CU_ASSERT_EQUAL(s.r.num, 34);
    CU_ASSERT_EQUAL(s.r.lotl_sequence, 332);
    CU_ASSERT_EQUAL(s.r.num_usable, 30);
    CU_ASSERT_EQUAL(s.r.num_services, 2944);
    CU_ASSERT(ens__list_state(of(&s, "FR"), IN_2023) == ENS_LIST_STALE &&
              ens__list_state(of(&s, "UK"), IN_2023) == ENS_LIST_CLOSED);
    CU_ASSERT(ens__list_state(of(&s, "DE"), IN_2023) == ENS_LIST_MISSING &&
              ens__list_state(of(&s, "AT"), IN_2023) == ENS_LIST_FRESH);
    close_scene(&s);
}

static void anchors_of_others_sign_nothing(void)
{
    scene s;
    char lotl[512], mirror[512];
    const char *path = ens_shared("data/trustlists/2023/eu-lotl.xml");
    if (!path)
        return;
    snprintf(lotl, sizeof lotl, "%s", path);
    snprintf(mirror, sizeof mirror, "%s", ens_shared("data/trustlists/2023"));
    open_scene(&s, FX_LISTS_PLACE);
    s.o.lotl = lotl;
    s.o.mirror = mirror;
    CU_ASSERT(update(&s) == ENS_EPOLICY && !s.r.snapshot[0] && listed(&s, "AT") == -1);
    CU_ASSERT(of(&s, "EU")->signature == ENS_LIST_SIGNATURE_VALID && !of(&s, "EU")->usable &&
              says(of(&s, "EU"), "not one of those"));
    close_scene(&s);
}

static void follows_the_pivot_to_the_signer(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT(update(&s) == ENS_OK);
    CU_ASSERT(s.r.num == 5 && s.r.list[0].kind == ENS_LIST_PIVOT && s.r.list[0].usable && s.r.num_usable == 2 &&
              s.r.lotl_sequence == 21);
    CU_ASSERT(ens__list_state(of(&s, "EU"), FX_AT) == ENS_LIST_FRESH &&
              ens__list_state(of(&s, "IT"), FX_AT) == ENS_LIST_MISSING);
    CU_ASSERT(listed(&s, "FR") == 1 && listed(&s, "BE") == 1 && listed(&s, "IT") == 0);
    CU_ASSERT(ens__list_state(of(&s, "FR"), LATER) == ENS_LIST_STALE);
    char name[ENS_SNAPSHOT_NAME_MAX];
    snprintf(name, sizeof name, "%s", s.r.snapshot);
    CU_ASSERT(strncmp(name, "21-", 3) == 0);
    s.o.anchors = NULL; /* those of the first time are kept */
    CU_ASSERT(update(&s) == ENS_OK && strcmp(s.r.snapshot, name) == 0);
    s.o.mirror = NULL; /* nothing but the kept copies */
    CU_ASSERT(update(&s) == ENS_OK && strcmp(s.r.snapshot, name) == 0 && !of(&s, "FR")->reason.len);
    close_scene(&s);
}

static void a_bad_pivot_has_no_say(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    alter(&s, "pivot.xml", "Demo Supervisor");
    CU_ASSERT(update(&s) == ENS_EPOLICY && !s.r.list[0].usable && says(&s.r.list[0], "changed after sealing"));
    CU_ASSERT(says(of(&s, "EU"), "not one of those") && listed(&s, "FR") == -1);
    drop(&s, "pivot.xml");
    CU_ASSERT(update(&s) == ENS_EPOLICY && says(&s.r.list[0], "the mirror has no copy"));
    /* a list of lists whose signer the Official Journal names needs none */
    CU_ASSERT(fx_lotl_write(&cast()->signers, FX_LISTS_PLACE, s.lists, "lotl.xml",
                            &(fx_trustlist){.sequence = 22, .signer = FX_SIGNER_JOURNAL}));
    CU_ASSERT(update(&s) == ENS_OK && listed(&s, "FR") == 1);
    close_scene(&s);
}

/* An old pivot given out as the list of lists is not signed by whom it names; an old list of lists is older than what
 * is kept. */
static void takes_nothing_that_is_older(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT(update(&s) == ENS_OK);
    copy(&s, "pivot.xml", "lotl.xml");
    CU_ASSERT(update(&s) == ENS_OK && s.r.lotl_sequence == 21 && says(of(&s, "EU"), "not one of those") &&
              of(&s, "EU")->usable);
    CU_ASSERT(fx_lotl_write(&cast()->signers, FX_LISTS_PLACE, s.lists, "lotl.xml",
                            &(fx_trustlist){.sequence = 19, .signer = FX_SIGNER_PIVOT}));
    CU_ASSERT(update(&s) == ENS_OK && s.r.lotl_sequence == 21 && says(of(&s, "EU"), "older") && of(&s, "EU")->usable);
    close_scene(&s);
}

static void a_new_publication_is_tried_before_old_pivots(void)
{
    const char *uris = "<URI>https://eur-lex.europa.eu/new</URI><URI>" FX_LISTS_PLACE
                       "/pivot.xml</URI><URI>https://eur-lex.europa.eu/demo</URI>";
    const fx_trustlist lotl = {.sequence = 30, .signer = FX_SIGNER_PIVOT, .scheme_uris = uris};
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT(fx_lotl_write(&cast()->signers, FX_LISTS_PLACE, s.lists, "lotl.xml", &lotl));
    CU_ASSERT(update(&s) == ENS_OK && s.r.list[0].kind == ENS_LIST_PIVOT && s.r.num == 5);
    CU_ASSERT(fx_anchors_write(&cast()->signers, FX_SIGNER_PIVOT, s.lists, "anchors.pem"));
    CU_ASSERT(update(&s) == ENS_OK && s.r.list[0].kind == ENS_LIST_LOTL && s.r.num == 4);
    close_scene(&s);
}

static void what_fails_keeps_its_last_good_copy(void)
{
    static const struct {
        const char *name, *reason;
    } rows[] = {
        {"altered", "changed after sealing"}, {"another's", "not one of those"}, {"gone", "the mirror has no copy"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene s;
        open_scene(&s, FX_LISTS_PLACE);
        CU_ASSERT(update(&s) == ENS_OK);
        if (i == 0)
            alter(&s, "FR.xml", "Demo Trust");
        else if (i == 1)
            copy(&s, "BE.xml", "FR.xml");
        else
            drop(&s, "FR.xml");
        CHECK_ROW(update(&s) == ENS_OK && of(&s, "FR")->usable && listed(&s, "FR") == 1, "%s: the copy isn't used",
                  rows[i].name);
        CHECK_ROW(says(of(&s, "FR"), rows[i].reason) && says(of(&s, "FR"), "days old"), "%s: %.*s", rows[i].name,
                  (int)of(&s, "FR")->reason.len, (const char *)of(&s, "FR")->reason.p);
        close_scene(&s);
    }
}

static void without_a_copy_it_is_broken(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    alter(&s, "FR.xml", "Demo Trust");
    CU_ASSERT(update(&s) == ENS_OK && ens__list_state(of(&s, "FR"), FX_AT) == ENS_LIST_BROKEN && listed(&s, "FR") == 0);
    CU_ASSERT(of(&s, "FR")->signature == ENS_LIST_SIGNATURE_INVALID && listed(&s, "BE") == 1);
    copy(&s, "pointers.tsv", "FR.xml");
    CU_ASSERT(update(&s) == ENS_OK && ens__list_state(of(&s, "FR"), FX_AT) == ENS_LIST_BROKEN && listed(&s, "BE") == 1);
    close_scene(&s);
}

static void a_bad_list_of_lists_changes_nothing(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT(update(&s) == ENS_OK);
    alter(&s, "lotl.xml", "Demo Supervisor");
    CU_ASSERT(update(&s) == ENS_OK && says(of(&s, "EU"), "changed after sealing") && listed(&s, "FR") == 1);
    CU_ASSERT(fx_anchors_write(&cast()->signers, FX_SIGNER_FR, s.lists, "anchors.pem"));
    CU_ASSERT(update(&s) == ENS_EPOLICY && !s.r.snapshot[0] && listed(&s, "FR") == 1 && listed(&s, "BE") == 1);
    s.o.anchors = NULL; /* those that led to nothing were not kept */
    CU_ASSERT(update(&s) == ENS_OK);
    close_scene(&s);
}

static void wants_anchors(void)
{
    scene s;
    open_scene(&s, FX_LISTS_PLACE);
    s.o.anchors = NULL; /* the Official Journal's signers have not signed this one */
    CU_ASSERT(update(&s) == ENS_EPOLICY && !s.r.snapshot[0]);
    CHECK_ROW(strstr(s.err.text, "the signer is not one of those") != NULL, "%s", s.err.text);
    s.o.anchors = "/nonexistent.pem";
    CU_ASSERT(update(&s) == ENS_EIO);
    close_scene(&s);
}

/* start serves the lists of a scene, whose pointers lead to the server; no mirror stands between. */
static void start(scene *s, folder_server *server)
{
    static char lotl[96];
    open_scene(s, FX_LISTS_PLACE);
    *server = (folder_server){.folder = s->lists};
    CU_ASSERT_FATAL(folder_server_start(server));
    CU_ASSERT_FATAL(fx_trustlists_write(&cast()->signers, &cast()->pki, server->url, s->lists));
    snprintf(lotl, sizeof lotl, "%s/lotl.xml", server->url);
    s->o.lotl = lotl;
    s->o.mirror = NULL;
    s->o.offline = false;
    s->o.connect_s = 2;
    s->o.total_s = 2;
}

static void asks_only_for_what_has_changed(void)
{
    scene s;
    folder_server server;
    start(&s, &server);
    CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2 && server.num_requests == 5 && server.num_same == 0);
    CU_ASSERT(says(of(&s, "IT"), "404") && ens__list_state(of(&s, "IT"), FX_AT) == ENS_LIST_MISSING);
    CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2 && server.num_requests == 10 && server.num_same == 4);
    s.o.offline = true;
    CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2 && server.num_requests == 10);
    folder_server_stop(&server);
    s.o.offline = false;
    CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2 && says(of(&s, "FR"), "days old"));
    close_scene(&s);
}

static void servers_that_fail_cost_nothing(void)
{
    static const struct {
        const char *name;
        folder_fault fault;
        const char *reason;
    } rows[] = {{"missing", FOLDER_MISSING, "404"},
                {"silent", FOLDER_SILENT, "imed out"},
                {"cut", FOLDER_CUT, " bytes "}, /* libcurl's words change */
                {"endless", FOLDER_ENDLESS, "longer"},
                {"redirected", FOLDER_REDIRECTED, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scene s;
        folder_server server;
        start(&s, &server);
        CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2);
        server.odd = "/FR.xml";
        server.fault = rows[i].fault;
        touch(&s, "FR.xml");
        CHECK_ROW(update(&s) == ENS_OK && of(&s, "FR")->usable && listed(&s, "FR") == 1, "%s: the copy isn't used",
                  rows[i].name);
        CHECK_ROW(rows[i].reason ? says(of(&s, "FR"), rows[i].reason) : !of(&s, "FR")->reason.len, "%s: %.*s",
                  rows[i].name, (int)of(&s, "FR")->reason.len, (const char *)of(&s, "FR")->reason.p);
        folder_server_stop(&server);
        close_scene(&s);
    }
}

static void a_mirror_may_be_a_server(void)
{
    scene s;
    folder_server server;
    start(&s, &server);
    CU_ASSERT(fx_trustlists_write(&cast()->signers, &cast()->pki, FX_LISTS_PLACE, s.lists));
    s.o.lotl = FX_LISTS_PLACE "/lotl.xml";
    s.o.mirror = server.url;
    CU_ASSERT(update(&s) == ENS_OK && s.r.num_usable == 2 && server.num_requests == 5); /* its table, and no IT.xml */
    s.o.offline = true;
    CU_ASSERT(update(&s) == ENS_EPOLICY && server.num_requests == 5);
    folder_server_stop(&server);
    close_scene(&s);
}

/* A list of lists that nobody trusted has signed names pivots by the dozen, the same ones for each of many
 * publications, and some of them elsewhere: few are asked for, each once, and nobody else. */
static void an_unverified_list_sends_nobody_anywhere(void)
{
    scene s;
    folder_server server, elsewhere;
    char uris[8192];
    size_t len = 0;
    start(&s, &server);
    elsewhere = (folder_server){.folder = s.lists};
    CU_ASSERT_FATAL(folder_server_start(&elsewhere));
    for (unsigned i = 0; i < 30; i++)
        len += (size_t)snprintf(uris + len, sizeof uris - len,
                                "<URI>%s/pivot-%u.xml</URI><URI>%s/other-%u.xml</URI>"
                                "<URI>https://eur-lex.europa.eu/demo-%u</URI>",
                                server.url, i % 20, elsewhere.url, i, i);
    const fx_trustlist lotl = {.sequence = 40, .signer = FX_SIGNER_FR, .scheme_uris = uris};
    CU_ASSERT(fx_lotl_write(&cast()->signers, server.url, s.lists, "lotl.xml", &lotl));
    CU_ASSERT_EQUAL(update(&s), ENS_EPOLICY);
    CU_ASSERT(server.num_requests > 1 && server.num_requests <= 1 + ENS_UPDATE_PIVOTS_FETCHED_MAX);
    CU_ASSERT_EQUAL(elsewhere.num_requests, 0);
    server.odd = "/pivot-0.xml"; /* nor is a redirection followed */
    server.fault = FOLDER_REDIRECTED;
    unsigned before = server.num_requests;
    CU_ASSERT_EQUAL(update(&s), ENS_EPOLICY);
    CU_ASSERT(server.num_requests - before <= 1 + ENS_UPDATE_PIVOTS_FETCHED_MAX);
    folder_server_stop(&elsewhere);
    folder_server_stop(&server);
    close_scene(&s);
}

/* A server that answers everything with its list of lists: its certificate is its own, and must be named. */
static void verifies_the_server(void)
{
    scene s;
    char lotl[128], path[160];
    ens_file file = {0};
    open_scene(&s, FX_LISTS_PLACE);
    local_server server = {.status = "200 OK", .body = "", .tls = true};
    CU_ASSERT_FATAL(local_server_start(&server));
    const fx_trustlist like = {
        .sequence = 22, .signer = FX_SIGNER_JOURNAL, .scheme_uris = "<URI>https://eur-lex.europa.eu/demo</URI>"};
    CU_ASSERT_FATAL(fx_lotl_write(&cast()->signers, server.url, s.lists, "lotl.xml", &like));
    snprintf(path, sizeof path, "%s/lotl.xml", s.lists);
    CU_ASSERT_FATAL(ens__file_open(path, FILE_MAX, &file, NULL) == ENS_OK);
    server.body = (const char *)file.bytes.p;
    server.body_len = file.bytes.len;
    snprintf(lotl, sizeof lotl, "%s/lotl.xml", server.url);
    s.o.lotl = lotl;
    s.o.mirror = NULL;
    s.o.offline = false;
    s.o.total_s = 5;
    CU_ASSERT(update(&s) == ENS_EPOLICY && says(of(&s, "EU"), "certificate") && server.num_requests == 0);
    s.o.ca_file = server.ca_file;
    CU_ASSERT(update(&s) == ENS_OK && of(&s, "EU")->usable && ens__list_state(of(&s, "FR"), FX_AT) == ENS_LIST_BROKEN);
    CU_ASSERT(says(of(&s, "FR"), "not one of those"));
    local_server_stop(&server);
    ens__file_close(&file);
    close_scene(&s);
}

/* A line of sources.tsv that names a file elsewhere is no line. */
static void a_cache_leads_nowhere_else(void)
{
    scene s;
    char path[160], text[512];
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT(update(&s) == ENS_OK);
    snprintf(path, sizeof path, "%s/sources.tsv", s.cache);
    int n = snprintf(text, sizeof text,
                     FX_LISTS_PLACE "/FR.xml\t../../lists/FR.xml\t12\t2026-01-01T00:00:00Z\t\t\nno line\n\t\t\t\t\t\n");
    CU_ASSERT_FATAL(n > 0 && ens__file_write(path, ens_bytes(text, (size_t)n), 0600, NULL) == ENS_OK);
    drop(&s, "FR.xml");
    CU_ASSERT(update(&s) == ENS_OK && ens__list_state(of(&s, "FR"), FX_AT) == ENS_LIST_MISSING &&
              listed(&s, "BE") == 1);
    close_scene(&s);
}

static void one_update_at_a_time(void)
{
    scene s;
    ens_cache held;
    char text[256];
    open_scene(&s, FX_LISTS_PLACE);
    CU_ASSERT_FATAL(ens__cache_open(s.cache, &held, NULL) == ENS_OK);
    CU_ASSERT(update(&s) == ENS_EIO && strstr(ens_err_format(&s.err, text, sizeof text), "another update") != NULL);
    ens__cache_close(&held);
    CU_ASSERT(update(&s) == ENS_OK);
    close_scene(&s);
}

static const ens_case cases[] = {
    {"verifies the lists of 2023", verifies_the_lists_of_2023},
    {"anchors of others sign nothing", anchors_of_others_sign_nothing},
    {"follows the pivot to the signer", follows_the_pivot_to_the_signer},
    {"a bad pivot has no say", a_bad_pivot_has_no_say},
    {"a list of lists that isn't verified sends nobody anywhere", an_unverified_list_sends_nobody_anywhere},
    {"takes nothing that is older", takes_nothing_that_is_older},
    {"a new publication is tried before old pivots", a_new_publication_is_tried_before_old_pivots},
    {"what fails keeps its last good copy", what_fails_keeps_its_last_good_copy},
    {"without a copy it is broken", without_a_copy_it_is_broken},
    {"a bad list of lists changes nothing", a_bad_list_of_lists_changes_nothing},
    {"wants anchors", wants_anchors},
    {"asks only for what has changed", asks_only_for_what_has_changed},
    {"servers that fail cost nothing", servers_that_fail_cost_nothing},
    {"a mirror may be a server", a_mirror_may_be_a_server},
    {"verifies the server", verifies_the_server},
    {"a cache leads nowhere else", a_cache_leads_nowhere_else},
    {"one update at a time", one_update_at_a_time},
    {NULL, NULL}};
ENS_SUITE("certs/lotl", cases)
