#include "as4/anonymise/anonymise.h"

#include "as4/anonymise/package.h"
#include "as4/anonymise/reissue.h"
#include "as4/anonymise/seal.h"
#include "certs/path/material.h"
#include "certs/x509/der.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)2 << 30)
#define TRIES 4u            /* numbers are drawn, and one may happen to stand for something else */
#define ROUNDS 4u           /* of digests, which don't depend on each other */
#define REFERENCES_MAX 128u /* of one message */
#define LISTS_MAX 16u

/* A reference whose digest differs, and what was hashed. */
typedef struct {
    ens_slice uri;
    uint8_t sha256[32];
} different;

struct ens_anonymiser {
    ens_verifier *verifier;
    ens_report *before, *after;
    ens_arena arena;
    /* Of one message: */
    const ens_anonymise_options *o;
    ens_aliases *aliases;
    ens_reissue certs;
    ens_package package;
    different was[REFERENCES_MAX], is[REFERENCES_MAX]; /* before; and in this round */
    size_t num_was, num_is;
    different *list; /* that is being filled */
    size_t *num;
    ens_chain chain; /* of the signer; its octets live in the arena */
    bool has_signer, signed_right;
    ens_slice crl[LISTS_MAX];
    size_t num_crls, num_trusted, num_anchors; /* of certs: anchors of trust stand first, then those of customs */
    const ens_reissued *anchor[2 * (ENS_MATERIAL_TRUST_MAX + 1)], *issuer[2 * ENS_MATERIAL_TRUST_MAX];
    size_t num_issuers;
};

ens_code ens__anonymiser_new(ens_anonymiser **out, ens_err *err)
{
    ens_anonymiser *a = calloc(1, sizeof *a);
    if (!a)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_arena_init(&a->arena, ARENA_MAX);
    a->before = ens_report_new();
    a->after = ens_report_new();
    ens_code code = a->before && a->after ? ens_verifier_new(&a->verifier, err)
                                          : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        *out = a;
    else
        ens__anonymiser_free(a);
    return code;
}

static void forget(ens_anonymiser *a)
{
    ens__reissue_clear(&a->certs);
    ens__package_clear(&a->package);
    ens_arena_reset(&a->arena);
    ens__report_reset(a->before);
    ens__report_reset(a->after);
    a->num_was = a->num_is = a->num_crls = a->num_trusted = a->num_anchors = a->num_issuers = 0;
    a->has_signer = a->signed_right = false;
}

void ens__anonymiser_free(ens_anonymiser *a)
{
    if (!a)
        return;
    if (a->before && a->after)
        forget(a);
    ens_verifier_free(a->verifier);
    ens_report_free(a->before);
    ens_report_free(a->after);
    ens_arena_free(&a->arena);
    free(a);
}

/* -- The message as it came -- */

/* note_different is told of each reference whose digest differs. */
static void note_different(void *user, ens_slice uri, ens_slice octets)
{
    ens_anonymiser *a = user;
    const char *copy = *a->num < REFERENCES_MAX ? ens_arena_text(&a->arena, uri) : NULL;
    if (copy && ens__sha256(octets, a->list[*a->num].sha256, NULL) == ENS_OK)
        a->list[(*a->num)++].uri = ens_bytes(copy, uri.len);
}

static void judge(ens_anonymiser *a, ens_slice bytes, const ens_trust *trust, const ens_trust *customs,
                  ens_message *message, ens_report *report)
{
    ens_verify_options how = *a->o->verify;
    how.trust = trust;
    how.customs = customs;
    how.registry = NULL;
    how.differs = note_different;
    how.differs_user = a;
    ens__report_reset(report);
    *a->num = 0;
    ens_verify(a->verifier, bytes, &how, message, report);
}

static bool judge_before(ens_anonymiser *a, ens_slice bytes)
{
    ens_message m;
    a->list = a->was;
    a->num = &a->num_was;
    judge(a, bytes, a->o->verify->trust, a->o->verify->customs, &m, a->before);
    a->has_signer = m.has_signer;
    a->chain = (ens_chain){0};
    for (size_t i = 0; m.has_signer && i < m.chain->num; i++) {
        ens_slice der = m.chain->cert[i].der;
        const char *copy = ens_arena_text(&a->arena, der);
        unsigned odd;
        if (!copy || ens_cert_parse_loose(ens_bytes(copy, der.len), &a->chain.cert[i], &odd, NULL) != ENS_OK)
            return false;
        a->chain.num++;
    }
    a->signed_right = true; /* what can't be computed is signed, too */
    for (size_t i = 0; i < a->before->num; i++)
        if (strcmp(a->before->findings[i].id, "signature.value") == 0 && a->before->findings[i].outcome == ENS_FAIL)
            a->signed_right = false;
    return true;
}

