/* Filling a report. The strings id, rule, hint and code are literals, and so is the format of a detail: the values that
 * it is told with are copied into the report's arena, and the text is made when somebody reads it. */
#ifndef ENS_ENGINE_BASE_REPORT_H
#define ENS_ENGINE_BASE_REPORT_H

#include "engine/base/arena.h"
#include "ensign/report.h"

#define ENS_REPORT_MAX 512                     /* findings of one report */
#define ENS_REPORT_ARENA_MAX ((size_t)8 << 20) /* bytes of all details */

struct ens_report {
    ens_arena arena;
    ens_finding *findings;
    size_t num, cap;
    bool incomplete; /* a finding was lost: the verdict can't be accepted */
    ens_finding lost;
};

void ens__report_init(ens_report *r);
/* ens__report_reset empties the report for the next message and keeps its memory. */
void ens__report_reset(ens_report *r);
void ens__report_clear(ens_report *r);

/* Each adds one finding and returns it, so that the caller can set subcode, certificate, at or xpath. Never NULL. */
ens_finding *ens__pass(ens_report *r, const char *id, const char *rule);
ens_finding *ens__passf(ens_report *r, const char *id, const char *rule, const char *format, ...) ENS_PRINTF(4, 5);
ens_finding *ens__warn(ens_report *r, const char *id, const char *rule, const char *hint, const char *format, ...)
    ENS_PRINTF(5, 6);
ens_finding *ens__warn_of(ens_report *r, const char *id, const char *rule, const char *hint); /* seen is the caller's */
ens_finding *ens__failf(ens_report *r, const char *id, const char *rule, const char *hint, const char *format, ...)
    ENS_PRINTF(5, 6);
/* needed: acceptance is impossible without this check. */
ens_finding *ens__skip(ens_report *r, const char *id, const char *rule, bool needed, const char *format, ...)
    ENS_PRINTF(5, 6);

/* ens__finding_say gives a finding its detail. A detail that is a literal may be set by hand: finding->seen. */
void ens__finding_say(ens_report *r, ens_finding *f, const char *format, ...) ENS_PRINTF(3, 4);

/* ens__report_rewind forgets the findings from number num on. */
void ens__report_rewind(ens_report *r, size_t num);

/* ens__report_append adds the findings of another report, whose values and paths it copies. */
void ens__report_append(ens_report *to, const ens_report *from);

/* ens__show makes s printable, in the report's arena: at most 80 bytes, the middle of a longer one cut out with a mark
 * (ens__printable). Never NULL. */
const char *ens__show(ens_report *r, ens_slice s);

/* ens__finding_text is the detail of a finding, which may be NULL, or else other. */
const char *ens__finding_text(const ens_finding *f, char out[ENS_DETAIL_TEXT], const char *other);

/* ens__in_family goes by the part of id before its first dot. */
bool ens__in_family(const ens_finding *f, const char *family);

#endif
