#include "engine/base/detail.h"

#include <stdio.h>
#include <stdlib.h>

#define VALUES_MAX 12u /* of one text; one with more is made at once */
#define SPEC_MAX 16u   /* characters of a conversion */
#define DETAIL_MAX ((size_t)ENS_DETAIL_TEXT - 1)

/* A value is a number, or a text: where it stands behind the values, and its length. */
struct ens_finding_values {
    uint32_t size, num; /* bytes of all, texts included; values */
    uint64_t value[];
};

/* One conversion of a format. */
typedef struct {
    const char *end; /* behind it */
    char flags[SPEC_MAX];
    char kind;     /* 's', 'd', 'u' … */
    char length;   /* 0, 'l', 'L' for ll, 'z' */
    int precision; /* of 's': bytes at most, -1 for all of it, -2: it comes as a value */
} conversion;

/* read_plain reads a conversion without flags, the kind that nearly every text has; false: it has some. */
static bool read_plain(const char *at, conversion *out)
{
    bool is_size = at[1] == 'z' && at[2] == 'u';
    if (at[1] != 's' && at[1] != 'u' && at[1] != 'd' && !is_size)
        return false;
    memcpy(out->flags, "%", 2);
    out->precision = -1;
    out->length = is_size ? 'z' : '\0';
    out->kind = at[is_size ? 2 : 1];
    out->end = at + (is_size ? 3 : 2);
    return true;
}

/* read_conversion reads what begins with '%'. False: it is none that a text is put off for. */
static bool read_conversion(const char *at, conversion *out)
{
    if (read_plain(at, out))
        return true;
    size_t flags = 1 + strspn(at + 1, "-+ #0123456789");
    const char *f = at + flags;
    out->precision = -1;
    if (*f == '.') {
        size_t digits = strspn(f + 1, "0123456789");
        out->precision = f[1] == '*' ? -2 : atoi(f + 1);
        f += 1 + (f[1] == '*' ? 1 : digits);
    }
    if ((size_t)(f - at) >= sizeof out->flags)
        return false;
    memcpy(out->flags, at, (size_t)(f - at));
    out->flags[f - at] = '\0';
    out->length = *f == 'l' && f[1] == 'l' ? 'L' : *f == 'l' || *f == 'z' ? *f : '\0';
    f += out->length == 'L' ? 2 : out->length != 0;
    out->kind = *f;
    out->end = f + 1;
    if (*f == 's')
        return !out->length && flags == 1;
    return *f && strchr("cdiuxX%", *f) && out->precision != -2;
}

/* What a text is told with, before it is kept. */
typedef struct {
    uint64_t value[VALUES_MAX];
    const char *text[VALUES_MAX]; /* NULL: a number */
    unsigned num;
    size_t octets; /* of all texts */
} told;

static void take_text(told *t, const char *text, int precision)
{
    size_t max = precision >= 0 && (size_t)precision < DETAIL_MAX ? (size_t)precision : DETAIL_MAX;
    text = text ? text : "(null)";
    t->text[t->num] = text;
    t->value[t->num] = strnlen(text, max);
    t->octets += t->value[t->num++];
}

static uint64_t take_number(const conversion *c, va_list *args)
{
    bool is_signed = strchr("cdi", c->kind) != NULL;
    switch (c->length) {
    case 'z':
        return va_arg(*args, size_t);
    case 'l':
        return is_signed ? (uint64_t)va_arg(*args, long) : va_arg(*args, unsigned long);
    case 'L':
        return va_arg(*args, unsigned long long);
    default:
        return is_signed ? (uint64_t)(int64_t)va_arg(*args, int) : va_arg(*args, unsigned);
    }
}

/* take_values goes through a format as printf would. */
static bool take_values(const char *format, va_list *args, told *t)
{
    conversion c;
    for (const char *f = strchr(format, '%'); f; f = strchr(c.end, '%')) {
        if (!read_conversion(f, &c) || t->num == VALUES_MAX)
            return false;
        if (c.kind == '%')
            continue;
        if (c.kind == 's') {
            int precision = c.precision == -2 ? va_arg(*args, int) : c.precision;
            take_text(t, va_arg(*args, const char *), precision);
        } else {
            t->text[t->num] = NULL;
            t->value[t->num++] = take_number(&c, args);
        }
    }
    return true;
}

