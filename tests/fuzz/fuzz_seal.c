/* What is delivered, and every value of the header that is acted upon, is what the holder of the key hashed, and both
 * engines say so. An input is a script: it says how a message looks, what each reference of its seal says and what was
 * hashed for it, and what happens to the message behind the seal. The message is sealed as the script says, so that a
 * good part of them is accepted; the oracle (covered.h) knows what was hashed and nothing of how references are read.
 */
#include "tests/fuzz/target.h"

#include "as4/envelope/names.h"
#include "certs/path/trust.h"
#include "engine/base/gzip.h"
#include "engine/base/report.h"
#include "ensign/verify.h"
#include "fixtures/messages.h"
#include "tests/fuzz/covered.h"

#include <openssl/sha.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)
#define BOUNDARY "----=_seal"
#define WSU_NAMESPACE " xmlns:wsu=\"" ENS_NS_WSU "\""
#define REFS 6u
#define STEPS_MAX 8u /* of a script: the more there are, the less is accepted */

/* What a reference may be made of, and what may be hashed for it. */
enum { MESSAGING = 0, BODY, TOKEN, DECOY, PART_0, PART_1, NUM_THINGS };

static const char *const ids[] = {"messaging",
                                  "body",
                                  "decoy",
                                  "x",
                                  "a.b-c_d",
                                  "xpointer(//*[local-name()='Decoy'])",
                                  "xmlns(x=urn:x)xpointer(//x:Decoy)",
                                  "element(/1/1/2)",
                                  "\xC3\xA9t\xC3\xA9",
                                  "1x"};
static const char *const spellings[] = {"wsu:Id", "Id", "ID", "iD", "xml:id"};
static const char *const cids[] = {
    "ens", "photo-1", "m", "m#x", "m%00b", "m b", "50%", "a+b", "ens@ap.example", "m#xpointer(//x)"};
static const char *const uris[] = {"#messaging",
                                   "#body",
                                   "#token",
                                   "#decoy",
                                   "cid:ens",
                                   "cid:photo-1",
                                   "cid:m",
                                   "cid:m#x",
                                   "cid:m%00b",
                                   "cid:e%6Es",
                                   "cid:%65ns",
                                   "",
                                   "#",
                                   "#xpointer(/)",
                                   "#xpointer(id('body'))",
                                   "CID:ens",
                                   "cid:m#xpointer(//x)"};
static const char *const prefixes[] = {"eb", "e", "ebms"};
#define PICK(table, n) (table)[(n) % (sizeof(table) / sizeof *(table))]

typedef struct {
    char uri[128];
    unsigned thing; /* whose octets are hashed */
    bool absent;
} reference;

typedef struct {
    const char *eb;                  /* prefix of ebMS */
    const char *id[4], *spelling[4]; /* of MESSAGING, BODY, TOKEN, DECOY */
    char cid[2][64], href[2][64];
    bool xml; /* part 1 is a document that an XPointer finds something in */
    bool swapped, second_token, object, manifest, prefix_list, pull;
    unsigned decoy;  /* where it stands; 0: nowhere */
    unsigned coding; /* bits: part i as base64 */
    reference ref[REFS];
    unsigned after[STEPS_MAX][2], num_after; /* what happens behind the seal */
} model;

/* What is the same for all messages. */
static struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_trust *trust;
    EVP_PKEY *key;
    ens_buf token;   /* base64 */
    ens_buf part[3]; /* gzip of the document, a PDF, gzip of another document */
    ens_buf message, scratch, delivered;
    ens_buf thing[NUM_THINGS]; /* the octets of each */
    size_t executions, accepted, by_fast;
} the;

#ifdef ENSIGN_FUZZ_ALONE
#define ACCEPTED_LEAST 10u /* in a hundred; with fewer, little of what comes behind the seal is reached */
#define BY_FAST_LEAST 25u
#define LONG_RUN 10000u

/* tell_shares prints how much was accepted, and how much the fast engine decided without handing it over; a long run
 * with less than it should have fails. */
