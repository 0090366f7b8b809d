/* What a Domibus would answer, by what was found: its codes, and its order, which is not that of the ICD. */
#include "as4/domibus.h"
#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"
#include "as4/told.h"
#include "engine/base/report.h"
#include "tests/suite.h"

#include <string.h>

typedef struct {
    const char *id;
    const char *told; /* NULL: by another wording */
} fault;

static void answers_in_its_own_order(void)
{
    static const struct {
        fault faults[3];
        const char *code; /* NULL: it takes the message */
        const char *detail;
        bool sealed, refers;
    } rows[] = {
        {{{"digest.body", NULL}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"digest.body", NULL}, {"registry.party", NULL}}, "EBMS:0003", "No matching party found", false, true},
        {{{"coverage.body", NULL}, {"digest.part", NULL}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"coverage.body", NULL}, {"payload.inflate", NULL}}, "EBMS:0103", "These policy", true, true},
        {{{"rules.action", NULL}, {"mime.line-ends", NULL}}, "EBMS:0004", "unknown error occurred", false, false},
        {{{"mime.end", NULL}}, "EBMS:0103", "These policy", true, true},
        {{{"soap.version", NULL}, {"payload.part", NULL}}, "EBMS:0011", "No Attachment found", true, true},
        {{{"soap.version", NULL}}, "EBMS:0201", "Could not generate Receipt", true, true},
        {{{"header.messaging", ENS_TOLD_NO_MESSAGING}}, "EBMS:0009", "Messaging header is empty!", false, false},
        {{{"header.messaging", ENS_TOLD_NO_HEADER}}, "EBMS:0009", "Messaging header is empty!", false, false},
        {{{"header.messaging", NULL}}, "EBMS:0103", "These policy", true, false},
        {{{"token.timestamp", NULL}, {"payload.inflate", NULL}}, "EBMS:0103", "Received Timestamp", true, true},
        {{{"rules.part", ENS_TOLD_COMPRESSION}}, "EBMS:0052", "application/gzip", true, true},
        {{{"rules.part", ENS_TOLD_UNTYPED}}, "EBMS:0303", "mime type", true, true},
        {{{"rules.part", NULL}}, NULL, NULL, false, false},
        {{{"registry.account", NULL}}, NULL, NULL, false, false},
        {{{"binding.eori", NULL}}, NULL, NULL, false, false},
        {{{"header.schema", NULL}, {"chain.path", NULL}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"header.schema", NULL}}, NULL, NULL, false, false},
    };
    ens_report *report = ens_report_new();
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens__domibus_word word = {0};
        ens__report_reset(report);
        for (const fault *f = rows[i].faults; f->id && f < rows[i].faults + 3; f++)
            ens__failf(report, f->id, "rule", "hint", "0 eb:Messaging, CompressionType")->seen = f->told;
        bool refused = ens__domibus_judge(report, &word);
        CHECK_ROW(refused == (rows[i].code != NULL), "row %u: %d", i, refused);
        if (refused && rows[i].code)
            CHECK_ROW(strcmp(word.code, rows[i].code) == 0 && strstr(word.detail, rows[i].detail) &&
                          word.sealed == rows[i].sealed && word.refers == rows[i].refers,
                      "row %u: %s %s", i, word.code, word.detail);
    }
    ens_report_free(report);
}

/* Values of a part that are the words of other findings: they are quoted, and change no code. */
static void goes_by_no_words(void)
{
    static const struct {
        const char *href, *mime_type, *charset, *compression, *code;
    } rows[] = {
        {"cid:message", "application/xml", "utf-8", "application/gzip", NULL},
        {"cid:message", "application/xml", "utf-8", "no name of an encoding", "EBMS:0052"},
        {"cid:message", "application/xml", "CompressionType", "application/gzip", NULL},
        {"cid:message", "application/xml", "CompressionType!", "application/gzip", "EBMS:0003"},
        {"cid:message", "application/xml", "no property MimeType", "application/gzip", "EBMS:0003"},
        {"cid:message", "CompressionType", "utf-8", "application/gzip", NULL},
        {"cid:message", "part 1 is outside the message", "utf-8", "application/gzip", NULL},
        {"cid:message", NULL, "utf-8", "application/gzip", "EBMS:0303"},
        {"http://a.example/CompressionType", "application/xml", "utf-8", "application/gzip", "EBMS:0011"},
        {"", "application/xml", "utf-8", "application/gzip", NULL},
    };
    ens_report *report = ens_report_new();
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_slice href = ens_str(rows[i].href);
        ens_header h = {.kind = ENS_KIND_USER_MESSAGE, .has_payload_info = true, .num_parts = 1};
        ens__domibus_word word = {0};
        h.from = (ens_party){.id = ENS_LIT("FR73282932000074"),
                             .type = ENS_LIT(ENS_PARTY_TYPE_EORI),
                             .role = ENS_LIT("Trader"),
                             .num_ids = 1};
        h.to = (ens_party){
            .id = ENS_LIT("sti-taxud"), .type = ENS_LIT(ENS_PARTY_TYPE_AUTH), .role = ENS_LIT("Customs"), .num_ids = 1};
        h.agreement = ENS_LIT("EU-ICS2-TI-V2.0");
        h.agreement_type = ENS_LIT("ics2-interface-version");
        h.service = ENS_LIT("eu_ics2_t2c");
        h.service_type = ENS_LIT("eu-customs-service-type");
        h.action = ENS_LIT("IE3F26");
        h.conversation_id = ENS_LIT("1");
        h.part[0] = (ens_part_info){.href = href,
                                    .cid = ens_starts(href, ENS_LIT("cid:")) ? ens_from(href, 4) : (ens_slice){0},
                                    .mime_type = ens_str(rows[i].mime_type),
                                    .charset = ens_str(rows[i].charset),
                                    .compression = ens_str(rows[i].compression)};
        ens__report_reset(report);
        ens__ics2_judge(&h, &(ens__ics2_options){.at = ENS_TIME_NONE}, report);
        bool refused = ens__domibus_judge(report, &word);
        CHECK_ROW(refused == (rows[i].code != NULL) && (!refused || strcmp(word.code, rows[i].code) == 0), "row %u: %s",
                  i, refused ? word.code : "it takes it");
    }
    ens_report_free(report);
}

/* A fault of the document alone is none of AS4. */
static void passes_over_documents(void)
{
    ens__domibus_word word;
    ens_report *report = ens_report_new();
    ens_finding *f = ens__failf(report, "payload.root", "rule", "hint", "another root");
    f->document_fault = true;
    CU_ASSERT_FALSE(ens__domibus_judge(report, &word));
    ens_report_free(report);
}

static const ens_case cases[] = {
    {"answers in its own order, by its own codes", answers_in_its_own_order},
    {"goes by no words that a message may hold", goes_by_no_words},
    {"passes over faults of the document", passes_over_documents},
    {NULL, NULL},
};
ENS_SUITE("as4/domibus", cases)
