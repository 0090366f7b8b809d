/* Customs as a test talks to them: documents made of skeletons, taken in and kept in a store, with no message around
 * them. */
#ifndef ENS_TESTS_STI_CUSTOMS_DESK_H
#define ENS_TESTS_STI_CUSTOMS_DESK_H

#include "sti/filing/customs.h"

#define DESK_TRADER "FR000000001"
#define DESK_CARRIER "FR000000002"
#define DESK_OTHER "FR000000003"
#define DESK_EDITS 12u
#define DESK_LETTERS 128u

/* A document: what differs from the skeleton. parent ENS_EL_NONE is any. text NULL: the element is there, as an
 * example; "": it is not. */
typedef struct {
    uint16_t parent, name;
    const char *text;
} desk_edit;

typedef struct {
    const char *action, *from, *lrn, *mrn, *number, *reference;
    const char *party; /* access point; NULL: that of from */
    desk_edit edit[DESK_EDITS];
    const ens_cue *cue;
    const char *cut; /* an element that is taken out of the text: it is at fault then */
} desk_document;

/* A message of customs, read again. */
typedef struct {
    char action[8], to[66], person[ENS_FILING_PERSON], mrn[20];
    bool answers; /* it refers to the message in hand */
    size_t further;
    char *text;
} desk_letter;

typedef struct customs_desk customs_desk;
struct customs_desk {
    ens__store *store;
    ens_time now;
    /* others do what is to be done, in place of this process; false: there is nothing */
    bool (*others)(customs_desk *d, const char *kind, ens_time until);
    desk_letter letter[DESK_LETTERS];
    unsigned num;
    char why[128];
    unsigned events, failed; /* events so far; letters that the tables do not take */
};

/* desk_open makes a store; linking is how long partial filings wait. */
void desk_open(customs_desk *d, ens_time linking);
/* desk_open_over opens one over a store that is there, or is made. */
void desk_open_over(customs_desk *d, const char *store, ens_time linking);
void desk_close(customs_desk *d);

/* desk_send has a document taken in, desk_order an order obeyed; what is said is in d->letter. desk_wait lets time pass
 * and does what is due meanwhile, in its order; letters add up. */
void desk_send(customs_desk *d, const desk_document *document);
void desk_order(customs_desk *d, ens_order_kind kind, const char *mrn);
void desk_wait(customs_desk *d, ens_time seconds);
/* desk_do does the first task of a kind that is due until a time: an event that is put down, or what is to be done
 * later. */
#define DESK_EVENT "event"
#define DESK_LEASE_MS 60
typedef enum { DESK_NOTHING = 0, DESK_DONE, DESK_FAILED } desk_did;
desk_did desk_do(customs_desk *d, const char *kind, ens_time until, ens_err *err);
void desk_forget(customs_desk *d); /* what was said */
/* desk_hear takes a message of customs out of the store. */
void desk_hear(customs_desk *d, const ens__outbound *m);
/* desk_file sends a filing and gives its MRN, "" where it has none; what was due at once is done. */
const char *desk_file(customs_desk *d, const desk_document *document);

/* desk_write writes a document as text, with NUL behind it; the buffer is the caller's to free. */
void desk_write(const desk_document *document, ens_time at, ens_buf *out);

/* desk_heard finds a message of that action to a party (NULL: anybody); NULL: none. desk_said lists actions and
 * receivers. */
const desk_letter *desk_heard(const customs_desk *d, const char *action, const char *to);
const char *desk_said(const customs_desk *d);
/* desk_text is the text of the first element of that name; static storage. */
const char *desk_text(const desk_letter *l, const char *name);
/* desk_filing reads a filing as the store has it. */
ens_filing desk_filing(customs_desk *d, const char *mrn);
/* desk_prefers puts down what a person wants to be told. */
void desk_prefers(customs_desk *d, const char *eori, const char *wants);

#endif
