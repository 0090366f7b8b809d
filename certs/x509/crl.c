#include "certs/x509/crl.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "engine/base/arena.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

static const char *const reason_names[] = {
    "unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
    "superseded",    "cessationOfOperation", "certificateHold", NULL,
    "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};

bool ens__reason_valid(unsigned number)
{
    return number < sizeof reason_names / sizeof *reason_names && reason_names[number];
}

const char *ens__reason_name(ens__reason reason)
{
    return ens__reason_valid((unsigned)reason) ? reason_names[reason] : reason_names[0];
}

bool ens__reasons_read(ens_slice body, unsigned *out)
{
    ens_slice bits;
    unsigned unused;
    if (!ens__der_bits(body, &bits, &unused) || bits.len > 2)
        return false;
    *out = 0;
    for (unsigned i = 0; i < 9 && i / 8 < bits.len; i++)
        *out |= bits.p[i / 8] & (0x80u >> i % 8) ? 1u << i : 0;
    *out &= ENS_REASONS_ALL;
    return true;
}

bool ens__crl_points_open(ens_slice extension, ens_reader *out)
{
    ens_reader r = ens_read(extension);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    *out = ens_read(list.body);
    return true;
}

bool ens__crl_points_next(ens_reader *points, ens__crl_point *out)
{
    ens_der point, name, reasons, issuer, choice;
    *out = (ens__crl_point){.reasons = ENS_REASONS_ALL};
    if (!ens__der_take(points, ENS_DER_SEQUENCE, &point))
        return false;
    ens_reader r = ens_read(point.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &name) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &reasons) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(2), &issuer) || ens_left(&r) ||
        (reasons.all.len && !ens__reasons_read(reasons.body, &out->reasons)))
        return false;
    out->issuer = issuer.body;
    if (!name.all.len)
        return true;
    r = ens_read(name.body);
    if (!ens__der_any(&r, &choice) || ens_left(&r))
        return false;
    out->name_tag = choice.tag;
    out->name = choice.body;
    return true;
}

bool ens__crl_point_next_uri(const ens__crl_point *point, ens_reader *names, ens_slice *out)
{
    ens_der one;
    while (point->name_tag == ENS_CRL_POINT_FULL_NAME && ens__der_any(names, &one)) {
        if (one.tag != ENS_DER_CONTEXT_PRIMITIVE(6))
            continue;
        *out = one.body;
        return true;
    }
    return false;
}

#define RULE "RFC 5280 5.1"
#define RULE_EXTENSIONS "RFC 5280 5.2"
#define RULE_ENTRIES "RFC 5280 5.3"
#define OID_CE "\x55\x1D"

/* Last bytes of id-ce. */
enum {
    CRL_NUMBER = 20,
    REASON_CODE = 21,
    HOLD_INSTRUCTION = 23,
    INVALIDITY_DATE = 24,
    DELTA_INDICATOR = 27,
    ISSUING_POINT = 28,
    CERTIFICATE_ISSUER = 29,
    AUTHORITY_KEY_ID = 35,
    FRESHEST_CRL = 46
};

typedef struct {
    ens_slice der;
    ens_err *err;
} input;

static ens_code refuse_crl(const input *in, const char *rule, const char *what, const uint8_t *at)
{
    return ens_fail(in->err, ENS_ESYNTAX, rule, what, at ? (size_t)(at - in->der.p) : 0);
}

/* One extension; ce is its number within id-ce, or 0. */
typedef struct {
    unsigned ce;
    bool critical;
    ens_slice oid, value;
} extension;

