#include "engine/base/file.h"
#include "engine/xml/signature/signature.h"
#include "tests/suite.h"

#include <dirent.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 16)
#define DS "http://www.w3.org/2000/09/xmldsig#"
#define EXCLUSIVE "http://www.w3.org/2001/10/xml-exc-c14n#"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define PSS "http://www.w3.org/2007/05/xmldsig-more#"
#define ENVELOPED "<ds:Transform Algorithm=\"" DS "enveloped-signature\"></ds:Transform>"
#define EXCLUSIVELY "<ds:Transform Algorithm=\"" EXCLUSIVE "\"></ds:Transform>"
#define WITH_U                                                                                                         \
    "<ds:Transform Algorithm=\"" EXCLUSIVE "\"><ec:InclusiveNamespaces xmlns:ec=\"" EXCLUSIVE                          \
    "\" PrefixList=\"u\"></ec:InclusiveNamespaces></ds:Transform>"

/* The document around the signature. Without a use of the prefix u, exclusive C14N leaves its declaration out. */
#define ROOT_FULL "<r:root xmlns:r=\"urn:r\" xmlns:u=\"urn:u\" Id=\"doc\">"
#define ROOT_EXCLUSIVE "<r:root xmlns:r=\"urn:r\" Id=\"doc\">"
#define CONTENT "<r:x Id=\"x\">1 &amp; 2</r:x>"
#define TAIL "\n</r:root>"

static ens_code read_signature(ens_signature_reader *r, ens_scan *scan, ens_slice text, ens_err *err)
{
    ens_scan_event e;
    ens_code code;
    ens__scan_begin(scan, text);
    ens__signature_begin(r, text);
    do {
        code = ens__scan_next(scan, &e, err);
        if (code == ENS_OK)
            code = ens__signature_event(r, &e, err);
    } while (code == ENS_OK && e.kind != ENS_SCAN_EOF);
    return code == ENS_OK ? ens__signature_end(r, err) : code;
}

static bool all_hold(const ens_signature *s)
{
    for (unsigned i = 0; i < s->num_references; i++)
        if (s->reference[i].state != ENS_REFERENCE_HOLDS)
            return false;
    return s->num_references > 0;
}

/* ---- what others signed ---- */

static EVP_PKEY *key_of(ens_slice der)
{
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);
    EVP_PKEY *key = x ? X509_get_pubkey(x) : NULL;
    X509_free(x);
    return key;
}

static bool value_holds(const ens_signature *s)
{
    bool valid = false;
    EVP_PKEY *key = s->num_certificates ? key_of(s->certificate[0]) : NULL;
    bool judged = key && ens__signature_verify(s, key, &valid, NULL) == ENS_OK;
    EVP_PKEY_free(key);
    return judged && valid;
}

static void check_list(ens_signature_reader *r, ens_scan *scan, const char *path, ens_slice text)
{
    ens_err err = {0};
    char line[512];
    ens_code code = read_signature(r, scan, text, &err);
    const ens_signature *s = ens__signature_found(r);
    CHECK_ROW(code == ENS_OK, "%s: %s", path, ens_err_format(&err, line, sizeof line));
    CHECK_ROW(s->num_signatures == 1 && s->num_inside == 0 && s->depth == 2, "%s: %u signatures", path,
              s->num_signatures);
    CHECK_ROW(s->num_references == 2 && s->reference[0].covers == ENS_COVERS_DOCUMENT &&
                  s->reference[1].covers == ENS_COVERS_INSIDE,
              "%s: covers something else", path);
    CHECK_ROW(all_hold(s), "%s: a digest differs", path);
    CHECK_ROW(value_holds(s), "%s: the value isn't good", path);
}

