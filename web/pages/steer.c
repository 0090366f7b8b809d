/* What is rehearsed, by rules and by the ends of LRNs; and the one clock that everything goes by. */
#include "sti/point/service.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

/* -- Faults -- */

static const struct {
    const char *end; /* of an LRN */
    ens_text_key words;
} magic[] = {
    {"-0004, -0101, -0102, -0103, -0301, -0303", ENS_T_MAGIC_CODE},
    {"-A001, -A002, -A003", ENS_T_MAGIC_SUBCODE},
    {"-LOST", ENS_T_MAGIC_LOST},
    {"-CUT", ENS_T_MAGIC_CUT},
    {"-TLS", ENS_T_MAGIC_TLS},
    {"-SLOW5", ENS_T_MAGIC_SLOW},
    {"-DIGEST, -UNSIGNED, -FOREIGN", ENS_T_MAGIC_RECEIPT},
    {"-DUP", ENS_T_MAGIC_DUP},
    {"-N99, -N01", ENS_T_MAGIC_REFUSED},
    {"-N03", ENS_T_MAGIC_DONE},
    {"-Q01", ENS_T_MAGIC_DNL},
    {"-Q02, -Q03", ENS_T_MAGIC_ASKED},
};

static void put_magic(ens_visit *v)
{
    static const ens_text_key heads[] = {ENS_T_LRN_ENDS, ENS_T_WHAT_HAPPENS};
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_MAGIC);
    ens__said_leaf(&v->h, &v->screen, "p", "dim", ENS_T_MAGIC_IS);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
        ens__h_open(&v->h, "tr");
        ens__cell(&v->h, "mono", magic[i].end);
        ens__said_leaf(&v->h, &v->screen, "td", NULL, magic[i].words);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

/* put_scope puts the cells that say what a fault is for; that of the times stays open. */
static void put_scope(ens_visit *v, const char *party, const char *action, const char *lrn, unsigned times)
{
    ens__cell(&v->h, "mono", party);
    ens__cell(&v->h, NULL, action);
    ens__cell(&v->h, "mono", lrn);
    ens__h_open(&v->h, "td");
    if (times)
        ens__h_putf(&v->h, "%u", times);
}

static void put_rules(ens_visit *v)
{
    static const ens_text_key heads[] = {ENS_T_FAULT, ENS_T_PARTY, ENS_T_ACTION, ENS_T_LRN, ENS_T_TIMES};
    const ens_pages *p = v->pages;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_RULES);
    if (!p->num_faults) {
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_RULES_NONE);
        return;
    }
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < p->num_faults; i++) {
        const ens_page_fault *f = &p->fault[i];
        ens__h_open(&v->h, "tr");
        ens__h_open(&v->h, "td");
        ens__h_putf(&v->h, "%s %s", ens__fault_name(f->kind), f->code);
        ens__h_close(&v->h);
        put_scope(v, f->party, f->action, f->lrn, f->times);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

/* -- Faults that are put up here, for everybody, until they are taken down or the server ends -- */

static void put_drop(ens_visit *v, const char *name)
{
    if (v->visitor.rank < ENS_RANK_TESTER)
        return;
    ens__form_open(&v->h, &v->screen, "/faults");
    ens__h_hidden(&v->h, "act", ENS_LIT("drop"));
    ens__h_hidden(&v->h, "name", ens_str(name));
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_FAULT_DROP));
}

static void put_board_row(void *of, const ens__board_fault_row *f)
{
    ens_visit *v = of;
    ens__h_open(&v->h, "tr");
    ens__h_open(&v->h, "td");
    ens__h_putf(&v->h, "%s %s%s%s", ens__fault_name(f->kind), f->code, f->subcode[0] ? " " : "", f->subcode);
    ens__h_leaf(&v->h, "div", "dim small", ens__fault_words(f->kind));
    ens__h_close(&v->h);
    put_scope(v, f->party, f->action, f->lrn, f->times);
    put_drop(v, f->name);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
}