static bool take_extension(ens_reader *r, extension *out)
{
    ens_der one, id, critical, value;
    if (!ens__der_take(r, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader in = ens_read(one.body);
    if (!ens__der_take(&in, ENS_DER_OID, &id) || !ens__der_optional(&in, ENS_DER_BOOLEAN, &critical) ||
        !ens__der_take(&in, ENS_DER_OCTET_STRING, &value) || ens_left(&in))
        return false;
    *out = (extension){.oid = id.body, .value = value.body};
    if (critical.all.len && !ens__der_boolean(critical.body, &out->critical))
        return false;
    if (id.body.len == 3 && ens_starts(id.body, ENS_LIT(OID_CE)))
        out->ce = id.body.p[2];
    return true;
}

static bool take_whole(ens_slice value, uint8_t tag, ens_der *out)
{
    ens_reader r = ens_read(value);
    return ens__der_take(&r, tag, out) && !ens_left(&r);
}

static bool read_reason(ens_slice value, ens__reason *out)
{
    ens_der e;
    uint32_t number;
    if (!take_whole(value, ENS_DER_ENUMERATED, &e) || !ens__der_u32(e.body, &number) || !ens__reason_valid(number))
        return false;
    *out = (ens__reason)number;
    return true;
}

/* keep_entry_extension is false for one that can't be read, and so changes nothing that is known of the entry. */
static bool keep_entry_extension(const extension *e, ens__revoked *out)
{
    ens_der element;
    switch (e->ce) {
    case REASON_CODE:
        return read_reason(e->value, &out->reason);
    case CERTIFICATE_ISSUER:
        if (!take_whole(e->value, ENS_DER_SEQUENCE, &element) || !element.body.len)
            return !(out->lost = true);
        out->issuer = element.body;
        return true;
    case INVALIDITY_DATE:
        return take_whole(e->value, ENS_DER_GENERALIZED_TIME, &element) &&
               ens__der_time_loose(&element, &out->invalidity, &out->odd);
    case HOLD_INSTRUCTION:
        return true; /* it changes nothing */
    default:
        out->unknown_critical |= e->critical;
        return true;
    }
}

static void read_entry_extensions(ens_slice list, ens__revoked *out)
{
    extension e;
    unsigned num = 0;
    uint64_t seen = 0;
    for (ens_reader r = ens_read(list); ens_left(&r);) {
        if (num++ == ENS_CRL_EXTENSIONS_MAX || !take_extension(&r, &e)) {
            out->odd = out->unknown_critical = true;
            return;
        }
        uint64_t bit = e.ce && e.ce < 64 ? (uint64_t)1 << e.ce : 0;
        out->odd |= (seen & bit) != 0;
        seen |= bit;
        if (!keep_entry_extension(&e, out))
            out->odd = true;
    }
}

/* read_entry reads one element of revokedCertificates, without its header, as far as it can be read. */
static void read_entry(ens_slice body, ens__revoked *out)
{
    ens_reader r = ens_read(body);
    ens_der serial, date, list;
    *out = (ens__revoked){.reason = ENS_REASON_UNSPECIFIED, .date = ENS_TIME_NONE, .invalidity = ENS_TIME_NONE};
    if (!ens__der_take(&r, ENS_DER_INTEGER, &serial) || !serial.body.len) {
        out->lost = out->odd = true;
        return;
    }
    out->serial = ens__der_integer_trim(serial.body);
    out->odd = out->serial.len != serial.body.len;
    if (!ens__der_any(&r, &date) || !ens__der_time_loose(&date, &out->date, &out->odd))
        out->odd = true;
    if (!ens_left(&r))
        return;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r) || !list.body.len)
        out->odd = out->unknown_critical = true;
    else
        read_entry_extensions(list.body, out);
}

bool ens__crl_next(ens_reader *r, ens__revoked *out)
{
    ens_der one;
    if (!ens_left(r) || !ens__der_any(r, &one))
        return false;
    read_entry(one.tag == ENS_DER_SEQUENCE ? one.body : (ens_slice){0}, out);
    return true;
}

/* read_entries keeps what can be told apart: behind an element whose length leads astray nothing is known any more. */
static ens_code read_entries(const input *in, ens_slice list, ens__crl *c)
{
    ens__revoked entry;
    ens_reader r = ens_read(list);
    for (; ens__crl_next(&r, &entry); c->num_entries++) {
        if (c->num_entries == ENS_CRL_ENTRIES_MAX)
            return ens_fail(in->err, ENS_ELIMIT, RULE_ENTRIES, "the list has too many entries",
                            (size_t)(r.at - in->der.p));
        c->unknown_critical |= entry.unknown_critical;
        c->lost |= entry.lost;
        c->odd |= entry.odd;
    }
    c->entries = ens_sub(list, 0, ens_at(&r));
    if (ens_left(&r))
        c->lost = c->odd = true;
    return ENS_OK;
}

