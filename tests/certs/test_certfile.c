/* Files as people have them: each way in which certificates and keys are kept is read, or named with what helps. */
#include "certs/keys/certfile.h"
#include "certs/keys/chain.h"
#include "certs/keys/keystore.h"
#include "certs/x509/der.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>
#include <stdio.h>

#define FILE_MAX ((size_t)64 << 10)
#define PASS "pw"

#define OLD_KEY                                                                                                        \
    "-----BEGIN EC PRIVATE KEY-----\n"                                                                                 \
    "Proc-Type: 4,ENCRYPTED\n"                                                                                         \
    "DEK-Info: DES-CBC,72668A515175ACC1\n"                                                                             \
    "\n"                                                                                                               \
    "LFb2Ks6JbkhWQrLsXYdvOluQ0roWHobB6C+mNAEprE3vwOc12RNm0FQuDoa6Bzuj\n"                                               \
    "0hD8p/typAZWgQFWdrgzNrJW5L/W9h/WEMsz3NmZqo8F5nA5K2I2O0vGpBNSz893\n"                                               \
    "qZmsoFkMgG1CflMQSsLev3KvqTXzITPK6NtqUu8k9sE=\n"                                                                   \
    "-----END EC PRIVATE KEY-----\n"

/* Two authorities; what a file is made of. */
typedef struct {
    authority first, second;
    ens_buf base64[2]; /* of their certificates */
} people;

static void open_people(people *p)
{
    const authority_row row = {.name = "First", .ca = true}, other = {.name = "Second", .ca = true};
    CU_ASSERT_FATAL(authority_make(NULL, &row, &p->first) && authority_make(NULL, &other, &p->second));
    const authority *const both[] = {&p->first, &p->second};
    for (unsigned i = 0; i < 2; i++) {
        ens_buf_init(&p->base64[i], NULL, 0, FILE_MAX);
        ens__base64_encode(&p->base64[i], authority_der(both[i]));
    }
}

static void close_people(people *p)
{
    authority_free(&p->first);
    authority_free(&p->second);
    ens_buf_free(&p->base64[0]);
    ens_buf_free(&p->base64[1]);
}

/* What was seen in a file: which of the two, in order. */
typedef struct {
    const people *of;
    char order[8];
    size_t num;
} sight;

static ens_code see(void *ctx, ens_slice der, ens_err *err)
{
    sight *s = ctx;
    (void)err;
    char which = ens_eq(der, authority_der(&s->of->first))    ? '1'
                 : ens_eq(der, authority_der(&s->of->second)) ? '2'
                                                              : '?';
    if (s->num + 1 < sizeof s->order)
        s->order[s->num++] = which;
    return ENS_OK;
}

/* check reads a file and compares what is in it, or what is said of it. */
static void check(const people *p, const char *name, ens_slice file, const char *order, const char *said)
{
    sight s = {.of = p};
    ens_err err = {0};
    char text[512] = "";
    ens_code code = ens__certfile_each(file, PASS, see, &s, &err);
    if (code != ENS_OK)
        ens_err_format(&err, text, sizeof text);
    CHECK_ROW(order ? code == ENS_OK && strcmp(s.order, order) == 0 : code != ENS_OK, "%s: %s %s", name, s.order, text);
    CHECK_ROW(!said || strstr(text, said), "%s: %s", name, text);
}

