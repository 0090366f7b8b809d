/* Handing out what an accepted message delivers: payloads as files in a folder of their own, then the sealed receipt.
 */
#ifndef ENS_AS4_DELIVER_H
#define ENS_AS4_DELIVER_H

#include "ensign/seal.h"

/* Paths are borrowed. */
typedef struct {
    const char *payloads; /* folder, made where it isn't there; NULL: nothing is handed out */
    const char *receipt;  /* file; NULL: none is made */
    ens_sealer *sealer;   /* of the receipt, borrowed */
} ens_deliver_options;

typedef struct ens_deliverer ens_deliverer;

/* Errors  ENS_EIO the folder can't be made; ENS_ENOMEM */
ENS_CHECK ens_code ens__deliverer_new(const ens_deliver_options *options, ens_deliverer **out, ens_err *err);
void ens__deliverer_free(ens_deliverer *deliverer);

/* ens__deliver writes the payloads of an accepted message durably, all or none, into the folder of its message id, and
 * only then the receipt. *paths says where each of them is, until the next message; NULL: nowhere. A folder that holds
 * the same already stays as it is. A test message delivers nothing, and signals get no receipt.
 * Errors  ENS_EIO, ENS_EPOLICY the folder holds something else, and those of handing out */
ENS_CHECK ens_code ens__deliver(ens_deliverer *deliverer, const ens_message *message, ens_time at,
                                const char *const **paths, ens_err *err);

#endif
