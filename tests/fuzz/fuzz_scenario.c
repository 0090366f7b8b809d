/* Scenarios: a file is refused with words, or every rule of it that fits gives what may be done. */
#include "sti/scenario/scenario.h"
#include "tests/fuzz/target.h"

#include "as4/ens/writer.h"
#include "as4/payload/payload.h"
#include "engine/base/report.h"

static const ens_doc *document;
static ens_arena arena;

/* make_document reads a skeleton, once. */
static void make_document(void)
{
    static ens__payload_ctx *ctx;
    ens_buf text;
    ens_document_facts facts = {0};
    ens_report *report = ens_report_new();
    ens_buf_init(&text, NULL, 0, (size_t)1 << 20);
    ens_arena_init(&arena, (size_t)1 << 20);
    ctx = ens__payload_ctx_new();
    ENS_HOLDS(ctx && report);
    ENS_HOLDS(ens__skeleton_write(&(ens_skeleton){.message = "IE3F26", .lrn = "L-TWICE"}, &text, NULL) == ENS_OK);
    char *kept = ens_arena_text(&arena, ens_buf_slice(&text));
    ens__document_check(ctx, ens_str(kept), &(ens__payload_options){.whole = true}, &arena, &facts, report);
    ENS_HOLDS(facts.elements != NULL);
    document = facts.elements;
    ens_report_free(report);
    ens_buf_free(&text);
}

static void ask(const ens_scenarios *s, const char *action, const ens_filing *filing)
{
    ens_cue cue;
    const ens__cue_question q = {ens_str(action), ENS_LIT("FR1"), document, filing};
    if (!ens__scenarios_cue(s, &q, &cue))
        return;
    ENS_HOLDS(cue.num_acts <= ENS_CUE_ACTS && cue.scenario && cue.scene);
    ENS_HOLDS(strlen(cue.scenario) < ENS_FILING_NAME && strlen(cue.scene) < ENS_FILING_NAME);
    ENS_HOLDS((unsigned)cue.answer <= ENS_CUE_SILENT && cue.after_ms <= 3600000);
    ENS_HOLDS(!filing || !filing->scenario[0] || strcmp(filing->scenario, cue.scenario) == 0);
    for (unsigned i = 0; i < cue.num_acts; i++)
        ENS_HOLDS(cue.act[i].kind < ENS_ORDERS_OF_OFFICERS && cue.act[i].delay >= 0);
}

ENS_FUZZ_TARGET(scenario)
{
    ens_scenarios *s = NULL;
    ens_err err = {0};
    const ens_filing filing = {.action = "IE3F26", .lrn = "L-TWICE", .scenario = "asked-twice", .scene = "asked"};
    if (!document)
        make_document();
    ens_code code = ens__scenarios_parse(ens_bytes(data, size), &s, &err);
    ENS_HOLDS((code == ENS_OK) == (s != NULL));
    ENS_HOLDS(code == ENS_OK || err.n > 0);
    if (s) {
        ask(s, "IE3F26", NULL);
        ask(s, "IE3R02", &filing);
    }
    ens__scenarios_free(s);
}
