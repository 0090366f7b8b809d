/* Who may sign the list of lists, as the Official Journal of the European Union has published it: the SHA-256 of each
 * certificate.
 * Source  Commission Implementing Decision (EU) 2015/1505, Article 4 (3); the notices that journal.c names */
#ifndef ENS_CERTS_LISTS_JOURNAL_H
#define ENS_CERTS_LISTS_JOURNAL_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#define ENS_JOURNAL_PINS_MAX 8u

/* ens__journal_pins lists the digests that are in force at a time, borrowed for good, and returns the name of the
 * notice. */
const char *ens__journal_pins(ens_time at, ens_slice out[ENS_JOURNAL_PINS_MAX], size_t *num);

#endif
