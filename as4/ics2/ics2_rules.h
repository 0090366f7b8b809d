/* The halves of ens__ics2_judge: one file each for who and what, and for parts. */
#ifndef ENS_AS4_ICS2_ICS2_RULES_H
#define ENS_AS4_ICS2_ICS2_RULES_H

#include "as4/ics2/ics2.h"

typedef struct {
    const ens_header *h;
    const ens__ics2_options *o;
    ens_report *report;
    const ens_action *action; /* NULL: test action, or unknown */
    bool test;
} ens__ics2_case;

typedef ens_finding *(*ens__ics2_adder)(ens_report *, const char *, const char *, const char *, const char *,
                                        ...)ENS_PRINTF(5, 6);

/* Strict reception refuses where lenient reception warns. */
static inline ens__ics2_adder ens__ics2_soft(const ens__ics2_case *c)
{
    return c->o->lenient ? ens__warn : ens__failf;
}

void ens__ics2_parties(const ens__ics2_case *c);       /* rules.from, rules.to */
void ens__ics2_collaboration(const ens__ics2_case *c); /* rules.agreement, rules.service, rules.action */
void ens__ics2_parts(const ens__ics2_case *c);         /* rules.parts, rules.part */

#endif
