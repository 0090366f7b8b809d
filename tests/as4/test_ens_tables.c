#include "as4/ens/tables.h"
#include "engine/base/file.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <sys/stat.h>

#define HEAD "message\tpath\tmin\tmax\tformat\tcodelist\trules\n"

static bool put(const char *name, const char *text)
{
    mkdir(fixture_path("ens-tables"), 0777);
    return ens__file_write(fixture_path(name), ens_str(text), 0600, NULL) == ENS_OK;
}

static void holds_every_message(void)
{
    CU_ASSERT_EQUAL(ens__tables.num_messages, 84);
    CU_ASSERT_EQUAL(ens__tables.num_rows - 1, 11461 + 84 + 180); /* elements, roots, and a DateTime in each date */
    const ens_table_message *m = ens__tables_message(&ens__tables, ENS_LIT("IE3F26"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_STRING_EQUAL(ens__tables_text(&ens__tables, m->text), "IE3F26");
    CU_ASSERT_PTR_NULL(ens__tables_message(&ens__tables, ENS_LIT("LRN")));
    CU_ASSERT_PTR_NULL(ens__tables_message(&ens__tables, ENS_LIT("")));
    CU_ASSERT_STRING_EQUAL(ens_tables_tell(NULL).version, "2.02");
}

static void finds_codes_in_their_lists_alone(void)
{
    uint16_t modes = ens__tables_list(&ens__tables, "CL018"), none = ens__tables_list(&ens__tables, "CL244");
    CU_ASSERT_PTR_NOT_NULL(ens__tables_code(&ens__tables, modes, ENS_LIT("4")));
    CU_ASSERT_PTR_NULL(ens__tables_code(&ens__tables, modes, ENS_LIT("FR")));
    CU_ASSERT_EQUAL(ens__tables.list[none].num, 0);
    CU_ASSERT_EQUAL(ens__tables_list(&ens__tables, "CL999"), 0);
}

static void reads_what_it_was_made_of(void)
{
    ens_tables *t = NULL;
    CU_ASSERT_EQUAL_FATAL(ens_tables_open(ENSIGN_SOURCE "/as4/ens/data", NULL, &t, NULL), ENS_OK);
    CU_ASSERT_EQUAL(t->num_rows, ens__tables.num_rows);
    CU_ASSERT_EQUAL(t->num_citations, ens__tables.num_citations);
    CU_ASSERT_EQUAL(t->num_codes, ens__tables.num_codes);
    bool same = true;
    for (uint32_t i = 0; same && i < t->num_rows; i++)
        same = t->row[i].name == ens__tables.row[i].name && t->row[i].below == ens__tables.row[i].below &&
               t->row[i].required == ens__tables.row[i].required;
    CU_ASSERT(same);
    ens_tables_free(t);
}

static void reads_paths_in_full_and_newer_elements(void)
{
    static const char newer[] = "# version 3\n" HEAD "IE3F99\tLRN\t1\t1\tan..22\t-\t-\nIE3F99\tnovelty\t0\t1\t-\t-\t-\n"
                                "IE3F99\tnovelty/address\t1\t2\tn..3,1\tCL018\tR3002 R9999\n";
    ens_tables *t = NULL;
    if (!fixture_folder())
        return;
    CU_ASSERT_FATAL(put("ens-tables/messages.tsv", newer));
    CU_ASSERT_EQUAL_FATAL(ens_tables_open(fixture_path("ens-tables"), NULL, &t, NULL), ENS_OK);
    const ens_table_message *m = ens__tables_message(t, ENS_LIT("IE3F99"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_PTR_NULL(ens__tables_message(t, ENS_LIT("IE3F26")));
    CU_ASSERT_EQUAL(t->row[m->row].below, 3);
    CU_ASSERT_EQUAL(ens__tables_name(t, ENS_LIT("address"), NULL),
                    ens__tables_name(&ens__tables, ENS_LIT("address"), NULL));
    CU_ASSERT_STRING_EQUAL(ens_tables_tell(t).version, "3");
    ens_tables_free(t);
}

static void names_the_line_that_it_cannot_read(void)
{
    static const struct {
        const char *rows, *about;
    } rows[] = {
        {"", "messages.tsv, line 1"},
        {"IE3F99\tLRN\t1\t1\tan..x\t-\t-\n", "messages.tsv, line 2"},
        {"IE3F99\tLRN\t2\t1\tan..2\t-\t-\n", "messages.tsv, line 2"},
        {"IE3F99\tLRN\t1\t1\tan2\t-\t-\nIE3F99\ta/b/c\t1\t1\tan2\t-\t-\n", "messages.tsv, line 3"},
        {"IE3F99\tLRN\t1\t1\tan2\t-\t-\nIE3F98\ta\t1\t1\tan2\t-\t-\nIE3F99\tb\t1\t1\tan2\t-\t-\n",
         "messages.tsv, line 4"},
        {"IE3F99\t\t1\t1\tan2\t-\t-\n", "messages.tsv, line 2"},
    };
    if (!fixture_folder())
        return;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[1024];
        ens_tables *t = NULL;
        ens_err err = {0};
        snprintf(text, sizeof text, "%s%s", HEAD, rows[i].rows);
        CU_ASSERT_FATAL(put("ens-tables/messages.tsv", text));
        CHECK_ROW(ens_tables_open(fixture_path("ens-tables"), NULL, &t, &err) == ENS_ESYNTAX && !t, "row %zu", i);
        CHECK_ROW(strcmp(err.text, rows[i].about) == 0, "row %zu: %s", i, err.text);
    }
    CU_ASSERT_EQUAL(ens_tables_open("/nowhere", NULL, &(ens_tables *){NULL}, NULL), ENS_EIO);
}

static void takes_lists_of_the_user_in_place_of_held_ones(void)
{
    ens_tables *t = NULL;
    if (!fixture_folder())
        return;
    mkdir(fixture_path("ens-lists"), 0777);
    CU_ASSERT_FATAL(put("ens-lists/CL244.tsv", "code\tmeaning\nFRPAR\tParis\n"));
    CU_ASSERT_FATAL(put("ens-lists/more.tsv", "list\tcode\nCL018\t77\nCL999\tx\n"));
    CU_ASSERT_EQUAL_FATAL(ens_tables_open(NULL, fixture_path("ens-lists"), &t, NULL), ENS_OK);
    CU_ASSERT_PTR_NOT_NULL(ens__tables_code(t, ens__tables_list(t, "CL244"), ENS_LIT("FRPAR")));
    CU_ASSERT_PTR_NULL(ens__tables_code(t, ens__tables_list(t, "CL018"), ENS_LIT("4")));
    CU_ASSERT_PTR_NOT_NULL(ens__tables_code(t, ens__tables_list(t, "CL018"), ENS_LIT("77")));
    CU_ASSERT_PTR_NOT_NULL(ens__tables_code(t, ens__tables_list(t, "CL717"), ENS_LIT("FR")));
    CU_ASSERT_PTR_NOT_NULL(ens__tables_message(t, ENS_LIT("IE3F26")));
    ens_tables_free(t);
}

static const ens_case cases[] = {
    {"holds every message", holds_every_message},
    {"finds codes in their lists alone", finds_codes_in_their_lists_alone},
    {"reads what it was made of", reads_what_it_was_made_of},
    {"reads paths in full, and newer elements", reads_paths_in_full_and_newer_elements},
    {"names the line that it cannot read", names_the_line_that_it_cannot_read},
    {"takes lists of the user in place of held ones", takes_lists_of_the_user_in_place_of_held_ones},
    {NULL, NULL},
};
ENS_SUITE("as4/ens/tables", cases)
