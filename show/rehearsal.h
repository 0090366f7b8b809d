/* What the rehearsal of a registration keeps, as JSON: people, mails, requests, registrations and tasks. */
#ifndef ENS_SHOW_REHEARSAL_H
#define ENS_SHOW_REHEARSAL_H

#include "engine/base/json.h"
#include "sti/account/account.h"
#include "sti/registration/dossier.h"
#include "sti/registration/todo.h"
#include "sti/rights/rights.h"

/* Each writes an object: as a member of that name, or by itself (NULL). */
void ens__account_json(ens_json *j, const char *name, const ens__account *a);
void ens__mail_json(ens_json *j, const char *name, const ens__mail *m, ens_slice body);
void ens__news_json(ens_json *j, const char *name, const ens__news *n);
void ens__rights_json(ens_json *j, const char *name, const ens__rights *q);
void ens__dossier_json(ens_json *j, const char *name, const ens__dossier *d, ens__dossier_status status);
void ens__todo_json(ens_json *j, const char *name, const ens__todo *t);
void ens__information_json(ens_json *j, const char *name, const ens__information *i);

#endif
