/* See signer.h. */
#include "certs/path/signer.h"

#include "certs/eori/eori.h"
#include "certs/keys/keys.h"
#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "engine/base/arena.h"
#include "engine/base/digest.h"

#include <openssl/rsa.h>
#include <stdlib.h>

#define DETAILS_BLOCK ((size_t)1 << 10) /* bytes that a report's details take at a time */

struct ens__signers {
    ens__signer *kept[ENS_SIGNERS_MAX];
    unsigned num, next;   /* next to go once all places are taken */
    uint64_t hold, holds; /* the number of this one, or 0; of the last one */
};

ens__signers *ens__signers_new(void)
{
    return calloc(1, sizeof(ens__signers));
}

static void drop_signer(ens__signer *e)
{
    if (!e)
        return;
    EVP_PKEY_CTX_free(e->verify);
    EVP_PKEY_free(e->key);
    ens__lane_key_free(e->lane);
    ens__rsa_free(e->rsa);
    ens__report_clear(&e->token);
    for (unsigned i = 0; i < ENS_SIGNER_TRUSTS; i++)
        ens__report_clear(&e->path[i].report);
    ens__report_clear(&e->lists.lists);
    ens__report_clear(&e->lists.acceptance);
    ens__report_clear(&e->binding);
    free(e);
}

void ens__signers_free(ens__signers *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->num; i++)
        drop_signer(s->kept[i]);
    free(s);
}

/* name_of tells most tokens apart: eight bytes in every 256, and the length. */
static uint64_t name_of(ens_slice token)
{
    uint64_t name = token.len, piece;
    for (size_t i = 0; i + sizeof piece <= token.len; i += 256) {
        memcpy(&piece, token.p + i, sizeof piece);
        name = (name ^ piece) * 0x9E3779B97F4A7C15u;
        name ^= name >> 29;
    }
    return name;
}

ens__signer *ens__signers_find(ens__signers *s, ens_slice token, unsigned reading)
{
    uint64_t name = name_of(token);
    for (unsigned i = 0; i < s->num; i++) {
        ens__signer *e = s->kept[i];
        if (e->name == name && e->reading == reading && ens_eq(e->text, token)) {
            e->held = s->hold;
            return e;
        }
    }
    return NULL;
}

void ens__signers_hold(ens__signers *s)
{
    s->hold = ++s->holds;
}

void ens__signers_let(ens__signers *s)
{
    s->hold = 0;
}

/* make_place finds the oldest one that isn't held; SIZE_MAX: all are. */
static size_t make_place(ens__signers *s)
{
    if (s->num < ENS_SIGNERS_MAX)
        return s->num++;
    for (unsigned tried = 0; tried < ENS_SIGNERS_MAX; tried++) {
        unsigned at = s->next;
        s->next = (at + 1) % ENS_SIGNERS_MAX;
        if (s->hold && s->kept[at]->held == s->hold)
            continue;
        drop_signer(s->kept[at]);
        return at;
    }
    return SIZE_MAX;
}

ens__signer *ens__signers_take(ens__signers *s, ens_slice token, unsigned reading)
{
    if (token.len > ENS_SIGNER_TOKEN_MAX)
        return NULL;
    size_t decoded = token.len / 4 * 3 + 3;
    ens__heap_note();
    ens__signer *e = malloc(sizeof *e + token.len + decoded);
    size_t place = e ? make_place(s) : SIZE_MAX;
    if (place == SIZE_MAX) {
        free(e);
        return NULL;
    }
    s->kept[place] = e;
    uint8_t *bytes = (uint8_t *)(e + 1);
    *e = (ens__signer){.name = name_of(token),
                       .text = ens_bytes(bytes, token.len),
                       .held = s->hold,
                       .reading = reading,
                       .der = bytes + token.len};
    if (token.len)
        memcpy(bytes, token.p, token.len);
    ens__report_init(&e->token);
    for (unsigned i = 0; i < ENS_SIGNER_TRUSTS; i++) {
        ens__report_init(&e->path[i].report);
        e->path[i].report.arena.block = DETAILS_BLOCK;
    }
    ens__report_init(&e->lists.lists);
    ens__report_init(&e->lists.acceptance);
    e->lists.lists.arena.block = e->lists.acceptance.arena.block = DETAILS_BLOCK;
    ens__report_init(&e->binding);
    e->token.arena.block = e->binding.arena.block = DETAILS_BLOCK;
    return e;
}

