#include "certs/lists/snapshot_write.h"

#include "certs/lists/snapshot_format.h"
#include "certs/lists/snapshot_sum.h"
#include "certs/x509/der.h"
#include "engine/base/digest.h"
#include "ensign/cert.h"

#include <stdlib.h>

#define RULE "snapshot"
#define NAME_HASH 8u                  /* bytes of the hash that a name shows */
#define INTERNED_FIRST 1024u          /* slots of the table at first; a power of two */
#define BYTES_FIRST ((size_t)8 << 20) /* room at first, for all lists of the EU; what isn't written takes no memory */

/* Bytes that are in the file already, and the certificate that they are. */
typedef struct {
    uint64_t hash;
    ens_rec_bytes bytes;
    uint32_t certificate;
} interned;

struct ens_snapshot_writer {
    ens_buf section[ENS_SECTIONS];
    ens_buf interned;                    /* of interned */
    uint32_t *slot;                      /* hash table: number in interned + 1, or 0 */
    size_t num_slots;                    /* a power of two */
    ens_code failed;                     /* what the buffers don't latch themselves */
    size_t mark[ENS_SECTIONS + 1];       /* lengths when the list began; last: of interned */
    uint32_t identities, qualifications; /* where those of the next entry begin */
    uint32_t entry;                      /* the present service's last entry, or ENS_SNAPSHOT_NONE */
    ens_buf file;
};

ens_snapshot_writer *ens__writer_new(void)
{
    ens_snapshot_writer *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    for (unsigned i = 0; i < ENS_SECTIONS; i++) {
        size_t size = ens__snapshot_record_size((ens_section)i);
        ens_buf_init(&w->section[i], NULL, 0,
                     i == ENS_SECTION_BYTES ? ENS_SNAPSHOT_MAX / 2 : ENS_SNAPSHOT_RECORDS_MAX * size);
    }
    ens_buf_init(&w->interned, NULL, 0, ENS_SNAPSHOT_RECORDS_MAX * sizeof(interned));
    ens_buf_init(&w->file, NULL, 0, ENS_SNAPSHOT_MAX);
    w->num_slots = INTERNED_FIRST;
    w->slot = calloc(w->num_slots, sizeof *w->slot);
    if (w->slot && ens_buf_room(&w->section[ENS_SECTION_BYTES], BYTES_FIRST))
        return w;
    ens__writer_free(w);
    return NULL;
}

void ens__writer_reset(ens_snapshot_writer *w)
{
    for (unsigned i = 0; i < ENS_SECTIONS; i++) {
        w->section[i].len = 0;
        w->section[i].failed = ENS_OK;
    }
    w->interned.len = 0;
    w->interned.failed = w->failed = ENS_OK;
    memset(w->slot, 0, w->num_slots * sizeof *w->slot);
}

void ens__writer_free(ens_snapshot_writer *w)
{
    if (!w)
        return;
    for (unsigned i = 0; i < ENS_SECTIONS; i++)
        ens_buf_free(&w->section[i]);
    ens_buf_free(&w->interned);
    ens_buf_free(&w->file);
    free(w->slot);
    free(w);
}

static uint32_t records_so_far(const ens_snapshot_writer *w, ens_section which)
{
    return (uint32_t)(w->section[which].len / ens__snapshot_record_size(which));
}

static void add_record(ens_snapshot_writer *w, ens_section which, const void *record)
{
    ens_buf_add(&w->section[which], record, ens__snapshot_record_size(which));
}

/* at is record i, or NULL when it could not be added. */
static void *at(ens_snapshot_writer *w, ens_section which, uint32_t i)
{
    return i < records_so_far(w, which) ? w->section[which].p + (size_t)i * ens__snapshot_record_size(which) : NULL;
}

static void *last(ens_snapshot_writer *w, ens_section which)
{
    return at(w, which, records_so_far(w, which) - 1);
}

