/* What the registry says of a sender. See uumds.h. */
#include "sti/registry/uumds.h"

#include "engine/base/report.h"

#include <stdio.h>

#define RULE_PARTY "ICS2-HTI ICD 4.6.3, Annex 4 (5)"
#define RULE_AGREEMENT "ICS2-HTI ICD 4.2.3.1, 5.7"
#define RULE_CHANNEL "ICS2-HTI ICD 4.3.3"

const char *ens__party_state_name(ens_party_state state)
{
    static const char *const names[] = {"active", "suspended", "revoked", "expired"};
    return (unsigned)state < 4 ? names[state] : "unknown";
}

ens_party_state ens__registration_state(const ens__registration *r, ens_time at)
{
    return r->state == ENS_PARTY_ACTIVE && r->not_after < at ? ENS_PARTY_EXPIRED : r->state;
}

static void refused(ens_finding *f, const char *subcode)
{
    f->code = "EBMS:0004";
    f->subcode = subcode;
}

static void unreadable(ens_report *r, const ens_err *err)
{
    char reason[512];
    refused(ens__skip(r, "registry.service", RULE_PARTY, true, "the registry can't be asked: %s",
                      ens_err_format(err, reason, sizeof reason)),
            "A003");
}

/* A party may be told to fail as UUM&DS can, so that its operator sees what comes back. */
static bool rehearses(const ens__party *party, ens_report *r)
{
    static const struct {
        const char *subcode, *id, *what, *hint;
    } answers[] = {
        {"A001", "registry.party", "UUM&DS refuses the sender",
         "nothing is exchanged until the registration is right; do not retry"},
        {"A002", "registry.account", "the account that asks UUM&DS is rejected",
         "the fault is on the customs side: call the helpdesk"},
        {"A003", "registry.service", "UUM&DS has an internal error or is down", "send the same message again later"},
    };
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(party->forced, answers[i].subcode) != 0)
            continue;
        refused(ens__failf(r, answers[i].id, RULE_PARTY, answers[i].hint, "rehearsed for %s: %s", party->eori,
                           answers[i].what),
                answers[i].subcode);
        return true;
    }
    return false;
}

/* False when there is nothing more to ask the registry for. */
static bool judge_party(const ens__party *party, bool found, ens_slice eori, ens_report *r)
{
    if (!found)
        refused(ens__failf(r, "registry.party", RULE_PARTY,
                           "register the EORI for ICS2 in UUM&DS (here: ensign party add EORI --registry FILE)",
                           "EORI %s is not registered", ens__show(r, eori)),
                "A001");
    else if (rehearses(party, r))
        return false;
    else if (party->state != ENS_PARTY_ACTIVE)
        refused(ens__failf(r, "registry.party", RULE_PARTY,
                           "have the registration restored (here: ensign party resume EORI --registry FILE)",
                           "EORI %s is %s", party->eori, ens__party_state_name(party->state)),
                "A001");
    else
        ens__passf(r, "registry.party", RULE_PARTY, "EORI %s is registered", party->eori);
    return found;
}

static const char *why_not_here(const ens__registration *held, size_t num, ens_slice eori, ens_slice member_state,
                                ens_report *r)
{
    char text[160];
    const ens__registration *other = NULL;
    for (size_t i = 0; i < num; i++)
        if (!other || ens_is(eori, held[i].eori))
            other = &held[i];
    if (!other)
        snprintf(text, sizeof text, "is not registered for %.*s", (int)eori.len, (const char *)eori.p);
    else if (ens_is(eori, other->eori))
        snprintf(text, sizeof text, "is registered for %s in %s, not in %.2s", other->eori, other->member_state,
                 (const char *)member_state.p);
    else
        snprintf(text, sizeof text, "is registered for %s, not for %.*s", other->eori, (int)eori.len,
                 (const char *)eori.p);
    return ens__show(r, ens_str(text));
}

static const char *hint_for(const ens__registration *held, size_t num, ens_slice eori)
{
    for (size_t i = 0; i < num; i++)
        if (ens_is(eori, held[i].eori))
            return "name the Member State of the registration after @ in the party id, or register the certificate "
                   "there too";
    return "register this certificate for this EORI in UUM&DS (here: ensign party certify EORI --cert FILE --registry "
           "FILE)";
}

static void judge_registration(const ens__registration *found, ens_time at, ens_report *r)
{
    char end[ENS_TIME_TEXT], start[ENS_TIME_TEXT];
    ens_party_state state = ens__registration_state(found, at);
    ens_time_format(found->not_after, end);
    ens_time_format(found->not_before, start);
    if (state == ENS_PARTY_EXPIRED)
        refused(ens__failf(r, "registry.certificate", RULE_PARTY, "register the renewed certificate, and seal with it",
                           "the registration ended with the certificate, on %s", end),
                "A001");
    else if (state != ENS_PARTY_ACTIVE)
        refused(ens__failf(r, "registry.certificate", RULE_PARTY,
                           "seal with a certificate that is registered and active",
                           "the certificate's registration for %s is %s", found->eori, ens__party_state_name(state)),
                "A001");
    else if (found->not_before > at)
        refused(ens__failf(r, "registry.certificate", RULE_PARTY, "seal with a certificate that is valid by now",
                           "the registered certificate is valid from %s only", start),
                "A001");
    else
        ens__passf(r, "registry.certificate", RULE_PARTY, "registered for %s in %s until %s%s", found->eori,
                   found->member_state, end, found->unchecked ? ", without its pre-flight (--unchecked)" : "");
}

