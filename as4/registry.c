#include "as4/registry.h"

#include "engine/base/printable.h"

#define RULE_PARTY "ICS2-HTI ICD 4.6.3, Annex 4 (5)"
#define RULE_AGREEMENT "ICS2-HTI ICD 4.2.3.1, 5.7"
#define RULE_CHANNEL "ICS2-HTI ICD 4.3.3"

static void refused(ens_finding *f, const char *code, const char *subcode)
{
    f->code = code;
    f->subcode = subcode;
}

/* detail_of is what the registry says, made printable in out, or else the words of our own. */
static const char *detail_of(const ens_registry_word *w, const char *other, char out[ENS_REGISTRY_DETAIL])
{
    size_t len = strnlen(w->detail, sizeof w->detail);
    return len ? ens__printable(ens_bytes(w->detail, len), out, ENS_REGISTRY_DETAIL) : other;
}

static const char *hint_of(const ens_registry_word *w, const char *other)
{
    return w->hint ? w->hint : other;
}

static void untold(const ens_registry_word *w, ens_report *r)
{
    char text[ENS_REGISTRY_DETAIL];
    refused(ens__skip(r, "registry.service", RULE_PARTY, true, "the registry can't be asked: %s",
                      detail_of(w, "it doesn't tell", text)),
            "EBMS:0004", "A003");
}

/* tell_fault: what refuses is no state of the party, but the registry itself. */
static bool tell_fault(const ens_registry_answer *a, ens_report *r)
{
    char text[ENS_REGISTRY_DETAIL];
    if (!a->fault || a->party.says != ENS_REGISTRY_NO)
        return false;
    if (strcmp(a->fault, "A002") == 0)
        refused(ens__failf(r, "registry.account", RULE_PARTY,
                           hint_of(&a->party, "the fault is on the customs side: call the helpdesk"), "%s",
                           detail_of(&a->party, "the account that asks UUM&DS is rejected", text)),
                "EBMS:0004", "A002");
    else if (strcmp(a->fault, "A003") == 0)
        refused(ens__failf(r, "registry.service", RULE_PARTY, hint_of(&a->party, "send the same message again later"),
                           "%s", detail_of(&a->party, "UUM&DS has an internal error or is down", text)),
                "EBMS:0004", "A003");
    else
        return false;
    return true;
}

/* tell_word adds a yes or a no; false: untold. */
static bool tell_word(const ens_registry_word *w, const char *id, const char *rule, const char *yes, const char *no,
                      const char *hint, ens_finding **refusal, ens_report *r)
{
    char text[ENS_REGISTRY_DETAIL];
    *refusal = NULL;
    if (w->says == ENS_REGISTRY_YES)
        ens__passf(r, id, rule, "%s", detail_of(w, yes, text));
    else if (w->says == ENS_REGISTRY_NO)
        *refusal = ens__failf(r, id, rule, hint_of(w, hint), "%s", detail_of(w, no, text));
    else
        return false;
    return true;
}

static void tell_party_id(const ens_registry_question *q, const ens_registry_word *w, ens_report *r)
{
    const char *shown = ens__show(r, q->party_text);
    if (w->says == ENS_REGISTRY_YES)
        ens__passf(r, "registry.party-id", RULE_CHANNEL, "%s is registered", shown);
    else if (q->channel && w->says == ENS_REGISTRY_UNTOLD)
        untold(w, r);
    else if (q->channel)
        refused(ens__failf(r, "registry.party-id", RULE_CHANNEL,
                           hint_of(w, "pull from the channel of a party id that is registered for this certificate"),
                           "no channel of %s", shown),
                "EBMS:0001", NULL);
    else if (w->says == ENS_REGISTRY_NO)
        ens__warn(r, "registry.party-id", "ICS2-HTI ICD 4.2.2.1, 5.3",
                  hint_of(w, "register this party id too, or replies may not find their way"),
                  "%s is not among the party ids registered for the EORI", shown);
}

void ens__registry_tell(const ens_registry_question *q, const ens_registry_answer *a, ens_report *r)
{
    ens_finding *refusal;
    if (tell_fault(a, r))
        return;
    if (!tell_word(&a->party, "registry.party", RULE_PARTY, "the EORI is registered", "the EORI is not registered",
                   "register the EORI for ICS2 in UUM&DS", &refusal, r)) {
        untold(&a->party, r);
        return;
    }
    if (refusal)
        refused(refusal, "EBMS:0004", "A001");
    if (!tell_word(&a->certificate, "registry.certificate", RULE_PARTY, "the certificate is registered for the EORI",
                   "the certificate is not registered for the EORI",
                   "register this certificate for this EORI in UUM&DS", &refusal, r)) {
        if (a->party.says == ENS_REGISTRY_YES || a->certificate.detail[0])
            untold(&a->certificate, r);
        return;
    }
    if (refusal)
        refused(refusal, "EBMS:0004", "A001");
    tell_party_id(q, &a->party_id, r);
    if (tell_word(&a->agreement, "registry.agreement", RULE_AGREEMENT, "as registered",
                  "the EORI is registered for another interface version",
                  "send the interface version that is registered, or have the registration changed", &refusal, r) &&
        refusal)
        refused(refusal, "EBMS:0003", NULL);
}

/* judge_claim asks about who claims to speak, and with a pull request asks for messages. */
static void judge_claim(const ens_registry *registry, const ens_message *m, ens_message_kind kind, ens_slice sender,
                        ens_time at, ens_report *report)
{
    ens_registry_answer answer = {0};
    ens_registry_question q = {
        .party_text = sender, .sha256 = m->signer_sha256, .channel = kind == ENS_MESSAGE_PULL_REQUEST, .at = at};
    if (!sender.len)
        return;
    if (ens_party_id_parse(sender, &q.party, NULL) != ENS_OK) {
        ens__failf(report, "registry.party-id", "ICD 4.2.2.1, Table 8",
                   "write the PartyId as [system-id@]EORI[@member state]", "%s is no PartyId of a trader",
                   ens__show(report, sender));
        return;
    }
    if (!q.channel)
        q.agreement = m->agreement;
    if (registry->ask)
        registry->ask(registry->of, &q, &answer);
    ens__registry_tell(&q, &answer, report);
}

void ens__registry_judge(const ens_registry *registry, const ens_message *m, ens_time at, ens_report *report)
{
    if (!m->has_signer)
        return;
    judge_claim(registry, m, m->kind, m->sender, at, report);
    judge_claim(registry, m, m->bundled, m->bundled_sender, at, report);
}
