/* See tables_read.h. */
#include "as4/ens/tables_making.h"

#include <stdio.h>
#include <stdlib.h>

ens_code ens__making_refuse(ens_making *m, ens_code code, const char *what)
{
    char about[ENS_ERR_TEXT];
    const char *slash = strrchr(m->file, '/');
    snprintf(about, sizeof about, "%s, line %u", slash ? slash + 1 : m->file, m->line);
    return ens_fail_about(m->err, code, RULE_ENS_TABLES, what, about);
}

/* grow makes one more record, all zero; NULL after a refusal. */
void *ens__making_grow(ens_making *m, ens_making_vector *v)
{
    if (v->num >= v->max) {
        ens__making_refuse(m, ENS_ELIMIT, "there are too many rows, names or codes");
        return NULL;
    }
    if (v->num == v->cap) {
        uint32_t cap = v->cap ? v->cap * 2 : 64;
        void *moved = realloc(v->p, cap * v->size);
        if (!moved) {
            ens_fail(m->err, ENS_ENOMEM, NULL, "out of memory for tables", 0);
            return NULL;
        }
        v->p = moved;
        v->cap = cap;
    }
    void *made = (char *)v->p + v->num++ * v->size;
    memset(made, 0, v->size);
    return made;
}

ens_code ens__making_code(const ens_making *m)
{
    return m->err->n ? m->err->frame[0].code : ENS_ENOMEM;
}

uint32_t ens__making_keep(ens_making *m, ens_slice s)
{
    uint32_t at = (uint32_t)m->text.len;
    ens_buf_put(&m->text, s);
    ens_buf_add(&m->text, "", 1);
    return at;
}

const char *ens__making_text(const ens_making *m, uint32_t at)
{
    return (const char *)m->text.p + at;
}

static unsigned split(ens_slice line, ens_slice out[ENS_MAKING_COLUMNS_MAX])
{
    unsigned num = 0;
    while (num < ENS_MAKING_COLUMNS_MAX) {
        const uint8_t *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
        size_t n = tab ? (size_t)(tab - line.p) : line.len;
        out[num++] = ens_sub(line, 0, n);
        if (!tab)
            break;
        line = ens_from(line, n + 1);
    }
    return num;
}

/* note_head keeps what a comment of messages.tsv says of the tables. */
static void note_head(ens_making *m, ens_slice line)
{
    const struct {
        ens_slice key;
        uint32_t *to;
    } heads[] = {
        {ENS_LIT("# version "), &m->version}, {ENS_LIT("# date "), &m->date}, {ENS_LIT("# source "), &m->source}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (ens_starts(line, heads[i].key))
            *heads[i].to = ens__making_keep(m, ens_from(line, heads[i].key.len));
}

static bool take_line(ens_making *m, ens_making_table *t, ens_slice *line)
{
    while (ens_take_line(&t->r, line)) {
        m->line++;
        if (ens_starts(*line, ENS_LIT("#")) && m->file == m->files->messages)
            note_head(m, *line);
        if (line->len && line->p[0] != '#')
            return true;
    }
    return false;
}

ens_code ens__making_open(ens_making *m, const char *path, const char *const *wanted, ens_making_table *t)
{
    ens_slice line, head[ENS_MAKING_COLUMNS_MAX];
    m->file = path;
    m->line = 0;
    t->wanted = wanted;
    ens_code code = ens__file_open(path, ENS_TABLE_FILE_MAX, &t->file, m->err);
    if (code != ENS_OK)
        return code;
    t->r = ens_read(t->file.bytes);
    unsigned num = take_line(m, t, &line) ? split(line, head) : 0;
    for (unsigned i = 0; wanted[i]; i++) {
        t->column[i] = -1;
        for (unsigned k = 0; k < num; k++)
            if (ens_is(head[k], wanted[i]))
                t->column[i] = (int)k;
    }
    return ENS_OK;
}

bool ens__making_row(ens_making *m, ens_making_table *t, ens_slice *fields)
{
    ens_slice line, all[ENS_MAKING_COLUMNS_MAX];
    if (!take_line(m, t, &line))
        return false;
    unsigned num = split(line, all);
    for (unsigned i = 0; t->wanted[i]; i++)
        fields[i] = t->column[i] >= 0 && (unsigned)t->column[i] < num ? all[t->column[i]] : (ens_slice){0};
    return true;
}

static bool take_number(ens_slice s, uint32_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len && n <= UINT32_MAX; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = n * 10 + (s.p[i] - '0');
    }
    *out = (uint32_t)n;
    return s.len > 0 && n <= UINT32_MAX;
}

