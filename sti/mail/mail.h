/* The mails that the rehearsal writes. They stay in its file, as an outbox; one leaves only where a mail server is set,
 * and only to an address that the settings list. None goes to *.gouv.fr or *.europa.eu, whatever is listed. */
#ifndef ENS_STI_MAIL_MAIL_H
#define ENS_STI_MAIL_MAIL_H

#include "sti/rehearsal/rehearsal.h"

#define ENS_MAIL_ADDRESS 255
#define ENS_MAIL_SUBJECT 512
#define ENS_MAIL_BODY_MAX ((size_t)64 << 10)
#define ENS_ACCOUNT_ID 21 /* as account.h has it */

typedef enum { ENS_MAIL_KEPT = 0, ENS_MAIL_SENT, ENS_MAIL_REFUSED } ens__mail_state;
const char *ens__mail_state_name(ens__mail_state state); /* "kept" … */

typedef struct {
    char id[ENS_ID];
    ens_time at;
    char to[ENS_MAIL_ADDRESS], subject[ENS_MAIL_SUBJECT];
    ens__mail_state state;
    char reason[256];             /* why it stays; empty: nobody tried */
    char account[ENS_ACCOUNT_ID]; /* whom it is about */
} ens__mail;

/* What is written; the subject's mark, banner and footer are put around it. */
typedef struct {
    const char *account, *to, *subject, *language; /* "fr", or English */
    ens_slice text;
} ens__mail_draft;

/* ens__mail_write keeps a mail, and sends it where the settings allow that: "smtp", URL of a mail server; "mail-from";
 * "mail-to", addresses with commas between them.   Errors  ENS_EIO, ENS_ECRYPTO; a mail that can't leave is none */
ENS_CHECK ens_code ens__mail_write(ens__rehearsal *r, const ens__mail_draft *draft, ens_time now, char out[ENS_ID],
                                   ens_err *err);
/* ens__mails lists them, the newest first; account NULL: whoever's. */
ENS_CHECK ens_code ens__mails(ens__rehearsal *r, const char *account, ens_arena *arena, ens__mail **out, size_t *num,
                              ens_err *err);
/* ens__mail_find reads one, with its text.   Errors  those of ens__id_check; ENS_ESYNTAX none of that id */
ENS_CHECK ens_code ens__mail_find(ens__rehearsal *r, ens_slice id, ens__mail *out, ens_buf *body, ens_err *err);
/* ens__mail_send tries to send one that is kept; state and reason tell what became of it. */
ENS_CHECK ens_code ens__mail_send(ens__rehearsal *r, ens_slice id, ens_err *err);

/* ens__mail_message writes a mail as a file (RFC 5322). */
void ens__mail_message(const ens__mail *mail, ens_slice body, const char *from, ens_buf *out);

/* ens__mail_address takes local@domain in its plainest form alone: no quotes, comments, literals or final dots.
 * ens__mail_official: the domain is gouv.fr or europa.eu, or below. */
bool ens__mail_address(ens_slice address);
bool ens__mail_official(ens_slice address);
/* ens__mail_listed tells whether the list, with commas between addresses, has this one. */
bool ens__mail_listed(ens_slice list, ens_slice address);

/* ens__smtp_send hands a message to a mail server: on this machine, or elsewhere by TLS.
 * Errors  ENS_EPOLICY a URL that is not allowed; ENS_EIO */
ENS_CHECK ens_code ens__smtp_send(const char *url, const char *from, const char *to, ens_slice message, ens_err *err);

#endif
