/* What the reader of business documents says: one function a fault, each with what was seen, where, and what to do. */
#include "as4/ens/reader_state.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

#define RULE_TABLES "ICS2 HTI Information Exchange Specifications"
#define RULE_LISTS "ICS2 HTI Code lists"
#define RULE_CIRCUMSTANCE "ICS2-HTI 3.1.2"
#define RULE_SCRIPT "ICS2 HTI BPM: Latin, Greek and Cyrillic characters"
#define POINTER_MAX 1024u
#define LISTS_MAX 256u

/* spell is the name of an element as the document writes it. */
static const char *spell(const ens_tables *t, uint16_t name, unsigned flags)
{
    uint16_t alias = t->name[name].alias;
    return ens__tables_name_text(t, flags & ENS_DOC_ALIAS && alias ? alias : name);
}

/* A pointer in the making. */
typedef struct {
    char text[POINTER_MAX];
    size_t len;
} pointer;

/* step adds an element; its position where there may be several, or are. */
static void step(pointer *p, const ens_tables *t, uint32_t row, unsigned flags, uint32_t position)
{
    bool numbered = t->row[row].max > 1 || position > 1;
    int n = snprintf(p->text + p->len, sizeof p->text - p->len, numbered ? "/%s[%u]" : "/%s",
                     spell(t, t->row[row].name, flags), position);
    p->len = n > 0 && (size_t)n < sizeof p->text - p->len ? p->len + (size_t)n : p->len;
}

static const char *finish_reader_tell(ens_arena *arena, pointer *p, const char *child)
{
    if (child)
        snprintf(p->text + p->len, sizeof p->text - p->len, "/%s", child);
    const char *kept = ens_arena_text(arena, ens_str(p->text));
    return kept ? kept : "?";
}

const char *ens__pointer_open(ens_docreader *r, unsigned depth, const char *child)
{
    pointer p = {.len = 0};
    for (unsigned i = 1; i <= depth; i++)
        step(&p, r->tables, r->open[i].row, r->open[i].flags, r->open[i].position);
    return finish_reader_tell(&r->report->arena, &p, child);
}

const char *ens__doc_pointer(const ens_doc *d, uint32_t node, uint16_t child, ens_arena *arena)
{
    pointer p = {.len = 0};
    uint32_t way[ENS_TABLE_DEPTH_MAX + 2] = {0}, num = 0;
    for (; node && num < sizeof way / sizeof *way; node = d->node[node].parent)
        way[num++] = node;
    while (num--) {
        const ens_doc_node *n = &d->node[way[num]];
        step(&p, d->tables, n->row, n->flags, n->position);
    }
    return finish_reader_tell(arena, &p, child ? ens__tables_name_text(d->tables, child) : NULL);
}

ens_finding *ens__doc_fault(ens_docreader *r, const char *check, ens_basis basis, bool warn, const char *rule,
                            const char *hint)
{
    if (r->o.silent)
        return NULL;
    if (r->num_faults++ >= ENS_DOC_FAULTS_MAX) {
        r->num_untold++;
        return NULL;
    }
    ens_finding *f = warn || r->o.warn ? ens__warn(r->report, check, rule, hint, "%s", "")
                                       : ens__failf(r->report, check, rule, hint, "%s", "");
    f->basis = basis;
    f->document_fault = f->outcome == ENS_FAIL;
    f->code = f->document_fault ? r->o.reply : NULL;
    return f;
}

/* structure_fault: where a schema judges as well, it wins. */
static ens_finding *structure_fault(ens_docreader *r, const char *check, ens_basis basis, bool warn, const char *rule,
                                    const char *hint)
{
    return ens__doc_fault(r, check, basis, warn || r->o.schema, rule, hint);
}

static const char *name_of(const ens_docreader *r, uint32_t row)
{
    return ens__tables_name_text(r->tables, r->tables->row[row].name);
}

static const char *action_of(const ens_docreader *r)
{
    return ens__tables_text(r->tables, r->doc.message->text);
}

void ens__tell_message(ens_docreader *r, ens_slice local)
{
    if (r->o.silent)
        return;
    ens_finding *f =
        ens__skip(r->report, "ens.action", RULE_TABLES, !r->o.warn,
                  "the tables %s do not know the message %s: it is newer than they are, or no message of ICS2",
                  r->tables->version, ens__show(r->report, local));
    f->basis = ENS_BASIS_TABLE;
    f->hint = "give newer tables (--ens-tables)";
}

