/* Handing out what an accepted message delivers: payloads as files, then the sealed receipt. */
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

/* ens__deliver writes the payloads of an accepted message durably and only then the receipt. A test message delivers
 * nothing, and signals get no receipt. */
ENS_CHECK ens_code ens__deliver(ens_deliverer *deliverer, const ens_message *message, ens_time at, ens_err *err);

#endif
