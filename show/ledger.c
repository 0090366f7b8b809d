#include "show/ledger.h"

#include "ensign/explain.h"
#include "show/output.h"

#include <stdio.h>

static void put_seq(ens_json *j, const char *name, uint64_t seq)
{
    if (seq)
        ens__json_number(j, name, seq);
    else
        ens__json_null(j, name);
}

static void put_predicted(ens_json *j, const ens__predicted *p)
{
    ens__json_open(j, "predicted", '{');
    ens__json_text(j, "verdict", ens_verdict_name(p->verdict));
    ens__json_some(j, "ebms", p->ebms);
    ens__json_some(j, "subcode", p->subcode);
    ens__json_some(j, "reply", p->reply);
    ens__json_some(j, "check", p->check);
    ens__json_some(j, "rule", p->rule);
    ens__json_some(j, "detail", p->detail);
    ens__json_close(j, '}');
}

static void put_real(ens_json *j, const ens__answered *r)
{
    ens__json_open(j, "real", '{');
    ens__json_text(j, "kind", ens__real_name(r->kind));
    put_seq(j, "http", r->http);
    ens__json_some(j, "ebms", r->ebms);
    ens__json_some(j, "subcode", r->subcode);
    ens__json_some(j, "reply", r->reply);
    ens__json_some(j, "detail", r->detail);
    ens__json_close(j, '}');
}

void ens__ledger_json(ens_json *j, const ens__ledger_row *row, const char *message, const char *answer)
{
    char words[ENS_LEDGER_WORDS];
    ens__json_open(j, NULL, '{');
    put_seq(j, "id", row->id);
    put_seq(j, "seq", row->seq);
    put_seq(j, "answer_seq", row->answer_seq);
    ens__json_time(j, "at", row->at_ms / 1000);
    ens__json_text(j, "source", row->learned ? "learn" : "proxy");
    ens__json_some(j, "target", row->target);
    ens__json_some(j, "message_id", row->message_id);
    ens__json_some(j, "action", row->action);
    ens__json_some(j, "party", row->party);
    ens__json_bool(j, "held", row->held);
    ens__json_text(j, "agreement", ens__agreement_name(row->agreement));
    ens__json_text(j, "difference", ens__difference_name(row->difference));
    put_predicted(j, &row->predicted);
    put_real(j, &row->real);
    ens__json_text(j, "words", ens__ledger_words(row, words));
    if (message)
        ens__json_text(j, "message_path", message);
    if (answer)
        ens__json_text(j, "answer_path", answer);
    ens__json_close(j, '}');
}

static void print_some(const char *name, ens_slice value)
{
    if (value.len)
        ens__print("  %-12s  %.*s\n", name, (int)value.len, (const char *)value.p);
}

/* print_file says where the bytes are: in a file, or in the journal. */
static void print_file(const char *name, const char *path, uint64_t seq)
{
    if (path)
        ens__print("  %-12s  %s\n", name, path);
    else if (seq)
        printf("  %-12s  ensign journal show %llu --raw\n", name, (unsigned long long)seq);
}

void ens__ledger_print(const ens__ledger_row *row, const char *message, const char *answer)
{
    char words[ENS_LEDGER_WORDS], at[ENS_TIME_TEXT];
    const char *difference = ens__difference_name(row->difference);
    ens_outcome tone = row->agreement == ENS_DISAGREES ? ENS_FAIL : row->agreement == ENS_AGREES ? ENS_PASS : ENS_SKIP;
    if (row->id)
        printf("%llu  ", (unsigned long long)row->id);
    printf("%s%s%s%s%s%s\n", ens__colour(tone), row->held ? "held back" : ens__agreement_name(row->agreement),
           ens__colour_off(), difference ? ": " : "", difference ? difference : "", row->learned ? "  (learned)" : "");
    print_some("at", ens_str(ens_time_format(row->at_ms / 1000, at)));
    print_some("message id", row->message_id);
    print_some("action", row->action);
    print_some("party", row->party);
    print_some("answered by", row->target);
    ens__print_text(2, ens__ledger_words(row, words));
    const ens_explanation *x = row->agreement == ENS_DISAGREES && row->real.kind == ENS_REAL_ERROR
                                   ? ens_explain(row->real.ebms, row->real.subcode)
                                   : NULL;
    if (x && x->hint)
        ens__print_text(2, x->hint);
    print_file("message", message, row->seq);
    print_file("answer", answer, row->answer_seq);
}