void ens__tell_unknown(ens_docreader *r, ens_slice local, bool foreign)
{
    const char *parent = name_of(r, r->open[r->depth].row);
    ens_finding *f =
        structure_fault(r, "ens.unknown", ENS_BASIS_TABLE, false, RULE_TABLES,
                        foreign ? "leave it out: a message has elements of its own namespace alone"
                                : "leave it out, or mend its name; newer tables are given by --ens-tables");
    r->structure_failed = true;
    if (!f)
        return;
    const char *shown = ens__show(r->report, local);
    if (foreign)
        ens__finding_say(r->report, f, "%s below %s is in another namespace", shown, parent);
    else
        ens__finding_say(r->report, f, "the table of %s (%s) has no %s below %s", action_of(r), r->tables->version,
                         shown, parent);
    f->xpath = ens__pointer_open(r, r->depth, shown);
}

/* The tables leave open whether an amount has its currency as an attribute; of no other element they do. */
void ens__tell_attribute(ens_docreader *r, ens_slice local, bool instance)
{
    uint32_t row = r->open[r->depth].row;
    const char *element = name_of(r, row);
    bool open = r->tables->row[row].flags & ENS_ROW_TEXT_TOO;
    bool unsure = open && !instance && ens__tables_child(r->tables, row, ens__tables_name(r->tables, local, NULL)) != 0;
    ens_finding *f =
        structure_fault(r, "ens.attribute", unsure ? ENS_BASIS_ASSUMED : ENS_BASIS_TABLE, unsure, RULE_TABLES,
                        "write it as an element: no element of the messages has an attribute");
    r->structure_failed |= !unsure;
    if (!f)
        return;
    const char *shown = ens__show(r->report, local);
    ens__finding_say(r->report, f, "%s has the attribute %s", element, shown);
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

void ens__tell_order(ens_docreader *r, uint32_t behind)
{
    const char *element = name_of(r, r->open[r->depth].row);
    ens_finding *f = structure_fault(r, "ens.order", ENS_BASIS_ASSUMED, false, RULE_TABLES,
                                     "write the elements in the order of the table");
    r->structure_failed = true;
    if (!f)
        return;
    ens__finding_say(r->report, f, "%s stands behind %s and belongs before it", element, name_of(r, behind));
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

void ens__tell_many(ens_docreader *r)
{
    uint32_t row = r->open[r->depth].row;
    ens_finding *f =
        structure_fault(r, "ens.occurrence", ENS_BASIS_TABLE, false, RULE_TABLES, "leave out what is too many");
    r->structure_failed = true;
    if (!f)
        return;
    ens__finding_say(r->report, f, "%s stands more than %u time%s in %s", name_of(r, row), r->tables->row[row].max,
                     r->tables->row[row].max == 1 ? "" : "s", name_of(r, r->open[r->depth - 1].row));
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

void ens__tell_missing(ens_docreader *r, uint32_t child, uint32_t num)
{
    const ens_table_row *t = &r->tables->row[child];
    const char *parent = name_of(r, r->open[r->depth].row);
    ens_finding *f = structure_fault(r, "ens.missing", ENS_BASIS_TABLE, false, RULE_TABLES,
                                     "add the element: it is mandatory there");
    r->structure_failed = true;
    if (!f)
        return;
    if (num)
        ens__finding_say(r->report, f, "%s has %u %s, and at least %u are needed", parent, num, name_of(r, child),
                         t->min);
    else
        ens__finding_say(r->report, f, "%s is missing in %s", name_of(r, child), parent);
    f->xpath = ens__pointer_open(r, r->depth, name_of(r, child));
}

void ens__tell_text(ens_docreader *r)
{
    ens_finding *f = structure_fault(r, "ens.text", ENS_BASIS_TABLE, false, RULE_TABLES,
                                     "put the text into the element that is meant for it");
    r->structure_failed = true;
    if (!f)
        return;
    ens__finding_say(r->report, f, "%s holds text, and may hold elements only", name_of(r, r->open[r->depth].row));
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

void ens__tell_text_too(ens_docreader *r)
{
    uint32_t row = r->open[r->depth].row;
    ens_finding *f = structure_fault(r, "ens.text", ENS_BASIS_ASSUMED, true, RULE_TABLES,
                                     "write the element below that the table of dates or amounts has");
    if (!f)
        return;
    ens__finding_say(r->report, f, "%s holds a text where %s is awaited; the tables leave open which is right",
                     name_of(r, row), name_of(r, row + 1));
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

/* What is wrong with a text, and what to do. */
static const struct {
    const char *seen, *hint;
} format_faults[ENS_NUM_FORMAT_FAULTS] = {
    [ENS_FORMAT_EMPTY] = {"is empty", "give it a value, or leave the element out where it may be missing"},
    [ENS_FORMAT_SHORT] = {"is too short", "give it the length of the format"},
    [ENS_FORMAT_LONG] = {"is too long", "shorten it to the length of the format"},
    [ENS_FORMAT_CHARACTERS] = {"has characters of another kind", "a is for letters, n for digits"},
    [ENS_FORMAT_DECIMAL] = {"is no decimal number", "write digits, with a point before the decimals"},
    [ENS_FORMAT_NO_DIGIT] = {"has no digit before the point", "write a 0 there"},
    [ENS_FORMAT_DECIMALS] = {"has too many decimals", "round it"},
    [ENS_FORMAT_NO_TIME] = {"is no time of a day that exists", "write it as 2026-01-15T08:29:00Z"},
    [ENS_FORMAT_OFFSET] = {"has an offset", "write the time in UTC, with Z: the tables have no other"},
    [ENS_FORMAT_SCRIPT] = {"has a character that is neither Latin, Greek nor Cyrillic",
                           "write it in one of these scripts"},
};

void ens__tell_format(ens_docreader *r, uint32_t formatted, ens_format_fault fault, ens_slice text)
{
    uint32_t row = r->open[r->depth].row;
    const char *name = name_of(r, row);
    const char *format = ens__tables_text(r->tables, r->tables->format[r->tables->row[formatted].format].text);
    bool warn = fault == ENS_FORMAT_OFFSET, script = fault == ENS_FORMAT_SCRIPT;
    if (r->tables->row[row].name == ENS_EL_DateTime)
        name = name_of(r, r->open[r->depth - 1].row);
    ens_finding *f =
        structure_fault(r, script ? "ens.script" : "ens.format", warn ? ENS_BASIS_ASSUMED : ENS_BASIS_TABLE, warn,
                        script ? RULE_SCRIPT : RULE_TABLES, format_faults[fault].hint);
    r->format_failed |= !warn;
    if (!f)
        return;
    const char *shown = ens__show(r->report, text);
    ens__finding_say(r->report, f, "%s \"%s\" %s (format %s)", name, shown, format_faults[fault].seen, format);
    f->document_code = script ? "102" : NULL;
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

/* takes_part: Norway and Switzerland do since the tables were made. */
static bool takes_part(const ens_docreader *r, uint8_t list, ens_slice text)
{
    return list == ENS_LIST_CL717 && !r->tables->list[list].given &&
           (ens_eq(text, ENS_LIT("NO")) || ens_eq(text, ENS_LIT("CH")));
}

void ens__tell_code(ens_docreader *r, ens_slice text)
{
    uint32_t row = r->open[r->depth].row;
    uint8_t list = r->tables->row[row].list;
    bool newer = takes_part(r, list, text);
    ens_finding *f = structure_fault(r, "ens.codelist", newer ? ENS_BASIS_ASSUMED : ENS_BASIS_SEEN, newer, RULE_LISTS,
                                     newer ? "nothing: the country takes part since"
                                           : "use a code of the list; a newer list is given by --codelists");
    r->codes_failed |= !newer;
    if (!f)
        return;
    const char *shown = ens__show(r->report, text);
    ens__finding_say(r->report, f, "%s \"%s\" is not in the code list %s", name_of(r, row), shown,
                     ens__tables_text(r->tables, r->tables->list[list].text));
    f->document_code = newer ? NULL : "12";
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

void ens__tell_circumstance(ens_docreader *r, ens_slice text)
{
    ens_finding *f = ens__doc_fault(r, "ens.circumstance", ENS_BASIS_ICD, false, RULE_CIRCUMSTANCE,
                                    "it is F and the digits of the action");
    r->codes_failed = true;
    if (!f)
        return;
    const char *shown = ens__show(r->report, text);
    ens__finding_say(r->report, f, "the SpecificCircumstanceIndicator is %s in an %s", shown, action_of(r));
    f->xpath = ens__pointer_open(r, r->depth, NULL);
}

/* The rules tell through these. */
const ens_doc *ens__ruling_doc(const ens_ruling *r)
{
    return &r->reader->doc;
}

void ens__rule_pass(ens_ruling *r)
{
    r->reader->ruled[r->rule] |= ENS_RULED_PASS;
}

const char *ens__rule_show(ens_ruling *r, ens_slice text)
{
    bool told = r->reader->num_faults < ENS_DOC_FAULTS_MAX && !r->reader->o.silent;
    return told ? ens__show(r->reader->report, text) : "";
}

static ENS_PRINTF(6, 0) void tell_rule(ens_ruling *ruling, uint32_t node, uint16_t child, bool warn, const char *hint,
                                       const char *format, va_list args)
{
    ens_docreader *r = ruling->reader;
    const ens_rule *rule = &r->tables->rule[ruling->rule];
    char line[512];
    r->ruled[ruling->rule] |= warn ? ENS_RULED_WARN : ENS_RULED_FAIL;
    ens_finding *f = ens__doc_fault(r, rule->check, warn ? ENS_BASIS_ASSUMED : rule->basis, warn, rule->id, hint);
    if (!f)
        return;
    vsnprintf(line, sizeof line, format, args);
    size_t says = strlen(rule->says); /* with a capital and a full stop */
    ens__finding_say(r->report, f, "%s (%c%.*s)", line, tolower((unsigned char)rule->says[0]),
                     says > 2 ? (int)says - 2 : 0, rule->says + 1);
    f->document_code = warn ? NULL : rule->code;
    f->xpath = ens__doc_pointer(&r->doc, node, child, &r->report->arena);
}

void ens__rule_fail(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_rule(r, node, child, false, hint, format, args);
    va_end(args);
}

void ens__rule_warn(ens_ruling *r, uint32_t node, uint16_t child, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_rule(r, node, child, true, hint, format, args);
    va_end(args);
}

static void pass(ens_docreader *r, const char *check, const char *rule, ens_basis basis)
{
    ens__pass(r->report, check, rule)->basis = basis;
}

/* skip_literal adds a skip whose reason is a literal. */
static void skip_literal(ens_docreader *r, const char *check, const char *rule, ens_basis basis, const char *reason)
{
    ens_finding *f = ens__pass(r->report, check, rule);
    f->outcome = ENS_SKIP;
    f->seen = reason;
    f->basis = basis;
}

static void tell_lists(ens_docreader *r)
{
    char names[LISTS_MAX] = "";
    size_t len = 0;
    for (uint32_t i = 1; i < r->tables->num_lists && i <= UINT8_MAX; i++)
        if (r->unheld[i / 64] >> i % 64 & 1 && len < sizeof names - 16)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%.12s", len ? ", " : "",
                                    ens__tables_text(r->tables, r->tables->list[i].text));
    if (!r->codes_failed)
        pass(r, "ens.codelist", RULE_LISTS, ENS_BASIS_TABLE);
    if (!len)
        return;
    ens_finding *f = ens__skip(r->report, "ens.codelist", RULE_LISTS, false, "lists that are not held: %s", names);
    f->basis = ENS_BASIS_TABLE;
    f->hint = "give them by --codelists";
}

static void tell_rules(ens_docreader *r)
{
    for (uint32_t i = 1; i < r->tables->num_rules; i++) {
        const ens_rule *rule = &r->tables->rule[i];
        bool cited = r->doc.message->cites[i / 64] >> i % 64 & 1;
        if (!cited || r->ruled[i] & (ENS_RULED_FAIL | ENS_RULED_WARN))
            continue;
        if (r->ruled[i])
            pass(r, rule->check, rule->id, rule->basis);
        else if (i >= ENS_NUM_RULES || !ens__rule_checks[i])
            skip_literal(r, rule->check, rule->id, rule->basis, "the document alone does not tell");
        else
            skip_literal(r, rule->check, rule->id, rule->basis, "the document has nothing that the rule speaks of");
    }
}

void ens__tell_result(ens_docreader *r)
{
    if (!r->doc.message || r->o.silent)
        return;
    if (r->num_untold)
        ens__warn(r->report, "ens.more", RULE_TABLES, "mend the faults that are told, and check again",
                  "%u more faults are not told", r->num_untold);
    if (!r->structure_failed)
        pass(r, "ens.structure", RULE_TABLES, ENS_BASIS_TABLE);
    if (!r->format_failed)
        pass(r, "ens.format", RULE_TABLES, ENS_BASIS_TABLE);
    tell_lists(r);
    if (r->no_memory)
        ens__skip(r->report, "ens.rules", RULE_TABLES, true, "out of memory while the rules were judged");
    else
        tell_rules(r);
}