/* Texts in which %1 and %2 are the base64 of the two certificates. */
static const struct {
    const char *name, *text, *order, *said;
} texts[] = {
    {"one block", "-----BEGIN CERTIFICATE-----\n%1\n-----END CERTIFICATE-----\n", "1", NULL},
    {"text in front, and between",
     "The CA\n-----BEGIN CERTIFICATE-----\n%2\n-----END CERTIFICATE-----\nand\n"
     "-----BEGIN CERTIFICATE-----\n%1\n-----END CERTIFICATE-----\n",
     "21", NULL},
    {"indented",
     "  -----BEGIN CERTIFICATE-----\n  %1\n  -----END CERTIFICATE-----\n"
     "-----BEGIN CERTIFICATE-----\n%2\n-----END CERTIFICATE-----\n",
     "12", NULL},
    {"on one line", "-----BEGIN CERTIFICATE-----%1-----END CERTIFICATE-----", "1", NULL},
    {"lines of Windows, and a mark in front",
     "\xEF\xBB\xBF-----BEGIN CERTIFICATE-----\r\n%1\r\n-----END CERTIFICATE-----\r\n", "1", NULL},
    {"an older label", "-----BEGIN X509 CERTIFICATE-----\n%1\n-----END X509 CERTIFICATE-----\n", "1", NULL},
    {"bare base64", "\n%1\n", "1", NULL},
    {"bare base64 behind a mark", "\xEF\xBB\xBF%1", "1", NULL},
    {"a key beside it",
     "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n"
     "-----BEGIN CERTIFICATE-----\n%1\n-----END CERTIFICATE-----\n",
     "1", NULL},
    {"a key alone", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", NULL, "no certificate"},
    {"a request", "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n", NULL, "cert check"},
    {"a list", "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", NULL, "--crl"},
    {"a block without an end", "-----BEGIN CERTIFICATE-----\n%1\n", NULL, "no end"},
    {"a block whose end is another's", "-----BEGIN CERTIFICATE-----\n%1\n-----END CERTIFICATE REQUEST-----\n", NULL,
     "no end"},
    {"a block within a block",
     "-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n%1\n-----END CERTIFICATE-----\n", NULL, "no end"},
    {"a first block that is damaged",
     "-----BEGIN CERTIFICATE-----\n%1!\n-----END CERTIFICATE-----\n"
     "-----BEGIN CERTIFICATE-----\n%2\n-----END CERTIFICATE-----\n",
     NULL, "damaged"},
    {"nothing", "", NULL, "neither"},
    {"something else", "GIF89a", NULL, "neither"},
    {"a Java keystore", "\xFE\xED\xFE\xED\x02", NULL, "keytool"},
};

/* fill writes a text with its certificates. */
static void fill(const people *p, const char *text, ens_buf *out)
{
    for (; *text; text++)
        if (text[0] == '%' && (text[1] == '1' || text[1] == '2'))
            ens_buf_put(out, ens_buf_slice(&p->base64[*++text - '1']));
        else
            ens_buf_add(out, text, 1);
}

static void reads_texts(void)
{
    people p;
    open_people(&p);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ens_buf file;
        ens_buf_init(&file, NULL, 0, FILE_MAX);
        fill(&p, texts[i].text, &file);
        check(&p, texts[i].name, ens_buf_slice(&file), texts[i].order, texts[i].said);
        ens_buf_free(&file);
    }
    close_people(&p);
}

/* put_wide appends a text as UTF-16, the little end first. */
static void put_wide(ens_buf *out, const char *text, size_t len)
{
    ens_buf_add(out, "\xFF\xFE", 2);
    for (size_t i = 0; i < len; i++) {
        ens_buf_add(out, &text[i], 1);
        ens_buf_add(out, "\0", 1);
    }
}

static void reads_octets(void)
{
    people p;
    ens_buf file, text, path;
    open_people(&p);
    ens_buf_init(&file, NULL, 0, FILE_MAX);
    ens_buf_init(&text, NULL, 0, FILE_MAX);
    ens_buf_init(&path, NULL, 0, FILE_MAX);
    ens_buf_put(&file, authority_der(&p.first));
    check(&p, "DER", ens_buf_slice(&file), "1", NULL);
    ens_buf_text(&file, "\r\n");
    check(&p, "DER with a line end", ens_buf_slice(&file), "1", NULL);
    ens_buf_put(&file, authority_der(&p.second));
    check(&p, "two in DER", ens_buf_slice(&file), "12", NULL);
    ens_buf_text(&file, "end");
    check(&p, "DER and text behind it", ens_buf_slice(&file), NULL, "behind the certificate");
    fill(&p, texts[0].text, &text);
    file.len = 0;
    put_wide(&file, (const char *)text.p, text.len);
    check(&p, "UTF-16", ens_buf_slice(&file), "1", NULL);
    size_t len = authority_der(&p.first).len + authority_der(&p.second).len;
    ens__der_put_header(&path, 0x30, len);
    ens_buf_put(&path, authority_der(&p.second));
    ens_buf_put(&path, authority_der(&p.first));
    check(&p, "a PKIPath", ens_buf_slice(&path), "21", NULL);
    ens_buf_free(&file);
    ens_buf_free(&text);
    ens_buf_free(&path);
    close_people(&p);
}

