/* Steps that the cases of the store share, over SQLite and over PostgreSQL. */
#ifndef ENS_TESTS_STI_STORE_STEPS_H
#define ENS_TESTS_STI_STORE_STEPS_H

#include "sti/store/store.h"
#include "tests/suite.h"

#define ARENA_MAX ((size_t)64 << 20)
#define MINUTE_MS ((int64_t)60000)
#define PARTY "FR73282932000074"

extern int64_t store_now;    /* the clock of a store that is opened here */
extern char store_file[512]; /* the store's name */

/* on_postgres has the case run over PostgreSQL until on_sqlite; false where there is none, which ens_skip has told. */
bool on_postgres(void);
void on_sqlite(void);

void fresh_file(void); /* nothing is in it yet */
void remove_file(void);
ens__store *open_store(bool create);
ens__store *fresh_store(void);
void done_with(ens__store *s);

/* A message with its receipt and, unless NULL, a task of that kind. */
typedef struct {
    ens__change change;
    ens__task task;
    char work_id[128];
} arrival;

ens_code commit(ens__store *s, ens__change *c);
void fill_arrival(arrival *a, const char *id, uint8_t refs, const char *raw, const char *receipt, const char *kind);
ens_arrival arrive(ens__store *s, const char *id, uint8_t refs, const char *raw, const char *receipt, ens_buf *stored);
void fill_outgoing(ens__change *c, const char *id, unsigned category, ens_mode mode, const char *raw);
bool send_later(ens__store *s, const char *id, unsigned category, ens_mode mode);
size_t claim(ens__store *s, ens_mode mode, unsigned max, char *ids, int64_t *token);
ens__settlement settle(ens__store *s, const char *id, int64_t token, ens_attempt attempt, const ens__entry *answer);
const char *journal(ens__store *s, const ens__journal_query *q);
ens__store_counts counts(ens__store *s);
size_t claim_work(ens__store *s, int64_t at, ens_arena *arena, ens__work **rows);
void prune(ens__store *s, int64_t keep_ms, int64_t duplicates_ms, uint64_t size);

#endif
