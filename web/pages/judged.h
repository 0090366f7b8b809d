/* What is judged for a page, and shown on it: a message with its parts and its document, as it stands in the journal or
 * as somebody dropped it. */
#ifndef ENS_WEB_PAGES_JUDGED_H
#define ENS_WEB_PAGES_JUDGED_H

#include "web/pages/visit.h"

#define ENS_OCTETS_SHOWN 1500u                /* of each side where a digest differs */
#define ENS_ENVELOPE_SHOWN ((size_t)12 << 10) /* bytes of an envelope on a page */
#define ENS_DOCUMENT_PARSED ((size_t)8 << 20) /* bytes: of a larger document, its elements aren't shown */

typedef struct {
    const char *file; /* what it is called on the page */
    ens_time at;
    ens_role as;
    bool registered;    /* the registry decides on EORI and certificate */
    ens_slice original; /* of a receipt: the message that it is for; empty: isn't at hand */
} ens_judged_how;

/* ens__judged_message judges a message, and writes the sections that tell of it. part, which may be NULL, is where the
 * parts of the message are to be had: the path gets their number behind it. */
void ens__judged_message(ens_visit *v, ens_slice bytes, const ens_judged_how *how, const char *part);
/* ens__judged_document does so for a business document alone. */
void ens__judged_document(ens_visit *v, ens_slice text, const char *file);
/* ens__judged_elements writes what a document says, where the tables know it. */
void ens__judged_elements(ens_visit *v, ens_slice text);
/* ens__judged_octets writes octets as text, or where they are none as hexadecimal digits, at most so many. */
void ens__judged_octets(ens_html *h, ens_slice octets, size_t most);

#endif