static void tell_shares(void)
{
    fprintf(stderr, "seal: %zu executions, %.1f %% accepted, %.1f %% decided by the fast engine\n", the.executions,
            100.0 * (double)the.accepted / (double)the.executions,
            100.0 * (double)the.by_fast / (double)the.executions);
    if (the.executions >= LONG_RUN &&
        (the.accepted * 100 < the.executions * ACCEPTED_LEAST || the.by_fast * 100 < the.executions * BY_FAST_LEAST))
        _exit(1);
}
#endif

static void take_token(const fx_pki *pki)
{
    ens_buf message;
    ens_buf_init(&message, NULL, 0, TEXT_MAX);
    ens_buf_init(&the.token, NULL, 0, TEXT_MAX);
    if (fx_message_seal(pki, fx_message_find("f26.mime"), &(fx_change){0}, &message)) {
        size_t at = ens__find(ens_buf_slice(&message), ENS_LIT("wsu:Id=\"token\">"), 0) + 15,
               end = ens__find(ens_buf_slice(&message), ENS_LIT("</wsse:Bin"), at);
        ens_buf_put(&the.token, ens_sub(ens_buf_slice(&message), at, end));
    }
    ens_buf_free(&message);
}

static void make_parts(void)
{
    static const char *const lrns[] = {FX_LRN, NULL, "DEMO-2026-000002"};
    ens_gzip *z = ens__gzip_new();
    for (unsigned i = 0; i < 3; i++) {
        ens_buf plain;
        ens_buf_init(&plain, NULL, 0, TEXT_MAX);
        ens_buf_init(&the.part[i], NULL, 0, TEXT_MAX);
        if (i == 1)
            fx_attachment_write(1, &the.part[1]);
        else
            fx_document_write(&(fx_document){.action = "IE3F26", .lrn = lrns[i], .declarant = FX_EORI, .size = 400},
                              &plain);
        ENS_HOLDS(i == 1 || (z && ens__gzip_compress(z, ens_buf_slice(&plain), &the.part[i], NULL) == ENS_OK));
        ens_buf_free(&plain);
    }
    ens__gzip_free(z);
}

static bool is_ready(void)
{
    static fx_pki pki;
    uint8_t *der = NULL;
    if (the.verifier)
        return true;
    the.report = ens_report_new();
    the.trust = ens_trust_new();
    if (!the.report || !the.trust || !fx_pki_make_path(&pki, "trader") ||
        ens_verifier_new(&the.verifier, NULL) != ENS_OK)
        return false;
    int len = i2d_X509(pki.cert[fx_pki_find(&pki, "root")], &der);
    ENS_HOLDS(len > 0 && ens__trust_add_anchor(the.trust, ens_bytes(der, (size_t)len), NULL) == ENS_OK);
    OPENSSL_free(der);
    the.key = pki.key[fx_pki_find(&pki, "trader")];
    take_token(&pki);
    make_parts();
    ens_buf_init(&the.message, NULL, 0, TEXT_MAX);
    ens_buf_init(&the.scratch, NULL, 0, TEXT_MAX);
    ens_buf_init(&the.delivered, NULL, 0, TEXT_MAX);
    for (unsigned i = 0; i < NUM_THINGS; i++)
        ens_buf_init(&the.thing[i], NULL, 0, TEXT_MAX);
#ifdef ENSIGN_FUZZ_ALONE
    atexit(tell_shares);
#endif
    return true;
}

static void start_model(model *m)
{
    static const char *const uri[REFS] = {"#messaging", "#body", "cid:ens", "cid:photo-1", "#token", ""};
    static const unsigned thing[REFS] = {MESSAGING, BODY, PART_0, PART_1, TOKEN, DECOY};
    *m = (model){.eb = "eb",
                 .id = {"messaging", "body", "token", "decoy"},
                 .spelling = {"wsu:Id", "wsu:Id", "wsu:Id", "wsu:Id"}};
    for (unsigned i = 0; i < REFS; i++) {
        snprintf(m->ref[i].uri, sizeof m->ref[i].uri, "%s", uri[i]);
        m->ref[i].thing = thing[i];
        m->ref[i].absent = i >= 4;
    }
    for (unsigned i = 0; i < 2; i++) {
        snprintf(m->cid[i], sizeof m->cid[i], "%s", cids[i]);
        snprintf(m->href[i], sizeof m->href[i], "cid:%s", cids[i]);
    }
}