static interned *interned_at(ens_snapshot_writer *w, uint32_t i)
{
    return (interned *)(void *)w->interned.p + i;
}

static uint32_t num_interned(const ens_snapshot_writer *w)
{
    return (uint32_t)(w->interned.len / sizeof(interned));
}

static ens_slice bytes_of(const ens_snapshot_writer *w, ens_rec_bytes b)
{
    return ens_bytes(w->section[ENS_SECTION_BYTES].p + b.at, b.len);
}

/* slot_of is where s is, or the free slot where it belongs. */
static uint32_t *slot_of(ens_snapshot_writer *w, uint64_t hash, ens_slice s)
{
    size_t i = (size_t)hash & (w->num_slots - 1);
    for (; w->slot[i]; i = (i + 1) & (w->num_slots - 1)) {
        const interned *known = interned_at(w, w->slot[i] - 1);
        if (known->hash == hash && ens_eq(bytes_of(w, known->bytes), s))
            break;
    }
    return &w->slot[i];
}

/* refill makes the table anew, with room for more. */
static bool refill(ens_snapshot_writer *w, size_t num_slots)
{
    uint32_t *slot = calloc(num_slots, sizeof *slot);
    if (!slot)
        return false;
    free(w->slot);
    w->slot = slot;
    w->num_slots = num_slots;
    for (uint32_t i = 0; i < num_interned(w); i++) {
        size_t at = (size_t)interned_at(w, i)->hash & (num_slots - 1);
        while (slot[at])
            at = (at + 1) & (num_slots - 1);
        slot[at] = i + 1;
    }
    return true;
}

/* intern returns the number of s among the interned, adding it where it's new; ENS_SNAPSHOT_NONE out of memory. */
static uint32_t intern(ens_snapshot_writer *w, ens_slice s)
{
    if (num_interned(w) >= w->num_slots / 2 && !refill(w, w->num_slots * 2)) {
        w->failed = ENS_ENOMEM;
        return ENS_SNAPSHOT_NONE;
    }
    uint64_t hash = ens__snapshot_hash(0, s);
    uint32_t *slot = slot_of(w, hash, s);
    if (*slot)
        return *slot - 1;
    ens_buf *bytes = &w->section[ENS_SECTION_BYTES];
    interned new = {hash, {(uint32_t)bytes->len, (uint32_t)s.len}, ENS_SNAPSHOT_NONE};
    ens_buf_put(bytes, s);
    if (bytes->failed == ENS_OK)
        ens_buf_add(&w->interned, &new, sizeof new);
    if (bytes->failed != ENS_OK || w->interned.failed != ENS_OK)
        return ENS_SNAPSHOT_NONE;
    *slot = num_interned(w);
    return *slot - 1;
}

static ens_rec_bytes keep_bytes(ens_snapshot_writer *w, ens_slice s)
{
    uint32_t i = s.len ? intern(w, s) : ENS_SNAPSHOT_NONE;
    if (i == ENS_SNAPSHOT_NONE)
        return (ens_rec_bytes){0};
    return interned_at(w, i)->bytes;
}

static ens_code status(const ens_snapshot_writer *w)
{
    ens_code code = w->failed ? w->failed : w->interned.failed;
    for (unsigned i = 0; code == ENS_OK && i < ENS_SECTIONS; i++)
        code = w->section[i].failed;
    return code;
}

ens_code ens__writer_status(const ens_snapshot_writer *w, ens_err *err)
{
    ens_code code = status(w);
    if (code == ENS_OK)
        return code;
    return ens_fail(err, code, RULE,
                    code == ENS_ELIMIT ? "the lists are larger than a snapshot may be" : "out of memory for a snapshot",
                    0);
}

static void start_entry(ens_snapshot_writer *w)
{
    w->identities = records_so_far(w, ENS_SECTION_IDENTITIES);
    w->qualifications = records_so_far(w, ENS_SECTION_QUALIFICATIONS);
}

