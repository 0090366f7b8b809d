/* ensign cert check: its reports as text, JSON and HTML, over files and folders, by one thread and by several. */
#include "engine/base/file.h"
#include "engine/xml/reference/libxml.h"
#include "tests/certs/maker.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT "--at 2026-10-01T12:00:00Z"
#define NATIONAL "--national %s --member-state FR"
#define COLUMNS 80
#define LINES_MAX 512

#define SCRIPT "<script>alert(1)</script>"
#define TURNED "\xE2\x80\xAE"                  /* U+202E, turns the direction of what follows */
#define MARKUP "\"A&B' <b>\xE2\x80\xAE\033[2J" /* with TURNED in it */

/* A subject that tries what can be tried. */
static const char *hostile(void)
{
    static const char *const subject[] = {
        "C",  "FR",
        "O",  MARKUP,
        "OU", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "OU", "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 \xC3\xA9",
        "CN", SCRIPT,
        NULL};
    static const char *const extensions[] = {"keyUsage", "critical,digitalSignature", "crlDistributionPoints",
                                             "URI:javascript:alert(2)", NULL};
    const char *path = fixture_path("hostile.pem");
    ens_buf pem;
    ens_buf_init(&pem, NULL, 0, ENS_FILE_MAX);
    bool good = maker_certificate(&(maker_row){.subject = subject, .extensions = extensions}, true, &pem) &&
                ens__file_write(path, ens_buf_slice(&pem), 0600, NULL) == ENS_OK;
    ens_buf_free(&pem);
    CU_ASSERT_TRUE_FATAL(good);
    return path;
}

/* longest_line counts columns: each character that isn't a continuation of UTF-8. */
static int longest_line(const char *text)
{
    int longest = 0, column = 0;
    for (; *text; text++) {
        column = *text == '\n' ? 0 : column + (((unsigned char)*text & 0xC0) != 0x80);
        longest = column > longest ? column : longest;
    }
    return longest;
}

static void texts_fit(void)
{
    static const char *const names[] = {"pki/trader.pem",  "pki/expired.pem", "pki/other-company.pem",
                                        "pki/rsa1024.pem", "pki/ec256.pem",   NULL};
    if (!fixture_folder())
        return;
    const char *root = fixture_path("pki/root.pem"), *bad = hostile();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const run_result *r = run_ensign("cert check %s " NATIONAL " --eori FR73282932000074 -v " AT,
                                         names[i] ? fixture_path(names[i]) : bad, root);
        CHECK_ROW(longest_line(r->out) <= COLUMNS, "%s: a line of %d columns", names[i] ? names[i] : "hostile",
                  longest_line(r->out));
        CHECK_ROW(!strchr(r->out, '\033') && !strstr(r->out, TURNED), "%s: an escape sequence",
                  names[i] ? names[i] : "hostile");
    }
}

static void verdict_comes_first(void)
{
    static const char *const order[] = {": accepted\n", "What to do",      "register it", "The certificate",
                                        "The path",     "When what holds", "Proof",       NULL};
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("cert check %s " NATIONAL " --eori FR73282932000074 " AT,
                                     fixture_path("pki/trader.pem"), fixture_path("pki/root.pem"));
    const char *at = r->out;
    for (size_t i = 0; order[i]; i++) {
        const char *found = strstr(at, order[i]);
        CHECK_ROW(found != NULL, "no %s behind the one before it", order[i]);
        at = found ? found : at;
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "2029-01-01"));
    CU_ASSERT_EQUAL(r->status, 0);
}

/* well_formed reads a page with our own reader; HTML's DOCTYPE, which is no DTD, is left out. */
static bool well_formed(const char *page)
{
    static const char doctype[] = "<!DOCTYPE html>\n";
    ens_libxml *x = ens__libxml_new();
    xmlDocPtr doc = NULL;
    ens_err err = {0};
    bool good = strncmp(page, doctype, sizeof doctype - 1) == 0 && x &&
                ens__libxml_parse(x, ens_str(page + sizeof doctype - 1), &doc, &err) == ENS_OK;
    if (!good && err.n)
        fprintf(stderr, "at %zu: %s\n", err.frame[0].at, err.frame[0].what);
    xmlFreeDoc(doc);
    ens__libxml_free(x);
    return good;
}

static void pages_are_well_formed(void)
{
    if (!fixture_folder())
        return;
    const char *root = fixture_path("pki/root.pem");
    const run_result *r =
        run_ensign("cert check %s --format html " NATIONAL " " AT, fixture_path("pki/trader.pem"), root);
    CU_ASSERT_TRUE(well_formed(r->out));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "<svg class=\"wide\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "crypto.key"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "TS 119 312"));
    CU_ASSERT_PTR_NULL(strstr(r->out, "<script"));
    CU_ASSERT_PTR_NULL(strstr(r->out, "src="));
}

