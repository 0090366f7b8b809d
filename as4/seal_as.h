/* Sealing beyond ensign/seal.h: signals that depart from what ICS2 asks for (errors in the shape that another access
 * point gives them, and receipts that are at fault on purpose), and files that are too large to be held. */
#ifndef ENS_AS4_SEAL_AS_H
#define ENS_AS4_SEAL_AS_H

#include "ensign/seal.h"

typedef struct {
    ens_slice code, subcode, ref_to, detail; /* a code that ICS2 doesn't know is a failure by ebMS */
    const char *name;                        /* shortDescription; NULL: the code's own */
    bool fault;                              /* a SOAP fault stands in the Body */
    bool open;                               /* nothing is sealed */
    ens_time at;
} ens__error_order;

/* ens__seal_error_as is ens_seal_error by an order.   Source  ebMS3 Core 6.6; SOAP 1.2 Part 1, 5.4 */
ENS_CHECK ens_code ens__seal_error_as(ens_sealer *sealer, const ens__error_order *order, ens_slice *out, ens_err *err);
/* ens__seal_receipt_loose is ens_seal_receipt with a Body that the seal doesn't cover. */
ENS_CHECK ens_code ens__seal_receipt_loose(ens_sealer *sealer, const ens_message *acknowledged, ens_time at,
                                           ens_slice *out, ens_err *err);

/* ens__sealer_tell_passed has passed told, while messages are sealed, which octets of their parts were read and aren't
 * needed any more, of large ones piece by piece: whoever maps files may let go of them. */
typedef void ens__seal_passed(void *user, ens_slice octets);
void ens__sealer_tell_passed(ens_sealer *sealer, ens__seal_passed *passed, void *user);

#endif
