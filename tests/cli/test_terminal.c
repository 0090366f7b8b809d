/* Nothing that others wrote reaches a terminal as it is: neither from a message, nor from a certificate, nor as the
 * name of a file, in whatever the command prints. */
#include "engine/base/file.h"
#include "ensign/seal.h"
#include "fixtures/pki.h"
#include "fixtures/seed.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

#define AT "--at " FX_AT_TEXT
/* C1 and marks of direction, which XML holds; and what else a name can hold. */
#define TURNED "a\xC2\x9B[31m\xE2\x80\xAE\xD8\x9C\xE2\x81\xA6z"
#define ESCAPE "a\033[31m\x7F\a\rz"
#define HOSTILE TURNED ESCAPE

/* is_clean tells text without what a terminal acts upon, line feeds excepted. */
static bool is_clean(const char *text)
{
    static const char *const turned[] = {"\xC2\x9B", "\xE2\x80\xAE", "\xD8\x9C", "\xE2\x81\xA6"};
    for (const char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7F)
            return false;
    for (size_t i = 0; i < sizeof turned / sizeof *turned; i++)
        if (strstr(text, turned[i]))
            return false;
    return true;
}

static void check(const char *what, const run_result *r)
{
    CHECK_ROW(r->status >= 0 && (r->out[0] || r->err[0]), "%s says nothing: %d", what, r->status);
    CHECK_ROW(is_clean(r->out) && is_clean(r->err), "%s: %.400s%.400s", what, r->out, r->err);
}

/* write_message seals one whose header is full of it. */
static bool write_message(const char *path)
{
    ens_file key = {0}, chain = {0};
    ens_sealer *sealer = NULL;
    ens_slice sealed = {0};
    ens_seal_part part = {ENS_LIT("<" TURNED), ENS_LIT("ens"), ENS_LIT(TURNED)};
    bool good = ens__file_open(fixture_path("pki/trader.key"), 0, &key, NULL) == ENS_OK &&
                ens__file_open(fixture_path("pki/trader.pem"), 0, &chain, NULL) == ENS_OK;
    ens_sealer_options so = {.key = key.bytes, .certificate = chain.bytes, .at = FX_AT, .force = true};
    ens_seal_message_options mo = {.action = ENS_LIT(TURNED),
                                   .from = ENS_LIT(TURNED),
                                   .to = ENS_LIT(TURNED),
                                   .agreement = ENS_LIT(TURNED),
                                   .message_id = ENS_LIT(TURNED "@b"),
                                   .ref_to = ENS_LIT(TURNED),
                                   .conversation_id = ENS_LIT(TURNED),
                                   .mpc = ENS_LIT(TURNED),
                                   .at = FX_AT,
                                   .parts = &part,
                                   .num_parts = 1};
    good = good && ens_sealer_new(&so, &sealer, NULL) == ENS_OK &&
           ens_seal_message(sealer, &mo, &sealed, NULL) == ENS_OK &&
           ens__file_write(path, sealed, 0600, NULL) == ENS_OK;
    ens_sealer_free(sealer);
    ens__file_close(&key);
    ens__file_close(&chain);
    return good;
}

/* write_certificate issues one to itself whose names are full of it. */
static bool write_certificate(const char *path)
{
    static const fx_certificate row = {.name = "hostile",
                                       .cn = HOSTILE,
                                       .o = HOSTILE,
                                       .orgid = "VATFR-" HOSTILE,
                                       .country = "FR",
                                       .usage = "critical,digitalSignature",
                                       .from = FX_AT - 86400,
                                       .to = FX_AT + 86400};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? fx_issue(&row, key, NULL, key, 1) : NULL;
    FILE *f = cert ? fopen(path, "w") : NULL;
    bool good = f && PEM_write_X509(f, cert) == 1;
    if (f)
        good = fclose(f) == 0 && good;
    X509_free(cert);
    EVP_PKEY_free(key);
    return good;
}