/* -- Certificates -- */

static bool is_certificate(ens_slice der)
{
    ens_cert cert;
    unsigned odd;
    return ens_cert_parse_loose(der, &cert, &odd, NULL) == ENS_OK;
}

/* each_in visits the certificates of a token: it is one, or a sequence of them. */
static bool each_in(ens_slice der, bool (*visit)(void *user, ens_slice der), void *user)
{
    ens_reader r = ens_read(der);
    ens_der all, one;
    if (is_certificate(der) || !ens__der_take(&r, ENS_DER_SEQUENCE, &all) || ens_left(&r))
        return visit(user, der);
    bool good = true;
    for (ens_reader in = ens_read(all.body); good && ens__der_any(&in, &one);)
        good = visit(user, one.all);
    return good;
}

/* decode undoes the base64 of a token, in the arena; empty where it is none. Carriage returns stand in XML as
 * references. */
static ens_slice decode(ens_anonymiser *a, ens_slice text)
{
    uint8_t *room = ens_arena_take(&a->arena, text.len / 4 * 3 + 3);
    char *bare = ens_arena_text(&a->arena, text);
    for (char *at = bare ? strchr(bare, '&') : NULL; at; at = strchr(at, '&')) {
        char *end = strchr(at, ';');
        if (!end)
            break;
        memset(at, ' ', (size_t)(end - at) + 1);
    }
    size_t len = room && bare ? ens__base64_decode(ens_bytes(bare, text.len), room) : SIZE_MAX;
    return ens_bytes(room, len == SIZE_MAX ? 0 : len);
}

static bool add_certificate(void *user, ens_slice der)
{
    ens_anonymiser *a = user;
    return ens__reissue_add(&a->certs, der);
}

static bool collect_token(void *user, ens_slice text, ens_buf *instead)
{
    ens_anonymiser *a = user;
    ens_slice der = decode(a, text);
    (void)instead;
    if (der.len)
        each_in(der, add_certificate, a);
    return false;
}

static ens_code add_material(void *user, ens_material kind, ens_slice der, ens_err *err)
{
    ens_anonymiser *a = user;
    if (kind == ENS_MATERIAL_CRL) {
        const char *copy = a->num_crls < LISTS_MAX ? ens_arena_text(&a->arena, der) : NULL;
        for (size_t i = 0; i < a->num_crls; i++)
            copy = ens_eq(a->crl[i], der) ? NULL : copy;
        if (copy)
            a->crl[a->num_crls++] = ens_bytes(copy, der.len);
        return ENS_OK;
    }
    if (kind == ENS_MATERIAL_OCSP)
        return ENS_OK;
    if (!ens__reissue_add(&a->certs, der))
        return ens_fail(err, ENS_ELIMIT, NULL, "too many certificates take part", 0);
    const ens_reissued *one = ens__reissue_find(&a->certs, der);
    if (kind == ENS_MATERIAL_ANCHOR && a->num_anchors < sizeof a->anchor / sizeof *a->anchor)
        a->anchor[a->num_anchors++] = one;
    if (kind == ENS_MATERIAL_ISSUER && a->num_issuers < sizeof a->issuer / sizeof *a->issuer)
        a->issuer[a->num_issuers++] = one;
    return ENS_OK;
}

