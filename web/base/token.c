/* The API's token. */
#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "web/base/site.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#define RULE "RFC 6750, 2.1"
#define RANDOM 32u

static ens_slice first_line(ens_slice text)
{
    size_t end = 0;
    while (end < text.len && text.p[end] != '\n' && text.p[end] != '\r')
        end++;
    return ens__trim(ens_sub(text, 0, end));
}

static ens_code make_token(const char *path, ens_err *err)
{
    uint8_t octets[RANDOM];
    char text[2 * RANDOM + 2];
    if (RAND_bytes(octets, sizeof octets) != 1)
        return ens_fail(err, ENS_ECRYPTO, NULL, "there are no random octets for a token", 0);
    ens__hex(ens_bytes(octets, sizeof octets), text);
    text[2 * RANDOM] = '\n';
    ens_code code = ens__file_write(path, ens_bytes(text, 2 * RANDOM + 1), 0600, err);
    OPENSSL_cleanse(octets, sizeof octets);
    OPENSSL_cleanse(text, sizeof text);
    return code;
}

ens_code ens__web_token_open(const char *path, ens_web_token *out, ens_err *err)
{
    ens_file f = {0};
    ens_code code = access(path, F_OK) == 0 ? ENS_OK : make_token(path, err);
    if (code == ENS_OK)
        code = ens__file_open_secret(path, ENS_WEB_TOKEN_MAX + 2, &f, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the token of the API");
    ens_slice token = first_line(f.bytes);
    code = token.len < ENS_WEB_TOKEN_MIN
               ? ens_fail_about(err, ENS_EPOLICY, RULE, "the token has less than 16 characters", path)
               : ens__sha256(token, out->sha256, err);
    ens__file_close(&f);
    return code;
}

bool ens__web_token_fits(const ens_web_token *token, const ens_web_request *r)
{
    ens_slice field = ens__web_field(r, "Authorization");
    uint8_t sha256[32];
    if (!ens__starts_nocase(field, ENS_LIT("Bearer ")))
        return false;
    ens_slice given = ens__trim(ens_from(field, sizeof "Bearer " - 1));
    return given.len && ens__sha256(given, sha256, NULL) == ENS_OK &&
           CRYPTO_memcmp(sha256, token->sha256, sizeof sha256) == 0;
}
