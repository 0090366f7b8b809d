/* What belongs together: filings of the master level with those of the house level below them.
 * Source  ICS2 Business Process Description 2.00, the linking of partial filings */
#include "sti/filing/customs_parts.h"

#include <stdlib.h>

/* Which filing awaits which, by which key; persons: master's declarant is the house's carrier, and the house's
 * declarant is named above. */
static const struct {
    char master[3], house[3];
    ens_key_kind key;
    bool carrier, named;
} links[] = {
    {"12", "14", ENS_KEY_MASTER, true, true},       {"12", "15", ENS_KEY_MASTER, true, true},
    {"12", "16", ENS_KEY_MASTER, true, true},       {"13", "16", ENS_KEY_MASTER, true, true},
    {"13", "17", ENS_KEY_MASTER, true, true},       {"21", "22", ENS_KEY_MASTER, false, true},
    {"21", "26", ENS_KEY_MASTER, false, true},      {"44", "43", ENS_KEY_HOUSE, false, false},
    {"40", "44", ENS_KEY_RECEPTACLE, false, false}, {"41", "44", ENS_KEY_RECEPTACLE, false, false},
    {"42", "44", ENS_KEY_RECEPTACLE, false, false}, {"45", "44", ENS_KEY_RECEPTACLE, false, false},
};
#define NUM_LINKS (sizeof links / sizeof *links)

static bool is_number(const ens_filing *f, const char number[3])
{
    return memcmp(f->action, "IE3F", 4) == 0 && strcmp(f->action + 4, number) == 0;
}

static bool is_live(const ens_held *h)
{
    return h->filing.state != ENS_FILING_REJECTED && h->filing.state != ENS_FILING_INVALIDATED;
}

static bool names(ens_customs *d, ens_held *h, const char *person)
{
    const ens__filing_key *keys = NULL;
    size_t num = ens__shelf_keys(d->shelf, h, ENS_KEY_SUPPLEMENTARY, &keys);
    for (size_t i = 0; i < num; i++)
        if (ens_is(keys[i].text, person))
            return true;
    return false;
}

/* is_named: the master filing names the person, or a house filing of the same master document does. */
static bool is_named(ens_customs *d, ens_held *master, const ens_held *house, ens_slice document)
{
    ens_held **others = NULL;
    const char *person = house->filing.declarant;
    if (names(d, master, person))
        return true;
    size_t num = ens__shelf_by_key(d->shelf, ens_str(master->filing.space), ENS_KEY_MASTER, document, &others);
    for (size_t i = 0; i < num; i++)
        if (others[i] != master && others[i] != house && is_live(others[i]) && names(d, others[i], person))
            return true;
    return false;
}

/* are_linked: a key that both have is given. */
static bool are_linked(ens_customs *d, ens_held *master, const ens_held *house, ens_key_kind kind, ens_slice text)
{
    if (!is_live(master) || !is_live(house))
        return false;
    for (size_t i = 0; i < NUM_LINKS; i++)
        if (links[i].key == kind && is_number(&master->filing, links[i].master) &&
            is_number(&house->filing, links[i].house))
            return (!links[i].carrier || strcmp(master->filing.declarant, house->filing.carrier) == 0) &&
                   (!links[i].named || is_named(d, master, house, text));
    return false;
}

/* A walk over the filings that are linked with one: those above, or those below; put ends it with false. */
typedef struct {
    ens_customs *d;
    ens_held *of;
    bool above;
    bool (*put)(void *user, ens_held *other, ens_slice key);
    void *user;
} walk;

