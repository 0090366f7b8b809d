#include "sti/check.h"

#include "engine/base/report.h"

/* judge_claim asks the registry about who claims to speak, and with a pull request asks for messages. */
static void judge_claim(const ens__check_options *o, const ens_message *m, ens_message_kind kind, ens_slice sender,
                        ens_report *report)
{
    ens_party_id id;
    if (!sender.len)
        return;
    if (ens_party_id_parse(sender, &id, NULL) != ENS_OK)
        ens__failf(report, "registry.party-id", "ICD 4.2.2.1, Table 8",
                   "write the PartyId as [system-id@]EORI[@member state]", "%s is no PartyId of a trader",
                   ens__show(report, sender));
    else if (kind == ENS_MESSAGE_PULL_REQUEST)
        ens__uumds_judge_channel(o->registry, &id, sender, m->signer_sha256, o->verify.at, report);
    else
        ens__uumds_judge(o->registry, &id, sender, m->signer_sha256, m->agreement, o->verify.at, report);
}

static void judge_registry(const ens__check_options *o, const ens_message *m, ens_report *report)
{
    if (!m->has_signer)
        return;
    judge_claim(o, m, m->kind, m->sender, report);
    judge_claim(o, m, m->bundled, m->bundled_sender, report);
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
