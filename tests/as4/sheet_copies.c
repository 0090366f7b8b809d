#include "tests/as4/sheet_copies.h"

#include "as4/anonymise/anonymise.h"
#include "as4/anonymise/reissue.h"
#include "engine/base/file.h"
#include "tests/suite.h"

#include <ctype.h>
#include <stdlib.h>
#include <zlib.h>

#define KEYS_MAX 256u
#define PLAIN_MAX ((size_t)8 << 20)
#define TOLD_MIN 5u /* characters of a value that is looked for */

struct sheet_copies {
    ens_anonymiser *anonymiser;
    sheet_copies_counts counts;
    EVP_PKEY *like[KEYS_MAX], *key[KEYS_MAX];
    size_t num_keys;
};

sheet_copies *sheet_copies_new(void)
{
    sheet_copies *c = calloc(1, sizeof *c);
    CU_ASSERT_FATAL(c && ens__anonymiser_new(&c->anonymiser, NULL) == ENS_OK);
    return c;
}

void sheet_copies_free(sheet_copies *c)
{
    for (size_t i = 0; i < c->num_keys; i++) {
        EVP_PKEY_free(c->like[i]);
        EVP_PKEY_free(c->key[i]);
    }
    ens__anonymiser_free(c->anonymiser);
    free(c);
}

sheet_copies_counts sheet_copies_count(const sheet_copies *c)
{
    return c->counts;
}

/* kept_key makes a key for each key but once. */
static EVP_PKEY *kept_key(void *user, const EVP_PKEY *like)
{
    sheet_copies *c = user;
    size_t i = 0;
    while (i < c->num_keys && EVP_PKEY_eq(c->like[i], like) != 1)
        i++;
    if (i == c->num_keys) {
        EVP_PKEY *made = i < KEYS_MAX ? ens__key_like(NULL, like) : NULL;
        if (!made)
            return NULL;
        c->like[i] = (EVP_PKEY *)(uintptr_t)like;
        EVP_PKEY_up_ref(c->like[i]);
        c->key[i] = made;
        c->num_keys++;
    }
    EVP_PKEY_up_ref(c->key[i]);
    return c->key[i];
}

/* put_plain appends a message and whatever in it can be inflated, by zlib alone. */
static void put_plain(ens_slice m, ens_buf *out)
{
    ens_buf_put(out, m);
    for (size_t at = 0; (at = ens__find(m, ENS_LIT("\x1F\x8B\x08"), at)) != SIZE_MAX; at++) {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)m.p + at, .avail_in = (uInt)(m.len - at)};
        uint8_t piece[4096];
        int status = inflateInit2(&z, 16 + MAX_WBITS);
        while (status == Z_OK && out->len < PLAIN_MAX) {
            z.next_out = piece;
            z.avail_out = sizeof piece;
            status = inflate(&z, Z_NO_FLUSH);
            ens_buf_add(out, piece, sizeof piece - z.avail_out);
        }
        inflateEnd(&z);
    }
}

/* is_told: a value that is nobody's. */
static bool is_told(ens_slice v)
{
    return v.len < TOLD_MIN || ens_is(v, "sti-taxud") || ens__find(v, ENS_LIT("<"), 0) != SIZE_MAX;
}

/* stands finds a value that has no letter or digit in front of it and behind it. */
static bool stands(ens_slice text, ens_slice value)
{
    for (size_t at = 0; (at = ens__find(text, value, at)) != SIZE_MAX; at++) {
        size_t end = at + value.len;
        if ((at == 0 || !isalnum(text.p[at - 1])) && (end == text.len || !isalnum(text.p[end])))
            return true;
    }
    return false;
}

/* check_none_stays looks for each value of the elements that tell of somebody in what was made. */
static void check_none_stays(const char *path, ens_slice message, ens_slice made)
{
    static const char *const elements[] = {"name",
                                           "street",
                                           "city",
                                           "descriptionOfGoods",
                                           "LRN",
                                           "MRN",
                                           "MessageId",
                                           "PartyId",
                                           "RefToMessageId",
                                           "poBox",
                                           "postCode",
                                           "identifier",
                                           "documentNumber",
                                           "identificationNumber",
                                           "text",
                                           "filename",
                                           "containerIdentificationNumber",
                                           "referenceNumberUCR"};
    ens_buf before, after;
    ens_buf_init(&before, NULL, 0, 2 * PLAIN_MAX);
    ens_buf_init(&after, NULL, 0, 2 * PLAIN_MAX);
    put_plain(message, &before);
    put_plain(made, &after);
    ens_slice all = ens_buf_slice(&before);
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        for (size_t at = 0; (at = ens__find(all, ens_str(elements[i]), at)) != SIZE_MAX; at++) {
            size_t from = ens__find(all, ENS_LIT(">"), at), to = ens__find(all, ENS_LIT("<"), at);
            ens_slice value = from < to && to != SIZE_MAX ? ens__trim(ens_sub(all, from + 1, to)) : (ens_slice){0};
            if (at == 0 || (all.p[at - 1] != '<' && all.p[at - 1] != ':') || is_told(value))
                continue;
            CHECK_ROW(!stands(ens_buf_slice(&after), value), "%s: %.*s stays", path, (int)value.len,
                      (const char *)value.p);
        }
    ens_buf_free(&before);
    ens_buf_free(&after);
}

void sheet_copies_make(sheet_copies *c, const char *path, const ens_verify_options *how, bool refused)
{
    ens_file file = {0};
    ens_anonymised made;
    ens_err err = {0};
    char text[512];
    const ens_anonymise_options o = {.verify = how, .make_key = kept_key, .user = c};
    CU_ASSERT_FATAL(ens__file_open(path, 0, &file, &err) == ENS_OK);
    ens_code code = ens__anonymise(c->anonymiser, file.bytes, &o, &made, &err);
    CHECK_ROW(code == ENS_OK, "%s: %s", path, ens_err_format(&err, text, sizeof text));
    bool same = code == ENS_OK && made.same;
    c->counts.num++;
    c->counts.same += same;
    c->counts.refused += refused;
    c->counts.refused_same += refused && same;
    if (same)
        check_none_stays(path, file.bytes, made.message);
    else if (code == ENS_OK)
        fprintf(stderr, "%s: %zu findings differ, %s: %s%.*s\n", path, made.num_differences,
                made.num_differences ? made.difference[0].finding->id : "none",
                made.num_differences ? ens_detail(made.difference[0].finding) : "stays ", (int)made.leaked.len,
                (const char *)made.leaked.p);
    ens__file_close(&file);
}
