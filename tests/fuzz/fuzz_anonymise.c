/* What anonymises a message goes by tags and delimiters alone: a package that is taken apart is put together again as
 * it was, a text is written over octet for octet, and what is gzip with a fault has that fault again. The first octet
 * says which of them is tried. */
#include "tests/fuzz/target.h"

#include "as4/anonymise/pack.h"
#include "as4/anonymise/package.h"

#include <stdbool.h>
#include <string.h>

#define ARENA_MAX ((size_t)64 << 20)
#define CONTENTS_MAX ((size_t)1 << 20)

static void check_package(ens_slice input)
{
    static ens_package p;
    ens_buf out;
    bool coded = false;
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    if (ens__package_split(input, &p)) {
        for (size_t i = 0; i < p.num; i++)
            coded = coded || p.piece[i].encoding == ENS_PIECE_BASE64;
        p.told_length = SIZE_MAX;
        ENS_HOLDS(ens__package_join(&p, &out));
        ENS_HOLDS(coded || ens_eq(ens_buf_slice(&out), input));
    }
    ens__package_clear(&p);
    ens_buf_free(&out);
}

static void check_text(ens_slice input)
{
    ens_arena arena;
    ens_buf out;
    ens_arena_init(&arena, ARENA_MAX);
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    const ens_text_options o = {.aliases = ens__aliases_new(&arena, 1790856000), .tables = &ens__tables};
    ENS_HOLDS(o.aliases != NULL);
    ens__text_collect(&o, input);
    ens__aliases_bind(o.aliases);
    ens__text_anonymise(&o, input, &out);
    ENS_HOLDS(ens__aliases_failed(o.aliases) || out.len == input.len);
    ens_buf_free(&out);
    ens_arena_free(&arena);
}

static void check_packed(ens_slice input)
{
    ens_packed a, b;
    ens_buf out;
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    if (ens__packed_open(input, CONTENTS_MAX, &a) && !a.over) {
        ENS_HOLDS(ens__packed_make(&a, ens_buf_slice(&a.contents), &out));
        ENS_HOLDS(ens__packed_open(ens_buf_slice(&out), CONTENTS_MAX, &b));
        ENS_HOLDS(a.whole == b.whole &&
                  (!a.whole || (a.trailer == b.trailer && a.crc == b.crc && a.length == b.length)));
        ENS_HOLDS(!a.whole || ens_eq(ens_buf_slice(&a.contents), ens_buf_slice(&b.contents)));
        ens_buf_free(&b.contents);
    }
    ens_buf_free(&a.contents);
    ens_buf_free(&out);
}

ENS_FUZZ_TARGET(anonymise)
{
    if (!size)
        return;
    ens_slice input = ens_bytes(data + 1, size - 1);
    if (data[0] % 3 == 0)
        check_package(input);
    else if (data[0] % 3 == 1)
        check_text(input);
    else
        check_packed(input);
}
