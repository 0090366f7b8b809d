#include "certs/eori/countries.h"
#include "certs/keys/certificates.h"
#include "certs/preflight/preflight.h"
#include "engine/base/report.h"

/* gather adds what else the file holds: behind the path, as far as there is room, and in others. */
static ens_code gather(const ens_certificates *c, ens_chain *chain, ens__certstore *others, ens_err *err)
{
    *chain = c->chain;
    for (size_t i = 0; i < c->others.num; i++) {
        ens_code code = ens__certstore_add(others, c->others.cert[i].der, NULL, err);
        if (code != ENS_OK)
            return code;
        if (chain->num < ENS_CHAIN_MAX)
            chain->cert[chain->num++] = c->others.cert[i];
    }
    return ENS_OK;
}

static const EVP_PKEY *key_for(const ens_keyring *keys, const ens_cert *cert)
{
    const EVP_PKEY *key = keys ? ens__keyring_find(&keys->keys, cert) : NULL;
    return key || !keys ? key : keys->keys.key[0];
}

/* member_state_of is whose the national list is; of a list that is nobody's nothing can be said. */
static const char *member_state_of(const ens_preflight_options *o, ens_report *report)
{
    const char *member_state = o->member_state ? ens_member_state(ens_str(o->member_state)) : NULL;
    if (o->national && !member_state)
        ens__skip(report, "qualification.national", "ICD 4.6.2", true,
                  "it isn't said which Member State's the national list is")
            ->hint = "name the Member State whose list it is";
    return member_state;
}

static void tell_result(const ens__preflight *p, const ens_preflight_options *o, ens_preflight_result *out)
{
    out->acceptance = p->accepted.acceptance;
    out->has_qualification = p->accepted.qualified;
    out->at_issuance = p->accepted.at_issuance;
    out->at_validation = p->accepted.at_validation;
    out->binding = p->binding;
    out->lists = p->lists;
    out->path = &p->path;
    out->anchored = p->anchored;
    out->valid_until = p->valid_until;
    out->valid_until_reason = p->valid_until_reason;
    out->renew_at = p->news_at;
    out->renew_reason = p->news_reason;
    out->timeline = p->timeline.interval;
    out->num_timeline = p->timeline.num;
    out->at = o->at;
    out->inside = p;
}

/* room_for takes the result's memory from the report, so that it lives as long as the texts that it points to. */
static ens__preflight *room_for(ens_report *report)
{
    ens__preflight *p = ens_arena_zero(&report->arena, sizeof *p);
    report->incomplete = report->incomplete || !p;
    return p;
}

static void judge_result(const ens_certificates *c, const ens_preflight_options *o, const ens__tls_purpose *tls,
                         ens_preflight_result *out, ens_report *report)
{
    ens_chain chain;
    ens__certstore others = {0};
    ens__preflight *p = room_for(report);
    *out = (ens_preflight_result){.cert = &c->chain.cert[0],
                                  .path = &c->chain,
                                  .valid_until = ENS_TIME_NONE,
                                  .renew_at = ENS_TIME_NONE,
                                  .at = o->at};
    if (p && gather(c, &chain, &others, NULL) == ENS_OK) {
        const char *member_state = tls ? NULL : member_state_of(o, report);
        ens__preflight_options po = {.trust = o->trust,
                                     .national = member_state ? o->national : NULL,
                                     .member_state = member_state,
                                     .others = &others,
                                     .key = key_for(o->keys, &chain.cert[0]),
                                     .eori = o->eori,
                                     .place = c->place,
                                     .num_unread = c->num_unread,
                                     .tls = tls,
                                     .at = o->at};
        ens__preflight_judge(&chain, &po, p, report);
        tell_result(p, o, out);
    } else {
        report->incomplete = true;
    }
    out->verdict = ens_report_verdict(report);
    ens__certstore_clear(&others);
}

void ens_preflight(const ens_certificates *c, const ens_preflight_options *o, ens_preflight_result *out,
                   ens_report *report)
{
    judge_result(c, o, NULL, out, report);
}

void ens__preflight_tls(const ens_certificates *c, const ens_preflight_options *o, const ens__tls_purpose *tls,
                        ens_preflight_result *out, ens_report *report)
{
    judge_result(c, o, tls, out, report);
}
