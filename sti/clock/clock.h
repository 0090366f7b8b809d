/* One clock for everything: the life cycle of filings, and the ends of certificates and lists. It runs as the machine's
 * does, so much ahead of it, or stands still; a space may have one of its own. The store keeps it, so that nodes agree
 * and a restart goes on. Leases go by the store's own time. */
#ifndef ENS_STI_CLOCK_CLOCK_H
#define ENS_STI_CLOCK_CLOCK_H

#include "sti/store/filing.h"

typedef struct ens_clocks ens_clocks;
ens_clocks *ens__clocks_new(void); /* that of the machine; NULL without memory */
void ens__clocks_free(ens_clocks *c);
/* ens__clocks_begin sets the environment's clock; the next read puts that into the store. */
void ens__clocks_begin(ens_clocks *c, int64_t at_ms);
/* ens__clocks_read takes what the store has; *changed tells whether it is other than before. */
ENS_CHECK ens_code ens__clocks_read(ens_clocks *c, ens__store *store, bool *changed, ens_err *err);

/* Milliseconds since 1970, of the environment or of a space; any thread. */
int64_t ens__clocks_now_ms(ens_clocks *c);
int64_t ens__clocks_space_now_ms(ens_clocks *c, const char *space);

/* A party has a space when one is named after its EORI: made by giving it a clock. ens__clocks_space_of finds it, ""
 * where there is none; ens__clocks_space gives the nth one's name, from 0: false past the last. */
void ens__clocks_space_of(ens_clocks *c, ens_slice party, char out[ENS_FILING_SPACE + 1]);
bool ens__clocks_space(ens_clocks *c, size_t nth, char out[ENS_FILING_SPACE + 1]);

/* ens__clock_find reads the clock of a space ("": the environment) as the store has it, or one that nobody has set;
 * *base_ms is the time that it is ahead of. found may be NULL: whether it was set, which that of the environment counts
 * as. */
ENS_CHECK ens_code ens__clock_find(ens__store *store, const char *space, ens__clock_row *out, int64_t *base_ms,
                                   bool *found, ens_err *err);
/* What a row is after the clock was set; base_ms is the time that it is ahead of: the machine's, or the environment's
 * for a space. */
int64_t ens__clock_time(const ens__clock_row *row, int64_t base_ms);
void ens__clock_advance(ens__clock_row *row, int64_t by_ms);
void ens__clock_freeze(ens__clock_row *row, int64_t base_ms, int64_t at_ms);
void ens__clock_run(ens__clock_row *row, int64_t base_ms); /* on from where it stands */
int64_t ens__clock_machine_ms(void);

/* ens__party_eori is the EORI in a party id, [SYSTEM@]EORI[@MS].   Source  ICS2-HTI ICD 4.2.2.1 */
ens_slice ens__party_eori(ens_slice party);

/* ens__duration_read reads "P1DT2H", "90d", "36h", "15m", "30s" in milliseconds; days and below. false: it is none. */
bool ens__duration_read(ens_slice text, int64_t *out_ms);

#endif
