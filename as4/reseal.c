#include "as4/reseal.h"

#include "as4/envelope/names.h"

#include <stdio.h>

#define INFO_MAX ((size_t)1 << 20)
#define URI_MAX 256 /* of a URI, and of an attribute around it */

bool ens__text_splice(ens_buf *text, size_t from, size_t to, ens_slice bytes)
{
    size_t tail = text->len - to;
    if (bytes.len > to - from && !ens_buf_room(text, bytes.len - (to - from)))
        return false;
    memmove(text->p + from + bytes.len, text->p + to, tail);
    if (bytes.len)
        memcpy(text->p + from, bytes.p, bytes.len);
    text->len = from + bytes.len + tail;
    return true;
}

bool ens__text_replace(ens_buf *text, const char *find, const char *replace)
{
    size_t at = ens__find(ens_buf_slice(text), ens_str(find), 0);
    return at != SIZE_MAX && ens__text_splice(text, at, at + strlen(find), ens_str(replace));
}

static size_t find(ens_slice hay, const char *needle, size_t from)
{
    return ens__find(hay, ens_str(needle), from);
}

bool ens__text_between(ens_slice text, const char *open, const char *close, size_t *from, size_t *to)
{
    *from = find(text, open, 0);
    *to = *from == SIZE_MAX ? SIZE_MAX : find(text, close, *from);
    if (*to == SIZE_MAX)
        return false;
    *to += strlen(close);
    return true;
}

bool ens__text_drop(ens_buf *text, const char *open, const char *close)
{
    size_t from, to;
    return ens__text_between(ens_buf_slice(text), open, close, &from, &to) &&
           ens__text_splice(text, from, to, (ens_slice){0});
}

bool ens__text_repeat(ens_buf *text, const char *open, const char *close)
{
    size_t from, to;
    ens_buf copy;
    ens_buf_init(&copy, NULL, 0, INFO_MAX);
    bool good = ens__text_between(ens_buf_slice(text), open, close, &from, &to);
    if (good) {
        ens_buf_put(&copy, ens_sub(ens_buf_slice(text), from, to));
        good = !copy.failed && ens__text_splice(text, to, to, ens_buf_slice(&copy));
    }
    ens_buf_free(&copy);
    return good;
}

bool ens__message_part(ens_slice message, const char *cid, size_t *from, size_t *to)
{
    char head[URI_MAX];
    snprintf(head, sizeof head, "Content-ID: <%s>\r\n\r\n", cid);
    size_t at = find(message, head, 0);
    if (at == SIZE_MAX)
        return false;
    *from = at + strlen(head);
    *to = find(message, "\r\n------=_ensign_", *from);
    return *to != SIZE_MAX;
}

/* element finds the one that carries the id, from its tag to its end. */
static bool element(ens_slice message, const char *id, size_t *from, size_t *to)
{
    static const char *const tags[][2] = {{"<eb:Messaging ", "</eb:Messaging>"}, {"<env:Body ", "</env:Body>"}};
    static const char *const names[] = {"wsu:Id", "iD"};
    char attribute[URI_MAX + 16];
    for (size_t i = 0; i < 4; i++) {
        snprintf(attribute, sizeof attribute, " %s=\"%s\"", names[i / 2], id);
        for (size_t at = find(message, tags[i % 2][0], 0); at != SIZE_MAX; at = find(message, tags[i % 2][0], at + 1)) {
            size_t head_end = find(message, ">", at), here = find(message, attribute, at);
            if (here == SIZE_MAX || here > head_end)
                continue;
            *from = at;
            *to = find(message, tags[i % 2][1], at);
            if (*to == SIZE_MAX)
                return false;
            *to += strlen(tags[i % 2][1]);
            return true;
        }
    }
    return false;
}

static bool fill(ens_buf *message, size_t from, size_t to, ens_slice bytes)
{
    uint8_t storage[1024];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    ens__base64_encode(&text, bytes);
    bool good = !text.failed && ens__text_splice(message, from, to, ens_buf_slice(&text));
    ens_buf_free(&text);
    return good;
}

