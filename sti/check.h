/* The access point's judgement of one message, in the order of ICS2-HTI ICD 4.6.3: a function of message, trust,
 * registry, time. */
#ifndef ENS_STI_CHECK_H
#define ENS_STI_CHECK_H

#include "ensign/verify.h"
#include "sti/registry/uumds.h"

typedef struct {
    ens_verify_options verify;
    ens__uumds *registry; /* NULL: the association is judged by what the certificate itself proves */
} ens__check_options;

/* ens__check fills message and report as ens_verify does, and adds registry.* where a registry decides. */
void ens__check(ens_verifier *verifier, ens_slice bytes, const ens__check_options *options, ens_message *message,
                ens_report *report);

#endif
