/* Certificates issued again: each with names, numbers and keys that stand for those of the first, and with the same
 * faults. A certificate that was signed by another of them is signed by what stands for that one; one whose signature
 * held under none of them is signed by nobody. Dates, extensions, algorithms and sizes of keys stay. Lists of revoked
 * certificates likewise. */
#ifndef ENS_AS4_ANONYMISE_REISSUE_H
#define ENS_AS4_ANONYMISE_REISSUE_H

#include "as4/anonymise/alias.h"
#include "ensign/cert.h"

#include <openssl/evp.h>

#define ENS_REISSUE_MAX 64u /* certificates of one message and its anchors */

/* Makes a key like another one. NULL: it can't be made. Tests give one that keeps keys. */
typedef EVP_PKEY *(*ens_key_maker)(void *user, const EVP_PKEY *like);
EVP_PKEY *ens__key_like(void *user, const EVP_PKEY *like);

typedef struct {
    ens_slice der;     /* as it came */
    ens_slice instead; /* what stands for it; empty until ens__reissue_all */
    EVP_PKEY *was, *key;
} ens_reissued;

typedef struct {
    ens_aliases *aliases;
    ens_arena *arena;
    ens_key_maker make_key;
    void *user;
    ens_reissued cert[ENS_REISSUE_MAX];
    size_t num;
} ens_reissue;

/* ens__reissue_add takes a certificate once; false where there is no room. What can't be parsed is taken, too, and its
 * octets are replaced. */
bool ens__reissue_add(ens_reissue *r, ens_slice der);
/* ens__reissue_orgids tells the aliases of every organizationIdentifier. */
void ens__reissue_orgids(const ens_reissue *r);
/* ens__reissue_all makes what stands for each. False: out of memory or random numbers, or OpenSSL fails. */
bool ens__reissue_all(ens_reissue *r);
void ens__reissue_clear(ens_reissue *r);

/* ens__reissue_find is what stands for a certificate; NULL: it was not taken. */
const ens_reissued *ens__reissue_find(const ens_reissue *r, ens_slice der);
/* ens__reissue_list appends what stands for a CRL; its issuer has to be among the certificates. False: it isn't, or
 * OpenSSL fails. */
bool ens__reissue_list(ens_reissue *r, ens_slice der, ens_buf *out);

#endif
