/* Inside of certs/profile: a certificate read as far as it can be, and the rules that are put to it. */
#ifndef ENS_CERTS_PROFILE_PROFILE_RULES_H
#define ENS_CERTS_PROFILE_PROFILE_RULES_H

#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"

#define ENS_PROFILE_NOTE_MAX 320
#define ENS_PROFILE_HINT_CA "tell the CA; have it right in the next certificate"

/* Whose certificate it is. Without a hint it counts as a legal person's: a seal is what is to be registered. */
typedef enum { ENS_PERSON_LEGAL = 0, ENS_PERSON_NATURAL, ENS_PERSON_WEB } ens__person;

typedef struct {
    const ens_cert *cert;
    ens__attributes subject, issuer;
    ens_qc qc;
    bool qc_whole; /* QcStatements could be read to its end */
    ens_extension_list policies, usages, authority, crls;
    ens__person person;
    const char *told;   /* what a rule that holds has to say; NULL: nothing */
    const char *blamed; /* what is wrong by the rule at hand, where that is a literal; NULL: note has it */
    char note[ENS_PROFILE_NOTE_MAX];
} ens__profiled;

/* One rule. What was issued before the day since isn't faulted for it: the rule is younger. */
typedef struct {
    const char *id, *rule;
    const char *holding; /* what is so where it holds */
    const char *hint;    /* NULL: ENS_PROFILE_HINT_CA */
    const char *since;   /* RFC 3339 date, NULL: always */
    bool (*applies)(const ens__profiled *p);
    bool (*holds)(ens__profiled *p); /* false: faulted, and the note says what is wrong */
} ens__profile_rule;

extern const ens__profile_rule ens__profile_qc_rules[], ens__profile_subject_rules[],
    ens__profile_form_rules[]; /* each ends with a NULL id */

/* ens__profile_tell keeps what there is to say, a literal, and returns true; ens__profile_fault says what is wrong and
 * returns false. */
bool ens__profile_tell(ens__profiled *p, const char *words);
bool ens__profile_fault(ens__profiled *p, const char *format, ...) ENS_PRINTF(2, 3);
/* ens__profile_has tells whether a list of object identifiers holds this one (contents). */
bool ens__profile_has(const ens_extension_list *list, ens_slice oid);

/* Policies of EN 319 411-2, 5.3 and extended key usages of RFC 5280, 4.2.1.12: contents. */
#define ENS_QCP(n) ENS_LIT("\x04\x00\x8B\xEC\x40\x01" n) /* 0.4.0.194112.1.n */
#define ENS_QCP_N ENS_QCP("\x00")
#define ENS_QCP_L ENS_QCP("\x01")
#define ENS_QCP_N_QSCD ENS_QCP("\x02")
#define ENS_QCP_L_QSCD ENS_QCP("\x03")
#define ENS_QEVCP_W ENS_QCP("\x04")
#define ENS_QNCP_W ENS_QCP("\x05")
#define ENS_QNCP_W_GEN ENS_QCP("\x06")
#define ENS_EKU(n) ENS_LIT("\x2B\x06\x01\x05\x05\x07\x03" n)
#define ENS_EKU_SERVER ENS_EKU("\x01")
#define ENS_EKU_MAIL ENS_EKU("\x04")
#define ENS_EKU_TIME ENS_EKU("\x08")

/* Rules that hold for one kind of person ask these. */
static inline bool ens__is_legal(const ens__profiled *p)
{
    return p->person == ENS_PERSON_LEGAL;
}

static inline bool ens__is_natural(const ens__profiled *p)
{
    return p->person == ENS_PERSON_NATURAL;
}

static inline bool ens__is_anyone(const ens__profiled *p)
{
    return p != NULL;
}

#endif
