/* The rules and conditions of ICS2 as named checks. A check is called at the end of the element that is its scope (the
 * column of data/rules.tsv) with the number of that element, once for each such element of the document. It looks at
 * the element and below it, and answers by the calls here:
 *
 *   - pass or fail for each thing that it judges (several calls are fine),
 *   - warn where only a reading of ours would refuse,
 *   - nothing at all where the document has nothing that the rule speaks of: the rule is then told as skipped.
 *
 * A check never judges what the tables judge already (formats, occurrence). */
#ifndef ENS_AS4_ENS_RULES_H
#define ENS_AS4_ENS_RULES_H

#include "as4/ens/doc.h"
#include "engine/base/report.h"

/* What a check is given: the document, and where its answers go. */
typedef struct ens_ruling ens_ruling;

typedef void (*ens_rule_check)(ens_ruling *r, uint32_t node);

/* The checks by the numbers of as4/ens/elements.h; NULL: the document alone does not tell. */
extern const ens_rule_check ens__rule_checks[ENS_NUM_RULES];

/* The document that is judged. */
const ens_doc *ens__ruling_doc(const ens_ruling *r);

/* ens__rule_pass: the rule holds here. */
void ens__rule_pass(ens_ruling *r);

/* ens__rule_fail: the rule is broken. The pointer names the element; or, where child is not ENS_EL_NONE, its child of
 * that name, which is missing. hint says what to change (a literal); the rest says what was seen. */
void ens__rule_fail(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *format, ...)
    ENS_PRINTF(5, 6);

/* ens__rule_warn: the rule would be broken by a reading of ours alone. */
void ens__rule_warn(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *format, ...)
    ENS_PRINTF(5, 6);

/* ens__rule_show makes a text fit for a sentence: printable, at most 80 bytes. */
const char *ens__rule_show(ens_ruling *r, ens_slice text);

#endif
