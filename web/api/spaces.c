/* Time, and spaces: an EORI whose filings, journal, waits, faults, scenarios and clock are apart from all others, so
 * that tests run side by side. A space is there once it has a clock. */
#include "web/api/parts.h"

#include <stdio.h>

static bool read_row(ens_api *api, const char *space, ens_web_answer *a, ens__clock_row *row, int64_t *base_ms,
                     bool *found)
{
    ens_err err = {0};
    if (ens__clock_find(api->store, space, row, base_ms, found, &err) == ENS_OK)
        return true;
    ens__web_fail(a, "The clocks can't be read", &err);
    return false;
}

static void clock_json(ens_json *j, const ens__clock_row *row, int64_t base_ms)
{
    ens__json_open(j, NULL, '{');
    ens__json_some(j, "space", ens_str(row->space));
    ens__json_time(j, "now", (ens_time)(ens__clock_time(row, base_ms) / 1000));
    ens__json_bool(j, "frozen", row->frozen_ms != 0);
    ens__json_close(j, '}');
}

/* keep_row puts a clock into the store, and has it hold at once. */
static bool keep_row(ens_api *api, const ens__clock_row *row, ens_web_answer *a)
{
    bool changed;
    ens_err err = {0};
    if (ens__store_put_clock(api->store, row, &err) == ENS_OK &&
        ens__clocks_read(api->ground.clocks, api->store, &changed, &err) == ENS_OK)
        return true;
    ens__web_fail(a, "The clock can't be set", &err);
    return false;
}

static void show_clock(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens__clock_row row;
    int64_t base_ms;
    bool found;
    if (!read_row(room, ens__api_space(r), a, &row, &base_ms, &found))
        return;
    ens_json j = ens__web_begin_json(a);
    clock_json(&j, &row, base_ms);
}

static void set_clock(ens_api *api, const ens_web_request *r, ens_web_answer *a,
                      bool (*set)(const ens_web_request *r, ens_web_answer *a, ens__clock_row *row, int64_t base_ms))
{
    ens__clock_row row;
    int64_t base_ms;
    bool found;
    if (!api->rehearsal) {
        ens__api_refuse(a, 409, "the clock is for profile rehearsal to set", "profile: rehearsal in the configuration");
        return;
    }
    if (!read_row(api, ens__api_space(r), a, &row, &base_ms, &found) || !set(r, a, &row, base_ms) ||
        !keep_row(api, &row, a))
        return;
    ens_json j = ens__web_begin_json(a);
    clock_json(&j, &row, base_ms);
}

static bool advance(const ens_web_request *r, ens_web_answer *a, ens__clock_row *row, int64_t base_ms)
{
    int64_t by = 0;
    bool good = true;
    const char *text = ens__api_text(r, "by", 64, &good);
    (void)base_ms;
    if (!good || !text || !ens__duration_read(ens_str(text), &by)) {
        ens__api_refuse(a, 422, "by is how long: 90d, 36h, 15m, 30s, or P1DT2H", NULL);
        return false;
    }
    ens__clock_advance(row, by);
    if (ens__clock_time(row, base_ms) / 1000 <= ENS_API_TIME_MAX)
        return true;
    ens__api_refuse(a, 422, "the clock would be behind the year 9999", NULL);
    return false;
}

static bool freeze(const ens_web_request *r, ens_web_answer *a, ens__clock_row *row, int64_t base_ms)
{
    ens_time at = 0;
    bool good = true;
    const char *text = ens__api_text(r, "at", 64, &good);
    if (!good || (text && ens_time_parse(ens_str(text), &at, NULL) != ENS_OK)) {
        ens__api_refuse(a, 422, "at is a time (RFC 3339), or left out for now", NULL);
        return false;
    }
    ens__clock_freeze(row, base_ms, text ? at * 1000 : ens__clock_time(row, base_ms));
    return true;
}

static bool go_on(const ens_web_request *r, ens_web_answer *a, ens__clock_row *row, int64_t base_ms)
{
    (void)r;
    (void)a;
    ens__clock_run(row, base_ms);
    return true;
}

static void advance_clock(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"by", NULL};
    if (ens__api_body(r, a, members))
        set_clock(room, r, a, advance);
}

static void freeze_clock(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"at", NULL};
    if (!r->body.len || ens__api_body(r, a, members))
        set_clock(room, r, a, freeze);
}