static const ens_finding_values *keep_values(ens_arena *arena, const told *t)
{
    size_t fixed = sizeof(ens_finding_values) + t->num * sizeof t->value[0], size = fixed + t->octets;
    ens_finding_values *v = ens_arena_take(arena, size);
    if (!v)
        return NULL;
    *v = (ens_finding_values){(uint32_t)size, t->num};
    for (size_t i = 0, at = fixed; i < t->num; i++) {
        v->value[i] = t->text[i] ? (uint64_t)at << 32 | t->value[i] : t->value[i];
        if (!t->text[i])
            continue;
        memcpy((char *)v + at, t->text[i], t->value[i]);
        at += t->value[i];
    }
    return v;
}

bool ens__detail_keep(ens_arena *arena, const char *format, va_list args, ens__detail *out)
{
    told t;
    va_list own;
    char line[ENS_DETAIL_TEXT];
    *out = (ens__detail){format, NULL};
    if (!strchr(format, '%'))
        return true;
    t.num = 0;
    t.octets = 0;
    va_copy(own, args);
    bool taken = take_values(format, &own, &t);
    va_end(own);
    if (!taken) { /* made at once */
        vsnprintf(line, sizeof line, format, args);
        t = (told){.num = 0};
        take_text(&t, line, -1);
        out->format = "%s";
    }
    out->values = keep_values(arena, &t);
    return out->values != NULL;
}

bool ens__detail_copy(ens_arena *arena, const ens_finding_values **values)
{
    if (!*values)
        return true;
    void *copy = ens_arena_take(arena, (*values)->size);
    if (copy)
        memcpy(copy, *values, (*values)->size);
    *values = copy;
    return copy != NULL;
}

static size_t put_octets(char *out, size_t at, const char *text, size_t len)
{
    size_t room = DETAIL_MAX - at;
    len = len < room ? len : room;
    memcpy(out + at, text, len);
    return at + len;
}

/* put_decimal writes what a conversion without flags would. */
static size_t put_decimal(char *out, size_t at, bool is_signed, uint64_t value)
{
    char text[24];
    char *end = text + sizeof text, *first = end;
    bool negative = is_signed && (int64_t)value < 0;
    uint64_t left = negative ? 0 - value : value;
    do
        *--first = (char)('0' + left % 10);
    while (left /= 10);
    if (negative)
        *--first = '-';
    return put_octets(out, at, first, (size_t)(end - first));
}

static size_t put_number(char *out, size_t at, const conversion *c, uint64_t value)
{
    if (strcmp(c->flags, "%") == 0 && (c->kind == 'u' || c->kind == 'd'))
        return put_decimal(out, at, c->kind == 'd', value);
    char spec[SPEC_MAX + 4], text[64];
    snprintf(spec, sizeof spec, c->kind == 'c' ? "%s%c" : "%sll%c", c->flags, c->kind);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int n = c->kind == 'c' ? snprintf(text, sizeof text, spec, (int)value) : snprintf(text, sizeof text, spec, value);
#pragma GCC diagnostic pop
    return n > 0 ? put_octets(out, at, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1) : at;
}

const char *ens_finding_detail(const ens_finding *finding, char out[ENS_DETAIL_TEXT])
{
    const ens_finding_values *v = finding->values;
    conversion c;
    size_t at = 0, i = 0;
    if (!v)
        return finding->seen;
    for (const char *f = finding->seen; *f;) {
        const char *next = strchr(f, '%');
        size_t plain = next ? (size_t)(next - f) : strlen(f);
        at = put_octets(out, at, f, plain);
        f += plain;
        if (!*f || !read_conversion(f, &c))
            break;
        f = c.end;
        if (c.kind == '%')
            at = put_octets(out, at, "%", 1);
        else if (i == v->num)
            break;
        else if (c.kind == 's')
            at = put_octets(out, at, (const char *)v + (v->value[i] >> 32), (uint32_t)v->value[i]), i++;
        else
            at = put_number(out, at, &c, v->value[i++]);
    }
    out[at] = '\0';
    return out;
}
