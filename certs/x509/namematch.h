/* Names compared as RFC 5280, 7.1 has it: strings of any directory type are equal when they differ in the type, in the
 * case of ASCII letters or in white space alone; everything else is compared as bytes. An authority that renews its
 * certificate with UTF8String where PrintableString stood keeps its name. */
#ifndef ENS_CERTS_X509_NAMEMATCH_H
#define ENS_CERTS_X509_NAMEMATCH_H

#include "engine/base/bytes.h"

/* ens__name_same tells whether two Names (headers included) are one. Names that aren't DER are equal as bytes alone. */
bool ens__name_same(ens_slice a, ens_slice b);
/* ens__name_within tells whether name begins with all the relative names of base: the subtree of a name constraint. */
bool ens__name_within(ens_slice name, ens_slice base);
/* ens__name_hash is the same number for names that ens__name_same finds equal. It depends on nothing but the name, so
 * it may be kept in files. */
uint64_t ens__name_hash(ens_slice name);
bool ens__name_is_empty(ens_slice name);

#endif
