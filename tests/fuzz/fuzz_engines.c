/* Whatever comes in, both engines find the same. Built for fuzzing, most inputs are sealed anew after they were
 * altered: with digests by the fast engine's own canonical form and a key of the fuzzer's, so that what comes behind a
 * good seal is reached, and a digest that the reference engine would make otherwise shows. */
#include "tests/fuzz/target.h"

#include "engine/base/report.h"
#include "ensign/verify.h"

#include <string.h>

static ens_verifier *verifier(void)
{
    static ens_verifier *kept;
    if (!kept && ens_verifier_new(&kept, NULL) != ENS_OK)
        kept = NULL;
    return kept;
}

ENS_FUZZ_TARGET(engines)
{
    ens_report *report = ens_report_new();
    ens_message message;
    ens_verify_options o = {.at = 1790856000, .engine = ENS_ENGINE_BOTH};
    if (report && verifier()) {
        ens_verify(verifier(), (ens_slice){data, size}, &o, &message, report);
        size_t num = ens_report_num(report);
        const ens_finding *last = num ? ens_report_get(report, num - 1) : NULL;
        char text[ENS_DETAIL_TEXT];
        if (last && strcmp(last->id, "engine.difference") == 0)
            fprintf(stderr, "%s\n", ens__finding_text(last, text, ""));
        ENS_HOLDS(!last || strcmp(last->id, "engine.difference") != 0);
        ENS_HOLDS(ens_verifier_count(verifier()).different == 0);
        ENS_HOLDS(ens_report_verdict(report) != ENS_ACCEPTED);
    }
    ens_report_free(report);
}

#ifdef ENSIGN_FUZZ_ALONE

#include "as4/envelope/names.h"
#include "as4/mime/mime.h"
#include "as4/wss/fast.h"
#include "certs/keys/keys.h"

#include <openssl/pem.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

/* What sealing anew needs. */
typedef struct {
    ens_fast fast;
    ens_arena arena;
    ens_report report;
    ens_mime mime;
    ens_soap soap;
    ens_header header;
    ens_wss wss;
    ens_coverage coverage;
    ens_digest sha256;
    EVP_PKEY *key;
} sealing;

static sealing *ready(void)
{
    static sealing *s;
    const char *path =
        getenv("ENSIGN_FUZZ_KEY"); /* of the certificate in the corpus: fixtures/make writes it as pki/trader.key */
    if (s || !path)
        return s;
    FILE *file = fopen(path, "r");
    s = calloc(1, sizeof *s);
    s->key = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
    ens_arena_init(&s->arena, (size_t)64 << 20);
    ens__report_init(&s->report);
    if (!s->key || ens__fast_init(&s->fast, NULL) != ENS_OK ||
        ens__digest_init(&s->sha256, ENS_SHA256, NULL) != ENS_OK) {
        fprintf(stderr, "no key in %s\n", path);
        exit(2);
    }
    fclose(file);
    return s;
}

static void hash(void *sha256, ens_slice piece)
{
    ens__digest_add(sha256, piece);
}

static bool digest(sealing *s, const ens_node *n, const ens_mime_part *part, ens_slice prefix_list,
                   uint8_t out[ENS_DIGEST_MAX])
{
    ens__digest_start(&s->sha256);
    if (part)
        ens__digest_add(&s->sha256, part->body);
    else if (ens__tree_canon(&s->fast.scanner, s->fast.canon, n, prefix_list, (ens_canon_sink){hash, &s->sha256},
                             NULL) != ENS_OK)
        return false;
    return ens__digest_end(&s->sha256, out, NULL) == ENS_OK;
}

/* put writes base64 over the text of an element, which lies in data, where it has just that length. */
static void put(uint8_t *data, size_t size, const ens_node *n, ens_slice bytes)
{
    ens_buf coded;
    if (!n || n->in_pieces || n->text.p < data || n->text.p + n->text.len > data + size)
        return;
    ens_buf_init(&coded, NULL, 0, 4096);
    ens__base64_encode(&coded, bytes);
    if (coded.len == n->text.len)
        memcpy(data + (n->text.p - data), coded.p, coded.len);
    ens_buf_free(&coded);
}

