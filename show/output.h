/* What the command prints: JSON lines, findings and errors, colour where a person looks. */
#ifndef ENS_SHOW_OUTPUT_H
#define ENS_SHOW_OUTPUT_H

#include "engine/base/json.h"
#include "ensign/report.h"
#include "ensign/time.h"
#include "show/page.h"

#include <stdio.h>

/* ens__json_on_stdout starts a line of JSON in out, which ens__json_print ends, writes on stdout and frees; false when
 * that failed. */
ens_json ens__json_on_stdout(ens_buf *out);
bool ens__json_print(ens_json *j);

/* ens__print_begin starts a page, or else lines of JSON put into out, that stdout gets as one piece; ens__print_end
 * writes and frees it. False when it isn't whole, and then nothing is written, or when stdout didn't take it. */
ens__page ens__print_begin(ens_buf *out);
bool ens__print_end(ens_buf *out);

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

/* ens__print is printf whose values come from others: what comes out is printable, and has no colours. */
void ens__print(const char *format, ...) ENS_PRINTF(1, 2);

/* ens__say writes lines for people on stderr, whatever came in with their values made printable. */
void ens__say(const char *format, ...) ENS_PRINTF(1, 2);
/* ens__say_lines is the same for lines that were written before. */
void ens__say_lines(ens_slice lines);

/* ens__say_into keeps what this thread says from stderr and puts it into a buffer; NULL: it goes to stderr again. */
void ens__say_into(ens_buf *out);
/* ens__say_error writes "ensign NAME: ABOUT: chain" on stderr. */
void ens__say_error(const char *name, const char *about, const ens_err *err);

#endif
