/* Who has to act on what a check found: the person who files, who runs their access point, the CA that issued the
 * certificate, or customs. */
#ifndef ENS_STI_DOCTOR_WHO_H
#define ENS_STI_DOCTOR_WHO_H

#include "ensign/report.h"

typedef enum { ENS_WHO_NOBODY = 0, ENS_WHO_YOU, ENS_WHO_PROVIDER, ENS_WHO_CA, ENS_WHO_CUSTOMS } ens_who;

const char *ens__who_name(ens_who who);  /* "nobody", "you", "provider", "ca", "customs" */
const char *ens__who_words(ens_who who); /* "your provider" …, for a sentence */

/* ens__who_of tells by the id of a check: its own row, or that of its family; NOBODY: neither is there. of_customs: it
 * is about a message that customs made, so that what a provider would mend is theirs. */
ens_who ens__who_of(const char *check, bool of_customs);
/* ens__who_of_code tells by what an access point answered: "EBMS:0004", "A001". */
ens_who ens__who_of_code(ens_slice code, ens_slice subcode);

/* Row i of the table: an id ("payload.root") or a family ("payload"); NULL past the end. */
const char *ens__who_row(size_t i);

#endif
