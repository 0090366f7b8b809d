/* Providers, services, and each state that a service is or was in. */
#include "certs/lists/trustlist_state.h"
#include "engine/base/clock.h"
#include "ensign/orgid.h"

/* name_of takes a name of several languages: the first one, unless another is English. */
static void name_of(ens_trustlist_reader *r, ens_slice text, ens_slice *name, bool *is_english)
{
    if (name->p && (*is_english || !r->english))
        return;
    *name = ens__trustlist_keep(r, &r->scratch, text);
    *is_english = r->english;
}

static void start_provider(ens_trustlist_reader *r)
{
    ens_arena_reset(&r->scratch);
    r->name = r->trade_name = r->identifier = (ens_slice){0};
    r->name_english = r->trade_name_english = r->named = false;
    if (++r->out->num_providers > ENS_TRUSTLIST_SERVICES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more providers than there may be");
}

/* name_provider gives the provider to the writer, once: after its names, before its services. */
static void name_provider(ens_trustlist_reader *r)
{
    if (!r->named)
        ens__writer_provider(r->writer, r->name, r->trade_name, r->identifier);
    r->named = true;
}

static void start_service(ens_trustlist_reader *r)
{
    name_provider(r);
    r->has_present = false;
    if (++r->out->num_services > ENS_TRUSTLIST_SERVICES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more services than there may be");
    ens__writer_service(r->writer);
}

static void start_entry(ens_trustlist_reader *r, bool present)
{
    if (present == r->has_present)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a service has no present state, more than one, or one behind its history");
    ens_arena_reset(&r->scratch);
    r->entry = (ens_entry_draft){.start = ENS_TIME_NONE, .expired_certs_revocation = ENS_TIME_NONE};
    r->entry_present = present;
    r->has_present = true;
    r->entry_name_english = r->has_start = false;
}

static void end_entry(ens_trustlist_reader *r)
{
    if (!r->entry.type_uri.len || !r->entry.status_uri.len || !r->has_start)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a service lacks its type, its status, or when that began");
    else
        ens__writer_entry(r->writer, &r->entry);
}

static void add_to(ens_trustlist_reader *r, ens_slice text, ens_slice *list, size_t *num)
{
    if (*num == ENS_ENTRY_URIS_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "a service has more URIs than it may");
    else if (text.len)
        list[(*num)++] = ens__trustlist_keep(r, &r->scratch, text);
}

static ens_time time_of(ens_slice text)
{
    ens_time t = ENS_TIME_NONE;
    bool offset_given;
    return ens__time_xsd(text, &t, &offset_given) ? t : ENS_TIME_NONE;
}

/* identity keeps what a list says wrongly as OTHER: it is no reason to lose the list. */
static void identity(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_slice bytes = text;
    ens_identity_kind kind = place == ENS_AT_CERTIFICATE ? ENS_IDENTITY_CERTIFICATE
                             : place == ENS_AT_KEY_ID    ? ENS_IDENTITY_SKI
                                                         : ENS_IDENTITY_SUBJECT;
    if (kind != ENS_IDENTITY_SUBJECT && !ens__trustlist_base64(r, &bytes))
        kind = ENS_IDENTITY_OTHER;
    ens__writer_identity(r->writer, kind, bytes, r->entry_present);
}

void ens__trustlist_service_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_PROVIDER:
        start_provider(r);
        break;
    case ENS_AT_SERVICE:
        start_service(r);
        break;
    case ENS_AT_PRESENT:
        start_entry(r, true);
        break;
    case ENS_AT_PAST:
        start_entry(r, false);
        break;
    case ENS_AT_EXTENSION: {
        ens_slice critical = ens__trustlist_attribute(r, e, "Critical");
        r->extension_critical = ens_is(critical, "true") || ens_is(critical, "1");
        break;
    }
    default:
        break;
    }
}

static void end_provider_text(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_orgid orgid;
    if (place == ENS_AT_PROVIDER_NAME) {
        name_of(r, text, &r->name, &r->name_english);
        return;
    }
    if (!r->identifier.len && ens_orgid_parse(text, &orgid, NULL) == ENS_OK)
        r->identifier = ens__trustlist_keep(r, &r->scratch, text);
    else
        name_of(r, text, &r->trade_name, &r->trade_name_english);
}

static void end_entry_text(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_entry_draft *e = &r->entry;
    bool first = !e->taken_over_by.p;
    switch (place) {
    case ENS_AT_SERVICE_TYPE:
        e->type_uri = ens__trustlist_keep(r, &r->scratch, text);
        break;
    case ENS_AT_STATUS:
        e->status_uri = ens__trustlist_keep(r, &r->scratch, text);
        break;
    case ENS_AT_SERVICE_NAME:
        name_of(r, text, &e->name, &r->entry_name_english);
        break;
    case ENS_AT_STARTING_TIME:
        e->start = time_of(text);
        r->has_start = e->start != ENS_TIME_NONE;
        break;
    case ENS_AT_SUPPLY_POINT:
        add_to(r, text, e->supply_point, &e->num_supply_points);
        break;
    case ENS_AT_USE_URI:
        add_to(r, text, e->use_uri, &e->num_uses);
        break;
    case ENS_AT_EXPIRED_CERTS:
        e->expired_certs_revocation = time_of(text);
        break;
    case ENS_AT_TAKEN_OVER_NAME:
        if (first || r->english)
            e->taken_over_by = ens__trustlist_keep(r, &r->scratch, text);
        break;
    default:
        break;
    }
}

void ens__trustlist_service_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_PROVIDER:
        name_provider(r);
        break;
    case ENS_AT_SERVICE:
        if (!r->has_present)
            ens__trustlist_fail(r, ENS_ESYNTAX, "a service has no present state");
        break;
    case ENS_AT_PRESENT:
    case ENS_AT_PAST:
        end_entry(r);
        break;
    case ENS_AT_PROVIDER_NAME:
    case ENS_AT_PROVIDER_TRADE_NAME:
        end_provider_text(r, place, text);
        break;
    case ENS_AT_CERTIFICATE:
    case ENS_AT_KEY_ID:
    case ENS_AT_SUBJECT_NAME:
        identity(r, place, text);
        break;
    default:
        end_entry_text(r, place, text);
        break;
    }
}
