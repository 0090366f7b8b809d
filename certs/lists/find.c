#include "certs/lists/find.h"

#include "certs/lists/update.h"

#include <stdlib.h>

/* What a service is asked for by, and what people call it. qualified, not: a CA/QC, or a CA/PKC. */
static const struct {
    const char *name, *words;
    ens_service_type type;
    unsigned use;
} kinds[] = {
    {"eseal", "qualified certificates for seals", ENS_SERVICE_CA_QC, ENS_FOR_SEALS},
    {"esig", "qualified certificates for signatures", ENS_SERVICE_CA_QC, ENS_FOR_SIGNATURES},
    {"web", "qualified certificates for websites", ENS_SERVICE_CA_QC, ENS_FOR_WEB},
    {"qc", "qualified certificates, use not said", ENS_SERVICE_CA_QC, 0},
    {"eseal-nq", "certificates for seals, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_SEALS},
    {"esig-nq", "certificates for signatures, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_SIGNATURES},
    {"web-nq", "certificates for websites, not qualified", ENS_SERVICE_CA_PKC, ENS_FOR_WEB},
    {"pkc", "certificates, not qualified, use not said", ENS_SERVICE_CA_PKC, 0},
    {"timestamp", "qualified time stamps", ENS_SERVICE_TSA_QTST, 0},
    {"timestamp-nq", "time stamps, not qualified", ENS_SERVICE_TSA, 0},
    {"ocsp", "OCSP for qualified certificates", ENS_SERVICE_OCSP_QC, 0},
    {"crl", "CRLs for qualified certificates", ENS_SERVICE_CRL_QC, 0},
    {"validation", "qualified validation", ENS_SERVICE_QES_VALIDATION_Q, 0},
    {"preservation", "qualified preservation", ENS_SERVICE_PSES_Q, 0},
    {"delivery", "qualified registered delivery", ENS_SERVICE_EDS_Q, 0},
    {"mail", "qualified registered mail", ENS_SERVICE_EDS_REM_Q, 0},
};
#define NUM_KINDS (sizeof kinds / sizeof *kinds)

const char *ens_lists_kind_name(size_t kind)
{
    return kind < NUM_KINDS ? kinds[kind].name : NULL;
}

const char *ens__service_kind_words(size_t kind)
{
    return kind < NUM_KINDS ? kinds[kind].words : NULL;
}

static bool is_of(ens_slice of_list, ens_slice asked)
{
    if (ens__eq_nocase(asked, ENS_LIT("GR")))
        asked = ENS_LIT("EL");
    else if (ens__eq_nocase(asked, ENS_LIT("GB")))
        asked = ENS_LIT("UK");
    return ens__eq_nocase(of_list, asked);
}

/* next_letter takes a character of UTF-8; octets that are none stand for themselves. */
static uint32_t next_letter(ens_reader *r)
{
    uint8_t first = *r->at++;
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    uint32_t letter = more ? first & (0x3Fu >> more) : first;
    for (; more && r->at < r->end && (*r->at & 0xC0) == 0x80; more--)
        letter = letter << 6 | (*r->at++ & 0x3Fu);
    return letter;
}

/* small makes a small letter of a capital, of the alphabets that the lists are written in: Latin, Greek, Cyrillic. */
static uint32_t small(uint32_t c)
{
    static const struct {
        uint32_t first, last, add; /* add 0: capitals and small letters take turns, capitals being even (1: odd) */
        uint32_t odd;
    } runs[] = {
        {'A', 'Z', 32, 0},     {0xC0, 0xD6, 32, 0},   {0xD8, 0xDE, 32, 0},   {0x100, 0x137, 0, 0},
        {0x139, 0x148, 0, 1},  {0x14A, 0x177, 0, 0},  {0x179, 0x17E, 0, 1},  {0x218, 0x21B, 0, 0},
        {0x386, 0x386, 38, 0}, {0x388, 0x38A, 37, 0}, {0x38C, 0x38C, 64, 0}, {0x38E, 0x38F, 63, 0},
        {0x391, 0x3A9, 32, 0}, {0x400, 0x40F, 80, 0}, {0x410, 0x42F, 32, 0},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++)
        if (c >= runs[i].first && c <= runs[i].last)
            return runs[i].add ? c + runs[i].add : (c & 1) == runs[i].odd ? c + 1 : c;
    return c == 0x3C2 ? 0x3C3 : c; /* the sigma at the end of a word */
}

static bool begins_with(ens_slice in, ens_slice wanted)
{
    ens_reader a = ens_read(in), b = ens_read(wanted);
    while (ens_left(&b))
        if (!ens_left(&a) || small(next_letter(&a)) != small(next_letter(&b)))
            return false;
    return true;
}

static bool has_text(ens_slice in, ens_slice wanted)
{
    for (size_t i = 0; wanted.len && i < in.len; i++)
        if (begins_with(ens_from(in, i), wanted))
            return true;
    return wanted.len == 0;
}

/* entry_at is the state that a service is in at a time: of those that began by then, the latest. */
static bool entry_at(const ens_snapshot *s, const ens_service *service, ens_time at, ens_service_entry *out)
{
    for (uint32_t i = 0; i < service->entries.num; i++)
        if (ens__snapshot_entry(s, service->entries.first + i, out) && out->start <= at)
            return true;
    return false;
}

bool ens__service_in_good_standing(const ens_service_entry *e)
{
    switch (e->status) {
    case ENS_STATUS_GRANTED:
    case ENS_STATUS_RECOGNISED_NATIONALLY:
    case ENS_STATUS_SET_BY_NATIONAL_LAW:
    case ENS_STATUS_UNDER_SUPERVISION:
    case ENS_STATUS_ACCREDITED:
        return true;
    default:
        return false;
    }
}

/* A CA says its uses by additional information; one that says none is of the kind without. */
bool ens__service_is_kind(const ens_service_entry *e, size_t kind)
{
    const unsigned known = ENS_FOR_SEALS | ENS_FOR_SIGNATURES | ENS_FOR_WEB;
    bool by_use = kinds[kind].type == ENS_SERVICE_CA_QC || kinds[kind].type == ENS_SERVICE_CA_PKC;
    if (e->type != kinds[kind].type)
        return false;
    return !by_use || (kinds[kind].use ? (e->uses & kinds[kind].use) != 0 : !(e->uses & known));
}

static bool is_wanted_kind(const ens_service_entry *e, const char *type)
{
    for (size_t i = 0; type && i < NUM_KINDS; i++)
        if (strcmp(kinds[i].name, type) == 0)
            return ens__service_is_kind(e, i);
    return !type;
}

static bool is_wanted(const ens_snapshot *s, const ens_provider *p, const ens_service *service,
                      const ens_lists_query *q, ens_service_entry *e)
{
    ens_slice name = ens_str(q->name);
    if (!entry_at(s, service, q->at, e) || (!q->all && !ens__service_in_good_standing(e)) ||
        !is_wanted_kind(e, q->type))
        return false;
    return has_text(p->name, name) || has_text(p->trade_name, name) || has_text(p->identifier, name) ||
           has_text(e->name, name);
}

/* A service that was found, by its records. */
typedef struct {
    const ens_list *list;
    const ens_provider *provider;
    const ens_service *service;
    const ens_service_entry *entry; /* its state at the time asked for */
    uint32_t provider_number, number;
} found_service;

/* find_in hands every service of one usable list that is asked for to visit. */
static ens_code find_in(const ens_snapshot *s, const ens_list *l, const ens_lists_query *q,
                        ens_code (*visit)(void *user, const found_service *found), void *user)
{
    ens_provider p;
    ens_service service;
    ens_service_entry e;
    ens_code code = ENS_OK;
    for (uint32_t i = l->providers.first; i < l->providers.first + l->providers.num && ens__snapshot_provider(s, i, &p);
         i++)
        for (uint32_t k = p.services.first;
             k < p.services.first + p.services.num && ens__snapshot_service(s, k, &service); k++) {
            found_service found = {l, &p, &service, &e, i, k};
            if (code == ENS_OK && is_wanted(s, &p, &service, q, &e))
                code = visit(user, &found);
        }
    return code;
}

/* The public interface. */
typedef struct {
    ens_code (*visit)(void *user, const ens_listed_service *service);
    void *user;
} visitor;

static ens_code show_find(void *user, const found_service *f)
{
    const visitor *v = user;
    ens_listed_service service = {.country = f->list->country,
                                  .provider = f->provider->name,
                                  .trade_name = f->provider->trade_name,
                                  .identifier = f->provider->identifier,
                                  .name = f->entry->name,
                                  .type = f->entry->type_uri,
                                  .status = f->entry->status_uri,
                                  .since = f->entry->start,
                                  .in_good_standing = ens__service_in_good_standing(f->entry),
                                  .num_certificates = f->service->certificates.num,
                                  .number = f->number,
                                  .list = f->provider->list,
                                  .provider_number = f->provider_number};
    return v->visit(v->user, &service);
}

static bool is_kind_name(const char *type)
{
    for (size_t i = 0; i < NUM_KINDS; i++)
        if (strcmp(kinds[i].name, type) == 0)
            return true;
    return false;
}

ens_code ens_lists_find(const ens_lists *lists, const ens_lists_query *q,
                        ens_code (*visit)(void *user, const ens_listed_service *service), void *user, ens_err *err)
{
    ens_list l;
    visitor v = {visit, user};
    ens_code code = ENS_OK;
    bool known = !q->country;
    if (q->type && !is_kind_name(q->type))
        return ens_fail_about(err, ENS_EPOLICY, NULL, "there is no such type of services", q->type);
    for (uint32_t i = 0; code == ENS_OK && ens__snapshot_list(lists, i, &l); i++) {
        if (l.kind != ENS_LIST_NATIONAL || (q->country && !is_of(l.country, ens_str(q->country))))
            continue;
        known = true;
        code = l.usable ? find_in(lists, &l, q, show_find, &v) : ENS_OK;
    }
    if (!known)
        return ens_fail_about(err, ENS_EPOLICY, NULL, "there is no list of this country", q->country);
    return code == ENS_OK ? code : ens_fail(err, code, NULL, "what takes the services failed", 0);
}

ens_slice ens_lists_certificate(const ens_lists *lists, uint32_t number, size_t i)
{
    ens_service service;
    ens_listed_certificate c;
    if (!ens__snapshot_service(lists, number, &service) || i >= service.certificates.num)
        return (ens_slice){0};
    uint32_t at = ens__snapshot_service_certificate(lists, service.certificates.first + (uint32_t)i);
    return ens__snapshot_certificate(lists, at, &c) ? c.der : (ens_slice){0};
}

static void tell_list(const ens_list *l, ens_time at, ens_list_facts *out)
{
    *out = (ens_list_facts){.kind = l->kind,
                            .state = ens__list_state(l, at),
                            .signature = l->signature,
                            .usable = l->usable,
                            .pinned = l->pinned,
                            .country = l->country,
                            .url = l->url,
                            .file = l->file,
                            .reason = l->reason,
                            .operator_name = l->operator_name,
                            .signer = l->signer,
                            .version = l->version,
                            .sequence = l->sequence,
                            .issued = l->issued,
                            .next_update = l->next_update,
                            .fetched = l->fetched,
                            .sha256 = l->sha256,
                            .pointed = l->pointed};
}

bool ens_lists_get(const ens_lists *lists, size_t i, ens_time at, ens_list_facts *out)
{
    ens_list l;
    if (i > UINT32_MAX || !ens__snapshot_list(lists, (uint32_t)i, &l))
        return false;
    tell_list(&l, at, out);
    return true;
}

bool ens_list_is_of(const ens_list_facts *list, const char *country)
{
    return is_of(list->country, ens_str(country));
}

ens_lists_facts ens_lists_tell(const ens_lists *lists)
{
    ens_snapshot_facts f = ens__snapshot_facts(lists);
    return (ens_lists_facts){f.name,
                             f.lotl_sequence,
                             f.made,
                             f.num_lists,
                             f.num_providers,
                             f.num_services,
                             ens__snapshot_num_anchors(lists)};
}

ens_code ens_lists_update(const ens_lists_update_options *o, ens_lists_updated *out, ens_err *err)
{
    ens_update_options uo = {.lotl = o->lotl,
                             .anchors = o->anchors,
                             .mirror = o->mirror,
                             .cache = o->cache,
                             .offline = o->offline,
                             .at = o->at,
                             .ca_file = o->ca_file,
                             .progress = o->progress,
                             .user = o->user};
    *out = (ens_lists_updated){0};
    if (!o->cache)
        return ens_fail(err, ENS_EPOLICY, NULL, "no folder is given to keep the lists in", 0);
    ens_update_result *result = calloc(1, sizeof *result);
    if (!result)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for an update", 0);
    ens_code code = ens__lists_update(&uo, result, err);
    for (size_t i = 0; o->list && i < result->num; i++) {
        ens_list_facts facts;
        tell_list(&result->list[i], o->at, &facts);
        o->list(o->user, &facts);
    }
    *out = (ens_lists_updated){result->num, result->num_usable, result->num_services, result->lotl_sequence, ""};
    memcpy(out->snapshot, result->snapshot, sizeof out->snapshot);
    ens__update_clear(result);
    free(result);
    return code;
}