static void put_fault_form(ens_visit *v)
{
    const char *kinds[2 * ENS_FAULT_DUP + 1];
    size_t num = 0;
    for (int kind = ENS_FAULT_REFUSE; kind <= ENS_FAULT_DUP; kind++) {
        kinds[num++] = ens__fault_name((ens_fault_kind)kind);
        kinds[num++] = ens__fault_name((ens_fault_kind)kind);
    }
    kinds[num] = NULL;
    ens__form_open(&v->h, &v->screen, "/faults");
    ens__h_hidden(&v->h, "act", ENS_LIT("put"));
    ens__h_open(&v->h, "div");
    ens__h_attr(&v->h, "class", "fields");
    ens__choice_put(&v->h, "kind", ens__visit_text(v, ENS_T_FAULT), ENS_LIT("refuse"), kinds);
    const ens_field fields[] = {
        {.name = "code", .label = ens__visit_text(v, ENS_T_FAULT_CODE), .max = 15, .value = ENS_LIT("EBMS:0004")},
        {.name = "subcode", .label = ens__visit_text(v, ENS_T_FAULT_SUBCODE), .max = 7},
        {.name = "lrn", .label = ens__visit_text(v, ENS_T_FAULT_LRN), .max = 96},
        {.name = "action", .label = ens__visit_text(v, ENS_T_ACTION), .max = 32},
        {.name = "party", .label = ens__visit_text(v, ENS_T_PARTY), .max = 64},
        {.name = "seconds", .label = ens__visit_text(v, ENS_T_FAULT_SECONDS), .max = 2},
        {.name = "times", .label = ens__visit_text(v, ENS_T_TIMES), .max = 6}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        ens__field_put(&v->h, &fields[i]);
    ens__h_close(&v->h);
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_FAULT_PUT));
}

static void put_board(ens_visit *v)
{
    static const ens_text_key heads[] = {ENS_T_FAULT, ENS_T_PARTY, ENS_T_ACTION, ENS_T_LRN, ENS_T_TIMES};
    ens_board *board = ens__service_board(v->pages->ground.service);
    if (!board || !v->pages->rehearsal)
        return;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_BOARD);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    ens__board_each_fault(board, "", put_board_row, v);
    ens__table_close(&v->h);
    if (v->visitor.rank >= ENS_RANK_TESTER)
        put_fault_form(v);
}

static bool find_kind(ens_slice name, ens_fault_kind *out)
{
    for (int kind = ENS_FAULT_REFUSE; kind <= ENS_FAULT_DUP; kind++)
        if (ens_is(name, ens__fault_name((ens_fault_kind)kind))) {
            *out = (ens_fault_kind)kind;
            return true;
        }
    return false;
}

static bool read_count(ens_slice text, unsigned *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.len > 6 || text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (unsigned)(text.p[i] - '0');
    }
    return true;
}

/* read_fault takes a fault out of the form; false: something in it can't be. */
static bool read_fault(ens_web_pairs form, ens__board_fault_row *f)
{
    const struct {
        const char *name;
        char *to;
        size_t size;
    } texts[] = {{"lrn", f->lrn, sizeof f->lrn},
                 {"action", f->action, sizeof f->action},
                 {"party", f->party, sizeof f->party},
                 {"code", f->code, sizeof f->code},
                 {"subcode", f->subcode, sizeof f->subcode}};
    if (!find_kind(ens__web_get(form, "kind"), &f->kind))
        return false;
    size_t num = sizeof texts / sizeof *texts - (f->kind == ENS_FAULT_REFUSE ? 0 : 2); /* only a refusal has codes */
    for (size_t i = 0; i < num; i++) {
        ens_slice value = ens__trim(ens__web_get(form, texts[i].name));
        if (value.len >= texts[i].size || (value.len && memchr(value.p, 0, value.len)))
            return false;
        if (value.len)
            memcpy(texts[i].to, value.p, value.len);
    }
    return read_count(ens__trim(ens__web_get(form, "times")), &f->times) &&
           read_count(f->kind == ENS_FAULT_SLOW ? ens__trim(ens__web_get(form, "seconds")) : (ens_slice){0},
                      &f->seconds);
}

