#include "sti/rehearsal/secret.h"

#include "engine/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign rehearsal"
#define ID_BYTES 16
#define ID_HEAD 3
#define SALT_BYTES 16
#define HASH_BYTES 32
#define SCRYPT_LOG_N 15u
#define SCRYPT_R 8u
#define SCRYPT_P 1u
#define SCRYPT_MEMORY ((uint64_t)64 << 20)

static ens_code no_random(ens_err *err)
{
    return ens_fail(err, ENS_ECRYPTO, RULE, "no random numbers", 0);
}

ens_code ens__id_make(ens__environment e, ens__id_kind kind, char out[ENS_ID], ens_err *err)
{
    uint8_t bytes[ID_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return no_random(err);
    out[0] = ens__environment_of(e)->letter;
    out[1] = (char)kind;
    out[2] = '-';
    ens__hex(ens_bytes(bytes, sizeof bytes), out + ID_HEAD);
    return ENS_OK;
}

static bool shaped(ens_slice id)
{
    bool good = id.len == ENS_ID - 1 && id.p[2] == '-';
    for (size_t i = ID_HEAD; good && i < id.len; i++)
        good = (id.p[i] >= '0' && id.p[i] <= '9') || (id.p[i] >= 'a' && id.p[i] <= 'f');
    return good;
}

ens_code ens__id_check(ens__environment e, ens__id_kind kind, ens_slice id, ens_err *err)
{
    const ens__environment_facts *other = ens__environment_of(ens__environment_other(e));
    if (!shaped(id) || id.p[1] != (uint8_t)kind)
        return ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0);
    if (id.p[0] == (uint8_t)other->letter)
        return ens_fail(err, ENS_EPOLICY, RULE,
                        e == ENS_CONFORMANCE ? "it is of production, and this is conformance: nothing crosses"
                                             : "it is of conformance, and this is production: nothing crosses",
                        0);
    if (id.p[0] != (uint8_t)ens__environment_of(e)->letter)
        return ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0);
    return ENS_OK;
}

ens_code ens__secret_digest(ens_slice token, char out[ENS_SECRET_DIGEST], ens_err *err)
{
    uint8_t digest[32];
    ens_code code = ens__sha256(token, digest, err);
    if (code == ENS_OK)
        ens__hex(ens_bytes(digest, sizeof digest), out);
    return code;
}

static ens_code derive(ens_slice password, const uint8_t salt[SALT_BYTES], uint8_t out[HASH_BYTES], ens_err *err)
{
    bool good = EVP_PBE_scrypt(password.p ? (const char *)password.p : "", password.len, salt, SALT_BYTES,
                               (uint64_t)1 << SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P, SCRYPT_MEMORY, out, HASH_BYTES) == 1;
    return good ? ENS_OK : ens_fail(err, ENS_ECRYPTO, "RFC 7914", "scrypt failed", 0);
}

/* write_hash: "scrypt$15$8$1$SALT$HASH". */
static void write_hash(const uint8_t salt[SALT_BYTES], const uint8_t hash[HASH_BYTES], char out[ENS_PASSWORD_HASH])
{
    char salt_hex[SALT_BYTES * 2 + 1], hash_hex[HASH_BYTES * 2 + 1];
    ens__hex(ens_bytes(salt, SALT_BYTES), salt_hex);
    ens__hex(ens_bytes(hash, HASH_BYTES), hash_hex);
    snprintf(out, ENS_PASSWORD_HASH, "scrypt$%u$%u$%u$%s$%s", SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P, salt_hex, hash_hex);
    OPENSSL_cleanse(hash_hex, sizeof hash_hex);
}

ens_code ens__password_hash(ens_slice password, char out[ENS_PASSWORD_HASH], ens_err *err)
{
    uint8_t salt[SALT_BYTES], hash[HASH_BYTES];
    if (RAND_bytes(salt, sizeof salt) != 1)
        return no_random(err);
    ens_code code = derive(password, salt, hash, err);
    if (code == ENS_OK)
        write_hash(salt, hash, out);
    OPENSSL_cleanse(hash, sizeof hash);
    return code;
}

/* read_salt takes the salt out of a stored hash; false: it isn't one. */
static bool read_salt(const char *stored, uint8_t salt[SALT_BYTES])
{
    char head[32];
    int n = snprintf(head, sizeof head, "scrypt$%u$%u$%u$", SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P);
    if (!stored || strncmp(stored, head, (size_t)n) != 0 || strlen(stored) < (size_t)n + SALT_BYTES * 2)
        return false;
    for (size_t i = 0; i < SALT_BYTES; i++) {
        char pair[3] = {stored[(size_t)n + i * 2], stored[(size_t)n + i * 2 + 1], '\0'}, *end;
        salt[i] = (uint8_t)strtoul(pair, &end, 16);
        if (*end)
            return false;
    }
    return true;
}

ens_code ens__password_fits(ens_slice password, const char *stored, bool *fits, ens_err *err)
{
    uint8_t salt[SALT_BYTES] = {0}, hash[HASH_BYTES];
    char again[ENS_PASSWORD_HASH];
    bool known = read_salt(stored, salt);
    ens_code code = derive(password, salt, hash, err);
    if (code == ENS_OK) {
        write_hash(salt, hash, again);
        *fits = ens__equal_secret(ens_str(again), ens_str(known ? stored : again)) && known;
        OPENSSL_cleanse(again, sizeof again);
    }
    OPENSSL_cleanse(hash, sizeof hash);
    return code;
}

ens_code ens__password_invent(char out[ENS_PASSWORD_INVENTED], ens_err *err)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    uint8_t bytes[ENS_PASSWORD_INVENTED];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return no_random(err);
    for (size_t i = 0; i + 1 < ENS_PASSWORD_INVENTED; i++)
        out[i] = letters[bytes[i] % (sizeof letters - 1)];
    out[4] = out[9] = out[14] = '-';
    out[0] = 'R';
    out[1] = (char)('2' + bytes[1] % 8);
    out[ENS_PASSWORD_INVENTED - 1] = '\0';
    return ENS_OK;
}