bool ens__making_blank(ens_slice s)
{
    return !s.len || ens_eq(s, ENS_LIT("-"));
}

/* name_of numbers a name; 0 after a refusal. */
static uint16_t name_of(ens_making *m, ens_slice s)
{
    ens_table_name *names = m->name.p;
    for (uint32_t i = 1; i < m->name.num; i++)
        if (names[i].len == s.len && memcmp(ens__making_text(m, names[i].text), s.p, s.len) == 0)
            return (uint16_t)i;
    if (!s.len || s.len > 255) {
        ens__making_refuse(m, ENS_ESYNTAX, "an element has no name, or one that is too long");
        return 0;
    }
    uint16_t number = (uint16_t)m->name.num;
    ens_table_name *made = ens__making_grow(m, &m->name);
    if (!made)
        return 0;
    *made = (ens_table_name){.text = ens__making_keep(m, s), .len = (uint16_t)s.len, .of = number};
    return number;
}

static void add_alias(ens_making *m, uint16_t name, ens_slice s)
{
    uint16_t alias = name_of(m, s);
    ens_table_name *names = m->name.p;
    if (!alias || alias == name)
        return;
    names[alias].of = name;
    names[name].alias = alias;
}

/* read_format: "a2", "n..5", "n..16,6", "an..35", "datetime" or "an20-datetime". */
static bool read_format(ens_slice s, ens_table_format *out)
{
    uint32_t max, decimals = 0;
    *out = (ens_table_format){0};
    if (ens_eq(s, ENS_LIT("datetime")) || ens_eq(s, ENS_LIT("an20-datetime"))) {
        *out = (ens_table_format){.kind = ENS_FORMAT_DATETIME, .min = 20, .max = 35};
        return true;
    }
    size_t at = ens_starts(s, ENS_LIT("an")) ? 2 : 1;
    out->kind = at == 2 ? ENS_FORMAT_AN : ens_starts(s, ENS_LIT("n")) ? ENS_FORMAT_N : ENS_FORMAT_A;
    if (out->kind == ENS_FORMAT_A && !ens_starts(s, ENS_LIT("a")))
        return false;
    bool up_to = ens_starts(ens_from(s, at), ENS_LIT(".."));
    ens_slice rest = ens_from(s, at + (up_to ? 2 : 0));
    size_t comma = ens__find(rest, ENS_LIT(","), 0);
    if (comma != SIZE_MAX && (!take_number(ens_from(rest, comma + 1), &decimals) || decimals > 99))
        return false;
    if (!take_number(ens_sub(rest, 0, comma), &max) || max == 0 || max > UINT16_MAX)
        return false;
    out->max = (uint16_t)max;
    out->min = up_to ? 1 : (uint16_t)max;
    out->decimals = (uint8_t)decimals;
    return true;
}

/* format_of numbers a format; false after a refusal. "-" has the number 0. */
static bool format_of(ens_making *m, ens_slice s, uint8_t *out)
{
    ens_table_format made, *formats = m->format.p;
    *out = 0;
    if (ens__making_blank(s))
        return true;
    for (uint32_t i = 1; i < m->format.num; i++)
        if (ens_is(s, ens__making_text(m, formats[i].text))) {
            *out = (uint8_t)i;
            return true;
        }
    if (!read_format(s, &made))
        return ens__making_refuse(m, ENS_ESYNTAX, "there is no such format"), false;
    ens_table_format *added = ens__making_grow(m, &m->format);
    if (!added)
        return false;
    made.text = ens__making_keep(m, s);
    *added = made;
    *out = (uint8_t)(m->format.num - 1);
    return true;
}

