/* Ensign: many messages, judged by several threads.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_BATCH_H
#define ENSIGN_BATCH_H

#include "ensign/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ENS_BATCH_THREADS 64u

/* Messages 0 … num - 1. Both functions are called by several threads at once, for one message by one and the same. */
typedef struct {
    size_t num;
    unsigned threads; /* at most ENS_BATCH_THREADS; 0 and 1: the caller's alone */
    /* open gives message i, which must live until judged has returned; false passes it over, and judged isn't called.
     */
    bool (*open)(void *user, size_t i, ens_slice *bytes);
    /* judged is told; message and report live during the call. */
    void (*judged)(void *user, size_t i, const ens_message *message, const ens_report *report);
    void *user;
} ens_batch;

/* ens_verify_batch judges each message as ens_verify does, by a verifier of each thread, in no order.
 * Errors  ENS_ENOMEM, ENS_ELIMIT too many threads.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_verify_batch(const ens_batch *batch, const ens_verify_options *options, ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
