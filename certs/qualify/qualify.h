/* The procedure of TS 119 615: what a certificate says of itself, and what it is by the trusted lists. */
#ifndef ENS_CERTS_QUALIFY_QUALIFY_H
#define ENS_CERTS_QUALIFY_QUALIFY_H

#include "certs/lists/uris.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"
#include "ensign/preflight.h"

/* When eIDAS began to apply: 2016-07-01T00:00 in Brussels. What is older is judged by the rules before it. */
#define ENS_EIDAS_START ((ens_time)1467324000)

/* What a certificate is for, as a set. */
#define ENS_TYPE_ESIG (1u << 0)
#define ENS_TYPE_ESEAL (1u << 1)
#define ENS_TYPE_WSA (1u << 2)

/* What a certificate says of itself, as far as trusted lists ask: read once, asked for every criterion and every step.
 * Everything borrows from the certificate's bytes, and cert must outlive it. */
typedef struct {
    const ens_cert *cert;
    ens_qc qc; /* what could be read of the extension */
    ens_extension_list policies, ext_key_usage;
    ens_attribute attribute[ENS_NAME_ATTRIBUTES_MAX];
    size_t num_attributes;
    bool before_eidas;    /* issued before ENS_EIDAS_START */
    bool qualified, qscd; /* by its own words, as TS 119 615 reads them for the day of its issue */
    unsigned type;        /* one ENS_TYPE_… by its own words, or 0: none, or several */
} ens_cert_content;

void ens__cert_content_read(const ens_cert *cert, ens_cert_content *out);

/* Each tells whether the certificate has it; oid: contents of the OBJECT IDENTIFIER. */
bool ens__cert_content_policy(const ens_cert_content *content, ens_slice oid);
bool ens__cert_content_ext_key_usage(const ens_cert_content *content, ens_slice oid);
bool ens__cert_content_attribute(const ens_cert_content *content, ens_slice oid);    /* of the subject, and not empty */
bool ens__cert_content_qc_statement(const ens_cert_content *content, ens_slice oid); /* or a type of QcType */

/* What a certificate is by the trusted lists at one time: qualified or not, for what, with or without a QSCD. The
 * procedure alone, over the states of listed services that were found for it; nothing is looked up here.
 * Source  TS 119
 * 615, 4.3 to 4.5; where that leaves a choice, what the EU's own library does */
#define ENS_SERVICE_STATES_MAX 32u

/* One state of a listed service as it concerns one certificate. */
typedef struct {
    ens_service_type type;
    ens_service_status status;
    ens_time start;                           /* it holds from here */
    unsigned uses;                            /* ENS_FOR_… */
    uint32_t num_uses;                        /* those that have no number included */
    unsigned qualifiers;                      /* ENS_QUALIFIER_…, whose criteria the certificate fulfils */
    bool unknown_qualifier, untold_qualifier; /* a qualifier that nobody knows; one whose criteria can't be told */
    bool undecidable; /* with what isn't understood (criteria, a critical extension) it might say something else */
    unsigned level;   /* whose identity: 0 the certificate itself, 1 its issuer, 2 that one's issuer … */
    uint32_t service, entry; /* of the snapshot */
} ens_service_state;

typedef struct {
    ens_service_state state[ENS_SERVICE_STATES_MAX];
    size_t num;
    bool too_many; /* more than are kept: nothing can be concluded */
} ens_service_states;

/* Why the result is what it is: the first step that left nothing to go on. */
typedef enum {
    ENS_STEP_SERVICE = 0, /* a service of the CA has a state at that time */
    ENS_STEP_CA_QC,       /* and issues qualified certificates */
    ENS_STEP_USE,         /* of this type */
    ENS_STEP_CONFLICT,    /* and no two of them say different things */
    ENS_STEP_STATUS,      /* and it is granted */
    ENS_STEP_CONSISTENT,  /* what the list says of it agrees with itself */
    ENS_STEP_QUALIFIED,   /* the certificate is qualified */
    ENS_STEP_TYPE,        /* its type can be told */
    ENS_STEP_QSCD,        /* its key is in a QSCD */
    ENS_STEPS
} ens_step;

/* What a step found. */
typedef enum { ENS_STEP_OPEN = 0, ENS_STEP_YES, ENS_STEP_NO } ens_stepped;

typedef struct {
    ens_qualified result;
    ens_stepped step[ENS_STEPS];
    const char *why[ENS_STEPS];        /* a constant clause, or NULL where there is nothing to add */
    const ens_service_state *decisive; /* the granted CA/QC state that was judged by, or NULL */
    ens_qualified conflict[2];         /* of a conflict: two of the results */
} ens_qualifying;

/* ens__qualify runs the procedure over the states that hold at the time in question. out points into standings. */
void ens__qualify(const ens_cert_content *content, const ens_service_states *states, ens_qualifying *out);

/* ens__service_state_granted: by the rules of the day that its state began. */
bool ens__service_state_granted(const ens_service_state *state);

#endif