/* list_of numbers a code list; false after a refusal. */
bool ens__making_list(ens_making *m, ens_slice s, uint16_t *out)
{
    ens_table_list *lists = m->list.p;
    *out = 0;
    if (ens__making_blank(s))
        return true;
    for (uint32_t i = 1; i < m->list.num; i++)
        if (ens_is(s, ens__making_text(m, lists[i].text))) {
            *out = (uint16_t)i;
            return true;
        }
    ens_table_list *made = ens__making_grow(m, &m->list);
    if (!made)
        return false;
    made->text = ens__making_keep(m, s);
    *out = (uint16_t)(m->list.num - 1);
    return true;
}

static ens_table_row *row_at(const ens_making *m, uint32_t row)
{
    return (ens_table_row *)m->row.p + row;
}

/* add_row puts a row below the one that is open at depth - 1, and opens it; 0 after a refusal. */
static uint32_t add_row(ens_making *m, uint16_t name, unsigned depth, uint32_t min, uint32_t max)
{
    uint32_t number = m->row.num, *above = ens__making_grow(m, &m->above);
    ens_table_row *made = ens__making_grow(m, &m->row);
    if (!made || !above)
        return 0;
    *made = (ens_table_row){.name = name, .min = (uint16_t)min, .max = max};
    m->open[depth] = number;
    m->depth = depth;
    if (!depth)
        return number;
    *above = m->open[depth - 1];
    ens_table_row *parent = row_at(m, *above);
    if (parent->num_children >= ENS_TABLE_CHILDREN_MAX)
        return ens__making_refuse(m, ENS_ELIMIT, "an element holds too many different ones"), 0;
    made->ordinal = parent->num_children++;
    parent->required |= min ? (uint64_t)1 << made->ordinal : 0;
    parent->flags |= min > 1 ? ENS_ROW_MANY : 0;
    return number;
}

static bool name_ends(const ens_making *m, uint16_t name, ens_slice end)
{
    const ens_table_name *n = (const ens_table_name *)m->name.p + name;
    return n->len >= end.len && memcmp(ens__making_text(m, n->text) + n->len - end.len, end.p, end.len) == 0;
}

/* is_amount: value and currency, which the tables print as attributes. */
static bool is_amount(const ens_making *m, uint32_t row)
{
    const ens_table_row *r = row_at(m, row);
    return r->below == 2 && r->num_children == 2 && name_ends(m, r[1].name, ENS_LIT("value")) &&
           name_ends(m, r[2].name, ENS_LIT("currency"));
}

/* close_rows completes the rows that are open at depth and below. */
static void close_rows(ens_making *m, unsigned depth)
{
    for (unsigned i = m->depth + 1; i-- > depth;) {
        ens_table_row *row = row_at(m, m->open[i]);
        row->below = m->row.num - m->open[i] - 1;
        if (is_amount(m, m->open[i]))
            row->flags |= ENS_ROW_TEXT_TOO;
    }
    m->depth = depth ? depth - 1 : 0;
}

/* may_hold tells whether a row has such an element below it. */
static bool may_hold(const ens_making *m, uint32_t row, const char *name)
{
    for (uint32_t c = row + 1, end = row + 1 + row_at(m, row)->below; c < end; c += 1 + row_at(m, c)->below)
        if (strcmp(ens__making_text(m, ((const ens_table_name *)m->name.p)[row_at(m, c)->name].text), name) == 0)
            return true;
    return false;
}

static uint32_t above(const ens_making *m, uint32_t row)
{
    return ((const uint32_t *)m->above.p)[row];
}

/* scope_of finds the row at whose end a rule is judged that is cited on another; the root where no better one is found.
 */
static uint32_t scope_of(const ens_making *m, uint32_t row, const char *scope)
{
    if (strcmp(scope, "self") == 0)
        return row;
    if (strcmp(scope, "parent") == 0)
        return above(m, row);
    for (; above(m, row); row = above(m, row)) {
        const char *name = ens__making_text(m, ((const ens_table_name *)m->name.p)[row_at(m, row)->name].text);
        if (strncmp(scope, "with:", 5) == 0 ? may_hold(m, row, scope + 5) : strcmp(scope, name) == 0)
            break;
    }
    return row;
}

