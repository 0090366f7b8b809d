/* ensign filing: what customs know of filings, from the store; ensign officer: what is ordered about them. */
#include "as4/ics2/ics2.h"
#include "cli/command.h"
#include "show/filing.h"
#include "show/output.h"
#include "sti/filing/desk.h"
#include "sti/filing/shelf.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)256 << 20)

typedef struct {
    const char *store, *lrn, *state, *space, *text, *to;
    ens_values wants;
    bool json, document;
} options;

/* One run of a sub-command. */
typedef struct {
    const ens_command *command;
    const options *o;
    ens__store *store;
    ens_arena arena;
    ens__notice *notices;
    size_t num_notices, room;
    uint64_t num;
    bool failed;
} job;

static int cannot_filing(const job *j, const char *about, const ens_err *err)
{
    ens__say_error(j->command->name, about, err);
    return ENS_EXIT_UNKNOWN;
}

static bool print_json(const ens_filing_view *v)
{
    ens_buf out;
    ens_json line = ens__json_on_stdout(&out);
    ens__filing_json(&line, v);
    return ens__json_print(&line);
}

static bool read_filing(job *j, const ens__filing_row *row, ens_filing *out)
{
    ens_err err = {0};
    if (ens__filing_of_row(row, out, &err) == ENS_OK)
        return true;
    cannot_filing(j, j->o->store, &err);
    return false;
}

static bool list_one(void *user, const ens__filing_row *row)
{
    job *j = user;
    ens_filing_view v = {0};
    j->failed = !read_filing(j, row, &v.filing);
    if (j->failed)
        return false;
    if (j->o->json)
        j->failed = !print_json(&v);
    else if (j->num++ == 0)
        ens__filing_print_line(NULL);
    if (!j->o->json)
        ens__filing_print_line(&v.filing);
    return !j->failed;
}

static bool read_state(const char *name, int *out)
{
    for (unsigned i = 0; i <= ENS_FILING_PRESENTED; i++)
        if (strcmp(name, ens__filing_state_name(i)) == 0)
            return *out = (int)i, i > 0;
    return false;
}

static int list(job *j, const ens_values *operands)
{
    ens_err err = {0};
    ens__filing_query q = {ens_str(j->o->space ? j->o->space : "*"), ens_str(j->o->lrn ? j->o->lrn : ""), -1};
    if (operands->num)
        return ens__command_usage(j->command, "what is %s?", operands->item[0]);
    if (j->o->state && !read_state(j->o->state, &q.state))
        return ens__command_usage(j->command, "--state %s: there is no such state", j->o->state);
    if (ens__store_list_filings(j->store, &q, list_one, j, &err) != ENS_OK)
        return cannot_filing(j, j->o->store, &err);
    return j->failed ? ENS_EXIT_UNKNOWN : ENS_EXIT_GOOD;
}

/* keep_notice gathers what was told; the slices live in the arena. */
static bool keep_notice(void *user, const ens__notice *n)
{
    job *j = user;
    ens__notice *grown = ens_arena_grow(&j->arena, j->notices, j->num_notices, &j->room, sizeof *grown);
    if (!grown)
        return false;
    j->notices = grown;
    ens__notice *own = &j->notices[j->num_notices++];
    *own = *n;
    ens_slice *const texts[] = {&own->mrn, &own->person, &own->action, &own->message_id};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        texts[i]->p = (const uint8_t *)ens_arena_text(&j->arena, *texts[i]);
    own->document = (ens_slice){0};
    return true;
}

static bool write_document(job *j, const ens_filing *f)
{
    ens_err err = {0};
    ens_shelf *shelf = ens__shelf_new(j->store);
    ens_held *h = shelf ? ens__shelf_find(shelf, ens_str(f->mrn)) : NULL;
    ens_slice document = h ? ens__shelf_document(shelf, h) : (ens_slice){0};
    bool good = shelf && ens__shelf_failed(shelf, &err) == ENS_OK;
    if (good)
        ens__write_out(stdout, document);
    else
        cannot_filing(j, f->mrn, &err);
    ens__shelf_free(shelf);
    return good;
}

static bool show_one(void *user, const ens__filing_row *row)
{
    job *j = user;
    ens_filing_view v = {0};
    ens_err err = {0};
    j->num++;
    j->num_notices = 0;
    j->failed = !read_filing(j, row, &v.filing);
    if (j->failed)
        return false;
    if (j->o->document)
        return j->failed = !write_document(j, &v.filing), false;
    if (ens__store_list_notices(j->store, ens_str(v.filing.mrn), keep_notice, j, &err) != ENS_OK)
        return j->failed = true, cannot_filing(j, j->o->store, &err), false;
    v.notices = j->notices;
    v.num_notices = j->num_notices;
    if (j->o->json)
        j->failed = !print_json(&v);
    else
        ens__filing_print(&v);
    return !j->failed;
}

