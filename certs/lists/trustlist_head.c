/* Scheme information, pointers to other lists, and what XAdES says of the signer. */
#include "certs/lists/trustlist_state.h"
#include "engine/base/clock.h"

#define DIGITS_MAX 9u

static uint32_t number_of(ens_trustlist_reader *r, ens_slice text, bool *has)
{
    uint32_t value = 0;
    bool good = text.len > 0 && text.len <= DIGITS_MAX;
    for (size_t i = 0; good && i < text.len; i++) {
        good = text.p[i] >= '0' && text.p[i] <= '9';
        value = value * 10 + (text.p[i] - '0');
    }
    if (!good)
        ens__trustlist_fail(r, ENS_ESYNTAX, "version or sequence number is no number");
    *has = good;
    return value;
}

static ens_time time_of(ens_trustlist_reader *r, ens_slice text, bool *has)
{
    ens_time t = ENS_TIME_NONE;
    bool offset_given;
    *has = ens__time_xsd(text, &t, &offset_given);
    if (!*has)
        ens__trustlist_fail(r, ENS_ESYNTAX, "a date of the list is no date");
    return t;
}

static ens_list_pointer *pointer(ens_trustlist_reader *r)
{
    return &r->out->pointer[r->out->num_pointers - 1];
}

static void start_pointer(ens_trustlist_reader *r)
{
    ens_trustlist *l = r->out;
    if (!l->pointer)
        l->pointer = ens_arena_take(r->arena, ENS_LIST_POINTERS_MAX * sizeof *l->pointer);
    if (!l->pointer || l->num_pointers == ENS_LIST_POINTERS_MAX) {
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more pointers than there may be");
        return;
    }
    memset(&l->pointer[l->num_pointers++], 0, sizeof *l->pointer);
}

static void add_certificate(ens_trustlist_reader *r)
{
    ens_list_pointer *p = pointer(r);
    ens_slice der;
    if (p->num_certificates == ENS_POINTER_CERTIFICATES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "a pointer names more certificates than it may");
    else if (!ens__trustlist_base64(r, &der))
        ens__trustlist_fail(r, ENS_ESYNTAX, "a certificate of a pointer isn't base64");
    else
        p->certificate[p->num_certificates++] = ens__trustlist_keep(r, r->arena, der);
}

static void add_uri(ens_trustlist_reader *r, ens_slice text)
{
    ens_trustlist *l = r->out;
    if (l->num_scheme_uris < ENS_SCHEME_URIS_MAX)
        l->scheme_uri[l->num_scheme_uris++] = ens__trustlist_keep(r, r->arena, text);
    else
        ens__trustlist_fail(r, ENS_ELIMIT, "there are more SchemeInformationURIs than there may be");
}

/* The first Cert of SigningCertificate and of SigningCertificateV2 names the signer; the others are its issuers. */
static void start_signing_certificate(ens_trustlist_reader *r, unsigned version)
{
    ens_trustlist *l = r->out;
    if (l->num_signing_certificates == ENS_SIGNING_CERTIFICATES_MAX)
        ens__trustlist_fail(r, ENS_ELIMIT, "the signature names its certificate more often than it may");
    else
        l->signing_certificate[l->num_signing_certificates++] = (ens_signing_certificate){.version = version};
}

static ens_signing_certificate *signing_certificate(ens_trustlist_reader *r)
{
    return &r->out->signing_certificate[r->out->num_signing_certificates - 1];
}

void ens__trustlist_head_start(ens_trustlist_reader *r, ens_list_place place, const ens_scan_event *e)
{
    switch (place) {
    case ENS_AT_NEXT_UPDATE:
        r->has_next_update = true;
        break;
    case ENS_AT_POINTER:
        start_pointer(r);
        break;
    case ENS_AT_SIGNED_PROPERTIES:
        r->out->num_signed_properties++;
        r->out->signed_properties = e->raw.p;
        break;
    case ENS_AT_SIGNING_CERTIFICATE:
        start_signing_certificate(r, 1);
        break;
    case ENS_AT_SIGNING_CERTIFICATE_V2:
        start_signing_certificate(r, 2);
        break;
    case ENS_AT_DIGEST_METHOD:
        if (!signing_certificate(r)->method.p)
            signing_certificate(r)->method =
                ens__trustlist_keep(r, r->arena, ens__trustlist_attribute(r, e, "Algorithm"));
        break;
    default:
        break;
    }
}

static void end_scheme(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    ens_trustlist *l = r->out;
    switch (place) {
    case ENS_AT_VERSION:
        l->version = number_of(r, text, &r->has_version);
        break;
    case ENS_AT_SEQUENCE:
        l->sequence = number_of(r, text, &r->has_sequence);
        break;
    case ENS_AT_TYPE:
        l->type = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_TERRITORY:
        l->territory = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_ISSUED:
        l->issued = time_of(r, text, &r->has_issued);
        break;
    case ENS_AT_NEXT_TIME:
        l->next_update = time_of(r, text, &r->has_next_update);
        break;
    case ENS_AT_OPERATOR_NAME:
        if (!l->operator_name.p || (r->english && !r->name_english))
            l->operator_name = ens__trustlist_keep(r, r->arena, text);
        r->name_english |= r->english;
        break;
    default:
        break;
    }
}

static void end_signed_properties(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    bool has;
    ens_slice digest;
    if (place == ENS_AT_SIGNING_TIME)
        r->out->signing_time = time_of(r, text, &has);
    else if (place == ENS_AT_DIGEST_VALUE && !signing_certificate(r)->digest.p && ens__trustlist_base64(r, &digest))
        signing_certificate(r)->digest = ens__trustlist_keep(r, r->arena, digest);
}

void ens__trustlist_head_end(ens_trustlist_reader *r, ens_list_place place, ens_slice text)
{
    switch (place) {
    case ENS_AT_SCHEME_URI:
        add_uri(r, text);
        break;
    case ENS_AT_POINTER_URL:
        pointer(r)->url = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_CERTIFICATE:
        add_certificate(r);
        break;
    case ENS_AT_POINTER_TYPE:
        pointer(r)->type = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_TERRITORY:
        pointer(r)->territory = ens__trustlist_keep(r, r->arena, text);
        break;
    case ENS_AT_POINTER_MIME:
        pointer(r)->mime = ens__trustlist_keep(r, r->arena, text);
        break;
    default:
        end_scheme(r, place, text);
        end_signed_properties(r, place, text);
        break;
    }
}