/* place_citations finds the scope of each rule of the message that is complete. */
static void place_citations(ens_making *m, uint32_t from)
{
    const ens_rule *rules = m->rule.p;
    ens_table_message *message = (ens_table_message *)m->message.p + m->message.num - 1;
    for (uint32_t i = from; i < m->cite.num; i++) {
        ens_making_cited *c = (ens_making_cited *)m->cite.p + i;
        c->scope = scope_of(m, c->of.row, rules[c->of.rule].scope);
        message->cites[c->of.rule / 64] |= (uint64_t)1 << c->of.rule % 64;
    }
}

static int by_scope(const void *a, const void *b)
{
    const ens_making_cited *x = a, *y = b;
    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    if (x->of.rule != y->of.rule)
        return x->of.rule < y->of.rule ? -1 : 1;
    return (x->of.row > y->of.row) - (x->of.row < y->of.row);
}

/* list_citations gives each scope its rules, each once. */
static bool list_citations(ens_making *m)
{
    ens_making_cited *c = m->cite.p, *end = c + m->cite.num;
    if (m->cite.num)
        qsort(c, m->cite.num, sizeof *c, by_scope);
    for (ens_making_cited *last = NULL; c < end; c++) {
        if (last && last->scope == c->scope && last->of.rule == c->of.rule)
            continue;
        if ((!last || last->scope != c->scope)) {
            if (last && !ens__making_grow(m, &m->citation))
                return false;
            row_at(m, c->scope)->judged = m->citation.num;
        }
        ens_table_citation *made = ens__making_grow(m, &m->citation);
        if (!made)
            return false;
        *made = c->of;
        last = c;
    }
    return ens__making_grow(m, &m->citation) != NULL;
}

/* cite notes the rules of a row; those that are not known are left to newer versions. */
static bool cite(ens_making *m, ens_slice rules, uint32_t row)
{
    const ens_rule *known = m->rule.p;
    for (ens_slice id; rules.len; rules = ens_from(rules, id.len + 1)) {
        id = ens_sub(rules, 0, ens__find(rules, ENS_LIT(" "), 0));
        for (uint32_t i = 1; i < m->rule.num; i++) {
            if (!ens_is(id, known[i].id))
                continue;
            ens_making_cited *made = ens__making_grow(m, &m->cite);
            if (!made)
                return false;
            made->of = (ens_table_citation){.row = row, .rule = (uint16_t)i};
        }
    }
    return true;
}

enum { MESSAGE, ELEMENT, MIN, MAX, FORMAT, LIST, RULES, ALIAS, NOTE };

/* split_path gives the name at the end of a path and how many elements stand above it, by slashes or by leading dots.
 */
static unsigned split_path(ens_slice path, ens_slice *name)
{
    unsigned depth = 1;
    while (ens_starts(path, ENS_LIT("."))) {
        path = ens_from(path, 1);
        depth++;
    }
    for (size_t slash; (slash = ens__find(path, ENS_LIT("/"), 0)) != SIZE_MAX; depth++)
        path = ens_from(path, slash + 1);
    *name = path;
    return depth;
}

static bool begin_message(ens_making *m, ens_slice name, uint32_t *first_citation)
{
    if (m->message.num) {
        close_rows(m, 0);
        place_citations(m, *first_citation);
    }
    *first_citation = m->cite.num;
    uint16_t number = name_of(m, name);
    ens_table_name *names = m->name.p;
    uint32_t row = number ? add_row(m, number, 0, 1, 1) : 0;
    ens_table_message *made = row ? ens__making_grow(m, &m->message) : NULL;
    if (!made)
        return false;
    if (names[number].message)
        return ens__making_refuse(m, ENS_ESYNTAX, "a message stands in two places"), false;
    names[number].message = (uint16_t)m->message.num;
    *made = (ens_table_message){.text = names[number].text, .row = row};
    return true;
}

