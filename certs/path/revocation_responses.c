/* What the responses of OCSP responders say of one certificate: RFC 6960. */
#include "certs/path/revocation_hearing.h"

#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/critical.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"

#define OCSP_SIGNING ENS_LIT("\x2B\x06\x01\x05\x05\x07\x03\x09")
#define OCSP_NO_CHECK ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01\x05")
#define RESPONDERS_MAX 16u /* certificates of one response that are looked at */

#define RESPONSE_NOT_UNDERSTOOD "the OCSP response has a critical extension that isn't understood"
#define RESPONSE_NOT_SIGNED "the OCSP response isn't signed by the issuer or a responder of his"
#define RESPONSE_OF_ANOTHER_TIME "the OCSP response isn't of this time"
#define RESPONSE_OLDER "the OCSP response is older than the certificate, so it can't tell of it"
#define RESPONSE_WEAK "the OCSP response is signed with a key or an algorithm that is not strong enough (SHA-1, say)"
#define NOT_KNOWN "the OCSP responder doesn't know it"

static bool signed_by(const ens__hearing *h, const ens__ocsp *o, ens__held *held, const ens_cert *responder)
{
    if (held && ens__held_is_signed(held, responder->spki))
        return true;
    if (ens__keys_verify(h->q->trust->keys, responder->spki, o->signature_algorithm, o->data, o->signature) !=
        ENS_SIGNATURE_GOOD)
        return false;
    if (held)
        ens__held_note_signed(held, responder->spki);
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
           !c->unknown_critical.len && !ens__critical_unreadable(c, NULL);
}

/* is_unrevoked: the issuer says that the responder needs no check, or a list knows nothing against it. */
static bool is_unrevoked(const ens__hearing *h, const ens_cert *responder)
{
    ens__path path;
    if (h->is_accepting || ens__extension_is_there(responder, OCSP_NO_CHECK))
        return true;
    if (h->q->depth == ENS_REVOCATION_DEPTH_MAX)
        return false;
    path.cert[0] = *responder;
    path.num = 1;
    for (size_t i = h->place + 1; i < h->q->path->num; i++)
        path.cert[path.num++] = h->q->path->cert[i];
    ens__revocation_question q = {h->q->trust,     h->q->chain,   &path,       h->q->at,
                                  h->q->depth + 1, h->q->horizon, h->q->others};
    ens__revocation_state state = ens__revocation_by_crl(&q, 0).state;
    return state == ENS_REVOCATION_GOOD || (state == ENS_REVOCATION_UNKNOWN && !h->q->trust->revocation_hard);
}

/* is_delegate: the issuer itself issued the responder's certificate, for this purpose, and it was valid when it
 * answered or is at the time asked for. */
static bool is_delegate(const ens__hearing *h, const ens_cert *responder, ens_time answered)
{
    ens__horizon_turns(h->q->horizon, responder->not_before - ENS_REVOCATION_SKEW, responder->not_after);
    bool valid = responder->not_before <= h->q->at + ENS_REVOCATION_SKEW && h->q->at <= responder->not_after,
         was_valid = responder->not_before <= answered && answered <= responder->not_after;
    return ens__name_same(responder->issuer, h->issuer->subject) && (valid || was_valid) && may_answer(responder) &&
           ens__keys_verify(h->q->trust->keys, h->issuer->spki, responder->signature_algorithm, responder->tbs,
                            responder->signature) == ENS_SIGNATURE_GOOD &&
           is_unrevoked(h, responder);
}

/* is_weak_delegate: whoever finds its key, or made its certificate, can say that nothing is revoked. */
static bool is_weak_delegate(const ens_cert *responder)
{
    return ens__crypto_key_opinion(responder, ENS_ROLE_ISSUER).grade == ENS_CRYPTO_REFUSED ||
           ens__crypto_signature_opinion(responder).grade == ENS_CRYPTO_REFUSED;
}

/* is_answered tells whether one who may has signed; *weak, whether somebody else could have. */
static bool is_answered(const ens__hearing *h, const ens__ocsp *o, ens__held *held, bool *weak)
{
    ens_der one;
    ens_cert responder;
    unsigned num = 0;
    *weak = ens__crypto_is_weak_statement(o->signature_algorithm);
    if (ens__ocsp_names(o, h->issuer) && signed_by(h, o, held, h->issuer))
        return true;
    for (ens_reader r = ens_read(o->certificates); num < RESPONDERS_MAX && ens__der_take(&r, ENS_DER_SEQUENCE, &one);
         num++)
        if (ens_cert_parse(one.all, &responder, NULL) == ENS_OK && ens__ocsp_names(o, &responder) &&
            signed_by(h, o, held, &responder) && is_delegate(h, &responder, o->produced)) {
            *weak |= is_weak_delegate(&responder);
            return true;
        }
    return false;
}

