/* GeneralNames compared: whose entry this is, and whether a list is one of a certificate's distribution points.
 * Source  RFC 5280, 4.2.1.6 and 4.2.1.13 */
#ifndef ENS_CERTS_X509_GENERALNAMES_H
#define ENS_CERTS_X509_GENERALNAMES_H

#include "engine/base/bytes.h"

/* ens__general_names_have_directory tells whether a Name is among GeneralName elements: the contents of GeneralNames.
 */
bool ens__general_names_have_directory(ens_slice names, ens_slice name);

#define ENS_POINT_FULL_NAME 0xA0u
#define ENS_POINT_RELATIVE_NAME 0xA1u

/* ens__point_name is a DistributionPointName: the contents of a choice, and what a relative name is relative to. */
typedef struct {
    uint8_t tag;      /* ENS_POINT_…; 0: there is none */
    ens_slice body;   /* contents: GeneralName elements, or attributes of one relative name */
    ens_slice issuer; /* Name */
} ens__point_name;

/* ens__point_names_meet tells whether two distribution points have a name in common. */
bool ens__point_names_meet(const ens__point_name *a, const ens__point_name *b);

/* ens__general_name_of writes a Name as a GeneralName element. */
void ens__general_name_of(ens_slice name, ens_buf *out);

#endif
