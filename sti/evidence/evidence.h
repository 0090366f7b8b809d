/* Evidence of a filing: what came and went about it, with all that it takes to judge it again when nobody answers any
 * more, as one archive; and the proof of such an archive. The proof believes nothing that the archive says of itself:
 * messages and receipts are judged again, under anchors that whoever checks it names.
 *
 * SHA256SUMS         of every other member, as sha256sum -c reads it
 * journal.tsv        the rows of the journal, and what each was judged to be
 * messages/SEQ-…     octets as they came and went
 * verdicts/SEQ.json  the whole verdict on each
 * chains/SHA256.der  certificates that came with the messages, for those who look: the messages themselves are judged
 * issuers/SHA256.der further certificates of their paths
 * revocation/…       lists (.crl) and responses (.ocsp) that tell of them
 * lists/…            the snapshot of the trusted lists that was judged by
 * Source  AS4 5.1.8; ICS2-HTI 4.3.1; RFC 5280, 6 */
#ifndef ENS_STI_EVIDENCE_EVIDENCE_H
#define ENS_STI_EVIDENCE_EVIDENCE_H

#include "ensign/verify.h"
#include "sti/evidence/archive.h"
#include "sti/store/store.h"

#define ENS_EVIDENCE_ROWS_MAX 2048u /* rows of the journal about one filing */
#define ENS_EVIDENCE_NAME_MAX 70u   /* bytes of what a filing is asked for by: an LRN or an MRN */
#define ENS_EVIDENCE_SKEW 86400     /* seconds between the journal's time and the sealed time of a receipt */
#define ENS_EVIDENCE_SUMS "SHA256SUMS"
#define ENS_EVIDENCE_JOURNAL "journal.tsv"
#define ENS_EVIDENCE_LISTS "lists/snapshot.ens"

typedef enum {
    ENS_RECEIPT_NOT_DUE = 0, /* the message was refused, or isn't one that is acknowledged */
    ENS_RECEIPT_MISSING,
    ENS_RECEIPT_UNPROVEN,  /* it is refused */
    ENS_RECEIPT_UNDECIDED, /* it can't be judged under these anchors */
    ENS_RECEIPT_PROVEN
} ens_evidence_receipt;
const char *ens__evidence_receipt_name(ens_evidence_receipt receipt); /* "not-due" … */

/* What a row was judged to be; the texts are empty where there is none. */
typedef struct {
    ens_verdict verdict;
    ens_slice code, subcode; /* "EBMS:0101" or "IE3N99"; "A001" */
} ens_evidence_judged;

/* One row of the journal: the first part as the journal has it. */
typedef struct {
    uint64_t seq;
    int64_t at_ms;
    ens_entry_direction direction;
    ens_entry_kind kind;
    ens_verdict verdict;
    ens_slice action, message_id, ref_to, party, ebms;
    ens_slice raw;                /* its octets; empty: it has none, or they are no longer kept */
    bool gone;                    /* it had octets, and they are no longer kept */
    ens_evidence_judged recorded; /* when it was exported */
    /* Found when it is checked. */
    ens_evidence_judged judged;
    ens_slice lrn, mrn; /* of its document, where that is sealed and accepted */
    ens_evidence_receipt receipt;
    ens_time sealed; /* eb:Timestamp of what was judged, or ENS_TIME_NONE */
} ens_evidence_row;

typedef struct {
    ens_slice asked;    /* LRN or MRN */
    ens_slice program;  /* that exported it: "ensign 0.1.0" */
    ens_slice snapshot; /* name of the trusted lists that were judged by, or empty */
    ens_evidence_row *row;
    size_t num;
    uint64_t unread; /* found when it is collected: the first row of the journal whose LRN and MRN nobody has read; 0:
                        none. It may be about the filing, too */
} ens_evidence;

/* ens__evidence_collect reads from a store what is about a filing, into the arena: rows in the order of the journal.
 * Errors  ENS_EPOLICY nothing in it has that LRN or MRN; ENS_ELIMIT over the limits above; those of the store */
ENS_CHECK ens_code ens__evidence_collect(ens__store *store, ens_slice asked, ens_arena *arena, ens_evidence *out,
                                         ens_err *err);

/* How rows are judged. trust and customs are those of verify, or NULL: a check adds to them what the archive holds, so
 * that they must not be in use. verify.at ENS_TIME_NONE: each row at its time. */
typedef struct {
    ens_trust *trust, *customs;
    ens_verify_options verify;
    const char *const
        *paths; /* of an export: what trust was loaded from; the snapshot of a cache among them goes along */
    size_t num_paths;
    /* Writes the verdict on one member, of an export. */
    void (*tell)(void *user, const char *member, const ens_message *message, const ens_report *report, ens_buf *out);
    void *user;
} ens_evidence_options;

/* ens__evidence_export judges each row and appends the archive to out. The same rows, anchors and revocation data give
 * the same octets.
 * Errors  ENS_ELIMIT, ENS_ENOMEM, ENS_ECRYPTO */
ENS_CHECK ens_code ens__evidence_export(ens_evidence *evidence, const ens_evidence_options *o, ens_arena *arena,
                                        ens_buf *out, ens_err *err);

/* ens__evidence_read reads an archive as far as that goes without judging messages: its form, that its members are
 * those that it lists, and its journal. Adds evidence.archive, evidence.members, evidence.digest and evidence.journal;
 * false where there is nothing to be judged. Slices point into file and arena. */
bool ens__evidence_read(ens_slice file, ens_arena *arena, ens_archive *archive, ens_evidence *out, ens_report *report);

/* ens__evidence_check proves an archive: adds what ens__evidence_read adds, and evidence.anchors, evidence.material,
 * evidence.lists, evidence.message, evidence.verdict, evidence.receipt, evidence.time, evidence.asked. The report's
 * verdict is accepted when every message was judged as it is recorded and every receipt that is due is proven. */
void ens__evidence_check(ens_slice file, const ens_evidence_options *o, ens_arena *arena, ens_evidence *out,
                         ens_report *report);

#endif