/* name_part gives a part another name everywhere: as it stands, or with a letter escaped in the URL. */
static void name_part(model *m, unsigned i, const char *cid)
{
    snprintf(m->cid[i], sizeof m->cid[i], "%s", cid);
    snprintf(m->href[i], sizeof m->href[i], "cid:%s", cid);
    snprintf(m->ref[2 + i].uri, sizeof m->ref[i].uri, "cid:%s", cid);
}

static void name_element(model *m, unsigned i, const char *id)
{
    static const unsigned ref[] = {0, 1, 4, 5};
    m->id[i] = id;
    snprintf(m->ref[ref[i]].uri, sizeof m->ref[0].uri, "#%s", id);
}

/* mislead seals what a reader finds who resolves the text of a reference in another way: a decoy by an XPointer, or the
 * other part by what stands before a fragment or an escape. */
static void mislead(model *m, unsigned arg)
{
    static const char *const parts[] = {"m#x", "m%00b", "m#xpointer(//x)", "%6D", "m?x"};
    unsigned i = arg / 2 % 2;
    if (arg & 1) {
        name_element(m, i, ids[5 + arg / 4 % 4]);
        m->ref[i].thing = arg & 32 ? BODY : DECOY;
        m->decoy = 1 + arg / 64 % 3;
    } else {
        name_part(m, !i, "m");
        name_part(m, i, PICK(parts, arg / 4));
        m->ref[2 + i].thing = PART_0 + !i;
        m->xml = i == 0;
    }
}

/* shape_names is a step that changes what something is called, what refers to it, and what is hashed for it. */
static void shape_names(model *m, unsigned op, unsigned arg)
{
    reference *r = &m->ref[arg % REFS];
    switch (op) {
    case 0:
        snprintf(r->uri, sizeof r->uri, "%s", PICK(uris, arg / REFS));
        break;
    case 1:
        r->thing = arg / REFS % NUM_THINGS;
        break;
    case 2:
        m->id[arg % 4] = PICK(ids, arg / 4);
        break;
    case 3:
        m->spelling[arg % 4] = PICK(spellings, arg / 4);
        break;
    case 4:
        name_element(m, arg % 4, PICK(ids, arg / 4));
        break;
    case 5:
        name_part(m, arg % 2, PICK(cids, arg / 2));
        break;
    case 6:
        snprintf(m->cid[arg % 2], sizeof m->cid[0], "%s", PICK(cids, arg / 2));
        break;
    case 7:
        snprintf(m->href[arg % 2], sizeof m->href[0], "cid:%s", PICK(cids, arg / 2));
        break;
    default:
        mislead(m, arg);
    }
}

/* shape_form is a step that changes how the message is built. */
static void shape_form(model *m, unsigned op, unsigned arg)
{
    switch (op) {
    case 8:
        m->decoy = arg % 6;
        break;
    case 9:
        m->eb = PICK(prefixes, arg);
        break;
    case 10:
        m->swapped = !m->swapped;
        break;
    case 11:
        m->coding = arg % 4;
        break;
    case 12:
        m->second_token = arg % 4 == 0;
        break;
    case 13:
        m->object = arg % 4 == 0, m->manifest = arg % 4 == 1;
        break;
    case 14:
        m->ref[arg % REFS].absent = !m->ref[arg % REFS].absent;
        break;
    case 16:
        m->pull = arg % 4 == 0;
        break;
    default:
        m->prefix_list = true;
    }
}

/* shape is one step of the script before the seal. */
static void shape(model *m, unsigned op, unsigned arg)
{
    if (op < 8 || op > 16)
        shape_names(m, op, arg);
    else
        shape_form(m, op, arg);
}

/* put appends a text in which "~" stands for the prefix of ebMS. */
static void put(ens_buf *out, const model *m, const char *text)
{
    for (size_t n; *text; text += n) {
        n = strcspn(text, "~");
        ens_buf_put(out, ens_bytes(text, n));
        if (text[n] == '~')
            ens_buf_text(out, m->eb), n++;
    }
}

