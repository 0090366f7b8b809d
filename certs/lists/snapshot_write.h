/* Making a snapshot, list by list. A list's contents are taken back when it turns out that it can't be trusted, so that
 * nothing unverified ever reaches the file. Out of memory and limits are latched, and told by status, end and finish.
 */
#ifndef ENS_CERTS_LISTS_SNAPSHOT_WRITE_H
#define ENS_CERTS_LISTS_SNAPSHOT_WRITE_H

#include "certs/lists/snapshot.h"

#define ENS_LISTS_MAX 128u                /* of one snapshot */
#define ENS_ENTRY_URIS_MAX 64u            /* additional information, or supply points, of one state of a service */
#define ENS_SERVICE_ENTRIES_MAX 256u      /* states of one service */
#define ENS_SNAPSHOT_RECORDS_MAX 2000000u /* of one kind */

typedef struct ens_snapshot_writer ens_snapshot_writer;

ens_snapshot_writer *ens__writer_new(void); /* NULL when out of memory */
void ens__writer_free(ens_snapshot_writer *w);
void ens__writer_reset(ens_snapshot_writer *w); /* empty again */

/* ens__writer_status tells whether all that was added is there. */
ENS_CHECK ens_code ens__writer_status(const ens_snapshot_writer *w, ens_err *err);

/* begin starts a list; drop takes its contents back; end writes what is known of it (the spans are the writer's own).
 */
void ens__writer_list_begin(ens_snapshot_writer *w);
void ens__writer_list_drop(ens_snapshot_writer *w);
ENS_CHECK ens_code ens__writer_list_end(ens_snapshot_writer *w, const ens_list *facts, ens_err *err);

/* Each belongs to what was begun last. Slices are copied. */
void ens__writer_provider(ens_snapshot_writer *w, ens_slice name, ens_slice trade_name, ens_slice identifier);
void ens__writer_service(ens_snapshot_writer *w);

/* What one state of a service says, but for its identities and qualifications, which are added before it. */
typedef struct {
    ens_slice type_uri, status_uri, name, taken_over_by;
    ens_time start, expired_certs_revocation;
    bool unknown_critical;
    ens_slice use_uri[ENS_ENTRY_URIS_MAX], supply_point[ENS_ENTRY_URIS_MAX];
    size_t num_uses, num_supply_points;
} ens_entry_draft;

/* ens__writer_identity adds one identity of the next entry. A certificate that can't be read is kept as OTHER. present:
 * of the service as it is, not of its history; those alone are indexed. */
void ens__writer_identity(ens_snapshot_writer *w, ens_identity_kind kind, ens_slice value, bool present);
/* A criterion is added before those below it and closed after them; a qualification follows its criterion. */
uint32_t ens__writer_criterion(ens_snapshot_writer *w, ens_criterion_kind kind, ens_assert assert, unsigned mask,
                               unsigned bits);
void ens__writer_oid(ens_snapshot_writer *w, ens_slice text); /* of the criterion added last */
void ens__writer_criterion_end(ens_snapshot_writer *w, uint32_t criterion);
void ens__writer_qualification(ens_snapshot_writer *w, const ens_slice *uris, size_t num, uint32_t criterion);
void ens__writer_entry(ens_snapshot_writer *w, const ens_entry_draft *draft);

/* ens__writer_finish makes indexes and file: *out borrows from the writer. */
ENS_CHECK ens_code ens__writer_finish(ens_snapshot_writer *w, uint32_t lotl_sequence, ens_time made, ens_slice *out,
                                      ens_err *err);

/* ens__writer_name borrows the name that finish gave. */
const char *ens__writer_name(const ens_snapshot_writer *w);

#endif
