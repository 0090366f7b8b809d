#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define AT "2026-10-01T12:00:00Z"

/* filled is the cache that every case reads: the lists of the fixtures. */
static const char *filled(void)
{
    static char cache[256];
    char lists[256];
    if (!fixture_folder())
        return NULL;
    if (cache[0])
        return cache;
    snprintf(lists, sizeof lists, "%s", fixture_path("lists"));
    snprintf(cache, sizeof cache, "%s", fixture_path("cache-of-lists"));
    const run_result *r =
        run_ensign("trust update --lotl %s/lotl.xml --mirror %s --anchors %s/anchors.pem --cache %s --offline --at " AT,
                   lists, lists, lists, cache);
    CU_ASSERT_EQUAL(r->status, 1); /* nobody has the list of Italy */
    CU_ASSERT(strstr(r->out, "2 national lists usable, 2 services") != NULL && !r->err[0]);
    return cache;
}

static json_t *line_of(const char **text)
{
    const char *end = strchr(*text, '\n');
    json_t *o = end ? json_loadb(*text, (size_t)(end - *text), JSON_REJECT_DUPLICATES, NULL) : NULL;
    *text = end ? end + 1 : *text + strlen(*text);
    return o;
}

static bool text_is(const json_t *o, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && strcmp(text, value) == 0;
}

static void update_prints_one_object_per_list_then_a_summary(void)
{
    static const struct {
        const char *country, *kind, *state, *signature;
        bool pinned;
    } rows[] = {{"EU", "pivot", "fresh", "valid", true},
                {"EU", "lotl", "fresh", "valid", true},
                {"FR", "national", "fresh", "valid", true},
                {"BE", "national", "fresh", "valid", true},
                {"IT", "national", "missing", "none", false}};
    static const char *const keys[] = {"file",   "country", "sequence",    "signature", "signer",
                                       "pinned", "issued",  "next_update", "state",     "reason"};
    const char *cache = filled();
    if (!cache)
        return;
    const char *at = run_ensign("trust update --cache %s --offline --json --at " AT, cache)->out;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *o = line_of(&at);
        CHECK_ROW(text_is(o, "country", rows[i].country) && text_is(o, "kind", rows[i].kind) &&
                      text_is(o, "state", rows[i].state) && text_is(o, "signature", rows[i].signature) &&
                      json_is_true(json_object_get(o, "pinned")) == rows[i].pinned,
                  "row %zu differs", i);
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            CHECK_ROW(json_object_get(o, keys[k]) != NULL, "row %zu lacks %s", i, keys[k]);
        json_decref(o);
    }
    json_t *summary = line_of(&at);
    CU_ASSERT(json_integer_value(json_object_get(summary, "lotl_sequence")) == 21 &&
              json_integer_value(json_object_get(summary, "lists")) == 5);
    CU_ASSERT(json_integer_value(json_object_get(summary, "usable")) == 2 &&
              json_integer_value(json_object_get(summary, "services")) == 2);
    CU_ASSERT(strncmp(json_string_value(json_object_get(summary, "snapshot")), "21-", 3) == 0 && !*at);
    json_decref(summary);
}

static void says_what_it_is_asked_and_what_is_wrong(void)
{
    static const struct {
        const char *arguments; /* behind them --cache and the cache, where it is %s */
        int status;
        const char *out, *err; /* a part of what is said; NULL: nothing */
    } rows[] = {
        {"show --at " AT " --cache %s", 0, "FR  fresh       12  2026-09-01  2027-03-01  France", NULL},
        {"show --at " AT " --cache %s", 0, "IT  missing", NULL},
        {"show --at 2028-01-01 --cache %s", 0, "FR  stale", NULL},
        {"find --at " AT " --country FR --cache %s", 0, "Demo Trust  VATFR-44732829320", NULL},
        {"find --at " AT " --country fr --type eseal --cache %s", 0,
         "qualified certificates for seals: granted since 2026-01-01", NULL},
        {"find --at " AT " --country FR --type esig --cache %s", 1, NULL, NULL},
        {"find --at " AT " --country BE --type eseal-nq --cache %s 0314595348", 0, "Demo Customs", NULL},
        {"find --at 2025-01-01 --country FR --cache %s", 1, NULL, NULL}, /* before it was granted */
        {"find --at " AT " --country IT --cache %s", 1, NULL, "IT is missing: nothing can be said of it"},
        {"find --at " AT " --country AT --cache %s", 2, NULL, "there is no list of this country (AT)"},
        {"find --type seal --cache %s", 2, NULL, "there is no type seal, but eseal, esig"},
        {"find --country FR --at " AT " --json --cache %s", 0, "\"types\":[\"eseal\"]", NULL},
        {"show --cache %s/lists", 2, NULL, "can't open the file"},
        {"show", 2, NULL, "--cache DIR"},
        {"find", 2, NULL, "--cache DIR"},
        {"update", 2, NULL, "--cache DIR"},
        {"update --offline --cache %s/lists", 2, "there is no copy of it", "the cache stays as it was"},
        {"update --at yesterday --cache %s", 2, NULL, "--at yesterday"},
        {"update more --cache %s", 2, NULL, "what is more?"},
        {"what", 2, NULL, "there is no trust what"},
        {"", 2, NULL, "say what to do"},
        {"update --help", 0, "--mirror", NULL},
    };
    const char *cache = filled();
    for (size_t i = 0; cache && i < sizeof rows / sizeof *rows; i++) {
        char arguments[512];
        const char *at = strstr(rows[i].arguments, "%s");
        snprintf(arguments, sizeof arguments, "%.*s%s%s",
                 (int)(at ? (size_t)(at - rows[i].arguments) : strlen(rows[i].arguments)), rows[i].arguments,
                 at ? cache : "", at ? at + 2 : "");
        const run_result *r = run_ensign("trust %s", arguments);
        CHECK_ROW(r->status == rows[i].status, "trust %s: status %d", arguments, r->status);
        CHECK_ROW(rows[i].out ? strstr(r->out, rows[i].out) != NULL : !r->out[0], "trust %s: stdout %.200s", arguments,
                  r->out);
        CHECK_ROW(rows[i].err ? strstr(r->err, rows[i].err) != NULL : !r->err[0], "trust %s: stderr %.200s", arguments,
                  r->err);
    }
}

