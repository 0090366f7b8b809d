#include "as4/ens/writer.h"
#include "fixtures/payload.h"
#include "tests/as4/ens_judged.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ROOM ((size_t)4 << 20)

static const char *skeleton(const char *message, bool printed, ens_buf *out)
{
    const ens_skeleton s = {.message = message, .from = "FR73282932000074", .at = 1790000000, .printed = printed};
    out->len = 0;
    if (ens__skeleton_write(&s, out, NULL) != ENS_OK)
        return NULL;
    ens_buf_add(out, "", 1);
    return (const char *)out->p;
}

static void writes_a_valid_skeleton_of_every_message(void)
{
    ens_buf out;
    unsigned num = 0;
    ens_buf_init(&out, NULL, 0, ROOM);
    for (uint32_t i = 0; i < ens__tables.num_messages; i++)
        for (unsigned printed = 0; printed < 2; printed++) {
            const char *message = ens__tables_text(&ens__tables, ens__tables.message[i].text);
            const char *text = skeleton(message, printed, &out);
            const ens_report *r = text ? ens_judged_text(text) : NULL;
            CHECK_ROW(r && ens_report_verdict(r) == ENS_ACCEPTED, "%s: %s", message, r ? ens_judged_tell(r) : "none");
            CHECK_ROW(r && ens_judged_find(r, "ens.structure", ENS_PASS), "%s was not judged", message);
            num++;
        }
    CU_ASSERT_EQUAL(num, 2 * 84);
    ens_buf_free(&out);
}

static void refuses_what_the_tables_do_not_have(void)
{
    ens_buf out;
    ens_docwriter w;
    ens_buf_init(&out, NULL, 0, ROOM);
    CU_ASSERT_PTR_NULL(skeleton("IE3F99", false, &out));
    ens__docwriter_begin(&w, NULL, "IE3Q04", false, &out);
    ens__docwriter_leaf(&w, ENS_EL_LRN, ENS_LIT("1"));
    CU_ASSERT_NOT_EQUAL(ens__docwriter_end(&w, NULL), ENS_OK);
    ens__docwriter_begin(&w, NULL, "IE3Q04", false, &out);
    ens__docwriter_leaf(&w, ENS_EL_MRN, ENS_LIT("1"));
    ens__docwriter_leaf(&w, ENS_EL_documentIssueDate, ENS_LIT("1")); /* it belongs before */
    CU_ASSERT_NOT_EQUAL(ens__docwriter_end(&w, NULL), ENS_OK);
    ens_buf_free(&out);
}

static void writes_text_as_xml_wants_it(void)
{
    ens_buf out;
    ens_docwriter w;
    ens_buf_init(&out, NULL, 0, ROOM);
    ens__docwriter_begin(&w, NULL, "IE3N99", false, &out);
    ens__docwriter_leaf(&w, ENS_EL_functionalReference, ENS_LIT("a<b>&\"c"));
    CU_ASSERT_EQUAL(ens__docwriter_end(&w, NULL), ENS_OK);
    ens_buf_add(&out, "", 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr((const char *)out.p, "<functionalReference>a&lt;b&gt;&amp;\"c</functionalReference>"));
    ens_buf_free(&out);
}

/* write_all puts a skeleton of every message, and documents of the fixtures, into a folder. */
static bool write_all(const char *folder)
{
    ens_buf out;
    char path[600];
    bool good = true;
    ens_buf_init(&out, NULL, 0, ROOM);
    for (uint32_t i = 0; i < ens__tables.num_messages + 1; i++) {
        bool filled = i == ens__tables.num_messages;
        const char *message = filled ? "IE3F26" : ens__tables_text(&ens__tables, ens__tables.message[i].text);
        snprintf(path, sizeof path, "%s/%s%s.xml", folder, filled ? "filled-" : "", message);
        out.len = 0;
        if (filled)
            fx_document_write(&(fx_document){.action = message, .attachments = 2, .size = 40000}, &out);
        else if (skeleton(message, false, &out))
            out.len--;
        FILE *f = fopen(path, "w");
        good = good && f && fwrite(out.p, 1, out.len, f) == out.len;
        good = f && fclose(f) == 0 && good;
    }
    ens_buf_free(&out);
    return good;
}

static unsigned count(const char *text, const char *what)
{
    unsigned num = 0;
    for (const char *at = text; (at = strstr(at, what)); at++)
        num++;
    return num;
}

/* The schemas come from a script that shares nothing with the reader but the tables. */
static void keeps_schemas_made_of_the_tables_by_others(void)
{
    char command[2048];
    if (system("command -v python3 >/dev/null 2>&1") != 0) {
        ens_skip("python3, which makes the schemas, is not on this machine");
        return;
    }
    if (!fixture_folder())
        return;
    mkdir(fixture_path("ens-xsd"), 0777);
    snprintf(command, sizeof command, "python3 '%s/tests/as4/ens_xsd.py' '%s/as4/ens/data/messages.tsv' '%s'",
             ENSIGN_SOURCE, ENSIGN_SOURCE, fixture_path("ens-xsd"));
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
    CU_ASSERT_FATAL(write_all(fixture_path("ens-xsd")));
    char folder[512];
    snprintf(folder, sizeof folder, "%s", fixture_path("ens-xsd"));
    snprintf(command, sizeof command, "'%s' ens check --json --xsd '%s' '%s'/*.xml", ENSIGN_COMMAND, folder, folder);
    FILE *f = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    char *told = malloc(ROOM);
    size_t len = told ? fread(told, 1, ROOM - 1, f) : 0;
    CU_ASSERT_EQUAL(pclose(f), 0);
    if (told) {
        told[len] = '\0';
        unsigned valid = count(told, "\"id\":\"payload.schema\",\"outcome\":\"pass\"");
        CHECK_ROW(valid == 85, "%u documents are valid", valid);
    }
    free(told);
}

static const ens_case cases[] = {
    {"writes a valid skeleton of every message", writes_a_valid_skeleton_of_every_message},
    {"refuses what the tables do not have", refuses_what_the_tables_do_not_have},
    {"writes text as XML wants it", writes_text_as_xml_wants_it},
    {"keeps schemas that others make of the tables", keeps_schemas_made_of_the_tables_by_others},
    {NULL, NULL},
};
ENS_SUITE("as4/ens/writer", cases)
