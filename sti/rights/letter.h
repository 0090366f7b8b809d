/* The e-mail by which rights are asked for: composed for the user, and read when it is pasted or dropped.
 * Source  French Customs, guide to UUM&DS, request for rights; the labels of the body's lines are assumed */
#ifndef ENS_STI_RIGHTS_LETTER_H
#define ENS_STI_RIGHTS_LETTER_H

#include "sti/account/account.h"

#define ENS_RULE_RIGHTS "French Customs, guide to UUM&DS, request for rights"
#define ENS_RIGHTS_MAILBOX "ics2@douane.invalid" /* of the rehearsal */

typedef struct {
    char company[ENS_ACCOUNT_NAME], eori[ENS_UUMDS_EORI + 8], account[ENS_ACCOUNT_ID + 8];
    ens_time wanted; /* when the rights are wanted; ENS_TIME_NONE: not said */
    ens__environment environment;
} ens__letter;

/* The prescribed subject, and a body of four lines. */
void ens__letter_subject(const ens__letter *l, ens_buf *out);
void ens__letter_body(const ens__letter *l, ens_buf *out);

/* ens__letter_read reads what was pasted: a line with the subject, and the lines of the body, in English or French.
 * What is missing or otherwise is told as findings rights.*; at is when it came. */
void ens__letter_read(ens_slice text, ens__environment here, ens_time at, ens__letter *out, ens_report *report);
/* ens__letter_read_eml does so with an e-mail as a file. */
void ens__letter_read_eml(ens_slice file, ens__environment here, ens_time at, ens__letter *out, ens_report *report);

/* ens__date_read takes 2026-10-01, 01/10/2026 and 01.10.2026. */
bool ens__date_read(ens_slice text, ens_time *out);

#endif
