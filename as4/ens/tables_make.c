/* Code lists, rules, what is compiled in, and tables whole; see tables_read.h. */
#include "as4/ens/tables_making.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)256 << 20)
#define CODELIST_FILES_MAX 64u
#define PATH_SIZE 1024u

static bool add_code(ens_making *m, ens_slice list, ens_slice code, ens_slice label)
{
    uint16_t number;
    if (ens__making_blank(list) || !code.len || code.len > 255)
        return ens__making_refuse(m, ENS_ESYNTAX, "a code has no list, or no text"), false;
    if (!ens__making_list(m, list, &number))
        return false;
    ens_table_list *of = (ens_table_list *)m->list.p + number;
    of->given |= m->files->base != NULL;
    ens_table_code *made = ens__making_grow(m, &m->code);
    if (!made)
        return false;
    *made = (ens_table_code){.text = ens__making_keep(m, code),
                             .label = ens__making_keep(m, label),
                             .len = (uint16_t)code.len,
                             .list = number};
    return true;
}

/* list_name takes the name of a list from that of its file: "CL244.tsv". */
static ens_slice list_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    ens_slice name = ens_str(slash ? slash + 1 : path);
    return ens_sub(name, 0, ens__find(name, ENS_LIT("."), 0));
}

static ens_code read_codelist(ens_making *m, const char *path)
{
    static const char *const columns[] = {"code", "list", "label", "meaning", NULL};
    ens_slice f[sizeof columns / sizeof *columns];
    ens_making_table t;
    ens_code code = ens__making_open(m, path, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = t.column[0] >= 0;
    if (!good)
        ens__making_refuse(m, ENS_ESYNTAX, "there is no column named code");
    while (good && ens__making_row(m, &t, f))
        good = add_code(m, t.column[1] >= 0 ? f[1] : list_name(path), f[0], f[2].len ? f[2] : f[3]);
    ens__file_close(&t.file);
    return good ? ENS_OK : ens__making_code(m);
}

/* take_base_codes adds the codes of the lists that nobody has given. */
static bool take_base_codes(ens_making *m)
{
    const ens_tables *base = m->files->base;
    for (uint32_t i = 1; base && i < base->num_codes; i++) {
        if (((const ens_table_list *)m->list.p)[base->code[i].list].given)
            continue;
        ens_table_code *made = ens__making_grow(m, &m->code);
        if (!made)
            return false;
        *made = base->code[i]; /* its list has the same number, its texts stand where they stood */
    }
    return true;
}

static int by_list(const void *a, const void *b)
{
    const ens_table_code *x = a, *y = b;
    return x->list != y->list ? (x->list < y->list ? -1 : 1) : (x->text > y->text) - (x->text < y->text);
}

static void sort_codes(ens_making *m)
{
    ens_table_code *codes = m->code.p;
    ens_table_list *lists = m->list.p;
    qsort(codes + 1, m->code.num - 1, sizeof *codes, by_list);
    for (uint32_t i = 0; i < m->list.num; i++)
        lists[i].first = lists[i].num = 0;
    for (uint32_t i = 1; i < m->code.num; i++) {
        ens_table_list *l = &lists[codes[i].list];
        l->first = l->num++ ? l->first : i;
    }
}

static ens_code read_codelists(ens_making *m)
{
    for (unsigned i = 0; i < m->files->num_codelists; i++) {
        ens_code code = read_codelist(m, m->files->codelists[i]);
        if (code != ENS_OK)
            return code;
    }
    if (!take_base_codes(m))
        return ens__making_code(m);
    sort_codes(m);
    return ENS_OK;
}

static char *copy(ens_slice s, ens_slice before)
{
    char *made = malloc(before.len + s.len + 1);
    if (!made)
        return NULL;
    if (before.len)
        memcpy(made, before.p, before.len);
    if (s.len)
        memcpy(made + before.len, s.p, s.len);
    made[before.len + s.len] = '\0';
    return made;
}

static ens_code read_rules(ens_making *m)
{
    static const char *const columns[] = {"id", "scope", "basis", "code", "says", NULL};
    ens_slice f[sizeof columns / sizeof *columns];
    ens_making_table t;
    ens_code code = ens__making_open(m, m->files->rules, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = true;
    while (good && ens__making_row(m, &t, f)) {
        ens_rule *made = ens__making_grow(m, &m->rule);
        if (!made)
            break;
        *made = (ens_rule){.id = copy(f[0], (ens_slice){0}),
                           .check = copy(f[0], ENS_LIT("ens.")),
                           .scope = copy(f[1], (ens_slice){0}),
                           .says = copy(f[4], (ens_slice){0}),
                           .code = ens__making_blank(f[3]) ? NULL : copy(f[3], (ens_slice){0})};
        made->basis = ens_eq(f[2], ENS_LIT("seen"))    ? ENS_BASIS_SEEN
                      : ens_eq(f[2], ENS_LIT("table")) ? ENS_BASIS_TABLE
                                                       : ENS_BASIS_ASSUMED;
        good = made->id && made->check && made->scope && made->says && (made->code || ens__making_blank(f[3]));
    }
    ens__file_close(&t.file);
    return good        ? ENS_OK
           : m->err->n ? ens__making_code(m)
                       : ens__making_refuse(m, ENS_ESYNTAX, "a rule is no such row");
}

/* take_base begins with what is compiled in: numbers and texts keep their places. */
static bool take_base(ens_making *m)
{
    const ens_tables *b = m->files->base;
    if (!b)
        return true;
    ens_buf_add(&m->text, b->text, b->text_len);
    for (uint32_t i = 1; i < b->num_names; i++) {
        ens_table_name *made = ens__making_grow(m, &m->name);
        if (!made)
            return false;
        *made = b->name[i];
        made->message = m->files->messages ? 0 : made->message;
    }
    for (uint32_t i = 1; i < b->num_formats; i++) {
        ens_table_format *made = ens__making_grow(m, &m->format);
        if (!made)
            return false;
        *made = b->format[i];
    }
    for (uint32_t i = 1; i < b->num_lists; i++) {
        ens_table_list *made = ens__making_grow(m, &m->list);
        if (!made)
            return false;
        *made = b->list[i];
    }
    for (uint32_t i = 1; i < b->num_rules; i++) {
        ens_rule *made = ens__making_grow(m, &m->rule);
        if (!made)
            return false;
        *made = b->rule[i];
    }
    return true;
}

static uint32_t slots_for(uint32_t num)
{
    uint32_t slots = 16;
    while (slots < 2 * num)
        slots *= 2;
    return slots;
}

static uint16_t *hash_names(const ens_making *m, uint32_t slots)
{
    const ens_table_name *names = m->name.p;
    uint16_t *slot = calloc(slots, sizeof *slot);
    for (uint32_t i = 1; slot && i < m->name.num; i++) {
        uint32_t at = ens__short_hash(ens_bytes(ens__making_text(m, names[i].text), names[i].len), 0) & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = (uint16_t)i;
    }
    return slot;
}

static uint32_t *hash_codes(const ens_making *m, uint32_t slots)
{
    const ens_table_code *codes = m->code.p;
    uint32_t *slot = calloc(slots, sizeof *slot);
    for (uint32_t i = 1; slot && i < m->code.num; i++) {
        uint32_t at =
            ens__short_hash(ens_bytes(ens__making_text(m, codes[i].text), codes[i].len), codes[i].list) & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = i;
    }
    return slot;
}

/* What tables own that were read. */
typedef struct {
    ens_tables t;
    void *owned[12];
    bool own_rules;
} made_tables;

static void own(made_tables *made, const void *p)
{
    unsigned i = 0;
    while (made->owned[i])
        i++;
    made->owned[i] = (void *)(uintptr_t)p;
}

/* set_rows gives the tables the rows that were read, or those of base. */
static void set_rows(made_tables *made, ens_making *m)
{
    const ens_tables *base = m->files->base;
    ens_tables *t = &made->t;
    if (m->files->messages) {
        t->row = m->row.p;
        t->num_rows = m->row.num;
        t->citation = m->citation.p;
        t->num_citations = m->citation.num;
        t->message = m->message.p;
        t->num_messages = m->message.num;
        t->version = m->version ? ens__making_text(m, m->version) : "not named";
        t->date = m->date ? ens__making_text(m, m->date) : "";
        t->source = m->files->source ? m->files->source : m->source ? ens__making_text(m, m->source) : "";
        own(made, t->row);
        own(made, t->citation);
        own(made, t->message);
        m->row.p = m->citation.p = m->message.p = NULL;
    } else if (base) {
        ens_tables old = *t;
        *t = *base;
        t->name = old.name;
        t->num_names = old.num_names;
    }
}

static bool set_tables(made_tables *made, ens_making *m)
{
    ens_tables *t = &made->t;
    t->name = m->name.p;
    t->num_names = m->name.num;
    set_rows(made, m);
    t->text = (const char *)m->text.p;
    t->text_len = (uint32_t)m->text.len;
    t->format = m->format.p;
    t->num_formats = m->format.num;
    t->list = m->list.p;
    t->num_lists = m->list.num;
    t->code = m->code.p;
    t->num_codes = m->code.num;
    t->rule = m->rule.p;
    t->num_rules = m->rule.num;
    t->num_name_slots = slots_for(t->num_names);
    t->num_code_slots = slots_for(t->num_codes);
    t->name_slot = hash_names(m, t->num_name_slots);
    t->code_slot = hash_codes(m, t->num_code_slots);
    const void *const parts[] = {t->name, t->text, t->format, t->list, t->code, t->rule, t->name_slot, t->code_slot};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i])
            own(made, parts[i]);
    m->name.p = m->format.p = m->list.p = m->code.p = m->rule.p = NULL;
    m->text = (ens_buf){0};
    made->own_rules = !m->files->base;
    return t->name_slot && t->code_slot;
}

