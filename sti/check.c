#include "sti/check.h"

#include "as4/envelope/names.h"
#include "engine/base/report.h"

/* sender_of tells who claims to speak, and whether he asks for messages instead of sending one. */
static bool sender_of(const ens_message *m, ens_slice *text)
{
    bool pulls = m->kind == ENS_MESSAGE_PULL_REQUEST && ens_starts(m->mpc, ENS_LIT(ENS_MPC_EORI));
    *text = pulls ? ens_from(m->mpc, sizeof ENS_MPC_EORI - 1) : m->from;
    return text->len && (pulls || (m->kind == ENS_MESSAGE_USER && !m->from_customs));
}

static void judge_registry(const ens__check_options *o, const ens_message *m, ens_report *report)
{
    ens_slice text;
    ens_party_id id;
    if (!m->has_signer || !sender_of(m, &text))
        return;
    if (ens_party_id_parse(text, &id, NULL) != ENS_OK)
        ens__failf(report, "registry.party-id", "ICD 4.2.2.1, Table 8",
                   "write the PartyId as [system-id@]EORI[@member state]", "%s is no PartyId of a trader",
                   ens__show(report, text));
    else if (m->kind == ENS_MESSAGE_PULL_REQUEST)
        ens__uumds_judge_channel(o->registry, &id, text, m->signer_sha256, o->verify.at, report);
    else
        ens__uumds_judge(o->registry, &id, text, m->signer_sha256, m->agreement, o->verify.at, report);
}

void ens__check(ens_verifier *verifier, ens_slice bytes, const ens__check_options *options, ens_message *message,
                ens_report *report)
{
    ens_verify_options v = options->verify;
    v.registry_decides = options->registry != NULL;
    ens_verify(verifier, bytes, &v, message, report);
    if (options->registry)
        judge_registry(options, message, report);
}