static ens_time end_of_answer(const ens__ocsp_answer *answer)
{
    return answer->next_update != ENS_TIME_NONE ? answer->next_update : answer->this_update + ENS_REVOCATION_AGE_MAX;
}

/* is_of_time: of the time asked for, or of a later one while the certificate lasts, for then it wasn't revoked before,
 * either. */
static bool is_of_time(const ens__hearing *h, const ens__ocsp_answer *answer)
{
    ens_time at = h->q->at, end = end_of_answer(answer);
    ens__horizon_turns(h->q->horizon, answer->this_update - ENS_REVOCATION_SKEW, end + ENS_REVOCATION_SKEW);
    if (answer->this_update > at + ENS_REVOCATION_SKEW)
        return answer->this_update <= h->cert->not_after;
    return at - ENS_REVOCATION_SKEW <= end;
}

static void say_revocation_responses(ens__hearing *h, const char *text)
{
    if (!h->responder || h->responder[0] != NOT_KNOWN[0] || strcmp(h->responder, NOT_KNOWN) != 0)
        h->responder = text;
}

/* hear_answer hears an answer of a response that is signed by whom it has to be. weak: perhaps not by him. */
static void hear_answer(ens__hearing *h, const ens__ocsp *o, const ens__ocsp_answer *answer, bool weak)
{
    ens_time at = h->q->at + ENS_REVOCATION_SKEW;
    bool of_time = is_of_time(h, answer), later = answer->this_update > at;
    ens__statement heard = {.is = true,
                            .by_ocsp = true,
                            .ended = end_of_answer(answer) + ENS_REVOCATION_SKEW < h->q->at,
                            .as_of = answer->this_update,
                            .date = answer->revoked,
                            .invalidity = ENS_TIME_NONE,
                            .reason = answer->reason};
    bool after = answer->status == ENS_OCSP_REVOKED && later && answer->revoked > at;
    h->remarks |= answer->odd || o->odd ? ENS_REVOCATION_ODD_RESPONSE : 0;
    if (answer->status == ENS_OCSP_REVOKED)
        ens__hear_revocation(h, &heard, after);
    if (answer->status == ENS_OCSP_REVOKED && !after)
        return;
    if (o->unknown_critical) {
        say_revocation_responses(h, RESPONSE_NOT_UNDERSTOOD);
    } else if (answer->status == ENS_OCSP_UNKNOWN) {
        say_revocation_responses(h, of_time ? NOT_KNOWN : RESPONSE_OF_ANOTHER_TIME);
        h->remarks |= of_time ? ENS_REVOCATION_DOUBTED : 0;
        if (of_time && answer->this_update > h->doubted)
            h->doubted = answer->this_update;
    } else if (weak || answer->this_update + ENS_REVOCATION_SKEW < h->cert->not_before) {
        say_revocation_responses(h, weak ? RESPONSE_WEAK : RESPONSE_OLDER);
    } else {
        if (!later)
            ens__keep_newest(&h->lifted, &heard);
        if (of_time)
            ens__keep_newest(&h->good, &heard);
        else
            say_revocation_responses(h, RESPONSE_OF_ANOTHER_TIME);
    }
}

/* hear_response hears all that a response says of the certificate: it may answer more than once. */
static void hear_response(ens__hearing *h, ens__held *held)
{
    const ens__ocsp *o = ens__held_ocsp(held);
    ens__ocsp_answer answer;
    bool weak, asked = false;
    for (ens_reader r = ens_read(o->answers); ens__ocsp_next_about(&r, h->cert, h->issuer, &answer); asked = true) {
        if (!asked && !is_answered(h, o, held, &weak)) {
            say_revocation_responses(h, RESPONSE_NOT_SIGNED);
            return;
        }
        hear_answer(h, o, &answer, weak);
    }
}

void ens__hear_responses(ens__hearing *h)
{
    ens__held *one;
    ens__evidence_walk walk = ens__evidence_ocsps(h->evidence, h->cert->serial);
    while ((one = ens__evidence_next(&walk)))
        hear_response(h, one);
}

/* ens__take_response keeps a response that is about the certificate, by whom it has to be. */
ens_code ens__take_response(void *of, ens_slice der, ens_err *err)
{
    ens__hearing *h = of;
    ens__ocsp ocsp;
    ens__ocsp_answer answer;
    ens_code code = ens__ocsp_read(der, &ocsp, err);
    if (code != ENS_OK)
        return code;
    ens_reader answers = ens_read(ocsp.answers);
    bool weak;
    if (!ens__ocsp_next_about(&answers, h->cert, h->issuer, &answer))
        return ens_fail(err, ENS_EPOLICY, "RFC 6960 3.2", ENS_HEARD_NO_RESPONSE, 0);
    if (!is_answered(h, &ocsp, NULL, &weak))
        return ens_fail(err, ENS_EPOLICY, "RFC 6960 3.2", RESPONSE_NOT_SIGNED, 0);
    return ens__evidence_add_ocsp(h->evidence, der, err);
}
