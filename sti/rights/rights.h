/* Requests for the rights in UUM&DS: asked for by e-mail, decided by an officer, in the order of the date at which they
 * are wanted. Rights hold in one environment alone, for one user and one EORI. */
#ifndef ENS_STI_RIGHTS_RIGHTS_H
#define ENS_STI_RIGHTS_RIGHTS_H

#include "sti/rights/letter.h"

#define ENS_RIGHTS_REASON 512

typedef enum { ENS_RIGHTS_REQUESTED = 0, ENS_RIGHTS_GRANTED, ENS_RIGHTS_REFUSED } ens__rights_state;
const char *ens__rights_state_name(ens__rights_state state); /* "requested" … */

typedef enum { ENS_RIGHTS_COMPOSED = 0, ENS_RIGHTS_PASTED, ENS_RIGHTS_EML } ens__rights_source;
const char *ens__rights_source_name(ens__rights_source source); /* "composed" … */

typedef struct {
    char id[ENS_ID], account[ENS_ACCOUNT_ID], eori[ENS_UUMDS_EORI], company[ENS_ACCOUNT_NAME];
    ens_time wanted, asked_at, decided_at; /* decided_at: 0 before */
    ens__rights_state state;
    char reason[ENS_RIGHTS_REASON];
    ens__rights_source source;
} ens__rights;

/* ens__rights_ask takes a letter that was read or composed, once nothing failed: adds findings rights.* on the account,
 * and keeps the request and, of a composed one, its mail. *out is set where the report accepts. */
ENS_CHECK ens_code ens__rights_ask(ens__rehearsal *r, const ens__letter *letter, ens__rights_source source,
                                   ens_time now, ens_report *report, ens__rights *out, ens_err *err);
/* ens__rights_list lists them as the officer takes them: those that wait first, by the date that is wanted. account
 * NULL: whoever's. */
ENS_CHECK ens_code ens__rights_list(ens__rehearsal *r, const char *account, ens_arena *arena, ens__rights **out,
                                    size_t *num, ens_err *err);
/* ens__rights_find reads one.   Errors  those of ens__id_check; ENS_ESYNTAX none of that id */
ENS_CHECK ens_code ens__rights_find(ens__rehearsal *r, ens_slice id, ens__rights *out, ens_err *err);
/* ens__rights_decide grants or refuses what waits, and tells the user by a direct message and a mail.
 * Errors  ENS_EPOLICY it is decided already, or refused without a reason */
ENS_CHECK ens_code ens__rights_decide(ens__rehearsal *r, ens_slice id, bool grant, ens_slice reason, ens_time now,
                                      ens__rights *out, ens_err *err);
/* ens__rights_held tells whether an account holds rights for an EORI, and the company that they were granted for. */
ENS_CHECK ens_code ens__rights_held(ens__rehearsal *r, const char *account, ens_slice eori, ens__rights *out,
                                    bool *held, ens_err *err);

#endif