/* collect_certificates takes those of the tokens, the anchors of both sides, and what completes the signer's path. */
static ens_code collect_certificates(ens_anonymiser *a, ens_err *err)
{
    const ens_verify_options *v = a->o->verify;
    const ens_chain *chain = a->has_signer ? &a->chain : NULL;
    a->certs.aliases = a->aliases;
    a->certs.arena = &a->arena;
    a->certs.make_key = a->o->make_key ? a->o->make_key : ens__key_like;
    a->certs.user = a->o->user;
    if (a->package.root < a->package.num)
        ens__seal_tokens(&a->package.piece[a->package.root].body, collect_token, a);
    ens_code code = ens__material_trust(v->trust, chain, v->at, add_material, a, err);
    a->num_trusted = a->num_anchors;
    if (code == ENS_OK)
        code = ens__material_trust(v->customs, chain, v->at, add_material, a, err);
    if (code == ENS_OK && chain)
        code = ens__material_each(v->trust, chain, v->at, add_material, a, err);
    if (code == ENS_OK && chain && v->customs)
        code = ens__material_each(v->customs, chain, v->at, add_material, a, err);
    return code;
}

static bool put_instead(void *user, ens_slice der)
{
    void **both = user;
    const ens_anonymiser *a = both[0];
    const ens_reissued *one = ens__reissue_find(&a->certs, der);
    if (one)
        ens_buf_put(both[1], one->instead);
    return one != NULL;
}

/* put_base64 breaks lines where the text did. */
static void put_base64(ens_slice like, ens_slice bytes, ens_buf *out)
{
    ens_buf text;
    size_t line = ens__find(like, ENS_LIT("\n"), 0), at = 0;
    bool cr = line != SIZE_MAX && line && like.p[line - 1] == '\r';
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    ens__base64_encode(&text, bytes);
    size_t width = line == SIZE_MAX || line <= cr ? text.len : line - cr;
    for (; at < text.len; at += width) {
        ens_buf_put(out, ens_sub(ens_buf_slice(&text), at, at + width));
        if (at + width < text.len)
            ens_buf_text(out, cr ? "\r\n" : "\n");
    }
    ens_buf_free(&text);
}

static bool replace_token(void *user, ens_slice text, ens_buf *instead)
{
    ens_anonymiser *a = user;
    ens_slice der = decode(a, text);
    ens_buf body, whole;
    void *both[] = {a, &body};
    if (!der.len) {
        ens__alias_text(a->aliases, text, false, instead);
        return true;
    }
    ens_buf_init(&body, NULL, 0, SIZE_MAX);
    ens_buf_init(&whole, NULL, 0, SIZE_MAX);
    bool path = each_in(der, put_instead, both) && !is_certificate(der) && !ens__reissue_find(&a->certs, der);
    if (path)
        ens__der_put_header(&whole, ENS_DER_SEQUENCE, body.len);
    ens_buf_put(&whole, ens_buf_slice(&body));
    put_base64(text, ens_buf_slice(&whole), instead);
    ens_buf_free(&body);
    ens_buf_free(&whole);
    return true;
}

/* -- What is made of it -- */

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ENOMEM, NULL, "out of memory or random numbers, or the message holds too much", 0);
}

static ens_code rewrite(ens_anonymiser *a, ens_err *err)
{
    const ens_text_options text = {.aliases = a->aliases, .tables = ens__tables_or_ours(a->o->verify->tables)};
    ens__package_collect(&text, &a->package);
    ens__reissue_orgids(&a->certs);
    ens__aliases_bind(a->aliases);
    if (!ens__reissue_all(&a->certs))
        return ens_fail(err, ENS_ECRYPTO, NULL, "the certificates can't be issued again", 0);
    if (!ens__package_anonymise(&text, &a->package) || ens__aliases_failed(a->aliases))
        return no_memory(err);
    if (a->package.root < a->package.num &&
        !ens__seal_tokens(&a->package.piece[a->package.root].body, replace_token, a))
        return no_memory(err);
    return ENS_OK;
}

static void put_pem(ens_slice der, const char *label, ens_buf *out)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, SIZE_MAX);
    ens__base64_encode(&text, der);
    ens_buf_printf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < text.len; at += 64) {
        ens_buf_put(out, ens_sub(ens_buf_slice(&text), at, at + 64));
        ens_buf_text(out, "\n");
    }
    ens_buf_printf(out, "-----END %s-----\n", label);
    ens_buf_free(&text);
}

/* keep_buf moves what was written into the arena. */
static ens_slice keep_buf(ens_anonymiser *a, ens_buf *b)
{
    const char *copy = b->len && !b->failed ? ens_arena_text(&a->arena, ens_buf_slice(b)) : NULL;
    ens_slice out = ens_bytes(copy, copy ? b->len : 0);
    ens_buf_free(b);
    return out;
}