static void messages(void)
{
    if (!fixture_folder() || !write_message(fixture_path("hostile.mime"))) {
        CU_FAIL("the message can't be made");
        return;
    }
    static const char *const ways[] = {"", "-v", "-q", "--json", "--engine reference", "--engine both", "--lenient"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        check(ways[i], run_ensign("verify %s --trust %s " AT " %s", fixture_path("hostile.mime"),
                                  fixture_path("pki/root.pem"), ways[i]));
    check("receipt",
          run_ensign("receipt check %s --for %s " AT, fixture_path("hostile.mime"), fixture_path("hostile.mime")));
    check("seal", run_ensign("seal --signal receipt --for %s --key %s --cert %s " AT " -o %s/r.xml",
                             fixture_path("hostile.mime"), fixture_path("pki/sti.key"), fixture_path("pki/sti.pem"),
                             fixture_folder()));
}

static void certificates(void)
{
    if (!fixture_folder() || !write_certificate(fixture_path("hostile.pem"))) {
        CU_FAIL("the certificate can't be made");
        return;
    }
    static const char *const lines[] = {"cert show %s", "cert show %s --json", "cert check %s " AT,
                                        "cert check %s " AT " --json", "cert check %s " AT " --eori FR73282932000074"};
    char line[256];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t at = (size_t)(strstr(lines[i], "%s") - lines[i]);
        snprintf(line, sizeof line, "%.*s%s%s", (int)at, lines[i], fixture_path("hostile.pem"), lines[i] + at + 2);
        check(lines[i], run_ensign("%s", line));
    }
    const char *db = fixture_path("hostile.db");
    check("party", run_ensign("party add FR73282932000074 --name '" TURNED "' --registry %s", db));
    check("party", run_ensign("party certify FR73282932000074 --cert %s --unchecked --registry %s",
                              fixture_path("hostile.pem"), db));
    check("party", run_ensign("party list --registry %s", db));
    check("party", run_ensign("party show FR73282932000074 --registry %s", db));
    check("party", run_ensign("party show FR73282932000074 --json --registry %s", db));
}

static void names_of_files(void)
{
    char path[512];
    ens_file file = {0};
    if (!fixture_folder())
        return;
    snprintf(path, sizeof path, "%s/" HOSTILE ".mime", fixture_folder());
    CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path("f26.mime"), 0, &file, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__file_write(path, file.bytes, 0600, NULL), ENS_OK);
    ens__file_close(&file);
    static const char *const lines[] = {"verify '%s' " AT,
                                        "verify -q '%s' " AT,
                                        "verify --json '%s' " AT,
                                        "verify '%s.none' " AT,
                                        "verify -q '%s.none'",
                                        "verify --json '%s.none'",
                                        "cert show '%s'",
                                        "cert check '%s'",
                                        "cert check --json '%s'",
                                        "receipt check '%s' --for '" HOSTILE "'",
                                        "receipt check none --for '%s'",
                                        "party list --registry '%s'",
                                        "party add FR73282932000074 --registry '%s'",
                                        "trust show --cache '%s'",
                                        "verify x --trust '%s'",
                                        "seal '%s' --key '" HOSTILE "' --cert x --action IE3F26 -o y",
                                        "eori check '%s'",
                                        "verify --'%s'",
                                        "'%s'",
                                        "verify x --at '%s'",
                                        "verify x --as '%s'",
                                        "verify x --engine '%s'",
                                        "verify x --revocation '%s'"};
    char line[1024];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t at = (size_t)(strstr(lines[i], "%s") - lines[i]);
        snprintf(line, sizeof line, "%.*s%s%s", (int)at, lines[i], path, lines[i] + at + 2);
        check(lines[i], run_ensign("%s", line));
    }
    unlink(path);
}

static const ens_case cases[] = {
    {"no text of a message reaches the terminal as it is", messages},
    {"no text of a certificate or a registry does", certificates},
    {"no name of a file and no argument does", names_of_files},
    {NULL, NULL},
};
ENS_SUITE("cli/terminal", cases)
