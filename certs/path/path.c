#include "certs/path/path.h"

#include "certs/keys/chain.h"
#include "certs/path/cryptopolicy.h"
#include "certs/path/revocation.h"
#include "certs/x509/critical.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/clock.h"
#include "engine/base/report.h"

#include <stdio.h>

#define RULE_PATH "RFC 5280 6.1"
#define RULE_DATES "RFC 5280 4.1.2.5"
#define RULE_USAGE "RFC 5280 4.2.1.3; ICD 4.6.2"
#define EXT_KEY_USAGE 37 /* of id-ce */
#define HINT_ANCHOR                                                                                                    \
    "give the CA's certificate with --trust; the real STI takes it from the EU's trusted lists or the national list"
#define HINT_DATES "renew the certificate and register the new one before the old one ends"
#define HINT_USAGE "ask for a seal certificate whose key usage has digitalSignature or nonRepudiation"

const ens__chain_ids ens__message_chain_ids = {"chain.path",    "chain.form",      "chain.dates",     "chain.usage",
                                               "chain.purpose", "chain.algorithm", "chain.revocation"};
const ens__chain_ids ens__certificate_chain_ids = {
    "chain.path", "chain.form", "chain.dates", "chain.usage", "chain.purpose", "crypto.algorithm", "revocation.status"};

#define NO_PATH "no path to a trusted CA was found within the limits of the search: it came to %s"
#define NO_ANCHOR "the path leads to no trusted CA: the issuer %s is not trusted"

static void tell_no_anchor(const ens__path *path, const char *id, bool excused, ens_report *report)
{
    char name[ENS_NAME_TEXT_MAX] = "";
    ens__name_text(path->cert[path->num - 1].issuer, name, sizeof name);
    ens_finding *f;
    if (excused) {
        f = ens__skip(report, id, RULE_PATH, true, path->gave_up ? NO_PATH : NO_ANCHOR, name);
        f->hint = "bring the lists up to date: ensign trust update";
    } else {
        f = ens__failf(report, id, RULE_PATH, HINT_ANCHOR, path->gave_up ? NO_PATH : NO_ANCHOR, name);
    }
    f->certificate = (int)path->num - 1;
}

/* tell_path writes what building found. That the time is another isn't told here: judge_dates tells it of every
 * certificate. */
static void tell_path(ens__path *path, const ens__chain_question *q, ens_report *report)
{
    const ens__chain_ids *ids = q->ids;
    if (!path->anchored) {
        tell_no_anchor(path, ids->path, q->excused, report);
        path->failed |= !q->excused;
        return;
    }
    path->failed |= !path->faults.only_of_time;
    for (size_t i = 0; i < path->faults.num; i++) {
        const ens__fault *f = &path->faults.fault[i];
        if (!f->of_time)
            ens__failf(report, ids->path, f->rule, f->hint, "%s", f->what)->certificate = (int)f->certificate;
    }
    if (path->faults.only_of_time)
        ens__passf(report, ids->path, RULE_PATH, "%zu certificates up to a trusted CA", path->num);
}

static bool judge_date(const ens_cert *c, size_t i, ens_time at, const char *id, ens_report *report)
{
    char text[ENS_TIME_TEXT];
    bool early = at < c->not_before;
    if (!early && at <= c->not_after)
        return true;
    ens__failf(report, id, RULE_DATES, early ? "wait, or judge at a later time (--at)" : HINT_DATES,
               "the certificate is valid only %s %s", early ? "from" : "until",
               ens_time_format(early ? c->not_before : c->not_after, text))
        ->certificate = (int)i;
    return false;
}

/* What is judged beside the path itself: the path where it leads to an anchor, else what was given. An anchor is a
 * position and no certificate: neither its dates nor its signature count. */
typedef struct {
    const ens_cert *cert[ENS_PATH_MAX];
    ens__crypto_path path;
} judged;

static void select_judged(const ens_chain *chain, const ens__path *path, judged *out)
{
    bool anchored = path->num && path->anchored;
    const ens_cert *first = anchored ? path->cert : chain->cert;
    size_t num = anchored ? path->num : ens__chain_linked(chain);
    for (size_t i = 0; i < num; i++)
        out->cert[i] = &first[i];
    bool ends = num > 1 && (anchored || ens_eq(first[num - 1].subject, first[num - 1].issuer));
    out->path = (ens__crypto_path){out->cert, num, ends || (anchored && num == 1) ? num - 1 : num, false};
}

