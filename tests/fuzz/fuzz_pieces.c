/* A document that comes in pieces: the scanner over them in step with the
 * scanner over the whole text. Events and their places, names, attributes,
 * namespaces, what is in scope, and what is refused, why and where, must be the
 * same, however the text is divided, with little memory, so that it moves
 * often, and with small windows. A document is made by the steps of a script,
 * or is the input itself. */
#include "tests/fuzz/target.h"

#include "tests/fuzz/scan_divided.h"

#define DOCUMENT_MAX ((size_t)64 << 10)
#define SCRIPT_MAX 2048u
#define OPEN_MAX 90u

static unsigned long long num_read, num_refused, num_moved;

#ifdef ENSIGN_FUZZ_ALONE
bool soak_tell(void);
bool soak_tell(void)
{
    printf("%llu documents read to their ends, %llu refused, %llu of all moved\n", num_read, num_refused, num_moved);
    return num_read > num_refused / 4 && num_moved > (num_read + num_refused) / 8;
}
#endif

/* Names of elements; a prefix that is not declared is refused. */
static const char *const names[] = {"a",       "goodsItem",  "p:a",   "q:consignment", "\xC3\xA9l\xC3\xA9ment",
                                    "p:items", "binaryFile", "a.b-c", "LRN",           "x"};
static const char *const declared[] = {
    " xmlns='urn:a'", " xmlns:p=\"urn:b\"",    " xmlns:q='urn:c&#97;'", " xmlns:p='urn:a'",
    " xmlns=''",      " xmlns:q = 'relative'", " xmlns:r='urn:ex:r'",   " xmlns:longer-prefix='urn:l'",
    " b='1'",         " p:b=\"2&amp;\"",       "\n\tc='&#x20AC;>'",     " xml:lang='en'"};
static const char *const good[] = {"text",       "&amp;",           "&#0000000000000000000065;",
                                   "\r\n",       "\n        ",      "\xC3\xA9\xE2\x82\xAC\xF0\x90\x80\x80",
                                   "<!-- c -->", "<!---->",         "<?p data?>",
                                   "<?p?>",      "<![CDATA[d]]]]>", "<![CDATA[<&]]>",
                                   "<e/>",       "<e b='1' />",     "]] >",
                                   "&#x41;",     "<x></x\n>",       " "};
static const char *const bad[] = {"]]>",
                                  "&nbsp;",
                                  "&#0;",
                                  "<!-- -- -->",
                                  "<!DOCTYPE a>",
                                  "</wrong>",
                                  "<p",
                                  "\xC3",
                                  "\x01",
                                  "<?xml ?>",
                                  "&#00000000000000000000000000000000000000000000000000000000000000065;",
                                  "<a b='<'/>",
                                  "&",
                                  "<![CDATA["};
static const char *const fronts[] = {"",
                                     "\xEF\xBB\xBF",
                                     "<?xml version='1.0'?>\n",
                                     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
                                     "<?xml version='1.0' encoding='US-ASCII' ?>",
                                     " <!-- c --> <?p?>\n"};

#define NUM(list) (sizeof(list) / sizeof *(list))

/* One step: what it does, and how often or for how long. */
static void put_long(ens_buf *out, unsigned kind, unsigned n)
{
    static const char *const begins[] = {"", "<!--", "<![CDATA[", "<?long ", "<e b='", "<"}, *const ends[] = {
                                                                                                 "",   "-->", "]]>",
                                                                                                 "?>", "'/>", "/>"};
    kind %= NUM(begins);
    ens_buf_text(out, begins[kind]);
    for (unsigned i = 0; i < n; i++)
        ens_buf_text(out, kind == 5 ? "n" : i % 7 ? "o" : "\xC3\xA9");
    ens_buf_text(out, ends[kind]);
}

static void open_one(ens_buf *out, unsigned name, unsigned attributes)
{
    ens_buf_printf(out, "<%s", names[name]);
    for (unsigned i = 0; i < attributes % 4; i++)
        ens_buf_text(out, declared[(attributes / 4 + 5 * i) % NUM(declared)]);
    ens_buf_text(out, ">");
}

static void take_step(ens_buf *out, unsigned step, unsigned more, unsigned open[OPEN_MAX], unsigned *depth)
{
    for (unsigned times = 1 + more % 5; times; times--) {
        if (step < 80 && *depth < OPEN_MAX)
            open_one(out, open[(*depth)++] = (step + times) % NUM(names), step < 40 ? 0 : more);
        else if (step < 130 && *depth)
            ens_buf_printf(out, "</%s>", names[open[--*depth]]);
        else if (step < 180)
            put_long(out, step, more * (step % 3 + 1));
        else if (step < 252 || times > 1)
            ens_buf_text(out, good[(step + more + times) % NUM(good)]);
        else
            ens_buf_text(out, bad[(step + more) % NUM(bad)]);
    }
}

/* build writes a document that a script makes, read through several times, well-formed for the most part. */
static void build(ens_buf *out, const uint8_t *script, size_t size)
{
    unsigned open[OPEN_MAX], depth = 0, rounds = size ? 1 + script[0] / 8 : 0;
    ens_buf_text(out, fronts[size ? script[0] % NUM(fronts) : 0]);
    ens_buf_text(out, "<IE3F26 xmlns:p='urn:pp' xmlns:q=\"urn:qq\">");
    for (; rounds; rounds--)
        for (size_t i = 1; i + 1 < size && out->len < DOCUMENT_MAX / 2; i += 2)
            take_step(out, script[i], script[i + 1], open, &depth);
    while (depth)
        ens_buf_printf(out, "</%s>", names[open[--depth]]);
    ens_buf_text(out, "</IE3F26>\n");
}

ENS_FUZZ_TARGET(pieces)
{
    static ens_scan *all, *pieces;
    static ens_buf text;
    uint64_t state = 20261129;
    if (!all) {
        all = ens__scan_new(), pieces = ens__scan_new();
        ens_buf_init(&text, NULL, 0, DOCUMENT_MAX);
        ENS_HOLDS(all && pieces);
    }
    text.len = 0;
    text.failed = ENS_OK;
    if (size && data[0] == 'R')
        ens_buf_add(&text, data + 1, size - 1 < DOCUMENT_MAX ? size - 1 : DOCUMENT_MAX);
    else
        build(&text, data, size < SCRIPT_MAX ? size : SCRIPT_MAX);
    for (size_t i = 0; i < size; i++)
        state = (state ^ data[i]) * 0x9E3779B97F4A7C15u;
    if (text.failed)
        return;
    if (text.len && draw(&state) % 16 == 0) /* an octet is another */
        text.p[draw(&state) % text.len] ^= (uint8_t)draw(&state);
    if (text.len && draw(&state) % 16 == 0) /* it is cut short */
        text.len = draw(&state) % text.len;
    uint8_t *copy = malloc(text.len ? text.len : 1); /* of its own size: a read past the end is seen */
    if (!copy)
        return;
    memcpy(copy, text.p, text.len);
    for (unsigned leave_out = 0; leave_out < 2; leave_out++) {
        divided d = {.state = draw(&state), .longest = draw(&state) % 4 ? 1 + (unsigned)draw(&state) % 9 : 400};
        small_room(pieces, 64 + (uint32_t)draw(&state) % 700, 1 + (uint32_t)draw(&state) % 5);
        ens_code code = check_divided(all, pieces, (ens_slice){copy, text.len}, &d, leave_out);
        num_read += code == ENS_OK;
        num_refused += code != ENS_OK;
        num_moved += pieces->base > 0;
    }
    free(copy);
}
