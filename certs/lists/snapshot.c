#include "certs/lists/snapshot.h"

#include "certs/lists/snapshot_format.h"
#include "certs/lists/snapshot_sum.h"
#include "certs/x509/name.h"
#include "engine/base/file.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "snapshot"
#define PATH_LEN 4096

struct ens_snapshot {
    atomic_uint references; /* beside the first */
    ens_file file;          /* empty when the bytes are the caller's or in copy */
    void *copy;             /* or NULL */
    const uint8_t *bytes;
    const ens_rec_header *header;
    uint32_t num_anchors;
};

static const size_t sizes[ENS_SECTIONS] = {
    [ENS_SECTION_LISTS] = sizeof(ens_rec_list),
    [ENS_SECTION_PROVIDERS] = sizeof(ens_rec_provider),
    [ENS_SECTION_SERVICES] = sizeof(ens_rec_service),
    [ENS_SECTION_ENTRIES] = sizeof(ens_rec_entry),
    [ENS_SECTION_TEXTS] = sizeof(ens_rec_bytes),
    [ENS_SECTION_IDENTITIES] = sizeof(ens_rec_identity),
    [ENS_SECTION_QUALIFICATIONS] = sizeof(ens_rec_qualification),
    [ENS_SECTION_CRITERIA] = sizeof(ens_rec_criterion),
    [ENS_SECTION_OIDS] = sizeof(ens_rec_oid),
    [ENS_SECTION_CERTIFICATES] = sizeof(ens_rec_certificate),
    [ENS_SECTION_CERTIFICATE_SERVICES] = sizeof(uint32_t),
    [ENS_SECTION_SERVICE_CERTIFICATES] = sizeof(uint32_t),
    [ENS_SECTION_KEY_SERVICES] = sizeof(uint32_t),
    [ENS_SECTION_BY_KEY] = sizeof(ens_rec_key),
    [ENS_SECTION_BY_SUBJECT] = sizeof(ens_rec_index),
    [ENS_SECTION_BYTES] = 1,
};

size_t ens__snapshot_record_size(ens_section which)
{
    return sizes[which];
}

#define HASH_LANES 4u /* words that are mixed side by side: each alone would wait for its multiplication */

static uint64_t mix_hash(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xBF58476D1CE4E5B9u;
    return hash ^ hash >> 31;
}

uint64_t ens__snapshot_hash(uint64_t seed, ens_slice s)
{
    uint64_t hash = (seed ^ s.len) * 0x9E3779B97F4A7C15u, word[HASH_LANES],
             lane[HASH_LANES] = {hash, ~hash, seed, s.len};
    while (s.len >= sizeof word) {
        memcpy(word, s.p, sizeof word);
        for (unsigned i = 0; i < HASH_LANES; i++)
            lane[i] = mix_hash(lane[i], word[i]);
        s = ens_from(s, sizeof word);
    }
    for (unsigned i = 0; i < HASH_LANES; i++)
        hash = mix_hash(hash, lane[i]);
    while (s.len) {
        size_t n = s.len < sizeof *word ? s.len : sizeof *word;
        word[0] = 0;
        memcpy(word, s.p, n);
        hash = mix_hash(hash, word[0]);
        s = ens_from(s, n);
    }
    return hash;
}

static uint32_t count_anchors(const uint8_t *bytes, const ens_rec_header *h)
{
    const ens_rec_certificate *c = (const void *)(bytes + h->section[ENS_SECTION_CERTIFICATES].at);
    uint32_t num = 0;
    for (uint64_t i = 0; i < h->section[ENS_SECTION_CERTIFICATES].num; i++)
        num += c[i].anchor != 0;
    return num;
}

static ens_code check_header(const ens_rec_header *h, size_t len, ens_err *err)
{
    if (len < sizeof *h || memcmp(h->magic, ENS_SNAPSHOT_MAGIC, sizeof h->magic) != 0)
        return ens_fail(err, ENS_ESYNTAX, RULE, "this is no snapshot of trusted lists", 0);
    if (h->byte_order != ENS_SNAPSHOT_BYTE_ORDER || h->version != ENS_SNAPSHOT_VERSION ||
        h->num_sections != ENS_SECTIONS)
        return ens_fail(err, ENS_ESYNTAX, RULE,
                        "the snapshot is of another version; make it again: ensign trust update", 0);
    if (h->size != len || memchr(h->name, '\0', sizeof h->name) == NULL)
        return ens_fail(err, ENS_ESYNTAX, RULE, "the snapshot is damaged; make it again: ensign trust update", 0);
    return ENS_OK;
}

