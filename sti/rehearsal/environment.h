/* The two environments of the rehearsal, each a file of its own. What belongs to one says so in its first letter, so
 * that the other refuses it with the reason, and tells nothing else of it. */
#ifndef ENS_STI_REHEARSAL_ENVIRONMENT_H
#define ENS_STI_REHEARSAL_ENVIRONMENT_H

#include "engine/base/bytes.h"

/* What every page, mail and PDF says, in the language of the page. */
#define ENS_REHEARSAL_EN                                                                                               \
    "REHEARSAL on your own machine. Not a service of the European Commission or of French Customs. Nothing here "      \
    "reaches them."
#define ENS_REHEARSAL_FR                                                                                               \
    "R\u00c9P\u00c9TITION sur votre propre machine. Ce n'est pas un service de la Commission europ\u00e9enne ni de "   \
    "la douane fran\u00e7aise. Rien ne leur est transmis."
#define ENS_REHEARSAL_END                                                                                              \
    "Active in the rehearsal. Not yet registered in UUM&DS: these steps remain, on the real portals."
#define ENS_REHEARSAL_END_FR                                                                                           \
    "Actif dans la r\u00e9p\u00e9tition. Pas encore enregistr\u00e9 dans UUM&DS : ces \u00e9tapes restent \u00e0 "     \
    "faire, sur les vrais portails."
#define ENS_REHEARSAL_PASSWORD "Invent a password for this rehearsal. Never type your real one."
#define ENS_REHEARSAL_PASSWORD_FR "Inventez un mot de passe pour cette r\u00e9p\u00e9tition. Ne tapez jamais le vrai."

typedef enum { ENS_CONFORMANCE = 0, ENS_PRODUCTION } ens__environment;

/* Texts are constants. The addresses are those of the real portals: to be shown, and never called. */
typedef struct {
    const char *name;                            /* "conformance" */
    const char *title, *fr;                      /* "Conformance (test)" */
    char letter;                                 /* of identifiers */
    const char *cookie;                          /* of sessions */
    const char *behalf;                          /* … and of what was chosen before the log-in */
    const char *colour;                          /* of its pages, "#…" */
    const char *mark;                            /* three letters in the MRNs of its filings */
    const char *account, *login, *uumds, *euctp; /* addresses */
} ens__environment_facts;

const ens__environment_facts *ens__environment_of(ens__environment e);
ens__environment ens__environment_other(ens__environment e);
/* ens__environment_read takes a name as people and PDFs write it: "conformance", "Conformance (test)", "PRODUCTION".
 * False: it is none. */
bool ens__environment_read(ens_slice text, ens__environment *out);

#endif
