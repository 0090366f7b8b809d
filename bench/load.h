/* Messages that a trader pushes over connections that stay: as fast as they are answered, or at a given rate. */
#ifndef ENS_BENCH_LOAD_H
#define ENS_BENCH_LOAD_H

#include "bench/stand_in.h"

#define ENS_LOAD_CONNECTIONS_MAX 64u

/* HTTP requests, each with a message of its own, sealed by the stand-in's trader. */
typedef struct {
    ens_buf octets;
    size_t *at; /* where each begins; and the last ends */
    size_t num;
} ens_load;

/* ens__load_make seals num messages with a document of so many octets; noise: octets of an attachment, of which a fifth
 * can't be compressed; 0: none.   Errors  ENS_ENOMEM, those of sealing */
ENS_CHECK ens_code ens__load_make(ens_load *l, const ens_stand_in *s, size_t num, size_t size, size_t noise,
                                  ens_err *err);
/* ens__load_make_faulty has one in a hundred ask for a fault by its LRN: none of those is acknowledged. */
ENS_CHECK ens_code ens__load_make_faulty(ens_load *l, const ens_stand_in *s, size_t num, size_t size, ens_err *err);
void ens__load_clear(ens_load *l);

typedef struct {
    const ens_load *load;
    size_t first, num; /* of its requests */
    uint16_t port;
    SSL_CTX *tls; /* NULL: plain */
    unsigned connections;
    ens_caller
        *callers; /* as many, which stay open for the next run; fd below 0: not open yet. NULL: for this run alone */
    double rate;  /* a second; 0: the next one when one is answered */
} ens_load_plan;

/* What was seen. waited_us: of each that was acknowledged, from when it was due, in no order. */
typedef struct {
    size_t acknowledged, failed;
    double wall_us, *waited_us;
} ens_load_seen;

/* ens__load_run sends them, and gives room for waited_us back by ens__load_forget. A message counts as acknowledged
 * when a receipt came; what it proves is for tests to look at.   Errors  ENS_EIO, ENS_ENOMEM */
ENS_CHECK ens_code ens__load_run(const ens_load_plan *plan, ens_load_seen *seen, ens_err *err);
void ens__load_forget(ens_load_seen *seen);

#endif