static ens_code read_all(ens_making *m)
{
    ens_making_vector *const begin[] = {&m->name,     &m->format, &m->row,  &m->above,
                                        &m->citation, &m->list,   &m->code, &m->rule};
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (!ens__making_grow(m, begin[i]))
            return ens__making_code(m);
    if (!m->files->base)
        ens__making_keep(m, ENS_LIT(""));
    if (!take_base(m))
        return ens__making_code(m);
    ens_code code = m->files->rules ? read_rules(m) : ENS_OK;
    if (code == ENS_OK)
        code = read_codelists(m);
    if (code == ENS_OK && m->files->messages)
        code = ens__making_messages(m);
    return code == ENS_OK ? ens_buf_done(&m->text, m->err) : code;
}

static void drop_make(ens_making *m)
{
    ens_making_vector *const all[] = {&m->name,    &m->format, &m->row,  &m->above, &m->citation,
                                      &m->message, &m->list,   &m->code, &m->rule,  &m->cite};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->p);
    ens_buf_free(&m->text);
}

ens_code ens__tables_make(const ens_table_files *files, ens_tables **out, ens_err *err)
{
    ens_err none = {0};
    ens_making m = {
        .files = files,
        .name = {.size = sizeof(ens_table_name), .max = ENS_TABLE_NAMES_MAX},
        .format = {.size = sizeof(ens_table_format), .max = UINT8_MAX},
        .row = {.size = sizeof(ens_table_row), .max = ENS_TABLE_ROWS_MAX},
        .above = {.size = sizeof(uint32_t), .max = ENS_TABLE_ROWS_MAX},
        .citation = {.size = sizeof(ens_table_citation), .max = ENS_TABLE_ROWS_MAX},
        .message = {.size = sizeof(ens_table_message), .max = UINT16_MAX},
        .list = {.size = sizeof(ens_table_list), .max = ENS_TABLE_LISTS_MAX},
        .code = {.size = sizeof(ens_table_code), .max = ENS_TABLE_CODES_MAX},
        .rule = {.size = sizeof(ens_rule), .max = ENS_TABLE_RULES_MAX},
        .cite = {.size = sizeof(ens_making_cited), .max = ENS_TABLE_ROWS_MAX},
        .err = err ? err : &none,
    };
    ens_buf_init(&m.text, NULL, 0, TEXT_MAX);
    ens_code code = read_all(&m);
    made_tables *made = code == ENS_OK ? calloc(1, sizeof *made) : NULL;
    if (code == ENS_OK && (!made || !set_tables(made, &m)))
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for tables", 0);
    drop_make(&m);
    if (code == ENS_OK)
        *out = &made->t;
    else
        ens_tables_free(made ? &made->t : NULL);
    return code;
}

