/* The 328 real seals against the real lists of October 2023: what they are, as the EU's own library says, and which
 * listed service their issuer is. */
#include "certs/keys/chain.h"
#include "certs/lists/update.h"
#include "certs/path/trust.h"
#include "certs/qualify/acceptance.h"
#include "certs/qualify/services.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>

#define IN_2023 1698494400 /* 2023-10-28T12:00:00Z */
#define ROWS 328u
#define COLUMNS_MAX 16u
#define PREFIX 16u /* digits of a certificate's SHA-256 that name its file */
#define FOLDER "data/certificates/seals/"

/* One line of an answer sheet, split at its tabs. */
typedef struct {
    ens_slice column[COLUMNS_MAX];
    size_t num;
} line;

static bool next_line(ens_reader *r, line *out)
{
    ens_slice text;
    *out = (line){0};
    if (!ens_take_line(r, &text))
        return false;
    for (bool more = true; more && out->num < COLUMNS_MAX;) {
        size_t tab = ens__find(text, ENS_LIT("\t"), 0);
        more = tab != SIZE_MAX;
        out->column[out->num++] = ens_sub(text, 0, tab);
        text = more ? ens_from(text, tab + 1) : text;
    }
    return true;
}

/* What every case needs: the trusted lists, a sheet, and one seal at a time. */
typedef struct {
    ens_trust *trust;
    ens_file sheet;
    ens_arena arena; /* of the seal */
    ens_chain chain;
} scene;

