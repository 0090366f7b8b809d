/* Random walks of events against a small model of the life cycle: whatever happens in whatever order, customs say what
 * the model says, and filings are where it has them. ENSIGN_SOAK: 100,000 events. */
#include "as4/ens/elements.h"
#include "tests/sti/customs_nodes.h"
#include "tests/sti/store_steps.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define DAY ((ens_time)86400)
#define HOUR ((ens_time)3600)
#define LINKING HOUR
#define FILINGS 24u
#define REQUESTS 16u
#define EVENTS_OF_WALK 250u
#define EVENTS 1500u
#define EVENTS_OF_SOAK 100000u
#define NODE_EVENTS 120u /* of a walk of two nodes */
#define NODE_EVENTS_OF_SOAK 6000u
#define KILL_ONE_OF 12u /* tasks */
#define SUPPLEMENTARY "FR111111111"

/* What the model knows of the kinds that it files. */
static const struct {
    const char *action;
    bool air, sea, road, master, house; /* air: analysed before loading */
    ens_time risk;
} kinds[] = {
    {"IE3F10", false, true, false, false, false, 4 * HOUR}, {"IE3F27", false, false, false, false, false, 4 * HOUR},
    {"IE3F50", false, false, true, false, false, HOUR},     {"IE3F26", true, false, false, false, true, 0},
    {"IE3F12", false, true, false, true, false, 4 * HOUR},  {"IE3F15", false, false, false, false, true, 0},
};
enum { F10, F27, F50, F26, F12, F15, KINDS };

typedef struct {
    char reference[20], type;
    bool open;
} request;

typedef struct {
    unsigned kind, bill, state, num_requests;
    char mrn[20];
    ens_time registered, risk, linking, days;
    bool preloaded, assessed, noload, control, timed;
    request requests[REQUESTS];
} model;

static customs_desk d;
static model all[FILINGS];
static unsigned num, refs, seed, step;
static char expected[512];

static unsigned chance(unsigned most)
{
    seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
    return seed % most;
}

static void expect(const char *action)
{
    size_t len = strlen(expected);
    snprintf(expected + len, sizeof expected - len, "%s%s", len ? " " : "", action);
}

/* heard lists actions, and the first code of a refusal. */
static const char *heard(void)
{
    static char text[1024];
    text[0] = '\0';
    for (unsigned i = 0; i < d.num; i++) {
        size_t len = strlen(text);
        bool refusal = strcmp(d.letter[i].action, "IE3N01") == 0 || strcmp(d.letter[i].action, "IE3N99") == 0;
        snprintf(text + len, sizeof text - len, "%s%s%s%s", len ? " " : "", d.letter[i].action, refusal ? ":" : "",
                 refusal ? desk_text(&d.letter[i], "validationCode") : "");
    }
    return text;
}

/* -- The model ---------------------------------------------------------------------------------------------------- */

static bool before_arrival(const model *m)
{
    return m->state == ENS_FILING_PENDING_LINKING || m->state == ENS_FILING_LINKED || m->state == ENS_FILING_COMPLETE ||
           m->state == ENS_FILING_PENDING_COMPLETENESS || m->state == ENS_FILING_CONSIDERED_COMPLETE;
}

static bool live(const model *m)
{
    return m->state != ENS_FILING_REJECTED && m->state != ENS_FILING_INVALIDATED;
}

static bool over(const model *m)
{
    return !live(m) || m->state == ENS_FILING_PRESENTED;
}

static bool ready(const model *m)
{
    return m->state == ENS_FILING_LINKED || m->state == ENS_FILING_COMPLETE ||
           m->state == ENS_FILING_CONSIDERED_COMPLETE;
}

static bool has_open(const model *m)
{
    for (unsigned i = 0; i < m->num_requests; i++)
        if (m->requests[i].open)
            return true;
    return false;
}

static bool may_end(const model *m)
{
    return !m->noload && before_arrival(m) && !has_open(m);
}

static void end_analysis(model *m, bool loading)
{
    if (loading)
        m->preloaded = true;
    else
        m->assessed = true, m->risk = 0;
    expect("IE3N03");
}

