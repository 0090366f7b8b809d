/* Faults on demand, for those who rehearse what their software does about them: a message asks for one by the end of
 * its LRN, as payment test cards do by their number, or a rule of the configuration gives one to whatever fits it. Only
 * in profile rehearsal. */
#ifndef ENS_STI_FAULT_FAULT_H
#define ENS_STI_FAULT_FAULT_H

#include "engine/net/tls.h"
#include "ensign/verify.h"

#define ENS_FAULT_SLOW_MAX 60u /* seconds */
#define ENS_FAULT_RULES_MAX 64u
#define ENS_FAULT_TWICE "twice" /* the body of a task, and the note of a message, that are to be delivered twice */

typedef enum {
    ENS_FAULT_NONE = 0,
    ENS_FAULT_REFUSE,   /* -0101 …, -EBMS0003 …, -A001 … -A003: refused by that code */
    ENS_FAULT_LOST,     /* -LOST: accepted and kept, and the connection ends without an answer */
    ENS_FAULT_CUT,      /* -CUT: the connection ends in the middle of the answer */
    ENS_FAULT_TLS,      /* -TLS: in place of the answer comes what is no TLS */
    ENS_FAULT_SLOW,     /* -SLOW5: the answer comes so many seconds later */
    ENS_FAULT_DIGEST,   /* -DIGEST: a receipt whose digests are not the message's */
    ENS_FAULT_UNSIGNED, /* -UNSIGNED: a receipt whose seal doesn't cover the Body */
    ENS_FAULT_FOREIGN,  /* -FOREIGN: a receipt that a stranger sealed */
    ENS_FAULT_DUP,      /* -DUP: what answers it is delivered twice */
    /* Of connections, by rules alone. */
    ENS_FAULT_HANDSHAKE, /* an alert answers the client's hello, or its certificate */
    ENS_FAULT_SHOWN      /* another certificate is shown than the server's */
} ens_fault_kind;
const char *ens__fault_name(ens_fault_kind kind);  /* "refuse" …, as the configuration has it */
const char *ens__fault_words(ens_fault_kind kind); /* "the receipt is not sent" … */

typedef struct {
    ens_fault_kind kind;
    const char *code, *subcode; /* of REFUSE: as long as the rule; subcode may be NULL */
    unsigned seconds;           /* of SLOW */
    bool stays;                 /* also for copies: a rule says how often it holds */
    unsigned rule;              /* its number, from 1; 0: the LRN asked */
} ens_fault;

/* A rule. Patterns have * for any text; NULL fits whatever there is. */
typedef struct {
    const char *party, *action, *message_id, *lrn;
    ens_fault_kind kind;
    const char *code, *subcode;
    unsigned seconds, times; /* times: how often it holds; 0: always */
    /* Of connections. */
    unsigned listener; /* its number, from 1; 0: any */
    int alert;         /* of HANDSHAKE: its number in RFC 8446, 6 */
    const char
        *client;  /* of HANDSHAKE: a pattern of the subject of the certificate shown; NULL: the hello is answered */
    ens_tls *tls; /* of SHOWN: with the other certificate; shared */
} ens_fault_rule;

typedef struct ens_fault_rules ens_fault_rules;

/* ens__fault_rules_new copies the rules.
 * Errors  ENS_EPOLICY a refusal without a code that ICS2 knows, seconds without slow; ENS_ELIMIT; ENS_ENOMEM */
ENS_CHECK ens_code ens__fault_rules_new(const ens_fault_rule *rules, size_t num, ens_fault_rules **out, ens_err *err);
/* ens__fault_rules_share takes one more reference, and NULL for NULL; ens__fault_rules_free gives one back. */
ens_fault_rules *ens__fault_rules_share(ens_fault_rules *rules);
void ens__fault_rules_free(ens_fault_rules *rules);

/* ens__fault_of_lrn reads the end of an LRN. */
ens_fault ens__fault_of_lrn(ens_slice lrn);
/* ens__fault_of_message finds the first rule that fits, each use of which counts; else it reads the end of the LRN of
 * the business document. rules may be NULL. Any thread. */
ens_fault ens__fault_of_message(ens_fault_rules *rules, const ens_message *m);

/* ens__fault_of_connection says how the handshake of a connection that has just come is to end; judges: there are rules
 * by the client's certificate. ens__fault_of_client gives the alert for that, or 0. rules may be NULL. Any thread. */
void ens__fault_of_connection(ens_fault_rules *rules, unsigned listener, ens_tls_rehearsal *out, bool *judges);
int ens__fault_of_client(ens_fault_rules *rules, unsigned listener, ens_slice subject);

#endif