static bool has_wsu(const model *m, unsigned thing)
{
    return strcmp(m->spelling[thing], "wsu:Id") == 0;
}

static void put_id(ens_buf *out, const model *m, unsigned thing)
{
    ens_buf_printf(out, " %s=\"%s\"", m->spelling[thing], m->id[thing]);
}

static void put_part_info(ens_buf *out, const model *m, unsigned i)
{
    put(out, m, "<~:PartInfo href=\"");
    ens_buf_text(out, m->href[i]);
    put(out, m, "\"><~:PartProperties><~:Property name=\"MimeType\">");
    ens_buf_text(out, i ? "application/pdf" : "application/xml");
    if (i == 0)
        put(out, m, "</~:Property><~:Property name=\"CompressionType\">application/gzip");
    put(out, m, "</~:Property></~:PartProperties></~:PartInfo>");
}

static void put_user_message(ens_buf *out, const model *m)
{
    put(out, m,
        "<~:UserMessage><~:MessageInfo><~:Timestamp>2026-10-01T12:00:00Z</~:Timestamp><~:MessageId>00000001@ap.example"
        "</~:MessageId></~:MessageInfo><~:PartyInfo><~:From><~:PartyId type=\"" ENS_PARTY_TYPE_EORI "\">" FX_EORI
        "</~:PartyId><~:Role>Trader</~:Role></~:From><~:To><~:PartyId type=\"" ENS_PARTY_TYPE_AUTH "\">sti-taxud"
        "</~:PartyId><~:Role>Customs</~:Role></~:To></~:PartyInfo><~:CollaborationInfo><~:AgreementRef "
        "type=\"" ENS_AGREEMENT_TYPE "\">" ENS_AGREEMENT_V2 "</~:AgreementRef><~:Service type=\"" ENS_SERVICE_TYPE
        "\">" ENS_SERVICE_T2C "</~:Service><~:Action>IE3F26</~:Action><~:ConversationId>1</~:ConversationId>"
        "</~:CollaborationInfo><~:PayloadInfo>");
    put_part_info(out, m, 0);
    put_part_info(out, m, 1);
    put(out, m, "</~:PayloadInfo></~:UserMessage>");
}

/* make_things writes the canonical octets of everything that can be signed. */
static void make_things(const model *m)
{
    for (unsigned i = 0; i < NUM_THINGS; i++)
        the.thing[i].len = 0;
    ens_buf *out = &the.thing[MESSAGING];
    put(out, m, "<~:Messaging xmlns:~=\"" ENS_NS_EB "\" xmlns:env=\"" ENS_NS_SOAP12 "\"");
    if (has_wsu(m, MESSAGING))
        ens_buf_text(out, WSU_NAMESPACE);
    put_id(out, m, MESSAGING);
    ens_buf_text(out, " env:mustUnderstand=\"true\">");
    if (m->pull)
        put(out, m,
            "<~:SignalMessage><~:MessageInfo><~:Timestamp>2026-10-01T12:00:00Z</~:Timestamp><~:MessageId>00000001@ap."
            "example</~:MessageId></~:MessageInfo><~:PullRequest mpc=\"" ENS_MPC_EORI FX_EORI
            "\"></~:PullRequest></~:SignalMessage>");
    else
        put_user_message(out, m);
    put(out, m, "</~:Messaging>");
    out = &the.thing[BODY];
    ens_buf_printf(out, "<env:Body xmlns:env=\"" ENS_NS_SOAP12 "\"%s", has_wsu(m, BODY) ? WSU_NAMESPACE : "");
    put_id(out, m, BODY);
    ens_buf_text(out, "></env:Body>");
    out = &the.thing[DECOY];
    ens_buf_printf(out, "<x:Decoy%s xmlns:x=\"urn:x\"", has_wsu(m, DECOY) ? WSU_NAMESPACE : "");
    put_id(out, m, DECOY);
    ens_buf_text(out, ">1</x:Decoy>");
    out = &the.thing[TOKEN];
    ens_buf_printf(out,
                   "<wsse:BinarySecurityToken xmlns:wsse=\"" ENS_NS_WSSE "\"%s EncodingType=\"" ENS_BASE64_BINARY
                   "\" ValueType=\"" ENS_TOKEN_PKIPATH "\"",
                   has_wsu(m, TOKEN) ? WSU_NAMESPACE : "");
    put_id(out, m, TOKEN);
    ens_buf_text(out, ">");
    ens_buf_put(out, ens_buf_slice(&the.token));
    ens_buf_text(out, "</wsse:BinarySecurityToken>");
    for (unsigned i = 0; i < 2; i++)
        ens_buf_put(&the.thing[PART_0 + i], i && m->xml ? ENS_LIT("<x>1</x>") : ens_buf_slice(&the.part[i]));
}

