/* What the parts of the reader of business documents share. Inside of as4/ens only. */
#ifndef ENS_AS4_ENS_READER_STATE_H
#define ENS_AS4_ENS_READER_STATE_H

#include "as4/ens/format.h"
#include "as4/ens/reader.h"

/* An element that is open and that the tables know. */
typedef struct {
    uint32_t row, node; /* node 0: rules do not see it */
    uint32_t next;      /* the row of the child that came last */
    uint32_t position;
    uint64_t seen;      /* a bit for each child that is there */
    uint32_t text, len; /* of a leaf, as in ens_doc_node */
    uint32_t own;       /* bytes of doc->own before it */
    uint16_t flags;     /* as in ens_doc_node */
    bool has_text, has_attribute;
} ens_doc_open;

/* What became of a rule. */
#define ENS_RULED_PASS 1u
#define ENS_RULED_FAIL 2u
#define ENS_RULED_WARN 4u

struct ens_ruling {
    struct ens_docreader *reader;
    uint16_t rule;
};

struct ens_docreader {
    ens_doc doc;
    ens_doc_options o;
    ens_report *report;
    size_t first_finding;
    const ens_tables *tables;
    ens_doc_open open[ENS_TABLE_DEPTH_MAX + 2]; /* [depth] is the innermost; [0] is no element */
    uint32_t count[ENS_TABLE_DEPTH_MAX + 2][ENS_TABLE_CHILDREN_MAX];
    unsigned depth;
    uint32_t unknown; /* elements that are open in one that the tables do not know, that one included */
    unsigned num_faults, num_untold;
    bool no_memory, structure_failed, format_failed, codes_failed;
    uint64_t unheld[UINT8_MAX / 64 + 1]; /* a bit for each list that a value asked for and that is not held */
    uint8_t ruled[ENS_TABLE_RULES_MAX];
    struct ens_ruling ruling;
};

/* The pointer of an element that is open: in the arena of the report. Never NULL. */
const char *ens__pointer_open(ens_docreader *r, unsigned depth, const char *child);

/* ens__doc_fault tells a fault; NULL when there are too many to tell. */
ens_finding *ens__doc_fault(ens_docreader *r, const char *check, ens_basis basis, bool warn, const char *rule,
                            const char *hint);

void ens__tell_unknown(ens_docreader *r, ens_slice local, bool foreign);
void ens__tell_attribute(ens_docreader *r, ens_slice local, bool instance);
void ens__tell_order(ens_docreader *r, uint32_t behind);
void ens__tell_many(ens_docreader *r);
void ens__tell_missing(ens_docreader *r, uint32_t child, uint32_t num);
void ens__tell_text(ens_docreader *r);
void ens__tell_text_too(ens_docreader *r);
/* formatted: the row whose format the text of the innermost element has not. */
void ens__tell_format(ens_docreader *r, uint32_t formatted, ens_format_fault fault, ens_slice text);
void ens__tell_code(ens_docreader *r, ens_slice text);
void ens__tell_circumstance(ens_docreader *r, ens_slice text);
void ens__tell_message(ens_docreader *r, ens_slice local);
void ens__tell_result(ens_docreader *r);

#endif
