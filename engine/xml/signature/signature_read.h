/* The record of a ds:Signature from its kept events; see signature.h. */
#ifndef ENS_ENGINE_XML_SIGNATURE_SIGNATURE_READ_H
#define ENS_ENGINE_XML_SIGNATURE_SIGNATURE_READ_H

#include "engine/xml/canonical/canon.h"
#include "engine/xml/scan/tape.h"
#include "engine/xml/signature/signature.h"

/* The namespace names that are looked for, by number. */
typedef struct {
    ens_scan_uri ds, ec; /* XML Signature; exclusive C14N */
} ens_signature_names;

/* ens__signature_read reads the signature whose START is the tape's first event into out, but for what has to be
 * digested: states, covers and signed_info. scratch is used. *signed_info is the index of ds:SignedInfo. Errors
 * ENS_ESYNTAX, ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__signature_read(const ens_tape *t, ens_signature_names names, ens_buf *scratch,
                                       ens_signature *out, size_t *signed_info, ens_err *err);

/* ens__signature_attribute is the value of an attribute without a namespace; p NULL when it is absent. Values that are
 * not plain are decoded into the tape's arena.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__signature_attribute(const ens_tape *t, const ens_scan_attribute *a, ens_slice *out,
                                            ens_err *err);

#endif
