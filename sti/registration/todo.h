/* Process 2: the provider holds the certificate, and asks its client, the operator, for what customs want to know. The
 * operator finds these tasks in EUCTP; what it answers becomes an IE3R02 of the operator, which the provider's access
 * point seals and sends.
 * Source  French Customs, guide to UUM&DS, process 2; the form of tasks is assumed */
#ifndef ENS_STI_REGISTRATION_TODO_H
#define ENS_STI_REGISTRATION_TODO_H

#include "sti/rights/rights.h"

#define ENS_TODO_TITLE 256
#define ENS_TODO_TEXT 2048
#define ENS_TODO_ANSWER 513 /* an IE3R02 takes 512 characters */
#define ENS_RULE_TODO "Ensign rehearsal, process 2"

typedef struct {
    char id[ENS_ID], provider[ENS_UUMDS_EORI], client[ENS_UUMDS_EORI];
    char title[ENS_TODO_TITLE], text[ENS_TODO_TEXT];
    char mrn[19], reference[18];               /* of the referral that it is about; empty: it is about none */
    ens_time posted_at, deadline, answered_at; /* answered_at: 0 before */
    char answer[ENS_TODO_ANSWER];
} ens__todo;

typedef struct {
    ens_slice provider, client, title, text, mrn, reference;
    ens_time deadline;
} ens__todo_form;

/* ens__todo_post judges by task.* findings and posts where nothing fails: a provider has an active certificate of its
 * own, and its client holds rights. */
ENS_CHECK ens_code ens__todo_post(ens__rehearsal *r, const ens__todo_form *form, ens_time now, ens_report *report,
                                  ens__todo *out, ens_err *err);
/* ens__todos lists those of a client, or of a provider, or (both NULL) of all, by their deadlines, the open ones
 * first. */
ENS_CHECK ens_code ens__todos(ens__rehearsal *r, const char *client, const char *provider, ens_arena *arena,
                              ens__todo **out, size_t *num, ens_err *err);
/* ens__todo_find reads one; of a client that isn't NULL alone, and another's has the answer that none has. */
ENS_CHECK ens_code ens__todo_find(ens__rehearsal *r, ens_slice id, const char *client, ens__todo *out, ens_err *err);
/* ens__todo_answer keeps the answer, once.   Errors  ENS_EPOLICY it is answered, or nothing is said; ENS_ELIMIT */
ENS_CHECK ens_code ens__todo_answer(ens__rehearsal *r, ens__todo *task, ens_slice text, ens_time now, ens_err *err);
/* ens__todo_document writes the IE3R02 of an answered task about a referral: the operator as declarant.
 * Errors  ENS_EPOLICY it isn't answered, or is about none */
ENS_CHECK ens_code ens__todo_document(const ens__todo *task, ens_buf *out, ens_err *err);

/* What customs tell the operator for information: IE3Q01 to IE3Q03, as the store of the access point has them; none in
 * the file of a registry alone. */
typedef struct {
    char message_id[256], mrn[19], action[8];
    ens_time at;
} ens__information;
ENS_CHECK ens_code ens__information_of(ens__rehearsal *r, const char *eori, ens_arena *arena, ens__information **out,
                                       size_t *num, ens_err *err);

#endif