void ens__writer_list_begin(ens_snapshot_writer *w)
{
    ens_rec_list empty = {.providers = {records_so_far(w, ENS_SECTION_PROVIDERS), 0},
                          .services = {records_so_far(w, ENS_SECTION_SERVICES), 0}};
    add_record(w, ENS_SECTION_LISTS, &empty);
    for (unsigned i = 0; i < ENS_SECTIONS; i++)
        w->mark[i] = w->section[i].len;
    w->mark[ENS_SECTIONS] = w->interned.len;
    w->entry = ENS_SNAPSHOT_NONE;
    start_entry(w);
}

void ens__writer_list_drop(ens_snapshot_writer *w)
{
    for (unsigned i = 0; i < ENS_SECTIONS; i++) {
        w->section[i].len = w->mark[i];
        if (w->section[i].failed == ENS_ELIMIT)
            w->section[i].failed = ENS_OK;
    }
    w->interned.len = w->mark[ENS_SECTIONS];
    /* certificates of lists before this one may have been found to be certificates by this one alone: they are no more
     */
    for (uint32_t i = 0; i < num_interned(w); i++)
        if (interned_at(w, i)->certificate != ENS_SNAPSHOT_NONE &&
            interned_at(w, i)->certificate >= records_so_far(w, ENS_SECTION_CERTIFICATES))
            interned_at(w, i)->certificate = ENS_SNAPSHOT_NONE;
    if (!refill(w, w->num_slots))
        w->failed = ENS_ENOMEM;
    ens_rec_list *list = last(w, ENS_SECTION_LISTS);
    if (list)
        list->providers.num = list->services.num = 0;
    w->entry = ENS_SNAPSHOT_NONE;
    start_entry(w);
}

ens_code ens__writer_list_end(ens_snapshot_writer *w, const ens_list *f, ens_err *err)
{
    ens_rec_list r = {.issued = f->issued,
                      .next_update = f->next_update,
                      .fetched = f->fetched,
                      .country = keep_bytes(w, f->country),
                      .url = keep_bytes(w, f->url),
                      .file = keep_bytes(w, f->file),
                      .reason = keep_bytes(w, f->reason),
                      .operator_name = keep_bytes(w, f->operator_name),
                      .signer = keep_bytes(w, f->signer),
                      .sha256 = keep_bytes(w, f->sha256),
                      .version = f->version,
                      .sequence = f->sequence,
                      .kind = (uint8_t)f->kind,
                      .signature = (uint8_t)f->signature,
                      .usable = f->usable,
                      .pinned = f->pinned,
                      .pointed = f->pointed};
    ens_rec_list *list = last(w, ENS_SECTION_LISTS);
    if (list) {
        r.providers = list->providers;
        r.services = list->services;
        *list = r;
    }
    return ens__writer_status(w, err);
}

void ens__writer_provider(ens_snapshot_writer *w, ens_slice name, ens_slice trade_name, ens_slice identifier)
{
    ens_rec_provider r = {.name = keep_bytes(w, name),
                          .trade_name = keep_bytes(w, trade_name),
                          .identifier = keep_bytes(w, identifier),
                          .list = records_so_far(w, ENS_SECTION_LISTS) - 1,
                          .services = {records_so_far(w, ENS_SECTION_SERVICES), 0}};
    ens_rec_list *list = last(w, ENS_SECTION_LISTS);
    add_record(w, ENS_SECTION_PROVIDERS, &r);
    if (list)
        list->providers.num++;
}

void ens__writer_service(ens_snapshot_writer *w)
{
    ens_rec_service r = {.list = records_so_far(w, ENS_SECTION_LISTS) - 1,
                         .provider = records_so_far(w, ENS_SECTION_PROVIDERS) - 1,
                         .entries = {records_so_far(w, ENS_SECTION_ENTRIES), 0},
                         .certificates = {records_so_far(w, ENS_SECTION_SERVICE_CERTIFICATES), 0}};
    ens_rec_list *list = last(w, ENS_SECTION_LISTS);
    ens_rec_provider *provider = last(w, ENS_SECTION_PROVIDERS);
    add_record(w, ENS_SECTION_SERVICES, &r);
    if (list && provider) {
        list->services.num++;
        provider->services.num++;
    }
    w->entry = ENS_SNAPSHOT_NONE;
    start_entry(w);
}