static void put_base64(ens_buf *out, const void *bytes, size_t len)
{
    uint8_t coded[512];
    int n = EVP_EncodeBlock(coded, bytes, (int)len);
    ens_buf_put(out, ens_bytes(coded, (size_t)n));
}

static void put_reference(ens_buf *out, const model *m, const reference *r)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    const ens_buf *octets = &the.thing[r->thing];
    bool part = r->uri[0] != '#' && r->uri[0];
    SHA256(octets->p, octets->len, digest);
    ens_buf_printf(
        out,
        "<ds:Reference URI=\"%s\"><ds:Transforms><ds:Transform Algorithm=\"%s\">%s</ds:Transform>"
        "</ds:Transforms><ds:DigestMethod Algorithm=\"" ENS_ALG_SHA256 "\"></ds:DigestMethod><ds:DigestValue>",
        r->uri, part ? ENS_ALG_SWA_CONTENT : ENS_ALG_EXC_C14N,
        m->prefix_list && !part ? "<ec:InclusiveNamespaces xmlns:ec=\"" ENS_NS_EC "\"></ec:InclusiveNamespaces>" : "");
    put_base64(out, digest, sizeof digest);
    ens_buf_text(out, "</ds:DigestValue></ds:Reference>");
}

/* sign makes the signature value; signatures of what was signed before are kept, as making one takes the longest. */
static void put_signature(ens_buf *out, ens_slice info)
{
    static struct {
        uint8_t name[SHA256_DIGEST_LENGTH], value[256];
        size_t len;
    } kept[8192];
    uint8_t name[SHA256_DIGEST_LENGTH];
    SHA256(info.p, info.len, name);
    unsigned at = (name[0] | (unsigned)name[1] << 8) % (sizeof kept / sizeof *kept);
    if (!kept[at].len || memcmp(kept[at].name, name, sizeof name) != 0) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(the.key, NULL);
        kept[at].len = sizeof kept[at].value;
        memcpy(kept[at].name, name, sizeof name);
        ENS_HOLDS(ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                  EVP_PKEY_sign(ctx, kept[at].value, &kept[at].len, name, sizeof name) == 1);
        EVP_PKEY_CTX_free(ctx);
    }
    put_base64(out, kept[at].value, kept[at].len);
}

static void put_seal(ens_buf *out, const model *m)
{
    ens_buf_text(out, "<ds:Signature xmlns:ds=\"" ENS_NS_DS "\">");
    size_t from = out->len;
    ens_buf_text(out,
                 "<ds:SignedInfo xmlns:ds=\"" ENS_NS_DS "\"><ds:CanonicalizationMethod Algorithm=\"" ENS_ALG_EXC_C14N
                 "\"></ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"" ENS_ALG_RSA_SHA256
                 "\"></ds:SignatureMethod>");
    for (unsigned i = 0; i < REFS; i++)
        if (!m->ref[i].absent && (!m->pull || i < 2 || i > 3))
            put_reference(out, m, &m->ref[i]);
    ens_buf_text(out, "</ds:SignedInfo>");
    the.scratch.len = 0;
    ens_buf_put(&the.scratch, ens_sub(ens_buf_slice(out), from, out->len));
    ens_buf_text(out, "<ds:SignatureValue>");
    put_signature(out, ens_buf_slice(&the.scratch));
    ens_buf_printf(out,
                   "</ds:SignatureValue><ds:KeyInfo><wsse:SecurityTokenReference xmlns:wsse11=\"" ENS_NS_WSSE11
                   "\" wsse11:TokenType=\"" ENS_TOKEN_PKIPATH
                   "\"><wsse:Reference URI=\"#%s\" ValueType=\"" ENS_TOKEN_PKIPATH
                   "\"></wsse:Reference></wsse:SecurityTokenReference></ds:KeyInfo>",
                   m->id[TOKEN]);
    if (m->object || m->manifest || m->decoy == 5)
        ens_buf_printf(out, "<ds:Object>%s", m->manifest ? "<ds:Manifest></ds:Manifest>" : "");
    if (m->decoy == 5)
        ens_buf_put(out, ens_buf_slice(&the.thing[DECOY]));
    ens_buf_text(out, m->object || m->manifest || m->decoy == 5 ? "</ds:Object></ds:Signature>" : "</ds:Signature>");
}

