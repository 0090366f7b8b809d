/* What of the journal is asked for. */
#include "sti/clock/clock.h"
#include "web/base/feed.h"

#include <stdio.h>

static bool keep_text(const ens_web_request *r, const char *name, char out[ENS_FEED_FIELD])
{
    ens_slice value = ens__web_query(r, name);
    if (value.len >= ENS_FEED_FIELD || (value.len && memchr(value.p, '\0', value.len)))
        return false;
    snprintf(out, ENS_FEED_FIELD, "%.*s", (int)value.len, value.len ? (const char *)value.p : "");
    return true;
}

/* find_word looks for a parameter among words; -1 where it is left out. */
static bool find_word(const ens_web_request *r, const char *name, const char *(*word)(int n), int num, int *out)
{
    ens_slice value = ens__web_query(r, name);
    *out = -1;
    for (int i = 0; value.p && i < num; i++)
        if (ens_is(value, word(i)))
            *out = i;
    return !value.p || *out >= 0;
}

static const char *direction_word(int n)
{
    return ens__direction_name((ens_entry_direction)n);
}

static const char *kind_word(int n)
{
    return ens__entry_kind_name((ens_entry_kind)n);
}

static const char *verdict_word(int n)
{
    return ens_verdict_name((ens_verdict)n);
}

const char *ens__feed_read(const ens_web_request *r, ens_feed_filter *f)
{
    *f = ENS_FEED_ALL;
    if (!keep_text(r, "action", f->action) || !keep_text(r, "party", f->party) ||
        !keep_text(r, "message_id", f->message_id) || !keep_text(r, "ref_to", f->ref_to) ||
        !keep_text(r, "lrn", f->lrn) || !keep_text(r, "mrn", f->mrn) || !keep_text(r, "code", f->ebms))
        return "a text that is looked for has no more than 256 octets";
    if (r->space)
        snprintf(f->space, sizeof f->space, "%s", r->space);
    if (!find_word(r, "direction", direction_word, 2, &f->direction))
        return "direction is in or out";
    if (!find_word(r, "kind", kind_word, ENS_ENTRY_KINDS, &f->kind))
        return "kind is user-message, receipt, error, pull-request, unreadable, http, tls or note";
    if (!find_word(r, "verdict", verdict_word, ENS_REFUSED + 1, &f->verdict))
        return "verdict is accepted, refused or undecided";
    ens_slice pending = ens__web_query(r, "pending");
    if (pending.p && !ens_is(pending, "true") && !ens_is(pending, "false"))
        return "pending is true or false";
    f->pending = ens_is(pending, "true");
    if (!ens__web_query_number(r, "since", 0, &f->since))
        return "since is a sequence number of the journal";
    return NULL;
}

static bool is_or_any(const char *wanted, ens_slice is)
{
    return !*wanted || ens_is(is, wanted);
}

static bool keep_mrn(void *user, const ens__filing_row *row)
{
    ens_feed_filter *f = user;
    if (row->mrn.len > ENS_FILING_MRN || f->num_mrns == ENS_FEED_MRNS)
        return false;
    snprintf(f->mrns[f->num_mrns++], sizeof f->mrns[0], "%.*s", (int)row->mrn.len, (const char *)row->mrn.p);
    return true;
}

void ens__feed_resolve(ens__store *store, ens_feed_filter *f)
{
    const ens__filing_query q = {*f->space ? ens_str(f->space) : ENS_LIT("*"), ens_str(f->lrn), -1};
    f->num_mrns = 0;
    if (*f->lrn && ens__store_list_filings(store, &q, keep_mrn, f, NULL) != ENS_OK)
        f->num_mrns = 0;
}

/* is_about tells whether a row is about the LRN that is asked for: it has it, or the MRN of a filing that has it. */
static bool is_about(const ens_feed_filter *f, const ens__journal_row *row)
{
    bool fits = is_or_any(f->lrn, row->lrn);
    for (unsigned i = 0; !fits && !row->lrn.len && i < f->num_mrns; i++)
        fits = ens_is(row->mrn, f->mrns[i]);
    return fits;
}

static bool fits(const ens_feed_filter *f, const ens__journal_row *row)
{
    return is_or_any(f->action, row->action) && is_or_any(f->party, row->party) &&
           is_or_any(f->message_id, row->message_id) && is_or_any(f->ref_to, row->ref_to) && is_about(f, row) &&
           is_or_any(f->mrn, row->mrn) && is_or_any(f->ebms, row->ebms) &&
           (!*f->space || ens_is(ens__party_eori(row->party), f->space)) &&
           (f->direction < 0 || f->direction == (int)row->direction) && (f->kind < 0 || f->kind == (int)row->kind) &&
           (f->verdict < 0 || f->verdict == (int)row->verdict);
}

bool ens__feed_fits(const ens_feed_filter *f, const ens__journal_row *row)
{
    return row->seq > f->since && fits(f, row);
}

bool ens__feed_fits_pending(const ens_feed_filter *f, const ens__journal_row *row)
{
    return fits(f, row);
}

ens__journal_query ens__feed_query(const ens_feed_filter *f)
{
    return (ens__journal_query){.since = f->since,
                                .party = ens_str(f->party),
                                .mrn = ens_str(f->mrn),
                                .direction = f->direction,
                                .kind = f->kind};
}

ens__journal_row ens__feed_row_of(const ens__outbound *m)
{
    return (ens__journal_row){.at_ms = m->next_ms,
                              .direction = ENS_OUT,
                              .kind = ENS_ENTRY_USER_MESSAGE,
                              .verdict = ENS_UNDECIDED,
                              .action = m->action,
                              .message_id = m->message_id,
                              .ref_to = m->ref_to,
                              .party = m->party,
                              .lrn = m->lrn,
                              .mrn = m->mrn,
                              .detail =
                                  m->mode == ENS_PULL ? ENS_LIT("waits to be pulled") : ENS_LIT("waits to be pushed")};
}
