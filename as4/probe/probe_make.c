/* Making the messages; see probe.h. */
#include "as4/ens/writer.h"
#include "as4/payload/document.h"
#include "as4/probe/probe.h"
#include "as4/reseal.h"
#include "certs/keys/chain.h"
#include "certs/keys/keys.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 20)
#define DOCUMENT_MAX ((size_t)1 << 20)
#define MESSAGE_MAX ((size_t)16 << 20)
#define KEY_BITS 2048u
#define RULE "RFC 5280, 4.1"

/* One seal: its sealer, and the key that seals anew. */
typedef struct {
    ens_sealer *sealer;
    EVP_PKEY *key;
} seal;

struct ens_prober {
    const ens_prober_options *o;
    seal seal[ENS_PROBE_SEALS];
    X509 *leaf, *alone;
    ens_buf document, message, stranger, stranger_key;
    char id[ENS_PROBE_ID], first_id[ENS_PROBE_ID], other[96];
    unsigned attached, num; /* of the document in hand; documents so far */
    char value[64], lrn[32], first_lrn[32], mrn[24];
};

static int another(void *user, uint16_t name, uint16_t parent, uint32_t nth)
{
    ens_prober *p = user;
    (void)parent;
    if (name == ENS_EL_binaryFile || name == ENS_EL_binaryAttachment)
        return p->attached < 2;
    return name == ENS_EL_hrcmScreeningResults && nth == 1 ? 1 : -1;
}

/* value names the attachments, and the document where it has no LRN. */
static bool value(void *user, uint16_t name, uint16_t parent, uint32_t nth, ens_slice *out)
{
    ens_prober *p = user;
    (void)nth;
    if (name == ENS_EL_functionalReference) {
        *out = ens_str(p->lrn);
        return true;
    }
    if (parent != ENS_EL_binaryFile && parent != ENS_EL_binaryAttachment)
        return false;
    if (name == ENS_EL_identification)
        snprintf(p->value, sizeof p->value, "photo-%u", ++p->attached);
    else if (name == ENS_EL_filename)
        snprintf(p->value, sizeof p->value, "photo-%u.jpg", p->attached);
    else if (name == ENS_EL_MIME)
        snprintf(p->value, sizeof p->value, "image/jpeg");
    else
        return false;
    *out = ens_str(p->value);
    return true;
}

/* Each document has transport documents of its own: nothing is filed twice. */
static ens_code write_document(ens_prober *p, const ens_probe *probe, ens_err *err)
{
    const char *at = strchr(p->o->from, '@'), *eori = at && strlen(at) > 3 ? at + 1 : p->o->from;
    char declarant[64];
    snprintf(declarant, sizeof declarant, "%.*s", (int)strcspn(eori, "@"), eori);
    snprintf(p->lrn, sizeof p->lrn, "CT%010llX-%u", (unsigned long long)p->o->at & 0xFFFFFFFFFF, ++p->num);
    ens_skeleton s = {.message = probe->action ? probe->action : "IE3F26",
                      .from = declarant,
                      .lrn = p->lrn,
                      .mrn = probe->own ? p->mrn : NULL,
                      .number = probe->own ? p->first_lrn : p->lrn,
                      .at = p->o->at,
                      .dense = true,
                      .value = value,
                      .user = p};
    if (probe->base == ENS_PROBE_ATTACHED)
        s.another = another;
    p->attached = 0;
    p->document.len = 0;
    return ens__skeleton_write(&s, &p->document, err);
}

