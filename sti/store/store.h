/* What an access point, and a sender, must not forget: messages taken in with their answers, work to be done, messages
 * to be sent, and a journal of all that came and went. Verbs, not SQL: SQLite holds it in a file today, and another
 * engine may stand behind (sql.h). A handle serves any number of threads: writers take turns, and so do readers. */
#ifndef ENS_STI_STORE_STORE_H
#define ENS_STI_STORE_STORE_H

#include "engine/base/arena.h"
#include "ensign/report.h"

#define ENS_STORE_ID 256u        /* bytes of a message id, a work's id */
#define ENS_STORE_PARTY 64u      /* bytes of a party id */
#define ENS_STORE_NAME 128u      /* bytes of an action (the test service has a URI), a kind of work, an error code */
#define ENS_STORE_URL 1024u      /* bytes of a URL, a channel */
#define ENS_STORE_TEXT 1024u     /* bytes of a detail, a note; longer ones are cut */
#define ENS_STORE_REFERENCE 512u /* bytes of an LRN, an MRN; longer ones are cut */
#define ENS_STORE_RAW ((size_t)1 << 29) /* bytes of a message */
#define ENS_STORE_CLAIM 256u            /* rows of one claim */
#define ENS_STORE_CHANGES 1024u         /* changes of one commit */
#define ENS_STORE_LEASE_MAX_MS                                                                                         \
    ((int64_t)3600 * 1000) /* longer ones are cut; those found at opening come from a clock gone wrong */
#define ENS_STORE_RETRY_MAX_MS ((int64_t)3600 * 1000)

typedef struct ens__store ens__store;
typedef struct ens__hints ens__hints; /* hint.h */

/* What a commit outlives: nothing but the process's end; the machine's; the loss of the machine. */
typedef enum { ENS_DURABLE_NONE = 0, ENS_DURABLE_DISK, ENS_DURABLE_REPLICATED } ens_durable;
const char *ens__durable_name(ens_durable level); /* "none" … */
bool ens__durable_parse(const char *text, ens_durable *out);

typedef struct {
    bool create;    /* make the store where there is none */
    bool read_only; /* nothing will be written */
    /* The time of leases and retries in milliseconds; NULL: the machine's, which no change of its clock disturbs while
     * the store is open. */
    int64_t (*now_ms)(void *ctx);
    void *ctx;
} ens__store_options;

/* ens__store_open opens the store that name names: a file, or a database of PostgreSQL (postgres:KEY=VALUE..., or a URI
 * of libpq).
 * Owns    *out is the caller's, until ens__store_close
 * Errors  ENS_EIO no such file, or the engine's reason; ENS_EPOLICY no store, one of a newer schema, or of an older one
 * that ens__store_migrate has to bring up to date */
bool ens__store_is_elsewhere(const char *name); /* it is no file */
/* ens__store_shown is the name without what is secret in it. */
const char *ens__store_shown(const char *name, char *out, size_t size);
ENS_CHECK ens_code ens__store_open(const char *name, const ens__store_options *options, ens__store **out, ens_err *err);
void ens__store_close(ens__store *store);
/* ens__store_migrate makes the store where there is none, and brings an older one up to date, all or nothing; *from is
 * 0 for a new one.
 * Errors  ENS_EIO, ENS_EPOLICY as above */
ENS_CHECK ens_code ens__store_migrate(const char *name, unsigned *from, unsigned *to, ens_err *err);

/* ens__store_is_shared tells whether other nodes may work on it meanwhile. */
bool ens__store_is_shared(const ens__store *store);
/* ens__store_durable is what the store keeps; ens__store_check says why it isn't more, and what else is amiss, as
 * findings store.*. */
ens_durable ens__store_durable(const ens__store *store);
void ens__store_check(ens__store *store, ens_report *report);

/* -- The journal -- */

typedef enum { ENS_IN = 0, ENS_OUT } ens_entry_direction;

/* The order is stored. The last four never became a message, or are none. */
typedef enum {
    ENS_ENTRY_USER_MESSAGE = 0,
    ENS_ENTRY_RECEIPT,
    ENS_ENTRY_ERROR,
    ENS_ENTRY_PULL_REQUEST,
    ENS_ENTRY_UNREADABLE, /* a body that isn't a message */
    ENS_ENTRY_HTTP,       /* a request that was refused before its body was looked at */
    ENS_ENTRY_TLS,        /* a handshake that failed */
    ENS_ENTRY_NOTE,       /* something that happened to a message: given up */
    ENS_ENTRY_KINDS
} ens_entry_kind;
const char *ens__entry_kind_name(ens_entry_kind kind); /* "user-message" … */
const char *ens__direction_name(ens_entry_direction direction);

