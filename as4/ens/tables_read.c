/* See tables_read.h. */
#include "as4/ens/tables_read.h"

#include "engine/base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "tables of business messages"
#define COLUMNS_MAX 16u
#define TEXT_MAX ((size_t)256 << 20)
#define CODELIST_FILES_MAX 64u
#define PATH_SIZE 1024u

/* An array that grows; number 0 of each is no record. */
typedef struct {
    void *p;
    size_t size;
    uint32_t num, cap, max;
} vector;

typedef struct {
    uint32_t scope;
    ens_table_citation of;
} cited;

/* Tables in the making. */
typedef struct {
    const ens_table_files *files;
    ens_buf text;
    vector name, format, row, above, citation, message, list, code, rule, cite;
    uint32_t open[ENS_TABLE_DEPTH_MAX + 1]; /* rows that are not complete; [0] is the root */
    unsigned depth;
    uint32_t version, date, source;
    const char *file; /* being read */
    unsigned line;
    ens_err *err;
} making;

static ens_code refuse(making *m, ens_code code, const char *what)
{
    char about[ENS_ERR_TEXT];
    const char *slash = strrchr(m->file, '/');
    snprintf(about, sizeof about, "%s, line %u", slash ? slash + 1 : m->file, m->line);
    return ens_fail_about(m->err, code, RULE, what, about);
}