/* open_scene makes a cache of the lists, once a run. False, after a skip, without the shared data. */
static bool open_scene(scene *s, const char *sheet)
{
    static bool made;
    static char lotl[1024], mirror[1024], anchors[1024], cache[1024];
    ens_update_result result = {0};
    *s = (scene){0};
    ens_arena_init(&s->arena, ENS_CERT_MAX * 2);
    const char *path = ens_shared("data/trustlists/2023/eu-lotl.xml");
    if (!path || !fixture_folder())
        return false;
    snprintf(lotl, sizeof lotl, "%s", path);
    snprintf(mirror, sizeof mirror, "%s", ens_shared("data/trustlists/2023"));
    snprintf(anchors, sizeof anchors, "%s", ens_shared("data/anchors/oj-c276-2019.pem"));
    snprintf(cache, sizeof cache, "%s", fixture_path("lists-of-2023"));
    ens_update_options o = {
        .lotl = lotl, .anchors = anchors, .mirror = mirror, .cache = cache, .offline = true, .at = IN_2023};
    made = made || ens__lists_update(&o, &result, NULL) == ENS_OK;
    ens__update_clear(&result);
    s->trust = ens_trust_new();
    CU_ASSERT_FATAL(made && s->trust && ens_trust_add(s->trust, cache, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__file_open(ens_shared(sheet), 0, &s->sheet, NULL) == ENS_OK);
    return true;
}

static void close_scene(scene *s)
{
    ens__file_close(&s->sheet);
    ens_arena_free(&s->arena);
    ens_trust_free(s->trust);
}

/* read_seal reads the seal whose SHA-256 is given in hexadecimal. */
static void read_seal(scene *s, ens_slice sha256)
{
    char name[64];
    ens_file file = {0};
    ens_chain_facts facts;
    snprintf(name, sizeof name, FOLDER "%.*s.pem", (int)PREFIX, (const char *)sha256.p);
    ens_arena_reset(&s->arena);
    CU_ASSERT_FATAL(sha256.len > PREFIX && ens__file_open(ens_shared(name), 0, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__chain_load(file.bytes, NULL, &s->arena, &s->chain, &facts, NULL) == ENS_OK &&
                    s->chain.num == 1);
    ens__file_close(&file);
}

/* agrees: the library gives two answers where the certificate is itself on a list, and either is right. */
static bool agrees(ens_qualified got, ens_slice answer, ens_slice by_issuers)
{
    const char *name = ens_qualified_name(got);
    return ens_is(answer, name) || (by_issuers.len && ens_is(by_issuers, name));
}

static void qualifications(void)
{
    enum { DIGEST, AT_ISSUANCE, AT_VALIDATION, BY_ISSUERS_AT_ISSUANCE = 9, BY_ISSUERS_AT_VALIDATION };
    scene s;
    line l;
    size_t rows = 0;
    if (!open_scene(&s, FOLDER "qualification.tsv"))
        return;
    ens_reader r = ens_read(s.sheet.bytes);
    CU_ASSERT_FATAL(next_line(&r, &l) && ens_is(l.column[BY_ISSUERS_AT_VALIDATION], "issuers_only_at_validation"));
    for (; next_line(&r, &l); rows++) {
        ens__path path;
        ens__acceptance a;
        ens__acceptance_options o = {.trust = s.trust, .at = IN_2023};
        read_seal(&s, l.column[DIGEST]);
        ens__path_build(s.trust, &s.chain, IN_2023, NULL, &path);
        ens__acceptance_find(&s.chain, &path, &o, &a);
        ens_qualified then = a.at_issuance.result, now = a.at_validation.result;
        CHECK_ROW(a.listing.state != ENS_CA_LISTING_NONE &&
                      agrees(then, l.column[AT_ISSUANCE], l.column[BY_ISSUERS_AT_ISSUANCE]),
                  "%.16s at issuance: %s", (const char *)l.column[DIGEST].p, ens_qualified_name(then));
        CHECK_ROW(agrees(now, l.column[AT_VALIDATION], l.column[BY_ISSUERS_AT_VALIDATION]), "%.16s at validation: %s",
                  (const char *)l.column[DIGEST].p, ens_qualified_name(now));
    }
    CU_ASSERT_EQUAL(rows, ROWS);
    close_scene(&s);
}

/* describes tells whether a state is what the sheet writes as "CZ:granted:ForeSignatures/ForeSeals:2023". */
static bool describes(const ens_snapshot *lists, const ens_service_state *state, ens_slice text)
{
    static const struct {
        const char *name;
        unsigned use;
    } uses[] = {{"ForeSignatures", ENS_FOR_SIGNATURES},
                {"ForeSeals", ENS_FOR_SEALS},
                {"ForWebSiteAuthentication", ENS_FOR_WEB}};
    ens_service service;
    ens_list list;
    char start[64];
    if (!ens__snapshot_service(lists, state->service, &service) || !ens__snapshot_list(lists, service.list, &list))
        return false;
    snprintf(start, sizeof start, "%.*s:%s:", (int)list.country.len, (const char *)list.country.p,
             ens__service_status_name(state->status));
    if (!ens_starts(text, ens_str(start)))
        return false;
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (!(state->uses & uses[i].use) != (ens__find(text, ens_str(uses[i].name), 0) == SIZE_MAX))
            return false;
    return true;
}

static const ens_service_state *described(const ens_snapshot *lists, const ens_service_states *states, ens_slice text)
{
    for (size_t i = 0; i < states->num; i++) {
        const ens_service_state *state = &states->state[i];
        if (state->level == 1 && state->type == ENS_SERVICE_CA_QC && describes(lists, state, text))
            return state;
    }
    return NULL;
}

/* The services that the sheet names, for each seal whose issuer is on a list. */
static void issuers(void)
{
    enum { DIGEST = 1, ISSUER = 13 };
    scene s;
    line l;
    size_t rows = 0;
    if (!open_scene(&s, FOLDER "index.tsv"))
        return;
    ens_reader r = ens_read(s.sheet.bytes);
    CU_ASSERT_FATAL(next_line(&r, &l) && ens_is(l.column[ISSUER], "issuer_in_tl_2023"));
    while (next_line(&r, &l)) {
        ens_slice rest = l.column[ISSUER];
        ens__path path;
        ens_cert_content content;
        ens_issuer_services issuers;
        ens_service_states states;
        if (!rest.len)
            continue;
        read_seal(&s, l.column[DIGEST]);
        ens__cert_content_read(&s.chain.cert[0], &content);
        ens__path_build(s.trust, &s.chain, IN_2023, NULL, &path);
        ens__issuer_services_find(s.trust, &s.chain, &path, &issuers);
        ens__service_states_at(s.trust->snapshot, &issuers, &content, IN_2023, &states);
        for (bool more = true; more; rows++) {
            size_t space = ens__find(rest, ENS_LIT(" "), 0);
            ens_slice one = ens_sub(rest, 0, space);
            more = space != SIZE_MAX;
            rest = more ? ens_from(rest, space + 1) : rest;
            CHECK_ROW(described(s.trust->snapshot, &states, one), "%.16s: no service is %.*s",
                      (const char *)l.column[DIGEST].p, (int)one.len, (const char *)one.p);
        }
    }
    CU_ASSERT(rows > ROWS - 34);
    close_scene(&s);
}

static const ens_case cases[] = {
    {"qualifies the 328 real seals as the EU's own library does, at issuance and in 2023", qualifications},
    {"finds the listed service of every issuer", issuers},
    {NULL, NULL},
};
ENS_SUITE("certs/seals", cases)
