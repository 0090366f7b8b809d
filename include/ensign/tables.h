/* Ensign: the message tables of ICS2, by which business documents are judged.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_TABLES_H
#define ENSIGN_TABLES_H

#include "ensign/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ens_tables are compiled in; newer ones, and code lists that are not, are read from files. Read only once it is made:
 * any number of verifiers may share one. */
typedef struct ens_tables ens_tables;

/* ens_tables_open reads tables that a user gives. tables_dir, which may be NULL, holds messages.tsv, and codelists.tsv
 * where it has lists; codelists_dir, which may be NULL, holds TSV files of code lists: each list in them takes the
 * place of the one that was held. What is not given is that of the compiled-in tables. *out is to be closed. Errors
 * ENS_EIO, ENS_ESYNTAX (the text names file and line), ENS_ELIMIT, ENS_ENOMEM.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_tables_open(const char *tables_dir, const char *codelists_dir, ens_tables **out,
                                           ens_err *err);
ENS_API void ens_tables_free(ens_tables *tables); /* since 0.1 */

/* ens_tables_tell names the version of tables ("2.02"), their date ("2022-05") and where they come from; NULL stands
 * for the compiled-in ones. The strings live as long as the tables.  since 0.1 */
typedef struct {
    const char *version, *date, *source;
} ens_tables_facts;
ENS_API ens_tables_facts ens_tables_tell(const ens_tables *tables); /* since 0.1 */

#ifdef __cplusplus
}
#endif
#endif
