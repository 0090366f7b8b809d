/* The pages of the rehearsed registration: Start, the account, requests for rights, UUM&DS, EUCTP, officers' desks.
 * They stand beside the pages of the server, in the same frame, over the file of its registry. */
#ifndef ENS_WEB_REGISTRATION_ROOM_H
#define ENS_WEB_REGISTRATION_ROOM_H

#include "web/pages/pages.h"

typedef struct ens_registration ens_registration;

/* *out is NULL where there are no pages, or where the registry is no file (PostgreSQL). */
ENS_CHECK ens_code ens__registration_open(const ens_web_ground *ground, ens_pages *pages, ens_registration **out,
                                          ens_err *err);
/* ens__registration_at tells it where it is reached, for the links in mails. */
ENS_CHECK ens_code ens__registration_at(ens_registration *room, const char *url, ens_err *err);
ens_web_room ens__registration_room(ens_registration *room);
void ens__registration_close(ens_registration *room);

#endif
