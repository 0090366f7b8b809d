/* Scenarios: read strictly, the first rule that fits counts, and a filing goes from scene to scene. */
#include "sti/scenario/scenario.h"
#include "tests/sti/customs_desk.h"

#include "as4/ens/elements.h"
#include "as4/payload/payload.h"
#include "tests/as4/ens_judged.h"
#include "tests/suite.h"

#include <stdio.h>

#define RULES "scenarios:\n  - name: n\n    rules:\n      - "

static void refuses_what_it_does_not_know(void)
{
    static const struct {
        const char *yaml;
        ens_code code;
        const char *words;
    } rows[] = {
        {RULES "{action: IE3F26, answer: IE3N99}\n", ENS_OK, NULL},
        {RULES "{acton: IE3F26}\n", ENS_ESYNTAX, "line 4, column 10: Unexpected key: acton"},
        {RULES "{answer: IE3R01}\n", ENS_ESYNTAX, "line 4"},
        {RULES "{then: [{order: dance}]}\n", ENS_ESYNTAX, "line 4"},
        {RULES "{document: [{value: x}]}\n", ENS_ESYNTAX, "path"},
        {RULES "{action: [a]}\n", ENS_ESYNTAX, "line 4"},
        {RULES "{then: [{order: complete, after: soon}]}\n", ENS_EPOLICY, "n, rule 1"},
        {RULES "{delay: 2h}\n", ENS_EPOLICY, "an hour"},
        {RULES "{code: \"72\"}\n", ENS_EPOLICY, "belong to the answers"},
        {RULES "{answer: IE3N01, then: [{order: complete}]}\n", ENS_EPOLICY, "leads to nothing"},
        {"scenarios: []\n", ENS_ESYNTAX, ""},
        {"", ENS_ESYNTAX, ""},
        {"scenarios: &a [*a]\n", ENS_ESYNTAX, ""},
        {"\t", ENS_ESYNTAX, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_scenarios *s = NULL;
        ens_err err = {0};
        char words[512] = "";
        ens_code code = ens__scenarios_parse(ens_str(rows[i].yaml), &s, &err);
        if (code != ENS_OK)
            ens_err_format(&err, words, sizeof words);
        CHECK_ROW(code == rows[i].code && (!rows[i].words || strstr(words, rows[i].words)), "row %zu: %d, %s", i, code,
                  words);
        ens__scenarios_free(s);
    }
}

static ens_scenarios *parse(const char *yaml)
{
    ens_scenarios *s = NULL;
    ens_err err = {0};
    char words[512];
    ens_code code = ens__scenarios_parse(ens_str(yaml), &s, &err);
    CHECK_ROW(code == ENS_OK, "%s", code ? ens_err_format(&err, words, sizeof words) : "");
    return s;
}

static void the_first_rule_that_fits_counts(void)
{
    ens_scenarios *s =
        parse("scenarios:\n"
              "  - name: first\n"
              "    rules:\n"
              "      - {action: IE3F1*, answer: none}\n"
              "      - {party: \"sys*@FR1\", answer: IE3N99}\n"
              "      - {scene: later, answer: IE3N01}\n"
              "      - {lrn: \"*-X\", document: [{path: /a, value: \"*\"}], answer: none}\n"
              "      - {document: [{path: declarant/identificationNumber, value: \"*9\"}], answer: IE3N01}\n"
              "  - name: second\n"
              "    rules:\n"
              "      - {lrn: \"L*\", next: elsewhere}\n");
    static const struct {
        const char *action, *party, *lrn, *declarant, *scenario, *scene;
        const char *heard; /* scenario that fits; NULL: none */
        ens_cue_answer answer;
    } rows[] = {
        {"IE3F10", "FR1", "L1", "FR1", "", "", "first", ENS_CUE_SILENT},
        {"IE3F26", "sys2@FR1", "L1", "FR1", "", "", "first", ENS_CUE_FORM},
        {"IE3F26", "FR1", "L1", "FR9", "", "", "first", ENS_CUE_LIFE},
        {"IE3F26", "FR1", "L1", "FR1", "", "", "second", ENS_CUE_JUDGE},
        {"IE3F26", "FR1", "M", "FR1", "", "", NULL, ENS_CUE_JUDGE},
        {"IE3A26", "FR1", "L1", "FR1", "first", "later", "first", ENS_CUE_LIFE},
        {"IE3A26", "FR1", "L1", "FR1", "second", "elsewhere", NULL, ENS_CUE_JUDGE},
        {"IE3A26", "FR1", "L1", "FR1", "gone", "start", NULL, ENS_CUE_JUDGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        ens_cue cue = {0};
        ens_filing f = {0};
        snprintf(text, sizeof text,
                 "<%s><LRN>%s</LRN><declarant><identificationNumber>%s</identificationNumber></declarant></%s>",
                 rows[i].action, rows[i].lrn, rows[i].declarant, rows[i].action);
        ens_judged_text(text);
        snprintf(f.scenario, sizeof f.scenario, "%s", rows[i].scenario);
        snprintf(f.scene, sizeof f.scene, "%s", rows[i].scene);
        snprintf(f.lrn, sizeof f.lrn, "%s", rows[i].lrn);
        const ens__cue_question q = {ens_str(rows[i].action), ens_str(rows[i].party), ens_judged_doc(),
                                     *rows[i].scenario ? &f : NULL};
        bool found = ens__scenarios_cue(s, &q, &cue);
        CHECK_ROW(found == (rows[i].heard != NULL) &&
                      (!found || (cue.answer == rows[i].answer && strcmp(cue.scenario, rows[i].heard) == 0)),
                  "row %zu: %s", i, found ? cue.scenario : "none");
    }
    ens__scenarios_free(s);
}

static customs_desk d;

/* send has the scenarios asked before customs take the document. */
static void send(const ens_scenarios *s, desk_document doc, const char *mrn)
{
    ens_cue cue = {0};
    ens_filing f = mrn ? desk_filing(&d, mrn) : (ens_filing){0};
    char text[512];
    snprintf(text, sizeof text, "<%s><LRN>%s</LRN></%s>", doc.action, doc.lrn ? doc.lrn : "", doc.action);
    ens_judged_text(text);
    const ens__cue_question q = {ens_str(doc.action), ENS_LIT(DESK_TRADER), ens_judged_doc(), mrn ? &f : NULL};
    doc.cue = ens__scenarios_cue(s, &q, &cue) ? &cue : NULL;
    doc.mrn = mrn;
    desk_send(&d, &doc);
}

static void a_filing_goes_from_scene_to_scene(void)
{
    char mrn[20], reference[20];
    ens_scenarios *s = parse("scenarios:\n"
                             "  - name: asked-twice\n"
                             "    rules:\n"
                             "      - {action: IE3F26, lrn: \"*-TWICE\", then: [{order: ask-information, after: 10m}],"
                             " next: asked}\n"
                             "      - {scene: asked, action: IE3R02, then: [{order: ask-screening}], next: again}\n"
                             "      - {scene: again, action: IE3Q04, answer: IE3N01, code: \"91\", text: never}\n");
    desk_open(&d, 0);
    desk_prefers(&d, DESK_TRADER, "IE3N03");
    send(s, (desk_document){.action = "IE3F26", .lrn = "L-TWICE", .number = "N"}, NULL);
    snprintf(mrn, sizeof mrn, "%s", desk_text(desk_heard(&d, "IE3R01", NULL), "MRN"));
    desk_wait(&d, 599);
    CHECK_ROW(!desk_heard(&d, "IE3Q02", NULL) && !desk_heard(&d, "IE3N03", NULL), "%s", desk_said(&d));
    desk_wait(&d, 1);
    snprintf(reference, sizeof reference, "%s", desk_text(desk_heard(&d, "IE3Q02", NULL), "referralRequestReference"));
    CHECK_ROW(*reference, "%s", desk_said(&d));
    send(s, (desk_document){.action = "IE3R02", .reference = reference}, mrn);
    desk_wait(&d, 0);
    CHECK_ROW(desk_heard(&d, "IE3Q03", NULL) && !desk_heard(&d, "IE3N03", NULL), "%s", desk_said(&d));
    CU_ASSERT_STRING_EQUAL(desk_filing(&d, mrn).scene, "again");
    send(s, (desk_document){.action = "IE3Q04"}, mrn);
    CU_ASSERT_STRING_EQUAL(desk_text(desk_heard(&d, "IE3N01", NULL), "validationCode"), "91");
    CU_ASSERT_STRING_EQUAL(desk_text(desk_heard(&d, "IE3N01", NULL), "description"), "never");
    CU_ASSERT_EQUAL(desk_filing(&d, mrn).state, ENS_FILING_PENDING_LINKING);
    desk_close(&d);
    ens__scenarios_free(s);
}

static const ens_case cases[] = {
    {"refuses what it does not know", refuses_what_it_does_not_know},
    {"the first rule that fits counts", the_first_rule_that_fits_counts},
    {"a filing goes from scene to scene", a_filing_goes_from_scene_to_scene},
    {NULL, NULL},
};
ENS_SUITE("sti/scenario", cases)
