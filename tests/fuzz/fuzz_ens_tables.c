/* Tables and code lists that a user gives: what is read refers to what is there, and a refusal says why. */
#include "tests/fuzz/target.h"

#include "as4/ens/tables_read.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

static bool names_hold(const ens_tables *t)
{
    for (uint32_t i = 1; i < t->num_names; i++) {
        ens_slice name = ens_bytes(t->text + t->name[i].text, t->name[i].len);
        if (!ens__tables_name(t, name, NULL) || t->name[i].of >= t->num_names)
            return false;
    }
    return true;
}

static bool rows_hold(const ens_tables *t)
{
    for (uint32_t i = 1; i < t->num_rows; i++) {
        const ens_table_row *r = &t->row[i];
        bool within = r->below < t->num_rows - i && r->judged < t->num_citations && r->format < t->num_formats;
        if (!within || r->name >= t->num_names || r->list >= t->num_lists || r->ordinal >= ENS_TABLE_CHILDREN_MAX)
            return false;
    }
    return true;
}

static bool codes_hold(const ens_tables *t)
{
    for (uint32_t i = 1; i < t->num_codes; i++) {
        const ens_table_code *c = &t->code[i];
        if (c->list >= t->num_lists || !ens__tables_code(t, c->list, ens_bytes(t->text + c->text, c->len)))
            return false;
    }
    return true;
}

/* read_as reads the file as a file of messages, or as one of codes. */
static void read_as(const char *path, bool messages)
{
    ens_tables *t = NULL;
    ens_err err = {0};
    const char *const lists[] = {path};
    const ens_table_files files = {
        .base = &ens__tables, .messages = messages ? path : NULL, .codelists = lists, .num_codelists = !messages};
    if (ens__tables_make(&files, &t, &err) == ENS_OK)
        ENS_HOLDS(names_hold(t) && rows_hold(t) && codes_hold(t));
    else
        ENS_HOLDS(err.n && err.frame[0].what && err.text[0]);
    ens_tables_free(t);
}

ENS_FUZZ_TARGET(ens_tables)
{
    char path[64];
    int fd = memfd_create("tables", 0);
    if (fd < 0)
        return;
    if (write(fd, data, size) == (ssize_t)size) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        read_as(path, true);
        read_as(path, false);
    }
    close(fd);
}