static void walk_links(const walk *w)
{
    static const ens_key_kind kinds[] = {ENS_KEY_MASTER, ENS_KEY_HOUSE, ENS_KEY_RECEPTACLE};
    bool more = true;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds && more; k++) {
        const ens__filing_key *keys = NULL;
        size_t num = ens__shelf_keys(w->d->shelf, w->of, kinds[k], &keys);
        bool any = false;
        for (size_t i = 0; i < NUM_LINKS; i++)
            any |= links[i].key == kinds[k] && is_number(&w->of->filing, w->above ? links[i].house : links[i].master);
        for (size_t i = 0; any && i < num && more; i++) {
            ens_held **found = NULL;
            size_t n = ens__shelf_by_key(w->d->shelf, ens_str(w->of->filing.space), kinds[k], keys[i].text, &found);
            for (size_t j = 0; j < n && more; j++) {
                ens_held *master = w->above ? found[j] : w->of, *house = w->above ? w->of : found[j];
                if (found[j] != w->of && are_linked(w->d, master, house, kinds[k], keys[i].text))
                    more = w->put(w->user, found[j], keys[i].text);
            }
        }
    }
}

/* -- Completeness ------------------------------------------------------------------------------------------------- */

static bool stop(void *user, ens_held *other, ens_slice key)
{
    (void)other, (void)key;
    *(bool *)user = true;
    return false;
}

static bool has_any(ens_customs *d, ens_held *h, bool above)
{
    bool any = false;
    walk_links(&(walk){d, h, above, stop, &any});
    return any;
}

/* The filings below one, each once. */
typedef struct {
    ens_customs *d;
    ens_held **list;
    size_t num, room;
} heap;

static bool add_held(void *user, ens_held *other, ens_slice key)
{
    heap *p = user;
    (void)key;
    if (p->num && p->list[p->num - 1] == other)
        return true;
    ens_held **list = ens__customs_grow(p->d, p->list, p->num, &p->room, sizeof(ens_held *));
    if (!list)
        return false;
    p->list = list;
    p->list[p->num++] = other;
    return true;
}

static size_t gather(ens_customs *d, ens_held *h, bool above, ens_held ***out)
{
    heap p = {.d = d};
    walk_links(&(walk){d, h, above, add_held, &p});
    *out = p.list;
    return p.num;
}

size_t ens__filing_houses(ens_customs *d, ens_held *h, ens_held ***out)
{
    return gather(d, h, false, out);
}

/* A master filing of post awaits a linked filing for each of its receptacles. */
static bool lacks_receptacles(ens_customs *d, ens_held *h)
{
    const ens__filing_key *keys = NULL;
    size_t num = ens__shelf_keys(d->shelf, h, ENS_KEY_RECEPTACLE, &keys);
    for (size_t i = 0; i < num; i++) {
        ens_held **found = NULL;
        size_t n = ens__shelf_by_key(d->shelf, ens_str(h->filing.space), ENS_KEY_RECEPTACLE, keys[i].text, &found);
        bool there = false;
        for (size_t j = 0; j < n && !there; j++)
            there = is_number(&found[j]->filing, "44") && found[j]->filing.state == ENS_FILING_LINKED;
        if (!there)
            return true;
    }
    return false;
}

static int compare_texts(const void *a, const void *b)
{
    return ens__compare(((const ens__filing_key *)a)->text, ((const ens__filing_key *)b)->text);
}

static size_t add_named(ens_customs *d, ens_held *h, ens__filing_key *list, size_t num)
{
    const ens__filing_key *keys = NULL;
    size_t n = ens__shelf_keys(d->shelf, h, ENS_KEY_SUPPLEMENTARY, &keys);
    if (list && n)
        memcpy(list + num, keys, n * sizeof *keys);
    return num + n;
}

