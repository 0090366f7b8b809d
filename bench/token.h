/* A key that stays in a token: SoftHSM2, where its packages are. The operations that need it are there once it is
 * open. */
#ifndef ENS_BENCH_TOKEN_H
#define ENS_BENCH_TOKEN_H

#include "bench/sample.h"

#define ENS_TOKEN_REASON 128

/* ens__token_open makes a token in a folder of its own; false with the reason. Close it in any case. */
bool ens__token_open(char reason[ENS_TOKEN_REASON]);
void ens__token_close(void);
bool ens__token_is_open(void);

/* The sample's key, put into the token when it is asked for first: a sealer by it, and the key as OpenSSL sees it,
 * which is borrowed until the token is closed; NULL where that fails. */
ENS_CHECK ens_code ens__token_sealer(const ens_sample *s, ens_sealer **out, ens_err *err);
EVP_PKEY *ens__token_key(const ens_sample *s);

#endif
