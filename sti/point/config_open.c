/* What a configuration names: keys, certificates and lists, read from their files. */
#include "certs/keys/chain.h"
#include "certs/keys/keys.h"
#include "engine/base/file.h"
#include "sti/fault/stranger.h"
#include "sti/point/config.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign configuration"
#define FILE_MAX ((size_t)4 << 20)
#define ANCHORS_MAX 512u

const char *ens__profile_name(ens_profile profile)
{
    return profile == ENS_PROFILE_REHEARSAL ? "rehearsal" : "strict";
}

static ens_code add_each(ens_trust *t, char *const *paths, unsigned num,
                         ens_code (*add)(ens_trust *, const char *, ens_err *), ens_err *err)
{
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < num && code == ENS_OK; i++)
        code = add(t, paths[i], err);
    return code;
}

/* fill_trust takes the trust, which is NULL when there was no memory for it. */
static ens_code fill_trust(const ens_point_config *c, ens_trust *t, ens_trust **out, ens_err *err)
{
    *out = t;
    if (!t)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the anchors", 0);
    ens_trust_set_revocation(t, c->revocation.mode);
    ens_code code = add_each(t, c->trust, c->num_trust, ens_trust_add, err);
    if (code == ENS_OK)
        code = add_each(t, c->untrusted, c->num_untrusted, ens_trust_add_untrusted, err);
    if (code == ENS_OK)
        code = add_each(t, c->crl, c->num_crl, ens_trust_add_crl, err);
    return code;
}

/* make_fetcher makes the trust that asks for what the other one, with which it shares what it hears, has to know. */
static ens_code make_fetcher(const ens_point_config *c, const ens_trust *trust, const ens_trust *old, ens_trust **out,
                             ens_err *err)
{
    if (c->revocation.online == ENS_REACH_KEPT && !c->revocation.cache)
        return ENS_OK;
    ens_code code = fill_trust(c, ens_trust_new_after(old ? old : trust), out, err);
    return code == ENS_OK && !old ? ens_trust_set_online(*out, c->revocation.online, c->revocation.cache, err) : code;
}

/* make_trusts: the trust that judges opens no socket. */
static ens_code make_trusts(const ens_point_config *c, const ens_config_trusts *old, ens_point_means *m, ens_err *err)
{
    ens_trust *t = old->trust ? ens_trust_new_after(old->trust) : ens_trust_new();
    ens_code code = fill_trust(c, t, &m->trust, err);
    return code == ENS_OK ? make_fetcher(c, m->trust, old->fetcher, &m->fetcher, err) : code;
}

