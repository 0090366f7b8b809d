#include "certs/preflight/preflight.h"

#include "certs/eori/eori.h"
#include "certs/keys/chain.h"
#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/profile/profile.h"
#include "certs/x509/name.h"
#include "engine/base/report.h"

/* common_name is what a certificate goes by, in the report's arena. */
static const char *common_name(const ens_cert *cert, ens_report *report)
{
    uint8_t text[ENS_NAME_TEXT_MAX];
    char whole[ENS_NAME_TEXT_MAX];
    ens_buf name;
    ens_buf_init(&name, text, sizeof text, sizeof text);
    bool named = ens__name_take(cert->subject, ENS_OID_COMMON_NAME, &name);
    const char *shown =
        ens__show(report, named ? ens_buf_slice(&name) : ens_str(ens__name_text(cert->subject, whole, sizeof whole)));
    ens_buf_free(&name);
    return shown;
}

static void add_certificates(ens__preflight *out, ens_time path_end, ens_report *report)
{
    size_t num = out->path.num - (out->anchored && out->path.num > 1); /* an anchor's dates are no end of anything */
    for (size_t i = 0; i < num; i++) {
        const ens_cert *c = &out->path.cert[i];
        ens__timeline_add(&out->timeline,
                          (ens__interval){.what = i ? "issuer" : "certificate",
                                          .name = common_name(c, report),
                                          .reason = i ? "a certificate of its path ends" : "the certificate ends",
                                          .from = c->not_before,
                                          .until = c->not_after});
    }
    if (path_end != ENS_TIME_NONE && !out->anchored)
        ens__timeline_add(&out->timeline, (ens__interval){.what = "path",
                                                          .name = "up to its anchor",
                                                          .reason = "a certificate of its path ends",
                                                          .from = ENS_TIME_NONE,
                                                          .until = path_end});
}

/* add_revocation tells until when the answers about revocation hold: where the path's horizon isn't an end of its
 * certificates. */
static void add_revocation(ens__preflight *out, const ens__path *path)
{
    const ens__horizon *h = &path->horizon;
    if (h->until == ENS_TIME_NONE || (!path->revocation.passed && !path->revocation.warned))
        return;
    for (size_t i = 0; i < path->num; i++)
        if (h->until == path->cert[i].not_after + 1 || h->until == path->cert[i].not_before)
            return;
    ens__timeline_add(&out->timeline, (ens__interval){.what = "revocation",
                                                      .name = "answers at hand",
                                                      .reason = "newer revocation lists or responses are due",
                                                      .from = h->from,
                                                      .until = h->until - 1,
                                                      .news = true});
}

/* tell_ends fills in what the timeline says. What ended before from decided nothing, or else the verdict is refused. */
static void tell_ends(ens__preflight *out, ens_time from)
{
    const ens__interval *end = ens__timeline_first(&out->timeline, false, from),
                        *news = ens__timeline_first(&out->timeline, true, from);
    out->valid_until = end ? end->until : ENS_TIME_NONE;
    out->valid_until_reason = end ? end->reason : NULL;
    out->news_at = news ? news->until : ENS_TIME_NONE;
    out->news_reason = news ? news->reason : NULL;
}

static void judge_key(const ens_chain *chain, const EVP_PKEY *key, ens_report *report)
{
    if (!key)
        return;
    if (ens__key_matches(key, &chain->cert[0]))
        ens__pass(report, "key.match", "RFC 5280 4.1.2.7");
    else
        ens__failf(report, "key.match", "RFC 5280 4.1.2.7",
                   "find the key that the request for this certificate was made with",
                   "the private key doesn't belong to the certificate");
}

static ens_binding judge_binding(const ens_cert *leaf, ens_slice eori, ens_time at, ens_report *report)
{
    if (!eori.len)
        return ENS_BINDING_NOT_ASKED;
    ens_eori_check(eori, at, report);
    return ens_binding_check_cert(leaf, eori, report);
}