/* A bundle goes by any label, and so does a certificate to which OpenSSL added what it trusts it for. */
static void reads_bundles(void)
{
    static const char *const labels[] = {"PKCS7", "CERTIFICATE", "CMS"};
    people p;
    unsigned char *der = NULL;
    open_people(&p);
    PKCS7 *bundle = PKCS7_new();
    CU_ASSERT_FATAL(bundle && PKCS7_set_type(bundle, NID_pkcs7_signed) && PKCS7_content_new(bundle, NID_pkcs7_data) &&
                    PKCS7_add_certificate(bundle, p.first.cert) && PKCS7_add_certificate(bundle, p.second.cert));
    int len = i2d_PKCS7(bundle, &der);
    CU_ASSERT_FATAL(len > 0);
    check(&p, "a bundle in DER", ens_bytes(der, (size_t)len), "12", NULL);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
        ens_buf file;
        ens_buf_init(&file, NULL, 0, FILE_MAX);
        ens_buf_printf(&file, "-----BEGIN %s-----\n", labels[i]);
        ens__base64_encode(&file, ens_bytes(der, (size_t)len));
        ens_buf_printf(&file, "\n-----END %s-----\n", labels[i]);
        check(&p, labels[i], ens_buf_slice(&file), "12", NULL);
        ens_buf_free(&file);
    }
    OPENSSL_free(der);
    PKCS7_free(bundle);
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    CU_ASSERT_FATAL(bio && X509_add1_trust_object(p.first.cert, OBJ_nid2obj(NID_client_auth)) &&
                    PEM_write_bio_X509_AUX(bio, p.first.cert));
    long size = BIO_get_mem_data(bio, &text);
    check(&p, "TRUSTED CERTIFICATE", ens_bytes(text, (size_t)size), "1", NULL);
    BIO_free(bio);
    close_people(&p);
}

static void names_requests(void)
{
    people p;
    unsigned char *der = NULL;
    open_people(&p);
    X509_REQ *request = X509_to_X509_REQ(p.first.cert, p.first.key, EVP_sha256());
    int len = request ? i2d_X509_REQ(request, &der) : 0;
    CU_ASSERT_FATAL(len > 0);
    check(&p, "a request in DER", ens_bytes(der, (size_t)len), NULL, "`ensign cert check` judges it");
    OPENSSL_free(der);
    X509_REQ_free(request);
    close_people(&p);
}

/* make_store writes a PKCS#12 file with the keys and certificates of both, the second key first. mac: PKCS12_set_mac's
 * hash, or NULL for none. */
static void make_store(const people *p, bool both, const EVP_MD *mac, ens_buf *out)
{
    STACK_OF(PKCS12_SAFEBAG) *keys = NULL, *certs = NULL;
    STACK_OF(PKCS7) *safes = NULL;
    unsigned char *der = NULL;
    bool good = (!both || PKCS12_add_key(&keys, p->second.key, 0, 1000, NID_aes_256_cbc, PASS)) &&
                PKCS12_add_key(&keys, p->first.key, 0, 1000, NID_aes_256_cbc, PASS) &&
                PKCS12_add_cert(&certs, p->first.cert) && (!both || PKCS12_add_cert(&certs, p->second.cert)) &&
                PKCS12_add_safe(&safes, certs, NID_aes_256_cbc, 1000, PASS) &&
                PKCS12_add_safe(&safes, keys, -1, 0, NULL);
    PKCS12 *p12 = good ? PKCS12_add_safes(safes, 0) : NULL;
    good = p12 && (!mac || PKCS12_set_mac(p12, PASS, -1, NULL, 0, 1000, mac));
    int len = good ? i2d_PKCS12(p12, &der) : 0;
    CU_ASSERT_FATAL(len > 0);
    ens_buf_add(out, der, (size_t)len);
    OPENSSL_free(der);
    PKCS12_free(p12);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
    sk_PKCS12_SAFEBAG_pop_free(certs, PKCS12_SAFEBAG_free);
}