static void every_trusted_list_holds(void)
{
    const char *folder = ens_shared("data/trustlists/2023");
    if (!folder)
        return;
    DIR *dir = opendir(folder);
    ens_scan *scan = ens__scan_new();
    ens_signature_reader *r = ens__signature_new(scan);
    char path[2048], where[1024];
    unsigned num = 0;
    snprintf(where, sizeof where, "%s", folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        ens_file file = {0};
        snprintf(path, sizeof path, "%s/%s", where, entry->d_name);
        if (!strstr(entry->d_name, ".xml") || ens__file_open(path, 0, &file, NULL) != ENS_OK)
            continue;
        check_list(r, scan, path, file.bytes);
        ens__file_close(&file);
        num++;
    }
    CU_ASSERT_EQUAL(num, 33);
    closedir(dir);
    ens__signature_free(r);
    ens__scan_free(scan);
}

/* One letter changed: in the list, in the signed properties, in ds:SignedInfo, in the value. */
static void one_letter_of_a_trusted_list_changed(void)
{
    static const struct {
        const char *before;
        unsigned document, inside, value; /* does it hold still? */
    } rows[] = {{"<SchemeTerritory>", 0, 1, 1},
                {"SigningTime>", 1, 0, 1},
                {"Reference Id=\"", 1, 1, 0},
                {"SignatureValue", 1, 1, 0}};
    const char *path = ens_shared("data/trustlists/2023/MT.xml");
    ens_file file = {0};
    if (!path || ens__file_open(path, 0, &file, NULL) != ENS_OK)
        return;
    ens_scan *scan = ens__scan_new();
    ens_signature_reader *r = ens__signature_new(scan);
    uint8_t *copy = malloc(file.bytes.len);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t at = ens__find(file.bytes, ens_str(rows[i].before), 0) + strlen(rows[i].before);
        if (i == 3)
            at = ens__find(file.bytes, ENS_LIT(">"), at) + 3;
        memcpy(copy, file.bytes.p, file.bytes.len);
        copy[at] = copy[at] == 'A' || copy[at] == '2' ? '3' : 'A';
        CU_ASSERT_EQUAL(read_signature(r, scan, ens_bytes(copy, file.bytes.len), NULL), ENS_OK);
        const ens_signature *s = ens__signature_found(r);
        CHECK_ROW((s->reference[0].state == ENS_REFERENCE_HOLDS) == rows[i].document, "%s: document", rows[i].before);
        CHECK_ROW((s->reference[1].state == ENS_REFERENCE_HOLDS) == rows[i].inside, "%s: inside", rows[i].before);
        CHECK_ROW(value_holds(s) == rows[i].value, "%s: value", rows[i].before);
    }
    free(copy);
    ens__file_close(&file);
    ens__signature_free(r);
    ens__scan_free(scan);
}

/* ---- what is signed here ---- */

typedef struct {
    const char *uri, *transforms; /* of the one reference */
    const char *octets;           /* what it digests */
    const char *before, *after;   /* around the root */
    const char *digest_uri;       /* of the reference */
    ens_digest_kind digest;
    const char *method;
    ens_digest_kind hash; /* of the method */
} plan;

static void base64_of_digest(ens_digest_kind kind, ens_slice text, ens_buf *out)
{
    uint8_t made[ENS_DIGEST_MAX];
    unsigned len = 0;
    CU_ASSERT_EQUAL_FATAL(EVP_Digest(text.p, text.len, made, &len, ens__digest_md(kind), NULL), 1);
    ens__base64_encode(out, ens_bytes(made, len));
}

static void write_signed_info(const plan *p, ens_buf *out)
{
    ens_buf_printf(out,
                   "<ds:SignedInfo xmlns:ds=\"" DS "\"><ds:CanonicalizationMethod Algorithm=\"" EXCLUSIVE
                   "\"></ds:CanonicalizationMethod><ds:SignatureMethod "
                   "Algorithm=\"%s\"></ds:SignatureMethod><ds:Reference URI=\"%s\">%s%s%s"
                   "<ds:DigestMethod Algorithm=\"%s\"></ds:DigestMethod><ds:DigestValue>",
                   p->method, p->uri, p->transforms[0] ? "<ds:Transforms>" : "", p->transforms,
                   p->transforms[0] ? "</ds:Transforms>" : "", p->digest_uri);
    base64_of_digest(p->digest, ens_str(p->octets), out);
    ens_buf_text(out, "</ds:DigestValue></ds:Reference></ds:SignedInfo>");
}

