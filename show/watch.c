#include "show/watch.h"

#include "show/output.h"

#include <stdio.h>

#define FOLD 75u /* octets of a line, RFC 5545, 3.1 */
#define LINE_MAX ((size_t)8 << 10)

static const char *purpose_of(const ens__watched *w)
{
    return w->tls ? "tls-client" : "seal";
}

static const char *name_of(const ens__watched *w)
{
    return *w->subject ? w->subject : *w->file ? w->file : w->sha256;
}

static ens_time day_before(const ens__watched *w, unsigned days)
{
    return ens__watched_end(w) - (ens_time)days * ENS_WATCH_DAY;
}

static long long days_left(const ens__watch_view *v, const ens__watched *w)
{
    ens_time left = ens__watched_end(w) - v->at;
    return (left - (left < 0 ? ENS_WATCH_DAY - 1 : 0)) / ENS_WATCH_DAY;
}

static bool is_ending(const ens__watch_view *v, const ens__watched *w)
{
    return v->ending && ens__watched_ends_within(w, v->at, v->ending);
}

/* -- For people ---------------------------------------------------------------------------------------------------- */

void ens__watch_print(const ens__watch_view *v, const ens__watched *w)
{
    char end[ENS_TIME_TEXT], order[ENS_TIME_TEXT], place[ENS_TIME_TEXT];
    const char *change = ens__watch_change_name(w->change);
    ens__print("%s: ", *w->file ? w->file : w->sha256);
    printf("%s%s%s, %s, %.10s (%lld days)%s\n", ens__verdict_colour(w->verdict),
           w->change == ENS_WATCH_GONE ? "gone" : ens_verdict_name(w->verdict), ens__colour_off(), purpose_of(w),
           ens_time_format(ens__watched_end(w), end), days_left(v, w), is_ending(v, w) ? ", ending" : "");
    ens__print("  %s\n", name_of(w));
    if (*w->registered)
        ens__print("  registered: %s\n", w->registered);
    if (change)
        ens__print("  %s%s%s\n",
                   w->change == ENS_WATCH_NEW ? "new" : "changed: ", w->change == ENS_WATCH_NEW ? "" : change,
                   *w->was ? ens__colour_off() : "");
    if (*w->was)
        ens__print("  %s\n", w->was);
    if (*w->why && w->verdict != ENS_ACCEPTED)
        ens__print_text(2, w->why);
    if (w->change != ENS_WATCH_GONE && ens__watched_end(w) >= v->at)
        printf("  order by %.10s, %s by %.10s\n", ens_time_format(day_before(w, v->order_days), order),
               w->tls ? "announce" : "register", ens_time_format(day_before(w, v->register_days), place));
}

void ens__watch_json(ens_json *j, const ens__watch_view *v, const ens__watched *w)
{
    ens__json_open(j, NULL, '{');
    ens__json_some(j, "file", ens_str(w->file));
    ens__json_text(j, "sha256", w->sha256);
    ens__json_some(j, "subject", ens_str(w->subject));
    ens__json_text(j, "purpose", purpose_of(w));
    ens__json_text(j, "verdict", ens_verdict_name(w->verdict));
    ens__json_text(j, "acceptance", ens_acceptance_name(w->acceptance));
    ens__json_time(j, "not_after", w->not_after);
    ens__json_time(j, "valid_until", w->valid_until);
    ens__json_some(j, "valid_until_reason", ens_str(w->reason));
    ens__json_time(j, "ends", ens__watched_end(w));
    ens__json_bool(j, "ended", ens__watched_end(w) < v->at);
    ens__json_number(j, "days_left", days_left(v, w) < 0 ? 0 : (uint64_t)days_left(v, w));
    ens__json_bool(j, "ending", is_ending(v, w));
    ens__json_time(j, "order_by", day_before(w, v->order_days));
    ens__json_time(j, "register_by", day_before(w, v->register_days));
    ens__json_some(j, "registered", ens_str(w->registered));
    ens__json_some(j, "why", ens_str(w->why));
    ens__json_text(j, "change", ens__watch_change_name(w->change));
    ens__json_some(j, "was", ens_str(w->was));
    ens__json_close(j, '}');
}

/* -- The calendar -------------------------------------------------------------------------------------------------- */

/* put_folded writes a content line, folded between characters. */
static void put_folded(ens_buf *out, ens_slice line)
{
    size_t room = FOLD;
    while (line.len > room) {
        size_t cut = room;
        while (cut > 1 && (line.p[cut] & 0xC0) == 0x80)
            cut--;
        ens_buf_put(out, ens_sub(line, 0, cut));
        ens_buf_text(out, "\r\n ");
        line = ens_from(line, cut);
        room = FOLD - 1;
    }
    ens_buf_put(out, line);
    ens_buf_text(out, "\r\n");
}

/* put_text escapes what has a meaning in a TEXT, and leaves control characters out.   Source  RFC 5545, 3.3.11 */
static void put_text(ens_buf *line, const char *text)
{
    for (const char *at = text; *at; at++)
        if (strchr(",;\\", *at))
            ens_buf_printf(line, "\\%c", *at);
        else if (*at == '\n')
            ens_buf_text(line, "\\n");
        else if ((unsigned char)*at >= 0x20 && *at != 0x7F)
            ens_buf_add(line, at, 1);
}

static void put_line(ens_buf *out, const char *name, const char *first, const char *second)
{
    uint8_t room[LINE_MAX];
    ens_buf line;
    ens_buf_init(&line, room, sizeof room, sizeof room);
    ens_buf_text(&line, name);
    put_text(&line, first);
    put_text(&line, second);
    put_folded(out, ens_buf_slice(&line));
    ens_buf_free(&line);
}

