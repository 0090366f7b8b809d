/* JSON written straight into a buffer, where a tree of values would take longer than what it tells of. */
#ifndef ENS_ENGINE_BASE_JSON_H
#define ENS_ENGINE_BASE_JSON_H

#include "engine/base/bytes.h"

typedef struct {
    ens_buf *out;
    bool more; /* the next item of the open object or array isn't its first */
} ens_jsonline;

/* bracket is '{' or '[', and what closes it. name is NULL in an array and at the top. */
void ens__jsonline_open(ens_jsonline *j, const char *name, char bracket);
void ens__jsonline_close(ens_jsonline *j, char bracket);
/* p == NULL is null. A text that isn't UTF-8 gets '?' for each byte beyond ASCII. */
void ens__jsonline_slice(ens_jsonline *j, const char *name, ens_slice value);
void ens__jsonline_text(ens_jsonline *j, const char *name, const char *value);
void ens__jsonline_number(ens_jsonline *j, const char *name, size_t value);
/* bytes as hexadecimal digits: at most 64. */
void ens__jsonline_hex(ens_jsonline *j, const char *name, ens_slice bytes);

#endif
