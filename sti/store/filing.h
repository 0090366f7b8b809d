/* The customs side as the store keeps it: filings with the keys that they are found by, the documents that they
 * stand for, what was told of them, references that are used up, what parties want to be told, and clocks. What a
 * filing may do is another's to know (sti/filing): here it is a row with a version, and a change of it holds only while
 * nobody else has changed it. */
#ifndef ENS_STI_STORE_FILING_H
#define ENS_STI_STORE_FILING_H

#include "sti/store/store.h"

#define ENS_FILING_MRN 18u
#define ENS_FILING_KEY 280u               /* bytes of a key: 70 characters */
#define ENS_FILING_SPACE 64u              /* bytes of a space's name */
#define ENS_FILING_BODY ((size_t)1 << 20) /* bytes of what the row's owner keeps in it */
#define ENS_FILING_FOUND 4096u            /* rows that a key finds at most */
#define ENS_FILING_DOCUMENT ((size_t)256 << 20)

typedef struct {
    unsigned kind;
    ens_slice text;
} ens__filing_key;

/* What is read back lives in the arena that it was read into. */
typedef struct ens__filing_row {
    ens_slice mrn, space, action, lrn, declarant, party, body;
    unsigned state;
    int64_t version; /* read: of this row; to be put: of the row that it replaces, 0 for a new one */
    int64_t registered_ms, changed_ms;
    const ens__filing_key *keys; /* to be put: all of them, in place of those before; NULL: as they were */
    size_t num_keys;
    ens_slice document; /* to be put: in place of the one before; empty: as it was */
    bool packed;        /* it is gzip */
} ens__filing_row;

/* A message of customs about a filing, and who had it. */
typedef struct {
    ens_slice mrn, person, action, message_id, document;
    int64_t at_ms;
} ens__notice;

/* A reference (LRN) that a person has used. */
typedef struct {
    ens_slice space, person, reference, mrn;
} ens__used_reference;

/* What a change of work does to filings: all of it or nothing, and nothing when one of them has another version by
 * now. */
typedef struct ens__filing_changes {
    const ens__filing_row *filings;
    size_t num_filings;
    const ens__notice *notices;
    size_t num_notices;
    const ens__used_reference *references;
    size_t num_references;
} ens__filing_changes;

/* Each finds one row by what is unique; *found is false where there is none. */
ENS_CHECK ens_code ens__store_find_filing(ens__store *store, ens_slice mrn, ens_arena *arena, ens__filing_row *out,
                                          bool *found, ens_err *err);
ENS_CHECK ens_code ens__store_find_document(ens__store *store, ens_slice mrn, ens_arena *arena, ens_slice *out,
                                            bool *packed, bool *found, ens_err *err);
ENS_CHECK ens_code ens__store_find_reference(ens__store *store, const ens__used_reference *asked, bool *found,
                                             ens_err *err);
/* ens__store_filings_by_key reads the filings of a space that have a key, the oldest first, at most ENS_FILING_FOUND;
 * ens__store_filing_keys reads a filing's keys. */
ENS_CHECK ens_code ens__store_filings_by_key(ens__store *store, ens_slice space, ens__filing_key key, ens_arena *arena,
                                             ens__filing_row **out, size_t *num, ens_err *err);
ENS_CHECK ens_code ens__store_filing_keys(ens__store *store, ens_slice mrn, ens_arena *arena, ens__filing_key **out,
                                          size_t *num, ens_err *err);

/* Empty fields ask for all. */
typedef struct {
    ens_slice space, lrn; /* space: "*" for all */
    int state;            /* -1: any */
} ens__filing_query;
/* ens__store_list_filings hands out rows in the order of their MRNs, ens__store_list_notices those of a filing in that
 * of time; take may use the store, and ends it with false. */
ENS_CHECK ens_code ens__store_list_filings(ens__store *store, const ens__filing_query *query,
                                           bool (*take)(void *user, const ens__filing_row *row), void *user,
                                           ens_err *err);
ENS_CHECK ens_code ens__store_list_notices(ens__store *store, ens_slice mrn,
                                           bool (*take)(void *user, const ens__notice *notice), void *user,
                                           ens_err *err);

/* What a person asked to be told, and where (ICS2-HTI ICD 5.3). */
typedef struct {
    char eori[18], party_id[ENS_STORE_PARTY + 1];
    char wants[512]; /* actions, with a blank between */
} ens__preference;
ENS_CHECK ens_code ens__store_put_preference(ens__store *store, const ens__preference *preference, ens_err *err);
ENS_CHECK ens_code ens__store_find_preference(ens__store *store, ens_slice eori, ens__preference *out, bool *found,
                                              ens_err *err);

/* How far a space's clock is ahead of the machine's, or when it stands still; the space "" is the environment. */
typedef struct {
    char space[ENS_FILING_SPACE + 1];
    int64_t ahead_ms, frozen_ms; /* frozen_ms: 0 while it runs */
} ens__clock_row;
/* ens__store_reset_space forgets what happened in a space: its filings, the references that were used up in it, what is
 * to be done there; what waits for its party to be sent is given up. Its journal begins behind the last row that there
 * is: ens__store_space_since tells which (0: at the start).   Errors  ENS_EPOLICY the space has no name; ENS_EIO */
ENS_CHECK ens_code ens__store_reset_space(ens__store *store, ens_slice space, ens_err *err);
ENS_CHECK ens_code ens__store_space_since(ens__store *store, ens_slice space, uint64_t *out, ens_err *err);
#define ENS_CLOCKS_MAX 256u
ENS_CHECK ens_code ens__store_put_clock(ens__store *store, const ens__clock_row *row, ens_err *err);
ENS_CHECK ens_code ens__store_read_clocks(ens__store *store, ens__clock_row *out, size_t max, size_t *num,
                                          ens_err *err);

#endif
