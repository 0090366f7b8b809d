#include "certs/lists/snapshot_format.h"

#include "certs/x509/name.h"

#include <stdlib.h>

#define RULE "snapshot"
#define BEFORE_EIDAS                                                                                                   \
    ((ens_time)1467324000) /* 2016-06-30T22:00:00Z: what was accredited until then is granted since   \
                                             */

static uint32_t section_count(const ens_buf *section, ens_section which)
{
    return (uint32_t)(section[which].len / ens__snapshot_record_size(which));
}

static ens_rec_certificate *certificates(const ens_buf *section)
{
    return (void *)section[ENS_SECTION_CERTIFICATES].p;
}

static ens_slice bytes_of(const ens_buf *section, ens_rec_bytes b)
{
    return ens_bytes(section[ENS_SECTION_BYTES].p + b.at, b.len);
}

/* services_of_certificates turns "certificates of a service" round, by counting. */
static void services_of_certificates(ens_buf *section)
{
    const ens_rec_service *service = (const void *)section[ENS_SECTION_SERVICES].p;
    const uint32_t *listed = (const void *)section[ENS_SECTION_SERVICE_CERTIFICATES].p;
    ens_rec_certificate *cert = certificates(section);
    uint32_t num = section_count(section, ENS_SECTION_SERVICE_CERTIFICATES), first = 0;
    uint32_t *out = (void *)ens_buf_room(&section[ENS_SECTION_CERTIFICATE_SERVICES], num * sizeof *out);
    if (!out)
        return;
    section[ENS_SECTION_CERTIFICATE_SERVICES].len += num * sizeof *out;
    for (uint32_t i = 0; i < num; i++)
        cert[listed[i]].services.num++;
    for (uint32_t i = 0; i < section_count(section, ENS_SECTION_CERTIFICATES); i++) {
        cert[i].services.first = first;
        first += cert[i].services.num;
        cert[i].services.num = 0;
    }
    for (uint32_t s = 0; s < section_count(section, ENS_SECTION_SERVICES); s++)
        for (uint32_t i = 0; i < service[s].certificates.num; i++) {
            ens_span *of = &cert[listed[service[s].certificates.first + i]].services;
            out[of->first + of->num++] = s;
        }
}

bool ens__snapshot_entry_accepts(const ens_rec_entry *e, ens_time at)
{
    if (e->type != ENS_SERVICE_CA_QC && e->type != ENS_SERVICE_CA_PKC)
        return false;
    switch (e->status) {
    case ENS_STATUS_GRANTED:
    case ENS_STATUS_RECOGNISED_NATIONALLY:
    case ENS_STATUS_SET_BY_NATIONAL_LAW:
        return true;
    case ENS_STATUS_UNDER_SUPERVISION:
    case ENS_STATUS_SUPERVISION_IN_CESSATION:
    case ENS_STATUS_ACCREDITED:
        return at < BEFORE_EIDAS;
    default:
        return false;
    }
}

static void mark_anchors(ens_buf *section)
{
    const ens_rec_service *service = (const void *)section[ENS_SECTION_SERVICES].p;
    const ens_rec_entry *entry = (const void *)section[ENS_SECTION_ENTRIES].p;
    const uint32_t *services = (const void *)section[ENS_SECTION_CERTIFICATE_SERVICES].p;
    ens_rec_certificate *cert = certificates(section);
    for (uint32_t i = 0; i < section_count(section, ENS_SECTION_CERTIFICATES); i++) {
        cert[i].anchor = 0;
        for (uint32_t k = 0; k < cert[i].services.num; k++) {
            const ens_rec_service *s = &service[services[cert[i].services.first + k]];
            for (uint32_t e = 0; e < s->entries.num; e++)
                cert[i].anchor |= ens__snapshot_entry_accepts(&entry[s->entries.first + e], ENS_TIME_NONE);
        }
    }
}