/* read_flag reads an IMPLICIT BOOLEAN DEFAULT FALSE. */
static bool read_flag(ens_reader *r, uint8_t tag, bool *out)
{
    ens_der e;
    return ens__der_optional(r, tag, &e) && (!e.all.len || ens__der_boolean(e.body, out));
}

/* read_scope reads IssuingDistributionPoint. */
static bool read_scope(ens_slice value, ens__crl *c)
{
    ens_der list, name, some, choice;
    c->scope = value;
    if (!take_whole(value, ENS_DER_SEQUENCE, &list))
        return false;
    ens_reader r = ens_read(list.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &name) ||
        !read_flag(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &c->only_users) ||
        !read_flag(&r, ENS_DER_CONTEXT_PRIMITIVE(2), &c->only_authorities) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(3), &some) ||
        !read_flag(&r, ENS_DER_CONTEXT_PRIMITIVE(4), &c->indirect) ||
        !read_flag(&r, ENS_DER_CONTEXT_PRIMITIVE(5), &c->only_attributes) || ens_left(&r) ||
        (some.all.len && !ens__reasons_read(some.body, &c->reasons)))
        return false;
    if (!name.all.len)
        return true;
    r = ens_read(name.body);
    if (!ens__der_any(&r, &choice) || ens_left(&r) ||
        (choice.tag != ENS_DER_CONTEXT(0) && choice.tag != ENS_DER_CONTEXT(1)))
        return false;
    c->point = choice.body;
    c->point_tag = choice.tag;
    return true;
}

static bool read_number(ens_slice value, ens_slice *out)
{
    ens_der number;
    if (!take_whole(value, ENS_DER_INTEGER, &number) || !number.body.len)
        return false;
    *out = ens__der_integer_trim(number.body);
    return true;
}

static bool keep_extension(const extension *e, ens__crl *c)
{
    switch (e->ce) {
    case CRL_NUMBER:
        c->number_critical = e->critical;
        return read_number(e->value, &c->number);
    case DELTA_INDICATOR:
        return read_number(e->value, &c->base_number);
    case ISSUING_POINT:
        return read_scope(e->value, c);
    case AUTHORITY_KEY_ID:
        c->authority_key_id = e->value;
        return true;
    case FRESHEST_CRL:
        c->freshest_crl = e->value;
        return true;
    default:
        c->unknown_critical |= e->critical;
        return true;
    }
}

static ens_code read_extensions(const input *in, ens_reader *tbs, ens__crl *c)
{
    ens_der outer, list;
    extension e[ENS_CRL_EXTENSIONS_MAX];
    size_t num = 0;
    if (!ens__der_optional(tbs, ENS_DER_CONTEXT(0), &outer))
        return refuse_crl(in, RULE_EXTENSIONS, "the extensions can't be read", tbs->at);
    if (!outer.all.len)
        return ENS_OK;
    if (!take_whole(outer.body, ENS_DER_SEQUENCE, &list) || !list.body.len)
        return refuse_crl(in, RULE_EXTENSIONS, "the extensions can't be read", outer.all.p);
    for (ens_reader r = ens_read(list.body); ens_left(&r); num++) {
        const uint8_t *at = r.at;
        if (num == ENS_CRL_EXTENSIONS_MAX)
            return ens_fail(in->err, ENS_ELIMIT, RULE_EXTENSIONS, "there are too many extensions",
                            (size_t)(at - in->der.p));
        if (!take_extension(&r, &e[num]))
            return refuse_crl(in, RULE_EXTENSIONS, "an extension can't be read", at);
        if (!keep_extension(&e[num], c)) /* of what the list tells can't be said */
            c->unknown_critical = c->odd = true;
        for (size_t i = 0; i < num; i++)
            if (ens_eq(e[i].oid, e[num].oid))
                return refuse_crl(in, RULE_EXTENSIONS, "the same extension is there twice", at);
    }
    return ENS_OK;
}

