/* See doc.h. */
#include "as4/ens/doc.h"

uint32_t ens__doc_child(const ens_doc *d, uint32_t node, uint16_t name)
{
    for (uint32_t child = node + 1, end = ens__doc_end(d, node); child < end; child = ens__doc_end(d, child))
        if (d->node[child].name == name)
            return child;
    return 0;
}

uint32_t ens__doc_next(const ens_doc *d, uint32_t node)
{
    uint32_t end = ens__doc_end(d, d->node[node].parent);
    for (uint32_t next = ens__doc_end(d, node); next && next < end; next = ens__doc_end(d, next))
        if (d->node[next].name == d->node[node].name)
            return next;
    return 0;
}

uint32_t ens__doc_at(const ens_doc *d, uint32_t node, const uint16_t *names)
{
    while (node && *names)
        node = ens__doc_child(d, node, *names++);
    return node;
}

ens_slice ens__doc_value(const ens_doc *d, uint32_t node, uint16_t name)
{
    return ens__doc_text(d, ens__doc_child(d, node, name));
}

ens_slice ens__doc_date(const ens_doc *d, uint32_t node)
{
    uint32_t inner = ens__doc_child(d, node, ENS_EL_DateTime);
    return ens__doc_text(d, inner ? inner : node);
}

ens_slice ens__doc_country(const ens_doc *d, uint32_t place)
{
    ens_slice code = ens__doc_value(d, place, ENS_EL_UNLOCODE);
    if (code.len >= 2)
        return ens_sub(code, 0, 2);
    return ens__doc_value(d, ens__doc_child(d, place, ENS_EL_address), ENS_EL_country);
}

bool ens__doc_may_hold(const ens_doc *d, uint32_t node, uint16_t name)
{
    return node && ens__tables_child(d->tables, d->node[node].row, name) != 0;
}

bool ens__doc_is(const ens_doc *d, const char *message)
{
    return d->message && strcmp(ens__tables_text(d->tables, d->message->text), message) == 0;
}

/* take_step takes "name[2]" from a pointer; a prefix is dropped. */
static bool take_step(ens_slice *pointer, ens_slice *name, uint32_t *position)
{
    while (ens_starts(*pointer, ENS_LIT("/")))
        *pointer = ens_from(*pointer, 1);
    ens_slice all = ens_sub(*pointer, 0, ens__find(*pointer, ENS_LIT("/"), 0));
    *pointer = ens_from(*pointer, all.len);
    *position = 1;
    size_t bracket = ens__find(all, ENS_LIT("["), 0), colon = ens__find(all, ENS_LIT(":"), 0);
    if (bracket != SIZE_MAX) {
        *position = 0;
        for (size_t i = bracket + 1;
             i < all.len && all.p[i] >= '0' && all.p[i] <= '9' && *position < UINT32_MAX / 10 - 1; i++)
            *position = *position * 10 + (all.p[i] - '0');
    }
    *name = ens_sub(all, colon < bracket ? colon + 1 : 0, bracket);
    return all.len > 0;
}

static uint32_t nth_child(const ens_doc *d, uint32_t node, uint16_t name, uint32_t position)
{
    uint32_t child = name ? ens__doc_child(d, node, name) : 0;
    while (child && d->node[child].position < position)
        child = ens__doc_next(d, child);
    return child && d->node[child].position == position ? child : 0;
}

uint32_t ens__doc_resolve(const ens_doc *d, ens_slice pointer, bool *whole)
{
    ens_slice name;
    uint32_t position, node = ENS_DOC_ROOT;
    *whole = false;
    if (d->num <= ENS_DOC_ROOT || !take_step(&pointer, &name, &position) ||
        ens__tables_name(d->tables, name, NULL) != d->node[ENS_DOC_ROOT].name)
        return 0;
    while (take_step(&pointer, &name, &position)) {
        uint32_t child = nth_child(d, node, ens__tables_name(d->tables, name, NULL), position);
        if (!child)
            return node;
        node = child;
    }
    *whole = true;
    return node;
}