/* keep_path shows the path that was found, where it leads to an anchor; else what was given. */
static void keep_path(const ens_chain *chain, const ens__path *path, ens__preflight *out)
{
    out->anchored = path->num && path->num <= ENS_CHAIN_MAX && path->anchored;
    out->path_fails = path->anchored && !path->faults.only_of_time;
    out->revocation_unknown = path->revocation.skipped;
    if (!out->anchored) {
        out->path = *chain;
        out->path.num = ens__chain_linked(chain);
        return;
    }
    for (size_t i = 0; i < path->num; i++)
        out->path.cert[i] = path->cert[i];
    out->path.num = path->num;
}

/* judged_path is what keys and signatures are dated of; an anchor, or what stands where one would, is none of it. */
static ens__crypto_path judged_path(const ens__preflight *out, const ens_cert *judged[ENS_CHAIN_MAX])
{
    const ens_chain *c = &out->path;
    for (size_t i = 0; i < c->num; i++)
        judged[i] = &c->cert[i];
    const ens_cert *last = &c->cert[c->num - 1];
    bool ends = out->anchored || (c->num > 1 && ens_eq(last->subject, last->issuer));
    return (ens__crypto_path){judged, c->num, ends ? c->num - 1 : c->num, out->for_tls};
}

static void start_preflight(const ens__preflight_options *o, ens__preflight *out)
{
    out->accepted = (ens__accepted){.acceptance = ENS_ACCEPTANCE_NONE};
    out->lists = ens__trust_snapshot(o->trust);
    out->binding = ENS_BINDING_NOT_ASKED;
    out->for_tls = o->tls != NULL;
    out->path.num = 0;
    out->anchored = out->path_fails = out->revocation_unknown = false;
    out->timeline.num = 0;
    out->valid_until = out->news_at = ENS_TIME_NONE;
    out->valid_until_reason = out->news_reason = NULL;
}

/* tell_file says what of its file a certificate was chosen from. */
static void tell_file(const ens__preflight_options *o, ens_report *report)
{
    if (o->place)
        ens__warn(report, "chain.order", "ICD 4.6.2", "give the seal's certificate alone, or first in its file",
                  "certificate %zu of the file is judged: it is the one that issued none of the others", o->place + 1);
    if (o->num_unread)
        ens__warn(report, "chain.order", "RFC 5280 4.1", "leave out what isn't needed, and get the others anew",
                  "%zu of the file's other certificates can't be read, and are left out", o->num_unread);
}

void ens__preflight_judge(const ens_chain *chain, const ens__preflight_options *o, ens__preflight *out,
                          ens_report *report)
{
    ens__path path;
    ens__acceptance acceptance;
    ens__path_scope scope = {.others = o->others};
    ens__chain_question q = {
        .trust = o->trust, .scope = &scope, .ids = &ens__certificate_chain_ids, .at = o->at, .for_tls = o->tls != NULL};
    ens__acceptance_options ao = {
        .trust = o->trust, .national = o->national, .member_state = o->member_state, .others = o->others, .at = o->at};
    start_preflight(o, out);
    ens__chain_find(&q, chain, &path);
    if (chain->num && !o->tls) {
        ens__acceptance_find(chain, &path, &ao, &acceptance);
        q.excused = acceptance.listing.state == ENS_CA_LISTING_LACKING;
    }
    ens_time path_end = ens__chain_tell(&q, chain, &path, report);
    if (!chain->num)
        return;
    tell_file(o, report);
    keep_path(chain, &path, out);
    if (o->tls)
        ens__tls_client_judge(&chain->cert[0], o->tls, report);
    else
        ens__profile_judge(&chain->cert[0], report);
    add_certificates(out, path_end, report);
    add_revocation(out, &path);
    const ens_cert *judged[ENS_CHAIN_MAX];
    ens__crypto_path of_path = judged_path(out, judged);
    ens__crypto_judge(&of_path, o->at, &out->timeline, report);
    judge_key(chain, o->key, report);
    if (!o->tls) {
        out->binding = judge_binding(&chain->cert[0], o->eori, o->at, report);
        ens__acceptance_tell(&acceptance, &path, &out->timeline, &out->accepted, report);
    }
    bool refused = ens_report_verdict(report) == ENS_REFUSED;
    if (refused)
        out->accepted.acceptance = ENS_ACCEPTANCE_NONE;
    tell_ends(out, refused ? ENS_TIME_NONE : o->at);
}
