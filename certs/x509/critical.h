/* Extensions whose contents can't be read: a critical one ends a path (RFC 5280, 4.2), whatever it would have said. */
#ifndef ENS_CERTS_X509_CRITICAL_H
#define ENS_CERTS_X509_CRITICAL_H

#include "ensign/cert.h"

/* ens__extension_reads tells whether the contents of an extension are what its specification says, for every extension
 * that Ensign processes; others are never unreadable. oid and value: the contents of extnID and extnValue. */
bool ens__extension_reads(ens_slice oid, ens_slice value);

/* ens__critical_unreadable tells whether the certificate has a critical extension that can't be read; *oid, which may
 * be NULL, is the first. */
bool ens__critical_unreadable(const ens_cert *cert, ens_slice *oid);

#endif
