#include "sti/filing/shelf.h"

#include "as4/ens/reply.h"
#include "engine/base/gzip.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 30)
#define PACK_FROM ((size_t)64 << 10) /* documents of this size are kept as gzip */
#define SLOTS_FIRST 64u

struct ens_shelf {
    ens__store *store;
    ens_arena arena;
    ens_gzip *gzip;
    ens_held **slot; /* by hash of the MRN, as many as a power of two */
    size_t slots, num;
    ens_held **pending; /* with keys that the store does not have yet */
    size_t num_pending, room_pending;
    ens__used_reference *used;
    size_t num_used, room_used, taken_used; /* taken: given to a change */
    ens_code code;
    ens_err err;
};

ens_shelf *ens__shelf_new(ens__store *store)
{
    ens_shelf *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->store = store;
    ens_arena_init(&s->arena, ARENA_MAX);
    s->gzip = ens__gzip_new();
    if (s->gzip)
        return s;
    ens__shelf_free(s);
    return NULL;
}

void ens__shelf_free(ens_shelf *s)
{
    if (!s)
        return;
    ens_arena_free(&s->arena);
    ens__gzip_free(s->gzip);
    free(s);
}

void ens__shelf_begin(ens_shelf *s)
{
    ens_arena_reset(&s->arena);
    s->slot = s->pending = NULL;
    s->used = NULL;
    s->slots = s->num = s->num_pending = s->room_pending = 0;
    s->num_used = s->room_used = s->taken_used = 0;
    s->code = ENS_OK;
    s->err = (ens_err){0};
}

ens_code ens__shelf_failed(const ens_shelf *s, ens_err *err)
{
    if (s->code != ENS_OK && err)
        *err = s->err;
    return s->code;
}

static void fail(ens_shelf *s, ens_code code)
{
    if (s->code == ENS_OK && code != ENS_OK)
        s->code = code;
}

static void *take(ens_shelf *s, size_t size)
{
    void *p = s->code == ENS_OK ? ens_arena_zero(&s->arena, size ? size : 1) : NULL;
    if (!p && s->code == ENS_OK)
        fail(s, ens_fail(&s->err, ENS_ENOMEM, NULL, "out of memory for filings", 0));
    return p;
}

static ens_slice copy(ens_shelf *s, ens_slice text)
{
    uint8_t *p = take(s, text.len + 1);
    if (p && text.len)
        memcpy(p, text.p, text.len);
    return p ? ens_bytes(p, text.len) : (ens_slice){0};
}

/* grow makes room for one more record. */
static void *grow(ens_shelf *s, void *records, size_t num, size_t *room, size_t size)
{
    void *grown = s->code == ENS_OK ? ens_arena_grow(&s->arena, records, num, room, size) : NULL;
    if (!grown && s->code == ENS_OK)
        fail(s, ens_fail(&s->err, ENS_ENOMEM, NULL, "out of memory for filings", 0));
    return grown;
}

/* -- Filings ------------------------------------------------------------------------------------------------------ */

static ens_held **slot_of(ens_held **slot, size_t slots, ens_slice mrn)
{
    size_t at = ens__short_hash(mrn, 0) & (slots - 1);
    while (slot[at] && !ens_is(mrn, slot[at]->filing.mrn))
        at = (at + 1) & (slots - 1);
    return &slot[at];
}

static bool make_slots(ens_shelf *s)
{
    if (s->slots && s->num * 2 < s->slots)
        return true;
    size_t slots = s->slots ? s->slots * 2 : SLOTS_FIRST;
    ens_held **slot = take(s, slots * sizeof(ens_held *));
    for (size_t i = 0; slot && i < s->slots; i++)
        if (s->slot[i])
            *slot_of(slot, slots, ens_str(s->slot[i]->filing.mrn)) = s->slot[i];
    if (slot) {
        s->slot = slot;
        s->slots = slots;
    }
    return slot != NULL;
}