void ens_tables_free(ens_tables *t)
{
    made_tables *made = (made_tables *)t;
    if (!t)
        return;
    for (uint32_t i = 1; made->own_rules && i < t->num_rules; i++) {
        const char *const texts[] = {t->rule[i].id, t->rule[i].check, t->rule[i].scope, t->rule[i].says,
                                     t->rule[i].code};
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            free((void *)(uintptr_t)texts[k]);
    }
    for (size_t i = 0; i < sizeof made->owned / sizeof *made->owned; i++)
        free(made->owned[i]);
    free(made);
}

/* add_file notes a file of a folder; false: there are too many, or the path is too long. */
static bool add_file(char files[][PATH_SIZE], unsigned *num, const char *dir, const char *name)
{
    int n = *num < CODELIST_FILES_MAX ? snprintf(files[*num], PATH_SIZE, "%s/%s", dir, name) : -1;
    *num += n > 0;
    return n > 0 && n < (int)PATH_SIZE;
}

static bool is_tsv(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && n > 4 && strcmp(name + n - 4, ".tsv") == 0;
}

static ens_code find_codelists(const char *dir, char files[][PATH_SIZE], unsigned *num, ens_err *err)
{
    struct dirent **entry = NULL;
    int found = scandir(dir, &entry, NULL, alphasort);
    bool good = found >= 0;
    unsigned before = *num;
    for (int i = 0; i < found; i++) {
        const char *name = entry[i]->d_name;
        bool other =
            strcmp(name, "messages.tsv") == 0 || strcmp(name, "rules.tsv") == 0 || strcmp(name, "labels.tsv") == 0;
        if (good && is_tsv(name) && !other)
            good = add_file(files, num, dir, name);
        free(entry[i]);
    }
    free(entry);
    if (good && *num > before)
        return ENS_OK;
    return ens_fail_about(
        err, ENS_EIO, RULE_ENS_TABLES,
        good ? "there are no code lists (*.tsv) in the folder" : "the folder of code lists can't be read", dir);
}