static void time_is_over(model *m)
{
    if (m->assessed)
        return;
    m->risk = 0;
    m->timed = true;
    if (ready(m) && may_end(m))
        end_analysis(m, false);
}

static void set(model *m, unsigned state)
{
    m->state = state;
    m->linking = 0;
    if (!before_arrival(m))
        m->risk = m->days = 0;
    if (ready(m) && m->timed)
        time_is_over(m);
}

static model *partner(const model *m, unsigned kind)
{
    for (unsigned i = 0; i < num; i++)
        if (&all[i] != m && all[i].kind == kind && all[i].bill == m->bill && live(&all[i]))
            return &all[i];
    return NULL;
}

/* link_filing finds the state behind acceptance, and moves the partner that waited. */
static void link_filing(model *m)
{
    model *other = m->kind == F12 ? partner(m, F15) : m->kind == F15 ? partner(m, F12) : NULL;
    if (kinds[m->kind].house)
        set(m, other ? ENS_FILING_LINKED : ENS_FILING_PENDING_LINKING);
    else if (kinds[m->kind].master && !other)
        set(m, ENS_FILING_PENDING_COMPLETENESS), m->linking = d.now + LINKING;
    else
        set(m, ENS_FILING_COMPLETE);
    if (other && other->state == ENS_FILING_PENDING_LINKING)
        set(other, ENS_FILING_LINKED);
    else if (other && other->state == ENS_FILING_PENDING_COMPLETENESS)
        set(other, ENS_FILING_COMPLETE);
}

static bool is_taken(const model *m)
{
    for (unsigned i = 0; i < num; i++) {
        const model *o = &all[i];
        bool alike = kinds[m->kind].house ? o->kind == m->kind : !kinds[o->kind].house;
        if (o != m && alike && o->bill == m->bill && live(o) && o->registered + 365 * DAY > d.now)
            return true;
    }
    return false;
}

static void pass_time(model *m, ens_time until)
{
    for (;;) {
        ens_time *const due[] = {&m->linking, &m->risk, &m->days}, *first = NULL;
        for (unsigned i = 0; i < 3; i++)
            if (*due[i] && *due[i] <= until && (!first || *due[i] < *first))
                first = due[i];
        if (!first)
            return;
        bool risk = first == &m->risk, days = first == &m->days;
        *(ens_time *)(uintptr_t)first = 0;
        if (days)
            set(m, ENS_FILING_INVALIDATED);
        else if (risk)
            time_is_over(m);
        else
            expect("IE3N02");
    }
}

/* -- Events ------------------------------------------------------------------------------------------------------- */

static desk_document document_of(const model *m, const char *action)
{
    static char number[16];
    snprintf(number, sizeof number, "BILL-%u", m->bill);
    desk_document doc = {.action = action, .number = number, .mrn = m->mrn};
    if (m->kind == F15) {
        doc.from = SUPPLEMENTARY;
        doc.edit[0] = (desk_edit){ENS_EL_carrier, ENS_EL_identificationNumber, DESK_TRADER};
    }
    return doc;
}

static void file_one(void)
{
    static char lrn[24];
    model *m = &all[num];
    bool again = num && chance(10) == 0;
    *m = (model){.kind = chance(KINDS), .bill = chance(8), .registered = d.now};
    snprintf(lrn, sizeof lrn, "L%u", again ? refs : ++refs);
    desk_document doc = document_of(m, kinds[m->kind].action);
    doc.lrn = lrn;
    doc.mrn = NULL;
    if (again) /* by the person that used it last: which kind doesn't matter */
        doc = (desk_document){.action = "IE3F27", .lrn = "USED", .number = "ANY"};
    if (again) {
        desk_send(&d, &doc);
        expect("IE3N99:94");
        return;
    }
    const model *master = m->kind == F15 ? partner(m, F12) : NULL;
    bool late = master && (master->state == ENS_FILING_ARRIVED || master->state == ENS_FILING_PRESENTED);
    bool taken = is_taken(m);
    desk_send(&d, &doc);
    num++;
    if (taken || late) {
        m->state = ENS_FILING_REJECTED;
        expect(taken ? "IE3N01:81" : "IE3N01:72");
        return;
    }
    snprintf(m->mrn, sizeof m->mrn, "%s", desk_text(desk_heard(&d, "IE3R01", NULL), "MRN"));
    expect("IE3R01");
    m->days = d.now + 200 * DAY;
    m->risk = kinds[m->kind].risk ? d.now + kinds[m->kind].risk : 0;
    link_filing(m);
    if (kinds[m->kind].air)
        end_analysis(m, true);
}

