/* No message costs more than time in proportion to its length: each shape that once grew by the square is judged at
 * three lengths, each twice the one before, and what nobody reads is not searched for. */
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "ensign/seal.h"
#include "fixtures/pki.h"
#include "fixtures/reseal.h"
#include "tests/cost.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>

#define ROOM ((size_t)64 << 20) /* bytes of a message that is made here */

typedef struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_verify_options options;
} bench;

static void open_bench(bench *b)
{
    *b = (bench){.report = ens_report_new(), .options = {.at = FX_AT}};
    CU_ASSERT_FATAL(b->report && ens_verifier_new(&b->verifier, NULL) == ENS_OK);
}

static void close_bench(bench *b)
{
    ens_verifier_free(b->verifier);
    ens_report_free(b->report);
}

typedef struct {
    bench *b;
    ens_slice message;
} task;

static void judge(void *of)
{
    const task *t = of;
    ens_message message;
    ens__report_reset(t->b->report);
    ens_verify(t->b->verifier, t->message, &t->b->options, &message, t->b->report);
}

static uint64_t cost_of(bench *b, ens_slice message)
{
    task t = {b, message};
    return cost_measure(judge, &t);
}

/* put_piece writes a piece, with its number in place of each '%'. */
static void put_piece(ens_buf *out, const char *piece, unsigned number)
{
    for (; *piece; piece++)
        if (*piece == '%')
            ens_buf_printf(out, "%u", number);
        else
            ens_buf_add(out, piece, 1);
}

/* A message with a piece many times behind a place. */
typedef struct {
    const char *what, *message, *behind, *piece;
    unsigned num; /* of the shortest */
} shape;

static const shape shapes[] = {
    {"header blocks to be understood", "f26.mime", "<env:Header>",
     "<x:b% xmlns:x=\"urn:x\" env:mustUnderstand=\"true\"></x:b%>", 1000},
    {"header blocks of one name", "f26.mime", "<env:Header>",
     "<x:b xmlns:x=\"urn:x\" env:mustUnderstand=\"true\" n=\"%\"></x:b>", 1000},
    {"properties of a part", "f26.mime", "<eb:PartProperties>", "<eb:Property name=\"p%\">v</eb:Property>", 1000},
    {"properties of one name", "f26.mime", "<eb:PartProperties>", "<eb:Property name=\"p\">%</eb:Property>", 1000},
    {"properties without a name", "f26.mime", "<eb:PartProperties>", "<eb:Property>%</eb:Property>", 1000},
    {"errors", "error.xml", "</eb:MessageInfo>", "<eb:Error errorCode=\"EBMS:%\" severity=\"failure\"></eb:Error>",
     1000},
    {"errors without a code", "error.xml", "</eb:MessageInfo>", "<eb:Error refToMessageInError=\"%\"></eb:Error>",
     1000},
    {"parts in the header", "f26.mime", "<eb:PayloadInfo>", "<eb:PartInfo href=\"cid:p%\"></eb:PartInfo>", 1000},
    {"unknown elements of the header", "f26.mime", "<eb:MessageInfo>", "<eb:X>%</eb:X>", 1000},
    {"references", "f26.mime", "</ds:SignatureMethod>", "<ds:Reference URI=\"#r%\"></ds:Reference>", 1000},
    {"references to one element", "f26.mime", "</ds:SignatureMethod>",
     "<ds:Reference URI=\"#body\" Id=\"r%\"></ds:Reference>", 1000},
    {"transforms", "f26.mime", "<ds:Transforms>", "<ds:Transform Algorithm=\"urn:%\"></ds:Transform>", 1000},
    {"tokens", "f26.mime", "env:mustUnderstand=\"true\"><wsse:BinarySecurityToken",
     " n=\"%\"></wsse:BinarySecurityToken><wsse:BinarySecurityToken", 1000},
    {"ids", "f26.mime", "<env:Header>", "<x:b% xmlns:x=\"urn:x\" Id=\"same\"></x:b%>", 1000},
    {"namespaces, each of an element", "f26.mime", "<env:Header>", "<x:b xmlns:x=\"urn:x%\"></x:b>", 1000},
    {"prefixes in scope", "f26.mime", "<env:Envelope", " xmlns:p%=\"urn:p\"", 1000},
    {"attributes of an element", "f26.mime", "<env:Envelope", " a%=\"\"", 4000},
    {"attributes of one name", "f26.mime", "<env:Envelope", " a=\"%\"", 4000},
    {"comments in a text", "f26.mime", "<eb:MessageId>", "<!-- % -->", 1000},
    {"pieces of a text", "f26.mime", "<eb:MessageId>", "&#x%;", 1000},
    {"elements within one another", "f26.mime", "<env:Header>", "<a n=\"%\">", 1000},
    {"references of a receipt", "receipt-f26.xml",
     "<ebbp:NonRepudiationInformation xmlns:ebbp=\"http://docs.oasis-open.org/ebxml-bp/ebbp-signals-2.0\">",
     "<ebbp:MessagePartNRInformation><ds:Reference xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" URI=\"#r%\">"
     "</ds:Reference></ebbp:MessagePartNRInformation>",
     500},
    {"header fields", "f26.mime", "MIME-Version: 1.0\r\n", "X-%: y\r\n", 1000},
    {"folded lines of a header field", "f26.mime", "multipart/related;", "\r\n x%=y;", 1000},
    {"lines that are nearly a delimiter", "f26.mime", "Content-ID: <ens>\r\n\r\n", "\r\n------=_ensign_%", 4000},
};

