/* Once, when a snapshot is loaded: afterwards no number in it needs to be looked at twice. */
#include "certs/lists/snapshot_format.h"

#define RULE "snapshot"

typedef struct {
    const uint8_t *file;
    const ens_rec_header *header;
} reader;

static uint64_t count(const reader *r, ens_section which)
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
    uint64_t all = count(r, ENS_SECTION_BYTES);
    return b.at <= all && b.len <= all - b.at;
}

static bool within(const reader *r, ens_section which, ens_span span)
{
    uint64_t all = count(r, which);
    return span.first <= all && span.num <= all - span.first;
}

static bool lists_good(const reader *r)
{
    const ens_rec_list *l = records(r, ENS_SECTION_LISTS);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_LISTS); i++, l++)
        if (!in(r, l->country) || !in(r, l->url) || !in(r, l->file) || !in(r, l->reason) || !in(r, l->operator_name) ||
            !in(r, l->signer) || !in(r, l->sha256) || !within(r, ENS_SECTION_PROVIDERS, l->providers) ||
            !within(r, ENS_SECTION_SERVICES, l->services))
            return false;
    return true;
}

static bool providers_good(const reader *r)
{
    const ens_rec_provider *p = records(r, ENS_SECTION_PROVIDERS);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_PROVIDERS); i++, p++)
        if (!in(r, p->name) || !in(r, p->trade_name) || !in(r, p->identifier) ||
            p->list >= count(r, ENS_SECTION_LISTS) || !within(r, ENS_SECTION_SERVICES, p->services))
            return false;
    return true;
}

/* Every service has a present state. */
static bool services_good(const reader *r)
{
    const ens_rec_service *s = records(r, ENS_SECTION_SERVICES);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_SERVICES); i++, s++)
        if (s->list >= count(r, ENS_SECTION_LISTS) || s->provider >= count(r, ENS_SECTION_PROVIDERS) ||
            s->entries.num == 0 || !within(r, ENS_SECTION_ENTRIES, s->entries) ||
            !within(r, ENS_SECTION_SERVICE_CERTIFICATES, s->certificates))
            return false;
    return true;
}

static bool entries_good(const reader *r)
{
    const ens_rec_entry *e = records(r, ENS_SECTION_ENTRIES);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_ENTRIES); i++, e++)
        if (!in(r, e->type_uri) || !in(r, e->status_uri) || !in(r, e->name) || !in(r, e->taken_over_by) ||
            e->service >= count(r, ENS_SECTION_SERVICES) || !within(r, ENS_SECTION_TEXTS, e->use_uris) ||
            !within(r, ENS_SECTION_IDENTITIES, e->identities) ||
            !within(r, ENS_SECTION_QUALIFICATIONS, e->qualifications) ||
            !within(r, ENS_SECTION_TEXTS, e->supply_points))
            return false;
    return true;
}

static bool identities_good(const reader *r)
{
    const ens_rec_identity *d = records(r, ENS_SECTION_IDENTITIES);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_IDENTITIES); i++, d++)
        if (!in(r, d->value) ||
            (d->certificate != ENS_SNAPSHOT_NONE && d->certificate >= count(r, ENS_SECTION_CERTIFICATES)))
            return false;
    return true;
}

static bool qualifications_good(const reader *r)
{
    const ens_rec_qualification *q = records(r, ENS_SECTION_QUALIFICATIONS);
    const ens_rec_criterion *criteria = records(r, ENS_SECTION_CRITERIA);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_QUALIFICATIONS); i++, q++)
        if (!within(r, ENS_SECTION_TEXTS, q->uris) || q->criterion >= count(r, ENS_SECTION_CRITERIA) ||
            criteria[q->criterion].kind != ENS_CRITERION_LIST)
            return false;
    return true;
}

/* Trees lie one in the other: none reaches beyond the end of the one that it is in. */
static bool criteria_good(const reader *r)
{
    const ens_rec_criterion *c = records(r, ENS_SECTION_CRITERIA);
    uint64_t num = count(r, ENS_SECTION_CRITERIA), end[ENS_CRITERIA_DEPTH_MAX + 1];
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
    for (uint64_t i = 0; i < count(r, ENS_SECTION_CERTIFICATES); i++, c++)
        if (!in(r, c->der) || !in(r, c->subject) || !in(r, c->spki) || !in(r, c->ski) || !in(r, c->sha256) ||
            !within(r, ENS_SECTION_CERTIFICATE_SERVICES, c->services))
            return false;
    return true;
}

static bool texts_good(const reader *r)
{
    const ens_rec_bytes *t = records(r, ENS_SECTION_TEXTS);
    const ens_rec_oid *o = records(r, ENS_SECTION_OIDS);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_TEXTS); i++)
        if (!in(r, t[i]))
            return false;
    for (uint64_t i = 0; i < count(r, ENS_SECTION_OIDS); i++)
        if (!in(r, o[i].der) || !in(r, o[i].text))
            return false;
    return true;
}

static bool numbers_below(const reader *r, ens_section which, ens_section of)
{
    const uint32_t *number = records(r, which);
    for (uint64_t i = 0; i < count(r, which); i++)
        if (number[i] >= count(r, of))
            return false;
    return true;
}

static bool indexes_good(const reader *r)
{
    const ens_rec_key *k = records(r, ENS_SECTION_BY_KEY);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_BY_KEY); i++, k++)
        if (k->certificate >= count(r, ENS_SECTION_CERTIFICATES) || !within(r, ENS_SECTION_KEY_SERVICES, k->services))
            return false;
    const ens_rec_index *x = records(r, ENS_SECTION_BY_SUBJECT);
    for (uint64_t i = 0; i < count(r, ENS_SECTION_BY_SUBJECT); i++, x++)
        if (x->certificate >= count(r, ENS_SECTION_CERTIFICATES))
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
