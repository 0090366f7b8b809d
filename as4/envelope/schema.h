/* The schema of eb:Messaging, as tables: which elements, attributes and text may stand where. */
#ifndef ENS_AS4_ENVELOPE_SCHEMA_H
#define ENS_AS4_ENVELOPE_SCHEMA_H

#include "engine/base/report.h"
#include "engine/xml/tree/tree.h"

/* ens__schema_judge adds header.schema for what is not as the schema has it, and tells whether nothing was. Values that
 * ICS2 fixes are for others to judge, and so are dates.
 * Source  ebMS3 Core, Appendix A (ebms-header-3_0-200704.xsd),
 * with @type of eb:Property as in its errata */
bool ens__schema_judge(const ens_node *messaging, ens_arena *arena, ens_report *report);

#endif