static ens_held *put(ens_shelf *s, const ens_filing *f)
{
    ens_held *h = make_slots(s) ? take(s, sizeof *h) : NULL;
    if (!h)
        return NULL;
    h->filing = *f;
    *slot_of(s->slot, s->slots, ens_str(f->mrn)) = h;
    s->num++;
    return h;
}

ens_code ens__filing_of_row(const ens__filing_row *row, ens_filing *f, ens_err *err)
{
    *f = (ens_filing){.state = row->state,
                      .version = row->version,
                      .registered = row->registered_ms / 1000,
                      .changed = row->changed_ms / 1000};
    bool good = ens__filing_keep(f->mrn, sizeof f->mrn, row->mrn) &&
                ens__filing_keep(f->space, sizeof f->space, row->space) &&
                ens__filing_keep(f->action, sizeof f->action, row->action) &&
                ens__filing_keep(f->lrn, sizeof f->lrn, row->lrn) &&
                ens__filing_keep(f->declarant, sizeof f->declarant, row->declarant) &&
                ens__filing_keep(f->party, sizeof f->party, row->party);
    return good ? ens__filing_read(row->body, f, err)
                : ens_fail(err, ENS_ESYNTAX, NULL, "the store keeps a filing that is none", 0);
}

/* known is the filing of a row, which is not looked at where it is in hand already. */
static ens_held *known(ens_shelf *s, const ens__filing_row *row)
{
    ens_filing f;
    ens_held *h = s->slots ? *slot_of(s->slot, s->slots, row->mrn) : NULL;
    if (h)
        return h;
    fail(s, ens__filing_of_row(row, &f, &s->err));
    return s->code == ENS_OK ? put(s, &f) : NULL;
}

ens_held *ens__shelf_find(ens_shelf *s, ens_slice mrn)
{
    ens__filing_row row;
    bool found = false;
    ens_held *h = s->slots ? *slot_of(s->slot, s->slots, mrn) : NULL;
    if (h || s->code != ENS_OK || !mrn.len || mrn.len > ENS_FILING_MRN)
        return h;
    fail(s, ens__store_find_filing(s->store, mrn, &s->arena, &row, &found, &s->err));
    return found && s->code == ENS_OK ? known(s, &row) : NULL;
}

/* -- Keys --------------------------------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    const ens__filing_key *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return ens__compare(x->text, y->text);
}

size_t ens__keys_order(ens__filing_key *keys, size_t num)
{
    size_t kept = 0;
    if (num)
        qsort(keys, num, sizeof *keys, compare_keys);
    for (size_t i = 0; i < num; i++)
        if (!kept || compare_keys(&keys[kept - 1], &keys[i]) != 0)
            keys[kept++] = keys[i];
    return kept;
}

static bool has_key(const ens_held *h, const ens__filing_key *key)
{
    return h->num_keys && bsearch(key, h->keys, h->num_keys, sizeof *key, compare_keys);
}

/* The store's answer, and those in hand whose keys it does not have yet. */
size_t ens__shelf_by_key(ens_shelf *s, ens_slice space, ens_key_kind kind, ens_slice text, ens_held ***out)
{
    const ens__filing_key key = {kind, text};
    ens__filing_row *rows = NULL;
    size_t found = 0, num = 0;
    if (s->code != ENS_OK || !text.len || text.len > ENS_FILING_KEY)
        return 0;
    fail(s, ens__store_filings_by_key(s->store, space, key, &s->arena, &rows, &found, &s->err));
    ens_held **list = take(s, (found + s->num_pending) * sizeof(ens_held *));
    for (size_t i = 0; list && i < found; i++) {
        ens_held *h = known(s, &rows[i]);
        if (h && !h->ahead)
            list[num++] = h;
    }
    for (size_t i = 0; list && i < s->num_pending; i++)
        if (ens_is(space, s->pending[i]->filing.space) && has_key(s->pending[i], &key))
            list[num++] = s->pending[i];
    *out = list;
    return s->code == ENS_OK ? num : 0;
}