static void pages_escape(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("cert check %s '%s' --format html " AT, hostile(), fixture_path("absent<b>.pem"));
    CU_ASSERT_TRUE(well_formed(r->out));
    CU_ASSERT_PTR_NULL(strstr(r->out, "<script"));
    CU_ASSERT_PTR_NULL(strstr(r->out, TURNED));
    CU_ASSERT_PTR_NULL(strstr(r->out, "absent<b>"));
    CU_ASSERT_PTR_NULL(strstr(r->out, "href=\"javascript"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CU_ASSERT_PTR_NOT_NULL(strstr(r->out, "unreadable"));
    CU_ASSERT_EQUAL(r->status, 2);
}

static json_t *parse(const char *text, size_t len)
{
    return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

static bool has_keys(const json_t *o, const char *keys)
{
    char text[512];
    snprintf(text, sizeof text, "%s", keys);
    char *kept = NULL;
    for (char *key = strtok_r(text, " ", &kept); key; key = strtok_r(NULL, " ", &kept))
        if (!json_object_get(o, key))
            return false;
    return json_is_object(o);
}

static void objects_keep_the_contract(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("cert check %s --format json " NATIONAL " --eori FR73282932000074 " AT,
                                     fixture_path("pki/trader.pem"), fixture_path("pki/root.pem"));
    json_t *o = parse(r->out, strlen(r->out));
    const json_t *certificate = json_object_get(o, "certificate"), *checks = json_object_get(o, "checks"), *check;
    size_t i;
    CU_ASSERT_TRUE(has_keys(
        o,
        "file verdict acceptance eori_binding certificate qualification valid_until valid_until_reason lists checks"));
    CU_ASSERT_TRUE(
        has_keys(certificate, "sha256 subject issuer serial not_before not_after key orgid key_usage policies qc"));
    CU_ASSERT_TRUE(has_keys(json_object_get(certificate, "qc"), "compliance qscd types cc_legislation"));
    CU_ASSERT_TRUE(has_keys(json_object_get(o, "qualification"), "at_issuance at_validation"));
    CU_ASSERT_TRUE(has_keys(json_object_get(o, "lists"), "lotl_sequence snapshot"));
    json_array_foreach(checks, i, check) CHECK_ROW(has_keys(check, "id outcome rule detail hint"), "check %zu", i);
    CU_ASSERT_TRUE(i > 10);
    /* more than the contract asks: what is drawn */
    CU_ASSERT_TRUE(json_array_size(json_object_get(o, "path")) == 3 &&
                   json_array_size(json_object_get(o, "timeline")) >= 3);
    json_decref(o);
}

static void tells_when_to_look_again(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("cert check %s --json --crl %s " NATIONAL " " AT, fixture_path("pki/trader.pem"),
                                     fixture_path("pki/issuing.crl"), fixture_path("pki/root.pem"));
    json_t *o = parse(r->out, strlen(r->out));
    const char *renew = json_string_value(json_object_get(o, "renew_at")),
               *until = json_string_value(json_object_get(o, "valid_until"));
    CHECK_ROW(renew && strncmp(renew, "2027-09-01", 10) == 0, "the revocation list is due at %s",
              renew ? renew : "no time");
    CHECK_ROW(until && strncmp(until, "2029-01-01", 10) == 0, "the certificate ends at %s", until ? until : "no time");
    json_decref(o);
}

static void objects_escape(void)
{
    if (!fixture_folder())
        return;
    const run_result *r = run_ensign("cert check %s --json " AT, hostile());
    json_t *o = parse(r->out, strlen(r->out));
    const char *subject = json_string_value(json_object_get(json_object_get(o, "certificate"), "subject"));
    CU_ASSERT_TRUE(subject && strstr(subject, "alert(1)"));
    CU_ASSERT_TRUE(json_array_size(json_object_get(o, "checks")) > 10 && !strchr(r->out, '\033') &&
                   strchr(r->out, '\n')[1] == '\0');
    json_decref(o);
}

/* A folder with certificates, keys and other things. */
static const char *folder_of_many(void)
{
    static const char *const names[] = {"trader", "expired", "revoked", "other-company", "non-repudiation", "no-orgid"};
    static char folder[256];
    char command[2048];
    snprintf(folder, sizeof folder, "%s", fixture_path("many"));
    mkdir(folder, 0700);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char pem[64], key[64];
        snprintf(pem, sizeof pem, "pki/%s.pem", names[i]);
        snprintf(key, sizeof key, "pki/%s.key", i ? "trader" : names[i]);
        snprintf(command, sizeof command, "cp '%s' '%s/' && cp '%s' '%s/key-%zu.pem' && echo other > '%s/index.tsv'",
                 fixture_path(pem), folder, fixture_path(key), folder, i, folder);
        CU_ASSERT_EQUAL(system(command), 0);
    }
    return folder;
}

static void folders_are_sorted(void)
{
    static const char *const sorted[] = {"/expired.pem",       "/no-orgid.pem", "/non-repudiation.pem",
                                         "/other-company.pem", "/revoked.pem",  "/trader.pem"};
    if (!fixture_folder())
        return;
    const char *folder = folder_of_many();
    const run_result *r = run_ensign("cert check %s -q " NATIONAL " " AT, folder, fixture_path("pki/root.pem"));
    const char *at = r->out;
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        const char *end = strchr(at, '\n');
        const char *found = strstr(at, sorted[i]);
        CHECK_ROW(end && found && found < end, "line %zu isn't %s", i + 1, sorted[i]);
        at = end ? end + 1 : at;
    }
    CU_ASSERT_EQUAL(*at, '\0');
    CU_ASSERT_EQUAL(r->status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(r->err, "6 certificates: 5 accepted, 1 refused"));
    mkdir(fixture_path("empty"), 0700);
    CU_ASSERT_EQUAL(run_ensign("cert check %s", fixture_path("empty"))->status, 2);
}

static void threads_keep_the_order(void)
{
    static char first[RUN_OUTPUT_MAX];
    static const char *const formats[] = {"json", "text", "html"};
    if (!fixture_folder())
        return;
    const char *folder = folder_of_many(), *root = fixture_path("pki/root.pem"), *absent = fixture_path("absent.pem");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const char *extra = strcmp(formats[i], "text") == 0 ? "-q" : "";
        const run_result *r = run_ensign("cert check %s/t*.pem %s %s/e*.pem %s --format %s " NATIONAL " " AT, folder,
                                         absent, folder, extra, formats[i], root);
        snprintf(first, sizeof first, "%s", r->out);
        CHECK_ROW(first[0] && r->status == 1, "%s: %d", formats[i], r->status);
        r = run_ensign("cert check %s/t*.pem %s %s/e*.pem %s --threads 4 --format %s " NATIONAL " " AT, folder, absent,
                       folder, extra, formats[i], root);
        CHECK_ROW(strcmp(first, r->out) == 0 && r->status == 1, "%s by four threads is another", formats[i]);
    }
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static void files_appear_whole(void)
{
    if (!fixture_folder())
        return;
    const char *out = fixture_path("report.html"), *root = fixture_path("pki/root.pem"),
               *pages = fixture_path("pages/");
    const run_result *r =
        run_ensign("cert check %s --format html -o %s " NATIONAL " " AT, fixture_path("pki/trader.pem"), out, root);
    CU_ASSERT_TRUE(r->status == 0 && !r->out[0] && exists(out));
    r = run_ensign("cert check %s %s --format html -o %s " NATIONAL " " AT, fixture_path("pki/trader.pem"),
                   fixture_path("pki/expired.pem"), pages, root);
    CU_ASSERT_TRUE(r->status == 1 && exists(fixture_path("pages/index.html")) &&
                   exists(fixture_path("pages/1-trader.pem.html")) && exists(fixture_path("pages/2-expired.pem.html")));
    r = run_ensign("cert check %s -o %s/none/report.txt " AT, fixture_path("pki/trader.pem"), fixture_folder());
    CU_ASSERT_TRUE(r->status == 2 && strstr(r->err, "none/report.txt"));
}

static void status_is_the_verdicts(void)
{
    static const struct {
        const char *arguments;
        int status;
    } rows[] = {
        {"pki/trader.pem", 0},
        {"pki/expired.pem", 1},
        {"pki/trader.pem --format xml", 2},
        {"pki/trader.pem --json --format html", 2},
        {"pki/trader.pem --threads 0", 2},
        {"pki/trader.pem -o pki", 2},
        {"pki/trader.pem --key pki/trader.key", 0},
        {"pki/trader.pem --key pki/trader-3072.key", 1},
        {"absent.pem", 2},
        {"absent.pem pki/expired.pem", 1},
        {"absent.pem pki/trader.pem", 2},
        {"", 2},
    };
    char here[4096];
    if (!fixture_folder() || !getcwd(here, sizeof here) || chdir(fixture_folder()) != 0)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r =
            run_ensign("cert check %s --national pki/root.pem --member-state FR " AT, rows[i].arguments);
        CHECK_ROW(r->status == rows[i].status, "cert check %s: %d %s", rows[i].arguments, r->status, r->err);
    }
    CU_ASSERT_EQUAL(chdir(here), 0);
}

