#include "bench/instructions.h"
#include "engine/base/file.h"
#include "engine/xml/reference/libxml.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>

static void prints_what_the_contract_names(void)
{
    static const char *const numbers[] = {"threads",  "ops_per_s", "p50_us",        "p99_us",
                                          "floor_us", "ratio",     "allocs_per_op", "bytes_per_s"};
    const run_result *r = run_bench("--json --seconds 0.01 certs/parse as4/receipt/rsa2048-ens12k-check --threads 1");
    unsigned num = 0;
    CHECK_ROW(r->status == 0, "status %d %s", r->status, r->err);
    for (const char *at = r->out; *at; num++) {
        const char *end = strchr(at, '\n');
        json_t *o = end ? json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, NULL) : NULL;
        const char *name = json_string_value(json_object_get(o, "name"));
        CHECK_ROW(name && (strcmp(name, "certs/parse/rsa2048-ens12k") == 0 ||
                           strcmp(name, "as4/receipt/rsa2048-ens12k-check") == 0),
                  "line %u", num);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
            CHECK_ROW(json_is_number(json_object_get(o, numbers[i])), "%s of %s", numbers[i], name ? name : "?");
        double floor = json_number_value(json_object_get(o, "floor_us")),
               mean = json_number_value(json_object_get(o, "mean_us"));
        double ratio = json_number_value(json_object_get(o, "ratio"));
        CHECK_ROW(mean > 0 && ratio > 0 && ratio * mean > floor * 0.999 && ratio * mean < floor * 1.001,
                  "ratio %f of %s", ratio, name ? name : "?");
        CU_ASSERT_DOUBLE_EQUAL(json_number_value(json_object_get(o, "allocs_per_op")), 0, 0.0);
        json_decref(o);
        at = end ? end + 1 : at + strlen(at);
    }
    CU_ASSERT_EQUAL(num, 2);
}