/* read_secret copies a file into a buffer that is wiped. */
static ens_code read_secret(const char *path, ens_buf *out, ens_err *err)
{
    ens_file f = {0};
    if (!path)
        return ens_fail(err, ENS_EPOLICY, RULE, "a key and a certificate are missing", 0);
    ens_code code = ens__file_open_secret(path, FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    ens_buf_put(out, f.bytes);
    ens__file_close(&f);
    return ens_buf_done(out, err);
}

/* read_pass reads the first line of a file. */
static ens_code read_pass(const char *path, char **out, ens_err *err)
{
    ens_file f = {0};
    if (!path)
        return ENS_OK;
    ens_code code = ens__file_open_secret(path, FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    size_t len = 0;
    while (len < f.bytes.len && f.bytes.p[len] != '\n' && f.bytes.p[len] != '\r')
        len++;
    *out = malloc(len + 1);
    if (*out) {
        memcpy(*out, f.bytes.p, len);
        (*out)[len] = '\0';
    }
    ens__file_close(&f);
    return *out ? ENS_OK : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a pass phrase", 0);
}

static ens_code open_seal(const ens_point_config *c, ens_point_means *m, ens_err *err)
{
    snprintf(m->domain, sizeof m->domain, "%s", c->seal.domain ? c->seal.domain : "localhost");
    ens_code code = read_secret(c->seal.key, &m->key, err);
    if (code == ENS_OK)
        code = read_secret(c->seal.certificate, &m->certificate, err);
    return code == ENS_OK ? read_pass(c->seal.pass_file, &m->pass, err) : code;
}

static ens_code open_push(const ens_point_config *c, ens_point_push *out, ens_err *err)
{
    out->on = c->push.num_channels > 0;
    if (out->on && c->push.roots && !(out->tls_root = strdup(c->push.roots)))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the configuration", 0);
    if (!out->on || !c->push.certificate)
        return ENS_OK;
    ens_code code = read_secret(c->push.certificate, &out->tls_cert, err);
    return code == ENS_OK ? read_secret(c->push.key, &out->tls_key, err) : code;
}

/* Certificates as OpenSSL has them. */
typedef struct {
    X509 *cert[ANCHORS_MAX];
    size_t num;
} certificates;

static ens_code take_certificate(void *ctx, ens_slice der, ens_err *err)
{
    certificates *to = ctx;
    const unsigned char *p = der.p;
    if (to->num == ANCHORS_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "too many certificates in one file", 0);
    to->cert[to->num] = d2i_X509(NULL, &p, (long)der.len);
    if (!to->cert[to->num])
        return ens_fail(err, ENS_ESYNTAX, RULE, "a certificate that OpenSSL can't read", 0);
    to->num++;
    return ENS_OK;
}

static void clear_certificates(certificates *c)
{
    while (c->num)
        X509_free(c->cert[--c->num]);
}

static ens_code read_anchors(const char *path, certificates *out, ens_err *err)
{
    ens_file f = {0};
    ens_code code = ens__file_open(path, FILE_MAX, &f, err);
    if (code == ENS_OK)
        code = ens__certfile_each(f.bytes, NULL, take_certificate, out, err);
    ens__file_close(&f);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, path);
}

/* Files of what is shown. */
typedef struct {
    const char *certificate, *key, *pass_file;
} identity_files;

/* read_identity reads the key and the chain, leaf first, of the server. */
static ens_code read_identity(const identity_files *c, EVP_PKEY **key, certificates *chain, ens_err *err)
{
    ens_buf key_file, cert_file;
    char *pass = NULL;
    ens_chain order;
    ens_chain_facts facts;
    ens_arena arena;
    ens_arena_init(&arena, FILE_MAX);
    ens_buf_init(&key_file, NULL, 0, FILE_MAX);
    ens_buf_init(&cert_file, NULL, 0, FILE_MAX);
    ens_code code = read_secret(c->key, &key_file, err);
    if (code == ENS_OK)
        code = read_secret(c->certificate, &cert_file, err);
    if (code == ENS_OK)
        code = read_pass(c->pass_file, &pass, err);
    if (code == ENS_OK)
        code = ens__key_load_for(ens_buf_slice(&key_file), pass, ens_buf_slice(&cert_file), pass, key, err);
    if (code == ENS_OK)
        code = ens__chain_load(ens_buf_slice(&cert_file), pass, &arena, &order, &facts, err);
    for (size_t i = 0; code == ENS_OK && i < order.num; i++)
        code = take_certificate(chain, order.cert[i].der, err);
    if (pass)
        OPENSSL_cleanse(pass, strlen(pass));
    free(pass);
    ens_buf_wipe(&key_file);
    ens_buf_wipe(&cert_file);
    ens_arena_free(&arena);
    return code == ENS_OK ? ENS_OK : ens_within(err, code, "reading what TLS shows");
}

/* open_shown has TLS with another certificate than the server's: one that is named, or a stranger's. */
static ens_code open_shown(const ens_point_config *c, const ens_config_fault *f, ens_time at, ens_tls **out,
                           ens_err *err)
{
    const identity_files files = {f->certificate, f->key, NULL};
    certificates *chain = calloc(1, sizeof *chain), *anchors = calloc(1, sizeof *anchors);
    EVP_PKEY *key = NULL;
    ens_code code = ENS_ENOMEM;
    if (!chain || !anchors)
        code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    else if (f->certificate)
        code = read_identity(&files, &key, chain, err);
    else if ((code = ens__stranger_identity(at, &key, &chain->cert[0], err)) == ENS_OK)
        chain->num = 1;
    if (code == ENS_OK && c->tls.clients)
        code = read_anchors(c->tls.clients, anchors, err);
    if (code == ENS_OK) {
        const ens_tls_plan plan = {.identity = {{key, chain->cert, chain->num}},
                                   .num_identities = 1,
                                   .anchors = anchors->cert,
                                   .num_anchors = anchors->num,
                                   .client = c->tls.client};
        code = ens__tls_new(&plan, out, err);
    }
    EVP_PKEY_free(key);
    if (chain)
        clear_certificates(chain);
    if (anchors)
        clear_certificates(anchors);
    free(chain);
    free(anchors);
    return code;
}

static ens_code fill_rule(const ens_point_config *c, const ens_config_fault *f, ens_time at, ens_fault_rule *r,
                          ens_err *err)
{
    *r = (ens_fault_rule){.party = f->party,
                          .action = f->action,
                          .message_id = f->message_id,
                          .lrn = f->lrn,
                          .kind = f->fault,
                          .code = f->code,
                          .subcode = f->subcode,
                          .seconds = f->seconds,
                          .times = f->times,
                          .listener = f->listener,
                          .alert = f->alert,
                          .client = f->client};
    if (!f->certificate != !f->key || (f->certificate && f->fault != ENS_FAULT_SHOWN))
        return ens_fail(err, ENS_EPOLICY, RULE, "faults: certificate and key go together, with shown", 0);
    return f->fault == ENS_FAULT_SHOWN ? open_shown(c, f, at, &r->tls, err) : ENS_OK;
}

static ens_code open_faults(const ens_point_config *c, ens_time at, ens_fault_rules **out, ens_err *err)
{
    ens_fault_rule rules[ENS_FAULT_RULES_MAX] = {0};
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < c->num_faults && i < ENS_FAULT_RULES_MAX && code == ENS_OK; i++)
        code = fill_rule(c, &c->faults[i], at, &rules[i], err);
    if (code == ENS_OK && c->num_faults)
        code = ens__fault_rules_new(rules, c->num_faults, out, err);
    for (unsigned i = 0; i < c->num_faults && i < ENS_FAULT_RULES_MAX; i++)
        ens__tls_free(rules[i].tls);
    return code;
}