static ens_code check_snapshot(ens_slice bytes, const ens_rec_header *h, ens_err *err)
{
    ens_code code = check_header(h, bytes.len, err);
    if (code == ENS_OK && ens__snapshot_checksum(ens_from(bytes, ENS_SNAPSHOT_SUMMED)) != h->checksum)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "the snapshot is damaged; make it again: ensign trust update",
                        ENS_SNAPSHOT_SUMMED);
    return code == ENS_OK ? ens__snapshot_check(bytes.p, h, err) : code;
}

ens_code ens__snapshot_open(ens_slice bytes, ens_snapshot **out, ens_err *err)
{
    const ens_rec_header *header = (const void *)bytes.p;
    if ((uintptr_t)bytes.p % ENS_SNAPSHOT_ALIGN)
        return ens_fail(err, ENS_EPOLICY, RULE, "the bytes are not aligned", 0);
    ens_code code = check_snapshot(bytes, header, err);
    if (code != ENS_OK)
        return code;
    ens_snapshot *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a snapshot", 0);
    *s = (ens_snapshot){.bytes = bytes.p, .header = header, .num_anchors = count_anchors(bytes.p, header)};
    *out = s;
    return ENS_OK;
}

ens_code ens__snapshot_load(const char *path, ens_snapshot **out, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(path, ENS_SNAPSHOT_MAX, &file, err);
    if (code != ENS_OK)
        return code;
    code = ens__snapshot_open(file.bytes, out, err);
    if (code == ENS_OK)
        (*out)->file = file;
    else
        ens__file_close(&file);
    return code == ENS_OK ? code : ens_within(err, code, "can't load the trusted lists");
}

ens_snapshot *ens__snapshot_ref(ens_snapshot *s)
{
    atomic_fetch_add(&s->references, 1);
    return s;
}

void ens__snapshot_free(ens_snapshot *s)
{
    if (!s || atomic_fetch_sub(&s->references, 1) != 0)
        return;
    if (s->file.bytes.p)
        ens__file_close(&s->file);
    free(s->copy);
    free(s);
}

void ens_lists_free(ens_lists *lists)
{
    ens__snapshot_free(lists);
}

ens_code ens_lists_open(const char *path, ens_lists **out, ens_err *err)
{
    char file[PATH_LEN];
    int len = snprintf(file, sizeof file, "%s%s", path, ens__file_is_folder(path) ? "/" ENS_SNAPSHOT_FILE : "");
    if (len < 0 || (size_t)len >= sizeof file)
        return ens_fail_about(err, ENS_ELIMIT, RULE, "the path is too long", path);
    return ens__snapshot_load(file, out, err);
}

ens_code ens_lists_new(ens_slice bytes, ens_lists **out, ens_err *err)
{
    if (bytes.len > ENS_SNAPSHOT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "a snapshot isn't that large", 0);
    void *copy = malloc(bytes.len + 1); /* aligned for anything */
    if (!copy)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a snapshot", 0);
    if (bytes.len)
        memcpy(copy, bytes.p, bytes.len);
    ens_code code = ens__snapshot_open(ens_bytes(copy, bytes.len), out, err);
    if (code == ENS_OK)
        (*out)->copy = copy;
    else
        free(copy);
    return code;
}

static uint32_t records_of(const ens_snapshot *s, ens_section which)
{
    return (uint32_t)s->header->section[which].num;
}

/* record is record i of a section, or NULL past the end. */
static const void *record(const ens_snapshot *s, ens_section which, uint32_t i)
{
    return i < records_of(s, which) ? s->bytes + s->header->section[which].at + (size_t)i * sizes[which] : NULL;
}

static ens_slice bytes_of(const ens_snapshot *s, ens_rec_bytes b)
{
    return ens_bytes(s->bytes + s->header->section[ENS_SECTION_BYTES].at + b.at, b.len);
}