/* part is a slice of a certificate that lies in the file already. */
static ens_rec_bytes part(ens_rec_bytes der, const ens_cert *cert, ens_slice s)
{
    return s.len ? (ens_rec_bytes){der.at + (uint32_t)(s.p - cert->der.p), (uint32_t)s.len} : (ens_rec_bytes){0};
}

static ens_slice key_id_of(const ens_cert *cert)
{
    ens_reader r = ens_read(cert->subject_key_id);
    ens_der id;
    return ens__der_take(&r, ENS_DER_OCTET_STRING, &id) && ens_left(&r) == 0 ? id.body : (ens_slice){0};
}

/* certificate_of is the number of a certificate, added where it's new; ENS_SNAPSHOT_NONE when it can't be read. */
static uint32_t certificate_of(ens_snapshot_writer *w, ens_slice der)
{
    ens_cert cert;
    uint32_t known = intern(w, der);
    if (known == ENS_SNAPSHOT_NONE || interned_at(w, known)->certificate != ENS_SNAPSHOT_NONE)
        return known == ENS_SNAPSHOT_NONE ? known : interned_at(w, known)->certificate;
    if (ens_cert_parse(der, &cert, NULL) != ENS_OK)
        return ENS_SNAPSHOT_NONE;
    ens_rec_bytes kept = interned_at(w, known)->bytes;
    ens_rec_certificate r = {.not_before = cert.not_before,
                             .not_after = cert.not_after,
                             .der = kept,
                             .subject = part(kept, &cert, cert.subject),
                             .spki = part(kept, &cert, cert.spki),
                             .ski = part(kept, &cert, key_id_of(&cert))};
    add_record(w, ENS_SECTION_CERTIFICATES, &r);
    return interned_at(w, known)->certificate = records_so_far(w, ENS_SECTION_CERTIFICATES) - 1;
}

/* list_certificate notes that the present service has the certificate, once. */
static void list_certificate(ens_snapshot_writer *w, uint32_t certificate)
{
    ens_rec_service *service = last(w, ENS_SECTION_SERVICES);
    if (!service)
        return;
    for (uint32_t i = 0; i < service->certificates.num; i++) {
        const uint32_t *known = at(w, ENS_SECTION_SERVICE_CERTIFICATES, service->certificates.first + i);
        if (known && *known == certificate)
            return;
    }
    add_record(w, ENS_SECTION_SERVICE_CERTIFICATES, &certificate);
    service->certificates.num++;
}

void ens__writer_identity(ens_snapshot_writer *w, ens_identity_kind kind, ens_slice value, bool present)
{
    uint32_t certificate = kind == ENS_IDENTITY_CERTIFICATE && present ? certificate_of(w, value) : ENS_SNAPSHOT_NONE;
    if (kind == ENS_IDENTITY_CERTIFICATE && present && certificate == ENS_SNAPSHOT_NONE)
        kind = ENS_IDENTITY_OTHER;
    const ens_rec_certificate *listed = at(w, ENS_SECTION_CERTIFICATES, certificate);
    ens_rec_identity r = {listed ? listed->der : keep_bytes(w, value), (uint32_t)kind, certificate};
    add_record(w, ENS_SECTION_IDENTITIES, &r);
    if (certificate != ENS_SNAPSHOT_NONE)
        list_certificate(w, certificate);
}