/* to_pair makes "r||s" of OpenSSL's ECDSA signature. */
static size_t to_pair(uint8_t *value, size_t len, EVP_PKEY *key)
{
    const uint8_t *p = value;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
    int half = (EVP_PKEY_get_bits(key) + 7) / 8;
    CU_ASSERT_PTR_NOT_NULL_FATAL(sig);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), value, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(sig), value + half, half);
    ECDSA_SIG_free(sig);
    return 2 * (size_t)half;
}

static void write_value(const plan *p, EVP_PKEY *key, ens_slice signed_info, ens_buf *out)
{
    uint8_t value[1024];
    size_t len = sizeof value;
    EVP_PKEY_CTX *pctx = NULL;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit(ctx, &pctx, ens__digest_md(p->hash), NULL, key), 1);
    if (strstr(p->method, "MGF1")) {
        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST);
    }
    CU_ASSERT_EQUAL_FATAL(EVP_DigestSign(ctx, value, &len, signed_info.p, signed_info.len), 1);
    EVP_MD_CTX_free(ctx);
    if (EVP_PKEY_is_a(key, "EC"))
        len = to_pair(value, len, key);
    ens__base64_encode(out, ens_bytes(value, len));
}

/* write_signed writes the document: its ds:SignedInfo takes the declaration of ds from ds:Signature. */
static void write_signed(const plan *p, EVP_PKEY *key, const char *object, ens_buf *out)
{
    ens_buf info;
    ens_buf_init(&info, NULL, 0, TEXT_MAX);
    write_signed_info(p, &info);
    ens_buf_printf(out, "%s" ROOT_FULL CONTENT "<ds:Signature xmlns:ds=\"" DS "\"><ds:SignedInfo>", p->before);
    ens_buf_put(out, ens_from(ens_buf_slice(&info), sizeof "<ds:SignedInfo xmlns:ds=\"" DS "\">" - 1));
    ens_buf_text(out, "\n<ds:SignatureValue>");
    write_value(p, key, ens_buf_slice(&info), out);
    ens_buf_printf(out, "</ds:SignatureValue><ds:KeyInfo/>%s</ds:Signature>" TAIL "%s", object, p->after);
    ens_buf_free(&info);
}

#define SHA256_URI "http://www.w3.org/2001/04/xmlenc#sha256"
#define SHA384_URI MORE "sha384"
#define SHA512_URI "http://www.w3.org/2001/04/xmlenc#sha512"
#define PLAIN ROOT_EXCLUSIVE CONTENT TAIL
#define FULL ROOT_FULL CONTENT TAIL

static const plan plans[] = {
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, MORE "rsa-sha256", ENS_SHA256},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "<!-- a -->", "<!-- b -->", SHA384_URI, ENS_SHA384, MORE "rsa-sha384",
     ENS_SHA384},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "\n", SHA512_URI, ENS_SHA512, MORE "rsa-sha512", ENS_SHA512},
    {"", ENVELOPED WITH_U, FULL, "", "", SHA256_URI, ENS_SHA256, MORE "rsa-sha256", ENS_SHA256},
    {"", ENVELOPED, FULL, "", "", SHA256_URI, ENS_SHA256, MORE "rsa-sha256", ENS_SHA256},
    {"", ENVELOPED EXCLUSIVELY, "<?p q?>\n" PLAIN "\n<?r?>", "<?p   q?>", "<?r ?>", SHA256_URI, ENS_SHA256,
     MORE "rsa-sha256", ENS_SHA256},
    {"#doc", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, MORE "rsa-sha256", ENS_SHA256},
    {"#doc", ENVELOPED EXCLUSIVELY, PLAIN, "<?p q?>", "", SHA256_URI, ENS_SHA256, MORE "rsa-sha256", ENS_SHA256},
    {"#doc", ENVELOPED, FULL, "<?p q?>", "", SHA512_URI, ENS_SHA512, MORE "rsa-sha256", ENS_SHA256},
    {"#o", EXCLUSIVELY, "<ds:Object xmlns:ds=\"" DS "\" Id=\"o\"></ds:Object>", "", "", SHA256_URI, ENS_SHA256,
     MORE "rsa-sha256", ENS_SHA256},
    {"#o", "", "<ds:Object xmlns:ds=\"" DS "\" xmlns:r=\"urn:r\" xmlns:u=\"urn:u\" Id=\"o\"></ds:Object>", "", "",
     SHA512_URI, ENS_SHA512, MORE "rsa-sha256", ENS_SHA256},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, MORE "ecdsa-sha256", ENS_SHA256},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, MORE "ecdsa-sha512", ENS_SHA512},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, PSS "sha256-rsa-MGF1", ENS_SHA256},
    {"", ENVELOPED EXCLUSIVELY, PLAIN, "", "", SHA256_URI, ENS_SHA256, PSS "sha512-rsa-MGF1", ENS_SHA512},
};

