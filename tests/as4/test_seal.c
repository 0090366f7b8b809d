/* What the sealer writes: accepted, laid out as a Domibus wants it, canonical as written, and nothing of it can be
 * changed. */
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "engine/xml/reference/libxml.h"
#include "ensign/seal.h"
#include "fixtures/messages.h"
#include "fixtures/seed.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define SENDER ENS_LIT(FX_EORI)

/* One PKI for all cases. */
static fx_pki *pki(void)
{
    static fx_pki made;
    if (!made.num) {
        fx_seed_begin("tests of the sealer");
        CU_ASSERT_FATAL(fx_pki_make(&made));
        fx_seed_end();
    }
    return &made;
}

static ens_sealer_options files_of(const char *key, const char *cert, ens_buf *key_pem, ens_buf *chain_pem)
{
    ens_buf_init(key_pem, NULL, 0, (size_t)1 << 20);
    ens_buf_init(chain_pem, NULL, 0, (size_t)1 << 20);
    CU_ASSERT_FATAL(fx_pki_key(pki(), key, key_pem) && fx_pki_chain(pki(), cert, chain_pem));
    return (ens_sealer_options){
        .key = ens_buf_slice(key_pem), .certificate = ens_buf_slice(chain_pem), .domain = "ap.example", .at = FX_AT};
}

static ens_code open_sealer(const char *key, const char *cert, bool force, ens_sealer **out, ens_err *err)
{
    ens_buf key_pem, chain_pem;
    ens_sealer_options o = files_of(key, cert, &key_pem, &chain_pem);
    o.force = force;
    ens_code code = ens_sealer_new(&o, out, err);
    ens_buf_wipe(&key_pem);
    ens_buf_free(&chain_pem);
    return code;
}

static ens_trust *trust_of(const char *root)
{
    char path[] = "/tmp/ensign-anchor-XXXXXX";
    ens_buf pem;
    ens_trust *trust = ens_trust_new();
    int fd = mkstemp(path);
    ens_buf_init(&pem, NULL, 0, (size_t)1 << 20);
    CU_ASSERT_FATAL(fd >= 0 && trust && fx_pki_chain(pki(), root, &pem) &&
                    ens__file_write(path, ens_buf_slice(&pem), 0600, NULL) == ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_trust_add(trust, path, NULL), ENS_OK);
    remove(path);
    ens_buf_free(&pem);
    return trust;
}

static void make(const char *name, ens_buf *out)
{
    ens_buf_init(out, NULL, 0, (size_t)16 << 20);
    CU_ASSERT_FATAL(fx_message_seal(pki(), fx_message_find(name), &(fx_change){0}, out));
}

static bool contains(const ens_buf *text, const char *what)
{
    return ens__find(ens_buf_slice(text), ens_str(what), 0) != SIZE_MAX;
}

static void layout(void)
{
    ens_buf m;
    make("f26-attachments.mime", &m);
    static const char *const wanted[] = {
        "<wsse:Security ",
        "EncodingType=\"http://docs.oasis-open.org/wss/2004/01/"
        "oasis-200401-wss-soap-message-security-1.0#Base64Binary\"",
        "<wsse:Reference URI=\"#token\" "
        "ValueType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1\">",
        "wsse11:TokenType=\"http://docs.oasis-open.org/wss/2004/01/"
        "oasis-200401-wss-x509-token-profile-1.0#X509PKIPathv1\"",
        "<ds:KeyInfo><wsse:SecurityTokenReference ",
        "<ds:Reference URI=\"cid:photo-2\">",
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        CHECK_ROW(contains(&m, wanted[i]), "there is no %s", wanted[i]);
    size_t from = ens__find(ens_buf_slice(&m), ENS_LIT("<wsse:Security "), 0),
           to = ens__find(ens_buf_slice(&m), ENS_LIT("</wsse:Security>"), 0);
    ens_slice security = ens_sub(ens_buf_slice(&m), from, to);
    CU_ASSERT(ens__find(security, ENS_LIT("\n"), 0) == SIZE_MAX && ens__find(security, ENS_LIT("> <"), 0) == SIZE_MAX);
    ens_buf_free(&m);
}

/* is_canonical: the text of the element is its own exclusive canonical form. */
static void is_canonical(const ens_buf *m, xmlDocPtr doc, const char *local, const char *open, const char *close)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, (size_t)1 << 20);
    const xmlNode *root = xmlDocGetRootElement(doc), *found = NULL;
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        if (strcmp((const char *)e->name, local) == 0)
            found = e;
    size_t from = ens__find(ens_buf_slice(m), ens_str(open), 0), to = ens__find(ens_buf_slice(m), ens_str(close), 0);
    CU_ASSERT_FATAL(found && from != SIZE_MAX && to != SIZE_MAX);
    CU_ASSERT_EQUAL(ens__libxml_canon(doc, found, ENS_LIBXML_EXCLUSIVE, (ens_slice){0}, &out, NULL), ENS_OK);
    CHECK_ROW(ens_eq(ens_buf_slice(&out), ens_sub(ens_buf_slice(m), from, to + strlen(close))),
              "%s isn't written canonical", local);
    ens_buf_free(&out);
}