static void load_keys(ens_shelf *s, ens_held *h)
{
    ens__filing_key *keys = NULL;
    size_t num = 0;
    if (h->keys || s->code != ENS_OK)
        return;
    fail(s, ens__store_filing_keys(s->store, ens_str(h->filing.mrn), &s->arena, &keys, &num, &s->err));
    h->num_keys = ens__keys_order(keys, num);
    h->keys = keys ? keys : take(s, sizeof *keys);
}

size_t ens__shelf_keys(ens_shelf *s, ens_held *h, ens_key_kind kind, const ens__filing_key **out)
{
    size_t num = 0, first = 0;
    load_keys(s, h);
    if (s->code != ENS_OK)
        return 0;
    while (first < h->num_keys && h->keys[first].kind < kind)
        first++;
    while (first + num < h->num_keys && h->keys[first + num].kind == kind)
        num++;
    *out = h->keys + first;
    return num;
}

/* -- Changes ------------------------------------------------------------------------------------------------------ */

ens_held *ens__shelf_add(ens_shelf *s, const ens_filing *filing)
{
    ens_held *h = put(s, filing);
    if (h)
        h->touched = true;
    return h;
}

void ens__shelf_rekey(ens_shelf *s, ens_held *h, const ens__filing_key *keys, size_t num)
{
    ens__filing_key *own = take(s, (num + 1) * sizeof *own);
    for (size_t i = 0; own && i < num; i++)
        own[i] = (ens__filing_key){keys[i].kind, copy(s, keys[i].text)};
    s->pending = grow(s, s->pending, s->num_pending, &s->room_pending, sizeof(ens_held *));
    if (s->code != ENS_OK)
        return;
    if (!h->ahead)
        s->pending[s->num_pending++] = h;
    h->num_keys = ens__keys_order(own, num);
    h->keys = own;
    h->touched = h->rekeyed = h->ahead = true;
}

void ens__shelf_redo(ens_shelf *s, ens_held *h, ens_slice document)
{
    h->document = copy(s, document);
    h->touched = h->redone = true;
}

ens_slice ens__shelf_document(ens_shelf *s, const ens_held *h)
{
    ens_slice kept = h->document;
    bool packed = false, found = false;
    ens_buf out;
    if (kept.len || s->code != ENS_OK)
        return kept;
    fail(s, ens__store_find_document(s->store, ens_str(h->filing.mrn), &s->arena, &kept, &packed, &found, &s->err));
    if (s->code != ENS_OK || !found || !packed)
        return found ? kept : (ens_slice){0};
    ens_buf_init(&out, NULL, 0, ENS_FILING_DOCUMENT);
    fail(s, ens__gzip_inflate(s->gzip, kept, ENS_FILING_DOCUMENT, &out, &s->err));
    kept = copy(s, ens_buf_slice(&out));
    ens_buf_free(&out);
    return kept;
}

bool ens__shelf_uses(ens_shelf *s, ens_slice space, ens_slice person, ens_slice reference)
{
    const ens__used_reference asked = {space, person, reference, {0}};
    bool found = false;
    for (size_t i = 0; i < s->num_used && !found; i++)
        found = ens_eq(s->used[i].space, space) && ens_eq(s->used[i].person, person) &&
                ens_eq(s->used[i].reference, reference);
    if (!found && s->code == ENS_OK)
        fail(s, ens__store_find_reference(s->store, &asked, &found, &s->err));
    return found;
}

void ens__shelf_use(ens_shelf *s, ens_slice space, ens_slice person, ens_slice reference, ens_slice mrn)
{
    s->used = grow(s, s->used, s->num_used, &s->room_used, sizeof *s->used);
    const ens__used_reference use = {copy(s, space), copy(s, person), copy(s, reference), copy(s, mrn)};
    if (s->code == ENS_OK)
        s->used[s->num_used++] = use;
}