static void put_envelope(ens_buf *out, const model *m)
{
    const ens_slice decoy = ens_buf_slice(&the.thing[DECOY]);
    ens_buf_text(out, "<env:Envelope xmlns:env=\"" ENS_NS_SOAP12 "\"><env:Header>");
    ens_buf_put(out, m->decoy == 1 ? decoy : (ens_slice){0});
    ens_buf_put(out, ens_buf_slice(&the.thing[MESSAGING]));
    ens_buf_text(out, "<wsse:Security xmlns:wsse=\"" ENS_NS_WSSE "\"" WSU_NAMESPACE " env:mustUnderstand=\"true\">");
    ens_buf_put(out, m->decoy == 3 ? decoy : (ens_slice){0});
    ens_buf_put(out, ens_buf_slice(&the.thing[TOKEN]));
    if (m->second_token)
        ens_buf_text(out,
                     "<wsse:BinarySecurityToken ValueType=\"" ENS_TOKEN_PKIPATH "\">MAA=</wsse:BinarySecurityToken>");
    put_seal(out, m);
    ens_buf_text(out, "</wsse:Security>");
    ens_buf_put(out, m->decoy == 2 ? decoy : (ens_slice){0});
    ens_buf_text(out, "</env:Header>");
    ens_buf_put(out, ens_buf_slice(&the.thing[BODY]));
    if (m->decoy == 4) {
        out->len -= strlen("</env:Body>");
        ens_buf_put(out, decoy);
        ens_buf_text(out, "</env:Body>");
    }
    ens_buf_text(out, "</env:Envelope>");
}

static void put_part(ens_buf *out, const model *m, unsigned i)
{
    bool coded = m->coding >> i & 1;
    size_t plain = strcspn(m->cid[i], "%"), nul = strncmp(m->cid[i] + plain, "%00", 3) == 0;
    ens_buf_printf(out, "\r\n--" BOUNDARY "\r\nContent-Type: %s\r\nContent-Transfer-Encoding: %s\r\nContent-ID: <",
                   i ? "application/pdf" : "application/gzip", coded ? "base64" : "binary");
    ens_buf_put(out, ens_bytes(m->cid[i], plain));
    ens_buf_put(out, ens_bytes("", nul)); /* an escaped NUL stands there as a NUL */
    ens_buf_text(out, m->cid[i] + plain + 3 * nul);
    ens_buf_text(out, ">\r\n\r\n");
    if (coded)
        ens__base64_encode(out, ens_buf_slice(&the.thing[PART_0 + i]));
    else
        ens_buf_put(out, ens_buf_slice(&the.thing[PART_0 + i]));
}

static void compose(const model *m)
{
    ens_buf *out = &the.message;
    out->len = 0;
    make_things(m);
    ens_buf_text(out, "Content-Type: multipart/related; type=\"application/soap+xml\"; boundary=\"" BOUNDARY
                      "\"\r\n\r\n--" BOUNDARY "\r\nContent-Type: application/soap+xml\r\nContent-ID: <root>\r\n\r\n");
    put_envelope(out, m);
    if (!m->pull) {
        put_part(out, m, m->swapped);
        put_part(out, m, !m->swapped);
    }
    ens_buf_text(out, "\r\n--" BOUNDARY "--\r\n");
}