#define OBJECT "<ds:Object Id=\"o\"></ds:Object>"

typedef struct {
    ens_scan *scan;
    ens_signature_reader *reader;
    EVP_PKEY *rsa, *ec;
    ens_buf text;
} bench;

static void set_up(bench *b)
{
    b->scan = ens__scan_new();
    b->reader = ens__signature_new(b->scan);
    b->rsa = EVP_RSA_gen(2048);
    b->ec = EVP_EC_gen("P-384");
    ens_buf_init(&b->text, NULL, 0, TEXT_MAX);
    CU_ASSERT_TRUE_FATAL(b->reader && b->rsa && b->ec);
}

static void tear_down(bench *b)
{
    ens__signature_free(b->reader);
    ens__scan_free(b->scan);
    EVP_PKEY_free(b->rsa);
    EVP_PKEY_free(b->ec);
    ens_buf_free(&b->text);
}

static EVP_PKEY *key_for(const bench *b, const plan *p)
{
    return strstr(p->method, "ecdsa") ? b->ec : b->rsa;
}

/* xmlsec1_agrees has the command judge the same file; it knows no RSA-PSS. */
static bool xmlsec1_agrees(const bench *b, const plan *p)
{
    char folder[] = "/tmp/ensign-signature-XXXXXX", line[512], document[64], key[64];
    if (strstr(p->method, "MGF1") || system("command -v xmlsec1 >/dev/null 2>&1") != 0 || !mkdtemp(folder))
        return true;
    snprintf(document, sizeof document, "%s/d.xml", folder);
    snprintf(key, sizeof key, "%s/k.pem", folder);
    BIO *to = BIO_new_file(key, "w");
    bool good = to && PEM_write_bio_PUBKEY(to, key_for(b, p)) == 1 &&
                ens__file_write(document, ens_buf_slice(&b->text), 0600, NULL) == ENS_OK;
    BIO_free(to);
    snprintf(line, sizeof line,
             "xmlsec1 --verify --id-attr:Id root --id-attr:Id Object --pubkey-pem '%s' '%s' >/dev/null 2>&1", key,
             document);
    good = good && system(line) == 0;
    unlink(document);
    unlink(key);
    rmdir(folder);
    return good;
}

static void holds_by_every_method(void)
{
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        bool valid = false;
        b.text.len = 0;
        write_signed(&plans[i], key_for(&b, &plans[i]), OBJECT, &b.text);
        CHECK_ROW(read_signature(b.reader, b.scan, ens_buf_slice(&b.text), NULL) == ENS_OK, "row %zu", i);
        const ens_signature *s = ens__signature_found(b.reader);
        uint8_t sha256[ENS_SHA256_LEN];
        CHECK_ROW(ens__sha256(ens_buf_slice(&b.text), sha256, NULL) == ENS_OK && s->text_hashed &&
                      memcmp(s->text_sha256, sha256, sizeof sha256) == 0,
                  "row %zu: the digest of the text", i);
        CHECK_ROW(all_hold(s), "row %zu: %s", i, s->reference[0].why ? s->reference[0].why : "the digest differs");
        CHECK_ROW(ens__signature_verify(s, key_for(&b, &plans[i]), &valid, NULL) == ENS_OK && valid, "row %zu: value",
                  i);
        CHECK_ROW(ens__signature_verify(s, key_for(&b, &plans[i]) == b.rsa ? b.ec : b.rsa, &valid, NULL) == ENS_OK &&
                      !valid,
                  "row %zu: key", i);
        CHECK_ROW(xmlsec1_agrees(&b, &plans[i]), "row %zu: xmlsec1 doesn't think so", i);
    }
    tear_down(&b);
}

