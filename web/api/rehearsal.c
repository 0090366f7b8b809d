/* What is rehearsed: faults and scenarios, put up and taken down while it serves. */
#include "web/api/parts.h"

#include <stdio.h>

static bool may_rehearse(const ens_api *api, ens_web_answer *a)
{
    if (!api->rehearsal)
        ens__api_refuse(a, 409, "faults and scenarios are for profile rehearsal",
                        "profile: rehearsal in the configuration");
    return api->rehearsal;
}

static bool read_name(const ens_web_request *r, ens_web_answer *a, char out[ENS_BOARD_NAME])
{
    bool good = r->capture[0].len < ENS_BOARD_NAME;
    snprintf(out, ENS_BOARD_NAME, "%.*s", good ? (int)r->capture[0].len : 0, (const char *)r->capture[0].p);
    if (!good)
        ens__api_refuse(a, 422, "a name has no more than 64 octets", NULL);
    return good;
}

static void fault_json(void *user, const ens__board_fault_row *f)
{
    ens_json *j = user;
    const char *const names[] = {"party", "action", "message_id", "lrn", "code", "subcode"};
    const char *const texts[] = {f->party, f->action, f->message_id, f->lrn, f->code, f->subcode};
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "name", f->name);
    ens__json_text(j, "fault", ens__fault_name(f->kind));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ens__json_some(j, names[i], ens_str(texts[i]));
    ens__json_number(j, "seconds", f->seconds);
    ens__json_number(j, "times", f->times);
    ens__json_close(j, '}');
}

static void list_faults(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "faults", '[');
    ens__board_each_fault(api->board, ens__api_space(r), fault_json, &j);
    ens__json_close(&j, ']');
    ens__json_close(&j, '}');
}

static bool read_number(const ens_web_request *r, const char *name, unsigned max, unsigned *out)
{
    const json_t *value = json_object_get(r->json, name);
    json_int_t n = json_integer_value(value);
    *out = n > 0 ? (unsigned)n : 0;
    return !value || (json_is_integer(value) && n >= 0 && n <= (json_int_t)max);
}

static bool copy_text(const ens_web_request *r, const char *name, char *out, size_t size)
{
    bool good = true;
    const char *text = ens__api_text(r, name, size - 1, &good);
    snprintf(out, size, "%s", text ? text : "");
    return good;
}

static bool read_fault(const ens_web_request *r, ens__board_fault_row *f)
{
    bool good = true;
    const char *kind = ens__api_text(r, "fault", 16, &good);
    for (int i = ENS_FAULT_REFUSE; kind && i <= ENS_FAULT_DUP; i++)
        if (strcmp(kind, ens__fault_name((ens_fault_kind)i)) == 0)
            f->kind = (ens_fault_kind)i;
    return good && f->kind && copy_text(r, "party", f->party, sizeof f->party) &&
           copy_text(r, "action", f->action, sizeof f->action) &&
           copy_text(r, "message_id", f->message_id, sizeof f->message_id) &&
           copy_text(r, "lrn", f->lrn, sizeof f->lrn) && copy_text(r, "code", f->code, sizeof f->code) &&
           copy_text(r, "subcode", f->subcode, sizeof f->subcode) &&
           read_number(r, "seconds", ENS_FAULT_SLOW_MAX, &f->seconds) && read_number(r, "times", 1000000, &f->times);
}

static void put_fault(void *room, ens_web_request *r, ens_web_answer *a)
{
    static const char *const members[] = {"fault", "code",   "subcode",    "seconds", "times",
                                          "party", "action", "message_id", "lrn",     NULL};
    ens_api *api = room;
    ens__board_fault_row f = {0};
    ens_err err = {0};
    if (!may_rehearse(api, a) || !read_name(r, a, f.name) || !ens__api_body(r, a, members))
        return;
    snprintf(f.space, sizeof f.space, "%s", ens__api_space(r));
    if (!read_fault(r, &f)) {
        ens__api_refuse(a, 422,
                        "fault is refuse, lost, cut, tls, slow, digest, unsigned, foreign or dup; patterns are texts, "
                        "seconds 1 to 60, times a number",
                        NULL);
        return;
    }
    if (ens__board_put_fault(api->board, &f, &err) != ENS_OK) {
        ens__web_fail(a, "The fault can't be put up", &err);
        return;
    }
    ens_json j = ens__web_begin_json(a);
    fault_json(&j, &f);
}

