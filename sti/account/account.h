/* The account of a person, as a rehearsal of Prodouane's: made, confirmed by a link that lives a day, logged in to, and
 * linked to a company.
 * Source  French Customs, guide to UUM&DS; what it doesn't say is marked assumed */
#ifndef ENS_STI_ACCOUNT_ACCOUNT_H
#define ENS_STI_ACCOUNT_ACCOUNT_H

#include "engine/base/report.h"
#include "sti/mail/mail.h"

#define ENS_ACCOUNT_ID_MIN 8u
#define ENS_ACCOUNT_ID_MAX 20u
#define ENS_ACCOUNT_NAME 128
#define ENS_ACCOUNT_PHONE 32
#define ENS_ACCOUNT_ADDRESS 512
#define ENS_ACCOUNT_TOPICS 256
#define ENS_SIRET 15
#define ENS_LINK_SECONDS (24 * 3600)
#define ENS_RULE_ACCOUNT "French Customs, guide to UUM&DS, account"

typedef enum { ENS_ACCOUNT_WAITING = 0, ENS_ACCOUNT_ACTIVE } ens__account_state;
const char *ens__account_state_name(ens__account_state state); /* "waiting for confirmation", "active" */

typedef struct {
    char id[ENS_ACCOUNT_ID];
    ens__account_state state;
    char email[ENS_MAIL_ADDRESS], surname[ENS_ACCOUNT_NAME], first_name[ENS_ACCOUNT_NAME];
    char phone[ENS_ACCOUNT_PHONE], address[ENS_ACCOUNT_ADDRESS]; /* optional */
    char topics[ENS_ACCOUNT_TOPICS];                             /* of the news that are wanted */
    char language[3];                                            /* "fr", "en" */
    ens_time created_at, link_until;
    char siret[ENS_SIRET], company[ENS_ACCOUNT_NAME];
    bool linked; /* to that company */
} ens__account;

/* What a person fills in. */
typedef struct {
    ens_slice id, password, email, surname, first_name, phone, address, language;
    bool terms;
} ens__account_form;

/* ens__account_judge adds a finding account.* for every field, and for the user id whether it is free. */
ENS_CHECK ens_code ens__account_judge(ens__rehearsal *r, const ens__account_form *form, ens_time now,
                                      ens_report *report, ens_err *err);
/* ens__account_create judges, and where nothing fails makes the account and writes the mail with its link, which mail
 * identifies. The report tells. */
ENS_CHECK ens_code ens__account_create(ens__rehearsal *r, const ens__account_form *form, ens_time now,
                                       ens_report *report, char mail[ENS_ID], ens_err *err);
/* ens__account_resend writes another link, the one before is void then. Nothing tells whether there was an account. */
ENS_CHECK ens_code ens__account_resend(ens__rehearsal *r, ens_slice id, ens_time now, ens_err *err);
/* ens__account_confirm takes the token of a link.   Errors  ENS_EPOLICY it is void or out of date, or of the other
 * environment */
ENS_CHECK ens_code ens__account_confirm(ens__rehearsal *r, ens_slice token, ens_time now, ens__account *out,
                                        ens_err *err);

ENS_CHECK ens_code ens__account_find(ens__rehearsal *r, ens_slice id, ens__account *out, bool *found, ens_err *err);
ENS_CHECK ens_code ens__accounts(ens__rehearsal *r, ens_arena *arena, ens__account **out, size_t *num, ens_err *err);
/* ens__account_change stores contacts, topics, language and company of an account that is there. */
ENS_CHECK ens_code ens__account_change(ens__rehearsal *r, const ens__account *account, ens_err *err);

/* The link to the company: ens__company_judge adds company.* findings on a SIRET and a name; ens__company_enter keeps
 * them where none fails, and ens__company_confirm links the account to what was entered.
 * Errors  ENS_EPOLICY nothing was entered */
void ens__company_judge(ens_slice siret, ens_slice name, ens_report *report);
ENS_CHECK ens_code ens__company_enter(ens__rehearsal *r, ens__account *account, ens_slice siret, ens_slice name,
                                      ens_report *report, ens_err *err);
ENS_CHECK ens_code ens__company_confirm(ens__rehearsal *r, ens__account *account, ens_err *err);

/* A direct message to a user. */
typedef struct {
    char id[ENS_ID];
    ens_time at;
    char text[1024];
} ens__news;
ENS_CHECK ens_code ens__news_write(ens__rehearsal *r, const char *account, ens_slice text, ens_time now, ens_err *err);
ENS_CHECK ens_code ens__news_of(ens__rehearsal *r, const char *account, ens_arena *arena, ens__news **out, size_t *num,
                                ens_err *err);

#endif
