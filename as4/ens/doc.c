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
