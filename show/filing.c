#include "show/filing.h"

#include <stdio.h>

static const struct {
    unsigned flag;
    const char *name;
} notes[] = {{ENS_FILING_SPLIT, "split shipment"},
             {ENS_FILING_PARTLY, "partly arrived"},
             {ENS_FILING_PRELOADED, "analysed before loading"},
             {ENS_FILING_ASSESSED, "analysis complete"},
             {ENS_FILING_NO_LOADING, "do not load"},
             {ENS_FILING_CONTROL, "control decided"},
             {ENS_FILING_TOLD, "control told"},
             {ENS_FILING_V1, "interface version 1"}};
static const char *const timers[ENS_FILING_TIMERS] = {
    [ENS_TIMER_INVALIDATION] = "invalidation", [ENS_TIMER_LINKING] = "linking", [ENS_TIMER_RISK] = "analysis"};

static void put_requests(ens_json *j, const ens_filing *f)
{
    ens__json_open(j, "requests", '[');
    for (unsigned i = 0; i < f->num_referrals; i++) {
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "reference", f->referral[i].reference);
        ens__json_text(j, "type", f->referral[i].type);
        ens__json_bool(j, "open", f->referral[i].open);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_messages(ens_json *j, const ens_filing_view *v)
{
    ens__json_open(j, "messages", '[');
    for (size_t i = 0; i < v->num_notices; i++) {
        const ens__notice *n = &v->notices[i];
        ens__json_open(j, NULL, '{');
        ens__json_time(j, "at", n->at_ms / 1000);
        ens__json_slice(j, "action", n->action);
        ens__json_some(j, "person", n->person);
        ens__json_slice(j, "message_id", n->message_id);
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

static void put_times(ens_json *j, const ens_filing *f)
{
    ens__json_time(j, "registered", f->registered);
    ens__json_time(j, "changed", f->changed);
    ens__json_open(j, "due", '{');
    for (unsigned i = 0; i < ENS_FILING_TIMERS; i++)
        ens__json_time(j, timers[i], f->due[i] ? f->due[i] : ENS_TIME_NONE);
    ens__json_close(j, '}');
}

void ens__filing_json(ens_json *j, const ens_filing_view *v)
{
    const ens_filing *f = &v->filing;
    const struct {
        const char *name, *text;
    } texts[] = {{"mrn", f->mrn},
                 {"lrn", f->lrn},
                 {"action", f->action},
                 {"state", ens__filing_state_name(f->state)},
                 {"declarant", f->declarant},
                 {"representative", f->representative},
                 {"carrier", f->carrier},
                 {"party", f->party},
                 {"space", f->space}};
    ens__json_open(j, NULL, '{');
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ens__json_some(j, texts[i].name, ens_str(texts[i].text));
    ens__json_number(j, "state_code", f->state);
    put_times(j, f);
    ens__json_open(j, "notes", '[');
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (f->flags & notes[i].flag)
            ens__json_text(j, NULL, notes[i].name);
    ens__json_close(j, ']');
    put_requests(j, f);
    put_messages(j, v);
    ens__json_close(j, '}');
}

void ens__filing_print_line(const ens_filing *f)
{
    char at[ENS_TIME_TEXT];
    if (!f)
        printf("%-18s  %-6s  %-22s  %-20s  %-17s  %s\n", "MRN", "action", "LRN", "state", "declarant", "registered");
    else
        printf("%-18s  %-6s  %-22s  %-20s  %-17s  %s\n", f->mrn, f->action, f->lrn, ens__filing_state_name(f->state),
               f->declarant, ens_time_format(f->registered, at));
}

static void print_fact(const char *name, const char *value)
{
    if (value[0])
        printf("  %-14s  %s\n", name, value);
}

static void print_times(const ens_filing *f)
{
    char at[ENS_TIME_TEXT];
    print_fact("registered", ens_time_format(f->registered, at));
    print_fact("changed", ens_time_format(f->changed, at));
    for (unsigned i = 0; i < ENS_FILING_TIMERS; i++)
        if (f->due[i])
            printf("  %-14s  %s ends %s\n", i ? "" : "times", timers[i], ens_time_format(f->due[i], at));
}

void ens__filing_print(const ens_filing_view *v)
{
    const ens_filing *f = &v->filing;
    char at[ENS_TIME_TEXT];
    printf("%s  %s  %s\n", f->mrn, f->action, ens__filing_state_name(f->state));
    print_fact("LRN", f->lrn);
    print_fact("declarant", f->declarant);
    print_fact("representative", f->representative);
    print_fact("carrier", f->carrier);
    print_fact("access point", f->party);
    print_fact("space", f->space);
    print_times(f);
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (f->flags & notes[i].flag)
            print_fact("note", notes[i].name);
    for (unsigned i = 0; i < f->num_referrals; i++)
        printf("  %-14s  %s  %s  %s\n", "request", f->referral[i].reference, f->referral[i].type,
               f->referral[i].open ? "open" : "answered");
    for (size_t i = 0; i < v->num_notices; i++)
        printf("  %-14s  %s  %.*s to %.*s\n", "message", ens_time_format(v->notices[i].at_ms / 1000, at),
               (int)v->notices[i].action.len, (const char *)v->notices[i].action.p, (int)v->notices[i].person.len,
               (const char *)v->notices[i].person.p);
}