static void put_fault(ens_visit *v, ens_board *board, ens_web_pairs form)
{
    ens__board_fault_row f = {0};
    ens_err err = {0};
    char why[512];
    snprintf(f.name, sizeof f.name, "page-%llx", (unsigned long long)v->now_ms);
    if (!read_fault(form, &f)) {
        ens__visit_sorry(v, 422, ens__visit_text(v, ENS_T_FAULT_WRONG));
    } else if (ens__board_put_fault(board, &f, &err) != ENS_OK) {
        ens__visit_sorry(v, 422, ens_err_format(&err, why, sizeof why));
    } else {
        ens__visit_note(v, (ens_slice){0}, "fault %s put up, for LRN %s, party %s", ens__fault_name(f.kind), f.lrn,
                        f.party);
        ens__visit_go(v, "/faults?set=yes");
    }
}

void ens__faults_set(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens__visit_begin(&v, pages, r, a, "/faults");
    if (!ens__visit_form(&v, ENS_RANK_TESTER, &form))
        return;
    ens_board *board = ens__service_board(v.pages->ground.service);
    const char *name = ens__web_text(r, ens__web_get(form, "name"));
    if (!board || !v.pages->rehearsal) {
        ens__visit_sorry(&v, 409, ens__visit_text(&v, ENS_T_FAULTS_STRICT));
    } else if (ens_is(ens__web_get(form, "act"), "put")) {
        put_fault(&v, board, form);
    } else if (name && ens__board_drop_fault(board, "", name)) {
        ens__visit_note(&v, (ens_slice){0}, "fault %s taken down", name);
        ens__visit_go(&v, "/faults?set=yes");
    } else {
        ens__visit_sorry(&v, 404, ens__visit_text(&v, ENS_T_FAULT_WRONG));
    }
}

void ens__faults_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/faults");
    ens__visit_page(&v, ENS_T_FAULTS, ENS_T_FAULTS_LEAD);
    if (!v.pages->rehearsal)
        ens__told(&v.h, &v.screen, "warn", ENS_T_FAULTS_STRICT);
    if (ens__web_query(r, "set").len)
        ens__told(&v.h, &v.screen, "pass", ENS_T_FAULT_SET);
    put_board(&v);
    put_rules(&v);
    ens__said_leaf(&v.h, &v.screen, "h2", NULL, ENS_T_SCENARIOS);
    if (v.pages->scenarios)
        ens__h_leaf(&v.h, "p", "mono", v.pages->scenarios);
    else
        ens__said_leaf(&v.h, &v.screen, "p", "empty", ENS_T_SCENARIOS_NONE);
    put_magic(&v);
    ens__visit_end(&v);
}

/* -- The clock -- */

static void put_button(ens_visit *v, const char *space, const char *act, ens_text_key words)
{
    ens__form_open(&v->h, &v->screen, "/clock");
    ens__h_hidden(&v->h, "space", ens_str(space));
    ens__h_hidden(&v->h, "act", ens_str(act));
    ens__form_close(&v->h, ens__visit_text(v, words));
}

static void put_advance(ens_visit *v, const char *space, size_t number)
{
    char id[32];
    snprintf(id, sizeof id, "by-%zu", number);
    ens__form_open(&v->h, &v->screen, "/clock");
    ens__h_hidden(&v->h, "space", ens_str(space));
    ens__h_hidden(&v->h, "act", ENS_LIT("advance"));
    ens__h_open(&v->h, "label");
    ens__h_attr(&v->h, "for", id);
    ens__said(&v->h, &v->screen, ENS_T_CLOCK_BY);
    ens__h_close(&v->h);
    ens__h_bare(&v->h, "input");
    ens__h_attr(&v->h, "id", id);
    ens__h_attr(&v->h, "name", "by");
    ens__h_attr(&v->h, "value", "1d");
    ens__h_attr(&v->h, "maxlength", "16");
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_CLOCK_ADVANCE));
}

