/* Revocation by files: CRLs of the fixtures, and OCSP responses that the command openssl makes for them. */
#include "certs/chain.h"
#include "engine/file.h"
#include "engine/report.h"
#include "ensign/trust.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define AT 1790856000
#define DAY 86400

/* respond makes an OCSP response about cert, signed by signer, from an index that knows trader (good) and revoked. */
static bool respond(const char *cert, const char *signer, const char *out)
{
    char line[4096];
    const char *dir = fixture_folder();
    snprintf(
        line, sizeof line,
        "cd '%s/pki' && printf 'V\\t351231000000Z\\t\\t03EA\\tunknown\\t/CN=a\\nR\\t351231000000Z\\t260902000000Z\\t03EF\\tunknown\\t/CN=b\\n' > index.txt && "
        "openssl ocsp -index index.txt -CA issuing.pem -rsigner %s.pem -rkey %s.key -issuer issuing.pem -cert %s.pem -respout %s -ndays 2 -noverify "
        ">/dev/null 2>&1",
        dir, signer, signer, cert, out);
    return system(line) == 0;
}

/* outcome of the leaf's revocation. */
static ens_outcome judge(const char *cert, const char *crl, const char *ocsp, ens_time at)
{
    char path[512];
    ens_file file = {0};
    ens_arena arena;
    ens_chain chain;
    ens_chain_facts facts;
    ens_outcome outcome = ENS_PASS;
    bool found = false;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    ens_arena_init(&arena, (size_t)1 << 20);
    snprintf(path, sizeof path, "pki/%s.pem", cert);
    CU_ASSERT_FATAL(trust && report && ens__file_open(fixture_path(path), 0, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__chain_load(file.bytes, NULL, &arena, &chain, &facts, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens_trust_add(trust, fixture_path("pki/root.pem"), NULL) == ENS_OK);
    CU_ASSERT_FATAL(!crl || ens_trust_add_crl(trust, fixture_path(crl), NULL) == ENS_OK);
    CU_ASSERT_FATAL(!ocsp || ens_trust_add_ocsp(trust, fixture_path(ocsp), NULL) == ENS_OK);
    ens_chain_check(trust, &chain, at, report);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (f->certificate != 0 || strcmp(f->id, "chain.revocation") != 0)
            continue;
        outcome = f->outcome;
        found = true;
    }
    CU_ASSERT(found);
    ens_report_free(report);
    ens_trust_free(trust);
    ens_arena_free(&arena);
    ens__file_close(&file);
    return outcome;
}

static void by_crl(void)
{
    if (!fixture_folder())
        return;
    CU_ASSERT_EQUAL(judge("trader", "pki/issuing.crl", NULL, AT), ENS_PASS);
    CU_ASSERT_EQUAL(judge("revoked", "pki/issuing.crl", NULL, AT), ENS_FAIL);
    CU_ASSERT_EQUAL(judge("revoked", NULL, NULL, AT), ENS_SKIP);
    CU_ASSERT_EQUAL(judge("trader", "pki/issuing.crl", NULL, AT + 800 * (ens_time)DAY), ENS_SKIP);
}

static void by_ocsp(void)
{
    ens_time now = ens_time_now();
    if (!fixture_folder())
        return;
    if (system("command -v openssl >/dev/null 2>&1") != 0) {
        ens_skip("the command openssl isn't on this machine");
        return;
    }
    CU_ASSERT_FATAL(respond("trader", "issuing", "good.der") && respond("revoked", "issuing", "revoked.der") &&
                    respond("trader", "trader", "forged.der"));
    CU_ASSERT_EQUAL(judge("trader", NULL, "pki/good.der", now), ENS_PASS);
    CU_ASSERT_EQUAL(judge("revoked", NULL, "pki/revoked.der", now), ENS_FAIL);
    CU_ASSERT_EQUAL(judge("trader", NULL, "pki/revoked.der", now), ENS_SKIP);                   /* about another */
    CU_ASSERT_EQUAL(judge("trader", NULL, "pki/forged.der", now), ENS_SKIP);                    /* by somebody else */
    CU_ASSERT_EQUAL(judge("trader", NULL, "pki/good.der", now + 30 * (ens_time)DAY), ENS_SKIP); /* of another time */
    CU_ASSERT_EQUAL(judge("revoked", "pki/issuing.crl", "pki/good.der", AT), ENS_FAIL);
}

static void no_lists(void)
{
    ens_trust *trust = ens_trust_new();
    if (!fixture_folder() || !trust)
        return;
    CU_ASSERT_NOT_EQUAL(ens_trust_add_crl(trust, fixture_path("pki/root.pem"), NULL), ENS_OK);
    CU_ASSERT_NOT_EQUAL(ens_trust_add_ocsp(trust, fixture_path("pki/issuing.crl"), NULL), ENS_OK);
    CU_ASSERT_NOT_EQUAL(ens_trust_add(trust, fixture_path("f26.mime"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_add(trust, "/nowhere/anchors.pem", NULL), ENS_EIO);
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 0);
    ens_trust_free(trust);
}

static const ens_case cases[] = {
    {"a CRL tells, while it is of the time", by_crl},
    {"an OCSP response tells, when it is about the certificate, by its issuer, and of the time", by_ocsp},
    {"what is no list is refused", no_lists},
    {NULL, NULL},
};
ENS_SUITE("certs/revocation", cases)
