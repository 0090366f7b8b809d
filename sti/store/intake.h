/* What comes in, as a record in the log of an engine that has one (segment.h): messages with their answers and the work
 * that follows, and rows of the journal. A store that lost its power makes them again from there, in their order; each
 * of them only adds, so that nothing else that was lost with them changes what they mean. */
#ifndef ENS_STI_STORE_INTAKE_H
#define ENS_STI_STORE_INTAKE_H

#include "sti/store/tx.h"

#define ENS_INTAKE_RECORD ((size_t)16 << 20) /* bytes of a record */

/* ens__intake_is tells that all changes are of those that a record can hold. */
bool ens__intake_is(ens__change *const *changes, size_t num);
/* ens__intake_log hands their record to the engine, for the transaction that makes them.
 * Errors  ENS_ELIMIT, ENS_ENOMEM, ENS_ECRYPTO */
ENS_CHECK ens_code ens__intake_log(ens__tx *tx, ens__change *const *changes, size_t num, ens_err *err);
/* ens__intake_replay makes what stands in the log and not in the store.   Errors  ENS_EIO, ENS_ESYNTAX */
ENS_CHECK ens_code ens__intake_replay(ens__store *store, ens_err *err);

#endif