/* A document whose octets do not match: the root's content changed after it was signed, however it is digested. */
static void differs_by_every_method(void)
{
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        bool inside = plans[i].uri[0] == '#' && plans[i].uri[1] == 'o';
        b.text.len = 0;
        write_signed(&plans[i], key_for(&b, &plans[i]), inside ? "<ds:Object Id=\"o\"> </ds:Object>" : OBJECT, &b.text);
        size_t at = ens__find(ens_buf_slice(&b.text), ENS_LIT("1 &amp; 2"), 0);
        b.text.p[at] = '3';
        CHECK_ROW(read_signature(b.reader, b.scan, ens_buf_slice(&b.text), NULL) == ENS_OK, "row %zu", i);
        CHECK_ROW(ens__signature_found(b.reader)->reference[0].state == ENS_REFERENCE_DIFFERS, "row %zu", i);
    }
    tear_down(&b);
}

/* What is there, told as it is: states, covers, counts. The texts replace from with to in the first plan's document. */
static const struct {
    const char *name, *uri, *transforms, *object;
    ens_reference_state state;
    ens_covers covers;
    unsigned signatures, inside;
} facts[] = {
    {"an id that isn't there", "#nowhere", EXCLUSIVELY, "", ENS_REFERENCE_DANGLING, ENS_COVERS_NOTHING, 1, 0},
    {"an element beside the signature", "#x", EXCLUSIVELY, "", ENS_REFERENCE_DANGLING, ENS_COVERS_NOTHING, 1, 0},
    {"an id twice", "#doc", ENVELOPED EXCLUSIVELY, "<ds:Object ID=\"doc\"/>", ENS_REFERENCE_DANGLING,
     ENS_COVERS_NOTHING, 1, 0},
    {"an id twice, once by reference", "#doc", ENVELOPED EXCLUSIVELY, "<ds:Object Id=\"d&#111;c\"/>",
     ENS_REFERENCE_DANGLING, ENS_COVERS_NOTHING, 1, 0},
    {"another document", "http://example.org/", EXCLUSIVELY, "", ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_NOTHING, 1, 0},
    {"XPointer", "#xpointer(/)", ENVELOPED EXCLUSIVELY, "", ENS_REFERENCE_DANGLING, ENS_COVERS_NOTHING, 1, 0},
    {"no enveloped-signature transform", "", EXCLUSIVELY, "", ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_DOCUMENT, 1, 0},
    {"that transform last", "", EXCLUSIVELY ENVELOPED, "", ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_DOCUMENT, 1, 0},
    {"an XPath transform", "",
     ENVELOPED "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"></ds:Transform>", "",
     ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_DOCUMENT, 1, 0},
    {"canonicalised with comments", "",
     ENVELOPED "<ds:Transform Algorithm=\"" EXCLUSIVE "WithComments\"></ds:Transform>", "", ENS_REFERENCE_UNSUPPORTED,
     ENS_COVERS_DOCUMENT, 1, 0},
    {"canonicalised twice", "", ENVELOPED EXCLUSIVELY EXCLUSIVELY, "", ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_DOCUMENT,
     1, 0},
    {"enveloped, of an element inside", "#o", ENVELOPED EXCLUSIVELY, OBJECT, ENS_REFERENCE_UNSUPPORTED,
     ENS_COVERS_INSIDE, 1, 0},
    {"xml:lang would be taken over", "#o", "", "<ds:Object xml:lang=\"en\"><ds:Object Id=\"o\"/></ds:Object>",
     ENS_REFERENCE_UNSUPPORTED, ENS_COVERS_INSIDE, 1, 0},
    {"a countersignature", "", ENVELOPED EXCLUSIVELY, "<ds:Object><ds:Signature/></ds:Object>", ENS_REFERENCE_HOLDS,
     ENS_COVERS_DOCUMENT, 1, 1},
    {"a second signature", "", ENVELOPED EXCLUSIVELY, "</ds:Signature><ds:Signature xmlns:ds=\"" DS "\">",
     ENS_REFERENCE_DIFFERS, ENS_COVERS_DOCUMENT, 2, 0},
};

