#include "engine/xml/tree/mould.h"

#include "tests/suite.h"

#include <stdio.h>

static const char *const known[] = {"urn:e", NULL};

#define LEARNT "<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;b</D></e:A>"

typedef struct {
    ens_moulds *moulds;
    ens_tree_scanner scanner;
    ens_canon *canon;
    ens_arena arena;
    ens_buf out;
} bench;

static void open_bench(bench *b)
{
    *b = (bench){.moulds = ens__moulds_new(known), .canon = ens__canon_new()};
    CU_ASSERT_FATAL(b->moulds && b->canon && ens__tree_scanner_init(&b->scanner, known, NULL) == ENS_OK);
    ens_arena_init(&b->arena, (size_t)1 << 20);
    ens_buf_init(&b->out, NULL, 0, (size_t)1 << 20);
}

static void close_bench(bench *b)
{
    ens__moulds_free(b->moulds);
    ens__tree_scanner_clear(&b->scanner);
    ens__canon_free(b->canon);
    ens_arena_free(&b->arena);
    ens_buf_free(&b->out);
}

static void put(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
}

static ens_code form(bench *b, const ens_node *n, ens_slice list)
{
    b->out.len = 0;
    return ens__tree_canon(&b->scanner, b->canon, n, list, (ens_canon_sink){put, &b->out}, NULL);
}

static void fits_other_texts_and_nothing_else(void)
{
    static const struct {
        const char *text;
        bool fits;
    } rows[] = {
        {LEARNT, true},
        {"<e:A xmlns:e=\"urn:e\" id=\"a longer value than that\"><e:B q='x'>t</e:B>\n<C/><D>a&amp;b</D></e:A>", true},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>\"quoted\"\t\n</e:B>\n<C/><D>a&amp;b</D></e:A>", true},
        {"<e:A xmlns:e=\"urn:e\" id=\"\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"a'b\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"a\" b=\"c\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='y'>text</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'></e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>te<C/>xt</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>te&amp;xt</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>te>xt</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>te\rxt</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>t\xC3\xA9xt</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;c</D></e:A>", false},
        {"<e:A xmlns:e=\"urn:f\" id=\"one\"><e:B q='x'>text</e:B>\n<C/><D>a&amp;b</D></e:A>", false},
        {LEARNT " ", false},
        {"", false},
        {"<e:A xmlns:e=\"urn:e\" id=\"one", false},
    };
    bench b;
    open_bench(&b);
    CU_ASSERT_TRUE(ens__moulds_learn(b.moulds, ENS_LIT(LEARNT), NULL, 0));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW((ens__moulds_fit(b.moulds, ens_str(rows[i].text), &b.arena) != NULL) == rows[i].fits, "row %zu", i);
    close_bench(&b);
}

static void gives_the_records_and_the_form_of_what_fitted(void)
{
    static const char text[] = "<e:A xmlns:e=\"urn:e\" id=\"two\"><e:B q='x'>other</e:B>\n<C/><D>a&amp;b</D></e:A>";
    const ens_mould_apex apex[] = {{0, ENS_LIT("")}, {1, ENS_LIT("e")}};
    bench b;
    open_bench(&b);
    CU_ASSERT_TRUE(ens__moulds_learn(b.moulds, ENS_LIT(LEARNT), apex, 2));
    const ens_tree *t = ens__moulds_fit(b.moulds, ens_str(text), &b.arena);
    CU_ASSERT_FATAL(t && t->num == 4);
    CU_ASSERT_TRUE(ens_is(ens__node_attribute(&t->node[0], 0, "id"), "two"));
    CU_ASSERT_TRUE(ens_is(t->node[1].text, "other") && t->node[1].ns == 1);
    CU_ASSERT_EQUAL(form(&b, &t->node[0], ENS_LIT("")), ENS_OK);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&b.out), "<e:A xmlns:e=\"urn:e\" id=\"two\"><e:B q=\"x\">other</e:B>\n"
                                                 "<C></C><D>a&amp;b</D></e:A>"));
    CU_ASSERT_EQUAL(form(&b, &t->node[1], ENS_LIT("e")), ENS_OK);
    CU_ASSERT_TRUE(ens_is(ens_buf_slice(&b.out), "<e:B xmlns:e=\"urn:e\" q=\"x\">other</e:B>"));
    CU_ASSERT_EQUAL(form(&b, &t->node[1], ENS_LIT("e f")), ENS_EPOLICY); /* was not asked for */
    CU_ASSERT_EQUAL(form(&b, &t->node[2], ENS_LIT("")), ENS_EPOLICY);
    close_bench(&b);
}

static void keeps_what_fitted_last(void)
{
    char text[64];
    bench b;
    open_bench(&b);
    for (unsigned i = 0; i <= ENS_MOULDS_MAX; i++) {
        snprintf(text, sizeof text, "<a%u>x</a%u>", i, i);
        CU_ASSERT_TRUE(ens__moulds_learn(b.moulds, ens_str(text), NULL, 0));
        CU_ASSERT_TRUE(ens__moulds_fit(b.moulds, ENS_LIT("<a0>y</a0>"), &b.arena) != NULL);
    }
    CU_ASSERT_PTR_NULL(ens__moulds_fit(b.moulds, ENS_LIT("<a1>y</a1>"), &b.arena)); /* went for the ninth */
    CU_ASSERT_PTR_NOT_NULL(ens__moulds_fit(b.moulds, ENS_LIT("<a2>y</a2>"), &b.arena));
    close_bench(&b);
}

static void learns_few_of_many(void)
{
    bench b;
    unsigned wanted = 0;
    open_bench(&b);
    CU_ASSERT_FALSE(ens__moulds_want_more(b.moulds)); /* one message alone */
    CU_ASSERT_TRUE(ens__moulds_want_more(b.moulds));
    CU_ASSERT_FALSE(ens__moulds_learn(b.moulds, ENS_LIT("<a><![CDATA[x]]></a>"), NULL, 0));
    for (unsigned i = 0; i < ENS_MOULDS_MAX; i++)
        CU_ASSERT_TRUE(ens__moulds_learn(b.moulds, ENS_LIT("<a>x</a>"), NULL, 0));
    for (unsigned i = 0; i < 1000; i++)
        if (ens__moulds_want_more(b.moulds)) {
            wanted++;
            CU_ASSERT_TRUE(ens__moulds_learn(b.moulds, ENS_LIT("<a>x</a>"), NULL, 0));
        }
    CU_ASSERT(wanted > 0 && wanted < 50);
    close_bench(&b);
}

static const ens_case cases[] = {
    {"fits other texts and nothing else", fits_other_texts_and_nothing_else},
    {"gives the records and the form of what fitted", gives_the_records_and_the_form_of_what_fitted},
    {"keeps what fitted last", keeps_what_fitted_last},
    {"learns few of many", learns_few_of_many},
    {NULL, NULL},
};

ENS_SUITE("engine/mould", cases)