static void amend_one(model *m)
{
    char action[8];
    bool stranger = chance(6) == 0, changes = chance(6) == 0;
    snprintf(action, sizeof action, "IE3A%s", kinds[m->kind].action + 4);
    desk_document doc = document_of(m, action);
    if (stranger)
        doc.from = DESK_OTHER;
    if (changes) {
        doc.edit[1] = (desk_edit){0, ENS_EL_representative, NULL};
        doc.edit[2] = (desk_edit){ENS_EL_representative, ENS_EL_identificationNumber, "FR222222222"};
    }
    desk_send(&d, &doc);
    if (stranger || over(m) || m->control || changes) {
        expect(stranger ? "IE3N01:96" : over(m) || m->control ? "IE3N01:72" : "IE3N01:104");
        return;
    }
    expect("IE3N10");
    m->risk = 0;
    m->assessed = m->preloaded = m->noload = false;
    m->timed = true;
    if (before_arrival(m))
        link_filing(m);
    if (kinds[m->kind].air && may_end(m))
        end_analysis(m, true);
    if (kinds[m->kind].risk)
        time_is_over(m);
}

static void withdraw_one(model *m)
{
    bool stranger = chance(6) == 0;
    desk_document doc = document_of(m, "IE3Q04");
    doc.from = stranger ? DESK_OTHER : doc.from;
    doc.edit[0] = (desk_edit){0};
    desk_send(&d, &doc);
    expect(stranger ? "IE3N01:96" : over(m) ? "IE3N01:72" : "IE3R07");
    if (!stranger && !over(m))
        set(m, ENS_FILING_INVALIDATED);
}

static void ask_one(model *m)
{
    static const struct {
        ens_order_kind order;
        const char *action;
    } ways[] = {{ENS_ORDER_ASK_INFORMATION, "IE3Q02"},
                {ENS_ORDER_ASK_AMENDMENT, "IE3Q02"},
                {ENS_ORDER_ASK_SCREENING, "IE3Q03"}};
    unsigned way = chance(3);
    if (m->num_requests == REQUESTS)
        return;
    desk_order(&d, ways[way].order, m->mrn);
    if (!before_arrival(m) || m->noload)
        return;
    expect(ways[way].action);
    request *r = &m->requests[m->num_requests++];
    *r = (request){.type = way == 2 ? '3' : '2', .open = true};
    snprintf(r->reference, sizeof r->reference, "%s",
             desk_text(desk_heard(&d, ways[way].action, NULL), "referralRequestReference"));
    m->preloaded = m->preloaded && m->assessed;
    m->assessed = false;
}

static void respond_one(model *m)
{
    request none = {"NONE", '2', false}, *r = m->num_requests ? &m->requests[chance(m->num_requests)] : &none;
    char type = chance(5) ? r->type : '3';
    desk_document doc = document_of(m, type == '3' ? "IE3R03" : "IE3R02");
    doc.edit[0] = (desk_edit){0};
    doc.reference = r->reference;
    desk_send(&d, &doc);
    if (!r->open || type != r->type) {
        expect("IE3N01:98");
        return;
    }
    r->open = false;
    bool loading = kinds[m->kind].air && !m->preloaded;
    if (may_end(m) && (loading || (ready(m) && !m->assessed)))
        end_analysis(m, loading);
}