/* The Member State after @ says whose UUM&DS to ask; without it, that of the EORI. */
static ens_code judge_certificate(ens__uumds *db, const ens_party_id *sender, const uint8_t leaf_sha256[32],
                                  ens_time at, ens_report *r, ens_err *err)
{
    char sha256[ENS_UUMDS_SHA256];
    ens__registration *held = NULL;
    size_t num = 0;
    ens_slice ms = sender->member_state.len ? sender->member_state : ens_sub(sender->eori, 0, 2);
    ens__hex(ens_bytes(leaf_sha256, 32), sha256);
    ens_code code = ens__uumds_holders(db, sha256, &r->arena, &held, &num, err);
    const ens__registration *found = NULL;
    for (size_t i = 0; i < num; i++)
        if (ens_is(sender->eori, held[i].eori) && ens_is(ms, held[i].member_state))
            found = &held[i];
    if (code == ENS_OK && found)
        judge_registration(found, at, r);
    else if (code == ENS_OK)
        refused(ens__failf(r, "registry.certificate", RULE_PARTY, hint_for(held, num, sender->eori),
                           "certificate %.16s... %s", sha256, why_not_here(held, num, sender->eori, ms, r)),
                "A001");
    return code;
}

/* The interface version is the party's own, when one is registered. What is no version at all is for the header rules.
 */
static void judge_agreement(const ens__party *party, ens_slice agreement, ens_report *r)
{
    if (agreement.len == 0 || party->agreement[0] == '\0')
        return;
    ens_slice version = ens_from(agreement, agreement.len > 4 ? agreement.len - 4 : 0);
    if (!ens_starts(agreement, ENS_LIT("EU-ICS2-TI-V")) || (!ens_is(version, "V1.0") && !ens_is(version, "V2.0")))
        return;
    if (ens_is(version, party->agreement)) {
        ens__passf(r, "registry.agreement", RULE_AGREEMENT, "%s, as registered", party->agreement);
        return;
    }
    ens__failf(r, "registry.agreement", RULE_AGREEMENT,
               "send the interface version that is registered, or have the registration changed",
               "%s is registered for %s, the message is of %.4s", party->eori, party->agreement,
               (const char *)version.p)
        ->code = "EBMS:0003";
}

static void judge_party_id(ens_slice party_text, bool registered, bool channel, ens_report *r)
{
    const char *shown = ens__show(r, party_text);
    if (registered)
        ens__passf(r, "registry.party-id", RULE_CHANNEL, "%s is registered", shown);
    else if (channel)
        ens__failf(r, "registry.party-id", RULE_CHANNEL,
                   "pull from the channel of a party id that is registered for this certificate", "no channel of %s",
                   shown)
            ->code = "EBMS:0001";
    else
        ens__warn(r, "registry.party-id", "ICS2-HTI ICD 4.2.2.1, 5.3",
                  "register this party id too, or replies may not find their way",
                  "%s is not among the party ids registered for the EORI", shown);
}

static void judge_sender(ens__uumds *db, const ens_party_id *sender, ens_slice party_text,
                         const uint8_t leaf_sha256[32], ens_slice agreement, bool channel, ens_time at,
                         ens_report *report)
{
    ens_err err = {0};
    ens__party party = {0};
    bool found = false, registered = false;
    ens_code code = ens__uumds_party(db, sender->eori, &party, &found, &err);
    if (code == ENS_OK)
        code = ens__uumds_has_party_id(db, party_text, &registered, &err);
    if (code == ENS_OK && judge_party(&party, found, sender->eori, report)) {
        code = judge_certificate(db, sender, leaf_sha256, at, report, &err);
        if (code == ENS_OK) {
            judge_party_id(party_text, registered, channel, report);
            judge_agreement(&party, agreement, report);
        }
    }
    if (code != ENS_OK)
        unreadable(report, &err);
}

void ens__uumds_judge(ens__uumds *db, const ens_party_id *sender, ens_slice party_text, const uint8_t leaf_sha256[32],
                      ens_slice agreement, ens_time at, ens_report *report)
{
    judge_sender(db, sender, party_text, leaf_sha256, agreement, false, at, report);
}

void ens__uumds_judge_channel(ens__uumds *db, const ens_party_id *puller, ens_slice party_text,
                              const uint8_t leaf_sha256[32], ens_time at, ens_report *report)
{
    judge_sender(db, puller, party_text, leaf_sha256, (ens_slice){0}, true, at, report);
}