static void a_cache_is_something_to_trust(void)
{
    static const struct {
        const char *certificate;
        int status;
        const char *acceptance;
    } rows[] = {{"qualified", 0, "qualified-seal"}, {"trader", 1, "none"}, {"foreign", 1, "none"}};
    const char *cache = filled();
    for (size_t i = 0; cache && i < sizeof rows / sizeof *rows; i++) {
        char certificate[256], crl[256];
        snprintf(certificate, sizeof certificate, "%s/%s.pem", fixture_path("pki"), rows[i].certificate);
        snprintf(crl, sizeof crl, "%s", fixture_path("pki/issuing.crl"));
        const run_result *r = run_ensign("cert check %s --trust %s --crl %s --json --at " AT, certificate, cache, crl);
        const char *at = r->out;
        json_t *o = line_of(&at);
        CHECK_ROW(r->status == rows[i].status && text_is(o, "acceptance", rows[i].acceptance), "%s: status %d, %s",
                  rows[i].certificate, r->status, json_string_value(json_object_get(o, "acceptance")));
        CHECK_ROW(json_integer_value(json_object_get(json_object_get(o, "lists"), "lotl_sequence")) == 21, "%s: lists",
                  rows[i].certificate);
        json_decref(o);
    }
}

/* A message is judged by the CAs on the lists as by any other anchor. */
static void a_message_is_judged_by_it(void)
{
    char message[256];
    const char *cache = filled();
    if (!cache)
        return;
    snprintf(message, sizeof message, "%s", fixture_path("a26.mime"));
    const run_result *r = run_ensign("verify -q %s --trust %s --at " AT, message, cache);
    CHECK_ROW(r->status == 0 && strstr(r->out, "accepted"), "status %d: %s%s", r->status, r->out, r->err);
}

/* Without --anchors, those hold whose digests the program has from the Official Journal, and nobody else. */
static void takes_the_official_journals_signers_alone(void)
{
    const char *lists = ens_shared("data/trustlists/2023");
    char folder[512];
    const run_result *r;
    if (lists) {
        snprintf(folder, sizeof folder, "%s", lists);
        r = run_ensign(
            "trust update --lotl '%s/eu-lotl.xml' --mirror '%s' --cache '%s' --offline --at 2023-10-28T12:00:00Z",
            folder, folder, fixture_path("journal-2023"));
        CHECK_ROW(strstr(r->out, "30 national lists usable") != NULL, "%.300s %.300s", r->out, r->err);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(folder, sizeof folder, "%s", fixture_path("lists"));
    r = run_ensign("trust update --lotl '%s/lotl.xml' --mirror '%s' --cache '%s' --offline --at " AT, folder, folder,
                   fixture_path("journal-demo"));
    CHECK_ROW(r->status == 2 && (strstr(r->out, "the signer is not one of those") ||
                                 strstr(r->err, "the signer is not one of those")),
              "%d %.300s %.300s", r->status, r->out, r->err);
}

static const ens_case cases[] = {
    {"takes the signers that the Official Journal names, where no others are given",
     takes_the_official_journals_signers_alone},
    {"update prints one object per list, then a summary", update_prints_one_object_per_list_then_a_summary},
    {"says what it is asked, and what is wrong", says_what_it_is_asked_and_what_is_wrong},
    {"a cache is something to trust", a_cache_is_something_to_trust},
    {"a message is judged by it", a_message_is_judged_by_it},
    {NULL, NULL}};
ENS_SUITE("cli/trust", cases)
