/* Tables in the making: what the parts of their reader share. Inside of as4/ens only. */
#ifndef ENS_AS4_ENS_TABLES_MAKING_H
#define ENS_AS4_ENS_TABLES_MAKING_H

#include "as4/ens/tables_read.h"
#include "engine/base/file.h"

#define RULE_ENS_TABLES "tables of business messages"
#define ENS_MAKING_COLUMNS_MAX 16u

/* An array that grows; number 0 of each is no record. */
typedef struct {
    void *p;
    size_t size;
    uint32_t num, cap, max;
} ens_making_vector;

typedef struct {
    uint32_t scope;
    ens_table_citation of;
} ens_making_cited;

typedef struct {
    const ens_table_files *files;
    ens_buf text;
    ens_making_vector name, format, row, above, citation, message, list, code, rule, cite;
    uint32_t open[ENS_TABLE_DEPTH_MAX + 1]; /* rows that are not complete; [0] is the root */
    unsigned depth;
    uint32_t version, date, source;
    const char *file; /* being read */
    unsigned line;
    ens_err *err;
} ens_making;

/* A TSV file: comments begin with '#', and the first other line names the columns. */
typedef struct {
    ens_file file;
    ens_reader r;
    const char *const *wanted;          /* names of columns, the last one NULL */
    int column[ENS_MAKING_COLUMNS_MAX]; /* where each stands; -1: nowhere */
} ens_making_table;

/* refuse tells what is wrong where, and returns code; code is what was told last. */
ens_code ens__making_refuse(ens_making *m, ens_code code, const char *what);
ens_code ens__making_code(const ens_making *m);
/* grow makes one more record, all zero; NULL after a refusal. */
void *ens__making_grow(ens_making *m, ens_making_vector *v);
/* keep adds a text to all texts, and says where. text is the one that stands there. */
uint32_t ens__making_keep(ens_making *m, ens_slice s);
const char *ens__making_text(const ens_making *m, uint32_t at);
/* open reads the names of the columns; row takes a row by them. False: there is none. */
ens_code ens__making_open(ens_making *m, const char *path, const char *const *wanted, ens_making_table *t);
bool ens__making_row(ens_making *m, ens_making_table *t, ens_slice *fields);
bool ens__making_blank(ens_slice s);
/* list numbers a code list; false after a refusal. */
bool ens__making_list(ens_making *m, ens_slice s, uint16_t *out);
/* messages reads the file of messages, when lists and rules are known. */
ens_code ens__making_messages(ens_making *m);

#endif