bool ens__shelf_wants(ens_shelf *s, ens_slice person, const char *action, char party_id[ENS_STORE_PARTY + 1])
{
    ens__preference p;
    bool found = false;
    if (s->code != ENS_OK || !person.len)
        return false;
    fail(s, ens__store_find_preference(s->store, person, &p, &found, &s->err));
    if (!found || (*action && !strstr(p.wants, action)))
        return false;
    snprintf(party_id, ENS_STORE_PARTY + 1, "%s", p.party_id);
    return true;
}

/* What ens__shelf_notices gathers. */
typedef struct {
    ens_shelf *shelf;
    ens_slice person;
    int64_t since_ms;
    ens__notice *out;
    size_t num, max;
} gathering;

static bool gather(void *user, const ens__notice *n)
{
    gathering *g = user;
    if (n->at_ms >= g->since_ms && ens_eq(n->person, g->person))
        g->out[g->num++] = (ens__notice){
            .action = copy(g->shelf, n->action), .document = copy(g->shelf, n->document), .at_ms = n->at_ms};
    return g->num < g->max && g->shelf->code == ENS_OK;
}

size_t ens__shelf_notices(ens_shelf *s, ens_slice mrn, ens_slice person, ens_time since, ens__notice *out, size_t max)
{
    gathering g = {s, person, since * 1000, out, 0, max};
    if (s->code == ENS_OK && max)
        fail(s, ens__store_list_notices(s->store, mrn, gather, &g, &s->err));
    return s->code == ENS_OK ? g.num : 0;
}

/* pack makes a large document smaller. */
static ens_slice pack(ens_shelf *s, ens_slice document, bool *packed)
{
    ens_buf out;
    *packed = document.len >= PACK_FROM;
    if (!*packed)
        return document;
    ens_buf_init(&out, NULL, 0, ENS_FILING_DOCUMENT);
    fail(s, ens__gzip_compress(s->gzip, document, &out, &s->err));
    ens_slice kept = copy(s, ens_buf_slice(&out));
    ens_buf_free(&out);
    return kept;
}

static void fill_row(ens_shelf *s, ens_held *h, ens__filing_row *row)
{
    const ens_filing *f = &h->filing;
    ens_buf body;
    ens_buf_init(&body, NULL, 0, ENS_FILING_BODY);
    fail(s, ens__filing_write(f, &body, &s->err));
    *row = (ens__filing_row){.mrn = copy(s, ens_str(f->mrn)),
                             .space = copy(s, ens_str(f->space)),
                             .action = copy(s, ens_str(f->action)),
                             .lrn = copy(s, ens_str(f->lrn)),
                             .declarant = copy(s, ens_str(f->declarant)),
                             .party = copy(s, ens_str(f->party)),
                             .body = copy(s, ens_buf_slice(&body)),
                             .state = f->state,
                             .version = f->version,
                             .registered_ms = f->registered * 1000,
                             .changed_ms = f->changed * 1000};
    ens_buf_free(&body);
    if (h->rekeyed) {
        row->keys = h->keys;
        row->num_keys = h->num_keys;
    }
    if (h->redone)
        row->document = pack(s, h->document, &row->packed);
    h->filing.version++;
    h->touched = h->rekeyed = h->redone = false;
}

bool ens__shelf_take(ens_shelf *s, ens__filing_changes *out)
{
    size_t num = 0;
    for (size_t i = 0; i < s->slots; i++)
        num += s->slot[i] && s->slot[i]->touched;
    ens__filing_row *rows = take(s, num * sizeof *rows);
    *out = (ens__filing_changes){.filings = rows,
                                 .references = s->used ? s->used + s->taken_used : NULL,
                                 .num_references = s->num_used - s->taken_used};
    s->taken_used = s->num_used;
    for (size_t i = 0; rows && i < s->slots; i++)
        if (s->slot[i] && s->slot[i]->touched)
            fill_row(s, s->slot[i], &rows[out->num_filings++]);
    return s->code == ENS_OK;
}
