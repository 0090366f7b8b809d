/* Revocation by OCSP: RFC 6960, 3.2 and 4.2.2.2. */
#include "certs/path/revocation.h"

#include "certs/keys/keys.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/namematch.h"

#define OCSP_SIGNING ENS_LIT("\x2B\x06\x01\x05\x05\x07\x03\x09")
#define OCSP_NO_CHECK ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01\x05")
#define RESPONDERS_MAX 16u /* certificates of one response that are looked at */

#define NOT_ABOUT_IT "no OCSP response is about it"
#define NOT_UNDERSTOOD "the OCSP response has a critical extension that isn't understood"
#define NOT_SIGNED "the OCSP response isn't signed by the issuer or a responder of his"
#define OF_ANOTHER_TIME "the OCSP response isn't of this time"
#define NOT_KNOWN "the OCSP responder doesn't know it"

typedef struct {
    const ens__revocation_question *q;
    ens__evidence *evidence;
    const ens_cert *cert, *issuer;
    size_t place; /* of cert in the path */
} asking;

static bool signed_by(const asking *a, size_t response, const ens_cert *responder)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    if (ens__evidence_is_signed(a->evidence, true, response, responder->spki))
        return true;
    if (ens__keys_verify(a->q->trust->keys, responder->spki, o->signature_algorithm, o->data, o->signature) !=
        ENS_SIGNATURE_GOOD)
        return false;
    ens__evidence_note_signed(a->evidence, true, response, responder->spki);
    return true;
}

static bool may_answer(const ens_cert *c)
{
    ens_extension_list usages;
    if (!ens__ext_key_usage_read(c, &usages))
        return false;
    bool delegated = false;
    for (size_t i = 0; i < usages.num; i++)
        delegated |= ens_eq(usages.item[i].value, OCSP_SIGNING);
    return delegated && (!c->has_key_usage || (c->key_usage & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION))) &&
           !c->unknown_critical.len;
}

/* is_unrevoked: the issuer says that the responder needs no check, or a list knows nothing against it. */
static bool is_unrevoked(const asking *a, const ens_cert *responder)
{
    ens__path path;
    if (ens__extension_is_there(responder, OCSP_NO_CHECK))
        return true;
    if (a->q->depth == ENS_REVOCATION_DEPTH_MAX)
        return false;
    path.cert[0] = *responder;
    path.num = 1;
    for (size_t i = a->place + 1; i < a->q->path->num; i++)
        path.cert[path.num++] = a->q->path->cert[i];
    ens__revocation_question q = {a->q->trust, a->q->chain, &path, a->q->at, a->q->depth + 1, a->q->horizon};
    ens__revocation_state state = ens__revocation_by_crl(&q, 0).state;
    return state == ENS_REVOCATION_GOOD || (state == ENS_REVOCATION_UNKNOWN && !a->q->trust->revocation_hard);
}

/* is_delegate: the issuer itself issued the responder's certificate, for this purpose, and it is valid. */
static bool is_delegate(const asking *a, const ens_cert *responder)
{
    ens__horizon_turns(a->q->horizon, responder->not_before - ENS_REVOCATION_SKEW, responder->not_after);
    return ens__name_same(responder->issuer, a->issuer->subject) &&
           responder->not_before <= a->q->at + ENS_REVOCATION_SKEW && a->q->at <= responder->not_after &&
           may_answer(responder) &&
           ens__keys_verify(a->q->trust->keys, a->issuer->spki, responder->signature_algorithm, responder->tbs,
                            responder->signature) == ENS_SIGNATURE_GOOD &&
           is_unrevoked(a, responder);
}

static bool is_signed(const asking *a, size_t response)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    ens_der one;
    ens_cert responder;
    unsigned num = 0;
    if (ens__ocsp_names(o, a->issuer) && signed_by(a, response, a->issuer))
        return true;
    for (ens_reader r = ens_read(o->certificates); num < RESPONDERS_MAX && ens__der_take(&r, ENS_DER_SEQUENCE, &one);
         num++)
        if (ens_cert_parse(one.all, &responder, NULL) == ENS_OK && ens__ocsp_names(o, &responder) &&
            signed_by(a, response, &responder) && is_delegate(a, &responder))
            return true;
    return false;
}

/* is_of_time: of the time asked for, or of a later one while the certificate lasts, for then it wasn't revoked before,
 * either. */
static bool is_of_time(const asking *a, const ens__ocsp_answer *answer)
{
    ens_time at = a->q->at,
             end = answer->next_update != ENS_TIME_NONE ? answer->next_update : answer->this_update + ENS_OCSP_AGE_MAX;
    ens__horizon_turns(a->q->horizon, answer->this_update - ENS_REVOCATION_SKEW, end + ENS_REVOCATION_SKEW);
    if (answer->this_update > at + ENS_REVOCATION_SKEW)
        return answer->this_update <= a->cert->not_after;
    return at - ENS_REVOCATION_SKEW <= end;
}

static ens__revocation read_answer(const asking *a, size_t response)
{
    const ens__ocsp *o = ens__evidence_ocsp(a->evidence, response);
    ens__ocsp_answer answer;
    if (!ens__ocsp_find(o, a->cert, a->issuer, &answer))
        return (ens__revocation){.why = NOT_ABOUT_IT};
    if (o->unknown_critical)
        return (ens__revocation){.why = NOT_UNDERSTOOD};
    if (!is_signed(a, response))
        return (ens__revocation){.why = NOT_SIGNED};
    if (answer.status == ENS_OCSP_REVOKED)
        ens__horizon_turn(a->q->horizon, answer.revoked - ENS_REVOCATION_SKEW);
    if (answer.status == ENS_OCSP_REVOKED && answer.revoked <= a->q->at + ENS_REVOCATION_SKEW)
        return (ens__revocation){
            .state = ENS_REVOCATION_REVOKED, .by_ocsp = true, .date = answer.revoked, .reason = answer.reason};
    if (answer.status != ENS_OCSP_REVOKED && !is_of_time(a, &answer))
        return (ens__revocation){.why = OF_ANOTHER_TIME};
    if (answer.status == ENS_OCSP_UNKNOWN)
        return (ens__revocation){.why = NOT_KNOWN};
    return (ens__revocation){.state = ENS_REVOCATION_GOOD, .by_ocsp = true}; /* or revoked after the time asked for */
}

ens__revocation ens__revocation_by_ocsp(const ens__revocation_question *q, size_t i)
{
    asking a = {
        .q = q, .evidence = q->trust->evidence, .cert = &q->path->cert[i], .issuer = &q->path->cert[i + 1], .place = i};
    ens__revocation best = {.why = NOT_ABOUT_IT};
    for (size_t k = 0; k < ens__evidence_num_ocsps(a.evidence) && best.state != ENS_REVOCATION_REVOKED; k++) {
        ens__revocation found = read_answer(&a, k);
        bool about = found.state != ENS_REVOCATION_UNKNOWN || strcmp(found.why, NOT_ABOUT_IT) != 0;
        if (found.state > best.state || (about && best.state == ENS_REVOCATION_UNKNOWN))
            best = found;
    }
    return best;
}