static void arrive_one(model *m)
{
    char lrn[24];
    snprintf(lrn, sizeof lrn, "A%u", ++refs);
    desk_send(&d, &(desk_document){.action = "IE3N06",
                                   .lrn = lrn,
                                   .from = DESK_CARRIER,
                                   .edit = {{ENS_EL_relatedMRN, ENS_EL_identification, m->mrn}}});
    expect("IE3R04");
    if (!before_arrival(m)) {
        expect("IE3N07");
        return;
    }
    model *house = m->kind == F12 ? partner(m, F15) : NULL;
    set(m, ENS_FILING_ARRIVED);
    if (m->control)
        expect(kinds[m->kind].sea ? "IE3N08 IE3N08" : "IE3N08");
    if (house && before_arrival(house))
        set(house, ENS_FILING_ARRIVED);
}

static void order_one(model *m)
{
    static const ens_order_kind orders[] = {ENS_ORDER_COMPLETE, ENS_ORDER_DO_NOT_LOAD, ENS_ORDER_START,
                                            ENS_ORDER_RELATE,   ENS_ORDER_CONTROL,     ENS_ORDER_ANNOUNCE,
                                            ENS_ORDER_PRESENT};
    ens_order_kind order = orders[chance(sizeof orders / sizeof *orders)];
    bool waits = m->state == ENS_FILING_PENDING_LINKING || m->state == ENS_FILING_PENDING_COMPLETENESS;
    desk_order(&d, order, m->mrn);
    if (order == ENS_ORDER_COMPLETE && may_end(m)) {
        end_analysis(m, kinds[m->kind].air && !m->preloaded);
    } else if (order == ENS_ORDER_DO_NOT_LOAD && before_arrival(m) && (kinds[m->kind].air || kinds[m->kind].sea)) {
        m->noload = m->assessed = true, m->risk = 0;
        expect("IE3Q01");
    } else if (order == ENS_ORDER_START && waits) {
        set(m, ENS_FILING_CONSIDERED_COMPLETE);
    } else if (order == ENS_ORDER_RELATE && waits) {
        set(m, kinds[m->kind].house ? ENS_FILING_LINKED : ENS_FILING_COMPLETE);
    } else if (order == ENS_ORDER_CONTROL && !over(m)) {
        m->control = true;
        if (m->state == ENS_FILING_ARRIVED)
            expect(kinds[m->kind].sea ? "IE3N08 IE3N08" : "IE3N08");
    } else if (order == ENS_ORDER_ANNOUNCE && !over(m)) {
        m->control = true;
        expect("IE3N09");
    } else if (order == ENS_ORDER_PRESENT &&
               (m->state == ENS_FILING_ARRIVED || (kinds[m->kind].road && before_arrival(m)))) {
        set(m, ENS_FILING_PRESENTED);
    }
}

static void wait_some(void)
{
    static const ens_time times[] = {1, HOUR / 2, HOUR, 5 * HOUR, 40 * DAY, 100 * DAY};
    ens_time by = times[chance(sizeof times / sizeof *times)];
    for (unsigned i = 0; i < num; i++)
        if (all[i].mrn[0])
            pass_time(&all[i], d.now + by);
    desk_forget(&d);
    desk_wait(&d, by);
}

/* -- The walk ----------------------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* sorted brings the words of a text into one order: what several filings cause has none. */
static void sorted(char *text, char out[1024])
{
    char *words[64], *rest = text;
    size_t n = 0;
    for (char *w; n < 64 && (w = strtok_r(rest, " ", &rest));)
        words[n++] = w;
    qsort(words, n, sizeof *words, by_name);
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(out);
        snprintf(out + len, 1024 - len, "%s ", words[i]);
    }
}

static bool agrees(void)
{
    char said[1024], a[1024], b[1024], words[512];
    bool good;
    snprintf(said, sizeof said, "%s", heard());
    snprintf(words, sizeof words, "%s", expected);
    sorted(said, a);
    sorted(words, b);
    good = strcmp(a, b) == 0;
    CHECK_ROW(good, "step %u: customs say %s, the model %s", step, a, b);
    for (unsigned i = 0; i < num && good; i++) {
        const model *m = &all[i];
        ens_filing f = m->mrn[0] ? desk_filing(&d, m->mrn) : (ens_filing){.state = m->state};
        bool flags = !m->mrn[0] || ((f.flags & ENS_FILING_ASSESSED) != 0) == m->assessed;
        flags = flags && (!m->mrn[0] || ((f.flags & ENS_FILING_PRELOADED) != 0) == m->preloaded);
        good = f.state == m->state && flags && ens__filing_has_open_referral(&f) == has_open(m);
        CHECK_ROW(good, "step %u: %s is %s (%x), in the model %s", step, kinds[m->kind].action,
                  ens__filing_state_name(f.state), f.flags, ens__filing_state_name(m->state));
    }
    return good;
}