uint32_t ens__writer_criterion(ens_snapshot_writer *w, ens_criterion_kind kind, ens_assert assert, unsigned mask,
                               unsigned bits)
{
    ens_rec_criterion r = {.kind = (uint32_t)kind,
                           .assert = (uint32_t)assert,
                           .size = 1,
                           .mask = mask,
                           .bits = bits,
                           .oids = {records_so_far(w, ENS_SECTION_OIDS), 0}};
    add_record(w, ENS_SECTION_CRITERIA, &r);
    return records_so_far(w, ENS_SECTION_CRITERIA) - 1;
}

void ens__writer_oid(ens_snapshot_writer *w, ens_slice text)
{
    uint8_t storage[128];
    ens_buf der;
    ens_slice dotted = ens__starts_nocase(text, ENS_LIT("urn:oid:")) ? ens_from(text, sizeof "urn:oid:" - 1) : text;
    ens_buf_init(&der, storage, sizeof storage, sizeof storage);
    bool good = ens__oid_from_text(dotted, &der) && der.failed == ENS_OK;
    ens_rec_oid r = {keep_bytes(w, good ? ens_buf_slice(&der) : (ens_slice){0}), keep_bytes(w, text)};
    ens_buf_free(&der);
    add_record(w, ENS_SECTION_OIDS, &r);
    ens_rec_criterion *criterion = last(w, ENS_SECTION_CRITERIA);
    if (criterion)
        criterion->oids.num++;
}

void ens__writer_criterion_end(ens_snapshot_writer *w, uint32_t criterion)
{
    ens_rec_criterion *r = at(w, ENS_SECTION_CRITERIA, criterion);
    if (!r)
        return;
    r->size = records_so_far(w, ENS_SECTION_CRITERIA) - criterion;
    if (r->kind >= ENS_CRITERION_POLICY_SET && !r->oids.num)
        r->kind = ENS_CRITERION_UNKNOWN; /* every certificate would have all of none */
}

static ens_span texts(ens_snapshot_writer *w, const ens_slice *text, size_t num)
{
    ens_span span = {records_so_far(w, ENS_SECTION_TEXTS), (uint32_t)num};
    for (size_t i = 0; i < num; i++) {
        ens_rec_bytes b = keep_bytes(w, text[i]);
        add_record(w, ENS_SECTION_TEXTS, &b);
    }
    return span;
}

void ens__writer_qualification(ens_snapshot_writer *w, const ens_slice *uris, size_t num, uint32_t criterion)
{
    ens_rec_qualification r = {.criterion = criterion, .uris = texts(w, uris, num)};
    for (size_t i = 0; i < num; i++)
        r.qualifiers |= ens__qualifier(uris[i]);
    add_record(w, ENS_SECTION_QUALIFICATIONS, &r);
}

void ens__writer_entry(ens_snapshot_writer *w, const ens_entry_draft *d)
{
    const ens_rec_entry *newer = at(w, ENS_SECTION_ENTRIES, w->entry);
    ens_rec_entry r = {
        .start = d->start,
        .end = newer ? newer->start : INT64_MAX,
        .expired_certs_revocation = d->expired_certs_revocation,
        .type_uri = keep_bytes(w, d->type_uri),
        .status_uri = keep_bytes(w, d->status_uri),
        .name = keep_bytes(w, d->name),
        .taken_over_by = keep_bytes(w, d->taken_over_by),
        .service = records_so_far(w, ENS_SECTION_SERVICES) - 1,
        .use_uris = texts(w, d->use_uri, d->num_uses),
        .identities = {w->identities, records_so_far(w, ENS_SECTION_IDENTITIES) - w->identities},
        .qualifications = {w->qualifications, records_so_far(w, ENS_SECTION_QUALIFICATIONS) - w->qualifications},
        .supply_points = texts(w, d->supply_point, d->num_supply_points),
        .type = (uint8_t)ens__service_type(d->type_uri),
        .status = (uint8_t)ens__service_status(d->status_uri),
        .unknown_critical = d->unknown_critical};
    for (size_t i = 0; i < d->num_uses; i++)
        r.uses |= ens__service_use(d->use_uri[i]);
    ens_rec_service *service = last(w, ENS_SECTION_SERVICES);
    w->entry = records_so_far(w, ENS_SECTION_ENTRIES);
    add_record(w, ENS_SECTION_ENTRIES, &r);
    if (service)
        service->entries.num++;
    start_entry(w);
}

