/* Files of YAML that people write, read strictly by libcyaml's tables: what is unknown is refused, with line and
 * column. */
#ifndef ENS_STI_YAML_YAML_H
#define ENS_STI_YAML_YAML_H

#include "engine/base/bytes.h"

#include <cyaml/cyaml.h>

/* ens__yaml_load reads by a schema; *out is to be freed by ens__yaml_free with the same one.
 * Errors  ENS_ESYNTAX no YAML, an unknown key, a value that is none there: under rule, with line and column */
ENS_CHECK ens_code ens__yaml_load(ens_slice yaml, const cyaml_schema_value_t *schema, const char *rule, void **out,
                                  ens_err *err);
void ens__yaml_free(const cyaml_schema_value_t *schema, void *read); /* NULL is fine */
/* ens__yaml_place says where the first key of that name stands, "line 3, column 1"; false: nowhere. */
bool ens__yaml_place(ens_slice yaml, const char *key, char *out, size_t size);

#endif
