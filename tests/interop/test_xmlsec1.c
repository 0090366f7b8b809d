/* The command xmlsec1, as somebody else's verifier and signer. It knows no attachments: their digests are compared with
 * sha256sum's. */
#include "engine/base/file.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool there(const char *command)
{
    char line[128];
    snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1", command);
    if (system(line) == 0)
        return true;
    ens_skip("xmlsec1 isn't on this machine");
    return false;
}

static int verify(const char *message, const char *cert)
{
    char line[2048];
    snprintf(line, sizeof line,
             "xmlsec1 --verify --id-attr:Id Messaging --id-attr:Id Body --pubkey-cert-pem '%s' '%s' >/dev/null 2>&1",
             fixture_path(cert), fixture_path(message));
    return system(line);
}

static void signals(void)
{
    static const char *const rows[][2] = {{"receipt-f26.xml", "pki/sti.pem"},
                                          {"receipt-f26-attachments.xml", "pki/sti.pem"},
                                          {"receipt-r01.xml", "pki/trader.pem"},
                                          {"error.xml", "pki/sti.pem"},
                                          {"pull.xml", "pki/trader.pem"}};
    if (!there("xmlsec1") || !fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(verify(rows[i][0], rows[i][1]) == 0, "xmlsec1 doesn't take %s", rows[i][0]);
    CU_ASSERT_NOT_EQUAL(verify("receipt-altered.xml", "pki/sti.pem"), 0);
}

/* What xmlsec1 seals: the envelope of a pull request of ours with digests and signature taken out, filled in by
 * xmlsec1. */
static void sealed_by_xmlsec1(void)
{
    char line[4096];
    if (!there("xmlsec1") || !fixture_folder())
        return;
    snprintf(
        line, sizeof line,
        "sed -E 's#<ds:DigestValue>[^<]*#<ds:DigestValue>#g; s#<ds:SignatureValue>[^<]*#<ds:SignatureValue>#' '%s' > "
        "'%s' && "
        "xmlsec1 --sign --id-attr:Id Messaging --id-attr:Id Body --privkey-pem '%s' --output '%s' '%s' 2>/dev/null",
        fixture_path("pull.xml"), fixture_path("template.xml"), fixture_path("pki/trader.key"),
        fixture_path("by-xmlsec1.xml"), fixture_path("template.xml"));
    CU_ASSERT_EQUAL_FATAL(system(line), 0);
    const run_result *r = run_ensign("verify '%s' --trust '%s' --at 2026-10-01T12:00:00Z -q",
                                     fixture_path("by-xmlsec1.xml"), fixture_path("pki/root.pem"));
    CHECK_ROW(r->status == 0 && strstr(r->out, "accepted"), "%d %s%s", r->status, r->out, r->err);
}

/* attachment_digest is the DigestValue of a part's reference, as sha256sum and base64 see the part. */
static void attachments(void)
{
    char line[4096];
    static const char *const cids[] = {"ens", "photo-1", "photo-2"};
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < 3; i++) {
        ens_file file = {0};
        char head[64], reference[64];
        CU_ASSERT_EQUAL_FATAL(ens__file_open(fixture_path("f26-attachments.mime"), 0, &file, NULL), ENS_OK);
        snprintf(head, sizeof head, "Content-ID: <%s>\r\n\r\n", cids[i]);
        snprintf(reference, sizeof reference, "<ds:Reference URI=\"cid:%s\">", cids[i]);
        size_t from = ens__find(file.bytes, ens_str(head), 0) + strlen(head),
               to = ens__find(file.bytes, ENS_LIT("\r\n------=_ensign_"), from);
        size_t value =
            ens__find(file.bytes, ENS_LIT("<ds:DigestValue>"), ens__find(file.bytes, ens_str(reference), 0)) + 16;
        CU_ASSERT_EQUAL(ens__file_write(fixture_path("part.bin"), ens_sub(file.bytes, from, to), 0600, NULL), ENS_OK);
        snprintf(line, sizeof line, "test \"$(openssl dgst -sha256 -binary '%s' | openssl base64 -A)\" = '%.44s'",
                 fixture_path("part.bin"), (const char *)file.bytes.p + value);
        CHECK_ROW(system(line) == 0, "the digest of %s isn't that of its bytes", cids[i]);
        ens__file_close(&file);
    }
}

static const ens_case cases[] = {
    {"xmlsec1 verifies the signals that we seal, and refuses the altered one", signals},
    {"what xmlsec1 seals is accepted here", sealed_by_xmlsec1},
    {"openssl computes the digests of the parts that we seal", attachments},
    {NULL, NULL},
};
ENS_SUITE("interop/xmlsec1", cases)
