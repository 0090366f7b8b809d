/* Operations of the engine. */
#include "bench/operations.h"

#include "as4/envelope/names.h"
#include "engine/base/digest.h"
#include "engine/base/gzip.h"
#include "engine/xml/canonical/canonical.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/scan/scan.h"

#include <stdlib.h>

#define OCTETS_MAX ((size_t)256 << 20)

#define EVENTS_MAX 4096u

/* The events of one element, kept with what they point to. */
typedef struct {
    const ens_scan_binding *scope;
    unsigned num_scope;
    ens_scan_event *event;
    size_t num;
} kept_apex;

/* One worker's state, whatever the operation of the engine. */
typedef struct {
    const ens_sample *sample;
    ens_digest sha256;
    ens_gzip *gzip;
    ens_libxml *xml;
    xmlDocPtr doc;
    const xmlNode *apex[3]; /* Messaging, Body, SignedInfo */
    ens_buf octets;
    ens_scan *scan;
    ens_canon *canon;
    ens_arena arena;
    kept_apex kept[3]; /* the same three */
} state;

static void drop(void *p)
{
    state *s = p;
    ens__digest_clear(&s->sha256);
    ens__gzip_free(s->gzip);
    xmlFreeDoc(s->doc);
    ens__libxml_free(s->xml);
    ens_buf_free(&s->octets);
    ens__scan_free(s->scan);
    ens__canon_free(s->canon);
    ens_arena_free(&s->arena);
    free(s);
}

static void *make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens_buf_init(&s->octets, NULL, 0, OCTETS_MAX);
    ens_arena_init(&s->arena, OCTETS_MAX);
    s->scan = ens__scan_new();
    s->canon = ens__canon_new();
    s->xml = ens__libxml_new();
    s->gzip = ens__gzip_new();
    if (s->xml && s->gzip && s->scan && s->canon && ens__digest_init(&s->sha256, ENS_SHA256, NULL) == ENS_OK)
        return s;
    drop(s);
    return NULL;
}

static bool hash(state *s, ens_slice octets)
{
    uint8_t out[ENS_DIGEST_MAX];
    ens__digest_start(&s->sha256);
    ens__digest_add(&s->sha256, octets);
    return ens__digest_end(&s->sha256, out, NULL) == ENS_OK;
}

static void plan_digest(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_hash(plan, ens_buf_slice(&s->document));
}

static bool digest(void *p)
{
    state *s = p;
    return hash(s, ens_buf_slice(&s->sample->document));
}

static void plan_inflate(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_inflate_all(plan, &s->message_parts);
}

static bool inflate(void *p)
{
    state *s = p;
    const ens_anatomy *a = &s->sample->message_parts;
    bool good = true;
    for (unsigned i = 0; i < a->num_compressed && good; i++) {
        s->octets.len = 0;
        good = ens__gzip_inflate(s->gzip, a->compressed[i], ENS_INFLATE_MAX, &s->octets, NULL) == ENS_OK;
    }
    return good;
}

static void plan_envelope(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = s->message_parts.envelope;
}

/* tree is what libxml2 takes for the envelope alone. */
static bool tree(void *p)
{
    state *s = p;
    xmlDocPtr doc = NULL;
    bool good = ens__libxml_parse(s->xml, s->sample->message_parts.envelope, &doc, NULL) == ENS_OK;
    xmlFreeDoc(doc);
    return good;
}

static void *make_tree(const void *sample)
{
    state *s = make(sample);
    if (!s || ens__libxml_parse(s->xml, s->sample->message_parts.envelope, &s->doc, NULL) != ENS_OK) {
        if (s)
            drop(s);
        return NULL;
    }
    const xmlNode *root = xmlDocGetRootElement(s->doc), *header = ens__libxml_child(root, ENS_NS_SOAP12, "Header");
    const xmlNode *signature =
        ens__libxml_child(ens__libxml_child(header, ENS_NS_WSSE, "Security"), ENS_NS_DS, "Signature");
    s->apex[0] = ens__libxml_child(header, ENS_NS_EB, "Messaging");
    s->apex[1] = ens__libxml_child(root, ENS_NS_SOAP12, "Body");
    s->apex[2] = ens__libxml_child(signature, ENS_NS_DS, "SignedInfo");
    return s;
}

/* The three elements alone: that is what the canonicaliser hashes. */
static void plan_elements(const ens_sample *s, ens_floor_plan *plan)
{
    for (unsigned i = 0; i < 3; i++)
        ens__floor_hash(plan, s->message_parts.hashed[i]);
}

static bool c14n(void *p)
{
    state *s = p;
    for (size_t i = 0; i < 3; i++) {
        s->octets.len = 0;
        if (ens__libxml_canon(s->doc, s->apex[i], ENS_LIBXML_EXCLUSIVE, (ens_slice){0}, &s->octets, NULL) != ENS_OK ||
            !hash(s, ens_buf_slice(&s->octets)))
            return false;
    }
    return true;
}

static bool scan(state *s, ens_slice text)
{
    ens_scan_event e;
    ens__scan_begin(s->scan, text);
    do {
        if (ens__scan_next(s->scan, &e, NULL) != ENS_OK)
            return false;
    } while (e.kind != ENS_SCAN_EOF);
    return true;
}