static EVP_PKEY_CTX *context_of(EVP_PKEY *key)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(ctx, ens__digest_md(ENS_SHA256)) == 1)
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

void ens__signer_ready(ens__signer *e)
{
    if (!e->chain.num || ens__sha256(e->chain.cert[0].der, e->sha256, NULL) != ENS_OK) {
        e->chain.num = 0;
        e->found = false;
    }
    if (!e->found)
        return;
    e->rsa = ens__rsa_new(e->chain.cert[0].spki);
    e->is_rsa = e->rsa || (ens__signer_key(e) && EVP_PKEY_is_a(e->key, "RSA"));
    e->has_key = e->rsa || e->key;
}

EVP_PKEY *ens__signer_key(ens__signer *e)
{
    EVP_PKEY *key = NULL;
    if (!e->key && e->found && ens__key_of(&e->chain.cert[0], &key, NULL) == ENS_OK)
        e->key = key;
    return e->key;
}

bool ens__signer_asks(ens__signer *e, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN])
{
    if (e->is_rsa && !e->verify && ens__signer_key(e))
        e->verify = context_of(e->key);
    return e->verify && EVP_PKEY_verify(e->verify, signature.p, signature.len, digest, ENS_SHA256_LEN) == 1;
}

bool ens__signer_signed(ens__signer *e, ens_slice signature, const uint8_t digest[ENS_SHA256_LEN])
{
    return (e->rsa && ens__rsa_proves(e->rsa, signature, digest)) || ens__signer_asks(e, signature, digest);
}

const ens__lane_key *ens__signer_lane(ens__signer *e)
{
    if (!e->lane_sought && e->is_rsa && ens__signer_key(e))
        e->lane = ens__lane_key_new(e->key);
    e->lane_sought = true;
    return e->lane;
}

const ens__signer_verdict *ens__signer_path(ens__signer *e, unsigned slot, const ens_trust *trust, ens_time at,
                                            bool excused)
{
    ens__signer_verdict *v = &e->path[slot];
    ens__trust_mark state = ens__trust_state(trust); /* read first: what comes meanwhile makes another one */
    if (v->judged && v->excused == excused && ens__trust_is_same(&v->trust, &state) &&
        ens__horizon_holds(&v->horizon, at))
        return v;
    ens__path path;
    ens__chain_question q = {.trust = trust, .ids = &ens__message_chain_ids, .at = at, .excused = excused};
    ens__report_reset(&v->report);
    ens__chain_find(&q, &e->chain, &path);
    ens__chain_tell(&q, &e->chain, &path, &v->report);
    v->excused = excused;
    v->horizon = path.horizon;
    if (path.asks_again)
        ens__horizon_turn(&v->horizon, at + ENS_ONLINE_RETRY);
    v->anchored = path.num && path.anchored;
    v->trust = state;
    v->judged = !v->report.incomplete;
    return v;
}

void ens__signer_bind(ens__signer *e, ens_slice eori, ens_report *report)
{
    if (!e->eori_len || !ens_eq(ens_bytes(e->eori, e->eori_len), eori)) {
        ens__report_reset(&e->binding);
        ens_binding_check_cert(&e->chain.cert[0], eori, &e->binding);
        e->eori_len = eori.len <= sizeof e->eori && !e->binding.incomplete ? eori.len : 0;
        if (e->eori_len)
            memcpy(e->eori, eori.p, eori.len);
    }
    ens__report_append(report, &e->binding);
}
