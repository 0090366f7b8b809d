#include "certs/keys/pkcs11.h"
#include "engine/base/file.h"
#include "tests/as4/access_point.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void reads_uris(void)
{
    static const struct {
        const char *uri;
        ens_code code;
        const char *token, *object;
        size_t id_len, at;
    } rows[] = {
        {"pkcs11:token=My%20token;object=seal;type=private", ENS_OK, "My token", "seal", 0, 0},
        {"pkcs11:id=%01%02%ff;token=t?module-path=/usr/lib/m.so&pin-source=file:/run/pin", ENS_OK, "t", "", 3, 0},
        {"pkcs11:", ENS_OK, "", "", 0, 0},
        {"pkcs11:slot-id=17;x-vendor=1", ENS_OK, "", "", 0, 0},
        {"pkcs11:slot-id=1x", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:token=a;type=cert", ENS_EPOLICY, NULL, NULL, 0, 15},
        {"pkcs11:token=a?pin-value=1234", ENS_EPOLICY, NULL, NULL, 0, 15},
        {"pkcs11:token=%zz", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:token=%4", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:token=a%00b", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:tok%65n=a", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:token", ENS_ESYNTAX, NULL, NULL, 0, 7},
        {"pkcs11:token=a b", ENS_ESYNTAX, NULL, NULL, 0, 14},
        {"file:key.pem", ENS_ESYNTAX, NULL, NULL, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_pkcs11_uri u;
        ens_err err = {0};
        ens_code code = ens__pkcs11_uri_parse(ens_str(rows[i].uri), &u, &err);
        CHECK_ROW(code == rows[i].code && (code == ENS_OK || err.frame[0].at == rows[i].at), "%s: %s at %zu",
                  rows[i].uri, ens_code_name(code), err.frame[0].at);
        if (code == ENS_OK)
            CHECK_ROW(strcmp(u.token, rows[i].token) == 0 && strcmp(u.object, rows[i].object) == 0 &&
                          u.id_len == rows[i].id_len,
                      "%s: token %s, object %s, id %zu", rows[i].uri, u.token, u.object, u.id_len);
    }
}

/* module finds SoftHSM's library, where the packages put it. */
static const char *module(void)
{
    static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0 && system("command -v softhsm2-util >/dev/null") == 0)
            return places[i];
    return NULL;
}

/* make_token makes a token that holds the trader's key; false after a skip. */
static bool make_token(const char *folder)
{
    char command[4096], path[600];
    if (!module()) {
        ens_skip("SoftHSM2 isn't on this machine");
        return false;
    }
    snprintf(path, sizeof path, "%s/softhsm2.conf", folder);
    snprintf(
        command, sizeof command,
        "mkdir -p '%s/tokens' && echo 'directories.tokendir = %s/tokens' > '%s' && export SOFTHSM2_CONF='%s' && "
        "softhsm2-util --init-token --free --label test --so-pin 12345678 --pin 567890 >/dev/null && softhsm2-util "
        "--import '%s' --token test --label trader --id 0102 --pin 567890 >/dev/null",
        folder, folder, path, path, fixture_path("pki/trader.key"));
    setenv("SOFTHSM2_CONF", path, 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 0); /* what engine and token leave behind is theirs */
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    return true;
}

static void check_refusals(const char *chain)
{
    static const struct {
        const char *token, *pin, *says;
    } rows[] = {{"token=other", "567890", "no token fits the URI; there are (test in slot"},
                {"token=test;object=other", "567890", "no such private key; it has, for one (trader)"},
                {"token=test", "111111", "the PIN does not open the token (test)"},
                {"token=test", NULL, "asks for its PIN"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *pin = fixture_path("pin");
        CU_ASSERT_EQUAL(ens__file_write(pin, ens_str(rows[i].pin ? rows[i].pin : ""), 0600, NULL), ENS_OK);
        const run_result *r =
            run_ensign("cert check '%s' --key 'pkcs11:%s?module-path=%s' %s%s --at 2026-10-01T12:00:00Z", chain,
                       rows[i].token, module(), rows[i].pin ? "--pass-file " : "", rows[i].pin ? pin : "");
        CHECK_ROW(r->status == 2 && strstr(r->err, rows[i].says), "%s: %d %s", rows[i].token, r->status, r->err);
    }
}

/* signs_pdf signs a registration PDF with the key in the token. */
static void signs_pdf(const char *pin, const char *chain, const char *folder)
{
    const run_result *r =
        run_ensign("pdf issue --eori FR73282932000074 --at 2026-10-01T12:00:00Z -o '%s/i.pdf'", folder);
    CU_ASSERT_EQUAL(r->status, 0);
    r = run_ensign("pdf sign '%s/i.pdf' --key 'pkcs11:token=test;object=trader?module-path=%s&pin-source=file:%s' "
                   "--cert '%s' --at 2026-10-01T12:00:00Z -o '%s/s.pdf'",
                   folder, module(), pin, chain, folder);
    CHECK_ROW(r->status == 0, "pdf sign: %d %s", r->status, r->err);
    r = run_ensign("pdf check '%s/s.pdf' --issued '%s/i.pdf' --cert '%s' --profile strict --at 2026-10-01T12:00:00Z",
                   folder, folder, chain);
    CHECK_ROW(r->status == 0, "pdf check: %d %s", r->status, r->out);
}

static void seals_with_a_token(void)
{
    char folder[512], chain[512], root[512], pin[520];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(folder, sizeof folder, "%s", fixture_path("token"));
    if (!make_token(folder))
        return;
    snprintf(chain, sizeof chain, "%s", fixture_path("pki/trader.pem"));
    snprintf(root, sizeof root, "%s", fixture_path("pki/root.pem"));
    snprintf(pin, sizeof pin, "%s/pin", folder);
    CU_ASSERT_EQUAL(ens__file_write(pin, ENS_LIT("567890\n"), 0600, NULL), ENS_OK);
    check_refusals(chain);
    const run_result *r = run_ensign(
        "seal --signal pull --key 'pkcs11:token=test;object=trader?module-path=%s&pin-source=file:%s' --cert '%s' "
        "--from FR73282932000074 --at 2026-10-01T12:00:00Z -o '%s/m.mime'",
        module(), pin, chain, folder);
    if (r->status == 2 && strstr(r->err, "OpenSSL can't use the token")) {
        ens_skip("neither pkcs11-provider nor libengine-pkcs11-openssl is on this machine");
        return;
    }
    CHECK_ROW(r->status == 0, "seal: %d %s", r->status, r->err);
    r = run_ensign("verify -q '%s/m.mime' --trust '%s' --at 2026-10-01T12:00:00Z --engine both", folder, root);
    CHECK_ROW(r->status == 0, "verify: %d %s %s", r->status, r->out, r->err);
    r = run_ensign("cert order --eori FR73282932000074 --company Demo --key "
                   "'pkcs11:token=test;object=trader?module-path=%s&pin-source=file:%s' --csr '%s/m.csr'",
                   module(), pin, folder);
    CHECK_ROW(r->status == 0, "cert order: %d %s", r->status, r->err);
    r = run_ensign("cert check -v '%s/m.csr' --key '%s' --at 2026-10-01T12:00:00Z", folder,
                   fixture_path("pki/trader.key"));
    CHECK_ROW(r->status == 2 && strstr(r->out, "pass  request.signature") && strstr(r->out, "pass  key.match"),
              "cert check of the request: %d %s %s", r->status, r->out, r->err);
    signs_pdf(pin, chain, folder);
}

/* goes_by_tls pings over mutual TLS with a client's key that is in the token alone. */
static void goes_by_tls(void)
{
    static access_point ap;
    static const ap_answer answer = AP_RECEIPT;
    char folder[512], pin[520], command[2048], pki[512];
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    snprintf(folder, sizeof folder, "%s", fixture_path("tls-token"));
    snprintf(pki, sizeof pki, "%s", fixture_path("pki"));
    if (!make_token(folder))
        return;
    snprintf(pin, sizeof pin, "%s/pin", folder);
    CU_ASSERT_EQUAL(ens__file_write(pin, ENS_LIT("567890\n"), 0600, NULL), ENS_OK);
    snprintf(command, sizeof command,
             "softhsm2-util --import '%s/tls-server.key' --token test --label tls --id 0304 --pin 567890 >/dev/null",
             pki);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_FATAL(access_point_open(&ap, true, NULL, &answer, 1));
    const run_result *r = run_ensign(
        "ping %s --key '%s/trader.key' --cert '%s/trader.pem' --from FR73282932000074 --trust '%s/customs-root.pem' "
        "--tls-cert '%s/tls-client.pem' --tls-key 'pkcs11:token=test;object=tls?module-path=%s&pin-source=file:%s' "
        "--tls-root '%s/root.pem' --at 2026-10-01T12:00:00Z",
        ap.url, pki, pki, pki, pki, module(), pin, pki);
    if (r->status == 2 && strstr(r->err, "OpenSSL can't use the token"))
        ens_skip("neither pkcs11-provider nor libengine-pkcs11-openssl is on this machine");
    else
        CHECK_ROW(r->status == 0 && access_point_asked(&ap) == 1, "ping: %d %s %s", r->status, r->out, r->err);
    r = run_ensign(
        "ping %s --key '%s/trader.key' --cert '%s/trader.pem' --from FR73282932000074 --trust '%s/customs-root.pem' "
        "--tls-cert '%s/tls-client.pem' --tls-key 'pkcs11:token=test;object=trader?module-path=%s&pin-source=file:%s' "
        "--tls-root '%s/root.pem' --at 2026-10-01T12:00:00Z",
        ap.url, pki, pki, pki, pki, module(), pin, pki);
    CHECK_ROW(r->status == 2 && access_point_asked(&ap) <= 1, "another key: %d %s", r->status, r->err);
    access_point_close(&ap);
}

static const ens_case cases[] = {
    {"reads pkcs11: URIs, and refuses PINs in them", reads_uris},
    {"seals and makes requests with a key that stays in a token", seals_with_a_token},
    {"a client of TLS leaves its key in a token, too", goes_by_tls},
    {NULL, NULL},
};
ENS_SUITE("certs/pkcs11", cases)