static ens_code open_means(const ens_point_config *c, const ens_config_trusts *old, ens_time at, ens_point_means *m,
                           ens_err *err)
{
    ens_buf *const buffers[] = {&m->key, &m->certificate, &m->push.tls_cert, &m->push.tls_key};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        ens_buf_init(buffers[i], NULL, 0, FILE_MAX);
    m->answers = (ens_point_answers){c->answers == ENS_ANSWERS_DOMIBUS, c->error_fault, c->error_status};
    ens_code code = make_trusts(c, old, m, err);
    if (code == ENS_OK)
        code = open_seal(c, m, err);
    if (code == ENS_OK)
        code = open_push(c, &m->push, err);
    if (code == ENS_OK && c->scenarios)
        code = ens__scenarios_read(c->scenarios, &m->scenarios, err);
    return code == ENS_OK ? open_faults(c, at, &m->faults, err) : code;
}

ens_code ens__config_means(const ens_point_config *c, const ens_config_trusts *old, ens_time at, ens_point_means **out,
                           ens_err *err)
{
    ens_point_means *m = calloc(1, sizeof *m);
    if (!m)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the verifier", 0);
    ens_code code = open_means(c, old, at, m, err);
    if (code == ENS_OK)
        code = ens__point_means_check(m, at, err);
    if (code == ENS_OK)
        *out = m;
    else
        ens__point_means_free(m);
    return code;
}

static bool wants_tls(const ens_point_config *c)
{
    for (unsigned i = 0; i < c->num_listen; i++)
        if (c->listen[i].tls)
            return true;
    return false;
}

ens_code ens__config_tls(const ens_point_config *c, ens_time (*now)(void *), void *ctx, ens_tls **out, ens_err *err)
{
    certificates chain = {0}, *anchors = NULL;
    EVP_PKEY *key = NULL;
    *out = NULL;
    if (!wants_tls(c))
        return ENS_OK;
    const identity_files files = {c->tls.certificate, c->tls.key, c->tls.pass_file};
    anchors = calloc(1, sizeof *anchors);
    ens_code code =
        anchors ? read_identity(&files, &key, &chain, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK && c->tls.clients)
        code = read_anchors(c->tls.clients, anchors, err);
    if (code == ENS_OK) {
        const ens_tls_plan plan = {.identity = {{key, chain.cert, chain.num}},
                                   .num_identities = 1,
                                   .anchors = anchors->cert,
                                   .num_anchors = anchors->num,
                                   .client = c->tls.client,
                                   .now = now,
                                   .ctx = ctx};
        code = ens__tls_new(&plan, out, err);
    }
    EVP_PKEY_free(key);
    clear_certificates(&chain);
    if (anchors)
        clear_certificates(anchors);
    free(anchors);
    return code;
}

ens_code ens__config_web_tls(const ens_point_config *c, ens_tls **out, ens_err *err)
{
    const identity_files files = {c->web.certificate, c->web.key, c->web.pass_file};
    certificates chain = {0};
    EVP_PKEY *key = NULL;
    *out = NULL;
    if (!files.certificate)
        return ENS_OK;
    ens_code code = read_identity(&files, &key, &chain, err);
    if (code == ENS_OK) {
        const ens_tls_plan plan = {
            .identity = {{key, chain.cert, chain.num}}, .num_identities = 1, .client = ENS_TLS_CLIENT_NONE};
        code = ens__tls_new(&plan, out, err);
    }
    EVP_PKEY_free(key);
    clear_certificates(&chain);
    return code;
}
