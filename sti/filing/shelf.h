/* The filings in hand: read from the store once, changed here, and given to the change that keeps them. What an event
 * changes the next one sees, before it is kept. One thread's; the first failure stays until the next batch. */
#ifndef ENS_STI_FILING_SHELF_H
#define ENS_STI_FILING_SHELF_H

#include "sti/filing/filing.h"
#include "sti/store/filing.h"

/* What filings are found by; the numbers are stored. */
typedef enum {
    ENS_KEY_MASTER = 1,    /* number of the master transport document */
    ENS_KEY_HOUSE,         /* of a house transport document, a postal item */
    ENS_KEY_RECEPTACLE,    /* of a receptacle */
    ENS_KEY_SUPPLEMENTARY, /* EORI of who is to file the rest */
    ENS_KEY_MEANS,         /* ship or flight, and when it is expected */
    ENS_KEY_HOUSE_UCR      /* house document and reference of the consignment */
} ens_key_kind;

typedef struct ens_held {
    ens_filing filing;
    const ens__filing_key *keys; /* in order, each once; NULL: not looked at yet */
    size_t num_keys;
    ens_slice document;   /* new; empty: as the store has it */
    bool touched;         /* changed by the event in hand */
    bool rekeyed, redone; /* … its keys, its document */
    bool ahead;           /* the store does not have its keys yet */
} ens_held;

/* ens__filing_of_row reads a filing that the store has.   Errors  ENS_ESYNTAX it is none */
ENS_CHECK ens_code ens__filing_of_row(const ens__filing_row *row, ens_filing *out, ens_err *err);

typedef struct ens_shelf ens_shelf;
ens_shelf *ens__shelf_new(ens__store *store); /* NULL without memory; the store outlives it */
void ens__shelf_free(ens_shelf *s);
/* ens__shelf_begin forgets everything: what was changed before is kept by now, or lost. */
void ens__shelf_begin(ens_shelf *s);
/* What failed since; ENS_OK: nothing. */
ens_code ens__shelf_failed(const ens_shelf *s, ens_err *err);

/* Each gives NULL, or nothing, where there is none, and after a failure. Filings live until the next batch, lists as
 * well. */
ens_held *ens__shelf_find(ens_shelf *s, ens_slice mrn);
size_t ens__shelf_by_key(ens_shelf *s, ens_slice space, ens_key_kind kind, ens_slice text, ens_held ***out);
size_t ens__shelf_keys(ens_shelf *s, ens_held *h, ens_key_kind kind, const ens__filing_key **out);
ens_slice ens__shelf_document(ens_shelf *s, const ens_held *h);

/* ens__shelf_add takes a new filing in; its MRN is new. */
ens_held *ens__shelf_add(ens_shelf *s, const ens_filing *filing);
/* ens__shelf_rekey and ens__shelf_redo put other keys, in any order, and another document in place of those before;
 * both are copied. */
void ens__shelf_rekey(ens_shelf *s, ens_held *h, const ens__filing_key *keys, size_t num);
void ens__shelf_redo(ens_shelf *s, ens_held *h, ens_slice document);
static inline void ens__shelf_touch(ens_held *h)
{
    h->touched = true;
}

/* ens__shelf_uses tells whether a person has used a reference; ens__shelf_use uses it up. */
bool ens__shelf_uses(ens_shelf *s, ens_slice space, ens_slice person, ens_slice reference);
void ens__shelf_use(ens_shelf *s, ens_slice space, ens_slice person, ens_slice reference, ens_slice mrn);

/* ens__shelf_wants tells whether a person has asked for an action of customs (empty: is connected at all), and by which
 * access point it wants it. */
bool ens__shelf_wants(ens_shelf *s, ens_slice person, const char *action, char party_id[ENS_STORE_PARTY + 1]);

/* ens__shelf_notices gives the documents of what a person was told about a filing since, the oldest first, at most
 * max. */
size_t ens__shelf_notices(ens_shelf *s, ens_slice mrn, ens_slice person, ens_time since, ens__notice *out, size_t max);

/* ens__shelf_take hands out what the event has changed, in the shelf's memory: the next event begins. Notices are the
 * caller's to add. */
bool ens__shelf_take(ens_shelf *s, ens__filing_changes *out);

/* ens__keys_order sorts keys and drops those that are there twice; the number that remains. */
size_t ens__keys_order(ens__filing_key *keys, size_t num);

#endif