/* splice puts text in place of the octets [from, to) of the message. */
static void splice(size_t from, size_t to, ens_slice text)
{
    ens_buf *b = &the.message;
    if (to < from || to > b->len || (text.len > to - from && !ens_buf_room(b, text.len - (to - from))))
        return;
    memmove(b->p + from + text.len, b->p + to, b->len - to);
    memcpy(b->p + from, text.p, text.len);
    b->len = from + text.len + (b->len - to);
}

/* change replaces the nth find that is there, counted in a circle. */
static void change(const char *find, const char *replace, unsigned nth)
{
    ens_slice in = ens_buf_slice(&the.message);
    unsigned num = 0;
    for (size_t at = ens__find(in, ens_str(find), 0); at != SIZE_MAX; at = ens__find(in, ens_str(find), at + 1))
        num++;
    if (!num)
        return;
    size_t at = ens__find(in, ens_str(find), 0);
    for (nth %= num; nth; nth--)
        at = ens__find(in, ens_str(find), at + 1);
    splice(at, at + strlen(find), ens_str(replace));
}

/* wrap hides what was signed as eb:Messaging in a block of another name and leaves another one in its place. */
static void wrap(const model *m, unsigned arg)
{
    size_t at = ens__find(ens_buf_slice(&the.message), ens_buf_slice(&the.thing[MESSAGING]), 0);
    if (at == SIZE_MAX)
        return;
    the.scratch.len = 0;
    ens_buf_text(&the.scratch, "<w:w xmlns:w=\"urn:w\">");
    ens_buf_put(&the.scratch, ens_buf_slice(&the.thing[MESSAGING]));
    ens_buf_text(&the.scratch, "</w:w>");
    change("00000001@", "00000002@", 0);
    if (arg & 1)
        change(m->id[MESSAGING], "elsewhere", arg / 2);
    splice(at, at, ens_buf_slice(&the.scratch));
}

/* happen is one step of the script behind the seal: of another form with the same canonical octets, or an alteration.
 */
static void happen(const model *m, unsigned op, unsigned arg)
{
    static const char *const forms[][2] = {{">IE3F26<", ">&#73;E3F26<"},
                                           {">IE3F26<", "><![CDATA[IE3F26]]><"},
                                           {">IE3F26<", ">IE3<!--c-->F26<"},
                                           {"></", "><!--c--></"},
                                           {":MessageInfo>", ":MessageInfo >"},
                                           {" type=", "\n  type="},
                                           {"<ds:", "<!--c--><ds:"},
                                           {"><", "><!--c--><"}};
    static const char *const alterations[][2] = {
        {"00000001@", "00000002@"},      {">IE3F26<", ">IE3F24<"},
        {FX_EORI, "FR40483304800022"},   {"Content-ID: <", "Content-ID: <m"},
        {"href=\"cid:", "href=\"cid:m"}, {"URI=\"#", "URI=\"#x"},
        {"URI=\"cid:", "URI=\"cid:m"},   {" wsu:Id=\"", " wsu:Id=\"x"},
        {"eu_ics2_t2c", "eu_ics2_c2t"},  {"#body\"", "#xpointer(id('body'))\""},
        {"cid:ens\"", "cid:%65ns\""},    {"wsu:Id", "xml:id"}};
    ens_buf *b = &the.message;
    if (op % 5 < 2)
        change(PICK(forms, arg)[0], PICK(forms, arg)[1], arg / 8);
    else if (op % 5 == 2)
        change(PICK(alterations, arg)[0], PICK(alterations, arg)[1], arg / 12);
    else if (op % 5 == 3 && arg % 4 == 0)
        wrap(m, arg / 4);
    else if (op % 5 == 3) {
        size_t at = ens__find(ens_buf_slice(b), ens_buf_slice(&the.part[0]), 0);
        if (at != SIZE_MAX)
            splice(at, at + the.part[0].len, ens_buf_slice(&the.part[arg % 4 == 1 ? 1 : 2]));
    } else if (b->len)
        b->p[(arg * 2654435761u >> 3) % b->len] ^= (uint8_t)(1u << arg % 8);
}