/* md_of reads which digest the first Algorithm behind at names; SHA-256 where it is none of these. */
static const EVP_MD *md_of(ens_slice m, size_t at)
{
    size_t name = find(m, "Algorithm=\"", at), end = name == SIZE_MAX ? SIZE_MAX : find(m, "\">", name);
    ens_slice text = end != SIZE_MAX ? ens_sub(m, name, end) : (ens_slice){0};
    return find(text, "sha1", 0) != SIZE_MAX     ? EVP_sha1()
           : find(text, "sha512", 0) != SIZE_MAX ? EVP_sha512()
                                                 : EVP_sha256();
}

/* redigest does one reference, which starts at at, and returns where the next may start; SIZE_MAX when it failed. */
static size_t redigest(ens_buf *message, size_t at)
{
    char uri[URI_MAX] = "";
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    ens_slice m = ens_buf_slice(message);
    size_t start = at + strlen("<ds:Reference URI=\""), end = find(m, "\"", start), from = 0, to = 0;
    if (end == SIZE_MAX || end - start >= sizeof uri)
        return SIZE_MAX;
    memcpy(uri, m.p + start, end - start);
    bool good = uri[0] == '#' ? element(m, uri + 1, &from, &to)
                              : ens__message_part(m, strncmp(uri, "cid:", 4) == 0 ? uri + 4 : uri, &from, &to);
    size_t value = find(m, "<ds:DigestValue>", at);
    if (!good && uri[0] != '#' && value != SIZE_MAX)
        return value;
    size_t value_end = value == SIZE_MAX ? SIZE_MAX : find(m, "</ds:DigestValue>", value);
    if (!good || value_end == SIZE_MAX ||
        EVP_Digest(m.p + from, to - from, digest, &len, md_of(m, find(m, "<ds:DigestMethod ", at)), NULL) != 1)
        return SIZE_MAX;
    return fill(message, value + strlen("<ds:DigestValue>"), value_end, (ens_slice){digest, len}) ? value : SIZE_MAX;
}

/* put_info is what is signed: SignedInfo as it stands, or with what its ancestors declare where that is asked for.
 * Source  Canonical XML 1.0, 2.3 */
static void put_info(ens_slice info, ens_buf *out)
{
    static const char head[] = "<ds:SignedInfo xmlns:ds=\"" ENS_NS_DS "\"";
    bool inclusive = find(info, "REC-xml-c14n-20010315", 0) < find(info, "<ds:Reference ", 0);
    if (!inclusive || !ens_starts(info, ens_str(head))) {
        ens_buf_put(out, info);
        return;
    }
    ens_buf_text(out, head);
    ens_buf_text(out, " xmlns:env=\"" ENS_NS_SOAP12 "\" xmlns:wsse=\"" ENS_NS_WSSE "\" xmlns:wsu=\"" ENS_NS_WSU "\"");
    ens_buf_put(out, ens_from(info, sizeof head - 1));
}

/* sign signs it by the algorithm that it names. */
static bool sign(ens_slice info, EVP_PKEY *key, uint8_t *signature, size_t *len)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, INFO_MAX);
    put_info(info, &text);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = !text.failed && ctx &&
                EVP_DigestSignInit(ctx, NULL, md_of(info, find(info, "<ds:SignatureMethod ", 0)), NULL, key) == 1 &&
                EVP_DigestSign(ctx, signature, len, text.p, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    ens_buf_free(&text);
    return good;
}

bool ens__message_reseal(ens_buf *message, EVP_PKEY *key)
{
    size_t info = find(ens_buf_slice(message), "<ds:SignedInfo", 0);
    for (size_t at = find(ens_buf_slice(message), "<ds:Reference ", info); at != SIZE_MAX;
         at = find(ens_buf_slice(message), "<ds:Reference ", at)) {
        if (at > find(ens_buf_slice(message), "</ds:SignedInfo>", info))
            break;
        at = redigest(message, at);
        if (at == SIZE_MAX)
            return false;
    }
    ens_slice m = ens_buf_slice(message);
    size_t end = find(m, "</ds:SignedInfo>", info), value = find(m, "<ds:SignatureValue>", info),
           value_end = find(m, "</ds:SignatureValue>", info);
    if (info == SIZE_MAX || end == SIZE_MAX || value == SIZE_MAX || value_end == SIZE_MAX)
        return false;
    end += strlen("</ds:SignedInfo>");
    value += strlen("<ds:SignatureValue>");
    uint8_t signature[1024];
    size_t len = sizeof signature;
    return sign(ens_sub(m, info, end), key, signature, &len) &&
           fill(message, value, value_end, (ens_slice){signature, len});
}