static void tells_what_is_there(void)
{
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        plan p = plans[0];
        p.uri = facts[i].uri;
        p.transforms = facts[i].transforms;
        b.text.len = 0;
        write_signed(&p, b.rsa, facts[i].object, &b.text);
        CHECK_ROW(read_signature(b.reader, b.scan, ens_buf_slice(&b.text), NULL) == ENS_OK, "%s", facts[i].name);
        const ens_signature *s = ens__signature_found(b.reader);
        CHECK_ROW(s->reference[0].state == facts[i].state, "%s: state %d", facts[i].name, (int)s->reference[0].state);
        CHECK_ROW(s->reference[0].covers == facts[i].covers, "%s: covers %d", facts[i].name,
                  (int)s->reference[0].covers);
        CHECK_ROW(s->num_signatures == facts[i].signatures && s->num_inside == facts[i].inside, "%s: counts",
                  facts[i].name);
        CHECK_ROW((s->reference[0].why != NULL) == (facts[i].state <= ENS_REFERENCE_DANGLING), "%s: why",
                  facts[i].name);
    }
    tear_down(&b);
}

/* What was digested is known by where it lies: the start tag of the root, or of the element inside. */
static void names_the_covered_element_by_identity(void)
{
    bench b;
    set_up(&b);
    write_signed(&plans[0], b.rsa, OBJECT, &b.text);
    CU_ASSERT_EQUAL(read_signature(b.reader, b.scan, ens_buf_slice(&b.text), NULL), ENS_OK);
    CU_ASSERT_PTR_EQUAL(ens__signature_found(b.reader)->reference[0].element.p, b.text.p);
    b.text.len = 0;
    write_signed(&plans[9], b.rsa, OBJECT, &b.text);
    CU_ASSERT_EQUAL(read_signature(b.reader, b.scan, ens_buf_slice(&b.text), NULL), ENS_OK);
    CU_ASSERT_PTR_EQUAL(ens__signature_found(b.reader)->reference[0].element.p,
                        b.text.p + ens__find(ens_buf_slice(&b.text), ENS_LIT(OBJECT), 0));
    tear_down(&b);
}

/* Each is the first plan's document with from replaced by to. */
static void refuses_what_no_schema_has(void)
{
    static const struct {
        const char *from, *to;
        ens_code code;
    } rows[] = {
        {"<ds:SignatureValue>", "<ds:Object/><ds:SignatureValue>", ENS_ESYNTAX},
        {"<ds:SignatureValue>", "<ds:SignatureValue>!", ENS_ESYNTAX},
        {"<ds:SignatureValue>", "<ds:SignatureValue><b/>", ENS_ESYNTAX},
        {"<ds:KeyInfo/>", "<ds:KeyInfo/><ds:KeyInfo/>", ENS_ESYNTAX},
        {"<ds:DigestValue>", "<ds:DigestValue>AAAA", ENS_ESYNTAX},
        {"<ds:Transforms>", "<ds:Transforms><ds:Other/>", ENS_ESYNTAX},
        {"</ds:DigestValue>", "</ds:DigestValue><ds:DigestValue/>", ENS_ESYNTAX},
        {"<ds:SignedInfo>", "<ds:SignedInfo><ds:Reference/>", ENS_ESYNTAX},
        {"<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>", ENS_ESYNTAX},
        {"xmlns:u=\"urn:u\"", "xmlns:u=\"relative\"", ENS_ESYNTAX},
    };
    bench b;
    set_up(&b);
    ens_buf altered;
    ens_buf_init(&altered, NULL, 0, TEXT_MAX);
    write_signed(&plans[0], b.rsa, OBJECT, &b.text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t at = ens__find(ens_buf_slice(&b.text), ens_str(rows[i].from), 0);
        CU_ASSERT_NOT_EQUAL_FATAL(at, SIZE_MAX);
        altered.len = 0;
        ens_buf_put(&altered, ens_sub(ens_buf_slice(&b.text), 0, at));
        ens_buf_text(&altered, rows[i].to);
        ens_buf_put(&altered, ens_from(ens_buf_slice(&b.text), at + strlen(rows[i].from)));
        ens_code code = read_signature(b.reader, b.scan, ens_buf_slice(&altered), NULL);
        CHECK_ROW(code == rows[i].code, "%s -> %s: %s", rows[i].from, rows[i].to, ens_code_name(code));
    }
    ens_buf_free(&altered);
    tear_down(&b);
}

