/* What a dropped file is; above all, that nobody looks into what may hold a private key. */
#include "sti/doctor/recognise.h"
#include "tests/suite.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

static EVP_PKEY *key;

static void check(const char *what, BIO *bio, ens_file_kind wanted)
{
    char *p;
    long len = BIO_get_mem_data(bio, &p);
    ens_file_kind kind = ens__recognise(ens_bytes(p, (size_t)len));
    CHECK_ROW(kind == wanted, "%s is taken for %d", what, (int)kind);
    BIO_free(bio);
}

static BIO *fresh(void)
{
    BIO *bio = BIO_new(BIO_s_mem());
    CU_ASSERT_PTR_NOT_NULL_FATAL(bio);
    return bio;
}

static BIO *in_base64(BIO *of)
{
    char *p;
    long len = BIO_get_mem_data(of, &p);
    ens_buf text;
    BIO *bio = fresh();
    ens_buf_init(&text, NULL, 0, (size_t)1 << 20);
    ens__base64_encode(&text, ens_bytes(p, (size_t)len));
    BIO_write(bio, text.p, (int)text.len);
    ens_buf_free(&text);
    BIO_free(of);
    return bio;
}

static BIO *der(bool encrypted)
{
    BIO *bio = fresh();
    const EVP_CIPHER *cipher = encrypted ? EVP_aes_128_cbc() : NULL;
    CU_ASSERT_EQUAL(i2d_PKCS8PrivateKey_bio(bio, key, cipher, encrypted ? "pass" : NULL, encrypted ? 4 : 0, NULL, NULL),
                    1);
    return bio;
}

static BIO *keystore(void)
{
    BIO *bio = fresh();
    char pass[] = "changeit", name[] = "alias";
    PKCS12 *p12 = PKCS12_create(pass, name, key, NULL, NULL, 0, 0, 2, 2, 0);
    CU_ASSERT(p12 && i2d_PKCS12_bio(bio, p12) == 1);
    PKCS12_free(p12);
    return bio;
}

static BIO *text(const char *of)
{
    BIO *bio = fresh();
    BIO_puts(bio, of);
    return bio;
}

static BIO *wide(const char *of)
{
    BIO *bio = fresh();
    for (; *of; of++)
        BIO_write(bio, (char[]){*of, 0}, 2);
    return bio;
}

static void refuses_private_keys(const char *algorithm)
{
    char pass[] = "pass";
    BIO *pem = fresh(), *traditional = fresh(), *encrypted = fresh();
    check("PKCS#8", der(false), ENS_FILE_SECRET);
    check("PKCS#8 in base64", in_base64(der(false)), ENS_FILE_SECRET);
    check("encrypted PKCS#8", der(true), ENS_FILE_SECRET);
    check("encrypted PKCS#8 in base64", in_base64(der(true)), ENS_FILE_SECRET);
    check("PKCS#12", keystore(), ENS_FILE_KEYSTORE);
    check("PKCS#12 in base64", in_base64(keystore()), ENS_FILE_SECRET);
    CU_ASSERT(PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1);
    check("PEM", pem, ENS_FILE_SECRET);
    CU_ASSERT(PEM_write_bio_PrivateKey(encrypted, key, EVP_aes_128_cbc(), NULL, 0, NULL, pass) == 1);
    check("encrypted PEM", encrypted, ENS_FILE_SECRET);
    CU_ASSERT(i2d_PrivateKey_bio(traditional, key) == 1);
    check(algorithm, traditional, ENS_FILE_SECRET);
}

static void looks_into_no_private_key(void)
{
    static const char *const algorithms[] = {"RSA", "EC"};
    for (size_t i = 0; i < 2; i++) {
        key = i ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048);
        CU_ASSERT_PTR_NOT_NULL_FATAL(key);
        refuses_private_keys(algorithms[i]);
        EVP_PKEY_free(key);
    }
}

static void finds_keys_wherever_they_stand(void)
{
    check("behind a certificate",
          text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
               "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"),
          ENS_FILE_SECRET);
    check("OpenSSH", text("-----BEGIN OPENSSH PRIVATE KEY-----\n"), ENS_FILE_SECRET);
    check("in XML", text("<x>-----BEGIN RSA PRIVATE KEY-----</x>"), ENS_FILE_SECRET);
    check("in a PDF", text("%PDF-1.7 -----BEGIN EC PRIVATE KEY-----"), ENS_FILE_SECRET);
    check("UTF-16", wide("-----BEGIN PRIVATE KEY-----\n"), ENS_FILE_SECRET);
    check("a Java keystore", text("\xFE\xED\xFE\xED rest"), ENS_FILE_KEYSTORE);
}

static void knows_other_files_by_their_form(void)
{
    static const struct {
        const char *text;
        ens_file_kind kind;
    } rows[] = {{"<?xml version=\"1.0\"?><!-- x --><env:Envelope xmlns:env=\"u\"/>", ENS_FILE_MESSAGE},
                {"\xEF\xBB\xBF <S12:Envelope>", ENS_FILE_MESSAGE},
                {"<Envelope/>", ENS_FILE_MESSAGE},
                {"<!DOCTYPE x><IE3F26>", ENS_FILE_DOCUMENT},
                {"<", ENS_FILE_DOCUMENT},
                {"Content-Type: multipart/related\r\n\r\n", ENS_FILE_MESSAGE},
                {"POST /as4 HTTP/1.1\r\n", ENS_FILE_MESSAGE},
                {"HTTP/1.1 200 OK\r\n", ENS_FILE_MESSAGE},
                {"--boundary\r\nContent-Type: x\r\n", ENS_FILE_MESSAGE},
                {"%PDF-1.7", ENS_FILE_PDF},
                {"-----BEGIN CERTIFICATE REQUEST-----\n", ENS_FILE_REQUEST},
                {"-----BEGIN NEW CERTIFICATE REQUEST-----\n", ENS_FILE_REQUEST},
                {"", ENS_FILE_UNKNOWN},
                {"hello", ENS_FILE_UNKNOWN},
                {"0", ENS_FILE_UNKNOWN},
                {"PK\x03\x04", ENS_FILE_UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(rows[i].text, text(rows[i].text), rows[i].kind);
}

static const ens_case cases[] = {
    {"looks into no private key", looks_into_no_private_key},
    {"finds keys wherever they stand", finds_keys_wherever_they_stand},
    {"knows other files by their form", knows_other_files_by_their_form},
    {NULL, NULL},
};
ENS_SUITE("web/recognise", cases)