static int by_hash(const void *a, const void *b)
{
    const ens_rec_index *x = a, *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return x->certificate < y->certificate ? -1 : x->certificate > y->certificate;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint64_t hash_of(const ens_buf *section, const ens_rec_certificate *c, ens_section which)
{
    if (which == ENS_SECTION_BY_SUBJECT)
        return ens__name_hash(bytes_of(section, c->subject));
    return ens__snapshot_hash(ens__snapshot_hash(0, bytes_of(section, c->subject)), bytes_of(section, c->spki));
}

/* rows lists all certificates by their hash for an index into out. */
static void rows(const ens_buf *section, ens_section which, ens_buf *out)
{
    const ens_rec_certificate *c = certificates(section);
    for (uint32_t i = 0; i < section_count(section, ENS_SECTION_CERTIFICATES); i++) {
        ens_rec_index row = {.hash = hash_of(section, &c[i], which), .certificate = i};
        ens_buf_add(out, &row, sizeof row);
    }
    if (out->len)
        qsort(out->p, out->len / sizeof(ens_rec_index), sizeof(ens_rec_index), by_hash);
}

static bool same_key(const ens_buf *section, const ens_rec_certificate *a, const ens_rec_certificate *b)
{
    return ens_eq(bytes_of(section, a->subject), bytes_of(section, b->subject)) &&
           ens_eq(bytes_of(section, a->spki), bytes_of(section, b->spki));
}

/* add_services appends those of a certificate to the run that is being made. */
static void add_services(ens_buf *section, const ens_rec_certificate *c)
{
    const uint32_t *services = (const void *)section[ENS_SECTION_CERTIFICATE_SERVICES].p;
    ens_buf_add(&section[ENS_SECTION_KEY_SERVICES], services + c->services.first, c->services.num * sizeof *services);
}

/* settle_snapshot_format sorts the run that begins at first and leaves each number once. */
static ens_span settle_snapshot_format(ens_buf *section, uint32_t first)
{
    ens_buf *all = &section[ENS_SECTION_KEY_SERVICES];
    uint32_t *run = (uint32_t *)(void *)all->p + first, num = section_count(section, ENS_SECTION_KEY_SERVICES) - first,
             kept = 0;
    qsort(run, num, sizeof *run, by_number);
    for (uint32_t i = 0; i < num; i++)
        if (i == 0 || run[i] != run[i - 1])
            run[kept++] = run[i];
    all->len = (first + kept) * sizeof *run;
    return (ens_span){first, kept};
}

/* keys makes one row of every key. Rows of the same hash are few, but they need not be the same key. */
static void keys(ens_buf *section, ens_rec_index *row, uint32_t num)
{
    const ens_rec_certificate *c = certificates(section);
    for (uint32_t i = 0; i < num; i++) {
        uint32_t first = section_count(section, ENS_SECTION_KEY_SERVICES);
        ens_rec_key key = {.hash = row[i].hash, .certificate = row[i].certificate};
        if (row[i].unused)
            continue;
        for (uint32_t k = i; k < num && row[k].hash == row[i].hash; k++)
            if (!row[k].unused && same_key(section, &c[row[i].certificate], &c[row[k].certificate])) {
                row[k].unused = 1; /* taken: this list of rows is not kept */
                add_services(section, &c[row[k].certificate]);
            }
        if (section[ENS_SECTION_KEY_SERVICES].failed != ENS_OK)
            return;
        key.services = settle_snapshot_format(section, first);
        ens_buf_add(&section[ENS_SECTION_BY_KEY], &key, sizeof key);
    }
}

ens_code ens__snapshot_index(ens_buf section[ENS_SECTIONS], ens_err *err)
{
    static const ens_section made[] = {ENS_SECTION_CERTIFICATE_SERVICES, ENS_SECTION_KEY_SERVICES, ENS_SECTION_BY_KEY,
                                       ENS_SECTION_BY_SUBJECT};
    ens_buf by_key;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        section[made[i]].len = 0;
    for (uint32_t i = 0; i < section_count(section, ENS_SECTION_CERTIFICATES); i++)
        certificates(section)[i].services = (ens_span){0};
    ens_buf_init(&by_key, NULL, 0, section[ENS_SECTION_BY_SUBJECT].limit);
    services_of_certificates(section);
    if (section[ENS_SECTION_CERTIFICATE_SERVICES].failed == ENS_OK) {
        mark_anchors(section);
        rows(section, ENS_SECTION_BY_KEY, &by_key);
        keys(section, (void *)by_key.p, (uint32_t)(by_key.len / sizeof(ens_rec_index)));
        rows(section, ENS_SECTION_BY_SUBJECT, &section[ENS_SECTION_BY_SUBJECT]);
    }
    ens_code code = by_key.failed;
    ens_buf_free(&by_key);
    for (size_t i = 0; code == ENS_OK && i < sizeof made / sizeof *made; i++)
        code = section[made[i]].failed;
    return code == ENS_OK ? code : ens_fail(err, code, RULE, "out of memory for the indexes of a snapshot", 0);
}
