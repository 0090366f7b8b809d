#include "show/journal.h"

#include "show/output.h"

#include <stdio.h>

#define TIME_OF(row) ((row)->at_ms / 1000)

void ens__journal_json(ens_json *j, const ens__journal_row *row, const char *path)
{
    ens__json_open(j, NULL, '{');
    ens__json_number(j, "seq", row->seq);
    ens__json_time(j, "at", TIME_OF(row));
    ens__json_text(j, "direction", ens__direction_name(row->direction));
    ens__json_text(j, "kind", ens__entry_kind_name(row->kind));
    ens__json_some(j, "action", row->action);
    ens__json_some(j, "message_id", row->message_id);
    ens__json_some(j, "ref_to", row->ref_to);
    ens__json_some(j, "party", row->party);
    ens__json_some(j, "lrn", row->lrn);
    ens__json_some(j, "mrn", row->mrn);
    ens__json_text(j, "verdict", ens_verdict_name(row->verdict));
    ens__json_some(j, "ebms", row->ebms);
    ens__json_number(j, "bytes", row->bytes);
    if (row->bytes)
        ens__json_hex(j, "sha256", ens_bytes(row->sha256, sizeof row->sha256));
    else
        ens__json_null(j, "sha256");
    ens__json_some(j, "peer", row->peer);
    ens__json_some(j, "detail", row->detail);
    if (path)
        ens__json_text(j, "path", path);
    ens__json_close(j, '}');
}

/* Colour goes around the padded word, so that columns stay. */
static void print_verdict(const ens__journal_row *row)
{
    printf("%s%-9s%s", ens__verdict_colour(row->verdict), ens_verdict_name(row->verdict), ens__colour_off());
}

static int width(ens_slice s)
{
    return (int)s.len;
}

static const char *text(ens_slice s)
{
    return s.len ? (const char *)s.p : "";
}

void ens__journal_print_line(const ens__journal_row *row)
{
    char at[ENS_TIME_TEXT];
    if (!row) {
        printf("%8s  %-20s  %-3s  %-12s  %-8s  %-20s  %-9s  %s\n", "seq", "at", "", "kind", "action", "party",
               "verdict", "message, code, detail");
        return;
    }
    printf("%8llu  %-20s  %-3s  %-12s  %-8.*s  %-20.*s  ", (unsigned long long)row->seq,
           ens_time_format(TIME_OF(row), at), ens__direction_name(row->direction), ens__entry_kind_name(row->kind),
           width(row->action), text(row->action), width(row->party), text(row->party));
    print_verdict(row);
    const ens_slice rest[] = {row->message_id, row->ebms, row->detail};
    for (unsigned i = 0; i < 3; i++)
        if (rest[i].len)
            printf("  %.*s", width(rest[i]), text(rest[i]));
    putchar('\n');
}

static void print_fact(const char *name, ens_slice value)
{
    if (value.len)
        printf("  %-12s  %.*s\n", name, width(value), text(value));
}

void ens__journal_print(const ens__journal_row *row)
{
    char at[ENS_TIME_TEXT], sha256[65];
    ens__hex(ens_bytes(row->sha256, sizeof row->sha256), sha256);
    printf("%llu  %s  %s  ", (unsigned long long)row->seq, ens__direction_name(row->direction),
           ens__entry_kind_name(row->kind));
    print_verdict(row);
    putchar('\n');
    print_fact("at", ens_str(ens_time_format(TIME_OF(row), at)));
    print_fact("action", row->action);
    print_fact("message id", row->message_id);
    print_fact("refers to", row->ref_to);
    print_fact("party", row->party);
    print_fact("LRN", row->lrn);
    print_fact("MRN", row->mrn);
    print_fact("code", row->ebms);
    print_fact("peer", row->peer);
    print_fact("detail", row->detail);
    if (row->bytes)
        printf("  %-12s  %llu, SHA-256 %s\n", "bytes", (unsigned long long)row->bytes, sha256);
}