static void take_step(void)
{
    static void (*const events[])(model * m) = {amend_one,   withdraw_one, ask_one,   ask_one,  respond_one,
                                                respond_one, arrive_one,   order_one, order_one};
    unsigned what = chance(16);
    expected[0] = '\0';
    model *m = num ? &all[chance(num)] : NULL;
    desk_forget(&d);
    if (what < 4 && num < FILINGS)
        file_one();
    else if (what < 6)
        wait_some();
    else if (m && m->mrn[0])
        events[chance(sizeof events / sizeof *events)](m);
    desk_wait(&d, 0);
}

/* What a walk came to: its messages, and nodes that were killed. */
typedef struct {
    uint64_t print;
    unsigned num, killed;
} outcome;

/* nodes: two of them do it, over that store. */
static bool walk(unsigned events, const char *nodes, outcome *out)
{
    bool good = true;
    num = refs = 0;
    if (nodes)
        desk_open_over(&d, nodes, LINKING);
    else
        desk_open(&d, LINKING);
    if (nodes)
        customs_nodes_open(&d, nodes, LINKING, KILL_ONE_OF);
    desk_prefers(&d, DESK_TRADER, "IE3N02 IE3N03 IE3N09");
    const char *used = desk_file(&d, &(desk_document){.action = "IE3F27", .lrn = "USED", .number = "ONCE"});
    desk_send(&d, &(desk_document){.action = "IE3Q04", .mrn = used});
    for (unsigned i = 0; i < events && good; i++, step++) {
        take_step();
        good = agrees() && !d.failed;
    }
    out->killed = nodes ? customs_nodes_close(&d) : 0;
    out->print = customs_nodes_print(d.store, &out->num);
    desk_close(&d);
    return good;
}

static unsigned seed_of(unsigned nth)
{
    return nth * 2654435761u | 1u;
}

static void customs_do_as_the_model_does(void)
{
    unsigned events = getenv("ENSIGN_SOAK") ? EVENTS_OF_SOAK : EVENTS, done = 0;
    bool good = true;
    for (unsigned i = 1; done < events && good; i++, done += EVENTS_OF_WALK) {
        outcome o;
        seed = seed_of(i);
        good = walk(EVENTS_OF_WALK, NULL, &o);
        CHECK_ROW(good, "walk %u", i);
    }
    printf("    %u events\n", done);
}

/* What two nodes say, killed in between, is what one says that never was: ids and documents. */
static void two_nodes_do_as_the_model_does(void)
{
    unsigned events = getenv("ENSIGN_SOAK") ? NODE_EVENTS_OF_SOAK : NODE_EVENTS, done = 0, kills = 0;
    bool good = true;
    if (!on_postgres())
        return;
    for (unsigned i = 1; done < events && good; i++, done += NODE_EVENTS) {
        outcome one, two;
        seed = seed_of(i);
        good = walk(NODE_EVENTS, NULL, &one);
        fresh_file();
        seed = seed_of(i);
        good = walk(NODE_EVENTS, store_file, &two) && good;
        CHECK_ROW(good && one.num == two.num && one.print == two.print, "walk %u: %u messages, and %u of two nodes", i,
                  one.num, two.num);
        kills += two.killed;
    }
    printf("    %u events, %u nodes killed\n", done, kills);
    on_sqlite();
}

static const ens_case cases[] = {
    {"two nodes over one store, killed in between, do as the model does", two_nodes_do_as_the_model_does},
    {"customs do as the model does", customs_do_as_the_model_does},
    {NULL, NULL},
};
ENS_SUITE("sti/customs-walk", cases)