/* read_times reads thisUpdate and, where it stands, nextUpdate. */
static bool read_times(ens_reader *tbs, ens__crl *c)
{
    ens_der from, to;
    if (!ens__der_any(tbs, &from) || !ens__der_time_loose(&from, &c->this_update, &c->odd))
        return false;
    c->next_update = ENS_TIME_NONE;
    if (!ens__der_next_is(tbs, ENS_DER_UTC_TIME) && !ens__der_next_is(tbs, ENS_DER_GENERALIZED_TIME))
        return true;
    return ens__der_any(tbs, &to) && ens__der_time_loose(&to, &c->next_update, &c->odd);
}

static ens_code read_tbs(const input *in, const ens_der *sequence, ens__crl *c)
{
    ens_reader tbs = ens_read(sequence->body);
    ens_der version, algorithm, issuer, list;
    uint32_t number = 1;
    if (!ens__der_optional(&tbs, ENS_DER_INTEGER, &version) ||
        (version.all.len && !ens__der_u32(version.body, &number)) || number != 1)
        return refuse_crl(in, RULE, "the version isn't 2", sequence->all.p);
    if (!ens__der_take(&tbs, ENS_DER_SEQUENCE, &algorithm) || !ens_eq(algorithm.all, c->signature_algorithm))
        return refuse_crl(in, "RFC 5280 5.1.1.2", "the two signature algorithms differ", tbs.at);
    if (!ens__der_take(&tbs, ENS_DER_SEQUENCE, &issuer) || !read_times(&tbs, c))
        return refuse_crl(in, RULE, "the issuer or a date can't be read", tbs.at);
    c->issuer = issuer.all;
    if (!ens__der_optional(&tbs, ENS_DER_SEQUENCE, &list))
        return refuse_crl(in, RULE, "the entries can't be read", tbs.at);
    ens_code code = read_entries(in, list.body, c);
    if (code == ENS_OK)
        code = read_extensions(in, &tbs, c);
    return code == ENS_OK && ens_left(&tbs) ? refuse_crl(in, RULE, "something stands behind the extensions", tbs.at)
                                            : code;
}

ens_code ens__crl_read(ens_slice der, ens__crl *out, ens_err *err)
{
    input in = {der, err};
    ens_der outer, tbs, algorithm, signature;
    ens__crl c = {.der = der, .reasons = ENS_REASONS_ALL};
    unsigned unused;
    if (der.len > ENS_CRL_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the list is too large", der.len);
    if (!take_whole(der, ENS_DER_SEQUENCE, &outer))
        return refuse_crl(&in, RULE, "this is no revocation list: it isn't one DER SEQUENCE", der.p);
    ens_reader r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &tbs) || !ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) ||
        !ens__der_take(&r, ENS_DER_BIT_STRING, &signature) || ens_left(&r) ||
        !ens__der_bits(signature.body, &c.signature, &unused) || unused)
        return refuse_crl(&in, RULE, "this is no revocation list", r.at);
    c.tbs = tbs.all;
    c.signature_algorithm = algorithm.all;
    ens_code code = read_tbs(&in, &tbs, &c);
    if (code == ENS_OK)
        *out = c;
    return code;
}

/* Finding one of a hundred thousand entries: a table of offsets by serial number. */
/* Where an entry lies, from 1, and the entry whose certificateIssuer holds for it: 0, the list's own issuer. */
typedef struct {
    uint32_t at, issuer_at;
} slot;

