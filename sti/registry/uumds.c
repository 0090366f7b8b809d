/* What the registry says of a sender. See uumds.h. */
#include "sti/registry/uumds.h"

#include "engine/base/printable.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define HOLDERS_MAX ((size_t)1 << 20) /* bytes of the registrations of one certificate */

const char *ens__party_state_name(ens_party_state state)
{
    static const char *const names[] = {"active", "suspended", "revoked", "expired"};
    return (unsigned)state < 4 ? names[state] : "unknown";
}

ens_party_state ens__registration_state(const ens__registration *r, ens_time at)
{
    return r->state == ENS_PARTY_ACTIVE && r->not_after < at ? ENS_PARTY_EXPIRED : r->state;
}

static void say_registry(ens_registry_word *w, ens_registry_says says, const char *hint, const char *format, ...)
    ENS_PRINTF(4, 5);

static void say_registry(ens_registry_word *w, ens_registry_says says, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->detail, sizeof w->detail, format, args);
    va_end(args);
    w->says = says;
    w->hint = hint;
}

static void unreadable(ens_registry_word *w, const ens_err *err)
{
    char reason[512];
    say_registry(w, ENS_REGISTRY_UNTOLD, NULL, "%.250s", ens_err_format(err, reason, sizeof reason));
}

/* A party may be told to fail as UUM&DS can, so that its operator sees what comes back. */
static bool rehearses(const ens__party *party, ens_registry_answer *a)
{
    static const struct {
        const char *subcode, *what, *hint;
    } answers[] = {
        {"A001", "UUM&DS refuses the sender", "nothing is exchanged until the registration is right; do not retry"},
        {"A002", "the account that asks UUM&DS is rejected", "the fault is on the customs side: call the helpdesk"},
        {"A003", "UUM&DS has an internal error or is down", "send the same message again later"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(party->forced, answers[i].subcode) != 0)
            continue;
        say_registry(&a->party, ENS_REGISTRY_NO, answers[i].hint, "rehearsed for %s: %s", party->eori, answers[i].what);
        a->fault = i ? answers[i].subcode : NULL;
        return true;
    }
    return false;
}

/* False when there is nothing more to ask the registry for. */
static bool tell_party(const ens__party *party, bool found, ens_slice eori, ens_registry_answer *a)
{
    char text[ENS_REGISTRY_DETAIL / 2];
    if (!found)
        say_registry(&a->party, ENS_REGISTRY_NO,
                     "register the EORI for ICS2 in UUM&DS (here: ensign party add EORI --registry FILE)",
                     "EORI %s is not registered", ens__printable(eori, text, sizeof text));
    else if (rehearses(party, a))
        return false;
    else if (party->state != ENS_PARTY_ACTIVE)
        say_registry(&a->party, ENS_REGISTRY_NO,
                     "have the registration restored (here: ensign party resume EORI --registry FILE)", "EORI %s is %s",
                     party->eori, ens__party_state_name(party->state));
    else
        say_registry(&a->party, ENS_REGISTRY_YES, NULL, "EORI %s is registered", party->eori);
    return found;
}

/* tell_elsewhere: the certificate is registered for another, in another Member State, or not at all. */
static void tell_elsewhere(ens__uumds *db, const ens__registration *held, size_t num, const char *sha256,
                           ens_slice eori, ens_slice member_state, ens_registry_word *w)
{
    static const char here_too[] = "name the Member State of the registration after @ in the party id, or register the "
                                   "certificate there too",
                      anew[] = "register this certificate for this EORI in UUM&DS (here: ensign party certify EORI "
                               "--cert FILE --registry FILE)",
                      each[] = "register it in this environment, too: each has its own registrations";
    char text[48], environment[ENS_UUMDS_EORI] = "";
    const ens__registration *other = num ? &held[0] : NULL;
    for (size_t i = 0; i < num; i++)
        if (ens_is(eori, held[i].eori))
            other = &held[i];
    ens__printable(eori, text, sizeof text);
    if (!other)
        ens__uumds_elsewhere(db, sha256, environment);
    if (environment[0])
        say_registry(w, ENS_REGISTRY_NO, each, "certificate %.16s... is not registered here, but in %s", sha256,
                     environment);
    else if (!other)
        say_registry(w, ENS_REGISTRY_NO, anew, "certificate %.16s... is not registered for %s", sha256, text);
    else if (ens_is(eori, other->eori))
        say_registry(w, ENS_REGISTRY_NO, here_too, "certificate %.16s... is registered for %s in %s, not in %.*s",
                     sha256, other->eori, other->member_state, (int)(member_state.len < 2 ? member_state.len : 2),
                     (const char *)member_state.p);
    else
        say_registry(w, ENS_REGISTRY_NO, anew, "certificate %.16s... is registered for %s, not for %s", sha256,
                     other->eori, text);
}

