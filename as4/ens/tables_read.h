/* Making tables of TSV files: at build time all of them, later what a user gives. */
#ifndef ENS_AS4_ENS_TABLES_READ_H
#define ENS_AS4_ENS_TABLES_READ_H

#include "as4/ens/tables.h"

#define ENS_TABLE_FILE_MAX ((size_t)64 << 20)
#define ENS_TABLE_ROWS_MAX ((uint32_t)1 << 18)
#define ENS_TABLE_NAMES_MAX ((uint32_t)1 << 14)
#define ENS_TABLE_LISTS_MAX ((uint32_t)1 << 10)
#define ENS_TABLE_CODES_MAX ((uint32_t)1 << 21)

/* What is read and where from. A file of NULL is not read: its part comes from base, which may be NULL as well. */
typedef struct {
    const ens_tables *base;
    const char *messages, *rules;
    const char *const *codelists; /* files */
    unsigned num_codelists;
    const char *source; /* NULL: as the file of messages says */
} ens_table_files;

/* ens__tables_make reads the files.   Errors  as of ens_tables_open */
ENS_CHECK ens_code ens__tables_make(const ens_table_files *files, ens_tables **out, ens_err *err);

#endif
