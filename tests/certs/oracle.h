/* OpenSSL's own verdict on a path, to compare with. */
#ifndef ENS_TESTS_CERTS_ORACLE_H
#define ENS_TESTS_CERTS_ORACLE_H

#include "certs/path/build.h"

#include <openssl/x509.h>

typedef struct {
    X509_STORE *anchors;
    STACK_OF(X509) * untrusted;
} oracle;

bool oracle_open(oracle *o);
void oracle_close(oracle *o);
/* Each adds what OpenSSL can read; what it can't is false. */
bool oracle_add_anchor(oracle *o, ens_slice der);
bool oracle_add_untrusted(oracle *o, ens_slice der);
/* oracle_accepts asks X509_verify_cert at a time, with policies when inputs is given. *error is its first. */
bool oracle_accepts(const oracle *o, ens_slice leaf, ens_time at, const ens__policy_inputs *inputs, int *error);

#endif
