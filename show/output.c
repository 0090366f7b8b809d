#include "show/output.h"
#include "show/finding.h"

#include "engine/base/printable.h"

#include <stdio.h>
#include <stdlib.h>

#define PRINT_MAX ((size_t)1 << 30) /* bytes of what is printed at once: a document of 100 MB in words */

ens_json ens__json_on_stdout(ens_buf *out)
{
    ens_buf_init(out, NULL, 0, PRINT_MAX);
    return (ens_json){.out = out};
}

bool ens__json_print(ens_json *j)
{
    ens_buf_text(j->out, "\n");
    bool good = ens__print_end(j->out);
    if (!good)
        fputs("ensign: the JSON could not be written\n", stderr);
    return good;
}

void ens__write_out(FILE *to, ens_slice text)
{
    if (text.len)
        fwrite(text.p, 1, text.len, to);
}

ens__page ens__print_begin(ens_buf *out)
{
    ens_buf_init(out, NULL, 0, PRINT_MAX);
    return ens__page_on_stdout(out);
}

bool ens__print_end(ens_buf *out)
{
    bool good = !out->failed && (!out->len || fwrite(out->p, 1, out->len, stdout) == out->len);
    ens_buf_free(out);
    return good;
}

void ens__print_behind(int indent, const char *text)
{
    ens_buf out;
    ens__page page = ens__print_begin(&out);
    ens__page_wrap(&page, indent, text);
    ens__print_end(&out);
}

void ens__print_text(int indent, const char *text)
{
    printf("%*s", indent, "");
    ens__print_behind(indent, text);
}

void ens__print_findings(const ens_report *report, bool all)
{
    ens_buf out;
    ens__page page = ens__print_begin(&out);
    ens__findings_page(&page, report, all);
    ens__print_end(&out);
}

const char *ens__verdict_colour(ens_verdict verdict)
{
    ens__page page = ens__page_on_stdout(NULL);
    return ens__page_verdict_colour(&page, verdict);
}

const char *ens__colour(ens_outcome outcome)
{
    ens__page page = ens__page_on_stdout(NULL);
    return ens__page_colour(&page, outcome);
}

const char *ens__colour_off(void)
{
    ens__page page = ens__page_on_stdout(NULL);
    return ens__page_plain(&page);
}

/* Where this thread's words for stderr go instead; NULL: nowhere else. */
static _Thread_local ens_buf *said;

void ens__say_into(ens_buf *out)
{
    said = out;
}

static void write_printable(FILE *to, ens_slice lines)
{
    ens_buf clean;
    if (to == stderr && said) {
        ens_buf_put(said, lines);
        return;
    }
    ens_buf_init(&clean, NULL, 0, PRINT_MAX);
    ens__printable_lines(&clean, lines);
    ens__write_out(to, ens_buf_slice(&clean));
    ens_buf_free(&clean);
}

static ENS_PRINTF(2, 0) void vprint(FILE *to, const char *format, va_list args)
{
    ens_buf line;
    ens_buf_init(&line, NULL, 0, PRINT_MAX);
    ens_buf_vprintf(&line, format, args);
    write_printable(to, ens_buf_slice(&line));
    ens_buf_free(&line);
}

void ens__print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprint(stdout, format, args);
    va_end(args);
}

void ens__say_lines(ens_slice lines)
{
    write_printable(stderr, lines);
}

void ens__say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprint(stderr, format, args);
    va_end(args);
}

void ens__say_error(const char *name, const char *about, const ens_err *err)
{
    char text[1024];
    ens__say("%s%s: %s%s%s\n", strchr(name, '-') ? "" : "ensign ", name, about ? about : "", about ? ": " : "",
             ens_err_format(err, text, sizeof text));
}
