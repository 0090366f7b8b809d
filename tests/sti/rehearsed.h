/* A rehearsal for tests: a file for each environment in a folder of its own. */
#ifndef ENS_TESTS_STI_REHEARSED_H
#define ENS_TESTS_STI_REHEARSED_H

#include "sti/account/login.h"
#include "sti/registration/dossier.h"
#include "sti/registration/todo.h"

#define REHEARSED_NOW ((ens_time)1790856000) /* 2026-10-01T12:00:00Z */
#define REHEARSED_EORI "FR73282932000074"
#define REHEARSED_PASSWORD "R4-invented-only"

typedef struct {
    char folder[64];
    ens__rehearsal *of[2]; /* by ens__environment */
    ens_report *report;
    ens_arena arena;
} rehearsed;

void rehearsed_open(rehearsed *t);
void rehearsed_close(rehearsed *t);

/* Each does what a person does, and answers whether it was taken; the report is that of the last one. */
bool rehearsed_account(rehearsed *t, ens__environment e, const char *user); /* created and confirmed */
bool rehearsed_rights(rehearsed *t, ens__environment e, const char *user, const char *eori, ens__rights *out);
bool rehearsed_open_dossier(rehearsed *t, ens__environment e, const char *user, const char *eori, ens__dossier *out);
/* rehearsed_signed appends the registration PDF, signed with a certificate of the fixtures ("trader"). */
bool rehearsed_signed(rehearsed *t, ens__environment e, ens__dossier *d, const char *signer, ens_buf *out);
bool rehearsed_upload(rehearsed *t, ens__environment e, ens__dossier *d, ens_slice file);
/* rehearsed_link takes the token out of the newest mail. */
bool rehearsed_link(rehearsed *t, ens__environment e, char out[ENS_ID]);
/* rehearsed_tells: a finding of this id has that outcome. */
bool rehearsed_tells(const rehearsed *t, const char *id, ens_outcome outcome);

#endif
