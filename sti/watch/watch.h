/* Certificates that are judged again and again: what each is now, what it was the last time, and what is to be done
 * before which day. What was found the last time stands in a file of lines, which appears whole.
 *
 * Source  ICS2-HTI ICD 4.6: a certificate that ends stops every message; its successor is to be there, and registered,
 * before */
#ifndef ENS_STI_WATCH_WATCH_H
#define ENS_STI_WATCH_WATCH_H

#include "engine/base/arena.h"
#include "ensign/preflight.h"

#define ENS_WATCH_DAY 86400
#define ENS_WATCH_ORDER_DAYS 60u    /* before the end: order the successor, … */
#define ENS_WATCH_REGISTER_DAYS 21u /* … register it, or announce its CA */
#define ENS_WATCH_STATE_MAX ((size_t)64 << 20)

typedef enum {
    ENS_WATCH_SAME = 0,
    ENS_WATCH_NEW,
    ENS_WATCH_GONE,         /* it was there the last time */
    ENS_WATCH_VERDICT,      /* it was judged otherwise */
    ENS_WATCH_REGISTRATION, /* it stands otherwise in the registry */
    ENS_WATCH_ACCEPTANCE,   /* on another list, or qualified otherwise */
    ENS_WATCH_END           /* what it rests on ends on another day */
} ens_watch_change;
const char *ens__watch_change_name(ens_watch_change change); /* NULL for SAME */

/* One certificate. Texts live in the arena of whoever made it; none is NULL. */
typedef struct {
    const char *sha256, *file, *subject; /* file "": its bytes aren't at hand */
    bool tls;                            /* judged as what a client of TLS shows; else as a seal */
    ens_verdict verdict;
    ens_acceptance acceptance;
    ens_time not_after, valid_until; /* valid_until ENS_TIME_NONE: nobody knows */
    const char *reason;              /* of valid_until */
    const char *why;                 /* what decides: "chain.dates: … (RFC 5280 4.1.2.5)" */
    const char *registered;          /* "FR732829320@FR active, …" */
    ens_watch_change change;
    const char *was; /* of a change, in words */
} ens__watched;

/* ens__watched_end is when it ends for its owner: the first of all ends, or its own. */
ens_time ens__watched_end(const ens__watched *w);
/* ens__watched_ends_within tells whether that is so many seconds from at, or nearer, and still to come. */
bool ens__watched_ends_within(const ens__watched *w, ens_time at, ens_time seconds);

/* ens__watch_read reads what was found the last time; no file: nothing was.
 * Errors  ENS_EIO; ENS_ESYNTAX it is no such file; ENS_ENOMEM */
ENS_CHECK ens_code ens__watch_read(const char *path, ens_arena *arena, ens__watched **out, size_t *num, ens_err *err);
/* ens__watch_parse is the same for its bytes. */
ENS_CHECK ens_code ens__watch_parse(ens_slice bytes, ens_arena *arena, ens__watched **out, size_t *num, ens_err *err);
/* ens__watch_write keeps what was found; what is gone isn't. ens__watch_put writes the bytes of such a file. */
void ens__watch_put(const ens__watched *all, size_t num, ens_buf *out);
ENS_CHECK ens_code ens__watch_write(const char *path, const ens__watched *all, size_t num, ens_err *err);

/* ens__watch_compare fills in the changes of what was found now, and appends what is gone; out has room for both.
 * Returns how many there are. Errors: none; without memory for its words a change is told without. */
size_t ens__watch_compare(const ens__watched *before, size_t num_before, const ens__watched *now, size_t num_now,
                          ens_arena *arena, ens__watched *out);

#endif