/* One thing that came or went. Slices are borrowed until the change is settled; empty ones are unknown. */
typedef struct {
    int64_t at_ms; /* by the caller's clock; 0: by the machine's */
    ens_entry_direction direction;
    ens_entry_kind kind;
    ens_verdict verdict; /* of what goes out: accepted when its receipt was proven, refused when an error came */
    ens_slice action, message_id, ref_to, party, ebms, peer, detail;
    ens_slice lrn, mrn;    /* at the root of the business document that it carries, or what it answers does */
    bool unread;           /* nobody has looked for them */
    ens_slice raw;         /* as ens_verify reads it: header fields in front */
    const uint8_t *sha256; /* of raw; NULL: it is computed */
} ens__entry;

/* A row as it is read back; the slices live during the call that hands it out. */
typedef struct {
    uint64_t seq;
    int64_t at_ms;
    ens_entry_direction direction;
    ens_entry_kind kind;
    ens_verdict verdict;
    ens_slice action, message_id, ref_to, party, ebms, peer, detail, lrn, mrn;
    bool unread; /* an older Ensign wrote it, which did not look for LRN and MRN */
    uint64_t bytes;
    uint8_t sha256[32];
} ens__journal_row;

/* An empty field asks for all. */
typedef struct {
    uint64_t since;  /* rows after this sequence number */
    uint64_t until;  /* and up to this one; 0: to the end */
    ens_slice about; /* the message of this id, and what answers it */
    ens_slice party;
    ens_slice lrn, mrn;  /* of what carries it, and what answers that; rows that nobody has read aren't found */
    int direction, kind; /* -1: any */
    size_t limit;        /* 0: no limit */
} ens__journal_query;
#define ENS_JOURNAL_ALL ((ens__journal_query){.direction = -1, .kind = -1})

/* ens__store_journal_list hands out the rows in their order, until take says no more. take may use the store. */
ENS_CHECK ens_code ens__store_journal_list(ens__store *store, const ens__journal_query *query,
                                           bool (*take)(void *user, const ens__journal_row *row), void *user,
                                           ens_err *err);
/* ens__store_journal_raw appends the bytes of a row to out; *found is false when there is no such row, or they are no
 * longer kept. */
ENS_CHECK ens_code ens__store_journal_raw(ens__store *store, uint64_t seq, ens_buf *out, bool *found, ens_err *err);

/* ens__store_journal_unread looks for the first row after since whose LRN and MRN nobody has looked for; *seq is 0
 * where there is none. ens__store_journal_read looks for them in all of those, a message's by what read says of its
 * bytes, an answer's by the message that it answers. What can't be read stays as it is. */
typedef struct {
    char lrn[ENS_STORE_REFERENCE + 1], mrn[ENS_STORE_REFERENCE + 1];
} ens__references;
ENS_CHECK ens_code ens__store_journal_unread(ens__store *store, uint64_t since, uint64_t *seq, ens_err *err);
ENS_CHECK ens_code ens__store_journal_read(ens__store *store,
                                           bool (*read)(void *user, ens_slice raw, ens__references *out), void *user,
                                           uint64_t *num, ens_err *err);

/* -- Work and messages to be sent -- */

/* Something to be done later. Its id is what it is known by: a second one of the same id is none. */
typedef struct {
    ens_slice id, kind;
    int64_t due_ms; /* by the caller's clock; 0: at once */
    ens_slice body; /* the caller's own; may be empty */
    bool alone;     /* it needs no bytes of the message that it came with, or follows from */
} ens__task;

/* A task that was claimed; it is its holder's until the lease ends, and for as long as nobody else claims it. Lives in
 * the arena. */
typedef struct {
    ens_slice id, kind, body;
    ens_slice message_id, party, action, raw; /* of the message that it came with; may be empty */
    int64_t token, due_ms;
    unsigned attempts; /* this one included */
} ens__work;

/* ens__store_claim_work takes at most max tasks of a kind (empty: any) that are due at at_ms, the longest due first.
 * Errors  ENS_EIO; ENS_ENOMEM the arena is full */
