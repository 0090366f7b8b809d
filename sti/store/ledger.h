/* The ledger: what was predicted of a message, beside what another access point really answered. A row is about a
 * message of the journal, and says where both sides stand there. What it means for them to agree is another's to know
 * (sti/ledger). */
#ifndef ENS_STI_STORE_LEDGER_H
#define ENS_STI_STORE_LEDGER_H

#include "sti/store/store.h"

/* What came back. The order is stored, as that of the next two is. */
typedef enum {
    ENS_REAL_NOTHING = 0,   /* nobody reached, no answer in time, or one of which nothing follows */
    ENS_REAL_RECEIPT,       /* proven against the message */
    ENS_REAL_UNPROVEN,      /* it fits the message; who sealed it can't be told here */
    ENS_REAL_FALSE_RECEIPT, /* it proves nothing */
    ENS_REAL_ERROR,         /* an error signal */
    ENS_REAL_MESSAGE,       /* a user message: what a pull fetches, or what customs reply */
    ENS_REAL_TAKEN,         /* a status of 2xx without a body: a signal was taken */
    ENS_REAL_TURNED_AWAY,   /* refused without a code of ebMS: by HTTP, or by a SOAP fault */
    ENS_REALS
} ens_real;
const char *ens__real_name(ens_real real); /* "receipt" … */

typedef enum { ENS_AGREEMENT_UNKNOWN = 0, ENS_AGREES, ENS_DISAGREES } ens_agreement;
const char *ens__agreement_name(ens_agreement agreement); /* "unknown", "agrees", "disagrees" */

typedef enum {
    ENS_DIFFERS_NOT = 0,
    ENS_DIFFERS_VERDICT,   /* accepted here and refused there, or the other way round */
    ENS_DIFFERS_CODE,      /* refused by both, by other codes */
    ENS_DIFFERS_SUBCODE,   /* … by other sub-codes of UUM&DS */
    ENS_DIFFERS_RECEIPT,   /* the receipt doesn't prove what it should */
    ENS_DIFFERS_DUPLICATE, /* the message came before, and is taken otherwise */
    ENS_DIFFERS_REPLY,     /* customs reply otherwise to the document */
    ENS_DIFFERS_ANSWER,    /* what customs sent would be refused here */
    ENS_DIFFERENCES
} ens_difference;
const char *ens__difference_name(ens_difference difference); /* NULL for NOT */

typedef struct {
    ens_verdict verdict;
    ens_slice ebms, subcode, reply; /* what refuses; "IE3N99": customs refuse the document behind the receipt */
    ens_slice check, rule, detail;  /* what decides */
} ens__predicted;

typedef struct {
    ens_real kind;
    unsigned http;                  /* 0: no response */
    ens_slice ebms, subcode, reply; /* reply: the action of a message */
    ens_slice detail;
} ens__answered;

typedef struct {
    uint64_t id;              /* read */
    uint64_t seq, answer_seq; /* of the message and of its answer in the journal; 0: not there */
    int64_t at_ms;
    bool learned; /* it happened elsewhere; else it went through here */
    bool held;    /* it was held back: nobody was asked */
    ens_slice target, message_id, action, party;
    bool has_refs;
    uint8_t refs_sha256[32]; /* of the references that a receipt repeats */
    ens__predicted predicted;
    ens__answered real;
    ens_agreement agreement;
    ens_difference difference;
} ens__ledger_row;

/* A row with what it is about. */
typedef struct ens__ledger_change {
    const ens__entry *message, *answer; /* written down with it; NULL: it is there already, or there is none */
    ens__ledger_row row;                /* seq is that of the message where it is there already */
    const ens__ledger_row *also;        /* what the answer says about an earlier message, in its seq; or NULL */
} ens__ledger_change;

/* An empty message_id asks for all. */
typedef struct {
    uint64_t since; /* rows after this id */
    int agreement;  /* ens_agreement; -1: any */
    ens_slice message_id;
} ens__ledger_query;

/* ens__store_ledger_list hands out rows in their order, until take says no more. take may use the store. */
ENS_CHECK ens_code ens__store_ledger_list(ens__store *store, const ens__ledger_query *query,
                                          bool (*take)(void *user, const ens__ledger_row *row), void *user,
                                          ens_err *err);
/* ens__store_ledger_earlier tells whether a message of that id was acknowledged at target before, through here, or a
 * pull request of that id had a message. */
ENS_CHECK ens_code ens__store_ledger_earlier(ens__store *store, ens_slice target, ens_slice message_id,
                                             const uint8_t refs_sha256[32], ens_arrival *arrival, ens_err *err);

typedef struct {
    uint64_t agree, disagree, unknown, held; /* held are counted apart */
} ens__ledger_counts;
ENS_CHECK ens_code ens__store_ledger_count(ens__store *store, ens__ledger_counts *out, ens_err *err);

#endif