/* add_datetime puts the element below that holds the text of a date (seen in messages, for the dates of a document). */
static bool add_datetime(ens_making *m, uint32_t row, unsigned depth, uint8_t format)
{
    uint16_t name = name_of(m, ENS_LIT("DateTime"));
    uint32_t below = name && depth < ENS_TABLE_DEPTH_MAX ? add_row(m, name, depth + 1, 1, 1) : 0;
    if (!below)
        return false;
    row_at(m, below)->format = format;
    row_at(m, row)->format = 0;
    if (!name_ends(m, row_at(m, row)->name, ENS_LIT("Date")))
        row_at(m, row)->flags |= ENS_ROW_TEXT_TOO;
    return true;
}

static ens_slice alias_in(const ens_slice *f)
{
    size_t at = ens__find(f[NOTE], ENS_LIT("alias:"), 0);
    if (f[ALIAS].len || at == SIZE_MAX)
        return f[ALIAS];
    ens_slice rest = ens_from(f[NOTE], at + 6);
    return ens_sub(rest, 0, ens__find(rest, ENS_LIT(" "), 0));
}

static bool add_element(ens_making *m, const ens_slice *f)
{
    ens_slice last;
    uint32_t min, max;
    uint8_t format;
    uint16_t list;
    unsigned depth = split_path(f[ELEMENT], &last);
    if (depth > ENS_TABLE_DEPTH_MAX || depth > m->depth + 1)
        return ens__making_refuse(m, ENS_ESYNTAX, "an element stands below one that the row before does not open"),
               false;
    if (!take_number(f[MIN], &min) || !take_number(f[MAX], &max) || min > max || min > UINT16_MAX || !max)
        return ens__making_refuse(m, ENS_ESYNTAX, "minimum and maximum are no such numbers"), false;
    close_rows(m, depth);
    uint16_t name = name_of(m, last);
    uint32_t row = name && format_of(m, f[FORMAT], &format) && ens__making_list(m, f[LIST], &list)
                       ? add_row(m, name, depth, min, max)
                       : 0;
    if (!row)
        return false;
    if (list > UINT8_MAX)
        return ens__making_refuse(m, ENS_ELIMIT, "there are too many code lists"), false;
    row_at(m, row)->format = format;
    row_at(m, row)->list = (uint8_t)list;
    if (alias_in(f).len)
        add_alias(m, name, alias_in(f));
    bool is_date = ((const ens_table_format *)m->format.p)[format].kind == ENS_FORMAT_DATETIME;
    return (!is_date || add_datetime(m, row, depth, format)) && (ens__making_blank(f[RULES]) || cite(m, f[RULES], row));
}

ens_code ens__making_messages(ens_making *m)
{
    static const char *const columns[] = {"message",  "path",  "min",   "max",  "format",
                                          "codelist", "rules", "alias", "note", NULL};
    ens_slice f[sizeof columns / sizeof *columns], message = {0};
    ens_making_table t;
    uint32_t first_citation = 0;
    ens_code code = ens__making_open(m, m->files->messages, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = t.column[MESSAGE] >= 0 && t.column[ELEMENT] >= 0 && t.column[MIN] >= 0 && t.column[MAX] >= 0 &&
                t.column[FORMAT] >= 0;
    if (!good)
        ens__making_refuse(m, ENS_ESYNTAX, "the columns message, path, min, max and format are not all there");
    while (good && ens__making_row(m, &t, f)) {
        if (!ens_eq(message, f[MESSAGE]))
            good = begin_message(m, message = f[MESSAGE], &first_citation);
        good = good && add_element(m, f);
    }
    if (good && m->message.num) {
        close_rows(m, 0);
        place_citations(m, first_citation);
        good = list_citations(m);
    }
    if (good && !m->message.num) {
        ens__making_refuse(m, ENS_ESYNTAX, "there is no message in it");
        good = false;
    }
    ens__file_close(&t.file);
    return good ? ENS_OK : ens__making_code(m);
}