static ens_slice anchors_of(ens_anonymiser *a, size_t from, size_t to)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    for (size_t i = from; i < to; i++) {
        bool twice = false;
        for (size_t k = from; k < i; k++)
            twice = twice || a->anchor[k] == a->anchor[i];
        if (!twice)
            put_pem(a->anchor[i]->instead, "CERTIFICATE", &out);
    }
    return keep_buf(a, &out);
}

static ens_slice lists_of(ens_anonymiser *a)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, SIZE_MAX);
    for (size_t i = 0; i < a->num_crls; i++) {
        ens_buf der;
        ens_buf_init(&der, NULL, 0, SIZE_MAX);
        if (ens__reissue_list(&a->certs, a->crl[i], &der))
            put_pem(ens_buf_slice(&der), "X509 CRL", &out);
        ens_buf_free(&der);
    }
    return keep_buf(a, &out);
}

/* trust_of makes what stands for a trust. */
static ens_trust *trust_of(ens_anonymiser *a, ens_slice anchors, ens_slice lists)
{
    ens_trust *t = ens_trust_new();
    bool good = t && (!anchors.len || ens_trust_add_bytes(t, anchors, NULL) == ENS_OK) &&
                (!lists.len || ens_trust_add_crl_bytes(t, lists, NULL) == ENS_OK);
    for (size_t i = 0; good && i < a->num_issuers; i++)
        good = ens_trust_add_untrusted_bytes(t, a->issuer[i]->instead, NULL) == ENS_OK;
    if (good)
        return t;
    ens_trust_free(t);
    return NULL;
}

/* key_of_signer is the key of what stands for the signer; NULL: nobody's. */
static EVP_PKEY *key_of_signer(const ens_anonymiser *a)
{
    const ens_reissued *one = a->has_signer ? ens__reissue_find(&a->certs, a->chain.cert[0].der) : NULL;
    return one && a->signed_right ? one->key : NULL;
}

/* differed: uri is of what was made; those of the message stand for others there. */
static bool differed(const ens_anonymiser *a, ens_slice uri)
{
    bool found = false;
    for (size_t i = 0; i < a->num_was && !found; i++) {
        ens_buf instead;
        ens_buf_init(&instead, NULL, 0, SIZE_MAX);
        if (ens_starts(a->was[i].uri, ENS_LIT("#")))
            ens_buf_put(&instead, a->was[i].uri);
        else
            ens__alias_text(a->aliases, a->was[i].uri, true, &instead);
        found = ens_eq(ens_buf_slice(&instead), uri);
        ens_buf_free(&instead);
    }
    return found;
}

/* join puts the message together in the arena. */
static bool join(ens_anonymiser *a, ens_slice *out)
{
    ens_buf whole;
    ens_buf_init(&whole, NULL, 0, SIZE_MAX);
    bool good = ens__package_join(&a->package, &whole);
    *out = keep_buf(a, &whole);
    return good && out->p;
}

/* seal_again has each digest that held hold again, and signs. */
static ens_code seal_again(ens_anonymiser *a, const ens_trust *trust, const ens_trust *customs, ens_slice *out,
                           ens_err *err)
{
    ens_buf *envelope = a->package.root < a->package.num ? &a->package.piece[a->package.root].body : NULL;
    ens_message m;
    size_t changed = 1;
    a->list = a->is;
    a->num = &a->num_is;
    for (unsigned round = 0; envelope && changed && round < ROUNDS; round++) {
        if (!join(a, out))
            return no_memory(err);
        judge(a, *out, trust, customs, &m, a->after);
        changed = 0;
        for (size_t i = 0; i < a->num_is; i++)
            if (!differed(a, a->is[i].uri))
                changed += ens__seal_digest(envelope, a->is[i].uri, ens_bytes(a->is[i].sha256, 32));
    }
    if (envelope && !ens__seal_sign(envelope, key_of_signer(a)))
        return no_memory(err);
    return join(a, out) ? ENS_OK : no_memory(err);
}

/* -- Whether it is the same -- */

static bool is_text_same(const char *x, const char *y)
{
    return x == y || (x && y && strcmp(x, y) == 0);
}