static void canonical(void)
{
    static const char *const names[] = {"f26-attachments.mime", "receipt-f26.xml", "error.xml", "pull.xml", "r01.mime"};
    ens_libxml *xml = ens__libxml_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ens_buf m;
        xmlDocPtr doc = NULL;
        make(names[i], &m);
        size_t from = ens__find(ens_buf_slice(&m), ENS_LIT("<env:Envelope"), 0),
               to = ens__find(ens_buf_slice(&m), ENS_LIT("</env:Envelope>"), 0);
        CU_ASSERT_EQUAL_FATAL(ens__libxml_parse(xml, ens_sub(ens_buf_slice(&m), from, to + 15), &doc, NULL), ENS_OK);
        is_canonical(&m, doc, "Messaging", "<eb:Messaging ", "</eb:Messaging>");
        is_canonical(&m, doc, "Body", "<env:Body ", "</env:Body>");
        is_canonical(&m, doc, "SignedInfo", "<ds:SignedInfo ", "</ds:SignedInfo>");
        xmlFreeDoc(doc);
        ens_buf_free(&m);
    }
    ens__libxml_free(xml);
}

static void same_bytes(void)
{
    ens_buf a, b;
    make("f26-attachments.mime", &a);
    make("f26-attachments.mime", &b);
    CU_ASSERT(ens_eq(ens_buf_slice(&a), ens_buf_slice(&b)));
    ens_buf_free(&a);
    ens_buf_free(&b);
}

static void before_sealing(void)
{
    static const struct {
        const char *key, *cert, *what;
    } rows[] = {
        {"trader-3072", "trader", "doesn't belong"},    {"trader", "expired", "has expired"},
        {"trader", "not-yet-valid", "isn't valid yet"}, {"trader", "self-signed", "only the leaf"},
        {"rsa1024", "rsa1024", "2048 to 4096 bits"},    {"ec256", "ec256", "RSA key"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_sealer *s = NULL;
        ens_err err = {0};
        ens_code code = open_sealer(rows[i].key, rows[i].cert, false, &s, &err);
        CHECK_ROW(code == ENS_EPOLICY && strstr(err.frame[0].what, rows[i].what), "%s with %s: %s", rows[i].key,
                  rows[i].cert, err.n ? err.frame[0].what : "sealed");
        ens_sealer_free(s);
    }
    ens_sealer *forced = NULL;
    CU_ASSERT_EQUAL(open_sealer("trader-3072", "trader", true, &forced, NULL), ENS_OK);
    ens_sealer_free(forced);
}

static void refused_headers(void)
{
    static const struct {
        const char *action, *from, *to, *agreement;
    } rows[] = {
        {"IE3F99", FX_EORI, "sti-taxud", "V2.0"},   {"IE3F26", "a@b@c@d", "sti-taxud", "V2.0"},
        {"IE3F26", FX_EORI, "sti-nowhere", "V2.0"}, {"IE3F26", FX_EORI, "sti-taxud", "V9"},
        {"IE3F26", "", "sti-taxud", "V2.0"},
    };
    ens_sealer *s = NULL;
    CU_ASSERT_EQUAL_FATAL(open_sealer("trader", "trader", false, &s, NULL), ENS_OK);
    ens_seal_part part = {ENS_LIT("<x/>"), ENS_LIT("ens"), ENS_LIT("application/xml")};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_slice out;
        ens_seal_message_options o = {.action = ens_str(rows[i].action),
                                      .from = ens_str(rows[i].from),
                                      .to = ens_str(rows[i].to),
                                      .agreement = ens_str(rows[i].agreement),
                                      .at = FX_AT,
                                      .parts = &part,
                                      .num_parts = 1};
        CHECK_ROW(ens_seal_message(s, &o, &out, NULL) == ENS_EPOLICY, "row %zu was sealed", i);
    }
    ens_sealer_free(s);
}

