/* The findings of a report, as text for people and as the member "checks" of the command contract. */
#ifndef ENS_SHOW_FINDING_H
#define ENS_SHOW_FINDING_H

#include "engine/base/json.h"
#include "show/page.h"

/* ens__findings_json writes the member "checks": [{"id","outcome","rule","detail","hint", …}] in the order of
 * judgement. */
void ens__findings_json(ens_json *j, const ens_report *report);
/* ens__findings_page writes what failed, warned or was skipped; all: what passed, too. */
void ens__findings_page(const ens__page *page, const ens_report *report, bool all);
/* ens__finding_is_idle: a rule that has nothing to judge in its document, as most have. */
bool ens__finding_is_idle(const ens_finding *f);

/* How many findings have which outcome. */
typedef struct {
    size_t passed, warned, failed, skipped;
} ens__findings_counts;
ens__findings_counts ens__findings_count(const ens_report *report);
/* ens__findings_block writes how many checks passed, failed, warned and were skipped, and then the findings. */
void ens__findings_block(const ens__page *page, const ens_report *report, bool all);

#endif
