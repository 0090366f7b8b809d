#include "certs/lists/trustlist.h"

#include "certs/lists/trustlist_state.h"

#include <stdlib.h>

#define RULE "TS 119 612"

ens_trustlist_reader *ens__trustlist_reader_new(void)
{
    ens_trustlist_reader *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    ens_buf_init(&r->text, NULL, 0, ENS_TRUSTLIST_TEXT_MAX);
    ens_arena_init(&r->scratch, ENS_ENTRY_MEMORY_MAX);
    r->scan = ens__scan_new();
    r->signature = r->scan ? ens__signature_new(r->scan) : NULL;
    bool good = r->signature != NULL;
    for (unsigned i = 0; good && i < ENS_LNS_NUM; i++) {
        r->ns[i] = ens__scan_know(r->scan, ens__list_namespaces[i]);
        good = r->ns[i] != 0;
    }
    if (good)
        return r;
    ens__trustlist_reader_free(r);
    return NULL;
}

void ens__trustlist_reader_free(ens_trustlist_reader *r)
{
    if (!r)
        return;
    ens__signature_free(r->signature);
    ens__scan_free(r->scan);
    ens_buf_free(&r->text);
    ens_arena_free(&r->scratch);
    free(r);
}

void ens__trustlist_fail(ens_trustlist_reader *r, ens_code code, const char *why)
{
    if (r->failed != ENS_OK)
        return;
    r->failed = code;
    r->why = why;
}

ens_slice ens__trustlist_keep(ens_trustlist_reader *r, ens_arena *arena, ens_slice s)
{
    const char *copy = ens_arena_text(arena, s);
    if (!copy)
        ens__trustlist_fail(r, ENS_ELIMIT, "the list is larger than it may be");
    return ens_bytes(copy, copy ? s.len : 0);
}

static const ens_scan_attribute *attribute(const ens_scan_event *e, ens_scan_uri ns, const char *local)
{
    for (unsigned i = 0; i < e->num_attributes; i++)
        if (e->attribute[i].ns == ns &&
            ens_is(ens__scan_local(e->attribute[i].name, e->attribute[i].prefix_len), local))
            return &e->attribute[i];
    return NULL;
}

ens_slice ens__trustlist_attribute(ens_trustlist_reader *r, const ens_scan_event *e, const char *local)
{
    const ens_scan_attribute *a = attribute(e, ENS_SCAN_NO_NS, local);
    if (!a)
        return (ens_slice){0};
    r->text.len = 0;
    ens__scan_text(a->value, true, &r->text);
    ens_slice value = ens__trustlist_keep(r, &r->scratch, ens__trim(ens_buf_slice(&r->text)));
    r->text.len = 0;
    return value;
}

bool ens__trustlist_base64(ens_trustlist_reader *r, ens_slice *out)
{
    size_t len = ens__base64_decode(ens_buf_slice(&r->text), r->text.p);
    *out = ens_bytes(r->text.p, len == SIZE_MAX ? 0 : len);
    return len != SIZE_MAX && len > 0;
}

static ens_list_place below(const ens_trustlist_reader *r, const ens_scan_event *e)
{
    for (unsigned i = 0; i < ENS_LNS_NUM; i++)
        if (e->ns == r->ns[i])
            return ens__list_place_below(r->place[r->depth], (ens_list_ns)i, ens__scan_local(e->name, e->prefix_len));
    return ENS_AT_DOCUMENT;
}

/* wanted: services only for a writer, pointers only where they were asked for. */
static bool wanted(const ens_trustlist_reader *r, ens_list_place place)
{
    if (place == ENS_AT_PROVIDERS)
        return r->writer != NULL;
    return place != ENS_AT_DOCUMENT && (place != ENS_AT_POINTERS || r->pointers);
}

static void on_unknown(ens_trustlist_reader *r)
{
    switch (r->place[r->depth]) {
    case ENS_AT_DOCUMENT:
        ens__trustlist_fail(r, ENS_ESYNTAX, "the root is no TrustServiceStatusList");
        break;
    case ENS_AT_EXTENSION:
        r->entry.unknown_critical |= r->extension_critical;
        break;
    case ENS_AT_CRITERIA:
    case ENS_AT_OTHER_CRITERIA:
        ens__trustlist_criteria_unknown(r);
        break;
    default:
        break;
    }
}

static bool of_criteria(ens_list_place place)
{
    return (place >= ENS_AT_QUALIFICATIONS && place <= ENS_AT_DESCRIPTION) || place == ENS_AT_KEY_USAGE_BIT ||
           place == ENS_AT_OID;
}