static void refuses_what_it_cannot_measure(void)
{
    static const char *const rows[][2] = {{"nothing-has-this-name --seconds 0.01", "no operation has that in its name"},
                                          {"--seconds 0", "--seconds"},
                                          {"--threads 0", "--threads"},
                                          {"--size 102401", "--size"},
                                          {"--from /nonexistent", "nonexistent"},
                                          {"--no-such-option", "there is no option"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_bench("%s", rows[i][0]);
        CHECK_ROW(r->status == 2 && strstr(r->err, rows[i][1]), "%s: %d %s", rows[i][0], r->status, r->err);
    }
}

/* Everything that has a place in the report, with names that XML would stumble over. */
static const char kept[] =
    "{\"machine\":{\"processor\":\"A <B> & "
    "\\\"C\\\"\",\"features\":\"avx2\",\"system\":\"Linux\",\"compiler\":\"cc\",\"libraries\":\"l\","
    "\"counters\":\"none & nothing\",\"cores\":2}}\n"
    "{\"name\":\"as4/verify/"
    "rsa2048-ens12k\",\"threads\":1,\"ops_per_s\":20000,\"mean_us\":50,\"p50_us\":49,\"p99_us\":90,\"floor_us\":25,"
    "\"ratio\":0.5,"
    "\"ratio_low\":0.4,\"ratio_high\":0.6,\"allocs_per_op\":0,\"bytes\":12288,\"peak_bytes\":1000000,\"quantiles_us\":["
    "40,50,60]}\n"
    "{\"name\":\"as4/verify/"
    "rsa2048-ens12k-root\",\"threads\":1,\"ops_per_s\":25000,\"mean_us\":40,\"floor_us\":25,\"ratio\":0.625}\n"
    "{\"name\":\"as4/verify/"
    "rsa2048-ens12k\",\"threads\":2,\"ops_per_s\":39000,\"mean_us\":51,\"floor_us\":25,\"ratio\":0.5}\n"
    "{\"name\":\"as4/verify/"
    "rsa2048-ens1m\",\"threads\":1,\"ops_per_s\":900,\"mean_us\":1100,\"floor_us\":400,\"ratio\":0.36,\"bytes\":"
    "1048576}\n"
    "{\"name\":\"stage/whole/rsa2048-ens12k\",\"threads\":1,\"ops_per_s\":20000,\"mean_us\":50}\n"
    "{\"name\":\"stage/rsa/rsa2048-ens12k\",\"threads\":1,\"ops_per_s\":20000,\"mean_us\":16}\n"
    "{\"name\":\"xmlsec1/verify/"
    "rsa2048-ens12k\",\"threads\":1,\"ops_per_s\":7000,\"mean_us\":140,\"floor_us\":25,\"ratio\":0.18,\"ours_us\":50}\n"
    "{\"name\":\"phase4/verify/"
    "rsa2048-ens12k\",\"threads\":1,\"ops_per_s\":1000,\"mean_us\":1000,\"floor_us\":25,\"ratio\":0.02,\"ours_us\":50}"
    "\n";

static bool is_well_formed(const char *path, const char *root)
{
    ens_file file;
    xmlDocPtr doc = NULL;
    ens_libxml *xml = ens__libxml_new();
    bool good = ens__file_open(path, 0, &file, NULL) == ENS_OK;
    if (good) {
        size_t from = ens__find(file.bytes, ens_str(root),
                                0); /* behind the document type of HTML, which our reader refuses as any other */
        good = xml && from != SIZE_MAX && ens__libxml_parse(xml, ens_from(file.bytes, from), &doc, NULL) == ENS_OK;
        good = good && ens__find(file.bytes, ENS_LIT("<script"), 0) == SIZE_MAX &&
               ens__find(file.bytes, ENS_LIT("src="), 0) == SIZE_MAX;
        ens__file_close(&file);
    }
    if (doc)
        xmlFreeDoc(doc);
    ens__libxml_free(xml);
    return good;
}

static void draws_well_formed_reports(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    const char *data = fixture_path("bench.json"), *html = fixture_path("bench.html"), *svg = fixture_path("bench.svg");
    const char *again = fixture_path("bench-again.json");
    CU_ASSERT_EQUAL_FATAL(ens__file_write(data, ens_str(kept), 0666, NULL), ENS_OK);
    const run_result *r =
        run_bench("--from '%s' --html '%s' --svg '%s' --data '%s' --markdown", data, html, svg, again);
    CHECK_ROW(r->status == 0, "%d %s", r->status, r->err);
    CHECK_ROW(strstr(r->out, "| `as4/verify/rsa2048-ens12k` | 1 | 20,000 | 50.0 | 25.0 | 0.500 | 246 | 0 |"), "%s",
              r->out);
    CHECK_ROW(strstr(r->out, "| verify to the document's root, beside phase4 | at least 20.0 × | 20.0 × | reached |"),
              "%s", r->out);
    CHECK_ROW(strstr(r->out, "| verify to the document's root, beside xmlsec1 in process, its key given | at least 5.0 "
                             "× | 2.8 × | not reached |"),
              "%s", r->out);
    CU_ASSERT_TRUE(is_well_formed(html, "<html"));
    CU_ASSERT_TRUE(is_well_formed(svg, "<svg"));
    r = run_bench("--from '%s' --json", again);
    CHECK_ROW(r->status == 0 && strstr(r->out, "\"ours_us\":50.0") && strstr(r->out, "\"counters\":\"none & nothing\""),
              "%d %s", r->status, r->out);
}

static void judges_growth_of_instruction_counts(void)
{
    static const struct {
        double committed, counted; /* 0: not there */
        ens_growth growth;
        bool failure;
    } rows[] = {
        {1000, 1000, ENS_GROWTH_NONE, false}, {1000, 1050, ENS_GROWTH_NONE, false}, {1000, 1051, ENS_GROWTH_MORE, true},
        {1000, 950, ENS_GROWTH_NONE, false},  {1000, 949, ENS_GROWTH_LESS, false},  {0, 1000, ENS_GROWTH_NEW, true},
        {1000, 0, ENS_GROWTH_GONE, true},     {83, 87, ENS_GROWTH_NONE, false},     {83, 88, ENS_GROWTH_MORE, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_instruction_count before = {"a", rows[i].committed, 5},
                              now = {"a", rows[i].counted, 500000}; /* the libraries' don't count */
        ens_growth growth =
            ens__instructions_compare(rows[i].committed > 0 ? &before : NULL, rows[i].counted > 0 ? &now : NULL);
        CHECK_ROW(growth == rows[i].growth && ens__instructions_is_failure(growth) == rows[i].failure, "row %zu: %u", i,
                  (unsigned)growth);
    }
}

static void adds_up_a_profile_without_what_callees_took(void)
{
    static const char profile[] = "version: 1\npositions: line\nevents: Ir\n\nob=/build/ensign\nfl=a.c\nfn=a\n10 "
                                  "100\n+2 7\n* 1\ncob=/lib/libc.so\ncfn=memcpy\n"
                                  "calls=3 0\n-1 900\n12 5\n\nob=/lib/libc.so\nfl=m.c\nfn=memcpy\n0 "
                                  "900\n\nob=/build/ensign\nfn=b\n20 30\n\ntotals: 1043\n";
    double own = 0, all = 0;
    CU_ASSERT_EQUAL(ens__instructions_profile(ens_str(profile), "/build/ensign", &own, &all, NULL), ENS_OK);
    CU_ASSERT_DOUBLE_EQUAL(own, 143, 0.0);
    CU_ASSERT_DOUBLE_EQUAL(all, 1043, 0.0);
    CU_ASSERT_EQUAL(ens__instructions_profile(ENS_LIT("no profile\n"), "/build/ensign", &own, &all, NULL), ENS_ESYNTAX);
    CU_ASSERT_EQUAL(ens__instructions_profile(ENS_LIT("events: Dr Ir\n"), "/build/ensign", &own, &all, NULL),
                    ENS_ESYNTAX);
}

static void reads_the_counts_that_it_wrote(void)
{
    static const char *const wrong[] = {"a\t1\n", "a\t1\t2\t3\n", "a\tx\t2\n", "\t1\t2\n", "a\t1\t2x\n"};
    ens_instruction_counts counts = {.kind = "x86_64, cc 1, avx2", .item = {{"a/b/c", 12, 345}, {"d", 6, 7}}, .num = 2},
                           read;
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
    const char *path = fixture_path("instructions.tsv");
    CU_ASSERT_EQUAL(ens__instructions_save(path, &counts, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__instructions_load(path, NULL, &read, NULL), ENS_OK);
    CU_ASSERT_STRING_EQUAL(read.kind, counts.kind);
    CU_ASSERT_EQUAL(read.num, 2);
    const ens_instruction_count *found = ens__instructions_find(&read, "a/b/c");
    CU_ASSERT_TRUE(found && found->own == 12 && found->all == 345);
    ens_instruction_counts other = {.kind = "x86_64, cc 1, sse2", .item = {{"d", 60, 70}}, .num = 1};
    CU_ASSERT_EQUAL(ens__instructions_save(path, &other, NULL), ENS_OK); /* beside those of the first kind */
    CU_ASSERT_EQUAL(ens__instructions_load(path, counts.kind, &read, NULL), ENS_OK);
    CU_ASSERT_TRUE(read.num == 2 && strcmp(read.kind, counts.kind) == 0);
    CU_ASSERT_EQUAL(ens__instructions_load(path, other.kind, &read, NULL), ENS_OK);
    CU_ASSERT_TRUE(read.num == 1 && read.item[0].own == 60 && strcmp(read.kind, other.kind) == 0);
    CU_ASSERT_EQUAL(ens__instructions_load(path, "arm", &read, NULL), ENS_OK);
    CU_ASSERT_TRUE(read.num == 0 && strcmp(read.kind, "arm") != 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CU_ASSERT_EQUAL(ens__file_write(path, ens_str(wrong[i]), 0666, NULL), ENS_OK);
        CHECK_ROW(ens__instructions_load(path, NULL, &read, NULL) == ENS_ESYNTAX, "row %zu", i);
    }
    CU_ASSERT_EQUAL(ens__instructions_load(ENSIGN_SOURCE "/bench/instructions.tsv", NULL, &read, NULL), ENS_OK);
    CU_ASSERT_PTR_NOT_NULL(ens__instructions_find(&read, "as4/verify/rsa2048-ens12k"));
}

static const ens_case cases[] = {
    {"prints what the contract names", prints_what_the_contract_names},
    {"refuses what it can't measure", refuses_what_it_cannot_measure},
    {"draws well-formed reports from what was kept", draws_well_formed_reports},
    {"judges growth of instruction counts", judges_growth_of_instruction_counts},
    {"adds up a profile without what callees took", adds_up_a_profile_without_what_callees_took},
    {"reads the counts that it wrote", reads_the_counts_that_it_wrote},
    {NULL, NULL},
};
ENS_SUITE("bench/program", cases)