static void end_drop(bool found, ens_web_answer *a)
{
    if (found)
        a->status = 204;
    else
        ens__api_refuse(a, 404, "nothing of that name is up in this space", NULL);
}

static void drop_fault(void *room, ens_web_request *r, ens_web_answer *a)
{
    char name[ENS_BOARD_NAME];
    if (read_name(r, a, name))
        end_drop(ens__board_drop_fault(((ens_api *)room)->board, ens__api_space(r), name), a);
}

static void scenarios_json(void *user, const char *name, ens_slice yaml)
{
    ens_json *j = user;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "name", name);
    ens__json_slice(j, "yaml", yaml);
    ens__json_close(j, '}');
}

static void list_scenarios(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_open(&j, "scenarios", '[');
    ens__board_each_scenarios(api->board, ens__api_space(r), scenarios_json, &j);
    ens__json_close(&j, ']');
    ens__json_close(&j, '}');
}

static void put_scenarios(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    char name[ENS_BOARD_NAME];
    ens_err err = {0};
    if (!may_rehearse(api, a) || !read_name(r, a, name))
        return;
    if (!ens__is_utf8(r->body)) {
        ens__api_refuse(a, 422, "scenarios are a file of YAML, as docs/scenarios.md has it", NULL);
        return;
    }
    if (ens__board_put_scenarios(api->board, ens__api_space(r), name, r->body, &err) != ENS_OK) {
        ens__web_fail_with(a, 422, "The scenarios can't be put up", &err);
        return;
    }
    ens_json j = ens__web_begin_json(a);
    scenarios_json(&j, name, r->body);
}

static void drop_scenarios(void *room, ens_web_request *r, ens_web_answer *a)
{
    char name[ENS_BOARD_NAME];
    if (read_name(r, a, name))
        end_drop(ens__board_drop_scenarios(((ens_api *)room)->board, ens__api_space(r), name), a);
}

static const ens_api_route rows[] = {
    {{"GET", "/faults", list_faults, 0, 0},
     "listFaults",
     "rehearsal",
     "Lists the faults that are put up.",
     NULL,
     NULL,
     "application/json=Faults",
     200,
     NULL},
    {{"PUT", "/faults/{name}", put_fault, 0, 0},
     "putFault",
     "rehearsal",
     "Puts a fault up: whatever message fits it is refused, its receipt lost … as docs/serve.md has it. In this "
     "process, "
     "until it ends.",
     NULL,
     "application/json=FaultIn",
     "application/json=Fault",
     200,
     "409|422"},
    {{"DELETE", "/faults/{name}", drop_fault, 0, 0},
     "dropFault",
     "rehearsal",
     "Takes a fault down.",
     NULL,
     NULL,
     NULL,
     204,
     "404|422"},
    {{"GET", "/scenarios", list_scenarios, 0, 0},
     "listScenarios",
     "rehearsal",
     "Lists the scenarios that are put up.",
     NULL,
     NULL,
     "application/json=Scenarios",
     200,
     NULL},
    {{"PUT", "/scenarios/{name}", put_scenarios, ENS_SCENARIO_FILE_MAX, 0},
     "putScenarios",
     "rehearsal",
     "Puts scenarios up, as a file of YAML has them (docs/scenarios.md). In this process, until it ends.",
     NULL,
     "application/yaml=-",
     "application/json=ScenarioFile",
     200,
     "409|413|422"},
    {{"DELETE", "/scenarios/{name}", drop_scenarios, 0, 0},
     "dropScenarios",
     "rehearsal",
     "Takes scenarios down.",
     NULL,
     NULL,
     NULL,
     204,
     "404|422"},
};

ens_api_routes ens__api_of_rehearsal(void)
{
    return (ens_api_routes){rows, sizeof rows / sizeof *rows};
}
