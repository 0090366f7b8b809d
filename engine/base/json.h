/* The one writer of JSON: straight into a buffer, for a tree of values takes longer than what it tells of.
 * Source  RFC 8259 */
#ifndef ENS_ENGINE_BASE_JSON_H
#define ENS_ENGINE_BASE_JSON_H

#include "engine/base/bytes.h"
#include "ensign/time.h"

#include <stdint.h>

typedef struct {
    ens_buf *out;
    bool more; /* the next item of the open object or array isn't its first */
} ens_json;

/* bracket is '{' or '[', and what closes it. name is NULL in an array and at the top. */
void ens__json_open(ens_json *j, const char *name, char bracket);
void ens__json_close(ens_json *j, char bracket);
/* p == NULL is null. A byte that is no UTF-8 becomes '?'; what a terminal must not get as it is (ens__is_hidden) is
 * escaped, so that nothing is lost. */
void ens__json_member(ens_json *j, const char *name, size_t name_len, ens_slice value);

/* Inline, so that the length of a name that is a literal costs nothing to find out. */
static inline void ens__json_slice(ens_json *j, const char *name, ens_slice value)
{
    ens__json_member(j, name, name ? strlen(name) : 0, value);
}

static inline void ens__json_text(ens_json *j, const char *name, const char *value)
{
    ens__json_slice(j, name, value ? ens_str(value) : (ens_slice){0});
}

void ens__json_number(ens_json *j, const char *name, uint64_t value);
void ens__json_bool(ens_json *j, const char *name, bool value);
void ens__json_null(ens_json *j, const char *name);
/* ens__json_some is null for an empty text too. */
void ens__json_some(ens_json *j, const char *name, ens_slice value);
/* A time as RFC 3339 has it; ENS_TIME_NONE is null. */
void ens__json_time(ens_json *j, const char *name, ens_time value);
/* Bytes as hexadecimal digits: at most 64, more are null. */
void ens__json_hex(ens_json *j, const char *name, ens_slice bytes);

#endif