/* stretch writes the message with the piece num times. */
static bool stretch(const shape *s, unsigned num, ens_buf *out)
{
    ens_file file = {0};
    if (ens__file_open(fixture_path(s->message), 0, &file, NULL) != ENS_OK)
        return false;
    out->len = 0;
    size_t at = ens__find(file.bytes, ens_str(s->behind), 0);
    bool found = at != SIZE_MAX;
    at += strlen(s->behind);
    ens_buf_put(out, ens_sub(file.bytes, 0, at));
    for (unsigned i = 0; found && i < num; i++)
        put_piece(out, s->piece, i + 32);
    ens_buf_put(out, ens_from(file.bytes, at));
    ens__file_close(&file);
    return found && !out->failed;
}

static void judge_shape(bench *b, const shape *s, ens_buf *message)
{
    uint64_t cost[3];
    for (unsigned i = 0; i < 3; i++) {
        CHECK_ROW(stretch(s, s->num << i, message), "%s: the message has no such place", s->what);
        cost[i] = cost_of(b, ens_buf_slice(message));
        CHECK_ROW(ens_report_verdict(b->report) != ENS_ACCEPTED, "%s", s->what);
    }
    CHECK_ROW(cost_is_linear(cost), "%s (%s): %llu, %llu, %llu", s->what, ens_engine_name(b->options.engine),
              (unsigned long long)cost[0], (unsigned long long)cost[1], (unsigned long long)cost[2]);
}

static void lengths(void)
{
    bench b;
    ens_buf message;
    if (!fixture_folder())
        return;
    open_bench(&b);
    b.options.terse = true; /* the search for causes has a bound of its own */
    ens_buf_init(&message, NULL, 0, ROOM);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (b.options.engine = ENS_ENGINE_FAST; b.options.engine <= ENS_ENGINE_REFERENCE; ++b.options.engine)
            judge_shape(&b, &shapes[i], &message);
    ens_buf_free(&message);
    close_bench(&b);
}

#define PART_LEN ((size_t)1 << 20)
#define NUM_PARTS 24u
#define SEARCH_MAX 12u /* times of an acceptance that the search for causes may cost in a message of this size */
#define TERSE_MAX 5u   /* … that a refusal costs whose causes nobody reads: both engines judge it */

static bool seal(const ens_seal_part *part, size_t num, ens_buf *out)
{
    ens_file key = {0}, chain = {0};
    ens_sealer *sealer = NULL;
    ens_slice sealed = {0};
    bool good = ens__file_open(fixture_path("pki/trader.key"), 0, &key, NULL) == ENS_OK &&
                ens__file_open(fixture_path("pki/trader.pem"), 0, &chain, NULL) == ENS_OK;
    ens_sealer_options so = {.key = key.bytes, .certificate = chain.bytes, .at = FX_AT, .force = true};
    ens_seal_message_options mo = {
        .action = ENS_LIT("IE3F26"), .from = ENS_LIT(FX_EORI), .at = FX_AT, .parts = part, .num_parts = num};
    good =
        good && ens_sealer_new(&so, &sealer, NULL) == ENS_OK && ens_seal_message(sealer, &mo, &sealed, NULL) == ENS_OK;
    out->len = 0;
    ens_buf_put(out, sealed);
    ens_sealer_free(sealer);
    ens__file_close(&key);
    ens__file_close(&chain);
    return good && !out->failed;
}