static void opens_stores(void)
{
    people p;
    open_people(&p);
    for (unsigned i = 0; i < 4; i++) {
        bool both = i % 2, mac = i / 2;
        ens_buf file;
        ens__keyring ring = {0};
        ens_err err = {0};
        ens_buf_init(&file, NULL, 0, FILE_MAX);
        make_store(&p, both, mac ? EVP_sha256() : NULL, &file);
        check(&p, mac ? "with a MAC" : "without a MAC", ens_buf_slice(&file), both ? "21" : "1", NULL);
        CHECK_ROW(ens__keyring_load(ens_buf_slice(&file), PASS, &ring, &err) == ENS_OK && ring.num == 1u + both,
                  "row %u", i);
        ens_cert cert;
        CU_ASSERT_EQUAL_FATAL(ens_cert_parse(authority_der(&p.first), &cert, NULL), ENS_OK);
        EVP_PKEY *found = ens__keyring_find(&ring, &cert), *chosen = NULL;
        CHECK_ROW(found && EVP_PKEY_eq(found, p.first.key) == 1, "row %u", i);
        ens__keyring_clear(&ring);
        CHECK_ROW(ens__key_load_for(ens_buf_slice(&file), PASS, authority_der(&p.first), NULL, &chosen, NULL) ==
                          ENS_OK &&
                      EVP_PKEY_eq(chosen, p.first.key) == 1,
                  "row %u", i);
        EVP_PKEY_free(chosen);
        CHECK_ROW(ens__keyring_load(ens_buf_slice(&file), "wrong", &ring, &err) == ENS_EPASS, "row %u", i);
        CHECK_ROW(ens__keyring_load(ens_buf_slice(&file), NULL, &ring, &err) == ENS_EPASS, "row %u", i);
        ens_buf_free(&file);
    }
    close_people(&p);
}

static void wrap(ens_buf *out, uint8_t tag, ens_slice body)
{
    ens__der_put_header(out, tag, body.len);
    ens_buf_put(out, body);
}

#define HMAC_SHA256_ID "\x30\x0C\x06\x08\x2A\x86\x48\x86\xF7\x0D\x02\x09\x05\x00"
#define PBKDF2_PARAMETERS "\x04\x04salt\x02\x02\x03\xE8\x02\x01\x20" HMAC_SHA256_ID

/* wrap_twice appends SEQUENCE { head, inner { body } }. */
static void wrap_after(ens_buf *out, ens_slice head, uint8_t tag, ens_slice body)
{
    ens__der_put_header(out, ENS_DER_SEQUENCE, head.len + ens__der_header_len(body.len) + body.len);
    ens_buf_put(out, head);
    wrap(out, tag, body);
}

/* with_pbmac1 puts a MAC by PBMAC1 (RFC 9579) behind a store that has none. */
static void with_pbmac1(ens_slice plain, ens_buf *out)
{
    static const ens_slice pbkdf2 = {(const uint8_t *)"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C", 11},
                           pbmac1 = {(const uint8_t *)"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0E", 11};
    ens_reader r = ens_read(plain);
    ens_der pfx, version, safe, oid, tagged, content;
    uint8_t key[32], mac[EVP_MAX_MD_SIZE], storage[5][256];
    unsigned len = 0;
    ens_buf step[5];
    for (unsigned i = 0; i < 5; i++)
        ens_buf_init(&step[i], storage[i], 256, 256);
    CU_ASSERT_FATAL(ens__der_take(&r, ENS_DER_SEQUENCE, &pfx));
    r = ens_read(pfx.body);
    CU_ASSERT_FATAL(ens__der_take(&r, ENS_DER_INTEGER, &version) && ens__der_take(&r, ENS_DER_SEQUENCE, &safe));
    r = ens_read(safe.body);
    CU_ASSERT_FATAL(ens__der_take(&r, ENS_DER_OID, &oid) && ens__der_take(&r, ENS_DER_CONTEXT(0), &tagged));
    r = ens_read(tagged.body);
    CU_ASSERT_FATAL(ens__der_take(&r, ENS_DER_OCTET_STRING, &content));
    CU_ASSERT_FATAL(PKCS5_PBKDF2_HMAC(PASS, -1, (const uint8_t *)"salt", 4, 1000, EVP_sha256(), 32, key) == 1 &&
                    HMAC(EVP_sha256(), key, 32, content.body.p, content.body.len, mac, &len) && len == 32);
    wrap_after(&step[0], pbkdf2, ENS_DER_SEQUENCE, ENS_LIT(PBKDF2_PARAMETERS)); /* keyDerivationFunc */
    ens_buf_put(&step[0], ENS_LIT(HMAC_SHA256_ID));
    wrap_after(&step[1], pbmac1, ENS_DER_SEQUENCE, ens_buf_slice(&step[0]));
    wrap_after(&step[2], ens_buf_slice(&step[1]), ENS_DER_OCTET_STRING, ens_bytes(mac, len)); /* DigestInfo */
    ens_buf_put(&step[2], ENS_LIT("\x04\x01x\x02\x01\x01"));
    wrap(&step[3], ENS_DER_SEQUENCE, ens_buf_slice(&step[2]));
    ens__der_put_header(out, ENS_DER_SEQUENCE, pfx.body.len + step[3].len);
    ens_buf_put(out, pfx.body);
    ens_buf_put(out, ens_buf_slice(&step[3]));
    for (unsigned i = 0; i < 5; i++)
        ens_buf_free(&step[i]);
}