static void run_clock(void *room, ens_web_request *r, ens_web_answer *a)
{
    set_clock(room, r, a, go_on);
}

/* ---- spaces ---- */

static void space_json(ens_json *j, const ens_api *api, const char *name)
{
    uint64_t since = 0;
    if (ens__store_space_since(api->store, ens_str(name), &since, NULL) != ENS_OK)
        since = 0;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "space", name);
    ens__json_time(j, "now", (ens_time)(ens__clocks_space_now_ms(api->ground.clocks, name) / 1000));
    ens__json_number(j, "since", since);
    ens__json_close(j, '}');
}

static void list_spaces(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    char name[ENS_FILING_SPACE + 1];
    (void)r;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "spaces", '[');
    for (size_t i = 0; ens__clocks_space(api->ground.clocks, i, name); i++)
        space_json(&j, api, name);
    ens__json_close(&j, ']');
    ens__json_close(&j, '}');
}

static bool read_space(const ens_api *api, const ens_web_request *r, ens_web_answer *a, char out[ENS_FILING_SPACE + 1])
{
    if (!ens__api_is_space(r->capture[0])) {
        ens__api_refuse(a, 422, "a space is named by an EORI: two capitals, and up to 15 letters and digits", NULL);
        return false;
    }
    if (!api->rehearsal) {
        ens__api_refuse(a, 409, "spaces are for profile rehearsal", "profile: rehearsal in the configuration");
        return false;
    }
    snprintf(out, ENS_FILING_SPACE + 1, "%.*s", (int)r->capture[0].len, (const char *)r->capture[0].p);
    return true;
}

static void put_space(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    char name[ENS_FILING_SPACE + 1];
    ens__clock_row row;
    int64_t base_ms;
    bool found;
    if (!read_space(api, r, a, name) || !read_row(api, name, a, &row, &base_ms, &found) ||
        (!found && !keep_row(api, &row, a)))
        return;
    ens_json j = ens__web_begin_json(a);
    space_json(&j, api, name);
}

static void reset_space(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens__clock_row row = {0};
    ens_err err = {0};
    if (!read_space(api, r, a, row.space))
        return;
    if (ens__store_reset_space(api->store, r->capture[0], &err) != ENS_OK) {
        ens__web_fail(a, "The space can't be reset", &err);
        return;
    }
    ens__board_clear(api->board, row.space);
    if (!keep_row(api, &row, a))
        return;
    ens_json j = ens__web_begin_json(a);
    space_json(&j, api, row.space);
}

static const ens_api_route rows[] = {
    {{"GET", "/clock", show_clock, 0, 0},
     "showClock",
     "clock",
     "Tells what time it is for customs, filings, certificates and lists.",
     NULL,
     NULL,
     "application/json=Clock",
     200,
     NULL},
    {{"POST", "/clock/advance", advance_clock, 0, 0},
     "advanceClock",
     "clock",
     "Puts the clock on: what is due then is done within a second.",
     NULL,
     "application/json=Advance",
     "application/json=Clock",
     200,
     "409|422"},
    {{"POST", "/clock/freeze", freeze_clock, 0, 0},
     "freezeClock",
     "clock",
     "Stops the clock, now or at a time.",
     NULL,
     "application/json=Freeze",
     "application/json=Clock",
     200,
     "409|422"},
    {{"POST", "/clock/run", run_clock, 0, 0},
     "runClock",
     "clock",
     "Lets the clock run on from where it stands.",
     NULL,
     NULL,
     "application/json=Clock",
     200,
     "409"},
    {{"GET", "/spaces", list_spaces, 0, 0},
     "listSpaces",
     "clock",
     "Lists the spaces that there are.",
     NULL,
     NULL,
     "application/json=Spaces",
     200,
     NULL},
    {{"PUT", "/spaces/{space}", put_space, 0, 0},
     "putSpace",
     "clock",
     "Makes a space of an EORI, unless there is one: its filings are apart from then on.",
     NULL,
     NULL,
     "application/json=Space",
     200,
     "409|422"},
    {{"POST", "/spaces/{space}/reset", reset_space, 0, 0},
     "resetSpace",
     "clock",
     "Begins a space anew: filings, references, faults, scenarios, what is due and what waits to be sent are "
     "forgotten, its "
     "journal begins here, its clock runs.",
     NULL,
     NULL,
     "application/json=Space",
     200,
     "409|422"},
};

ens_api_routes ens__api_of_spaces(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
