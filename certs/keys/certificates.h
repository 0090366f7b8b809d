/* The inside of ens_certificates and ens_keyring. See ensign/keys.h. */
#ifndef ENS_CERTS_KEYS_CERTIFICATES_H
#define ENS_CERTS_KEYS_CERTIFICATES_H

#include "certs/keys/chain.h"
#include "certs/keys/keystore.h"
#include "ensign/keys.h"

struct ens_certificates {
    ens_arena arena;
    ens_chain chain;   /* the signer and the path above it */
    ens_certs others;  /* what else the file holds */
    size_t num_unread; /* certificates beside it that can't be read */
    size_t place;      /* of the signer in the file; 0 too where the file stands root first */
};

struct ens_keyring {
    ens__keyring keys;
};

#endif