static void put_pem(ens_buf *out, X509 *cert, X509 *issuer, EVP_PKEY *key)
{
    char *text = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio && (!cert || PEM_write_bio_X509(bio, cert) == 1) &&
                (!issuer || PEM_write_bio_X509(bio, issuer) == 1) &&
                (!key || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    ens_buf_put(out, ens_bytes(text, (size_t)len));
    BIO_free(bio);
}

/* open_seal makes a sealer of certificates that nobody insists on; the key is taken from the caller's files where none
 * is given. */
static ens_code open_seal(ens_prober *p, ens_probe_seal which, X509 *cert, X509 *issuer, EVP_PKEY *key, ens_err *err)
{
    ens_sealer_options o = *p->o->seal;
    ens_buf certs, text;
    ens_buf_init(&certs, NULL, 0, ARENA_MAX);
    ens_buf_init(&text, NULL, 0, ARENA_MAX);
    put_pem(&certs, cert, issuer, NULL);
    put_pem(&text, NULL, NULL, key);
    o.certificate = ens_buf_slice(&certs);
    o.force = true;
    if (key)
        o.key = ens_buf_slice(&text), o.key_pass = NULL;
    ens_code code = ens_buf_done(&certs, err);
    if (code == ENS_OK)
        code = ens_sealer_new(&o, &p->seal[which].sealer, err);
    ens_buf_free(&certs);
    ens_buf_wipe(&text);
    p->seal[which].key = key ? key : p->seal[ENS_PROBE_OWN].key;
    if (p->seal[which].key)
        EVP_PKEY_up_ref(p->seal[which].key);
    return code;
}

/* counterfeit is the leaf with another key, under a name that is signed by one's own. */
static X509 *counterfeit(X509 *leaf, const X509_NAME *subject, const X509_NAME *issuer, EVP_PKEY *key, EVP_PKEY *by)
{
    X509 *x = X509_dup(leaf);
    if (x && X509_set_subject_name(x, subject) == 1 && X509_set_issuer_name(x, issuer) == 1 &&
        X509_set_pubkey(x, key) == 1 && X509_sign(x, by, EVP_sha256()) > 0)
        return x;
    X509_free(x);
    return NULL;
}

/* make_ca makes it a CA: the leaf's extensions go. */
static bool make_ca(X509 *x, EVP_PKEY *key)
{
    X509V3_CTX ctx;
    while (X509_get_ext_count(x) > 0)
        X509_EXTENSION_free(X509_delete_ext(x, 0));
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *basic = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, "critical,CA:TRUE"),
                   *usage = X509V3_EXT_conf_nid(NULL, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
    bool good = basic && usage && X509_add_ext(x, basic, -1) == 1 && X509_add_ext(x, usage, -1) == 1 &&
                X509_sign(x, key, EVP_sha256()) > 0;
    X509_EXTENSION_free(basic);
    X509_EXTENSION_free(usage);
    return good;
}

/* make_strangers makes the seals that nobody trusts. */
static ens_code make_strangers(ens_prober *p, ens_err *err)
{
    const X509_NAME *subject = X509_get_subject_name(p->leaf), *issuer = X509_get_issuer_name(p->leaf);
    EVP_PKEY *key = EVP_RSA_gen(KEY_BITS), *ca_key = EVP_RSA_gen(KEY_BITS);
    X509 *leaf = NULL, *ca = NULL;
    ens_code code = ENS_ECRYPTO;
    if (key && ca_key) {
        p->alone = counterfeit(p->leaf, subject, subject, key, key);
        leaf = counterfeit(p->leaf, subject, issuer, key, ca_key);
        ca = counterfeit(p->leaf, issuer, issuer, ca_key, ca_key);
    }
    if (!p->alone || !leaf || !ca || !make_ca(ca, ca_key))
        ens_fail(err, ENS_ECRYPTO, RULE, "OpenSSL can't make a certificate that nobody trusts", 0);
    else if ((code = open_seal(p, ENS_PROBE_ALONE, p->alone, NULL, key, err)) == ENS_OK)
        code = open_seal(p, ENS_PROBE_FAKED, leaf, ca, key, err);
    put_pem(&p->stranger, p->alone, NULL, NULL);
    put_pem(&p->stranger_key, NULL, NULL, key);
    X509_free(leaf);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    ERR_clear_error();
    return code;
}

static ens_code load_own(ens_prober *p, ens_err *err)
{
    const ens_sealer_options *o = p->o->seal;
    ens_chain chain;
    ens_chain_facts facts;
    ens_arena arena;
    ens_arena_init(&arena, ARENA_MAX);
    p->seal[ENS_PROBE_OWN].sealer = p->o->sealer;
    ens_code code =
        ens__key_load_for(o->key, o->key_pass, o->certificate, o->certificate_pass, &p->seal[ENS_PROBE_OWN].key, err);
    if (code == ENS_OK)
        code = ens__chain_load(o->certificate, o->certificate_pass, &arena, &chain, &facts, err);
    if (code == ENS_OK) {
        const uint8_t *der = chain.cert[0].der.p;
        p->leaf = d2i_X509(NULL, &der, (long)chain.cert[0].der.len);
    }
    ens_arena_free(&arena);
    if (code == ENS_OK && !p->leaf)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "OpenSSL can't read the certificate", 0);
    return code == ENS_OK ? open_seal(p, ENS_PROBE_LEAF, p->leaf, NULL, NULL, err) : code;
}