/* Files that can't be read: what may help ends no run, and where the run can't begin every input has its object. */
static void unread_files(void)
{
    static const struct {
        const char *command;
        int status;
        const char *out, *err;
    } rows[] = {
        {"cert check pki/trader.pem --national pki/root.pem --member-state FR --crl pki/trader.key --json " AT, 2,
         "\"verdict\":\"undecided\"", "trader.key"},
        {"cert check pki/trader.pem --national pki/root.pem --member-state FR --crl pki/trader.key --crl "
         "pki/issuing.crl --crl "
         "pki/root.crl --json " AT,
         0, "trader.key", "trader.key"},
        {"cert check pki/trader.pem --national pki/root.pem --member-state FR --untrusted pki/nothing.pem --json " AT,
         0, "nothing.pem", "nothing.pem"},
        {"cert check pki/trader.pem --national pki/nothing.pem --member-state FR --json " AT, 2,
         "\"verdict\":\"undecided\"", "nothing.pem"},
        {"cert check pki/trader.pem --trust pki/nothing.pem --json " AT, 2, "\"file\":\"pki/trader.pem\"",
         "nothing.pem"},
        {"cert check pki/trader.pem --national pki/root.pem --member-state XX --json " AT, 2, NULL,
         "no Member State's code"},
        {"cert check pki/trader.pem --national pki/root.pem --member-state FR -q " AT, 0, "revocation unknown", NULL},
    };
    char here[4096];
    if (!fixture_folder() || !getcwd(here, sizeof here) || chdir(fixture_folder()) != 0)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("%s", rows[i].command);
        CHECK_ROW(r->status == rows[i].status, "row %zu: %d %s", i, r->status, r->err);
        CHECK_ROW(!rows[i].out || strstr(r->out, rows[i].out), "row %zu: %.300s", i, r->out);
        CHECK_ROW(!rows[i].err || strstr(r->err, rows[i].err), "row %zu: %s", i, r->err);
    }
    const run_result *r = run_ensign("verify f26.mime --trust pki/nothing.pem --json " AT);
    CU_ASSERT(r->status == 2 && strstr(r->out, "\"file\":\"f26.mime\"") && strstr(r->out, "\"undecided\""));
    CU_ASSERT_EQUAL(chdir(here), 0);
}