static bool judge_dates(const judged *j, ens_time at, const char *id, ens_report *report)
{
    bool good = true;
    for (size_t i = 0; i < j->path.num; i++)
        if (i == 0 || i != j->path.anchor)
            good &= judge_date(j->cert[i], i, at, id, report);
    if (good)
        ens__pass(report, id, RULE_DATES);
    return good;
}

/* What extended key usage says a key is for.   Source  RFC 5280, 4.2.1.12; RFC 9336; RFC 4945, 5.1.3.12; TS 119 612,
 * 5.7.1 */
#define PKIX_PURPOSE "\x2B\x06\x01\x05\x05\x07\x03"
#define ANY_PURPOSE ENS_LIT("\x55\x1D\x25\x00")
static const struct {
    ens_slice oid;
    const char *words;  /* NULL: sealing, or what goes with it */
    bool only_critical; /* told where the extension is critical alone: many a seal has it as well */
} purposes[] = {
    {{(const uint8_t *)PKIX_PURPOSE "\x01", 8}, "web servers", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x02", 8}, "clients of TLS", true},
    {{(const uint8_t *)PKIX_PURPOSE "\x03", 8}, "code signing", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x08", 8}, "time-stamping", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x09", 8}, "OCSP responses", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x05", 8}, "IPsec", false}, /* 5 to 7: end systems, tunnels, users */
    {{(const uint8_t *)PKIX_PURPOSE "\x06", 8}, "IPsec", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x07", 8}, "IPsec", false},
    {{(const uint8_t *)PKIX_PURPOSE "\x11", 8}, "IPsec", false},
    {{(const uint8_t *)"\x04\x00\x91\x37\x03\x00", 6}, "trusted lists", false}, /* 0.4.0.2231.3.0 */
    {{(const uint8_t *)"\x2B\x06\x01\x04\x01\x82\x37\x14\x02\x02", 10}, "logging in", true},
};
#define NUM_PURPOSES (sizeof purposes / sizeof *purposes)

static size_t purpose_of(ens_slice oid)
{
    size_t i = 0;
    while (i < NUM_PURPOSES && !ens_eq(purposes[i].oid, oid))
        i++;
    return i;
}

/* judge_purpose warns of a key that is meant for other things alone. A purpose that isn't known here may be sealing. */
static void judge_purpose(const ens_cert *leaf, const char *id, ens_report *report)
{
    ens_extension_list list;
    char words[128] = "";
    bool critical = leaf->critical >> EXT_KEY_USAGE & 1;
    if (!leaf->ext_key_usage.p || !ens__ext_key_usage_read(leaf, &list))
        return;
    for (size_t i = 0, len = 0; i < list.num; i++) {
        size_t p = purpose_of(list.item[i].value);
        if (p == NUM_PURPOSES || (purposes[p].only_critical && !critical))
            return;
        if (len < sizeof words)
            len += (size_t)snprintf(words + len, sizeof words - len, "%s%s", len ? ", " : "", purposes[p].words);
    }
    ens__warn(report, id, "RFC 5280 4.2.1.12",
              "ask the CA for a seal certificate: who looks at the purpose (extKeyUsage) refuses this one",
              "by its extended key usage%s the certificate is for another purpose: %s",
              critical ? ", which is critical," : "", words)
        ->certificate = 0;
}

static bool judge_usage(const ens_cert *leaf, const char *id, ens_report *report)
{
    if (!leaf->has_key_usage)
        ens__warn(report, id, "EN 319 412-2 4.3.2", HINT_USAGE, "the certificate has no key usage at all")
            ->certificate = 0;
    else if (leaf->key_usage & ENS_KU_DIGITAL_SIGNATURE)
        ens__passf(report, id, RULE_USAGE, "digitalSignature")->certificate = 0;
    else if (leaf->key_usage & ENS_KU_NON_REPUDIATION)
        ens__warn(
            report, id, RULE_USAGE,
            "stacks that want digitalSignature for WS-Security (WSS4J among them, when told so) may refuse the seal",
            "the key usage has nonRepudiation but no digitalSignature")
            ->certificate = 0;
    else
        ens__failf(report, id, RULE_USAGE, HINT_USAGE,
                   "the key may not sign: key usage has neither digitalSignature nor nonRepudiation")
            ->certificate = 0;
    return !leaf->has_key_usage || leaf->key_usage & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION);
}

/* end_of is when the first certificate of the path ends; the anchor's end is none. */
static ens_time end_of(const ens__path *path)
{
    ens_time end = ENS_TIME_NONE;
    for (size_t i = 0; i < path->num && (i == 0 || i + 1 < path->num); i++)
        if (end == ENS_TIME_NONE || path->cert[i].not_after < end)
            end = path->cert[i].not_after;
    return end;
}

static void judge_path(const ens__chain_question *q, const ens_chain *chain, ens__path *path, ens_report *report)
{
    const ens__chain_ids *ids = q->ids;
    tell_path(path, q, report);
    ens__trust_tell_unread(q->trust, true, false, NULL, ids->path, report);
    if (path->anchored) {
        ens__path_form(path->cert, path->num, true, ids->form, report);
        ens__revocation_judge(q->trust, q->scope ? q->scope->others : NULL, chain, path, q->at, ids->revocation,
                              report);
    } else
        path->asks_again = q->trust->online != NULL;
}

void ens__chain_find(const ens__chain_question *q, const ens_chain *chain, ens__path *path)
{
    path->num = 0;
    path->anchored = path->asks_again = path->failed = false;
    path->revocation = (ens__revocation_told){0};
    ens__faults_start(&path->faults);
    ens__horizon_start(&path->horizon, q->at);
    if (chain->num && ens_trust_num_anchors(q->trust))
        ens__path_build_in(q->trust, q->scope, chain, q->at, NULL, path);
}

ens_time ens__chain_tell(const ens__chain_question *q, const ens_chain *chain, ens__path *path, ens_report *report)
{
    judged j;
    const ens__chain_ids *ids = q->ids;
    if (!chain->num) {
        ens__failf(report, ids->path, RULE_PATH, "give the signer's certificate with its issuers",
                   "there is no certificate");
        path->failed = true;
        return ENS_TIME_NONE;
    }
    if (!q->for_tls)
        judge_purpose(&chain->cert[0], ids->purpose, report);
    if (ens_trust_num_anchors(q->trust))
        judge_path(q, chain, path, report);
    else
        ens__skip(report, ids->path, RULE_PATH, true, "no anchors are loaded (--trust), so no path can be judged");
    for (size_t i = 0; i < chain->num; i++)
        ens__horizon_turns(&path->horizon, chain->cert[i].not_before, chain->cert[i].not_after);
    select_judged(chain, path, &j);
    j.path.seals_nothing = q->for_tls;
    path->failed |= !judge_dates(&j, q->at, ids->dates, report);
    path->failed |= !q->for_tls && !judge_usage(&chain->cert[0], ids->usage, report);
    ens__crypto_policy_judge(&j.path, ids->algorithm, report);
    return path->anchored && path->faults.only_of_time ? end_of(path) : ENS_TIME_NONE;
}

void ens_chain_check(const ens_trust *trust, const ens_chain *chain, ens_time at, ens_report *report)
{
    ens__path path;
    ens__chain_question q = {.trust = trust, .ids = &ens__message_chain_ids, .at = at};
    ens__chain_find(&q, chain, &path);
    ens__chain_tell(&q, chain, &path, report);
}

#define HINT "tell the CA; ICS2 takes the certificate all the same"
#define EMPTY_SEQUENCE ENS_LIT("\x30\x00")
#define SUBJECT_ALT_NAME 17
#define SUBJECT_KEY_ID 14
#define BASIC_CONSTRAINTS 19
#define AUTHORITY_KEY_ID 35
#define NAME_CONSTRAINTS 30
#define POLICY_CONSTRAINTS 36
#define INHIBIT_ANY_POLICY 54

static bool is_critical(const ens_cert *c, unsigned extension)
{
    return c->critical >> extension & 1;
}

/* The rules: what is wrong, and when. */
static bool has_uncritical_constraints(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->ca && !is_critical(c, BASIC_CONSTRAINTS);
}

static bool is_ca_without_usage(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->ca && !c->has_key_usage;
}

static bool may_sign_and_is_no_ca(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return !c->ca && c->has_key_usage && (c->key_usage & ENS_KU_KEY_CERT_SIGN);
}

static bool has_length_for_nothing(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->path_len >= 0 && (!c->ca || (c->has_key_usage && !(c->key_usage & ENS_KU_KEY_CERT_SIGN)));
}

static bool lacks_authority_id(const ens_cert *c, bool anchor)
{
    return c->version == 3 && !anchor && !c->authority_key_id.p;
}

static bool lacks_subject_id(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->version == 3 && c->ca && !c->subject_key_id.p;
}

static bool has_critical_id(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return is_critical(c, AUTHORITY_KEY_ID) || is_critical(c, SUBJECT_KEY_ID);
}

static bool has_empty_names(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->subject_alt_name.p && ens_eq(c->subject_alt_name, EMPTY_SEQUENCE);
}

static bool has_unreadable_names(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->subject_alt_name.p && !ens__extension_reads(ENS_LIT("\x55\x1D\x11"), c->subject_alt_name);
}

static bool is_nameless(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return ens__name_is_empty(c->issuer) ||
           (ens__name_is_empty(c->subject) && (c->ca || !is_critical(c, SUBJECT_ALT_NAME)));
}

/* Constraints that whoever doesn't understand them may pass over: "conforming CAs MUST mark this extension as
 * critical". */
static bool has_uncritical_policy_constraints(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->policy_constraints.p && !is_critical(c, POLICY_CONSTRAINTS);
}

static bool has_uncritical_name_constraints(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->name_constraints.p && !is_critical(c, NAME_CONSTRAINTS);
}

static bool has_uncritical_inhibition(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->inhibit_any_policy.p && !is_critical(c, INHIBIT_ANY_POLICY);
}

/* is_early_generalized: a date up to 2049 that is written with four digits of the year. */
static bool is_early_generalized(ens_reader *r)
{
    ens_der date;
    return ens__der_any(r, &date) && date.tag == ENS_DER_GENERALIZED_TIME && date.body.len > 3 &&
           memcmp(date.body.p, "2050", 4) < 0;
}

static bool has_early_generalized_times(const ens_cert *c, bool anchor)
{
    ens_reader r = ens_read(c->tbs);
    ens_der tbs, skipped, validity;
    (void)anchor;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &tbs))
        return false;
    r = ens_read(tbs.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &skipped) || !ens__der_any(&r, &skipped) ||
        !ens__der_any(&r, &skipped) || !ens__der_any(&r, &skipped) || !ens__der_take(&r, ENS_DER_SEQUENCE, &validity))
        return false;
    r = ens_read(validity.body);
    bool first = is_early_generalized(&r);
    return is_early_generalized(&r) || first;
}

