/* What a Domibus would answer, by what was found: its codes, and its order, which is not that of the ICD. */
#include "as4/domibus.h"
#include "engine/base/report.h"
#include "tests/suite.h"

#include <string.h>

typedef struct {
    const char *id, *detail;
} fault;

static void answers_in_its_own_order(void)
{
    static const struct {
        fault faults[3];
        const char *code; /* NULL: it takes the message */
        const char *detail;
        bool sealed, refers;
    } rows[] = {
        {{{"digest.body", ""}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"digest.body", ""}, {"registry.party", ""}}, "EBMS:0003", "No matching party found", false, true},
        {{{"coverage.body", ""}, {"digest.part", ""}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"coverage.body", ""}, {"payload.inflate", ""}}, "EBMS:0103", "These policy", true, true},
        {{{"rules.action", ""}, {"mime.line-ends", ""}}, "EBMS:0004", "unknown error occurred", false, false},
        {{{"mime.end", ""}}, "EBMS:0103", "These policy", true, true},
        {{{"soap.version", ""}, {"payload.part", ""}}, "EBMS:0011", "No Attachment found", true, true},
        {{{"soap.version", ""}}, "EBMS:0201", "Could not generate Receipt", true, true},
        {{{"header.messaging", "the SOAP Header has 0 eb:Messaging blocks, not one"}},
         "EBMS:0009",
         "Messaging header is empty!",
         false,
         false},
        {{{"header.messaging", "there is no SOAP Header"}}, "EBMS:0009", "Messaging header is empty!", false, false},
        {{{"header.messaging", "the SOAP Header has 2 eb:Messaging blocks, not one"}},
         "EBMS:0103",
         "These policy",
         true,
         false},
        {{{"token.timestamp", ""}, {"payload.inflate", ""}}, "EBMS:0103", "Received Timestamp", true, true},
        {{{"rules.part", "part 1: CompressionType is \"x\""}}, "EBMS:0052", "application/gzip", true, true},
        {{{"rules.part", "part 1 has no property MimeType"}}, "EBMS:0303", "mime type", true, true},
        {{{"rules.part", "parts 1 and 2 are the same MIME part"}}, NULL, NULL, false, false},
        {{{"registry.account", ""}}, NULL, NULL, false, false},
        {{{"binding.eori", ""}}, NULL, NULL, false, false},
        {{{"header.schema", ""}, {"chain.path", ""}}, "EBMS:0004", "unknown error occurred", false, true},
        {{{"header.schema", ""}}, NULL, NULL, false, false},
    };
    ens_report *report = ens_report_new();
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens__domibus_word word = {0};
        ens__report_reset(report);
        for (const fault *f = rows[i].faults; f->id && f < rows[i].faults + 3; f++)
            ens__failf(report, f->id, "rule", "hint", "%s", f->detail);
        bool refused = ens__domibus_judge(report, &word);
        CHECK_ROW(refused == (rows[i].code != NULL), "row %u: %d", i, refused);
        if (refused && rows[i].code)
            CHECK_ROW(strcmp(word.code, rows[i].code) == 0 && strstr(word.detail, rows[i].detail) &&
                          word.sealed == rows[i].sealed && word.refers == rows[i].refers,
                      "row %u: %s %s", i, word.code, word.detail);
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
    {"passes over faults of the document", passes_over_documents},
    {NULL, NULL},
};
ENS_SUITE("as4/domibus", cases)
