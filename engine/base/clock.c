#include "engine/base/clock.h"

#include <time.h>

#define RULE "RFC 3339 5.6"

int64_t ens__steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && leap(year) ? 29 : days[month - 1];
}

bool ens__civil_valid(ens_civil c)
{
    return c.year >= 1 && c.year <= 9999 && c.month >= 1 && c.month <= 12 && c.day >= 1 &&
           c.day <= days_in(c.year, c.month) && c.hour >= 0 && c.hour < 24 && c.minute >= 0 && c.minute < 60 &&
           c.second >= 0 && c.second < 61;
}

/* Days from the civil calendar, counted in eras of 400 years that start on 1 March. */
ens_time ens__time_of(ens_civil c)
{
    int64_t y = c.month <= 2 ? c.year - 1 : c.year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return days * 86400 + c.hour * 3600 + c.minute * 60 + c.second;
}

ens_civil ens__civil_of(ens_time t)
{
    int64_t days = t / 86400, rest = t % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
    int64_t year_of = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of + year_of / 4 - year_of / 100), m = (5 * of_year + 2) / 153;
    int month = (int)(m < 10 ? m + 3 : m - 9);
    return (ens_civil){(int)(year_of + era * 400 + (month <= 2)),
                       month,
                       (int)(of_year - (153 * m + 2) / 5 + 1),
                       (int)(rest / 3600),
                       (int)(rest / 60 % 60),
                       (int)(rest % 60)};
}

static bool digits(ens_reader *r, size_t n, int *out)
{
    ens_slice s;
    *out = 0;
    if (!ens_take(r, n, &s))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        *out = *out * 10 + (s.p[i] - '0');
    }
    return true;
}

static bool literal(ens_reader *r, uint8_t c)
{
    return ens_left(r) && *r->at == c && r->at++;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The two grammars: RFC 3339 takes small letters, a leap second and a date alone; XML Schema takes 24:00:00, any number
 * of decimals, years of more digits and years before the first. */
typedef enum { RFC_3339, XML_SCHEMA } grammar;

#define DECIMALS_MAX 9u   /* of RFC 3339 */
#define YEAR_DIGITS_MAX 9 /* of XML Schema, which sets no limit */

static bool take_fraction(ens_reader *r, grammar g, bool *zero)
{
    size_t n = 0;
    *zero = true;
    if (!literal(r, '.'))
        return true;
    for (; ens_left(r) && is_digit(*r->at) && (g == XML_SCHEMA || n < DECIMALS_MAX); n++)
        *zero &= *r->at++ == '0';
    return n > 0;
}

/* take_year reads four digits; in XML Schema a sign and more digits, none of them a leading zero. */
static bool take_year(ens_reader *r, grammar g, int *year)
{
    bool before = g == XML_SCHEMA && literal(r, '-');
    size_t n = 0;
    while (g == XML_SCHEMA && n < ens_left(r) && is_digit(r->at[n]))
        n++;
    n = n < 4 ? 4 : n;
    bool led = n > 4 && *r->at == '0';
    if (led || n > YEAR_DIGITS_MAX || !digits(r, n, year) || *year == 0)
        return false;
    *year = before ? 1 - *year : *year; /* there is no year 0: -0001 comes before 0001 */
    return true;
}

typedef enum { ZONE_NONE, ZONE_UTC, ZONE_OFFSET } zone;

/* take_zone reads Z or ±hh:mm into *seconds east of UTC. */
static bool take_zone(ens_reader *r, grammar g, zone *kind, int *seconds)
{
    int hours, minutes;
    *kind = ZONE_NONE;
    *seconds = 0;
    if (!ens_left(r))
        return true;
    if (literal(r, 'Z') || (g == RFC_3339 && literal(r, 'z'))) {
        *kind = ZONE_UTC;
        return true;
    }
    int sign = *r->at == '-' ? -1 : 1;
    if ((!literal(r, '+') && !literal(r, '-')) || !digits(r, 2, &hours) || !literal(r, ':') ||
        !digits(r, 2, &minutes) || minutes > 59 || hours * 60 + minutes > 14 * 60)
        return false;
    *kind = ZONE_OFFSET;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool take_time(ens_reader *r, grammar g, ens_civil *c)
{
    bool zero;
    if ((!literal(r, 'T') && !(g == RFC_3339 && literal(r, 't'))) || !digits(r, 2, &c->hour) || !literal(r, ':') ||
        !digits(r, 2, &c->minute) || !literal(r, ':') || !digits(r, 2, &c->second) || !take_fraction(r, g, &zero))
        return false;
    bool midnight = g == XML_SCHEMA && c->hour == 24 && c->minute == 0 && c->second == 0 && zero;
    return (c->hour < 24 || midnight) && c->minute < 60 && c->second < (g == XML_SCHEMA ? 60 : 61);
}

static bool read_date_time(ens_reader *r, grammar g, ens_time *out, zone *kind)
{
    ens_civil c = {0};
    int offset = 0;
    if (!take_year(r, g, &c.year) || !literal(r, '-') || !digits(r, 2, &c.month) || !literal(r, '-') ||
        !digits(r, 2, &c.day) || c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in(c.year, c.month))
        return false;
    *kind = ZONE_UTC;
    if (!(g == RFC_3339 && ens_left(r) == 0) && (!take_time(r, g, &c) || !take_zone(r, g, kind, &offset)))
        return false;
    if (ens_left(r))
        return false;
    *out = ens__time_of(c) - offset;
    return true;
}

ens_code ens_time_parse(ens_slice text, ens_time *out, ens_err *err)
{
    ens_reader r = ens_read(text);
    ens_time t;
    zone kind;
    if (!read_date_time(&r, RFC_3339, &t, &kind))
        return ens_fail(err, ENS_ESYNTAX, RULE, "not a time like 2026-01-15T08:30:00Z", ens_at(&r));
    if (kind == ZONE_NONE)
        return ens_fail(err, ENS_ESYNTAX, RULE, "a time needs Z or an offset", ens_at(&r));
    *out = t;
    return ENS_OK;
}

bool ens__time_xsd(ens_slice text, ens_time *out, bool *offset_given)
{
    ens_reader r = ens_read(ens__trim(text));
    ens_time t;
    zone kind;
    if (!read_date_time(&r, XML_SCHEMA, &t, &kind))
        return false;
    *out = t;
    *offset_given = kind == ZONE_OFFSET;
    return true;
}

static void put_digits(char *out, size_t num, unsigned value)
{
    for (; num--; value /= 10)
        out[num] = (char)('0' + value % 10);
}

char *ens_time_format(ens_time t, char out[ENS_TIME_TEXT])
{
    ens_civil c = ens__civil_of(t);
    memcpy(out, "0000-00-00T00:00:00Z", sizeof "0000-00-00T00:00:00Z");
    put_digits(out, 4, (unsigned)c.year);
    put_digits(out + 5, 2, (unsigned)c.month);
    put_digits(out + 8, 2, (unsigned)c.day);
    put_digits(out + 11, 2, (unsigned)c.hour);
    put_digits(out + 14, 2, (unsigned)c.minute);
    put_digits(out + 17, 2, (unsigned)c.second);
    return out;
}

ens_time ens_time_now(void)
{
    return (ens_time)time(NULL);
}