static void keeps_its_limits(void)
{
    bench b;
    set_up(&b);
    plan p = plans[0];
    write_signed(&p, b.rsa, "", &b.text);
    size_t from = ens__find(ens_buf_slice(&b.text), ENS_LIT("<ds:Reference"), 0);
    size_t to = ens__find(ens_buf_slice(&b.text), ENS_LIT("</ds:SignedInfo>"), 0);
    ens_slice one = ens_sub(ens_buf_slice(&b.text), from, to);
    ens_buf many;
    ens_buf_init(&many, NULL, 0, TEXT_MAX);
    ens_buf_put(&many, ens_sub(ens_buf_slice(&b.text), 0, from));
    for (unsigned i = 0; i <= ENS_SIGNATURE_REFERENCES_MAX; i++)
        ens_buf_put(&many, one);
    ens_buf_put(&many, ens_from(ens_buf_slice(&b.text), to));
    CU_ASSERT_EQUAL(read_signature(b.reader, b.scan, ens_buf_slice(&many), NULL), ENS_ELIMIT);
    ens_buf_free(&many);
    ens_buf_init(&many, NULL, 0, TEXT_MAX * 16);
    ens_buf_text(&many, "<a>");
    for (unsigned i = 0; i <= ENS_SIGNATURE_IDS_MAX; i++)
        ens_buf_printf(&many, "<b Id='%u'/>", i);
    ens_buf_text(&many, "</a>");
    CU_ASSERT_EQUAL(read_signature(b.reader, b.scan, ens_buf_slice(&many), NULL), ENS_ELIMIT);
    ens_buf_free(&many);
    tear_down(&b);
}

static void finds_no_signature(void)
{
    bench b;
    set_up(&b);
    CU_ASSERT_EQUAL(read_signature(b.reader, b.scan, ENS_LIT("<a><Signature/></a>"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens__signature_found(b.reader)->num_signatures, 0);
    CU_ASSERT_PTR_NULL(ens__signature_found(b.reader)->element.p);
    bool valid = true;
    CU_ASSERT_EQUAL(ens__signature_verify(ens__signature_found(b.reader), b.rsa, &valid, NULL), ENS_EPOLICY);
    tear_down(&b);
}

static const ens_case cases[] = {
    {"every trusted list of 2023 holds, digests and value", every_trusted_list_holds},
    {"one letter of a trusted list changed is found where it was changed", one_letter_of_a_trusted_list_changed},
    {"holds by every method, and xmlsec1 thinks so too", holds_by_every_method},
    {"differs by every method when the document was changed", differs_by_every_method},
    {"tells what a reference covers and why it isn't digested", tells_what_is_there},
    {"names the covered element by its identity", names_the_covered_element_by_identity},
    {"refuses a signature that no schema has", refuses_what_no_schema_has},
    {"keeps its limits on references and ids", keeps_its_limits},
    {"finds no signature where there is none", finds_no_signature},
    {NULL, NULL},
};
ENS_SUITE("engine/signature", cases)