/* stamp writes "20261128T120000Z", or its day alone. */
static const char *stamp(ens_time t, bool day, char out[24])
{
    char text[ENS_TIME_TEXT];
    ens_time_format(t, text);
    snprintf(out, 24, "%.4s%.2s%.2s%s%.2s%.2s%.2s%s", text, text + 5, text + 8, day ? "" : "T", day ? "" : text + 11,
             day ? "" : text + 14, day ? "" : text + 17, day ? "" : "Z");
    return out;
}

static void put_event(ens_buf *out, const ens__watch_view *v, const ens__watched *w, const char *what, ens_time day,
                      const char *summary, const char *detail)
{
    char id[160], when[24], about[1024], end[ENS_TIME_TEXT];
    ens_buf_text(out, "BEGIN:VEVENT\r\n");
    snprintf(id, sizeof id, "%s-%s-%s@ensign.invalid", w->sha256, purpose_of(w), what);
    put_line(out, "UID:", id, "");
    put_line(out, "DTSTAMP:", stamp(v->at, false, when), "");
    put_line(out, "DTSTART;VALUE=DATE:", stamp(day, true, when), "");
    put_line(out, "SUMMARY:", summary, name_of(w));
    snprintf(about, sizeof about, "%s\n%s%s%s\nends %s\nSHA-256 %s", detail, w->registered, *w->registered ? "\n" : "",
             *w->file ? w->file : "", ens_time_format(ens__watched_end(w), end), w->sha256);
    put_line(out, "DESCRIPTION:", about, "");
    ens_buf_text(out, "TRANSP:TRANSPARENT\r\nEND:VEVENT\r\n");
}

static void put_events(ens_buf *out, const ens__watch_view *v, const ens__watched *w)
{
    put_event(out, v, w, "order", day_before(w, v->order_days),
              w->tls ? "Order by: the successor of the TLS certificate " : "Order by: the successor of the seal ",
              "The successor takes its time: identity, delivery, the key in its device.");
    put_event(out, v, w, "register", day_before(w, v->register_days),
              w->tls ? "Announce by: the CA of the successor of " : "Register by: the successor of the seal ",
              w->tls ? "Its CA has to be known to DG TAXUD before it is used."
                     : "The rights and the registration in UUM&DS take days; both certificates may be active at once.");
    put_event(out, v, w, "ends", ens__watched_end(w), w->tls ? "Ends: the TLS certificate " : "Ends: the seal ",
              *w->reason ? w->reason : "The certificate ends: from here on nothing is accepted.");
}

void ens__watch_calendar(const ens__watch_view *v, const ens__watched *all, size_t num, ens_buf *out)
{
    ens_buf_text(out, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Ensign//watch " ENSIGN_VERSION
                      "//EN\r\nCALSCALE:GREGORIAN\r\n");
    for (size_t i = 0; i < num; i++)
        if (all[i].change != ENS_WATCH_GONE && ens__watched_end(&all[i]) >= v->at)
            put_events(out, v, &all[i]);
    ens_buf_text(out, "END:VCALENDAR\r\n");
}

/* -- Metrics ------------------------------------------------------------------------------------------------------- */

static void put_label(ens_buf *out, const char *name, const char *value)
{
    ens_buf_printf(out, "%s=\"", name);
    for (const char *at = value; *at; at++)
        if (*at == '\\' || *at == '"')
            ens_buf_printf(out, "\\%c", *at);
        else if (*at == '\n')
            ens_buf_text(out, "\\n");
        else
            ens_buf_add(out, at, 1);
    ens_buf_text(out, "\"");
}

static void put_sample(ens_buf *out, const char *name, const ens__watched *w, long long value)
{
    ens_buf_printf(out, "%s{", name);
    put_label(out, "sha256", w->sha256);
    ens_buf_text(out, ",");
    put_label(out, "subject", w->subject);
    ens_buf_text(out, ",");
    put_label(out, "file", w->file);
    ens_buf_text(out, ",");
    put_label(out, "purpose", purpose_of(w));
    ens_buf_printf(out, "} %lld\n", value);
}

static void put_family(ens_buf *out, const char *name, const char *help)
{
    ens_buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

void ens__watch_metrics(const ens__watch_view *v, const ens__watched *all, size_t num, ens_buf *out)
{
    static const char ends[] = "ensign_certificate_ends_timestamp_seconds", accepted[] = "ensign_certificate_accepted",
                      refused[] = "ensign_certificate_refused", run[] = "ensign_watch_timestamp_seconds";
    put_family(out, ends, "When a certificate, or what it rests on, ends.");
    for (size_t i = 0; i < num; i++)
        if (all[i].change != ENS_WATCH_GONE)
            put_sample(out, ends, &all[i], ens__watched_end(&all[i]));
    put_family(out, accepted, "1 where ICS2 takes it, else 0.");
    for (size_t i = 0; i < num; i++)
        if (all[i].change != ENS_WATCH_GONE)
            put_sample(out, accepted, &all[i], all[i].verdict == ENS_ACCEPTED);
    put_family(out, refused, "1 where ICS2 refuses it, else 0; both 0: nobody can tell.");
    for (size_t i = 0; i < num; i++)
        if (all[i].change != ENS_WATCH_GONE)
            put_sample(out, refused, &all[i], all[i].verdict == ENS_REFUSED);
    put_family(out, run, "When the certificates were judged.");
    ens_buf_printf(out, "%s %lld\n", run, (long long)v->at);
}