/* find_one looks for an MRN, else for an LRN. */
static ens_code find_one(job *j, const char *name, ens_err *err)
{
    ens__filing_row row;
    bool found = false;
    uint64_t before = j->num;
    ens_code code = ens__store_find_filing(j->store, ens_str(name), &j->arena, &row, &found, err);
    if (code == ENS_OK && found) {
        show_one(j, &row);
        return ENS_OK;
    }
    const ens__filing_query q = {ENS_LIT("*"), ens_str(name), -1};
    if (code == ENS_OK)
        code = ens__store_list_filings(j->store, &q, show_one, j, err);
    if (code == ENS_OK && j->num == before)
        ens__say("ensign %s: %s: no filing has that MRN or LRN\n", j->command->name, name);
    return code;
}

static int show(job *j, const ens_values *operands)
{
    ens_err err = {0};
    if (!operands->num)
        return ens__command_usage(j->command, "say which filing: its MRN or LRN");
    for (size_t i = 0; i < operands->num && !j->failed; i++) {
        uint64_t before = j->num;
        if (find_one(j, operands->item[i], &err) != ENS_OK)
            return cannot_filing(j, j->o->store, &err);
        j->failed |= j->num == before;
    }
    return j->failed ? ENS_EXIT_UNKNOWN : ENS_EXIT_GOOD;
}

/* order puts the order down for the access point that serves the store. */
static int order(job *j, const ens_values *operands)
{
    ens_order o = {.text = ens_str(j->o->text ? j->o->text : "")};
    bool found = false;
    ens_err err = {0};
    if (operands->num != 2)
        return ens__command_usage(j->command, "give an order and an MRN");
    if (!ens__order_find(ens_str(operands->item[0]), &o.kind) || o.kind >= ENS_ORDERS_OF_OFFICERS)
        return ens__command_usage(j->command, "%s: there is no such order", operands->item[0]);
    if (o.text.len > ENS_ORDER_TEXT)
        return ens__command_usage(j->command, "--text: at most %u octets", ENS_ORDER_TEXT);
    o.mrn = ens_str(operands->item[1]);
    if (ens__order_post(j->store, &o, &j->arena, &found, &err) != ENS_OK)
        return cannot_filing(j, j->o->store, &err);
    if (!found) {
        ens__say("ensign %s: %s: no filing has that MRN\n", j->command->name, operands->item[1]);
        return ENS_EXIT_REFUSED;
    }
    printf("%s: ordered: %s\n", operands->item[1], ens__order_name(o.kind));
    return ENS_EXIT_GOOD;
}

/* prefer puts down what a person wants to be told, and where. */
static int prefer(job *j, const ens_values *operands)
{
    ens__preference p = {0};
    ens_err err = {0};
    ens_buf wants;
    ens_buf_init(&wants, p.wants, sizeof p.wants - 1, sizeof p.wants - 1);
    if (operands->num != 1)
        return ens__command_usage(j->command, "say who: an EORI");
    const char *to = j->o->to ? j->o->to : operands->item[0];
    for (size_t i = 0; i < j->o->wants.num; i++)
        if (!ens__action_find(ens_str(j->o->wants.item[i])))
            return ens__command_usage(j->command, "--want %s: there is no such action", j->o->wants.item[i]);
        else
            ens_buf_printf(&wants, "%s%s", i ? " " : "", j->o->wants.item[i]);
    if (ens_buf_done(&wants, &err) != ENS_OK || strlen(operands->item[0]) >= sizeof p.eori ||
        strlen(to) >= sizeof p.party_id)
        return ens__command_usage(j->command, "an EORI, a party id or the list of actions is too long");
    snprintf(p.eori, sizeof p.eori, "%s", operands->item[0]);
    snprintf(p.party_id, sizeof p.party_id, "%s", to);
    if (ens__store_put_preference(j->store, &p, &err) != ENS_OK)
        return cannot_filing(j, j->o->store, &err);
    printf("%s: told at %s: %s\n", p.eori, p.party_id, p.wants[0] ? p.wants : "what nobody has to ask for");
    return ENS_EXIT_GOOD;
}

/* -- Commands ----------------------------------------------------------------------------------------------------- */

/* What is done with the store. */
typedef struct {
    options *o;
    bool writes;
    int (*what)(job *, const ens_values *);
} task;