/* seal_parts seals a message with that many attachments, each of which differs from the others. */
static bool seal_parts(unsigned num, ens_buf *out)
{
    static uint8_t noise[PART_LEN];
    static char cid[ENS_SEAL_PARTS_MAX][16];
    ens_seal_part part[ENS_SEAL_PARTS_MAX];
    uint32_t seed = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((seed = seed * 1664525u + 1013904223u) >> 24);
    for (unsigned i = 0; i < num; i++) {
        snprintf(cid[i], sizeof cid[i], "part-%u", i);
        part[i] = (ens_seal_part){ens_from(ens_bytes(noise, sizeof noise), i), ens_str(cid[i]), ENS_LIT("image/jpeg")};
    }
    return seal(part, num, out);
}

/* alter_parts changes an octet in the middle of each part, which is stored and not packed. */
static void alter_parts(ens_buf *message)
{
    for (size_t at = 0; (at = ens__find(ens_buf_slice(message), ENS_LIT("Content-ID: <part-"), at)) != SIZE_MAX; at++)
        message->p[at + PART_LEN / 2] ^= 1;
}

/* repeat_references puts the reference of the first part there again and again. */
static bool repeat_references(ens_buf *message, unsigned times)
{
    ens_buf one;
    ens_slice all = ens_buf_slice(message);
    size_t from = ens__find(all, ENS_LIT("<ds:Reference URI=\"cid:part-0\""), 0);
    size_t to = from == SIZE_MAX ? from : ens__find(all, ENS_LIT("</ds:Reference>"), from);
    if (to == SIZE_MAX)
        return false;
    ens_buf_init(&one, NULL, 0, 4096);
    ens_buf_put(&one, ens_sub(all, from, to + sizeof "</ds:Reference>" - 1));
    bool good = !one.failed;
    for (unsigned i = 0; good && i < times; i++)
        good = fx_splice(message, from, from, ens_buf_slice(&one));
    ens_buf_free(&one);
    return good;
}

/* repeated_references: a part is hashed once, however many references it has. */
static void repeated_references(void)
{
    bench b;
    ens_buf message;
    if (!fixture_folder())
        return;
    open_bench(&b);
    b.options.terse = true;
    ens_buf_init(&message, NULL, 0, ROOM);
    CU_ASSERT_TRUE_FATAL(seal_parts(4, &message));
    uint64_t good = cost_of(&b, ens_buf_slice(&message));
    CU_ASSERT_TRUE_FATAL(repeat_references(&message, 24));
    for (b.options.engine = ENS_ENGINE_FAST; b.options.engine <= ENS_ENGINE_REFERENCE; ++b.options.engine) {
        uint64_t many = cost_of(&b, ens_buf_slice(&message));
        CU_ASSERT_TRUE(ens_report_tells(b.report, "coverage", ENS_FAIL));
        CHECK_ROW(many <= TERSE_MAX * good, "%s: once %llu, often %llu", ens_engine_name(b.options.engine),
                  (unsigned long long)good, (unsigned long long)many);
    }
    ens_buf_free(&message);
    close_bench(&b);
}

/* differing_parts: comparing each part with each other one and packing each anew took seconds. */
static void differing_parts(void)
{
    bench b;
    ens_buf message;
    if (!fixture_folder())
        return;
    open_bench(&b);
    ens_buf_init(&message, NULL, 0, ROOM);
    CU_ASSERT_TRUE_FATAL(seal_parts(NUM_PARTS, &message));
    uint64_t good = cost_of(&b, ens_buf_slice(&message));
    CU_ASSERT_FALSE(ens_report_tells(b.report, "digest", ENS_FAIL));
    alter_parts(&message);
    uint64_t told = cost_of(&b, ens_buf_slice(&message));
    CU_ASSERT_TRUE(ens_report_tells(b.report, "digest", ENS_FAIL));
    b.options.terse = true;
    uint64_t terse = cost_of(&b, ens_buf_slice(&message));
    CU_ASSERT_TRUE(ens_report_tells(b.report, "digest", ENS_FAIL));
    CHECK_ROW(told <= SEARCH_MAX * good && terse <= TERSE_MAX * good,
              "accepted %llu, refused %llu, refused in a word %llu", (unsigned long long)good, (unsigned long long)told,
              (unsigned long long)terse);
    ens_buf_free(&message);
    close_bench(&b);
}

/* A text that is filled: opening, a piece many times, closing. */
typedef struct {
    const char *what, *opening, *piece, *closing;
    unsigned num;
} filling;

