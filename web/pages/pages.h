/* The pages: what a browser shows of the server, and lets people do. */
#ifndef ENS_WEB_PAGES_PAGES_H
#define ENS_WEB_PAGES_PAGES_H

#include "web/base/site.h"
#include "web/house.h"

typedef struct ens_pages ens_pages;

/* *out is NULL where others than its own machine reach the server without TLS and a log-in: there are no pages for
 * them.
 * Errors  ENS_ENOMEM, ENS_ECRYPTO; those of reading the file of users, and a demo's anchors */
ENS_CHECK ens_code ens__pages_open(const ens_web_ground *ground, ens_pages **out, ens_err *err);
/* Its prefix is empty: it stands behind all other rooms. */
ens_web_room ens__pages_room(ens_pages *pages);
/* ens__pages_admit is how a room of people lets nobody in who has to log in first: pages is what pages were
 * opened as. */
bool ens__pages_admit(void *pages, ens_web_request *r, ens_web_answer *a);
/* ens__pages_stop ends streams. */
void ens__pages_stop(ens_pages *pages);
void ens__pages_close(ens_pages *pages);

#endif