static int do_task(const ens_command *command, void *of, const ens_values *operands)
{
    const task *t = of;
    job j = {.command = command, .o = t->o};
    ens_err err = {0};
    if (!t->o->store)
        t->o->store = getenv("ENSIGN_STORE");
    if (!t->o->store)
        return ens__command_usage(command, "say which store: --store DB, or the variable ENSIGN_STORE");
    if (ens__store_open(t->o->store, &(ens__store_options){.read_only = !t->writes}, &j.store, &err) != ENS_OK)
        return cannot_filing(&j, t->o->store, &err);
    ens_arena_init(&j.arena, ARENA_MAX);
    int status = t->what(&j, operands);
    ens__store_close(j.store);
    ens_arena_free(&j.arena);
    return status;
}

static int run(const ens_command *command, options *o, bool writes, int (*what)(job *, const ens_values *), int argc,
               char **argv)
{
    return ens__command_run(command, argc, argv, do_task, &(task){o, writes, what});
}

#define STORE_OPTION(o)                                                                                                \
    {                                                                                                                  \
        "store", 0, "DB", "the store's file (the variable ENSIGN_STORE)", NULL, &(o).store, NULL                       \
    }
#define JSON_OPTION(o)                                                                                                 \
    {                                                                                                                  \
        "json", 0, NULL, "one JSON object per filing on a line", &(o).json, NULL, NULL                                 \
    }

static int run_list(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        STORE_OPTION(o),
        {"lrn", 0, "LRN", "of this LRN", NULL, &o.lrn, NULL},
        {"state", 0, "STATE", "in this state: complete, pending linking …", NULL, &o.state, NULL},
        {"space", 0, "EORI", "of this space", NULL, &o.space, NULL},
        JSON_OPTION(o),
    };
    const ens_command command = {"filing list", "[--store DB] [--lrn LRN] [--state STATE] [--json]",
                                 "Lists the filings and arrivals that customs have registered.", table,
                                 sizeof table / sizeof *table};
    return run(&command, &o, false, list, argc, argv);
}

static int run_show(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        STORE_OPTION(o),
        {"document", 0, NULL, "what was filed, and nothing else", &o.document, NULL, NULL},
        JSON_OPTION(o),
    };
    const ens_command command = {"filing show", "MRN|LRN... [--store DB] [--document | --json]",
                                 "Shows filings: their state, what is due, what was asked, and what was told to whom.",
                                 table, sizeof table / sizeof *table};
    return run(&command, &o, false, show, argc, argv);
}

static int run_prefer(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        STORE_OPTION(o),
        {"to", 0, "PARTYID", "the access point that it is sent to; without it, the EORI itself", NULL, &o.to, NULL},
        {"want", 0, "ACTION", "to be told: IE3R01, IE3N02, IE3N03, IE3N04, IE3N05, IE3N07 or IE3N09", NULL, NULL,
         &o.wants},
    };
    const ens_command command = {
        "filing prefer", "EORI [--to PARTYID] [--want ACTION]... [--store DB]",
        "Puts down what a filer or a carrier has asked to be told, and where; who has put nothing down is told\n"
        "nothing of other people's filings.",
        table, sizeof table / sizeof *table};
    return run(&command, &o, true, prefer, argc, argv);
}

int ens__cmd_filing(int argc, char **argv)
{
    static const ens_command group = {"filing", "list|show|prefer ... [--store DB]",
                                      "list      list what customs have registered\n"
                                      "show      show a filing and what was told of it\n"
                                      "prefer    put down what a party wants to be told",
                                      NULL, 0};
    static const ens_subcommand subs[] = {{"list", run_list}, {"show", run_show}, {"prefer", run_prefer}};
    return ens__command_dispatch(&group, subs, sizeof subs / sizeof *subs, argc, argv);
}

int ens__cmd_officer(int argc, char **argv)
{
    options o = {0};
    const ens_option table[] = {
        STORE_OPTION(o),
        {"text", 0, "TEXT", "what the trader is asked, in an IE3Q02", NULL, &o.text, NULL},
    };
    const ens_command command = {
        "officer", "ORDER MRN [--text TEXT] [--store DB]",
        "Orders what an officer of customs decides about a filing; the access point that serves the store does it\n"
        "within a second. The orders:\n"
        "ask-information, ask-amendment (IE3Q02), ask-screening (IE3Q03), do-not-load (IE3Q01), complete (IE3N03),\n"
        "start and relate (what waits for other filings goes on), control (IE3N08 once it has arrived), announce\n"
        "(IE3N09), present, tell-incomplete (IE3N02, IE3N11).",
        table, sizeof table / sizeof *table};
    return run(&command, &o, true, order, argc, argv);
}
