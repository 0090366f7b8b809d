/* Rows of the ledger, for people and as JSON. */
#ifndef ENS_SHOW_LEDGER_H
#define ENS_SHOW_LEDGER_H

#include "engine/base/json.h"
#include "sti/ledger/ledger.h"

/* {"id","seq","answer_seq","at","source","target","message_id","action","party","held","agreement","difference",
 * "predicted":{"verdict","ebms","subcode","reply","check","rule","detail"},
 * "real":{"kind","http","ebms","subcode","reply","detail"},"words"}; message and answer, unless NULL, are where their
 * bytes were written to ("message_path", "answer_path"). */
void ens__ledger_json(ens_json *j, const ens__ledger_row *row, const char *message, const char *answer);
void ens__ledger_print(const ens__ledger_row *row, const char *message, const char *answer);

#endif
