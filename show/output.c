#include "show/output.h"

#include "engine/base/bytes.h"
#include "show/page.h"

#include <stdio.h>
#include <stdlib.h>

#define PRINT_MAX ((size_t)16 << 20) /* bytes of what is printed at once */
#define HEX_MAX 64

json_t *ens__json_slice(ens_slice s)
{
    if (!s.p)
        return json_null();
    json_t *text = json_stringn((const char *)s.p, s.len);
    if (text)
        return text;
    char *copy = malloc(s.len + 1);
    if (!copy)
        return json_null();
    for (size_t i = 0; i < s.len; i++)
        copy[i] = s.p[i] < 0x80 ? (char)s.p[i] : '?';
    text = json_stringn(copy, s.len);
    free(copy);
    return text ? text : json_null();
}

json_t *ens__json_text(const char *text)
{
    return text ? ens__json_slice(ens_str(text)) : json_null();
}

json_t *ens__json_time(ens_time t)
{
    char text[ENS_TIME_TEXT];
    return t == ENS_TIME_NONE ? json_null() : json_string(ens_time_format(t, text));
}

json_t *ens__json_hex(ens_slice bytes)
{
    char text[2 * HEX_MAX + 1];
    if (bytes.len > HEX_MAX)
        return json_null();
    ens__hex(bytes, text);
    return json_string(text);
}

static json_t *finding_json(const ens_finding *f)
{
    json_t *o = json_object();
    json_object_set_new(o, "id", ens__json_text(f->id));
    json_object_set_new(o, "outcome", ens__json_text(ens_outcome_name(f->outcome)));
    json_object_set_new(o, "rule", ens__json_text(f->rule));
    json_object_set_new(o, "detail", ens__json_text(f->detail));
    json_object_set_new(o, "hint", ens__json_text(f->hint));
    if (f->code)
        json_object_set_new(o, "code", ens__json_text(f->code));
    if (f->subcode)
        json_object_set_new(o, "subcode", ens__json_text(f->subcode));
    if (f->xpath)
        json_object_set_new(o, "xpath", ens__json_text(f->xpath));
    if (f->at != SIZE_MAX)
        json_object_set_new(o, "at", json_integer((json_int_t)f->at));
    if (f->certificate >= 0)
        json_object_set_new(o, "certificate", json_integer(f->certificate));
    return o;
}

json_t *ens__json_checks(const ens_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ens_report_num(report); i++)
        json_array_append_new(list, finding_json(ens_report_get(report, i)));
    return list;
}

static int put_bytes(const char *text, size_t len, void *out)
{
    ens_buf_add(out, text, len);
    return ((ens_buf *)out)->failed ? -1 : 0;
}

bool ens__json_put(json_t *object, ens_buf *out)
{
    bool good = object && json_dump_callback(object, put_bytes, out, JSON_COMPACT) == 0;
    ens_buf_text(out, "\n");
    json_decref(object);
    return good && !out->failed;
}

/* put_string writes a text escaped as RFC 8259, 7 asks; null for NULL, '?' for each byte of what is no UTF-8. */
static void put_string(ens_buf *out, const char *text)
{
    if (!text) {
        ens_buf_text(out, "null");
        return;
    }
    bool utf8 = ens__is_utf8(ens_str(text));
    ens_buf_text(out, "\"");
    for (const char *plain = text;; text++) {
        unsigned char c = (unsigned char)*text;
        if (c >= 0x20 && c != '"' && c != '\\' && (c < 0x80 || utf8))
            continue;
        ens_buf_add(out, plain, (size_t)(text - plain));
        plain = text + 1;
        if (!c)
            break;
        if (c == '"' || c == '\\')
            ens_buf_printf(out, "\\%c", c);
        else if (c < 0x20)
            ens_buf_printf(out, "\\u%04x", c);
        else
            ens_buf_text(out, "?");
    }
    ens_buf_text(out, "\"");
}

static void put_member(ens_buf *out, const char *key, const char *value)
{
    ens_buf_text(out, key);
    put_string(out, value);
}

static void put_check(ens_buf *out, const ens_finding *f)
{
    put_member(out, "{\"id\":", f->id);
    put_member(out, ",\"outcome\":", ens_outcome_name(f->outcome));
    put_member(out, ",\"rule\":", f->rule);
    put_member(out, ",\"detail\":", f->detail);
    put_member(out, ",\"hint\":", f->hint);
    if (f->code)
        put_member(out, ",\"code\":", f->code);
    if (f->subcode)
        put_member(out, ",\"subcode\":", f->subcode);
    if (f->xpath)
        put_member(out, ",\"xpath\":", f->xpath);
    if (f->at != SIZE_MAX)
        ens_buf_printf(out, ",\"at\":%zu", f->at);
    if (f->certificate >= 0)
        ens_buf_printf(out, ",\"certificate\":%d", f->certificate);
    ens_buf_text(out, "}");
}

bool ens__json_put_checked(json_t *object, const ens_report *report, ens_buf *out)
{
    bool good = object && json_object_size(object) && json_dump_callback(object, put_bytes, out, JSON_COMPACT) == 0;
    json_decref(object);
    if (!good || out->failed)
        return false;
    out->len--; /* the brace, which goes behind the checks */
    ens_buf_text(out, ",\"checks\":[");
    for (size_t i = 0; i < ens_report_num(report); i++) {
        ens_buf_text(out, i ? "," : "");
        put_check(out, ens_report_get(report, i));
    }
    ens_buf_text(out, "]}\n");
    return !out->failed;
}

bool ens__json_print(json_t *object)
{
    bool good = object && json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(object);
    if (!good)
        fputs("ensign: the JSON could not be written\n", stderr);
    return good;
}

void ens__write_out(FILE *to, ens_slice text)
{
    if (text.len)
        fwrite(text.p, 1, text.len, to);
}

/* on_stdout gives a page whose contents print_out writes. */
static ens__page on_stdout(ens_buf *out)
{
    ens_buf_init(out, NULL, 0, PRINT_MAX);
    return ens__page_on_stdout(out);
}

static void print_out(ens_buf *out)
{
    ens__write_out(stdout, ens_buf_slice(out));
    ens_buf_free(out);
}

void ens__print_behind(int indent, const char *text)
{
    ens_buf out;
    ens__page page = on_stdout(&out);
    ens__page_wrap(&page, indent, text);
    print_out(&out);
}

void ens__print_text(int indent, const char *text)
{
    printf("%*s", indent, "");
    ens__print_behind(indent, text);
}

void ens__print_findings(const ens_report *report, bool all)
{
    ens_buf out;
    ens__page page = on_stdout(&out);
    ens__page_findings(&page, report, all);
    print_out(&out);
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

void ens__say_error(const char *name, const char *about, const ens_err *err)
{
    char text[512];
    fprintf(stderr, "%s%s: %s%s%s\n", strchr(name, '-') ? "" : "ensign ", name, about ? about : "", about ? ": " : "",
            ens_err_format(err, text, sizeof text));
}