ENS_CHECK ens_code ens__store_claim_work(ens__store *store, ens_slice kind, int64_t at_ms, unsigned max,
                                         int64_t lease_ms, ens_arena *arena, ens__work **out, size_t *num,
                                         ens_err *err);

typedef enum { ENS_PUSH = 0, ENS_PULL } ens_mode;
typedef enum { ENS_OUTBOUND_READY = 0, ENS_OUTBOUND_DELIVERED, ENS_OUTBOUND_GIVEN_UP } ens_outbound_state;
const char *ens__outbound_state_name(ens_outbound_state state); /* "ready" … */

/* A message to be sent, sealed already: the same bytes and id on every attempt. */
typedef struct {
    ens__entry message; /* message_id, action, party (the receiver), ref_to, lrn, mrn and raw */
    ens_mode mode;
    ens_slice mpc, url; /* the channel it is pulled from; where it is pushed to, empty: the party's channel says it */
    unsigned category;  /* 1 … 3: A, B, C */
    unsigned tries;     /* at most; 0: ENS_STORE_TRIES */
    int64_t after_ms;   /* the first attempt is made no earlier than so many milliseconds from now */
    ens_slice note;     /* the caller's own, given back */
} ens__outgoing;
#define ENS_STORE_TRIES 10u

/* A message to be sent as it is read back. */
typedef struct {
    ens_slice message_id, ref_to, action, party, mpc, url, note, ebms, detail, lrn, mrn, raw, answer;
    ens_mode mode;
    unsigned category, attempts, tries;
    ens_outbound_state state;
    int64_t token, next_ms; /* next_ms: the next attempt, or when it was settled; by the store's clock */
    int http;
} ens__outbound;

/* ens__store_claim_outbound takes at most max messages that are due: by category, then for pull in the order in which
 * they were given, for push the longest due first. A message whose tries are used up is given up instead, with a note
 * in the journal. */
typedef struct {
    ens_mode mode;
    ens_slice party, mpc; /* of a pull */
    unsigned max;
    int64_t lease_ms; /* and a millisecond longer for every 64 bytes of the message */
} ens__outbound_claim;
ENS_CHECK ens_code ens__store_claim_outbound(ens__store *store, const ens__outbound_claim *claim, ens_arena *arena,
                                             ens__outbound **out, size_t *num, ens_err *err);
/* ens__store_find_outbound reads one message with its bytes. */
ENS_CHECK ens_code ens__store_find_outbound(ens__store *store, ens_slice message_id, ens_arena *arena,
                                            ens__outbound *out, bool *found, ens_err *err);
/* ens__store_list_outbound hands out those of one state without their bytes, in the order of their ids. take may use
 * the store. */
ENS_CHECK ens_code ens__store_list_outbound(ens__store *store, ens_outbound_state state,
                                            bool (*take)(void *user, const ens__outbound *row), void *user,
                                            ens_err *err);
/* ens__store_give_up ends what was pulled as often as it may be and never acknowledged, and hands out at most
 * ENS_STORE_CLAIM of them, without their bytes. */
ENS_CHECK ens_code ens__store_give_up(ens__store *store, void (*tell)(void *user, const ens__outbound *row), void *user,
                                      ens_err *err);
/* ens__store_revive makes a message that was given up one to be sent again, with all its tries; *found is false where
 * none of that id was given up. */
ENS_CHECK ens_code ens__store_revive(ens__store *store, ens_slice message_id, unsigned tries, bool *found,
                                     ens_err *err);
/* ens__store_send_again makes a message that was delivered, or given up, one to be sent again; *found is false where
 * none of that id was. */
ENS_CHECK ens_code ens__store_send_again(ens__store *store, ens_slice message_id, bool *found, ens_err *err);
/* ens__store_next_push tells how many pushes are open, and in how many milliseconds the first of them is due. */
ENS_CHECK ens_code ens__store_next_push(ens__store *store, uint64_t *num, int64_t *in_ms, ens_err *err);

/* ens__store_backoff_ms is first_ms doubled with every attempt up to most_ms, and up to a fifth of it less by
 * chance. */
int64_t ens__store_backoff_ms(int64_t first_ms, int64_t most_ms, unsigned attempts);

