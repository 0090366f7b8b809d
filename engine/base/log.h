/* A log of JSON objects, one a line, for people's tools: bounded in length and in rate, so that no flood of requests
 * becomes one of lines. Never a payload, never a key. */
#ifndef ENS_ENGINE_BASE_LOG_H
#define ENS_ENGINE_BASE_LOG_H

#include "engine/base/bytes.h"

#define ENS_LOG_LINE_MAX 4096u /* bytes: what a pipe takes whole (PIPE_BUF) */
#define ENS_LOG_VALUE_MAX 512u /* bytes of one text; the rest is left out */
#define ENS_LOG_RATE 200u      /* lines a second of each level, on average */
#define ENS_LOG_BURST 1000u    /* and at once */

typedef enum { ENS_LOG_ERROR = 0, ENS_LOG_WARN, ENS_LOG_INFO, ENS_LOG_DEBUG } ens_log_level;
#define ENS_LOG_LEVELS 4u

/* One member of a line: a text, or a number where text.p is NULL. */
typedef struct {
    const char *name;
    ens_slice text;
    uint64_t number;
} ens_log_field;

static inline ens_log_field ens_log_text(const char *name, const char *value)
{
    return (ens_log_field){name, ens_str(value ? value : ""), 0};
}

static inline ens_log_field ens_log_slice(const char *name, ens_slice value)
{
    return (ens_log_field){name, value.p ? value : ENS_LIT(""), 0};
}

static inline ens_log_field ens_log_number(const char *name, uint64_t value)
{
    return (ens_log_field){name, {0}, value};
}

typedef struct {
    int fd;               /* borrowed */
    ens_log_level most;   /* what is beyond is not written */
    unsigned rate, burst; /* 0: as above */
} ens_log_plan;

typedef struct ens_log ens_log;

ens_log *ens__log_new(const ens_log_plan *plan); /* NULL without memory */
/* ens__log_free tells first how many lines were left out. */
void ens__log_free(ens_log *log);

/* ens__log writes {"at":…,"level":…,"event":…, the fields}. It never waits: a line for which there is no room, or
 * that comes too fast, is counted, and the next one of its level says how many ("left_out"). Any thread; log may be
 * NULL. */
void ens__log(ens_log *log, ens_log_level level, const char *event, const ens_log_field *fields, size_t num);

#endif