static bool scan_envelope(void *p)
{
    state *s = p;
    return scan(s, s->sample->message_parts.envelope);
}

static void plan_document(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = ens_buf_slice(&s->document);
}

static bool scan_document(void *p)
{
    state *s = p;
    return scan(s, ens_buf_slice(&s->sample->document));
}

/* is_apex tells which of the three signed elements begins here; 3: none. */
static unsigned is_apex(const ens_scan_event *e)
{
    static const char *const names[] = {"Messaging", "Body", "SignedInfo"};
    unsigned i = 0;
    while (i < 3 && (e->kind != ENS_SCAN_START || !ens_is(ens__scan_local(e->name, e->prefix_len), names[i])))
        i++;
    return i;
}

static void *keep(ens_arena *arena, const void *from, size_t size)
{
    void *to = ens_arena_take(arena, size ? size : 1);
    return to && size ? memcpy(to, from, size) : to;
}

static bool start_apex(state *s, kept_apex *apex)
{
    const ens_scan_binding *scope = ens__scan_scope(s->scan, &apex->num_scope);
    apex->scope = keep(&s->arena, scope, apex->num_scope * sizeof *scope);
    apex->event = ens_arena_take(&s->arena, EVENTS_MAX * sizeof *apex->event);
    return apex->scope && apex->event;
}

static bool keep_event(state *s, kept_apex *apex, const ens_scan_event *e)
{
    if (apex->num == EVENTS_MAX)
        return false;
    ens_scan_event *to = &apex->event[apex->num++];
    *to = *e;
    if (e->kind == ENS_SCAN_START) {
        to->attribute = keep(&s->arena, e->attribute, e->num_attributes * sizeof *e->attribute);
        to->declared = keep(&s->arena, e->declared, e->num_declared * sizeof *e->declared);
    }
    return e->kind != ENS_SCAN_START || (to->attribute && to->declared);
}

static bool keep_events(state *s)
{
    ens_scan_event e;
    unsigned in = 3, depth = 0;
    ens__scan_begin(s->scan, s->sample->message_parts.envelope);
    while (ens__scan_next(s->scan, &e, NULL) == ENS_OK && e.kind != ENS_SCAN_EOF) {
        if (in == 3 && (in = is_apex(&e)) < 3) {
            depth = e.depth;
            if (!start_apex(s, &s->kept[in]))
                return false;
        }
        if (in < 3 && !keep_event(s, &s->kept[in], &e))
            return false;
        if (in < 3 && e.kind == ENS_SCAN_END && e.depth == depth)
            in = 3;
    }
    return s->kept[0].num && s->kept[1].num && s->kept[2].num;
}

static void *make_canon(const void *sample)
{
    state *s = make(sample);
    if (!s || keep_events(s))
        return s;
    drop(s);
    return NULL;
}

static bool write_apex(state *s, const kept_apex *apex, ens_canon_sink sink)
{
    bool done = false;
    return ens__canon_begin(s->canon, s->scan, apex->scope, apex->num_scope, (ens_slice){0}, sink, NULL) == ENS_OK &&
           ens__canon_run(s->canon, apex->event, apex->num, &done, NULL) == ENS_OK && done;
}

static bool canon(void *p)
{
    state *s = p;
    uint8_t out[ENS_DIGEST_MAX];
    for (unsigned i = 0; i < 3; i++) {
        ens__digest_start(&s->sha256);
        if (!write_apex(s, &s->kept[i], ens__canon_digest(&s->sha256)) ||
            ens__digest_end(&s->sha256, out, NULL) != ENS_OK)
            return false;
    }
    return true;
}

static void count(void *user, ens_slice piece)
{
    *(size_t *)user += piece.len;
}

/* dry is the same into a sink that only counts: what the canonical form takes without the hash. */
static bool dry(void *p)
{
    state *s = p;
    size_t len = 0, wanted = 0;
    for (unsigned i = 0; i < 3; i++) {
        wanted += s->sample->message_parts.hashed[i].len;
        if (!write_apex(s, &s->kept[i], (ens_canon_sink){count, &len}))
            return false;
    }
    return len == wanted;
}

const ens_operation ens__operations_engine[] = {
    {"engine/digest", NULL, ENS_AXIS_SIZE, make, drop, digest, plan_digest, ens__bytes_document},
    {"engine/gzip", NULL, ENS_AXIS_SIZE, make, drop, inflate, plan_inflate, ens__bytes_document},
    {"engine/scan", NULL, ENS_AXIS_SIZE | ENS_AXIS_SCANNED, make, drop, scan_document, plan_document,
     ens__bytes_document},
    {"engine/scan", "envelope", ENS_AXIS_PARTS, make, drop, scan_envelope, plan_envelope, ens__bytes_envelope},
    {"engine/canon", NULL, 0, make_canon, drop, canon, plan_elements, ens__bytes_envelope},
    {"engine/canon", "dry", 0, make_canon, drop, dry, plan_elements, ens__bytes_envelope},
    {"engine/xml", NULL, 0, make, drop, tree, plan_envelope, ens__bytes_envelope},
    {"engine/c14n", NULL, 0, make_tree, drop, c14n, plan_elements, ens__bytes_envelope},
    {0},
};
