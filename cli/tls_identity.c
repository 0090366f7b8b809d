#include "cli/tls_identity.h"

#include "certs/keys/keys.h"
#include "cli/inputs.h"
#include "cli/pass_phrase.h"

#include <openssl/pem.h>

#define RULE "RFC 8446, 4.4.2"
#define PEM_MAX ((size_t)1 << 20)

static bool put_bio(BIO *bio, ens_buf *out)
{
    char *p = NULL;
    long len = BIO_get_mem_data(bio, &p);
    if (len > 0)
        ens_buf_add(out, p, (size_t)len);
    return len > 0 && !out->failed;
}

static bool put_chain(const ens_chain *chain, ens_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio != NULL;
    for (size_t i = 0; i < chain->num && good; i++) {
        ens_slice der = chain->cert[i].der;
        good = PEM_write_bio(bio, "CERTIFICATE", "", der.p, (long)der.len) > 0;
    }
    good = good && put_bio(bio, out);
    BIO_free(bio);
    return good;
}

static bool put_key(EVP_PKEY *key, ens_buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    bool good = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 && put_bio(bio, out);
    BIO_free(bio);
    return good;
}

/* load_key takes the key of the certificate, or the file's first. */
static ens_code load_key(const ens_file *file, const char *pass, const ens_cert *cert, EVP_PKEY **key, ens_err *err)
{
    ens_buf pem;
    ens_chain one = {.cert = {*cert}, .num = 1};
    ens_buf_init(&pem, NULL, 0, PEM_MAX);
    ens_code code = put_chain(&one, &pem) ? ens__key_load_for(file->bytes, pass, ens_buf_slice(&pem), NULL, key, err)
                                          : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens_buf_free(&pem);
    return code;
}

static ens_code open_key(const char *path, const char *pass_file, const ens_cert *cert, EVP_PKEY **key, ens_err *err)
{
    ens_file file = {0};
    char *pass = NULL;
    ens_code code = ens__pass_phrase(pass_file, path, false, &pass, err);
    if (code == ENS_OK)
        code = ens__key_file_open(path, &file, err);
    if (code == ENS_OK)
        code = load_key(&file, pass, cert, key, err);
    if (code == ENS_EPASS && !pass) {
        *err = (ens_err){0};
        code = ens__pass_phrase(NULL, path, true, &pass, err);
        code = code == ENS_OK ? load_key(&file, pass, cert, key, err) : code;
    }
    ens__file_close(&file);
    ens__pass_phrase_free(pass);
    return code;
}

/* take_identity goes by the certificates that were read. */
static ens_code take_identity(const ens_tls_options *o, const ens_chain *chain, ens_tls_files *out, ens_err *err)
{
    EVP_PKEY *key = NULL;
    const char *path = o->key ? o->key : o->cert;
    ens_code code = open_key(path, o->pass_file, &chain->cert[0], &key, err);
    if (code == ENS_OK && !ens__key_matches(key, &chain->cert[0]))
        code = ens_fail_about(err, ENS_EPOLICY, RULE, "no key there belongs to the TLS certificate", path);
    if (code == ENS_OK && !put_chain(chain, &out->cert))
        code = ens_fail_about(err, ENS_ECRYPTO, RULE, "the TLS certificate can't be written as PEM", o->cert);
    if (code == ENS_OK && ens_keyring_is_uri(ens_str(path))) {
        out->held = key;
        return ENS_OK;
    }
    if (code == ENS_OK && !put_key(key, &out->key))
        code = ens_fail_about(err, ENS_ECRYPTO, RULE, "the TLS key can't be written as PEM", path);
    EVP_PKEY_free(key);
    return code;
}

static ens_code read_identity(const ens_tls_options *o, ens_tls_files *out, ens_err *err)
{
    ens_certificates *certificates = NULL;
    ens_code code = ens__certificates_open_whole(o->cert, o->pass_file, &certificates, err);
    if (code == ENS_OK)
        code = take_identity(o, ens_certificates_chain(certificates), out, err);
    ens_certificates_free(certificates);
    return code;
}

/* check_roots: libcurl reads them itself, and says little where they are none. */
static ens_code check_roots(const char *path, ens_err *err)
{
    ens_file file = {0};
    ens_code code = ens__file_open(path, 0, &file, err);
    if (code == ENS_OK && ens__find(file.bytes, ENS_LIT("-----BEGIN"), 0) == SIZE_MAX)
        code = ens_fail_about(err, ENS_ESYNTAX, RULE, "authorities of TLS are wanted as PEM", path);
    ens__file_close(&file);
    return code;
}

ens_code ens__tls_files_open(const ens_tls_options *o, ens_tls_files *out, ens_err *err)
{
    ens_code code = ENS_OK;
    *out = (ens_tls_files){.root = o->root};
    ens_buf_init(&out->cert, NULL, 0, PEM_MAX);
    ens_buf_init(&out->key, NULL, 0, PEM_MAX);
    if (o->key && !o->cert)
        return ens_fail(err, ENS_EPOLICY, RULE, "--tls-key wants --tls-cert", 0);
    if (o->root)
        code = check_roots(o->root, err);
    if (code == ENS_OK && o->cert)
        code = read_identity(o, out, err);
    return code;
}

void ens__tls_files_clear(ens_tls_files *files)
{
    ens_buf_free(&files->cert);
    ens_buf_wipe(&files->key);
    EVP_PKEY_free(files->held);
    *files = (ens_tls_files){0};
}
