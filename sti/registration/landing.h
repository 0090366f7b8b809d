/* The ten fields of UUM&DS' landing page, the last of which is its button: what each takes, and what has to be filled
 * in before it opens.
 * Source  French Customs, guide to UUM&DS, landing page; the other choices of a field are assumed */
#ifndef ENS_STI_REGISTRATION_LANDING_H
#define ENS_STI_REGISTRATION_LANDING_H

#include "engine/base/report.h"
#include "ensign/eori.h"

#define ENS_RULE_LANDING "French Customs, guide to UUM&DS, landing page"

typedef enum {
    ENS_LANDING_DOMAIN = 0,
    ENS_LANDING_COUNTRY,
    ENS_LANDING_ACTOR,
    ENS_LANDING_BEHALF,
    ENS_LANDING_REPRESENTED,
    ENS_LANDING_ID_TYPE,
    ENS_LANDING_ID,
    ENS_LANDING_HOW,
    ENS_LANDING_CONSENT,
    ENS_LANDING_SUBMIT,
    ENS_LANDING_FIELDS
} ens__landing_name;

/* Texts are constants. */
typedef struct {
    const char *key;            /* of the form: "country" */
    const char *label, *french; /* as the guide prints it, and beside it */
    const char *value;          /* what the guide has one choose; NULL: it is typed */
    const char *others;         /* further choices, with '|' between them: assumed */
    int opened_by;              /* the field that has to be right before; -1: none */
} ens__landing_field;
extern const ens__landing_field ens__landing_fields[ENS_LANDING_FIELDS];

/* ens__landing_open tells which fields are open with what is filled in. */
bool ens__landing_open(const ens_slice values[ENS_LANDING_FIELDS], ens__landing_name field);
/* ens__landing_judge adds a finding landing.* for every field, and eori.* for the number at that time; true: it can be
 * submitted. */
bool ens__landing_judge(const ens_slice values[ENS_LANDING_FIELDS], ens_time at, ens_report *report);

#endif