ens_snapshot_facts ens__snapshot_facts(const ens_snapshot *s)
{
    return (ens_snapshot_facts){.name = s->header->name,
                                .lotl_sequence = s->header->lotl_sequence,
                                .made = s->header->made,
                                .num_lists = records_of(s, ENS_SECTION_LISTS),
                                .num_providers = records_of(s, ENS_SECTION_PROVIDERS),
                                .num_services = records_of(s, ENS_SECTION_SERVICES),
                                .num_certificates = records_of(s, ENS_SECTION_CERTIFICATES)};
}

const char *ens_list_state_name(ens_list_state state)
{
    static const char *const names[] = {"missing", "broken", "stale", "closed", "fresh"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : names[0];
}

ens_list_state ens__list_state(const ens_list *list, ens_time at)
{
    if (!list->sha256.len)
        return ENS_LIST_MISSING;
    if (!list->usable)
        return ENS_LIST_BROKEN;
    if (list->next_update == ENS_TIME_NONE)
        return ENS_LIST_CLOSED;
    return list->next_update < at ? ENS_LIST_STALE : ENS_LIST_FRESH;
}

bool ens__snapshot_list(const ens_snapshot *s, uint32_t i, ens_list *out)
{
    const ens_rec_list *r = record(s, ENS_SECTION_LISTS, i);
    if (!r)
        return false;
    *out = (ens_list){.kind = (ens_list_kind)r->kind,
                      .usable = r->usable,
                      .pinned = r->pinned,
                      .pointed = r->pointed,
                      .signature = (ens_list_signature)r->signature,
                      .country = bytes_of(s, r->country),
                      .url = bytes_of(s, r->url),
                      .file = bytes_of(s, r->file),
                      .reason = bytes_of(s, r->reason),
                      .version = r->version,
                      .sequence = r->sequence,
                      .issued = r->issued,
                      .next_update = r->next_update,
                      .fetched = r->fetched,
                      .operator_name = bytes_of(s, r->operator_name),
                      .signer = bytes_of(s, r->signer),
                      .sha256 = bytes_of(s, r->sha256),
                      .providers = r->providers,
                      .services = r->services};
    return true;
}

bool ens__snapshot_provider(const ens_snapshot *s, uint32_t i, ens_provider *out)
{
    const ens_rec_provider *r = record(s, ENS_SECTION_PROVIDERS, i);
    if (!r)
        return false;
    *out = (ens_provider){r->list, bytes_of(s, r->name), bytes_of(s, r->trade_name), bytes_of(s, r->identifier),
                          r->services};
    return true;
}

bool ens__snapshot_service(const ens_snapshot *s, uint32_t i, ens_service *out)
{
    const ens_rec_service *r = record(s, ENS_SECTION_SERVICES, i);
    if (!r)
        return false;
    *out = (ens_service){r->list, r->provider, r->entries, r->certificates};
    return true;
}

bool ens__snapshot_entry(const ens_snapshot *s, uint32_t i, ens_service_entry *out)
{
    const ens_rec_entry *r = record(s, ENS_SECTION_ENTRIES, i);
    if (!r)
        return false;
    *out = (ens_service_entry){.service = r->service,
                               .type = (ens_service_type)r->type,
                               .status = (ens_service_status)r->status,
                               .type_uri = bytes_of(s, r->type_uri),
                               .status_uri = bytes_of(s, r->status_uri),
                               .start = r->start,
                               .end = r->end,
                               .name = bytes_of(s, r->name),
                               .uses = r->uses,
                               .use_uris = r->use_uris,
                               .identities = r->identities,
                               .qualifications = r->qualifications,
                               .supply_points = r->supply_points,
                               .expired_certs_revocation = r->expired_certs_revocation,
                               .taken_over_by = bytes_of(s, r->taken_over_by),
                               .unknown_critical = r->unknown_critical};
    return true;
}

bool ens__snapshot_text(const ens_snapshot *s, uint32_t i, ens_slice *out)
{
    const ens_rec_bytes *r = record(s, ENS_SECTION_TEXTS, i);
    if (r)
        *out = bytes_of(s, *r);
    return r != NULL;
}

bool ens__snapshot_identity(const ens_snapshot *s, uint32_t i, ens_identity *out)
{
    const ens_rec_identity *r = record(s, ENS_SECTION_IDENTITIES, i);
    if (r)
        *out = (ens_identity){(ens_identity_kind)r->kind, bytes_of(s, r->value), r->certificate};
    return r != NULL;
}

bool ens__snapshot_qualification(const ens_snapshot *s, uint32_t i, ens_qualification *out)
{
    const ens_rec_qualification *r = record(s, ENS_SECTION_QUALIFICATIONS, i);
    if (r)
        *out = (ens_qualification){r->qualifiers, r->uris, r->criterion};
    return r != NULL;
}

bool ens__snapshot_criterion(const ens_snapshot *s, uint32_t i, ens_criterion *out)
{
    const ens_rec_criterion *r = record(s, ENS_SECTION_CRITERIA, i);
    if (r)
        *out = (ens_criterion){(ens_criterion_kind)r->kind, (ens_assert)r->assert, r->size, r->mask, r->bits, r->oids};
    return r != NULL;
}

bool ens__snapshot_oid(const ens_snapshot *s, uint32_t i, ens_listed_oid *out)
{
    const ens_rec_oid *r = record(s, ENS_SECTION_OIDS, i);
    if (r)
        *out = (ens_listed_oid){bytes_of(s, r->der), bytes_of(s, r->text)};
    return r != NULL;
}

bool ens__snapshot_certificate(const ens_snapshot *s, uint32_t i, ens_listed_certificate *out)
{
    const ens_rec_certificate *r = record(s, ENS_SECTION_CERTIFICATES, i);
    if (!r)
        return false;
    *out = (ens_listed_certificate){.der = bytes_of(s, r->der),
                                    .subject = bytes_of(s, r->subject),
                                    .spki = bytes_of(s, r->spki),
                                    .ski = bytes_of(s, r->ski),
                                    .not_before = r->not_before,
                                    .not_after = r->not_after,
                                    .services = r->services};
    return true;
}

uint32_t ens__snapshot_certificate_service(const ens_snapshot *s, uint32_t i)
{
    const uint32_t *r = record(s, ENS_SECTION_CERTIFICATE_SERVICES, i);
    return r ? *r : ENS_SNAPSHOT_NONE;
}

uint32_t ens__snapshot_service_certificate(const ens_snapshot *s, uint32_t i)
{
    const uint32_t *r = record(s, ENS_SECTION_SERVICE_CERTIFICATES, i);
    return r ? *r : ENS_SNAPSHOT_NONE;
}

/* first_row is the first row of an index whose hash is not below; every row starts with its hash. */
static uint32_t first_row(const ens_snapshot *s, ens_section index, uint64_t hash)
{
    uint32_t low = 0, high = records_of(s, index);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (*(const uint64_t *)record(s, index, middle) < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t ens__snapshot_services_by_key(const ens_snapshot *s, ens_slice subject, ens_slice spki, uint32_t *services,
                                     size_t max)
{
    uint64_t hash = ens__snapshot_hash(ens__snapshot_hash(0, subject), spki);
    for (uint32_t row = first_row(s, ENS_SECTION_BY_KEY, hash);; row++) {
        const ens_rec_key *k = record(s, ENS_SECTION_BY_KEY, row);
        if (!k || k->hash != hash)
            return 0;
        const ens_rec_certificate *c = record(s, ENS_SECTION_CERTIFICATES, k->certificate);
        if (!ens_eq(bytes_of(s, c->subject), subject) || !ens_eq(bytes_of(s, c->spki), spki))
            continue;
        for (uint32_t i = 0; i < k->services.num && i < max; i++)
            services[i] = *(const uint32_t *)record(s, ENS_SECTION_KEY_SERVICES, k->services.first + i);
        return k->services.num;
    }
}

size_t ens__snapshot_certificates_by_subject(const ens_snapshot *s, ens_slice subject, uint32_t *certificates,
                                             size_t max)
{
    uint64_t hash = ens__name_hash(subject);
    size_t n = 0;
    for (uint32_t row = first_row(s, ENS_SECTION_BY_SUBJECT, hash);; row++) {
        const ens_rec_index *r = record(s, ENS_SECTION_BY_SUBJECT, row);
        if (!r || r->hash != hash)
            return n;
        const ens_rec_certificate *c = record(s, ENS_SECTION_CERTIFICATES, r->certificate);
        if (!ens__name_same(bytes_of(s, c->subject), subject))
            continue;
        if (n < max)
            certificates[n] = r->certificate;
        n++;
    }
}

uint32_t ens__snapshot_num_anchors(const ens_snapshot *s)
{
    return s->num_anchors;
}

/* named is the row-th certificate of the index from first on whose subject has the hash; NULL past the last. */
static const ens_rec_certificate *named(const ens_snapshot *s, uint32_t row, uint64_t name_hash)
{
    const ens_rec_index *r = record(s, ENS_SECTION_BY_SUBJECT, row);
    return r && r->hash == name_hash ? record(s, ENS_SECTION_CERTIFICATES, r->certificate) : NULL;
}

static const ens_rec_service *service_of(const ens_snapshot *s, const ens_rec_certificate *c, uint32_t i)
{
    const uint32_t *number = record(s, ENS_SECTION_CERTIFICATE_SERVICES, c->services.first + i);
    return number ? record(s, ENS_SECTION_SERVICES, *number) : NULL;
}

/* is_closed: the last list of its kind says nothing about the time since. */
static bool is_closed(const ens_rec_list *l, ens_time at)
{
    return l->next_update == ENS_TIME_NONE && (l->issued == ENS_TIME_NONE || at >= l->issued);
}

static bool accepts_at(const ens_snapshot *s, const ens_rec_service *service, ens_time at)
{
    for (uint32_t i = 0; i < service->entries.num; i++) {
        const ens_rec_entry *e = record(s, ENS_SECTION_ENTRIES, service->entries.first + i);
        if (e && at >= e->start && at < e->end)
            return ens__snapshot_entry_accepts(e, at);
    }
    return false;
}

static bool is_anchor(const ens_snapshot *s, const ens_rec_certificate *c, ens_time at)
{
    for (uint32_t i = 0; c->anchor && i < c->services.num; i++) {
        const ens_rec_service *service = service_of(s, c, i);
        const ens_rec_list *list = service ? record(s, ENS_SECTION_LISTS, service->list) : NULL;
        if (list && !is_closed(list, at) && accepts_at(s, service, at))
            return true;
    }
    return false;
}

bool ens__snapshot_find_anchor(const ens_snapshot *s, uint64_t name_hash, size_t i, ens_time at, ens_slice *der)
{
    const ens_rec_certificate *c;
    for (uint32_t row = first_row(s, ENS_SECTION_BY_SUBJECT, name_hash); (c = named(s, row, name_hash)); row++) {
        if (!is_anchor(s, c, at) || i-- > 0)
            continue;
        *der = bytes_of(s, c->der);
        return true;
    }
    return false;
}

/* turn narrows [from, until) around at to where nothing turns at moment. */
static void turn(ens_time moment, ens_time at, ens_time *from, ens_time *until)
{
    if (moment == ENS_TIME_NONE || moment == INT64_MAX)
        return;
    if (moment > at)
        *until = *until == ENS_TIME_NONE || moment < *until ? moment : *until;
    else
        *from = *from == ENS_TIME_NONE || moment > *from ? moment : *from;
}

void ens__snapshot_anchors_hold(const ens_snapshot *s, uint64_t name_hash, ens_time at, ens_time *from, ens_time *until)
{
    const ens_rec_certificate *c;
    *from = *until = ENS_TIME_NONE;
    for (uint32_t row = first_row(s, ENS_SECTION_BY_SUBJECT, name_hash); (c = named(s, row, name_hash)); row++)
        for (uint32_t i = 0; i < c->services.num; i++) {
            const ens_rec_service *service = service_of(s, c, i);
            const ens_rec_list *list = service ? record(s, ENS_SECTION_LISTS, service->list) : NULL;
            for (uint32_t k = 0; service && k < service->entries.num; k++) {
                const ens_rec_entry *e = record(s, ENS_SECTION_ENTRIES, service->entries.first + k);
                turn(e ? e->start : ENS_TIME_NONE, at, from, until);
                turn(e ? e->end : ENS_TIME_NONE, at, from, until);
            }
            if (list && list->next_update == ENS_TIME_NONE)
                turn(list->issued, at, from, until);
        }
}

/* Once, when a snapshot is loaded: afterwards no number in it needs to be looked at twice. */
typedef struct {
    const uint8_t *file;
    const ens_rec_header *header;
} reader;

static uint64_t records_in(const reader *r, ens_section which)
{
    return r->header->section[which].num;
}

static const void *records(const reader *r, ens_section which)
{
    return r->file + r->header->section[which].at;
}

static bool sections_inside(const ens_rec_header *h)
{
    uint64_t end = sizeof *h;
    for (unsigned i = 0; i < ENS_SECTIONS; i++) {
        const ens_rec_section *s = &h->section[i];
        if (s->at % ENS_SNAPSHOT_ALIGN || s->at < end || s->at > h->size || s->num > UINT32_MAX ||
            s->num > (h->size - s->at) / ens__snapshot_record_size((ens_section)i))
            return false;
        end = s->at + s->num * ens__snapshot_record_size((ens_section)i);
    }
    return true;
}

static bool in(const reader *r, ens_rec_bytes b)
{
    uint64_t all = records_in(r, ENS_SECTION_BYTES);
    return b.at <= all && b.len <= all - b.at;
}

static bool within(const reader *r, ens_section which, ens_span span)
{
    uint64_t all = records_in(r, which);
    return span.first <= all && span.num <= all - span.first;
}

static bool lists_good(const reader *r)
{
    const ens_rec_list *l = records(r, ENS_SECTION_LISTS);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_LISTS); i++, l++)
        if (!in(r, l->country) || !in(r, l->url) || !in(r, l->file) || !in(r, l->reason) || !in(r, l->operator_name) ||
            !in(r, l->signer) || !in(r, l->sha256) || !within(r, ENS_SECTION_PROVIDERS, l->providers) ||
            !within(r, ENS_SECTION_SERVICES, l->services))
            return false;
    return true;
}

static bool providers_good(const reader *r)
{
    const ens_rec_provider *p = records(r, ENS_SECTION_PROVIDERS);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_PROVIDERS); i++, p++)
        if (!in(r, p->name) || !in(r, p->trade_name) || !in(r, p->identifier) ||
            p->list >= records_in(r, ENS_SECTION_LISTS) || !within(r, ENS_SECTION_SERVICES, p->services))
            return false;
    return true;
}

