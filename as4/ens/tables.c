/* See tables.h. */
#include "as4/ens/tables.h"

uint16_t ens__tables_name(const ens_tables *t, ens_slice name, bool *alias)
{
    uint32_t i = ens__short_hash(name, 0) & (t->num_name_slots - 1);
    for (uint16_t n; (n = t->name_slot[i]) != 0; i = (i + 1) & (t->num_name_slots - 1)) {
        const ens_table_name *found = &t->name[n];
        if (found->len != name.len || memcmp(t->text + found->text, name.p, name.len) != 0)
            continue;
        if (alias)
            *alias = found->of != n;
        return found->of;
    }
    return 0;
}

const ens_table_message *ens__tables_message(const ens_tables *t, ens_slice name)
{
    unsigned message = t->name[ens__tables_name(t, name, NULL)].message;
    return message ? &t->message[message - 1] : NULL;
}

uint16_t ens__tables_list(const ens_tables *t, const char *name)
{
    for (uint16_t i = 1; i < t->num_lists; i++)
        if (strcmp(t->text + t->list[i].text, name) == 0)
            return i;
    return 0;
}

const ens_table_code *ens__tables_code(const ens_tables *t, uint16_t list, ens_slice code)
{
    uint32_t i = ens__short_hash(code, list) & (t->num_code_slots - 1);
    for (uint32_t n; (n = t->code_slot[i]) != 0; i = (i + 1) & (t->num_code_slots - 1)) {
        const ens_table_code *found = &t->code[n];
        if (found->list == list && found->len == code.len && memcmp(t->text + found->text, code.p, code.len) == 0)
            return found;
    }
    return NULL;
}

ens_tables_facts ens_tables_tell(const ens_tables *t)
{
    t = ens__tables_or_ours(t);
    return (ens_tables_facts){t->version, t->date, t->source};
}

uint32_t ens__tables_child(const ens_tables *t, uint32_t row, uint16_t name)
{
    uint32_t end = row + 1 + t->row[row].below;
    for (uint32_t child = row + 1; child < end; child += 1 + t->row[child].below)
        if (t->row[child].name == name)
            return child;
    return 0;
}