/* name_other makes another party's id of the caller's: its last digit is another. */
static void name_other(ens_prober *p)
{
    size_t len = strcspn(p->o->from, "@"), start = strchr(p->o->from, '@') ? len + 1 : 0;
    snprintf(p->other, sizeof p->other, "%s", p->o->from);
    if (start && strlen(p->other + start) > 3) /* SYSTEM@EORI: behind the sign; else EORI@MS: in front of it */
        len = start + strcspn(p->other + start, "@");
    if (len && len <= strlen(p->other))
        p->other[len - 1] = p->other[len - 1] == '7' ? '8' : '7';
}

ens_code ens__prober_new(const ens_prober_options *o, ens_prober **out, ens_err *err)
{
    ens_prober *p = calloc(1, sizeof *p);
    if (!p)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    p->o = o;
    ens_buf_init(&p->document, NULL, 0, DOCUMENT_MAX);
    ens_buf_init(&p->message, NULL, 0, MESSAGE_MAX);
    ens_buf_init(&p->stranger, NULL, 0, ARENA_MAX);
    ens_buf_init(&p->stranger_key, NULL, 0, ARENA_MAX);
    name_other(p);
    ens_code code = load_own(p, err);
    if (code == ENS_OK)
        code = make_strangers(p, err);
    if (code == ENS_OK)
        *out = p;
    else
        ens__prober_free(p);
    return code;
}

void ens__prober_free(ens_prober *p)
{
    if (!p)
        return;
    for (unsigned i = 0; i < ENS_PROBE_SEALS; i++) {
        if (i != ENS_PROBE_OWN)
            ens_sealer_free(p->seal[i].sealer);
        EVP_PKEY_free(p->seal[i].key);
    }
    X509_free(p->leaf);
    X509_free(p->alone);
    ens_buf_free(&p->document);
    ens_buf_free(&p->message);
    ens_buf_free(&p->stranger);
    ens_buf_wipe(&p->stranger_key);
    free(p);
}

void ens__prober_stranger(const ens_prober *p, ens_slice *cert, ens_slice *key)
{
    *cert = ens_buf_slice(&p->stranger);
    *key = ens_buf_slice(&p->stranger_key);
}

void ens__prober_tell(ens_prober *p, const char *mrn)
{
    snprintf(p->mrn, sizeof p->mrn, "%s", mrn);
}

ens_slice ens__prober_document(const ens_prober *p)
{
    return ens_buf_slice(&p->document);
}

static ens_slice text_of(const char *text)
{
    return text ? ens_str(text) : (ens_slice){0};
}

