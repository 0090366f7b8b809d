#include "tests/certs/pkits.h"

#include "certs/path/revocation.h"
#include "certs/x509/der.h"
#include "engine/base/file.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define AT 1577836800 /* 2020-01-01: within the validity of all that is meant to be valid */
#define PATH_LEN 4096
#define ANCHOR "TrustAnchorRootCertificate.crt"
#define ANCHOR_CRL "TrustAnchorRootCRL.crl"

typedef struct {
    const char *folder;
    ens_file file[ENS_CHAIN_MAX]; /* behind the chain */
    ens_chain chain;
    ens_trust *trust;
    uint8_t oids[ENS_POLICY_SET_MAX][ENS_OID_TEXT_MAX];
    ens__policy_inputs inputs;
} setting;

static const char *in_folder(const setting *s, const char *kind, const char *name, char out[PATH_LEN])
{
    snprintf(out, PATH_LEN, "%s/%s/%s", s->folder, kind, name);
    return out;
}

/* add_certificate: what can't be read isn't given, as no relying party could. */
static bool add_certificate(setting *s, const char *name)
{
    char path[PATH_LEN];
    size_t i = s->chain.num;
    if (i == ENS_CHAIN_MAX || ens__file_open(in_folder(s, "certs", name, path), 0, &s->file[i], NULL) != ENS_OK)
        return false;
    if (ens_cert_parse(s->file[i].bytes, &s->chain.cert[i], NULL) == ENS_OK)
        s->chain.num++;
    else
        ens__file_close(&s->file[i]);
    return true;
}

static bool add_crl(const setting *s, const char *name)
{
    char path[PATH_LEN];
    return ens_trust_add_crl(s->trust, in_folder(s, "crls", name, path), NULL) == ENS_OK;
}

static bool load(setting *s, const json_t *one)
{
    char path[PATH_LEN];
    size_t i;
    const json_t *item;
    bool leaf_read = add_certificate(s, json_string_value(json_object_get(one, "cert"))) && s->chain.num == 1;
    json_array_foreach(json_object_get(one, "other_certs"), i, item) leaf_read &=
        add_certificate(s, json_string_value(item));
    json_array_foreach(json_object_get(one, "crls"), i, item) add_crl(s, json_string_value(item));
    return leaf_read && ens_trust_add(s->trust, in_folder(s, "certs", ANCHOR, path), NULL) == ENS_OK &&
           add_crl(s, ANCHOR_CRL);
}

static void read_inputs(setting *s, const json_t *params)
{
    size_t i;
    const json_t *item;
    s->inputs.explicit_policy = json_is_true(json_object_get(params, "initial_explicit_policy"));
    s->inputs.inhibit_mapping = json_is_true(json_object_get(params, "initial_policy_mapping_inhibit"));
    s->inputs.inhibit_any = json_is_true(json_object_get(params, "initial_any_policy_inhibit"));
    json_array_foreach(json_object_get(params, "user_initial_policy_set"), i, item)
    {
        ens_buf oid;
        ens_buf_init(&oid, s->oids[i], sizeof s->oids[i], sizeof s->oids[i]);
        if (ens__oid_from_text(ens_str(json_string_value(item)), &oid))
            s->inputs.initial[s->inputs.num_initial++] = ens_buf_slice(&oid);
    }
}

/* judge_revocation wants every certificate below the anchor to be known as good. */
static void judge_revocation(const setting *s, const ens__path *path, pkits_case *out)
{
    ens__revocation_question q = {s->trust, &s->chain, path, AT, 0, NULL, NULL};
    for (size_t i = path->num - 1; i-- > 0 && out->holds;) {
        ens__revocation r = ens__revocation_of(&q, i);
        out->holds = r.state == ENS_REVOCATION_GOOD;
        if (r.state == ENS_REVOCATION_REVOKED)
            snprintf(out->why, sizeof out->why, "certificate %zu is revoked (%s)", i, ens__reason_name(r.reason));
        else if (r.state == ENS_REVOCATION_UNKNOWN)
            snprintf(out->why, sizeof out->why, "certificate %zu: %s", i, r.why ? r.why : "no revocation information");
    }
}

static void judge(setting *s, const json_t *one, pkits_case *out)
{
    ens__path path;
    read_inputs(s, json_object_get(one, "params"));
    if (!load(s, one)) {
        snprintf(out->why, sizeof out->why, "a certificate can't be read");
        return;
    }
    ens__path_build(s->trust, &s->chain, AT, &s->inputs, &path);
    out->holds = path.anchored && !path.faults.num;
    if (!path.anchored)
        snprintf(out->why, sizeof out->why, "no path to the anchor");
    else if (path.faults.num)
        snprintf(out->why, sizeof out->why, "certificate %zu: %s", path.faults.fault[0].certificate,
                 path.faults.fault[0].what);
    const json_t *revocation = json_object_get(one, "revocation");
    if (out->holds && !json_is_false(revocation))
        judge_revocation(s, &path, out);
}

static void close_setting(setting *s)
{
    for (size_t i = 0; i < ENS_CHAIN_MAX; i++)
        ens__file_close(&s->file[i]);
    ens_trust_free(s->trust);
}

static void run_one(const char *folder, const json_t *one, pkits_case *out)
{
    setting s = {.folder = folder, .trust = ens_trust_new()};
    *out = (pkits_case){.id = json_string_value(json_object_get(one, "id")),
                        .name = json_string_value(json_object_get(one, "name")),
                        .should_hold = !json_object_get(one, "error")};
    if (s.trust)
        judge(&s, one, out);
    close_setting(&s);
}

size_t pkits_run(const char *folder, void (*visit)(void *ctx, const pkits_case *one), void *ctx)
{
    char path[PATH_LEN];
    size_t i;
    const json_t *one;
    snprintf(path, sizeof path, "%s/pkits.json", folder);
    json_t *all = json_load_file(path, 0, NULL);
    json_array_foreach(all, i, one)
    {
        pkits_case found;
        run_one(folder, one, &found);
        visit(ctx, &found);
    }
    size_t num = json_array_size(all);
    json_decref(all);
    return num;
}

static void path_of_one(const char *folder, const json_t *one, void (*visit)(void *ctx, const pkits_path *one),
                        void *ctx)
{
    setting s = {.folder = folder, .trust = ens_trust_new()};
    ens__path path;
    read_inputs(&s, json_object_get(one, "params"));
    if (s.trust && load(&s, one)) {
        ens__path_build(s.trust, &s.chain, AT, &s.inputs, &path);
        visit(ctx, &(pkits_path){.name = json_string_value(json_object_get(one, "name")),
                                 .chain = &s.chain,
                                 .anchor = ens__certstore_get(&s.trust->anchors, 0)->der,
                                 .inputs = &s.inputs,
                                 .at = AT,
                                 .holds = path.anchored && !path.faults.num});
    }
    close_setting(&s);
}

void pkits_paths(const char *folder, void (*visit)(void *ctx, const pkits_path *one), void *ctx)
{
    char path[PATH_LEN];
    size_t i;
    const json_t *one;
    snprintf(path, sizeof path, "%s/pkits.json", folder);
    json_t *all = json_load_file(path, 0, NULL);
    json_array_foreach(all, i, one) path_of_one(folder, one, visit, ctx);
    json_decref(all);
}
