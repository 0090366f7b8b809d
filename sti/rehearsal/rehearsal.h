/* The file of one environment's rehearsal: people, requests, registrations, tasks and mails, beside the registry that
 * the STI asks, in the same SQLite file. One handle may be used by any number of threads. */
#ifndef ENS_STI_REHEARSAL_REHEARSAL_H
#define ENS_STI_REHEARSAL_REHEARSAL_H

#include "engine/base/arena.h"
#include "sti/registry/uumds.h"
#include "sti/rehearsal/secret.h"
#include "sti/store/sql.h"

typedef struct ens__rehearsal ens__rehearsal;

typedef struct {
    const char *environment; /* NULL: the file's own, conformance for a new one */
    bool create;
} ens__rehearsal_options;

/* ens__rehearsal_open opens the file of a registry or store, and makes the tables that aren't there.
 * Errors  those of ens__uumds_open; ENS_EPOLICY it is the file of the other environment, ENS_EIO */
ENS_CHECK ens_code ens__rehearsal_open(const char *path, const ens__rehearsal_options *options, ens__rehearsal **out,
                                       ens_err *err);
void ens__rehearsal_close(ens__rehearsal *r);

ens__environment ens__rehearsal_environment(const ens__rehearsal *r);
/* ens__rehearsal_registry borrows the registry of the same file: what is registered there is what the STI takes. */
ens__uumds *ens__rehearsal_registry(ens__rehearsal *r);
/* ens__rehearsal_now is the time of the file's one clock, where it is an access point's; else that of the machine. */
ENS_CHECK ens_code ens__rehearsal_now(ens__rehearsal *r, ens_time *out, ens_err *err);

/* Settings of the file, by key: "other", where the registry of the other environment is; "strict", "1": a certificate
 * is taken in one environment alone. An empty value where there is none. */
#define ENS_SETTING 1024
ENS_CHECK ens_code ens__rehearsal_setting(ens__rehearsal *r, const char *key, char out[ENS_SETTING], ens_err *err);
ENS_CHECK ens_code ens__rehearsal_set(ens__rehearsal *r, const char *key, const char *value, ens_err *err);

/* What the rooms of the rehearsal ask their tables by. begin takes a turn, which nested calls of the same thread share,
 * until end, which commits where code is ENS_OK and returns what became of it. */
ENS_CHECK ens_code ens__rehearsal_begin(ens__rehearsal *r, ens_err *err);
ENS_CHECK ens_code ens__rehearsal_end(ens__rehearsal *r, ens_code code, ens_err *err);
ENS_CHECK ens_code ens__rehearsal_run(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num,
                                      int64_t *changed, ens_err *err);
/* A row that was found; texts are cut to the room that there is. */
typedef struct ens__row ens__row;
int64_t ens__row_number(const ens__row *row, int column);
ens_slice ens__row_bytes(const ens__row *row, int column); /* until read returns */
void ens__row_text(const ens__row *row, int column, char *out, size_t size);
/* ens__record_of reads the first row that there is (read NULL: it is only looked for); *found says whether there is
 * one. ens__rehearsal_keeps tells whether the file has a table: a registry alone has none of a store's. */
ENS_CHECK ens_code ens__record_of(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num,
                                  void (*read)(const ens__row *row, void *record), void *record, bool *found,
                                  ens_err *err);
ENS_CHECK ens_code ens__rehearsal_keeps(ens__rehearsal *r, const char *table, bool *kept, ens_err *err);

/* A list of records in an arena. */
typedef struct {
    ens_arena *arena;
    size_t size, num, room, max; /* of a record; max 0: as many as there are */
    uint8_t *records;
    void (*read)(const ens__row *row, void *record);
    bool failed;
} ens__records;
/* ens__records_of asks for a list.   Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__records_of(ens__rehearsal *r, const char *sql, const ens__value *v, unsigned num,
                                   ens__records *list, ens_err *err);

static inline ens__value ens__string(const char *text)
{
    return ens__text(text ? ens_str(text) : ENS_LIT(""));
}

#endif