/* grow makes one more record, all zero; NULL after a refusal. */
static void *grow(making *m, vector *v)
{
    if (v->num >= v->max) {
        refuse(m, ENS_ELIMIT, "there are too many rows, names or codes");
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

static ens_code code_of(const making *m)
{
    return m->err->n ? m->err->frame[0].code : ENS_ENOMEM;
}

static uint32_t keep(making *m, ens_slice s)
{
    uint32_t at = (uint32_t)m->text.len;
    ens_buf_put(&m->text, s);
    ens_buf_add(&m->text, "", 1);
    return at;
}

static const char *text_at(const making *m, uint32_t at)
{
    return (const char *)m->text.p + at;
}

/* A TSV file: comments begin with '#', and the first other line names the columns. */
typedef struct {
    ens_file file;
    ens_reader r;
    const char *const *wanted; /* names of columns, the last one NULL */
    int column[COLUMNS_MAX];   /* where each stands; -1: nowhere */
} table;

static unsigned split(ens_slice line, ens_slice out[COLUMNS_MAX])
{
    unsigned num = 0;
    while (num < COLUMNS_MAX) {
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
static void note_head(making *m, ens_slice line)
{
    const struct {
        ens_slice key;
        uint32_t *to;
    } heads[] = {
        {ENS_LIT("# version "), &m->version}, {ENS_LIT("# date "), &m->date}, {ENS_LIT("# source "), &m->source}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (ens_starts(line, heads[i].key))
            *heads[i].to = keep(m, ens_from(line, heads[i].key.len));
}

static bool take_line(making *m, table *t, ens_slice *line)
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

static ens_code open_table(making *m, const char *path, const char *const *wanted, table *t)
{
    ens_slice line, head[COLUMNS_MAX];
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

static bool take_row(making *m, table *t, ens_slice *fields)
{
    ens_slice line, all[COLUMNS_MAX];
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

static bool is_blank(ens_slice s)
{
    return !s.len || ens_eq(s, ENS_LIT("-"));
}

/* name_of numbers a name; 0 after a refusal. */
static uint16_t name_of(making *m, ens_slice s)
{
    ens_table_name *names = m->name.p;
    for (uint32_t i = 1; i < m->name.num; i++)
        if (names[i].len == s.len && memcmp(text_at(m, names[i].text), s.p, s.len) == 0)
            return (uint16_t)i;
    if (!s.len || s.len > 255) {
        refuse(m, ENS_ESYNTAX, "an element has no name, or one that is too long");
        return 0;
    }
    uint16_t number = (uint16_t)m->name.num;
    ens_table_name *made = grow(m, &m->name);
    if (!made)
        return 0;
    *made = (ens_table_name){.text = keep(m, s), .len = (uint16_t)s.len, .of = number};
    return number;
}

static void add_alias(making *m, uint16_t name, ens_slice s)
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
static bool format_of(making *m, ens_slice s, uint8_t *out)
{
    ens_table_format made, *formats = m->format.p;
    *out = 0;
    if (is_blank(s))
        return true;
    for (uint32_t i = 1; i < m->format.num; i++)
        if (ens_is(s, text_at(m, formats[i].text))) {
            *out = (uint8_t)i;
            return true;
        }
    if (!read_format(s, &made))
        return refuse(m, ENS_ESYNTAX, "there is no such format"), false;
    ens_table_format *added = grow(m, &m->format);
    if (!added)
        return false;
    made.text = keep(m, s);
    *added = made;
    *out = (uint8_t)(m->format.num - 1);
    return true;
}

/* list_of numbers a code list; false after a refusal. */
static bool list_of(making *m, ens_slice s, uint16_t *out)
{
    ens_table_list *lists = m->list.p;
    *out = 0;
    if (is_blank(s))
        return true;
    for (uint32_t i = 1; i < m->list.num; i++)
        if (ens_is(s, text_at(m, lists[i].text))) {
            *out = (uint16_t)i;
            return true;
        }
    ens_table_list *made = grow(m, &m->list);
    if (!made)
        return false;
    made->text = keep(m, s);
    *out = (uint16_t)(m->list.num - 1);
    return true;
}

static ens_table_row *row_at(const making *m, uint32_t row)
{
    return (ens_table_row *)m->row.p + row;
}

/* add_row puts a row below the one that is open at depth - 1, and opens it; 0 after a refusal. */
static uint32_t add_row(making *m, uint16_t name, unsigned depth, uint32_t min, uint32_t max)
{
    uint32_t number = m->row.num, *above = grow(m, &m->above);
    ens_table_row *made = grow(m, &m->row);
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
        return refuse(m, ENS_ELIMIT, "an element holds too many different ones"), 0;
    made->ordinal = parent->num_children++;
    parent->required |= min ? (uint64_t)1 << made->ordinal : 0;
    parent->flags |= min > 1 ? ENS_ROW_MANY : 0;
    return number;
}

static bool name_ends(const making *m, uint16_t name, ens_slice end)
{
    const ens_table_name *n = (const ens_table_name *)m->name.p + name;
    return n->len >= end.len && memcmp(text_at(m, n->text) + n->len - end.len, end.p, end.len) == 0;
}

/* is_amount: value and currency, which the tables print as attributes. */
static bool is_amount(const making *m, uint32_t row)
{
    const ens_table_row *r = row_at(m, row);
    return r->below == 2 && r->num_children == 2 && name_ends(m, r[1].name, ENS_LIT("value")) &&
           name_ends(m, r[2].name, ENS_LIT("currency"));
}

/* close_rows completes the rows that are open at depth and below. */
static void close_rows(making *m, unsigned depth)
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
static bool may_hold(const making *m, uint32_t row, const char *name)
{
    for (uint32_t c = row + 1, end = row + 1 + row_at(m, row)->below; c < end; c += 1 + row_at(m, c)->below)
        if (strcmp(text_at(m, ((const ens_table_name *)m->name.p)[row_at(m, c)->name].text), name) == 0)
            return true;
    return false;
}

static uint32_t above(const making *m, uint32_t row)
{
    return ((const uint32_t *)m->above.p)[row];
}

/* scope_of finds the row at whose end a rule is judged that is cited on another; the root where no better one is found.
 */
static uint32_t scope_of(const making *m, uint32_t row, const char *scope)
{
    if (strcmp(scope, "self") == 0)
        return row;
    if (strcmp(scope, "parent") == 0)
        return above(m, row);
    for (; above(m, row); row = above(m, row)) {
        const char *name = text_at(m, ((const ens_table_name *)m->name.p)[row_at(m, row)->name].text);
        if (strncmp(scope, "with:", 5) == 0 ? may_hold(m, row, scope + 5) : strcmp(scope, name) == 0)
            break;
    }
    return row;
}

/* place_citations finds the scope of each rule of the message that is complete. */
static void place_citations(making *m, uint32_t from)
{
    const ens_rule *rules = m->rule.p;
    ens_table_message *message = (ens_table_message *)m->message.p + m->message.num - 1;
    for (uint32_t i = from; i < m->cite.num; i++) {
        cited *c = (cited *)m->cite.p + i;
        c->scope = scope_of(m, c->of.row, rules[c->of.rule].scope);
        message->cites[c->of.rule / 64] |= (uint64_t)1 << c->of.rule % 64;
    }
}

static int by_scope(const void *a, const void *b)
{
    const cited *x = a, *y = b;
    if (x->scope != y->scope)
        return x->scope < y->scope ? -1 : 1;
    if (x->of.rule != y->of.rule)
        return x->of.rule < y->of.rule ? -1 : 1;
    return (x->of.row > y->of.row) - (x->of.row < y->of.row);
}

/* list_citations gives each scope its rules, each once. */
static bool list_citations(making *m)
{
    cited *c = m->cite.p, *end = c + m->cite.num;
    if (m->cite.num)
        qsort(c, m->cite.num, sizeof *c, by_scope);
    for (cited *last = NULL; c < end; c++) {
        if (last && last->scope == c->scope && last->of.rule == c->of.rule)
            continue;
        if ((!last || last->scope != c->scope)) {
            if (last && !grow(m, &m->citation))
                return false;
            row_at(m, c->scope)->judged = m->citation.num;
        }
        ens_table_citation *made = grow(m, &m->citation);
        if (!made)
            return false;
        *made = c->of;
        last = c;
    }
    return grow(m, &m->citation) != NULL;
}

/* cite notes the rules of a row; those that are not known are left to newer versions. */
static bool cite(making *m, ens_slice rules, uint32_t row)
{
    const ens_rule *known = m->rule.p;
    for (ens_slice id; rules.len; rules = ens_from(rules, id.len + 1)) {
        id = ens_sub(rules, 0, ens__find(rules, ENS_LIT(" "), 0));
        for (uint32_t i = 1; i < m->rule.num; i++) {
            if (!ens_is(id, known[i].id))
                continue;
            cited *made = grow(m, &m->cite);
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

static bool begin_message(making *m, ens_slice name, uint32_t *first_citation)
{
    if (m->message.num) {
        close_rows(m, 0);
        place_citations(m, *first_citation);
    }
    *first_citation = m->cite.num;
    uint16_t number = name_of(m, name);
    ens_table_name *names = m->name.p;
    uint32_t row = number ? add_row(m, number, 0, 1, 1) : 0;
    ens_table_message *made = row ? grow(m, &m->message) : NULL;
    if (!made)
        return false;
    if (names[number].message)
        return refuse(m, ENS_ESYNTAX, "a message stands in two places"), false;
    names[number].message = (uint16_t)m->message.num;
    *made = (ens_table_message){.text = names[number].text, .row = row};
    return true;
}

/* add_datetime puts the element below that holds the text of a date (seen in messages, for the dates of a document). */
static bool add_datetime(making *m, uint32_t row, unsigned depth, uint8_t format)
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

static bool add_element(making *m, const ens_slice *f)
{
    ens_slice last;
    uint32_t min, max;
    uint8_t format;
    uint16_t list;
    unsigned depth = split_path(f[ELEMENT], &last);
    if (depth > ENS_TABLE_DEPTH_MAX || depth > m->depth + 1)
        return refuse(m, ENS_ESYNTAX, "an element stands below one that the row before does not open"), false;
    if (!take_number(f[MIN], &min) || !take_number(f[MAX], &max) || min > max || min > UINT16_MAX || !max)
        return refuse(m, ENS_ESYNTAX, "minimum and maximum are no such numbers"), false;
    close_rows(m, depth);
    uint16_t name = name_of(m, last);
    uint32_t row =
        name && format_of(m, f[FORMAT], &format) && list_of(m, f[LIST], &list) ? add_row(m, name, depth, min, max) : 0;
    if (!row)
        return false;
    if (list > UINT8_MAX)
        return refuse(m, ENS_ELIMIT, "there are too many code lists"), false;
    row_at(m, row)->format = format;
    row_at(m, row)->list = (uint8_t)list;
    if (alias_in(f).len)
        add_alias(m, name, alias_in(f));
    bool is_date = ((const ens_table_format *)m->format.p)[format].kind == ENS_FORMAT_DATETIME;
    return (!is_date || add_datetime(m, row, depth, format)) && (is_blank(f[RULES]) || cite(m, f[RULES], row));
}

static ens_code read_messages(making *m)
{
    static const char *const columns[] = {"message",  "path",  "min",   "max",  "format",
                                          "codelist", "rules", "alias", "note", NULL};
    ens_slice f[sizeof columns / sizeof *columns], message = {0};
    table t;
    uint32_t first_citation = 0;
    ens_code code = open_table(m, m->files->messages, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = t.column[MESSAGE] >= 0 && t.column[ELEMENT] >= 0 && t.column[MIN] >= 0 && t.column[MAX] >= 0 &&
                t.column[FORMAT] >= 0;
    if (!good)
        refuse(m, ENS_ESYNTAX, "the columns message, path, min, max and format are not all there");
    while (good && take_row(m, &t, f)) {
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
        refuse(m, ENS_ESYNTAX, "there is no message in it");
        good = false;
    }
    ens__file_close(&t.file);
    return good ? ENS_OK : code_of(m);
}

static bool add_code(making *m, ens_slice list, ens_slice code, ens_slice label)
{
    uint16_t number;
    if (is_blank(list) || !code.len || code.len > 255)
        return refuse(m, ENS_ESYNTAX, "a code has no list, or no text"), false;
    if (!list_of(m, list, &number))
        return false;
    ens_table_list *of = (ens_table_list *)m->list.p + number;
    of->given |= m->files->base != NULL;
    ens_table_code *made = grow(m, &m->code);
    if (!made)
        return false;
    *made = (ens_table_code){.text = keep(m, code), .label = keep(m, label), .len = (uint16_t)code.len, .list = number};
    return true;
}

/* list_name takes the name of a list from that of its file: "CL244.tsv". */
static ens_slice list_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    ens_slice name = ens_str(slash ? slash + 1 : path);
    return ens_sub(name, 0, ens__find(name, ENS_LIT("."), 0));
}

static ens_code read_codelist(making *m, const char *path)
{
    static const char *const columns[] = {"code", "list", "label", "meaning", NULL};
    ens_slice f[sizeof columns / sizeof *columns];
    table t;
    ens_code code = open_table(m, path, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = t.column[0] >= 0;
    if (!good)
        refuse(m, ENS_ESYNTAX, "there is no column named code");
    while (good && take_row(m, &t, f))
        good = add_code(m, t.column[1] >= 0 ? f[1] : list_name(path), f[0], f[2].len ? f[2] : f[3]);
    ens__file_close(&t.file);
    return good ? ENS_OK : code_of(m);
}

/* take_base_codes adds the codes of the lists that nobody has given. */
static bool take_base_codes(making *m)
{
    const ens_tables *base = m->files->base;
    for (uint32_t i = 1; base && i < base->num_codes; i++) {
        if (((const ens_table_list *)m->list.p)[base->code[i].list].given)
            continue;
        ens_table_code *made = grow(m, &m->code);
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

static void sort_codes(making *m)
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

static ens_code read_codelists(making *m)
{
    for (unsigned i = 0; i < m->files->num_codelists; i++) {
        ens_code code = read_codelist(m, m->files->codelists[i]);
        if (code != ENS_OK)
            return code;
    }
    if (!take_base_codes(m))
        return code_of(m);
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

static ens_code read_rules(making *m)
{
    static const char *const columns[] = {"id", "scope", "basis", "code", "says", NULL};
    ens_slice f[sizeof columns / sizeof *columns];
    table t;
    ens_code code = open_table(m, m->files->rules, columns, &t);
    if (code != ENS_OK)
        return code;
    bool good = true;
    while (good && take_row(m, &t, f)) {
        ens_rule *made = grow(m, &m->rule);
        if (!made)
            break;
        *made = (ens_rule){.id = copy(f[0], (ens_slice){0}),
                           .check = copy(f[0], ENS_LIT("ens.")),
                           .scope = copy(f[1], (ens_slice){0}),
                           .says = copy(f[4], (ens_slice){0}),
                           .code = is_blank(f[3]) ? NULL : copy(f[3], (ens_slice){0})};
        made->basis = ens_eq(f[2], ENS_LIT("seen"))    ? ENS_BASIS_SEEN
                      : ens_eq(f[2], ENS_LIT("table")) ? ENS_BASIS_TABLE
                                                       : ENS_BASIS_ASSUMED;
        good = made->id && made->check && made->scope && made->says && (made->code || is_blank(f[3]));
    }
    ens__file_close(&t.file);
    return good ? ENS_OK : m->err->n ? code_of(m) : refuse(m, ENS_ESYNTAX, "a rule is no such row");
}

/* take_base begins with what is compiled in: numbers and texts keep their places. */
static bool take_base(making *m)
{
    const ens_tables *b = m->files->base;
    if (!b)
        return true;
    ens_buf_add(&m->text, b->text, b->text_len);
    for (uint32_t i = 1; i < b->num_names; i++) {
        ens_table_name *made = grow(m, &m->name);
        if (!made)
            return false;
        *made = b->name[i];
        made->message = m->files->messages ? 0 : made->message;
    }
    for (uint32_t i = 1; i < b->num_formats; i++) {
        ens_table_format *made = grow(m, &m->format);
        if (!made)
            return false;
        *made = b->format[i];
    }
    for (uint32_t i = 1; i < b->num_lists; i++) {
        ens_table_list *made = grow(m, &m->list);
        if (!made)
            return false;
        *made = b->list[i];
    }
    for (uint32_t i = 1; i < b->num_rules; i++) {
        ens_rule *made = grow(m, &m->rule);
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

static uint16_t *hash_names(const making *m, uint32_t slots)
{
    const ens_table_name *names = m->name.p;
    uint16_t *slot = calloc(slots, sizeof *slot);
    for (uint32_t i = 1; slot && i < m->name.num; i++) {
        uint32_t at = ens__short_hash(ens_bytes(text_at(m, names[i].text), names[i].len), 0) & (slots - 1);
        while (slot[at])
            at = (at + 1) & (slots - 1);
        slot[at] = (uint16_t)i;
    }
    return slot;
}

static uint32_t *hash_codes(const making *m, uint32_t slots)
{
    const ens_table_code *codes = m->code.p;
    uint32_t *slot = calloc(slots, sizeof *slot);
    for (uint32_t i = 1; slot && i < m->code.num; i++) {
        uint32_t at = ens__short_hash(ens_bytes(text_at(m, codes[i].text), codes[i].len), codes[i].list) & (slots - 1);
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
static void set_rows(made_tables *made, making *m)
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
        t->version = m->version ? text_at(m, m->version) : "not named";
        t->date = m->date ? text_at(m, m->date) : "";
        t->source = m->files->source ? m->files->source : m->source ? text_at(m, m->source) : "";
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

static bool set_tables(made_tables *made, making *m)
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

static ens_code read_all(making *m)
{
    vector *const begin[] = {&m->name, &m->format, &m->row, &m->above, &m->citation, &m->list, &m->code, &m->rule};
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (!grow(m, begin[i]))
            return code_of(m);
    if (!m->files->base)
        keep(m, ENS_LIT(""));
    if (!take_base(m))
        return code_of(m);
    ens_code code = m->files->rules ? read_rules(m) : ENS_OK;
    if (code == ENS_OK)
        code = read_codelists(m);
    if (code == ENS_OK && m->files->messages)
        code = read_messages(m);
    return code == ENS_OK ? ens_buf_done(&m->text, m->err) : code;
}

static void drop(making *m)
{
    vector *const all[] = {&m->name,    &m->format, &m->row,  &m->above, &m->citation,
                           &m->message, &m->list,   &m->code, &m->rule,  &m->cite};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->p);
    ens_buf_free(&m->text);
}

ens_code ens__tables_make(const ens_table_files *files, ens_tables **out, ens_err *err)
{
    ens_err none = {0};
    making m = {
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
        .cite = {.size = sizeof(cited), .max = ENS_TABLE_ROWS_MAX},
        .err = err ? err : &none,
    };
    ens_buf_init(&m.text, NULL, 0, TEXT_MAX);
    ens_code code = read_all(&m);
    made_tables *made = code == ENS_OK ? calloc(1, sizeof *made) : NULL;
    if (code == ENS_OK && (!made || !set_tables(made, &m)))
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for tables", 0);
    drop(&m);
    if (code == ENS_OK)
        *out = &made->t;
    else
        ens_tables_close(made ? &made->t : NULL);
    return code;
}

void ens_tables_close(ens_tables *t)
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
        err, ENS_EIO, RULE,
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
        code = ens_fail_about(err, ENS_EIO, RULE, "there is no messages.tsv in the folder", tables_dir);
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