static void accepted(const ens_buf *m, ens_verifier *v, const ens_trust *trust, ens_report *report,
                     ens_verdict *verdict)
{
    ens_message message;
    ens__report_reset(report);
    ens_verify(v, ens_buf_slice(m), &(ens_verify_options){.trust = trust, .at = FX_AT}, &message, report);
    *verdict = ens_report_verdict(report);
}

/* The seal declares its prefixes anew where it stands; the name of such a declaration has no part in the canonical form
 * while the one above is the same. */
static bool is_declaration(const ens_buf *m, size_t i)
{
    static const char *const names[] = {" xmlns:env=", " xmlns:ds=", " xmlns:wsu="};
    for (size_t k = 0; k < sizeof names / sizeof *names; k++)
        for (size_t back = 7; back < strlen(names[k]) - 1 && back <= i; back++)
            if (memcmp(m->p + i - back, names[k], strlen(names[k])) == 0)
                return true;
    return false;
}

static void every_bit(void)
{
    ens_buf m;
    ens_report report;
    ens_verifier *v = NULL;
    ens_verdict verdict;
    ens_trust *trust = trust_of("root");
    make("f26.mime", &m);
    ens__report_init(&report);
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&v, NULL), ENS_OK);
    accepted(&m, v, trust, &report, &verdict);
    CU_ASSERT_EQUAL_FATAL(verdict, ENS_ACCEPTED);
    size_t spans[2][2] = {{ens__find(ens_buf_slice(&m), ENS_LIT("<eb:Messaging "), 0),
                           ens__find(ens_buf_slice(&m), ENS_LIT("<wsse:Security "), 0)}};
    CU_ASSERT_FATAL(ens__find(ens_buf_slice(&m), ENS_LIT("Content-ID: <ens>\r\n\r\n"), 0) != SIZE_MAX);
    spans[1][0] = ens__find(ens_buf_slice(&m), ENS_LIT("Content-ID: <ens>\r\n\r\n"), 0) + 21;
    spans[1][1] = ens__find(ens_buf_slice(&m), ENS_LIT("\r\n------=_ensign_"), spans[1][0]);
    unsigned wrong = 0;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = spans[k][0]; i < spans[k][1]; i++) {
            uint8_t bit = (uint8_t)(1u << (i % 8));
            bool same = is_declaration(&m, i);
            m.p[i] ^= bit;
            accepted(&m, v, trust, &report, &verdict);
            wrong += verdict == ENS_ACCEPTED && !same;
            m.p[i] ^= bit;
        }
    CU_ASSERT_EQUAL(wrong, 0);
    ens_verifier_free(v);
    ens__report_clear(&report);
    ens_trust_free(trust);
    ens_buf_free(&m);
}

/* SignatureValue and token: whatever bit of the text is changed, the seal doesn't hold, or its octets are the same
 * (base64's unused bits). */