/* Every service has a present state. */
static bool services_good(const reader *r)
{
    const ens_rec_service *s = records(r, ENS_SECTION_SERVICES);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_SERVICES); i++, s++)
        if (s->list >= records_in(r, ENS_SECTION_LISTS) || s->provider >= records_in(r, ENS_SECTION_PROVIDERS) ||
            s->entries.num == 0 || !within(r, ENS_SECTION_ENTRIES, s->entries) ||
            !within(r, ENS_SECTION_SERVICE_CERTIFICATES, s->certificates))
            return false;
    return true;
}

static bool entries_good(const reader *r)
{
    const ens_rec_entry *e = records(r, ENS_SECTION_ENTRIES);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_ENTRIES); i++, e++)
        if (!in(r, e->type_uri) || !in(r, e->status_uri) || !in(r, e->name) || !in(r, e->taken_over_by) ||
            e->service >= records_in(r, ENS_SECTION_SERVICES) || !within(r, ENS_SECTION_TEXTS, e->use_uris) ||
            !within(r, ENS_SECTION_IDENTITIES, e->identities) ||
            !within(r, ENS_SECTION_QUALIFICATIONS, e->qualifications) ||
            !within(r, ENS_SECTION_TEXTS, e->supply_points))
            return false;
    return true;
}

