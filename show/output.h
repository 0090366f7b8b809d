/* What the command prints: JSON lines, findings and errors, colour where a person looks. */
#ifndef ENS_SHOW_OUTPUT_H
#define ENS_SHOW_OUTPUT_H

#include "engine/base/bytes.h"
#include "ensign/report.h"
#include "ensign/time.h"

#include <jansson.h>
#include <stdio.h>

/* Values for JSON. A text that isn't UTF-8 gets '?' for each wrong byte; p == NULL is null, so is ENS_TIME_NONE. */
json_t *ens__json_slice(ens_slice s);
json_t *ens__json_text(const char *text);
json_t *ens__json_time(ens_time t);
json_t *ens__json_hex(ens_slice bytes);
/* [{"id","outcome","rule","detail","hint", …}] in the order of judgement. */
json_t *ens__json_checks(const ens_report *report);
/* ens__json_print writes one line on stdout and drops the object; false when that failed. */
bool ens__json_print(json_t *object);

/* ens__json_put is the same into a buffer; ens__json_put_checked adds the member "checks" at the object's end, written
 * straight, for they are most of it. */
bool ens__json_put(json_t *object, ens_buf *out);
bool ens__json_put_checked(json_t *object, const ens_report *report, ens_buf *out);

/* Escape sequences, empty where stdout is no terminal or NO_COLOR is set. */
const char *ens__colour(ens_outcome outcome);
const char *ens__verdict_colour(ens_verdict verdict);
const char *ens__colour_off(void);

/* ens__print_findings writes what failed, warned or was skipped; all: what passed, too. */
void ens__print_findings(const ens_report *report, bool all);
/* ens__print_text writes text wrapped at 80 columns behind the indentation. */
void ens__print_text(int indent, const char *text);
/* ens__print_behind is the same where the cursor stands at the indentation already. */
void ens__print_behind(int indent, const char *text);

/* ens__write_out writes a slice, which may be empty, to a stream. */
void ens__write_out(FILE *to, ens_slice text);

/* ens__say_error writes "ensign NAME: ABOUT: chain" on stderr. */
void ens__say_error(const char *name, const char *about, const ens_err *err);

#endif