static void put_clock(ens_visit *v, const char *space, size_t number)
{
    ens__clock_row row;
    int64_t base;
    if (ens__clock_find(v->pages->store, space, &row, &base, NULL, NULL) != ENS_OK)
        return;
    ens__h_open(&v->h, "section");
    ens__h_leaf(&v->h, "h2", NULL, *space ? space : ens__visit_text(v, ENS_T_CLOCK_ALL));
    ens__h_open(&v->h, "p");
    ens__h_time(&v->h, ens__clock_time(&row, base));
    ens__h_put(&v->h, " UTC ");
    ens__h_tag(&v->h, row.frozen_ms ? "warn" : "line accepted",
               ens__visit_text(v, row.frozen_ms ? ENS_T_CLOCK_FROZEN : ENS_T_CLOCK_RUNS));
    ens__h_close(&v->h);
    if (v->visitor.rank >= ENS_RANK_TESTER) {
        ens__h_open(&v->h, "div");
        ens__h_attr(&v->h, "class", "acts");
        put_advance(v, space, number);
        put_button(v, space, row.frozen_ms ? "run" : "freeze", row.frozen_ms ? ENS_T_CLOCK_RUN : ENS_T_CLOCK_FREEZE);
        ens__h_close(&v->h);
    }
    ens__h_close(&v->h);
}

void ens__clock_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    char space[ENS_FILING_SPACE + 1];
    ens__visit_begin(&v, pages, r, a, "/clock");
    ens__visit_page(&v, ENS_T_CLOCK, ENS_T_CLOCK_LEAD);
    if (ens__web_query(r, "set").len)
        ens__told(&v.h, &v.screen, "pass", ENS_T_CLOCK_SET);
    put_clock(&v, "", 0);
    for (size_t i = 0; v.pages->ground.clocks && ens__clocks_space(v.pages->ground.clocks, i, space); i++)
        if (space[0])
            put_clock(&v, space, i + 1);
    ens__visit_end(&v);
}

/* set_row does what the form asks for; false: it asks for nothing that there is. */
static bool set_row(ens__clock_row *row, int64_t base, ens_web_pairs form)
{
    int64_t by;
    ens_slice act = ens__web_get(form, "act");
    if (ens_is(act, "freeze"))
        ens__clock_freeze(row, base, ens__clock_time(row, base));
    else if (ens_is(act, "run"))
        ens__clock_run(row, base);
    else if (ens_is(act, "advance") && ens__duration_read(ens__trim(ens__web_get(form, "by")), &by))
        ens__clock_advance(row, by);
    else
        return false;
    return true;
}

void ens__clock_set(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens_err err = {0};
    ens__clock_row row;
    int64_t base;
    ens__visit_begin(&v, pages, r, a, "/clock");
    if (!ens__visit_form(&v, ENS_RANK_TESTER, &form))
        return;
    const char *space = ens__web_text(r, ens__web_get(form, "space"));
    space = space ? space : "";
    ens_code code =
        strlen(space) > ENS_FILING_SPACE ? ENS_OK : ens__clock_find(v.pages->store, space, &row, &base, NULL, &err);
    if (code == ENS_OK && (strlen(space) > ENS_FILING_SPACE || !set_row(&row, base, form))) {
        ens__visit_sorry(&v, 422, ens__visit_text(&v, ENS_T_CLOCK_WRONG));
        return;
    }
    if (code == ENS_OK)
        code = ens__store_put_clock(v.pages->store, &row, &err);
    if (code != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    ens_slice act = ens__web_get(form, "act"), by = ens__web_get(form, "by");
    ens__visit_note(&v, (ens_slice){0}, "clock%s%s: %.*s %.*s", *space ? " of " : "", space, (int)act.len,
                    (const char *)act.p, (int)by.len, by.len ? (const char *)by.p : "");
    ens__visit_go(&v, "/clock?set=yes");
}