/* name_of is the LOTL's sequence number, and of a hash over those of all lists that are in it. */
static ens_code name_of(ens_snapshot_writer *w, uint32_t lotl_sequence, char out[ENS_SNAPSHOT_NAME_MAX], ens_err *err)
{
    uint8_t sha256[ENS_DIGEST_MAX];
    char hex[2 * NAME_HASH + 1];
    ens_digest digest = {0};
    ens_buf text;
    ens_code code = ens__digest_init(&digest, ENS_SHA256, err);
    if (code != ENS_OK)
        return code;
    ens__digest_start(&digest);
    const ens_rec_list *list = (const void *)w->section[ENS_SECTION_LISTS].p;
    for (uint32_t i = 0; i < records_so_far(w, ENS_SECTION_LISTS); i++)
        if (list[i].usable)
            ens__digest_add(&digest, bytes_of(w, list[i].sha256));
    code = ens__digest_end(&digest, sha256, err);
    ens__digest_clear(&digest);
    if (code != ENS_OK)
        return code;
    ens__hex(ens_bytes(sha256, NAME_HASH), hex);
    ens_buf_init(&text, out, ENS_SNAPSHOT_NAME_MAX - 1, ENS_SNAPSHOT_NAME_MAX - 1);
    ens_buf_printf(&text, "%u-%s", lotl_sequence, hex);
    return ens_buf_done(&text, err);
}

static void put_sections(ens_snapshot_writer *w, ens_rec_header *h)
{
    static const uint8_t zero[ENS_SNAPSHOT_ALIGN];
    size_t size = sizeof *h + ENS_SECTIONS * sizeof zero;
    for (unsigned i = 0; i < ENS_SECTIONS; i++)
        size += w->section[i].len;
    ens_buf_room(&w->file, size); /* at once: else it would be copied while it grows */
    ens_buf_add(&w->file, h, sizeof *h);
    for (unsigned i = 0; i < ENS_SECTIONS; i++) {
        ens_buf_add(&w->file, zero, -w->file.len % ENS_SNAPSHOT_ALIGN);
        h->section[i] = (ens_rec_section){w->file.len, records_so_far(w, (ens_section)i)};
        ens_buf_put(&w->file, ens_buf_slice(&w->section[i]));
    }
    h->size = w->file.len;
}

const char *ens__writer_name(const ens_snapshot_writer *w)
{
    return w->file.len ? ((const ens_rec_header *)(const void *)w->file.p)->name : "";
}

ens_code ens__writer_finish(ens_snapshot_writer *w, uint32_t lotl_sequence, ens_time made, ens_slice *out, ens_err *err)
{
    ens_rec_header h = {.magic = ENS_SNAPSHOT_MAGIC,
                        .byte_order = ENS_SNAPSHOT_BYTE_ORDER,
                        .version = ENS_SNAPSHOT_VERSION,
                        .made = made,
                        .lotl_sequence = lotl_sequence,
                        .num_sections = ENS_SECTIONS};
    ens_code code = ens__writer_status(w, err);
    if (code == ENS_OK)
        code = ens__snapshot_index(w->section, err);
    if (code == ENS_OK)
        code = name_of(w, lotl_sequence, h.name, err);
    if (code != ENS_OK)
        return code;
    w->file.len = 0;
    put_sections(w, &h);
    code = ens_buf_done(&w->file, err);
    if (code != ENS_OK)
        return code;
    memcpy(w->file.p, &h, sizeof h);
    h.checksum = ens__snapshot_checksum(ens_from(ens_buf_slice(&w->file), ENS_SNAPSHOT_SUMMED));
    memcpy(w->file.p, &h, sizeof h);
    *out = ens_buf_slice(&w->file);
    return code;
}