static void every_bit_of_the_seal(void)
{
    ens_buf m;
    ens_report report;
    ens_verifier *v = NULL;
    ens_verdict verdict;
    ens_trust *trust = trust_of("root");
    make("f26.mime", &m);
    ens__report_init(&report);
    CU_ASSERT_EQUAL_FATAL(ens_verifier_new(&v, NULL), ENS_OK);
    size_t from = ens__find(ens_buf_slice(&m), ENS_LIT("<ds:SignedInfo "), 0),
           to = ens__find(ens_buf_slice(&m), ENS_LIT("</ds:SignatureValue>"), 0);
    unsigned wrong = 0;
    for (size_t i = from; i < to; i++) {
        uint8_t bit = (uint8_t)(1u << (i % 8));
        bool unused = m.p[i + 1] == '=' || m.p[i] == '=' || is_declaration(&m, i);
        m.p[i] ^= bit;
        accepted(&m, v, trust, &report, &verdict);
        wrong += verdict == ENS_ACCEPTED && !unused;
        m.p[i] ^= bit;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    ens_verifier_free(v);
    ens__report_clear(&report);
    ens_trust_free(trust);
    ens_buf_free(&m);
}

/* What a sink got, and when it has enough. */
typedef struct {
    ens_buf all;
    size_t pieces, largest, stop;
} gathered;

static ens_code gather(void *user, ens_slice piece)
{
    gathered *g = user;
    if (g->pieces == g->stop)
        return ENS_EIO;
    ens_buf_put(&g->all, piece);
    g->largest = piece.len > g->largest ? piece.len : g->largest;
    g->pieces++;
    return g->all.failed;
}

/* A sink gets the same octets piece by piece, nothing of what is refused, and no more once it has failed. */
static void into_a_sink(void)
{
    static uint8_t noise[300000];
    uint32_t next = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (uint8_t)((next = next * 1664525u + 1013904223u) >> 24);
    ens_sealer *s = NULL;
    ens_slice whole;
    ens_err err = {0};
    const ens_seal_part part = {ens_bytes(noise, sizeof noise), ENS_LIT("ens"), ENS_LIT("application/xml")};
    ens_seal_message_options o = {.action = ENS_LIT("IE3F26"),
                                  .from = SENDER,
                                  .message_id = ENS_LIT("one@ap.example"),
                                  .at = FX_AT,
                                  .parts = &part,
                                  .num_parts = 1};
    gathered g = {.stop = SIZE_MAX}, failing = {.stop = 2}, none = {.stop = SIZE_MAX};
    ens_buf_init(&g.all, NULL, 0, (size_t)1 << 20);
    ens_buf_init(&failing.all, NULL, 0, (size_t)1 << 20);
    ens_buf_init(&none.all, NULL, 0, (size_t)1 << 20);
    CU_ASSERT_EQUAL_FATAL(open_sealer("trader", "trader", false, &s, NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_seal_message_to(s, &o, gather, &g, NULL), ENS_OK);
    CU_ASSERT_EQUAL_FATAL(ens_seal_message(s, &o, &whole, NULL), ENS_OK);
    CU_ASSERT(ens_eq(ens_buf_slice(&g.all), whole) && g.pieces > 4 && g.largest <= (size_t)64 << 10);
    CU_ASSERT(ens_seal_message_to(s, &o, gather, &failing, &err) == ENS_EIO && failing.pieces == 2 && err.n);
    o.action = ENS_LIT("IE0000");
    CU_ASSERT(ens_seal_message_to(s, &o, gather, &none, NULL) == ENS_EPOLICY && none.pieces == 0);
    ens_buf_free(&g.all);
    ens_buf_free(&failing.all);
    ens_buf_free(&none.all);
    ens_sealer_free(s);
}

static const ens_case cases[] = {
    {"hands a sink the same octets piece by piece, and nothing of what is refused", into_a_sink},
    {"lays a message out as a Domibus accepts it", layout},
    {"writes header, Body and SignedInfo canonical to begin with", canonical},
    {"gives the same bytes for the same message", same_bytes},
    {"refuses a key and a certificate that can't seal, unless forced", before_sealing},
    {"refuses a header that ICS2 would refuse", refused_headers},
    {"one bit flipped anywhere in header, Body or payload is never accepted (ICS-04)", every_bit},
    {"one bit flipped anywhere in the signature is never accepted (ICS-04)", every_bit_of_the_seal},
    {NULL, NULL},
};
ENS_SUITE("as4/seal", cases)
