/* The bare calls that an operation cannot avoid, and nothing around them: the floor that it is measured against.
 *
 * RSA       EVP_PKEY_sign, EVP_PKEY_verify with contexts ready
 * SHA-256   EVP_DigestInit_ex, Update, Final in a context ready, over the same pieces of the same lengths: what the
 * references of a seal and its SignedInfo hash
 * deflate   libdeflate_gzip_compress, libdeflate_gzip_decompress of the same bytes into buffers that are large enough
 * copying   memcpy of the input into a buffer: no need of anybody, but the scale for operations that have nothing of
 * the above to do
 *
 * The limit is the same by the best calls that are known: RSA by BN_mod_exp_mont with what it needs ready, which leaves
 * the padding unread, and pieces hashed side by side where the processor has instructions for it.
 * A document is beside the floor: one pass over every byte of it at the best rate that is known, which is ours.
 *
 * No parsing, no base64, no look-up of the token, no digest of what is delivered, no path, no rule, no report. */
#ifndef ENS_BENCH_FLOOR_H
#define ENS_BENCH_FLOOR_H

#include "bench/anatomy.h"

#include <openssl/evp.h>

#define ENS_FLOOR_PIECES (ENS_ANATOMY_PIECES + 2)

/* What one operation's floor does, counted. Everything is borrowed. */
typedef struct {
    EVP_PKEY *key, *ca_key;
    unsigned signatures;       /* private operations with key */
    unsigned verifications;    /* public operations with key */
    unsigned ca_verifications; /* public operations with ca_key */
    ens_slice hashed[ENS_FLOOR_PIECES];
    unsigned num_hashed;
    ens_slice inflated[ENS_FLOOR_PIECES]; /* gzip members */
    unsigned num_inflated;
    ens_slice deflated[ENS_FLOOR_PIECES];
    unsigned num_deflated;
    ens_slice copied;
    ens_slice document; /* beside the floor: passed over only where it stands alone */
    unsigned times;     /* of many messages; 0 is once */
    bool best, alone;   /* best: by the best calls that are known */
} ens_floor_plan;

/* What a floor is made of, in the order in which it is told. */
enum { ENS_FLOOR_RSA, ENS_FLOOR_HASH, ENS_FLOOR_FLATE, ENS_FLOOR_DOCUMENT, ENS_FLOOR_PARTS };
extern const char *const ens__floor_names[ENS_FLOOR_PARTS];

typedef struct ens_floor ens_floor; /* one per worker */

ens_floor *
ens__floor_new(const ens_floor_plan *plan); /* NULL: out of memory, or OpenSSL can't; the plan must outlive it */
void ens__floor_free(ens_floor *floor);
bool ens__floor_run(ens_floor *floor);

/* ens__floor_part copies what a plan does of one part. False: nothing, or nothing that is better. */
bool ens__floor_part(const ens_floor_plan *whole, unsigned part, bool best, ens_floor_plan *out);

/* ens__floor_hash and ens__floor_inflate add pieces to a plan; what is too many is left out, which makes the floor
 * lower. */
void ens__floor_hash(ens_floor_plan *plan, ens_slice piece);
void ens__floor_hash_all(ens_floor_plan *plan, const ens_anatomy *a);
void ens__floor_inflate_all(ens_floor_plan *plan, const ens_anatomy *a);

#endif
