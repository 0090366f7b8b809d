#include "tests/fuzz/covered.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <zlib.h>

static size_t find(ens_slice in, const char *text, size_t from)
{
    return ens__find(in, ens_str(text), from);
}

/* is_hashed tells whether a DigestValue with the SHA-256 of octets stands in the text of ds:SignedInfo. */
static bool is_hashed(ens_slice info, ens_slice octets)
{
    uint8_t digest[SHA256_DIGEST_LENGTH], coded[64];
    SHA256(octets.p, octets.len, digest);
    int len = EVP_EncodeBlock(coded, digest, sizeof digest);
    return ens__find(info, ens_bytes(coded, (size_t)len), 0) != SIZE_MAX;
}

void covered_by(ens_slice message, const sealed_octets *hashed, sealed_octets *covered)
{
    size_t from = find(message, "SignedInfo", 0), to = find(message, "SignatureValue", 0);
    ens_slice info = from < to && to != SIZE_MAX ? ens_sub(message, from, to) : (ens_slice){0};
    covered->num = 0;
    for (unsigned i = 0; i < hashed->num; i++)
        if (is_hashed(info, hashed->octets[i]))
            covered->octets[covered->num++] = hashed->octets[i];
}

/* text_of finds the text of a start tag with this local name, from at on; *at is behind it, or SIZE_MAX. What was
 * hashed is canonical: names end in a blank or '>'. */
static ens_slice text_of(ens_slice octets, const char *local, size_t *at)
{
    size_t len = strlen(local);
    for (size_t hit = find(octets, local, *at); hit != SIZE_MAX; hit = find(octets, local, hit + 1)) {
        uint8_t before = hit ? octets.p[hit - 1] : 0, behind = hit + len < octets.len ? octets.p[hit + len] : 0;
        size_t tag = hit;
        while (tag && octets.p[tag] != '<' && octets.p[tag] != ' ' && octets.p[tag] != '>')
            tag--;
        if ((before != '<' && before != ':') || (behind != ' ' && behind != '>') || octets.p[tag] != '<' ||
            octets.p[tag + 1] == '/')
            continue;
        size_t from = find(octets, ">", hit) + 1, to = find(octets, "<", from);
        *at = to;
        return to == SIZE_MAX ? (ens_slice){0} : ens_sub(octets, from, to);
    }
    *at = SIZE_MAX;
    return (ens_slice){0};
}

bool covered_text(const sealed_octets *covered, const char *outer, const char *local, ens_slice text)
{
    unsigned seen = 0;
    bool same = false;
    for (unsigned i = 0; i < covered->num; i++) {
        ens_slice octets = covered->octets[i];
        for (size_t at = octets.len && octets.p[0] == '<' ? 0 : SIZE_MAX; at != SIZE_MAX;) {
            if (outer)
                text_of(octets, outer, &at);
            ens_slice found = at == SIZE_MAX ? (ens_slice){0} : text_of(octets, local, &at);
            if (at == SIZE_MAX)
                break;
            seen++;
            same = ens_eq(found, text);
        }
    }
    return text.p ? seen == 1 && same : seen == 0;
}

static bool inflates_to(ens_slice octets, ens_slice bytes)
{
    uint8_t made[1 << 16];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)octets.p,
                  .avail_in = (uInt)octets.len,
                  .next_out = made,
                  .avail_out = sizeof made};
    if (octets.len < 2 || octets.p[0] != 0x1F || inflateInit2(&z, 15 + 16) != Z_OK)
        return false;
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END;
    inflateEnd(&z);
    return whole && ens_eq(ens_bytes(made, sizeof made - z.avail_out), bytes);
}

bool covered_part(const sealed_octets *covered, ens_slice bytes)
{
    size_t declaration = ens_starts(bytes, ENS_LIT("<?xml")) ? find(bytes, "?>\n", 0) : SIZE_MAX;
    ens_slice bare = declaration == SIZE_MAX ? bytes : ens_from(bytes, declaration + 3);
    for (unsigned i = 0; i < covered->num; i++)
        if (ens_eq(covered->octets[i], bytes) || ens_eq(covered->octets[i], bare) ||
            inflates_to(covered->octets[i], bytes))
            return true;
    return false;
}
