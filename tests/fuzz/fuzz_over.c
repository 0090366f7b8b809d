/* Passing over what isn't wanted of a document: a document is made by the steps of a script, well-formed for the most
 * part, and then read by the scanner that leaves out and by the one that doesn't (scan_wanted.h). */
#include "tests/fuzz/target.h"

#include "tests/fuzz/scan_wanted.h"

#define DOCUMENT_MAX ((size_t)64 << 10)
#define DEPTH_MAX 40u

static const char *const names[] = {"a",
                                    "LRN",
                                    "declarant",
                                    "binaryFile",
                                    "identification",
                                    "p:goods",
                                    "q:x",
                                    "a-b.c_9",
                                    "nameOfMoreThanThirtyTwoCharacters1",
                                    "nameOfMoreThanFiftySixCharactersInOneWordSoThatTheMapIsRead2",
                                    "X\xC3\xA9",
                                    "_"};
static const char *const pieces[] = {"text",
                                     "\n  ",
                                     "&amp;",
                                     "&#xE9;",
                                     "\r\n",
                                     "M\xC3\xBCller \xE2\x82\xAC",
                                     ">",
                                     "]]",
                                     "<!-- c -->",
                                     "<![CDATA[<x>]]>",
                                     "<?p i?>",
                                     "<a/>",
                                     "<a b=\"1\">x</a>",
                                     "<p:y  z='&lt;'></p:y >",
                                     "<b xmlns=\"urn:o\"><c>1</c></b>",
                                     "0123456789012345678901234567890123456789012345678901234567890123456789",
                                     "&",
                                     "]]>",
                                     "\x01",
                                     "\xFF",
                                     "<",
                                     "</a>",
                                     "<u:n/>",
                                     "&quot;&lt;&gt;&apos;"};
#define NAMES (sizeof names / sizeof *names)
#define PIECES (sizeof pieces / sizeof *pieces)
#define GOOD_PIECES 16u /* of them: the first, which leave a document well-formed */

/* build: a step opens an element, closes one, or puts in a piece. */
static void build(ens_buf *out, const uint8_t *script, size_t len)
{
    unsigned open[DEPTH_MAX], depth = 0;
    ens_buf_text(out, "<IE3F26 xmlns=\"urn:r\" xmlns:p=\"urn:p\" xmlns:q='urn:r'>");
    for (size_t i = 0; i < len; i++) {
        uint8_t step = script[i];
        if (step < 112 && depth < DEPTH_MAX)
            ens_buf_printf(out, "<%s>", names[open[depth++] = step % NAMES]);
        else if (step < 192 && depth)
            ens_buf_printf(out, "</%s>", names[open[--depth]]);
        else
            ens_buf_text(out, pieces[step < 252 ? step % GOOD_PIECES : step * 5u % PIECES]);
    }
    while (depth)
        ens_buf_printf(out, "</%s>", names[open[--depth]]);
    ens_buf_text(out, "</IE3F26>");
}

ENS_FUZZ_TARGET(over)
{
    static ens_scan *all, *some;
    static ens_buf text;
    if (!all) {
        all = ens__scan_new(), some = ens__scan_new();
        ens_buf_init(&text, NULL, 0, DOCUMENT_MAX);
        ENS_HOLDS(all && some);
    }
    text.len = 0;
    build(&text, data, size < 2048 ? size : 2048);
    if (text.failed || !text.len)
        abort();
    if (size > 2 && data[size - 1] > 240) /* an octet is another */
        text.p[(data[0] | (size_t)data[1] << 8) % text.len] ^= data[size - 1] & 0x7F;
    uint8_t *copy = malloc(text.len); /* of its own size: a read past the end is seen */
    if (!copy)
        abort();
    memcpy(copy, text.p, text.len);
    check_wanted(all, some, (ens_slice){copy, text.len});
    free(copy);
}
