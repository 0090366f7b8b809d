/* A registry asked about who claims to speak in a message, and its answer as findings. See ensign/registry.h. */
#ifndef ENS_AS4_REGISTRY_H
#define ENS_AS4_REGISTRY_H

#include "engine/base/report.h"
#include "ensign/registry.h"
#include "ensign/verify.h"

/* ens__registry_judge asks about each party that a judged message claims to come from, and adds registry.*. */
void ens__registry_judge(const ens_registry *registry, const ens_message *message, ens_time at, ens_report *report);

/* ens__registry_tell adds registry.party, registry.certificate, registry.party-id and registry.agreement, as far as
 * they were told; registry.service, a needed skip, where what has to be told wasn't. */
void ens__registry_tell(const ens_registry_question *question, const ens_registry_answer *answer, ens_report *report);

#endif
