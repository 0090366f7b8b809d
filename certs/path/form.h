/* Faults of form in the certificates of a path that no path validation of RFC 5280, 6.1 refuses, and that the profile
 * of 4.2 forbids: each is a warning. */
#ifndef ENS_CERTS_PATH_FORM_H
#define ENS_CERTS_PATH_FORM_H

#include "engine/base/report.h"
#include "ensign/cert.h"

/* ens__form_judge adds warnings of the name id for a path, leaf first, whose last certificate is an anchor when
 * anchored. */
void ens__form_judge(const ens_cert *path, size_t num, bool anchored, const char *id, ens_report *report);

#endif
