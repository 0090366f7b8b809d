#include "as4/wss/token.h"

#include "as4/envelope/names.h"
#include "certs/keys/chain.h"
#include "certs/x509/pkipath.h"

#define RULE "ICD 4.6.2, Table 11"
#define RULE_PKIPATH "WSS X.509 Token Profile 1.1.1, 3.1"
#define HINT_PATH                                                                                                      \
    "the STI needs the whole path, root first and signer last: import the complete chain with the private key into "   \
    "the keystore, then in "                                                                                           \
    "Domibus, Holodeck B2B and phase4 alike the PKIPath is written from it"

static ens_code read_one(ens_slice der, ens_chain *chain, ens_err *err)
{
    ens_code code = ens_cert_parse(der, &chain->cert[0], err);
    if (code == ENS_OK)
        chain->num = 1;
    return code;
}

/* read_as_labelled tells by *mislabelled that the token holds the other kind. */
static ens_code read_as_labelled(ens_slice der, bool x509v3, ens_chain *chain, bool *mislabelled, ens_err *err)
{
    ens_code code = x509v3 ? read_one(der, chain, err) : ens__pkipath_read(der, chain, err);
    if (code == ENS_OK)
        return code;
    ens_code other = x509v3 ? ens__pkipath_read(der, chain, NULL) : read_one(der, chain, NULL);
    *mislabelled = other == ENS_OK;
    return other == ENS_OK ? ENS_OK : code;
}

static void refuse_encoding(ens_report *report)
{
    ens__failf(report, "token.encoding", RULE_PKIPATH, "write the token as base64 without line breaks",
               "the token isn't base64, or is over %zu bytes", ENS_TOKEN_MAX);
}

static bool read_token(ens__signer *s, bool x509v3)
{
    size_t len = s->text.len / 4 * 3 > ENS_TOKEN_MAX ? SIZE_MAX : ens__base64_decode(s->text, s->der);
    if (len == SIZE_MAX) {
        refuse_encoding(&s->token);
        return false;
    }
    ens_err err = {0};
    bool mislabelled = false;
    if (read_as_labelled(ens_bytes(s->der, len), x509v3, &s->chain, &mislabelled, &err) != ENS_OK) {
        char text[256];
        ens_finding *f = ens__failf(&s->token, "token.pkipath", RULE_PKIPATH, HINT_PATH, "the token can't be read: %s",
                                    ens_err_format(&err, text, sizeof text));
        f->at = err.n ? err.frame[0].at : SIZE_MAX;
        return false;
    }
    if (mislabelled)
        ens__failf(&s->token, "token.pkipath", RULE_PKIPATH, "label the token as what it is",
                   "the token's ValueType doesn't say what it holds: %zu certificate(s) %s", s->chain.num,
                   x509v3 ? "as a PKIPath" : "without a PKIPath around");
    else
        ens__pass(&s->token, "token.pkipath", RULE_PKIPATH);
    return true;
}

static void judge_order(const ens_chain *chain, const ens_chain_facts *facts, ens_report *report)
{
    if (facts->num_unrelated)
        ens__failf(report, "token.extra", RULE, "send the signer's path and nothing else",
                   "%zu certificate(s) of the token are no part of the signer's path", facts->num_unrelated);
    if (chain->num > 1 && !facts->was_root_first)
        ens__warn(report, "token.order", "X.509 PKIPath; interop-pitfalls 1.1", HINT_PATH,
                  "the path doesn't stand root first%s", facts->was_leaf_first ? " but leaf first" : "");
    else
        ens__pass(report, "token.order", "X.509 PKIPath");
}

static void find_signer(ens__signer *s, bool leaf_alone)
{
    ens_chain_facts facts = {0};
    ens_err err = {0};
    if (ens__chain_order(&s->chain, &facts, &err) != ENS_OK) {
        ens__failf(&s->token, "token.signer", "ICD 4.6.2; interop-pitfalls 1.3", HINT_PATH,
                   "no certificate of the token stands out as the signer: %s", err.n ? err.frame[0].what : "ambiguous");
        return;
    }
    judge_order(&s->chain, &facts, &s->token);
    if (s->chain.num == 1 && !leaf_alone)
        ens__failf(&s->token, "token.complete", "ICD 4.6.2 (mistakes the STI sees most)", HINT_PATH,
                   "the token holds only the leaf%s", facts.self_signed_end ? ", a self-signed certificate" : "");
    else
        ens__pass(&s->token, "token.complete", "ICD 4.6.2");
    s->found = true;
}

ens__signer *ens__token_judge(ens__signers *signers, const ens_wss *wss, bool x509v3_allowed, ens_report *report)
{
    bool x509v3 = ens_is(wss->token_value_type, ENS_TOKEN_X509V3), leaf_alone = x509v3 && x509v3_allowed;
    unsigned reading = (unsigned)x509v3 | (unsigned)leaf_alone << 1;
    if (wss->key_info != ENS_KEY_INFO_TOKEN)
        return NULL;
    ens__signer *s = ens__signers_find(signers, wss->token_text, reading);
    if (!s && (s = ens__signers_take(signers, wss->token_text, reading))) {
        if (read_token(s, x509v3))
            find_signer(s, leaf_alone);
        ens__signer_ready(s);
        if (s->found && !s->key)
            ens__failf(&s->token, "token.key", "RFC 5280 4.1.2.7", "use a certificate with an RSA key",
                       "the public key of the signer's certificate can't be read");
    }
    if (s)
        ens__report_append(report, &s->token);
    else if (wss->token_text.len > ENS_SIGNER_TOKEN_MAX)
        refuse_encoding(report);
    else
        ens__skip(report, "token.encoding", RULE_PKIPATH, true, "out of memory for the token");
    return s;
}