/* ens__filing_missing lists who is named, in the master filing or in one linked with it, and has not filed. */
size_t ens__filing_missing(ens_customs *d, ens_held *h, const ens__filing_key **persons)
{
    ens_held **below = NULL;
    size_t num = gather(d, h, false, &below), named = add_named(d, h, NULL, 0), missing = 0;
    for (size_t i = 0; i < num; i++)
        named = add_named(d, below[i], NULL, named);
    ens__filing_key *list = ens__customs_room(d, (named + 1) * sizeof *list),
                    *filed = ens__customs_room(d, (num + 1) * sizeof *filed);
    if (!list || !filed)
        return 0;
    named = add_named(d, h, list, 0);
    for (size_t i = 0; i < num; i++) {
        named = add_named(d, below[i], list, named);
        filed[i] = (ens__filing_key){ENS_KEY_SUPPLEMENTARY, ens_str(below[i]->filing.declarant)};
    }
    named = ens__keys_order(list, named);
    num = ens__keys_order(filed, num);
    for (size_t i = 0; i < named; i++)
        if (!num || !bsearch(&list[i], filed, num, sizeof *filed, compare_texts))
            list[missing++] = list[i];
    *persons = list;
    return missing;
}

static bool is_over_there(void *user, ens_held *other, ens_slice key)
{
    (void)key;
    unsigned state = other->filing.state;
    *(bool *)user = state == ENS_FILING_ARRIVED || state == ENS_FILING_PRESENTED;
    return !*(bool *)user;
}

bool ens__filing_comes_late(ens_customs *d, ens_held *h)
{
    bool late = false;
    walk_links(&(walk){d, h, true, is_over_there, &late});
    return late;
}

/* -- States ------------------------------------------------------------------------------------------------------- */

static ens_filing_state state_of(ens_customs *d, ens_held *h)
{
    const ens_filing_kind *kind = ens__filing_kind_of(ens_str(h->filing.action));
    const ens__filing_key *persons;
    if (kind->level == ENS_LEVEL_WHOLE)
        return ENS_FILING_COMPLETE;
    if (kind->level == ENS_LEVEL_HOUSE) /* one of post is of the house level below, and linked by what it holds */
        return has_any(d, h, !is_number(&h->filing, "44")) ? ENS_FILING_LINKED : ENS_FILING_PENDING_LINKING;
    return lacks_receptacles(d, h) || ens__filing_missing(d, h, &persons) ? ENS_FILING_PENDING_COMPLETENESS
                                                                          : ENS_FILING_COMPLETE;
}

static bool may_move(const ens_held *h)
{
    unsigned s = h->filing.state;
    return s == ENS_FILING_ACCEPTED || s == ENS_FILING_PENDING_LINKING || s == ENS_FILING_PENDING_COMPLETENESS;
}

static void move(ens_customs *d, ens_held *h, ens_filing_state to)
{
    ens_filing *f = &h->filing;
    ens__customs_set(d, h, to);
    if (to == ENS_FILING_PENDING_COMPLETENESS) {
        f->due[ENS_TIMER_LINKING] = d->now + d->settings.linking;
        ens__customs_alarm(d, ENS_ORDER_LINKING, f, f->due[ENS_TIMER_LINKING], (ens_slice){0});
    } else {
        f->due[ENS_TIMER_LINKING] = 0;
    }
    if (ens__filing_is_ready(f) && f->flags & ENS_FILING_TIMED && !(f->flags & ENS_FILING_ASSESSED))
        ens__customs_alarm(d, ENS_ORDER_RISK, f, d->now, (ens_slice){0});
}

/* Each step is one forward, so that this ends. */
static void refresh(ens_customs *d, ens_held *h, unsigned depth)
{
    enum { LEVELS = 6 };
    ens_held **others = NULL;
    if (!may_move(h) || depth > LEVELS)
        return;
    ens_filing_state to = state_of(d, h);
    if (to == h->filing.state)
        return;
    move(d, h, to);
    for (int above = 0; above < 2; above++) {
        size_t num = gather(d, h, above, &others);
        for (size_t i = 0; i < num; i++)
            refresh(d, others[i], depth + 1);
    }
}

void ens__filing_link(ens_customs *d, ens_held *h)
{
    ens_held **others = NULL;
    refresh(d, h, 0);
    for (int above = 0; above < 2; above++) { /* where it does not move itself, it may have been awaited */
        size_t num = gather(d, h, above, &others);
        for (size_t i = 0; i < num; i++)
            refresh(d, others[i], 1);
    }
}
