/* RSA signatures checked side by side: the public operations of several messages at once, one in each lane of a vector
 * (docs/engines.md). A lane can only say yes: the signature raised to 65537 is, to its last bit, the block that PKCS #1
 * v1.5 makes of the digest. Whatever it doesn't say yes to is for OpenSSL to judge. A public operation handles no
 * secret, so that nothing here takes care of its time.
 *
 * Built where ENSIGN_LANES says so, and used where the processor has AVX2 or AVX-512 IFMA and the code has shown,
 * before its first answer for a size, that it gives what OpenSSL gives. Elsewhere no key is taken. */
#ifndef ENS_CERTS_KEYS_LANES_H
#define ENS_CERTS_KEYS_LANES_H

#include "engine/base/sha256.h"

#include <openssl/evp.h>

#define ENS_LANES_TOGETHER 8u /* signatures that are worth waiting for */

/* A public key as lanes want it; it may be shared by threads. */
typedef struct ens__lane_key ens__lane_key;

/* ens__lane_key_new takes an RSA key of 2,048, 3,072 or 4,096 bits with the exponent 65537. NULL: any other key, no
 * lanes here, or no memory. */
ens__lane_key *ens__lane_key_new(const EVP_PKEY *key);
void ens__lane_key_free(ens__lane_key *key);

/* A signature by RSASSA-PKCS1-v1_5 with SHA-256. */
typedef struct {
    const ens__lane_key *key; /* NULL: never proven */
    ens_slice signature;
    uint8_t digest[ENS_SHA256_LEN];
    bool proven;
} ens__lane;

/* ens__lanes_prove sets proven of each: true only where the signature is that of the digest by the key. */
void ens__lanes_prove(ens__lane *lane, size_t num);

/* ens__lanes_usable tells whether waiting for others may be of use at all. */
bool ens__lanes_usable(void);

/* ens__lanes_choose is for measurements: before the first key is made, the kernel of this name is to be used. False:
 * it doesn't run here, or it is too late. */
bool ens__lanes_choose(const char *name);

/* For tests: how many kernels are built and run here, and what each makes of any block of the length of the key; with
 * the checks of what goes in, and before the block is made. */
unsigned ens__lanes_num_kernels(void);
const char *ens__lanes_kernel_name(unsigned kernel);
ens__lane_key *ens__lane_key_of(unsigned kernel, ens_slice modulus);
/* equal[i]: signature[i] raised to 65537 is block[i], of as many bytes as key[i] has. All keys are of this kernel. */
void ens__lanes_equal(const ens__lane_key *const *key, const ens_slice *signature, const uint8_t *const *block,
                      size_t num, bool *equal);

#endif