/* has_file tells whether a folder has a file of that name. */
static bool has_file(const char *dir, const char *name, char path[PATH_SIZE])
{
    FILE *f = snprintf(path, PATH_SIZE, "%s/%s", dir, name) < (int)PATH_SIZE ? fopen(path, "r") : NULL;
    if (f)
        fclose(f);
    return f != NULL;
}

ens_code ens_tables_open(const char *tables_dir, const char *codelists_dir, ens_tables **out, ens_err *err)
{
    char messages[PATH_SIZE], codes[PATH_SIZE], (*files)[PATH_SIZE] = calloc(CODELIST_FILES_MAX, sizeof *files);
    const char *list[CODELIST_FILES_MAX];
    unsigned num = 0;
    ens_code code = files ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for tables", 0);
    if (code == ENS_OK && tables_dir && !has_file(tables_dir, "messages.tsv", messages))
        code = ens_fail_about(err, ENS_EIO, RULE_ENS_TABLES, "there is no messages.tsv in the folder", tables_dir);
    if (code == ENS_OK && codelists_dir)
        code = find_codelists(codelists_dir, files, &num, err);
    else if (code == ENS_OK && tables_dir && has_file(tables_dir, "codelists.tsv", codes))
        add_file(files, &num, tables_dir, "codelists.tsv");
    for (unsigned i = 0; i < num; i++)
        list[i] = files[i];
    const ens_table_files all = {.base = &ens__tables,
                                 .messages = tables_dir ? messages : NULL,
                                 .codelists = list,
                                 .num_codelists = num,
                                 .source = tables_dir};
    if (code == ENS_OK)
        code = ens__tables_make(&all, out, err);
    free(files);
    return code;
}