static ens_code seal_message(ens_prober *p, const ens_probe *probe, ens_slice from, ens_slice *out, ens_err *err)
{
    static const char image[] = "\xFF\xD8\xFF\xE0 not much of a picture \xFF\xD9";
    const ens_seal_part parts[] = {
        {ens_buf_slice(&p->document), ENS_LIT("ens"), ENS_LIT("application/xml")},
        {ens_str(image), ENS_LIT("photo-1"), ENS_LIT("image/jpeg")},
        {ens_str(image), ENS_LIT("photo-2"), ENS_LIT("image/jpeg")},
    };
    bool ping = probe->base == ENS_PROBE_PING;
    const ens_seal_message_options o = {.action = ens_str(ping            ? "test"
                                                          : probe->action ? probe->action
                                                                          : "IE3F26"),
                                        .from = from,
                                        .to = text_of(probe->to),
                                        .agreement = text_of(probe->agreement),
                                        .conversation_id = text_of(probe->conversation),
                                        .message_id = probe->same_id ? ens_str(p->first_id) : (ens_slice){0},
                                        .at = p->o->at,
                                        .parts = parts,
                                        .num_parts = ping                                ? 0
                                                     : probe->base == ENS_PROBE_ATTACHED ? 3
                                                                                         : 1};
    return ens_seal_message(p->seal[probe->seal].sealer, &o, out, err);
}

static ens_code seal_it(ens_prober *p, const ens_probe *probe, ens_err *err)
{
    const seal *s = &p->seal[probe->seal];
    ens_slice from = ens_str(probe->other_party ? p->other : p->o->from), sealed = {0};
    ens_code code = write_document(p, probe, err);
    if (code == ENS_OK && probe->base == ENS_PROBE_PULL)
        code = ens_seal_pull(s->sealer, from, &(ens_seal_signal_options){.at = p->o->at}, &sealed, err);
    else if (code == ENS_OK)
        code = seal_message(p, probe, from, &sealed, err);
    if (code != ENS_OK)
        return code;
    ens_slice id = ens_sealer_message_id(s->sealer);
    snprintf(p->id, sizeof p->id, "%.*s", (int)id.len, (const char *)id.p);
    p->message.len = 0;
    ens_buf_put(&p->message, sealed);
    return ens_buf_done(&p->message, err);
}

/* change makes the message what the row says. */
static bool change(ens_prober *p, const ens_probe *probe)
{
    ens_buf *m = &p->message;
    bool changed = probe->find || probe->edit;
    return (!probe->find || ens__text_replace(m, probe->find, probe->replace)) &&
           (!probe->find2 || ens__text_replace(m, probe->find2, probe->replace2)) &&
           (!probe->edit || probe->edit(m, p)) &&
           (!changed || probe->when == ENS_PROBE_ALTERED || ens__message_reseal(m, p->seal[probe->seal].key)) &&
           (!probe->after || probe->after(m, p)) && !m->failed;
}

/* take_id reads the id that an answer will name: the change may be of the id itself. */
static void take_id(ens_prober *p)
{
    static const char tag[] = "<eb:MessageId>";
    ens_slice m = ens_buf_slice(&p->message);
    size_t from = ens__find(m, ens_str(tag), 0);
    size_t to = from == SIZE_MAX ? SIZE_MAX : ens__find(m, ENS_LIT("</eb:MessageId>"), from);
    if (to != SIZE_MAX)
        snprintf(p->id, sizeof p->id, "%.*s", (int)(to - from - sizeof tag + 1),
                 (const char *)m.p + from + sizeof tag - 1);
}

ens_code ens__prober_make(ens_prober *p, const ens_probe *probe, ens_slice *message, ens_slice *id, ens_err *err)
{
    ens_code code = seal_it(p, probe, err);
    if (code == ENS_OK && !change(p, probe))
        code = ens_fail_about(err, ENS_EPOLICY, NULL, "the message can't be made", probe->kind);
    if (code != ENS_OK)
        return code;
    take_id(p);
    if (!p->first_id[0] && probe->base == ENS_PROBE_FILING) {
        memcpy(p->first_id, p->id, sizeof p->first_id);
        memcpy(p->first_lrn, p->lrn, sizeof p->first_lrn);
    }
    *message = ens_buf_slice(&p->message);
    *id = ens_str(p->id);
    return ENS_OK;
}