static void opens_stores_with_pbmac1(void)
{
    people p;
    ens_buf plain, file;
    ens__keyring ring = {0};
    open_people(&p);
    ens_buf_init(&plain, NULL, 0, FILE_MAX);
    ens_buf_init(&file, NULL, 0, FILE_MAX);
    make_store(&p, false, NULL, &plain);
    with_pbmac1(ens_buf_slice(&plain), &file);
    check(&p, "with PBMAC1", ens_buf_slice(&file), "1", NULL);
    CU_ASSERT(ens__keyring_load(ens_buf_slice(&file), PASS, &ring, NULL) == ENS_OK && ring.num == 1);
    ens__keyring_clear(&ring);
    CU_ASSERT_EQUAL(ens__keyring_load(ens_buf_slice(&file), "wrong", &ring, NULL), ENS_EPASS);
    uint8_t *at = file.p + file.len - 7; /* the MAC's last octet */
    *at ^= 1;
    CU_ASSERT_EQUAL(ens__keyring_load(ens_buf_slice(&file), PASS, &ring, NULL), ENS_EPASS);
    ens_buf_free(&plain);
    ens_buf_free(&file);
    close_people(&p);
}

/* Keys by themselves: in DER with and without a pass phrase, and PEM with a cipher that only the legacy provider has.
 */
static void reads_keys(void)
{
    people p;
    ens__keyring ring = {0};
    ens_err err = {0};
    unsigned char *der = NULL;
    char *text = NULL;
    open_people(&p);
    int len = i2d_PrivateKey(p.first.key, &der);
    CU_ASSERT_FATAL(len > 0);
    CU_ASSERT(ens__keyring_load(ens_bytes(der, (size_t)len), NULL, &ring, NULL) == ENS_OK && ring.num == 1);
    ens__keyring_clear(&ring);
    OPENSSL_free(der);
    BIO *sealed = BIO_new(BIO_s_mem()), *pair = BIO_new(BIO_s_mem());
    CU_ASSERT_FATAL(
        sealed && pair &&
        i2d_PKCS8PrivateKey_bio(sealed, p.first.key, EVP_aes_256_cbc(), PASS, (int)strlen(PASS), NULL, NULL));
    long size = BIO_get_mem_data(sealed, &text);
    CU_ASSERT(ens__keyring_load(ens_bytes(text, (size_t)size), PASS, &ring, NULL) == ENS_OK && ring.num == 1);
    ens__keyring_clear(&ring);
    CU_ASSERT_EQUAL(ens__keyring_load(ens_bytes(text, (size_t)size), "wrong", &ring, NULL), ENS_EPASS);
    CU_ASSERT_EQUAL(ens__keyring_load(ens_bytes(text, (size_t)size), NULL, &ring, NULL), ENS_EPASS);
    CU_ASSERT_FATAL(PEM_write_bio_PrivateKey(pair, p.first.key, NULL, NULL, 0, NULL, NULL) &&
                    PEM_write_bio_PrivateKey(pair, p.second.key, EVP_aes_128_cbc(), (const unsigned char *)PASS,
                                             (int)strlen(PASS), NULL, NULL));
    size = BIO_get_mem_data(pair, &text);
    CU_ASSERT(ens__keyring_load(ens_bytes(text, (size_t)size), PASS, &ring, NULL) == ENS_OK && ring.num == 2);
    ens__keyring_clear(&ring);
    CU_ASSERT(ens__keyring_load(ENS_LIT("\xFE\xED\xFE\xED\x02"), PASS, &ring, &err) == ENS_ESYNTAX &&
              strstr(err.frame[0].what, "keytool"));
    BIO_free(sealed);
    BIO_free(pair);
    close_people(&p);
}

