/* Handing out what an accepted message delivers: payloads as files in a folder of their own, then the sealed receipt.
 */
#ifndef ENS_CLI_DELIVER_H
#define ENS_CLI_DELIVER_H

#include "ensign/verify.h"

typedef struct {
    const char *payloads;             /* folder, or NULL */
    const char *receipt, *key, *cert; /* receipt NULL: none is made */
    const char *pass_file;
} ens_deliver_options;

typedef struct ens_deliverer ens_deliverer;

/* ens__deliverer_new loads key and certificate where a receipt is wanted. at is the receipt's time, which the
 * certificate must cover. */
ENS_CHECK ens_code ens__deliverer_new(const ens_deliver_options *options, ens_time at, ens_deliverer **out,
                                      ens_err *err);
void ens__deliverer_free(ens_deliverer *deliverer);

/* ens__deliver writes the payloads of an accepted message durably, all or none, into the folder of its message id, and
 * only then the receipt. *paths says where each of them is, until the next message; NULL: nowhere. A folder that holds
 * the same already stays as it is. A test message delivers nothing, and signals get no receipt.
 * Errors  ENS_EIO, ENS_EPOLICY the folder holds something else, and those of handing out */
ENS_CHECK ens_code ens__deliver(ens_deliverer *deliverer, const ens_message *message, ens_time at,
                                const char *const **paths, ens_err *err);

#endif