static ens_code collect(void *user, ens_slice piece)
{
    ens_buf_put(user, piece);
    return ENS_OK;
}

static ens_slice or_absent(ens_slice text)
{
    return text.len ? text : (ens_slice){0};
}

/* check_accepted holds what is acted upon against what was hashed. */
static void check_accepted(const ens_message *m, const model *shape_of)
{
    sealed_octets hashed = {0}, covered;
    for (unsigned i = 0; i < REFS; i++)
        hashed.octets[hashed.num++] = ens_buf_slice(&the.thing[shape_of->ref[i].thing]);
    covered_by(ens_buf_slice(&the.message), &hashed, &covered);
    for (unsigned i = covered.num; i-- > 1;) /* one thing may stand there twice */
        for (unsigned k = 0; k < i; k++)
            if (covered.octets[i].p == covered.octets[k].p)
                covered.octets[i] = (ens_slice){0};
    ENS_HOLDS(covered_text(&covered, NULL, "MessageId", m->message_id));
    ENS_HOLDS(covered_text(&covered, NULL, "Timestamp", m->timestamp));
    ENS_HOLDS(covered_text(&covered, NULL, "Action", or_absent(m->action)));
    ENS_HOLDS(covered_text(&covered, NULL, "Service", or_absent(m->service)));
    ENS_HOLDS(covered_text(&covered, NULL, "AgreementRef", or_absent(m->agreement)));
    ENS_HOLDS(covered_text(&covered, NULL, "ConversationId", or_absent(m->conversation_id)));
    ENS_HOLDS(covered_text(&covered, NULL, "RefToMessageId", or_absent(m->ref_to)));
    ENS_HOLDS(covered_text(&covered, "From", "PartyId", or_absent(m->from)));
    ENS_HOLDS(covered_text(&covered, "To", "PartyId", or_absent(m->to)));
    ENS_HOLDS(m->kind != ENS_MESSAGE_PULL_REQUEST || ens_is(m->sender, FX_EORI));
    ENS_HOLDS(!m->from_customs && m->bundled == ENS_MESSAGE_UNKNOWN);
    ENS_HOLDS(m->kind != ENS_MESSAGE_USER || m->num_payloads == 2);
    for (size_t i = 0; i < m->num_payloads; i++) {
        the.delivered.len = 0;
        ENS_HOLDS(ens_delivery_put(&m->payloads[i], collect, &the.delivered, NULL) == ENS_OK);
        ENS_HOLDS(covered_part(&covered, ens_buf_slice(&the.delivered)));
    }
}

static void read_script(const uint8_t *data, size_t size, model *m)
{
    start_model(m);
    for (size_t i = 0; i + 1 < size && i / 2 < STEPS_MAX; i += 2) {
        if (data[i] & 1)
            shape(m, data[i] / 2 % 20, data[i + 1]);
        else
            m->after[m->num_after][0] = data[i] / 2, m->after[m->num_after++][1] = data[i + 1];
    }
}

ENS_FUZZ_TARGET(seal)
{
    model m;
    ens_message message;
    if (!is_ready())
        return;
    read_script(data, size, &m);
    compose(&m);
    for (unsigned i = 0; i < m.num_after; i++)
        happen(&m, m.after[i][0], m.after[i][1]);
    ens__report_reset(the.report);
    ens_verify_options o = {.trust = the.trust, .at = FX_AT, .engine = ENS_ENGINE_BOTH, .root_only = true};
    size_t before = ens_verifier_count(the.verifier).handed_over;
    ens_verify(the.verifier, ens_buf_slice(&the.message), &o, &message, the.report);
    ens_verifier_counts counts = ens_verifier_count(the.verifier);
    ENS_HOLDS(counts.different == 0);
    the.executions++;
    the.by_fast += counts.handed_over == before;
    if (ens_report_verdict(the.report) != ENS_ACCEPTED)
        return;
    the.accepted++;
    check_accepted(&message, &m);
}