static void tell_registration(const ens__registration *found, ens_time at, ens_registry_word *w)
{
    char end[ENS_TIME_TEXT], start[ENS_TIME_TEXT];
    ens_party_state state = ens__registration_state(found, at);
    ens_time_format(found->not_after, end);
    ens_time_format(found->not_before, start);
    if (state == ENS_PARTY_EXPIRED)
        say_registry(w, ENS_REGISTRY_NO, "register the renewed certificate, and seal with it",
                     "the registration ended with the certificate, on %s", end);
    else if (state != ENS_PARTY_ACTIVE)
        say_registry(w, ENS_REGISTRY_NO, "seal with a certificate that is registered and active",
                     "the certificate's registration for %s is %s", found->eori, ens__party_state_name(state));
    else if (found->not_before > at)
        say_registry(w, ENS_REGISTRY_NO, "seal with a certificate that is valid by now",
                     "the registered certificate is valid from %s only", start);
    else
        say_registry(w, ENS_REGISTRY_YES, NULL, "registered for %s in %s until %s", found->eori, found->member_state,
                     end);
}

/* The Member State after @ says whose UUM&DS to ask; without it, that of the EORI. */
static ens_code tell_certificate(ens__uumds *db, const ens_registry_question *q, ens_registry_word *w, ens_err *err)
{
    char sha256[ENS_UUMDS_SHA256];
    ens_arena arena;
    ens__registration *held = NULL;
    size_t num = 0;
    ens_slice ms = q->party.member_state.len ? q->party.member_state : ens_sub(q->party.eori, 0, 2);
    ens__hex(ens_bytes(q->sha256, 32), sha256);
    ens_arena_init(&arena, HOLDERS_MAX);
    ens_code code = ens__uumds_holders(db, sha256, &arena, &held, &num, err);
    const ens__registration *found = NULL;
    for (size_t i = 0; i < num; i++)
        if (ens_is(q->party.eori, held[i].eori) && ens_is(ms, held[i].member_state))
            found = &held[i];
    if (code == ENS_OK && found)
        tell_registration(found, q->at, w);
    else if (code == ENS_OK)
        tell_elsewhere(db, held, num, sha256, q->party.eori, ms, w);
    ens_arena_free(&arena);
    return code;
}

/* The interface version is the party's own, when one is registered. What is no version at all is for the header rules.
 */
static void tell_agreement(const ens__party *party, ens_slice agreement, ens_registry_word *w)
{
    if (agreement.len == 0 || party->agreement[0] == '\0')
        return;
    ens_slice version = ens_from(agreement, agreement.len > 4 ? agreement.len - 4 : 0);
    if (!ens_starts(agreement, ENS_LIT("EU-ICS2-TI-V")) || (!ens_is(version, "V1.0") && !ens_is(version, "V2.0")))
        return;
    if (ens_is(version, party->agreement))
        say_registry(w, ENS_REGISTRY_YES, NULL, "%s, as registered", party->agreement);
    else
        say_registry(
            w, ENS_REGISTRY_NO, "send the interface version that is registered, or have the registration changed",
            "%s is registered for %s, the message is of %.4s", party->eori, party->agreement, (const char *)version.p);
}

static void ask_registry(void *of, const ens_registry_question *q, ens_registry_answer *a)
{
    ens__uumds *db = of;
    ens_err err = {0};
    ens__party party = {0};
    bool found = false, registered = false;
    ens_code code = ens__uumds_party(db, q->party.eori, &party, &found, &err);
    if (code == ENS_OK)
        code = ens__uumds_has_party_id(db, q->party_text, &registered, &err);
    if (code != ENS_OK) {
        unreadable(&a->party, &err);
        return;
    }
    if (!tell_party(&party, found, q->party.eori, a))
        return;
    if (tell_certificate(db, q, &a->certificate, &err) != ENS_OK) {
        unreadable(&a->certificate, &err);
        return;
    }
    a->party_id.says = registered ? ENS_REGISTRY_YES : ENS_REGISTRY_NO;
    tell_agreement(&party, q->agreement, &a->agreement);
}

ens_registry ens__uumds_registry(ens__uumds *db)
{
    return (ens_registry){.of = db, .ask = ask_registry};
}

ens_code ens_registry_open(const char *path, ens_registry **out, ens_err *err)
{
    ens__uumds *db = NULL;
    ens_registry *r = calloc(1, sizeof *r);
    if (!r)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a registry", 0);
    ens_code code = ens__uumds_open(path, false, &db, err);
    if (code == ENS_OK) {
        *r = ens__uumds_registry(db);
        *out = r;
    } else {
        free(r);
    }
    return code;
}

void ens_registry_free(ens_registry *registry)
{
    if (!registry)
        return;
    ens__uumds_close(registry->of);
    free(registry);
}
