/* What never became a message (failed handshakes, refused requests) on its way into the journal: a row each, within
 * bounds that no flood passes. Nobody waits for it. */
#ifndef ENS_STI_STORE_JOURNAL_H
#define ENS_STI_STORE_JOURNAL_H

#include "sti/store/committer.h"

/* Rows a second, and how many at once after a quiet time: of all, and of one peer. */
#define ENS_JOURNAL_RATE 20
#define ENS_JOURNAL_BURST 200
#define ENS_JOURNAL_PEER_RATE 2
#define ENS_JOURNAL_PEER_BURST 20
#define ENS_JOURNAL_PEERS 256u   /* that are told apart; more share their bounds */
#define ENS_JOURNAL_WAITING 256u /* rows on their way */
#define ENS_JOURNAL_RAW 4096u    /* bytes of a refused request that are kept */

typedef struct ens__journal ens__journal;

/* ens__journal_new writes by a committer, which outlives it. ens__journal_free waits for the rows on their way. */
ens__journal *ens__journal_new(ens__committer *committer);
void ens__journal_free(ens__journal *journal);

/* ens__journal_note takes a copy of the entry and returns at once; false when it was passed over, which the next row of
 * that peer tells. now_ms is of a clock that nobody sets. Any number of threads may call it. */
bool ens__journal_note(ens__journal *journal, const ens__entry *entry, int64_t now_ms);

#endif