/* A key that `openssl ec -des` wrote, with the pass phrase "pw". */
static void reads_old_ciphers(void)
{
    ens__keyring ring = {0};
    ens_err err = {0};
    ens_code code = ens__keyring_load(ENS_LIT(OLD_KEY), PASS, &ring, &err);
    CHECK_ROW((code == ENS_OK && ring.num == 1) || code == ENS_ECRYPTO, "%s", err.n ? err.frame[0].what : "");
    ens__keyring_clear(&ring);
    if (code == ENS_OK) /* with the provider at hand it is the pass phrase that is wrong */
        CU_ASSERT_EQUAL(ens__keyring_load(ENS_LIT(OLD_KEY), "wrong", &ring, NULL), ENS_EPASS);
}

/* Whose certificate a file is read for is told: where it stands, and where none is clearly meant, which could be. */
static void finds_the_signer(void)
{
    /* seal, its CA (l and r), another seal, and something that can't be read */
    static const char *const orders[] = {"ls", "sl", "lo", "rsl", "sxl", "lxs", "xs"};
    static const size_t places[] = {1, 0, SIZE_MAX, 1, 0, SIZE_MAX - 1, SIZE_MAX - 1};
    authority root, ca, seal, other;
    CU_ASSERT_FATAL(
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &root) &&
        authority_make(&root, &(authority_row){.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE}, &ca) &&
        authority_make(&ca, &(authority_row){.name = "First seal"}, &seal) &&
        authority_make(&ca, &(authority_row){.name = "Second seal"}, &other));
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        ens_buf file;
        ens_arena arena;
        ens_chain chain;
        ens_chain_facts facts;
        ens_certs others;
        ens_err err = {0};
        ens_buf_init(&file, NULL, 0, FILE_MAX);
        ens_arena_init(&arena, FILE_MAX * 16);
        for (const char *c = orders[i]; *c; c++)
            ens_buf_put(&file, *c == 'x' ? ENS_LIT("\x30\x03\x30\x01\x02")
                                         : authority_der(*c == 's'   ? &seal
                                                         : *c == 'l' ? &ca
                                                         : *c == 'r' ? &root
                                                                     : &other));
        if (places[i] == SIZE_MAX) {
            ens_buf_put(&file, authority_der(&seal));
            CHECK_ROW(ens__chain_load_all(ens_buf_slice(&file), NULL, &arena, &chain, &facts, &others, &err) ==
                              ENS_EPOLICY &&
                          strstr(err.text, "First seal") && strstr(err.text, "Second seal"),
                      "%s: %s", orders[i], err.text);
        } else if (places[i] == SIZE_MAX - 1) {
            CHECK_ROW(ens__chain_load_all(ens_buf_slice(&file), NULL, &arena, &chain, &facts, &others, &err) ==
                          ENS_ESYNTAX,
                      "%s", orders[i]);
        } else {
            CHECK_ROW(ens__chain_load_all(ens_buf_slice(&file), NULL, &arena, &chain, &facts, &others, &err) ==
                              ENS_OK &&
                          facts.place == places[i] && facts.num_unread == (strchr(orders[i], 'x') != NULL) &&
                          ens_eq(chain.cert[0].der, authority_der(&seal)),
                      "%s: %zu", orders[i], facts.place);
        }
        ens_arena_free(&arena);
        ens_buf_free(&file);
    }
    authority *const all[] = {&root, &ca, &seal, &other};
    for (size_t i = 0; i < 4; i++)
        authority_free(all[i]);
}

static const ens_case cases[] = {
    {"texts are read as they come, or named", reads_texts},
    {"octets are read with what stands behind them", reads_octets},
    {"bundles are read by any label", reads_bundles},
    {"requests are named", names_requests},
    {"the signer is found wherever he stands, and told; several are named", finds_the_signer},
    {"a key store with PBMAC1 opens, and its MAC is checked", opens_stores_with_pbmac1},
    {"keys are read by themselves, encrypted or not, one or several", reads_keys},
    {"a key with a cipher of old is read, or the cipher is named", reads_old_ciphers},
    {"key stores open with and without a MAC, with one key and with two", opens_stores},
    {NULL, NULL},
};
ENS_SUITE("certs/certfile", cases)