struct ens__crl_index {
    size_t num_slots; /* a power of two, at least twice the entries */
    slot slots[];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t seed = 0x9E3779B97F4A7C15u;

/* draw keeps the numbers from being chosen so that they collide. */
static void draw(void)
{
    uint64_t drawn;
    if (RAND_bytes((unsigned char *)&drawn, sizeof drawn) == 1)
        seed ^= drawn;
}

static uint64_t hash_of(ens_slice serial)
{
    uint64_t h = seed;
    for (size_t i = 0; i < serial.len; i += 8) {
        uint64_t part = 0;
        memcpy(&part, serial.p + i, serial.len - i < 8 ? serial.len - i : 8);
        h = (h ^ part) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    return h;
}

ens__crl_index *ens__crl_index_new(const ens__crl *crl)
{
    size_t num_slots = 16;
    uint32_t issuer_at = 0;
    ens__revoked entry;
    pthread_once(&once, draw);
    while (num_slots < 2 * crl->num_entries)
        num_slots *= 2;
    ens__crl_index *index = calloc(1, sizeof *index + num_slots * sizeof index->slots[0]);
    if (!index)
        return NULL;
    ens__heap_note();
    index->num_slots = num_slots;
    ens_reader r = ens_read(crl->entries);
    for (uint32_t at = 1; ens__crl_next(&r, &entry); at = (uint32_t)ens_at(&r) + 1) {
        size_t i = (size_t)hash_of(entry.serial) & (num_slots - 1);
        while (index->slots[i].at)
            i = (i + 1) & (num_slots - 1);
        if (crl->indirect && entry.issuer.len)
            issuer_at = at;
        index->slots[i] = (slot){at, issuer_at};
    }
    return index;
}

void ens__crl_index_free(ens__crl_index *index)
{
    free(index);
}

/* read_at reads the entry at an offset from 1. */
static bool read_at(const ens__crl *crl, uint32_t at, ens__revoked *out)
{
    ens_reader r = ens_read(ens_from(crl->entries, at - 1));
    return ens__crl_next(&r, out);
}

/* is_of tells whether the issuer of an entry is the certificate's. named are the GeneralNames that hold for it, empty:
 * the list's own. */
static bool is_of(const ens__crl *crl, ens_slice named, ens_slice issuer)
{
    return named.len ? ens__general_names_have_directory(named, issuer) : ens__name_same(crl->issuer, issuer);
}

/* gravity orders what entries of one serial number say. */
static unsigned gravity(const ens__revoked *entry)
{
    return entry->reason == ENS_REASON_REMOVED ? 1 : entry->reason == ENS_REASON_HOLD ? 2 : 3;
}

/* prefer keeps the graver of what was found and another entry. */
static void prefer(const ens__revoked *entry, bool *found, ens__revoked *out)
{
    if (*found && gravity(entry) <= gravity(out))
        return;
    *out = *entry;
    *found = true;
}

static bool look_at_all(const ens__crl *crl, ens_slice serial, ens_slice issuer, ens__revoked *out)
{
    ens_slice named = {0};
    ens__revoked entry;
    bool found = false;
    for (ens_reader r = ens_read(crl->entries); ens__crl_next(&r, &entry);) {
        if (crl->indirect && entry.issuer.len)
            named = entry.issuer;
        if (ens_eq(entry.serial, serial) && is_of(crl, named, issuer))
            prefer(&entry, &found, out);
    }
    return found;
}

bool ens__crl_find(const ens__crl *crl, const ens__crl_index *index, ens_slice serial, ens_slice issuer,
                   ens__revoked *out)
{
    bool found = false;
    serial = ens__der_integer_trim(serial);
    if (!index)
        return look_at_all(crl, serial, issuer, out);
    for (size_t i = (size_t)hash_of(serial) & (index->num_slots - 1); index->slots[i].at;
         i = (i + 1) & (index->num_slots - 1)) {
        slot s = index->slots[i];
        ens__revoked entry, of = {0};
        if (!read_at(crl, s.at, &entry) || !ens_eq(entry.serial, serial) ||
            (s.issuer_at && !read_at(crl, s.issuer_at, &of)) || !is_of(crl, of.issuer, issuer))
            continue;
        prefer(&entry, &found, out);
    }
    return found;
}

int ens__crl_compare_numbers(ens_slice a, ens_slice b)
{
    if (a.len && b.len && (a.p[0] == 0) != (b.p[0] == 0)) { /* a sign octet is no digit */
        ens_slice x = a.p[0] ? a : ens_from(a, 1), y = b.p[0] ? b : ens_from(b, 1);
        return x.len != y.len ? (x.len < y.len ? -1 : 1) : x.len ? memcmp(x.p, y.p, x.len) : 0;
    }
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.p, b.p, a.len) : 0;
}
