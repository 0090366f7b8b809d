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

/* ens_many_judged is told of message i; message and report live during the call. */
typedef void ens_many_judged(void *user, size_t i, const ens_message *message, const ens_report *report);

/* ens_verify_many judges each of num messages as ens_verify does, by one verifier, and tells of them in their order. Up
 * to eight are in hand at once, so that what can be computed side by side is; the verifier is not to be used meanwhile.
 * Errors  ENS_ENOMEM: none was judged.   since 0.1 */
ENS_API ENS_CHECK ens_code ens_verify_many(ens_verifier *verifier, const ens_slice *bytes, size_t num,
                                           const ens_verify_options *options, ens_many_judged *judged, void *user,
                                           ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