static bool has_odd_key_parameters(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->key_type == ENS_KEY_RSA && !ens_eq(c->key_parameters, ENS_LIT("\x05\x00"));
}

static const struct {
    bool (*is)(const ens_cert *c, bool anchor);
    const char *rule, *what;
} rules[] = {
    {has_early_generalized_times, "RFC 5280 4.1.2.5", "a date before 2050 is no UTCTime"},
    {has_odd_key_parameters, "RFC 3279 2.3.1", "the parameters of an RSA key aren't NULL"},
    {has_uncritical_policy_constraints, "RFC 5280 4.2.1.11", "policyConstraints isn't critical"},
    {has_uncritical_name_constraints, "RFC 5280 4.2.1.10", "nameConstraints isn't critical"},
    {has_uncritical_inhibition, "RFC 5280 4.2.1.14", "inhibitAnyPolicy isn't critical"},
    {has_uncritical_constraints, "RFC 5280 4.2.1.9", "the basic constraints of a CA aren't critical"},
    {is_ca_without_usage, "RFC 5280 4.2.1.3", "a CA's certificate has no key usage"},
    {may_sign_and_is_no_ca, "RFC 5280 4.2.1.9", "the key may sign certificates, and the certificate isn't a CA's"},
    {has_length_for_nothing, "RFC 5280 4.2.1.9", "a path length is given to a certificate that may not issue"},
    {lacks_authority_id, "RFC 5280 4.2.1.1", "the authority key identifier is missing"},
    {lacks_subject_id, "RFC 5280 4.2.1.2", "the subject key identifier of a CA is missing"},
    {has_critical_id, "RFC 5280 4.2.1.1", "a key identifier is critical"},
    {has_empty_names, "RFC 5280 4.2.1.6", "the subject alternative name is empty"},
    {has_unreadable_names, "RFC 5280 4.2.1.6", "the subject alternative name (subjectAltName) can't be read"},
    {is_nameless, "RFC 5280 4.1.2.4, 4.1.2.6", "a name is empty that may not be"},
};

void ens__path_form(const ens_cert *path, size_t num, bool anchored, const char *id, ens_report *report)
{
    for (size_t i = 0; i < num; i++)
        for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
            if (rules[k].is(&path[i], anchored && i + 1 == num))
                ens__warn(report, id, rules[k].rule, HINT, "%s", rules[k].what)->certificate = (int)i;
}