static bool identities_good(const reader *r)
{
    const ens_rec_identity *d = records(r, ENS_SECTION_IDENTITIES);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_IDENTITIES); i++, d++)
        if (!in(r, d->value) ||
            (d->certificate != ENS_SNAPSHOT_NONE && d->certificate >= records_in(r, ENS_SECTION_CERTIFICATES)))
            return false;
    return true;
}

static bool qualifications_good(const reader *r)
{
    const ens_rec_qualification *q = records(r, ENS_SECTION_QUALIFICATIONS);
    const ens_rec_criterion *criteria = records(r, ENS_SECTION_CRITERIA);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_QUALIFICATIONS); i++, q++)
        if (!within(r, ENS_SECTION_TEXTS, q->uris) || q->criterion >= records_in(r, ENS_SECTION_CRITERIA) ||
            criteria[q->criterion].kind != ENS_CRITERION_LIST)
            return false;
    return true;
}

/* Trees lie one in the other: none reaches beyond the end of the one that it is in. */
static bool criteria_good(const reader *r)
{
    const ens_rec_criterion *c = records(r, ENS_SECTION_CRITERIA);
    uint64_t num = records_in(r, ENS_SECTION_CRITERIA), end[ENS_CRITERIA_DEPTH_MAX + 1];
    unsigned depth = 0;
    end[0] = num;
    for (uint64_t i = 0; i < num; i++, c++) {
        while (depth && i >= end[depth])
            depth--;
        if (c->size == 0 || c->size > end[depth] - i || !within(r, ENS_SECTION_OIDS, c->oids))
            return false;
        if (c->size == 1)
            continue;
        if (c->kind != ENS_CRITERION_LIST || depth == ENS_CRITERIA_DEPTH_MAX)
            return false;
        end[++depth] = i + c->size;
    }
    return true;
}

