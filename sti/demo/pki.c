#include "sti/demo/pki.h"

#include "engine/base/file.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define RULE "Ensign demo PKI"
#define DAY 86400
#define YEAR (365 * (ens_time)DAY)
#define RSA_BITS 2048
#define PATH_LEN 4096
#define SERIAL_BYTES 16
#define ORGANIZATION "Ensign stand-in: for rehearsal, worth nothing elsewhere"
#define LEAF_USAGE "critical,digitalSignature"

const ens__demo_party ens__demo_parties[ENS_DEMO_PARTIES] = {
    {"trader", "FR732829320", "Demo trader"},
    {"trader2", "DE123456789012345", "Demo trader, the second"},
    {"itsp", "BE0123456749", "Demo IT service provider"},
};

/* What is made, issuers first. */
static const struct {
    const char *name, *cn, *country, *orgid;
    int issuer; /* -1: itself */
    bool rsa;   /* else P-256 */
    const char *usage, *ext_usage, *names;
} rows[] = {
    {"root", "Demo root of seals", NULL, NULL, -1, true, "critical,keyCertSign,cRLSign", NULL, NULL},
    {"customs-root", "Demo root of customs", NULL, NULL, -1, true, "critical,keyCertSign,cRLSign", NULL, NULL},
    {"tls-root", "Demo root of TLS", NULL, NULL, -1, false, "critical,keyCertSign,cRLSign", NULL, NULL},
    {"trader", "Demo trader", "FR", "VATFR-44732829320", 0, true, LEAF_USAGE ",nonRepudiation", NULL, NULL},
    {"trader2", "Demo trader, the second", "DE", "NTRDE-HRB123456", 0, true, LEAF_USAGE ",nonRepudiation", NULL, NULL},
    {"itsp", "Demo IT service provider", "BE", "VATBE-0123456749", 0, true, LEAF_USAGE ",nonRepudiation", NULL, NULL},
    {"sti", "Demo STI", NULL, NULL, 1, true, LEAF_USAGE ",nonRepudiation", NULL, NULL},
    {"tls-server", "localhost", NULL, NULL, 2, false, LEAF_USAGE, "serverAuth", "DNS:localhost,IP:127.0.0.1,IP:::1"},
    {"tls-sti", "Demo STI as a client", NULL, NULL, 2, false, LEAF_USAGE, "clientAuth", NULL},
    {"tls-client", "Demo client", NULL, NULL, 2, false, LEAF_USAGE, "clientAuth", NULL},
};
#define NUM (sizeof rows / sizeof *rows)

typedef struct {
    EVP_PKEY *key[NUM];
    X509 *cert[NUM];
    ens_time from, until;
} pki;

typedef struct {
    pki *to;
    size_t row;
} key_job;

static void *make_key(void *arg)
{
    const key_job *j = arg;
    j->to->key[j->row] = rows[j->row].rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
    return NULL;
}

/* make_keys makes them side by side: each takes a tenth of a second and more. */
static void make_keys(pki *p)
{
    pthread_t thread[NUM];
    key_job job[NUM];
    bool started[NUM];
    for (size_t i = 0; i < NUM; i++) {
        job[i] = (key_job){p, i};
        started[i] = pthread_create(&thread[i], NULL, make_key, &job[i]) == 0;
    }
    for (size_t i = 0; i < NUM; i++)
        if (started[i])
            pthread_join(thread[i], NULL);
        else
            make_key(&job[i]);
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    if (!value)
        return true;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool good = e && X509_add_ext(x, e, -1) == 1;
    X509_EXTENSION_free(e);
    return good;
}

static bool add_entry(X509_NAME *name, const char *type, const char *value)
{
    return !value || X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0) == 1;
}

static bool set_serial(X509 *x)
{
    uint8_t bytes[SERIAL_BYTES];
    BIGNUM *n = RAND_bytes(bytes, sizeof bytes) == 1 ? BN_bin2bn(bytes, sizeof bytes, NULL) : NULL;
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return good;
}

static bool set_names(X509 *x, size_t i, X509 *issuer)
{
    X509_NAME *subject = X509_NAME_new();
    bool good = subject && add_entry(subject, "C", rows[i].country ? rows[i].country : "EU") &&
                add_entry(subject, "O", ORGANIZATION) && add_entry(subject, "2.5.4.97", rows[i].orgid) &&
                add_entry(subject, "CN", rows[i].cn) && X509_set_subject_name(x, subject) &&
                X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject);
    X509_NAME_free(subject);
    return good;
}