static bool is_same(const ens_finding *x, const ens_finding *y)
{
    return strcmp(x->id, y->id) == 0 && x->outcome == y->outcome && x->needed == y->needed &&
           x->certificate == y->certificate && is_text_same(x->rule, y->rule) && is_text_same(x->code, y->code) &&
           is_text_same(x->subcode, y->subcode) && is_text_same(x->xpath, y->xpath) &&
           is_text_same(x->document_code, y->document_code);
}

static void tell_difference(ens_anonymised *out, const ens_finding *f, bool before)
{
    if (out->num_differences < ENS_ANONYMISE_DIFFERENCES)
        out->difference[out->num_differences] = (ens_anonymise_difference){f, before};
    out->num_differences++;
}

/* compare finds for each finding of one report its like in the other. */
static void compare(const ens_report *x, const ens_report *y, ens_anonymised *out)
{
    bool taken[ENS_REPORT_MAX] = {false};
    for (size_t i = 0; i < x->num; i++) {
        size_t k = 0;
        while (k < y->num && (taken[k] || !is_same(&x->findings[i], &y->findings[k])))
            k++;
        if (k < y->num)
            taken[k] = true;
        else
            tell_difference(out, &x->findings[i], true);
    }
    for (size_t k = 0; k < y->num; k++)
        if (!taken[k])
            tell_difference(out, &y->findings[k], false);
}

static bool is_leaking(void *user, ens_slice text)
{
    void **both = user;
    ens_slice *leaked = both[1];
    *leaked = ens__alias_leaked(both[0], text);
    return leaked->len > 0;
}

/* find_leaks looks for what was to be replaced in all that was made: also in the octets of the certificates. */
static void find_leaks(ens_anonymiser *a, ens_anonymised *out)
{
    void *both[] = {a->aliases, &out->leaked};
    bool found = ens__package_search(&a->package, is_leaking, both);
    for (size_t i = 0; !found && i < a->certs.num; i++)
        found = is_leaking(both, a->certs.cert[i].instead);
}

static ens_code make(ens_anonymiser *a, ens_anonymised *out, ens_err *err)
{
    const ens_verify_options *v = a->o->verify;
    ens_message m;
    out->anchors = anchors_of(a, 0, a->num_trusted);
    out->customs = anchors_of(a, a->num_trusted, a->num_anchors);
    out->lists = lists_of(a);
    ens_trust *trust = v->trust ? trust_of(a, out->anchors, out->lists) : NULL;
    ens_trust *customs = v->customs ? trust_of(a, out->customs, out->lists) : NULL;
    ens_code code = (v->trust && !trust) || (v->customs && !customs)
                        ? no_memory(err)
                        : seal_again(a, trust, customs, &out->message, err);
    if (code == ENS_OK) {
        judge(a, out->message, trust, customs, &m, a->after);
        compare(a->before, a->after, out);
        find_leaks(a, out);
        out->was = ens_answer_of(a->before);
        out->is = ens_answer_of(a->after);
    }
    ens_trust_free(trust);
    ens_trust_free(customs);
    return code;
}

static ens_code try_once(ens_anonymiser *a, ens_slice message, const ens_anonymise_options *o, ens_anonymised *out,
                         ens_err *err)
{
    ens_anonymised made = {0};
    forget(a);
    a->o = o;
    a->aliases = ens__aliases_new(&a->arena, o->verify->at);
    if (!a->aliases || !judge_before(a, message))
        return no_memory(err);
    if (!ens__package_split(message, &a->package))
        return ens_fail(err, ENS_ELIMIT, NULL, "the message has too many parts", 0);
    ens_code code = collect_certificates(a, err);
    if (code == ENS_OK)
        code = rewrite(a, err);
    if (code == ENS_OK)
        code = make(a, &made, err);
    if (code != ENS_OK)
        return code;
    made.before = a->before;
    made.after = a->after;
    made.num_findings = a->before->num;
    made.num_replaced = ens__aliases_num(a->aliases);
    made.same = !made.num_differences && !made.leaked.len;
    *out = made;
    return ENS_OK;
}

ens_code ens__anonymise(ens_anonymiser *a, ens_slice message, const ens_anonymise_options *o, ens_anonymised *out,
                        ens_err *err)
{
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < TRIES; i++) {
        code = try_once(a, message, o, out, err);
        if (code != ENS_OK || out->same)
            break;
    }
    return code;
}