static bool certificates_good(const reader *r)
{
    const ens_rec_certificate *c = records(r, ENS_SECTION_CERTIFICATES);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_CERTIFICATES); i++, c++)
        if (!in(r, c->der) || !in(r, c->subject) || !in(r, c->spki) || !in(r, c->ski) ||
            !within(r, ENS_SECTION_CERTIFICATE_SERVICES, c->services))
            return false;
    return true;
}

static bool texts_good(const reader *r)
{
    const ens_rec_bytes *t = records(r, ENS_SECTION_TEXTS);
    const ens_rec_oid *o = records(r, ENS_SECTION_OIDS);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_TEXTS); i++)
        if (!in(r, t[i]))
            return false;
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_OIDS); i++)
        if (!in(r, o[i].der) || !in(r, o[i].text))
            return false;
    return true;
}

static bool numbers_below(const reader *r, ens_section which, ens_section of)
{
    const uint32_t *number = records(r, which);
    for (uint64_t i = 0; i < records_in(r, which); i++)
        if (number[i] >= records_in(r, of))
            return false;
    return true;
}

static bool indexes_good(const reader *r)
{
    const ens_rec_key *k = records(r, ENS_SECTION_BY_KEY);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_BY_KEY); i++, k++)
        if (k->certificate >= records_in(r, ENS_SECTION_CERTIFICATES) ||
            !within(r, ENS_SECTION_KEY_SERVICES, k->services))
            return false;
    const ens_rec_index *x = records(r, ENS_SECTION_BY_SUBJECT);
    for (uint64_t i = 0; i < records_in(r, ENS_SECTION_BY_SUBJECT); i++, x++)
        if (x->certificate >= records_in(r, ENS_SECTION_CERTIFICATES))
            return false;
    return numbers_below(r, ENS_SECTION_CERTIFICATE_SERVICES, ENS_SECTION_SERVICES) &&
           numbers_below(r, ENS_SECTION_SERVICE_CERTIFICATES, ENS_SECTION_CERTIFICATES) &&
           numbers_below(r, ENS_SECTION_KEY_SERVICES, ENS_SECTION_SERVICES);
}

ens_code ens__snapshot_check(const uint8_t *file, const ens_rec_header *header, ens_err *err)
{
    reader r = {file, header};
    bool good = sections_inside(header) && lists_good(&r) && providers_good(&r) && services_good(&r) &&
                entries_good(&r) && identities_good(&r) && criteria_good(&r) && qualifications_good(&r) &&
                certificates_good(&r) && texts_good(&r) && indexes_good(&r);
    return good ? ENS_OK
                : ens_fail(err, ENS_ESYNTAX, RULE,
                           "a number in the snapshot leads outside of it; make it again: ensign trust update", 0);
}
