/* The message tables of ICS2: one row an element, with the code lists and the rules that the rows cite. They are
 * compiled in from the TSV files in data/, and read from files of the same form where a user gives newer ones.
 *
 * Everything is numbered: names, rows, lists, codes. A record refers to another by its number, and 0 is none of them.
 */
#ifndef ENS_AS4_ENS_TABLES_H
#define ENS_AS4_ENS_TABLES_H

#include "engine/base/bytes.h"
#include "ensign/report.h"
#include "ensign/tables.h"

#define ENS_TABLE_DEPTH_MAX 16u    /* elements above a row, the root among them */
#define ENS_TABLE_CHILDREN_MAX 64u /* different elements below one element */

#define ENS_TABLE_RULES_MAX 128u /* rules and conditions, number 0 among them */

/* The name of an element. An alias is another spelling to accept: of is the number of the printed one, which is its own
 * there. An alias of 0: there is none. */
typedef struct {
    uint32_t text;
    uint16_t len, of, alias;
    uint16_t message; /* of a root: its message, counted from 1 */
} ens_table_name;

typedef enum {
    ENS_FORMAT_NONE = 0, /* holds elements, no text */
    ENS_FORMAT_A,        /* letters */
    ENS_FORMAT_N,        /* digits, or a decimal number where decimals is not 0 */
    ENS_FORMAT_AN,       /* any characters */
    ENS_FORMAT_DATETIME
} ens_format_kind;

typedef struct {
    uint32_t text; /* "an..35" */
    uint8_t kind, decimals;
    uint16_t min, max; /* characters; of a decimal number, digits */
} ens_table_format;

#define ENS_ROW_TEXT_TOO 0x01u /* the tables leave open whether a text may stand here in place of the elements */
#define ENS_ROW_MANY 0x02u     /* an element below has a minimum above 1 */

typedef struct {
    uint16_t name, min;
    uint32_t max;
    uint32_t below;  /* rows of what it holds: they follow this one */
    uint32_t judged; /* first of the citations that are judged when the element ends */
    uint8_t format, list;
    uint8_t ordinal; /* which of the elements of its parent it is, from 0 */
    uint8_t num_children, flags;
    uint64_t required; /* a bit for each element below that must be there */
} ens_table_row;

/* A rule to be judged at the end of an element, and the first row that cites it. A citation of rule 0 ends them. */
typedef struct {
    uint32_t row;
    uint16_t rule;
} ens_table_citation;

typedef struct {
    uint32_t text;                            /* "IE3F26" */
    uint32_t row;                             /* of the root */
    uint64_t cites[ENS_TABLE_RULES_MAX / 64]; /* a bit for each rule that a row of it cites */
} ens_table_message;

/* first and num: its codes. A list without codes is not held: what it contains is not known here. */
typedef struct {
    uint32_t text; /* "CL018" */
    uint32_t first, num;
    bool given; /* by the user */
} ens_table_list;

typedef struct {
    uint32_t text, label; /* NUL-terminated */
    uint16_t len, list;
} ens_table_code;

/* A rule of the tables; code is of CL723, NULL where it is not known. */
typedef struct {
    const char *id, *check; /* "R3002", "ens.R3002" */
    const char *scope;      /* see data/rules.tsv */
    const char *says;       /* a sentence for people */
    const char *code;
    ens_basis basis;
} ens_rule;

struct ens_tables {
    const char *version, *date; /* "2.02", "2022-05" */
    const char *source;         /* a document, or the folder that a user gave */
    const char *text;           /* all strings */
    const ens_table_name *name;
    const uint16_t *name_slot; /* by hash */
    const ens_table_format *format;
    const ens_table_row *row;
    const ens_table_citation *citation;
    const ens_table_message *message;
    const ens_table_list *list;
    const ens_table_code *code;
    const uint32_t *code_slot; /* by hash */
    const ens_rule *rule;
    uint32_t text_len, num_names, num_name_slots, num_formats, num_rows, num_citations, num_messages, num_lists,
        num_codes, num_code_slots, num_rules;
};

/* The compiled-in tables. */
extern const ens_tables ens__tables;

static inline const ens_tables *ens__tables_or_ours(const ens_tables *t)
{
    return t ? t : &ens__tables;
}

/* ens__tables_name finds the number of a name by either spelling: that of the printed one; 0: no table has it. alias,
 * which may be NULL, is told whether it is the other spelling. */
uint16_t ens__tables_name(const ens_tables *t, ens_slice name, bool *alias);
/* ens__tables_message finds a message by the name of its root; NULL: the tables do not know it. */
const ens_table_message *ens__tables_message(const ens_tables *t, ens_slice name);
/* ens__tables_list finds a code list by its name; 0: no such list. */
uint16_t ens__tables_list(const ens_tables *t, const char *name);
/* ens__tables_code finds a code in a list; NULL: the list does not hold it. */
const ens_table_code *ens__tables_code(const ens_tables *t, uint16_t list, ens_slice code);
/* ens__tables_child finds the row of a child by its name; 0: there is none. */
uint32_t ens__tables_child(const ens_tables *t, uint32_t row, uint16_t name);

static inline const char *ens__tables_text(const ens_tables *t, uint32_t text)
{
    return t->text + text;
}

static inline const char *ens__tables_name_text(const ens_tables *t, uint16_t name)
{
    return t->text + t->name[name].text;
}

/* ens__short_hash mixes the first and the last eight bytes of a short text with its length: alike on every machine, for
 * the tables that are compiled in hold it. */
static inline uint64_t ens__short_load(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&v, p, n);
#else
    for (size_t i = 0; i < n; i++)
        v |= (uint64_t)p[i] << 8 * i;
#endif
    return v;
}

static inline uint32_t ens__short_hash(ens_slice s, uint32_t seed)
{
    uint64_t a, b = 0;
    if (s.len >= 8) {
        a = ens__short_load(s.p, 8);
        b = ens__short_load(s.p + s.len - 8, 8);
    } else if (s.len >= 4) {
        a = ens__short_load(s.p, 4);
        b = ens__short_load(s.p + s.len - 4, 4);
    } else if (s.len) {
        a = s.p[0] | (uint64_t)s.p[s.len / 2] << 8 | (uint64_t)s.p[s.len - 1] << 16;
    } else {
        a = 0;
    }
    uint64_t h = (a ^ s.len ^ (uint64_t)seed << 32) * 0x9E3779B97F4A7C15u;
    h = (h ^ b ^ h >> 29) * 0xBF58476D1CE4E5B9u;
    return (uint32_t)(h >> 32);
}

#endif