/* A time-stamping unit that is accepted is no seal that anybody ordered: that is said before everything else. */
static void another_purpose_leads(void)
{
    static const char *const subject[] = {"C", "FR", "O", "Demo", "CN", "Stamp", NULL};
    static const char *const extensions[] = {"keyUsage", "critical,digitalSignature", "extendedKeyUsage",
                                             "critical,timeStamping", NULL};
    char path[256];
    ens_buf pem;
    if (!fixture_folder())
        return;
    snprintf(path, sizeof path, "%s", fixture_path("stamp.pem"));
    ens_buf_init(&pem, NULL, 0, ENS_FILE_MAX);
    CU_ASSERT_TRUE_FATAL(maker_certificate(&(maker_row){.subject = subject, .extensions = extensions}, true, &pem) &&
                         ens__file_write(path, ens_buf_slice(&pem), 0600, NULL) == ENS_OK);
    ens_buf_free(&pem);
    const run_result *r = run_ensign("cert check %s --national %s --member-state FR " AT, path, path);
    const char *beware = strstr(r->out, "Beware"), *takes = strstr(r->out, "ICS2 takes it");
    CHECK_ROW(r->status == 0 && beware && takes && beware < takes && strstr(r->out, "time-stamping"), "%d %s",
              r->status, r->out);
    r = run_ensign("cert check -q %s --national %s --member-state FR " AT, path, path);
    CU_ASSERT(r->status == 0 && strstr(r->out, "another purpose"));
}

static const ens_case cases[] = {
    {"a key for another purpose leads the report", another_purpose_leads},
    {"a text stays within 80 columns, whatever the certificate says", texts_fit},
    {"a text says the verdict first, then what to do, then the proof", verdict_comes_first},
    {"a page is well-formed, and complete in itself", pages_are_well_formed},
    {"a page escapes what the certificate says", pages_escape},
    {"an object has the keys of the contract", objects_keep_the_contract},
    {"when the revocation list is due is news, and no end", tells_when_to_look_again},
    {"an object stands on one line, whatever the certificate says", objects_escape},
    {"a folder is its certificates, sorted", folders_are_sorted},
    {"several threads write what one does", threads_keep_the_order},
    {"a file appears whole, a folder gets a page each and an index", files_appear_whole},
    {"the exit status is the verdict's", status_is_the_verdicts},
    {"a file that can't be read is told, and every input has its object", unread_files},
    {NULL, NULL},
};
ENS_SUITE("cli/cert", cases)
