/* The text of a finding, kept as its format and the values that it was told with, until somebody reads it. */
#ifndef ENS_ENGINE_BASE_DETAIL_H
#define ENS_ENGINE_BASE_DETAIL_H

#include "engine/base/arena.h"
#include "ensign/report.h"

#include <stdarg.h>

/* ens__detail is a format of printf, which lives for ever, and its values; without values the format is the text as it
 * stands. */
typedef struct {
    const char *format;
    const ens_finding_values *values;
} ens__detail;

/* ens__detail_keep puts the values into the arena: texts are copied, up to ENS_DETAIL_TEXT bytes each. False: out of
 * memory. */
bool ens__detail_keep(ens_arena *arena, const char *format, va_list args, ens__detail *out) ENS_PRINTF(2, 0);
/* ens__detail_copy repeats values in another arena. */
bool ens__detail_copy(ens_arena *arena, const ens_finding_values **values);

#endif