/* ens__store_listen has heard called, by a thread of its own, when somebody who doesn't listen has put work or a
 * message down: who listens does what he puts down himself. It is a hint, which may be lost or come for nothing; no
 * engine but PostgreSQL gives any, and *out is NULL there. ens__store_deaf ends it.   Errors  ENS_ENOMEM */
ENS_CHECK ens_code ens__store_listen(ens__store *store, void (*heard)(void *user), void *user, ens__hints **out,
                                     ens_err *err);
void ens__store_deaf(ens__store *store, ens__hints *hints);

/* -- Changes -- */

typedef enum {
    ENS_ARRIVAL_NEW = 0,
    ENS_ARRIVAL_AGAIN, /* the same references: the first answer goes out again */
    ENS_ARRIVAL_CLASH, /* the id stands for another message: EBMS:0003 */
} ens_arrival;

/* An accepted message with its receipt, which may leave when this is committed and the arrival is new. */
typedef struct {
    ens__entry message, answer;
    uint8_t refs_sha256[32]; /* of the references that the receipt repeats, however the caller writes them down */
    const ens__task *task;   /* what is to be done with it, once; NULL: nothing */
    ens_buf *stored; /* holds the first answer's bytes when the message came again, else nothing; NULL: not wanted */
    ens_arrival arrival; /* found */
} ens__inbound;

/* What became of an attempt. Delivered: the receipt was proven. Refused: there is no use in trying again. Returned: no
 * attempt was made. */
typedef enum { ENS_ATTEMPT_FAILED = 0, ENS_ATTEMPT_DELIVERED, ENS_ATTEMPT_REFUSED, ENS_ATTEMPT_RETURNED } ens_attempt;

#define ENS_TOKEN_ANY ((int64_t)-1) /* what is settled is true of every attempt, whoever holds the message */
typedef struct {
    ens_slice message_id;
    int64_t token;
    ens_attempt attempt;
    int64_t retry_ms; /* failed: the next attempt in so many milliseconds */
    int64_t rest_ms;  /* returned: the same; 0: when it was due */
    int http;
    ens_slice ebms, detail;
    const ens__entry *answer; /* what came back; NULL: nothing */
    ens_outbound_state state; /* found */
    bool lost;                /* found: somebody else holds it now; only the journal was written */
} ens__settlement;

/* What became of a task: done, with the messages and tasks that follow from it, or to be done again. Tasks that follow
 * are about the same message. */
typedef struct {
    ens_slice id;
    int64_t token;
    bool again;
    int64_t due_ms; /* again: by the caller's clock */
    const ens__outgoing *outgoing;
    size_t num_outgoing;
    const ens__task *tasks;
    size_t num_tasks;
    const struct ens__filing_changes *filings; /* what it does to filings (filing.h); NULL: nothing */
    bool lost;                                 /* found: somebody else holds it now; nothing was changed */
} ens__work_result;

/* A pull: the next message of a channel, which nobody else gets for lease_ms. Request and message are written down
 * when there is one. */
typedef struct {
    ens_slice party, mpc;
    int64_t lease_ms;
    const ens__entry *request;
    ens_buf *raw;                      /* holds the message's bytes */
    bool replayed;                     /* found: the request came before; nothing was changed */
    bool found;                        /* found: false: there is nothing to be pulled now, and nothing was changed */
    char message_id[ENS_STORE_ID + 1]; /* found, as what follows */
    char action[ENS_STORE_NAME + 1];
    unsigned attempt, tries;
} ens__pull;

typedef struct {
    ens__outgoing outgoing;
    bool known; /* found: there is a message of that id already; nothing was changed */
} ens__enqueue;

typedef enum {
    ENS_CHANGE_JOURNAL = 0,
    ENS_CHANGE_INBOUND,
    ENS_CHANGE_ENQUEUE,
    ENS_CHANGE_SETTLE,
    ENS_CHANGE_WORK,
    ENS_CHANGE_TASK,
    ENS_CHANGE_PULL,
    ENS_CHANGE_LEDGER
} ens_change_kind;

