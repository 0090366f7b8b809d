#include "certs/preflight.h"

#include "certs/cryptopolicy.h"
#include "certs/key.h"
#include "certs/name.h"
#include "certs/path.h"
#include "certs/profile.h"
#include "engine/report.h"

#define RULE_LISTS "ICD 4.6.2; TS 119 615"

const char *ens__acceptance_name(ens_acceptance acceptance)
{
    static const char *const names[] = {"none", "qualified-seal", "qualified-seal-qscd", "qualified-signature", "listed-nonqualified", "national"};
    return (unsigned)acceptance < sizeof names / sizeof *names ? names[acceptance] : names[0];
}

static void earliest(ens__preflight *out, ens_time end, const char *reason)
{
    if (end == ENS_TIME_NONE || (out->valid_until != ENS_TIME_NONE && out->valid_until <= end))
        return;
    out->valid_until = end;
    out->valid_until_reason = reason;
}

static void judge_key(const ens_chain *chain, const EVP_PKEY *key, ens_report *report)
{
    if (!key)
        return;
    if (ens__key_matches(key, &chain->cert[0]))
        ens__pass(report, "key.match", "RFC 5280 4.1.2.7");
    else
        ens__failf(report, "key.match", "RFC 5280 4.1.2.7", "find the key that the request for this certificate was made with",
                   "the private key doesn't belong to the certificate");
}

static ens_binding judge_binding(const ens_cert *leaf, ens_slice eori, ens_report *report)
{
    uint8_t text[ENS_NAME_TEXT_MAX];
    ens_buf orgid;
    if (!eori.len)
        return ENS_BINDING_NOT_ASKED;
    ens_buf_init(&orgid, text, sizeof text, sizeof text);
    bool named = ens__name_take(leaf->subject, ENS_OID_ORGANIZATION_IDENTIFIER, &orgid);
    ens_eori_check(eori, report);
    ens_binding binding = ens_binding_judge(named ? ens_buf_slice(&orgid) : (ens_slice){0}, eori, report);
    ens_buf_free(&orgid);
    return binding;
}

/* judge_acceptance: on whose list is the CA? The national list is judged by a path of its own. */
static ens_acceptance judge_acceptance(const ens_chain *chain, const ens__preflight_options *o, ens_report *report)
{
    ens_report aside;
    if (!o->national) {
        ens__skip(report, "lists.loaded", RULE_LISTS, true,
                  "no trusted lists are loaded and no national list is given (--national), so nobody can say whether ICS2 accepts the CA");
        return ENS_ACCEPTANCE_NONE;
    }
    ens__report_init(&aside);
    ens__chain_judge(o->national, chain, o->at, &ens__certificate_chain_ids, &aside);
    bool good = !ens__report_has(&aside, "chain.path", ENS_FAIL) && ens__report_has(&aside, "chain.path", ENS_PASS);
    ens__report_clear(&aside);
    if (good)
        ens__passf(report, "qualification.national", "ICD 4.6.2", "the CA is on the national alternate list of %s",
                   o->member_state ? o->member_state : "the Member State");
    else
        ens__failf(report, "qualification.national", "ICD 4.6.2",
                   "get a qualified seal, or one of a CA that the customs of the Member State of registration lists",
                   "the path leads to no CA of the national alternate list");
    return good ? ENS_ACCEPTANCE_NATIONAL : ENS_ACCEPTANCE_NONE;
}

void ens__preflight_judge(const ens_chain *chain, const ens__preflight_options *o, ens__preflight *out, ens_report *report)
{
    *out = (ens__preflight){.valid_until = ENS_TIME_NONE};
    ens_time path_end = ens__chain_judge(o->trust, chain, o->at, &ens__certificate_chain_ids, report);
    if (!chain->num)
        return;
    ens__profile_judge(&chain->cert[0], report);
    earliest(out, chain->cert[0].not_after, "the certificate ends");
    for (size_t i = 1; i < chain->num; i++)
        earliest(out, chain->cert[i].not_after, "a certificate of its path ends");
    earliest(out, path_end, "a certificate of its path ends");
    earliest(out, ens__crypto_judge(chain, o->at, report), "its algorithm ends (TS 119 312)");
    judge_key(chain, o->key, report);
    out->binding = judge_binding(&chain->cert[0], o->eori, report);
    out->acceptance = judge_acceptance(chain, o, report);
}
