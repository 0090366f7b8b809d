/* Which names an authority may certify. Constraints add up from the anchor down: a certificate's names have to lie
 * within what each authority above permits, and outside of what any excludes, so each extension is asked by itself.
 * Source  RFC 5280, 4.2.1.10 and 6.1 */
#ifndef ENS_CERTS_PATH_NAMECONSTRAINTS_H
#define ENS_CERTS_PATH_NAMECONSTRAINTS_H

#include "ensign/cert.h"

#define ENS_SUBTREES_MAX 512u     /* of one extension */
#define ENS_CONSTRAINED_MAX 1024u /* names of one certificate */

/* ens__name_constraints_check returns NULL when every name of the certificate satisfies the extension, else what is
 * wrong, a constant. A constraint on a form of names that isn't understood refuses the certificates that have such a
 * name. */
const char *ens__name_constraints_check(ens_slice extension, const ens_cert *cert);

#endif