/* One change: all of it is kept, or nothing. It is the caller's, and stays where it is until it is settled. */
typedef struct ens__change {
    ens_change_kind kind;
    union {
        struct {
            const ens__entry *entry;
            size_t num;
        } journal;
        ens__inbound inbound;
        ens__enqueue enqueue;
        ens__settlement settle;
        ens__work_result work;
        ens__task task;
        ens__pull pull;
        const struct ens__ledger_change *ledger; /* ledger.h */
    };
    uint64_t seq;  /* found: of the first row that it wrote to the journal, or 0 */
    ens_code code; /* found: ENS_OK when it is kept */
    ens_err err;
    /* The committer's (committer.h). */
    void (*done)(struct ens__change *change);
    void *user;
    struct ens__change *next;
} ens__change;

/* ens__store_commit makes changes in one transaction and returns when it is kept; each change's code says the same. It
 * is safe to repeat what failed: a message that was kept after all comes again, one that is to be sent is known, what
 * was settled is lost.
 * Errors  ENS_ELIMIT, ENS_ESYNTAX something is too long, or an id that decides isn't UTF-8;
 * ENS_EIO the engine's reason */
ENS_CHECK ens_code ens__store_commit(ens__store *store, ens__change *const *changes, size_t num, ens_err *err);

/* ens__store_find_inbound looks whether a message came before, without waiting for a writer; the answer's bytes are
 * appended to stored. What it doesn't find may be on its way: the commit decides. */
ENS_CHECK ens_code ens__store_find_inbound(ens__store *store, ens_slice message_id, const uint8_t refs_sha256[32],
                                           ens_buf *stored, ens_arrival *arrival, ens_err *err);

/* -- Parties' channels -- */

/* How a party wants what customs sends: pushed to a URL, or pulled. The registry (sti/registry), which may be the same
 * file, says who takes part and by which certificate. */
typedef struct {
    char party_id[ENS_STORE_PARTY], url[ENS_STORE_URL];
    ens_mode mode;
} ens__channel;
ENS_CHECK ens_code ens__store_party_put_channel(ens__store *store, const ens__channel *channel, ens_err *err);
ENS_CHECK ens_code ens__store_party_channel(ens__store *store, ens_slice party_id, ens__channel *out, bool *found,
                                            ens_err *err);

/* -- Upkeep -- */

/* What is older than keep_ms goes, and the oldest while the journal has more than size bytes; 0: no bound. The answer
 * of a message that came within duplicates_ms never goes, nor does a message still to be sent, nor one that work is
 * open for; keep_ms is at least that. */
typedef struct {
    int64_t keep_ms, duplicates_ms;
    uint64_t size;
    unsigned rows; /* at most in one transaction; 0: ENS_STORE_PRUNE */
} ens__retention;
#define ENS_STORE_PRUNE 500u
#define ENS_STORE_ROW 256 /* bytes that a row of the journal is counted for, beside its raw bytes */
ENS_CHECK ens_code ens__store_prune(ens__store *store, const ens__retention *retention, bool *more, ens_err *err);

/* ens__store_hold keeps the bytes of what the query finds from retention, until ens__store_release of that name; *num
 * counts what was not held by it before. What comes later isn't held. */
#define ENS_STORE_NEVER_MS (INT64_MAX - 1) /* when a hold would be due */
ENS_CHECK ens_code ens__store_hold(ens__store *store, ens_slice name, const ens__journal_query *query, uint64_t *num,
                                   ens_err *err);
ENS_CHECK ens_code ens__store_release(ens__store *store, ens_slice name, uint64_t *num, ens_err *err);
/* ens__store_backup writes all of a store that is a file, as it is at one moment, into another file, which must not be
 * there; who works on it isn't held up. A backup is a store: the same way back restores it.
 * Errors  ENS_EPOLICY a database of PostgreSQL, which has means of its own; ENS_EIO */
ENS_CHECK ens_code ens__store_backup(const char *name, const char *to, ens_err *err);

typedef struct {
    uint64_t commits;                          /* durable ones of this handle */
    uint64_t changes;                          /* in them */
    uint64_t last_seq, bytes;                  /* of the journal */
    uint64_t work, ready, delivered, given_up; /* rows */
} ens__store_counts;
ENS_CHECK ens_code ens__store_count(ens__store *store, ens__store_counts *out, ens_err *err);
/* ens__store_commits is the first of them, which costs nothing to tell. Any thread. */
uint64_t ens__store_commits(ens__store *store);
/* ens__store_last_seq is the journal's last sequence number alone: cheap, for who asks often. */
ENS_CHECK ens_code ens__store_last_seq(ens__store *store, uint64_t *out, ens_err *err);

#endif
