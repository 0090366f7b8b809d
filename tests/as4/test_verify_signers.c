/* The signer of a message is judged by the policy that the pre-flight has: a key that is anybody's seals nothing. */
#include "certs/keys/chain.h"
#include "certs/path/path.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <stdio.h>
#include <string.h>

/* public_key makes the RSA key of a modulus and an exponent. */
static EVP_PKEY *public_key(const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    CU_ASSERT_FATAL(b && ctx && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
                    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, e) == 1);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    CU_ASSERT_FATAL(params && EVP_PKEY_fromdata_init(ctx) == 1 &&
                    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) == 1);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* judge_signer judges a certificate for the key as a message's signer; says NULL: its algorithms are taken. */
static void judge_signer(const authority *root, const BIGNUM *n, const BIGNUM *e, const char *says)
{
    authority leaf;
    ens_chain chain;
    EVP_PKEY *key = public_key(n, e);
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    bool told = false;
    CU_ASSERT_FATAL(trust && report && ens__trust_add_anchor(trust, authority_der(root), NULL) == ENS_OK);
    CU_ASSERT_FATAL(authority_make(
        root, &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .key = key}, &leaf));
    authority_chain((const authority *[]){&leaf}, 1, &chain);
    ens_chain_check(trust, &chain, AUTHORITY_AT, report);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        if (strcmp(f->id, "chain.algorithm") != 0)
            continue;
        CHECK_ROW((f->outcome == ENS_FAIL) == (says != NULL) && (!says || strstr(ens_detail(f), says)), "%s: %s",
                  says ? says : "good", ens_detail(f));
        told = true;
    }
    CU_ASSERT(told);
    CU_ASSERT_EQUAL(ens_report_verdict(report) == ENS_REFUSED, says != NULL);
    ens_report_free(report);
    ens_trust_free(trust);
    EVP_PKEY_free(key);
    authority_free(&leaf);
}

static void keys_that_are_anybodys(void)
{
    authority root;
    BIGNUM *n = BN_new(), *e = BN_new(), *p = BN_new();
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &root));
    CU_ASSERT_FATAL(n && e && p && BN_generate_prime_ex(p, 2040, 0, NULL, NULL, NULL));
    static const unsigned factors[] = {257, 751, 769}; /* the last one isn't looked for */
    for (size_t i = 0; i < 3; i++) {
        char says[40];
        snprintf(says, sizeof says, "the factor %u", factors[i]);
        CU_ASSERT_FATAL(BN_copy(n, p) && BN_mul_word(n, factors[i]) && BN_set_word(e, 65537));
        judge_signer(&root, n, e, i < 2 ? says : NULL);
    }
    CU_ASSERT_FATAL(BN_copy(e, n) && BN_add_word(e, 2));
    judge_signer(&root, n, e, "smaller than the modulus");
    CU_ASSERT_FATAL(BN_set_word(e, 1));
    judge_signer(&root, n, e, "anybody can make the signature");
    BN_free(n);
    BN_free(e);
    BN_free(p);
    authority_free(&root);
}

static const ens_case cases[] = {
    {"a key that is anybody's is refused in a message, as it is before registration", keys_that_are_anybodys},
    {NULL, NULL},
};
ENS_SUITE("as4/verify/signers", cases)