static void read_message(sealing *s, ens_slice bytes)
{
    ens_arena_reset(&s->arena);
    ens__report_reset(&s->report);
    s->wss = (ens_wss){0};
    ens__mime_read(bytes, (ens_slice){0}, &s->arena, &s->mime, &s->report);
    if (!s->mime.root.body.len ||
        !ens__soap_scan(&s->fast.scanner, s->mime.root.body, &s->arena, &s->soap, &s->report) || !s->soap.header)
        return;
    ens__wss_read(&s->soap, &s->arena, &s->wss);
    ens__coverage_judge(&s->mime, &s->soap, &s->header, &s->wss, &s->arena, &s->coverage, &s->report);
}

static void seal_again(sealing *s, uint8_t *data, size_t size)
{
    uint8_t made[ENS_DIGEST_MAX], signature[512];
    size_t len = sizeof signature;
    read_message(s, ens_bytes(data, size));
    for (unsigned i = 0; i < s->wss.num_references; i++) {
        const ens_covered *of = &s->coverage.of[i];
        if ((of->node || of->part) && digest(s, of->node, of->part, s->wss.reference[i].prefix_list, made))
            put(data, size, ens__node_child(s->wss.reference[i].node, ENS_IN_DS, "DigestValue"), ens_bytes(made, 32));
    }
    read_message(s, ens_bytes(data, size)); /* with the new digests */
    if (!s->wss.signed_info || !digest(s, s->wss.signed_info, NULL, s->wss.c14n_prefix_list, made))
        return;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(s->key, NULL);
    if (ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
        EVP_PKEY_sign(ctx, signature, &len, made, 32) == 1)
        put(data, size, ens__node_child(s->wss.signature, ENS_IN_DS, "SignatureValue"), ens_bytes(signature, len));
    EVP_PKEY_CTX_free(ctx);
}

/* What may stand between tags and within a start tag: an envelope with one of these more is nearly always still an
 * envelope. */
static const char *const between[] = {
    "<!--c-->",
    "<?p i?>",
    "<![CDATA[x]]>",
    "&#13;",
    "&amp;",
    "&#x41;",
    "\r\n",
    " ",
    ">",
    "\xC3\xBC",
    "<q:x xmlns:q=\"urn:q\"/>",
    "<x xmlns=\"\"/>",
    "<ds:Object Id=\"body\"/>",
    "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" PrefixList=\"env eb\"/>"};
static const char *const within[] = {" xmlns=\"urn:x\"",
                                     " xmlns=\"\"",
                                     " xmlns:eb=\"urn:x\"",
                                     " xmlns:q=\"urn:q\"",
                                     " xmlns:q=\"urn:q\" q:b=\"1\" q:a='\"'",
                                     " xml:lang=\"en\"",
                                     " Id=\"body\"",
                                     " id=\"x\"",
                                     " a=\"&#9;&lt;>\"",
                                     "\n b='1'",
                                     " ",
                                     " Type=\"t\"",
                                     " PrefixList=\"env\"",
                                     " xmlns:env=\"http://www.w3.org/2003/05/soap-envelope\""};

/* insert puts a piece before a '<', or before a '>' of a start tag, that chance chooses. */
static size_t insert(uint8_t *data, size_t size, size_t max, unsigned chance)
{
    bool tag = chance & 1;
    size_t num = tag ? sizeof within / sizeof *within : sizeof between / sizeof *between,
           at = size ? chance / 64 % size : 0;
    const char *piece = (tag ? within : between)[chance / 2 % num];
    size_t len = strlen(piece);
    while (at < size && data[at] != (tag ? '>' : '<'))
        at++;
    if (at == size || size + len > max)
        return size;
    at -= tag && at && data[at - 1] == '/';
    memmove(data + at + len, data + at, size - at);
    memcpy(data + at, piece, len);
    return size + len;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    if (seed % 3)
        size = insert(data, size, max, seed * 2654435761u);
    else
        size = LLVMFuzzerMutate(data, size, max);
    sealing *s = ready();
    if (s && seed % 4)
        seal_again(s, data, size);
    return size;
}

#endif
