/* The distribution points of a certificate: which lists tell of it, for which reasons, by whom.   Source  RFC
 * 5280, 4.2.1.13 */
#ifndef ENS_CERTS_X509_POINTS_H
#define ENS_CERTS_X509_POINTS_H

#include "certs/x509/generalnames.h"
#include "certs/x509/reasons.h"

typedef struct {
    uint8_t name_tag; /* as ens__point_name has it */
    ens_slice name;
    unsigned reasons; /* ENS_REASONS_ALL where none are given */
    ens_slice issuer; /* GeneralName elements of cRLIssuer, or empty */
} ens__point;

/* ens__points_open gives a reader over the points of an extension; false when it is absent or can't be read. */
bool ens__points_open(ens_slice extension, ens_reader *out);
/* ens__points_next reads the next one; false at the end, and when it can't be read. */
bool ens__points_next(ens_reader *points, ens__point *out);
/* ens__point_next_uri takes the next URI of a point's name; names starts as a reader over point->name. */
bool ens__point_next_uri(const ens__point *point, ens_reader *names, ens_slice *out);

#endif