static void on_start(ens_trustlist_reader *r, const ens_scan_event *e)
{
    ens_list_place place = r->skipped ? ENS_AT_DOCUMENT : below(r, e);
    if (!wanted(r, place)) {
        if (!r->skipped++ && place == ENS_AT_DOCUMENT)
            on_unknown(r);
        return;
    }
    r->place[++r->depth] = place; /* the scanner's own limit is below that of place */
    r->text.len = 0;
    const ens_scan_attribute *lang = attribute(e, ENS_SCAN_XML_NS, "lang");
    r->english = lang && ens__eq_nocase(lang->value, ENS_LIT("en"));
    if (of_criteria(place))
        ens__trustlist_criteria_start(r, place, e);
    else if (place >= ENS_AT_PROVIDERS && place <= ENS_AT_TAKEN_OVER_NAMES)
        ens__trustlist_service_start(r, place, e);
    else
        ens__trustlist_head_start(r, place, e);
}

static void on_end(ens_trustlist_reader *r)
{
    if (r->skipped) {
        r->skipped--;
        return;
    }
    ens_list_place place = r->place[r->depth--];
    if (r->text.failed != ENS_OK)
        ens__trustlist_fail(r, r->text.failed, "the text of an element is longer than it may be");
    ens_slice text = ens__trim(ens_buf_slice(&r->text));
    if (of_criteria(place))
        ens__trustlist_criteria_end(r, place, text);
    else if ((place >= ENS_AT_PROVIDERS && place <= ENS_AT_TAKEN_OVER_NAMES) ||
             (place >= ENS_AT_PROVIDER_NAME && place <= ENS_AT_TAKEN_OVER_NAME))
        ens__trustlist_service_end(r, place, text);
    else
        ens__trustlist_head_end(r, place, text);
}

static void on_event(ens_trustlist_reader *r, const ens_scan_event *e)
{
    switch (e->kind) {
    case ENS_SCAN_START:
        on_start(r, e);
        break;
    case ENS_SCAN_END:
        on_end(r);
        break;
    case ENS_SCAN_TEXT:
        if (r->skipped || r->place[r->depth] < ENS_AT_FIRST_TEXT)
            break;
        if (e->plain)
            ens_buf_put(&r->text, e->raw);
        else
            ens__scan_text(e->raw, false, &r->text);
        break;
    case ENS_SCAN_CDATA:
        if (!r->skipped && r->place[r->depth] >= ENS_AT_FIRST_TEXT)
            ens_buf_put(&r->text, ens_sub(e->raw, sizeof "<![CDATA[" - 1, e->raw.len - (sizeof "]]>" - 1)));
        break;
    default:
        break;
    }
}

static void reset(ens_trustlist_reader *r)
{
    ens_scan *scan = r->scan;
    ens_signature_reader *signature = r->signature;
    ens_buf text = r->text;
    ens_arena scratch = r->scratch;
    ens_scan_uri ns[ENS_LNS_NUM];
    memcpy(ns, r->ns, sizeof ns);
    text.len = 0;
    text.failed = ENS_OK;
    ens_arena_reset(&scratch);
    *r = (ens_trustlist_reader){.scan = scan, .signature = signature, .text = text, .scratch = scratch};
    memcpy(r->ns, ns, sizeof ns);
}

/* run hands every event to the reader of the signature and to our own. */
static ens_code run(ens_trustlist_reader *r, ens_slice bytes, ens_err *err)
{
    ens_scan_event e;
    ens__scan_begin(r->scan, bytes);
    ens__signature_begin(r->signature, bytes);
    do {
        ens_code code = ens__scan_next(r->scan, &e, err);
        if (code == ENS_OK)
            code = ens__signature_event(r->signature, &e, err);
        if (code != ENS_OK)
            return code;
        on_event(r, &e);
        if (r->failed != ENS_OK)
            return ens_fail(err, r->failed, RULE, r->why, e.raw.p ? (size_t)(e.raw.p - bytes.p) : 0);
    } while (e.kind != ENS_SCAN_EOF);
    return ens__signature_end(r->signature, err);
}

static ens_code whole(const ens_trustlist_reader *r, ens_err *err)
{
    if (!r->has_version || !r->has_sequence || !r->has_issued || !r->has_next_update)
        return ens_fail(err, ENS_ESYNTAX, RULE, "version, sequence number, date of issue or next update are missing",
                        0);
    if (r->out->version != 5 && r->out->version != 6)
        return ens_fail(err, ENS_EPOLICY, RULE " 5.3.1", "the list is not of version 5 or 6", 0);
    return r->writer ? ens__writer_status(r->writer, err) : ENS_OK;
}

ens_code ens__trustlist_read(ens_trustlist_reader *r, ens_slice bytes, bool pointers, ens_snapshot_writer *writer,
                             ens_arena *arena, ens_trustlist *out, ens_err *err)
{
    *out = (ens_trustlist){.next_update = ENS_TIME_NONE, .issued = ENS_TIME_NONE, .signing_time = ENS_TIME_NONE};
    if (bytes.len > ENS_TRUSTLIST_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the list is larger than it may be", ENS_TRUSTLIST_MAX);
    reset(r);
    r->out = out;
    r->writer = writer;
    r->arena = arena;
    r->pointers = pointers;
    ens_code code = run(r, bytes, err);
    out->signature = ens__signature_found(r->signature);
    return code == ENS_OK ? whole(r, err) : code;
}