static const filling documents[] = {
    {"attributes of an element", "<IE3F26", " a%=\"\"", "/>", 10000},
    {"namespaces of an element", "<IE3F26", " xmlns:p%=\"urn:p\"", "/>", 10000},
    {"elements", "<IE3F26>", "<LRN>%</LRN>", "</IE3F26>", 4000},
    {"elements of different names", "<IE3F26>", "<a%/>", "</IE3F26>", 4000},
    {"elements within one another", "<IE3F26>", "<a n='%'>", "</IE3F26>", 4000},
    {"files", "<IE3F26>", "<BinaryFile><identification>f%</identification></BinaryFile>", "</IE3F26>", 2000},
    {"pieces of a text", "<IE3F26><LRN>", "&#x%;", "</LRN></IE3F26>", 4000},
    {"comments", "<IE3F26><LRN>", "<!--%-->", "</LRN></IE3F26>", 4000},
    {"sections", "<IE3F26><LRN>", "<![CDATA[%]]>", "</LRN></IE3F26>", 4000},
};

static void fill(const filling *f, unsigned num, ens_buf *out)
{
    out->len = 0;
    ens_buf_text(out, f->opening);
    for (unsigned i = 0; i < num; i++)
        put_piece(out, f->piece, i + 32);
    ens_buf_text(out, f->closing);
}

static void lengths_of_documents(void)
{
    bench b;
    ens_buf message, document;
    uint64_t cost[3];
    if (!fixture_folder())
        return;
    open_bench(&b);
    ens_buf_init(&message, NULL, 0, ROOM);
    ens_buf_init(&document, NULL, 0, ROOM);
    for (size_t row = 0; row < sizeof documents / sizeof *documents; row++) {
        for (unsigned i = 0; i < 3; i++) {
            fill(&documents[row], documents[row].num << i, &document);
            ens_seal_part part = {ens_buf_slice(&document), ENS_LIT("ens"), ENS_LIT("application/xml")};
            CU_ASSERT_TRUE_FATAL(seal(&part, 1, &message));
            cost[i] = cost_of(&b, ens_buf_slice(&message));
            CHECK_ROW(ens_report_tells(b.report, "payload", ENS_FAIL), "%s", documents[row].what);
        }
        CHECK_ROW(cost_is_linear(cost), "%s: %llu, %llu, %llu", documents[row].what, (unsigned long long)cost[0],
                  (unsigned long long)cost[1], (unsigned long long)cost[2]);
    }
    ens_buf_free(&document);
    ens_buf_free(&message);
    close_bench(&b);
}

/* What is no XML, and would hide a start tag from whoever looks for one. */
static const filling misleading[] = {
    {"a value that doesn't end", "<r><x y=\"<a", " a%=''", "/>\"/></r>", 10000},
    {"a value without quotes", "<r><x y=a\"<a", " a%=''", "/>\"/></r>", 10000},
    {"an instruction without a name", "<r><? <a", " a%=''", "/> ?></r>", 10000},
    {"half a comment", "<r><!- <a", " a%=''", "/> --></r>", 10000},
    {"half a section", "<r><![CDAT[ <a", " a%=''", "/> ]]></r>", 10000},
    {"another encoding", "<?xml version=\"1.0\" encoding=\"UTF-7\"?>+ADw-a", " a%+AD0AIgAi-", "+AC8APg-", 10000},
};

static void misled_readers(void)
{
    bench b;
    ens_buf message;
    uint64_t cost[3];
    if (!fixture_folder())
        return;
    open_bench(&b);
    ens_buf_init(&message, NULL, 0, ROOM);
    for (size_t row = 0; row < sizeof misleading / sizeof *misleading; row++) {
        for (unsigned i = 0; i < 3; i++) {
            fill(&misleading[row], misleading[row].num << i, &message);
            cost[i] = cost_of(&b, ens_buf_slice(&message));
            CHECK_ROW(ens_report_tells(b.report, "soap", ENS_FAIL), "%s", misleading[row].what);
        }
        CHECK_ROW(cost_is_linear(cost), "%s: %llu, %llu, %llu", misleading[row].what, (unsigned long long)cost[0],
                  (unsigned long long)cost[1], (unsigned long long)cost[2]);
    }
    ens_buf_free(&message);
    close_bench(&b);
}

static const ens_case cases[] = {
    {"what is no XML hides no tag from the bound on its attributes", misled_readers},
    {"a document of twice the length takes twice the time", lengths_of_documents},
    {"a part is hashed once, however many references it has", repeated_references},
    {"the search for what made digests differ has a bound, and is made where somebody reads it", differing_parts},
    {"a message of twice the length takes twice the time, whatever it is filled with", lengths},
    {NULL, NULL},
};
ENS_SUITE("as4/cost", cases)