static bool issue(pki *p, size_t i)
{
    int by = rows[i].issuer;
    EVP_PKEY *key = p->key[i], *signer = by < 0 ? key : p->key[by];
    X509 *x = p->cert[i] = X509_new(), *issuer = by < 0 ? NULL : p->cert[by], *from = by < 0 ? x : issuer;
    return x && key && signer && from && X509_set_version(x, 2) && set_serial(x) && set_names(x, i, issuer) &&
           ASN1_TIME_set(X509_getm_notBefore(x), (time_t)p->from) &&
           ASN1_TIME_set(X509_getm_notAfter(x), (time_t)p->until) && X509_set_pubkey(x, key) &&
           add_extension(x, from, NID_basic_constraints, by < 0 ? "critical,CA:TRUE" : "critical,CA:FALSE") &&
           add_extension(x, from, NID_key_usage, rows[i].usage) &&
           add_extension(x, from, NID_subject_key_identifier, "hash") &&
           add_extension(x, from, NID_authority_key_identifier, "keyid:always") &&
           add_extension(x, from, NID_ext_key_usage, rows[i].ext_usage) &&
           add_extension(x, from, NID_subject_alt_name, rows[i].names) && X509_sign(x, signer, EVP_sha256());
}

/* write_bio puts what a BIO holds into a file. */
static ens_code write_bio(BIO *bio, bool good, const char *folder, const char *name, const char *end, unsigned mode,
                          ens_err *err)
{
    char path[PATH_LEN], *text = NULL;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    int n = snprintf(path, sizeof path, "%s/%s.%s", folder, name, end);
    if (len <= 0 || n < 0 || (size_t)n >= sizeof path)
        return ens_fail(err, ENS_ECRYPTO, RULE, "a key or certificate can't be made", 0);
    return ens__file_write_one_of_many(path, ens_bytes(text, (size_t)len), mode, err);
}

/* write_row writes a seal with its issuer, which its token shows. TLS has no use for the authority that the other side
 * knows anyway. */
static ens_code write_row(const pki *p, size_t i, const char *folder, ens_err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    bool leaf = rows[i].issuer >= 0, seal = leaf && !rows[i].ext_usage;
    bool good = bio && PEM_write_bio_X509(bio, p->cert[i]) == 1 &&
                (!seal || PEM_write_bio_X509(bio, p->cert[rows[i].issuer]) == 1);
    ens_code code = write_bio(bio, good, folder, rows[i].name, "pem", 0644, err);
    BIO_free(bio);
    if (code != ENS_OK || !leaf)
        return code;
    bio = BIO_new(BIO_s_secmem());
    good = bio && PEM_write_bio_PKCS8PrivateKey(bio, p->key[i], NULL, NULL, 0, NULL, NULL) == 1;
    code = write_bio(bio, good, folder, rows[i].name, "key", 0600, err);
    BIO_free(bio);
    return code;
}

static ens_code write_all(const pki *p, const char *folder, ens_err *err)
{
    char beside[PATH_LEN];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", folder);
    if (n < 0 || (size_t)n >= sizeof beside || !mkdtemp(beside))
        return ens_fail_about(err, ENS_EIO, RULE, "a folder for the keys can't be made", folder);
    ens_code code = ENS_OK;
    for (size_t i = 0; i < NUM && code == ENS_OK; i++)
        code = write_row(p, i, beside, err);
    if (code == ENS_OK)
        code = ens__folder_sync(beside, err);
    if (code == ENS_OK && (chmod(beside, 0755) != 0 || rename(beside, folder) != 0))
        code = ens_fail_about(err, ENS_EIO, RULE, "the folder for the keys can't be named", folder);
    return code;
}

ens_code ens__demo_pki_make(const char *folder, ens_time from, ens_time until, ens_err *err)
{
    pki p = {.from = from - DAY, .until = until + ENS_DEMO_YEARS * YEAR};
    bool good = true;
    make_keys(&p);
    for (size_t i = 0; i < NUM && good; i++)
        good = issue(&p, i);
    ens_code code =
        good ? write_all(&p, folder, err) : ens_fail(err, ENS_ECRYPTO, RULE, "OpenSSL can't make certificates", 0);
    for (size_t i = 0; i < NUM; i++) {
        X509_free(p.cert[i]);
        EVP_PKEY_free(p.key[i]);
    }
    ERR_clear_error();
    return code;
}
