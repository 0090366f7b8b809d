#include "bench/operations.h"

#include "as4/mime.h"
#include "as4/names.h"
#include "as4/soap.h"
#include "bench/floor.h"
#include "certs/chain.h"
#include "engine/c14n.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)

/* One worker's state, whatever the operation. */
typedef struct {
    const ens_sample *sample;
    ens_floor *floor;
    ens_arena arena;
    ens_report report;
    ens_chain chain;
    ens_sealer *sealer;
    ens_verifier *verifier;
    ens_xml *xml;
    ens_mime mime;
    ens_soap soap;
    ens_buf octets;
    ens_message message;
    ens_verifier *reader; /* keeps message alive */
} state;

static void drop(void *p)
{
    state *s = p;
    ens__floor_free(s->floor);
    ens__soap_clear(&s->soap);
    ens__xml_free(s->xml);
    ens_sealer_free(s->sealer);
    ens_verifier_free(s->verifier);
    ens_verifier_free(s->reader);
    ens__report_clear(&s->report);
    ens_buf_free(&s->octets);
    ens_arena_free(&s->arena);
    free(s);
}

static bool load_message(state *s)
{
    ens_verify_options o = {.trust = s->sample->trust, .at = s->sample->at};
    if (ens_verifier_new(&s->reader, NULL) != ENS_OK)
        return false;
    ens_verify(s->reader, ens_buf_slice(&s->sample->message), &o, &s->message, &s->report);
    bool accepted = ens_report_verdict(&s->report) == ENS_ACCEPTED;
    ens__report_reset(&s->report);
    return accepted;
}

static bool load_tree(state *s)
{
    s->xml = ens__xml_new();
    ens__mime_read(ens_buf_slice(&s->sample->message), (ens_slice){0}, &s->arena, &s->mime, &s->report);
    if (s->xml)
        ens__soap_read(s->xml, s->mime.root.body, &s->arena, &s->soap, &s->report);
    ens__report_reset(&s->report);
    return s->soap.messaging && s->soap.body && s->soap.security;
}

static void *make(const ens_sample *sample, ens_floor_plan plan)
{
    ens_chain_facts facts;
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens_arena_init(&s->arena, ARENA_MAX);
    ens__report_init(&s->report);
    ens_buf_init(&s->octets, NULL, 0, ARENA_MAX);
    s->floor = ens__floor_new(sample, plan);
    if (s->floor && ens__chain_load(ens_buf_slice(&sample->chain_pem), NULL, &s->arena, &s->chain, &facts, NULL) == ENS_OK &&
        ens__sample_sealer(sample, &s->sealer, NULL) == ENS_OK && ens_verifier_new(&s->verifier, NULL) == ENS_OK && load_message(s) && load_tree(s))
        return s;
    drop(s);
    return NULL;
}

static bool run_floor(void *p)
{
    return ens__floor_run(((state *)p)->floor);
}

/* hashed is what a seal over the sample hashes: header, Body, SignedInfo (about 5 KB together) and the compressed document. */
static size_t hashed_of(const ens_sample *s)
{
    return s->message.len > 9000 ? s->message.len - 5000 : s->message.len;
}

static void *make_parse(const void *sample)
{
    return make(sample, (ens_floor_plan){.hashed = 1200});
}

static bool parse(void *p)
{
    state *s = p;
    ens_cert cert;
    return ens_cert_parse(s->chain.cert[0].der, &cert, NULL) == ENS_OK;
}

static void *make_path(const void *sample)
{
    return make(sample, (ens_floor_plan){.ca_verifications = 2, .hashed = 1800});
}

static bool path(void *p)
{
    state *s = p;
    ens__report_reset(&s->report);
    ens_chain_check(s->sample->trust, &s->chain, s->sample->at, &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static void *make_mime(const void *sample)
{
    return make(sample, (ens_floor_plan){.hashed = 0});
}

static bool mime(void *p)
{
    state *s = p;
    ens_arena scratch = s->arena; /* nothing of it is kept: the arena goes back where it was */
    ens_mime out;
    ens__report_reset(&s->report);
    ens__mime_read(ens_buf_slice(&s->sample->message), (ens_slice){0}, &s->arena, &out, &s->report);
    s->arena.used = scratch.used;
    return out.num_parts == 1;
}

static void *make_c14n(const void *sample)
{
    return make(sample, (ens_floor_plan){.hashed = 5000});
}

static bool c14n(void *p)
{
    state *s = p;
    s->octets.len = 0;
    const ens_node *signature = ens__node_child(s->soap.security, ENS_IN_DS, "Signature");
    const ens_node *const apex[] = {s->soap.messaging, s->soap.body, ens__node_child(signature, ENS_IN_DS, "SignedInfo")};
    for (size_t i = 0; i < 3; i++)
        if (ens__c14n(s->soap.doc, apex[i]->origin, ENS_C14N_EXCLUSIVE, (ens_slice){0}, &s->octets, NULL) != ENS_OK)
            return false;
    return true;
}

static void *make_seal(const void *sample)
{
    return make(sample, (ens_floor_plan){.signatures = 1, .deflate = true, .hashed = hashed_of(sample)});
}

static bool seal(void *p)
{
    state *s = p;
    ens_slice out;
    return ens__sample_seal(s->sample, s->sealer, &out, NULL) == ENS_OK;
}

static void *make_verify(const void *sample)
{
    return make(sample, (ens_floor_plan){.verifications = 1, .inflate = true, .hashed = hashed_of(sample)});
}

static bool verify(void *p)
{
    state *s = p;
    ens_message message;
    ens_verify_options o = {.trust = s->sample->trust, .at = s->sample->at};
    ens__report_reset(&s->report);
    ens_verify(s->verifier, ens_buf_slice(&s->sample->message), &o, &message, &s->report);
    return ens_report_verdict(&s->report) == ENS_ACCEPTED;
}

static void *make_receipt(const void *sample)
{
    return make(sample, (ens_floor_plan){.signatures = 1, .hashed = 6000});
}

static bool receipt(void *p)
{
    state *s = p;
    ens_slice out;
    return ens_seal_receipt(s->sealer, &s->message, &(ens_seal_signal_options){.at = s->sample->at}, &out, NULL) == ENS_OK;
}

static const struct {
    const char *name;
    bool every_size; /* else for the smallest key alone */
    void *(*make)(const void *sample);
    bool (*work)(void *state);
} table[ENS_BENCH_OPERATIONS] = {
    {"certs/parse", false, make_parse, parse},    {"certs/path", false, make_path, path}, {"as4/mime", false, make_mime, mime},
    {"as4/c14n", false, make_c14n, c14n},         {"as4/seal", true, make_seal, seal},    {"as4/verify", true, make_verify, verify},
    {"as4/receipt", true, make_receipt, receipt},
};

bool ens__bench_operation(unsigned i, const ens_sample *sample, char name[64], ens_bench *out)
{
    if (i >= ENS_BENCH_OPERATIONS || (!table[i].every_size && sample->bits != 2048))
        return false;
    snprintf(name, 64, "%s/rsa%u-ens%zuk", table[i].name, sample->bits, (sample->document.len + 512) >> 10);
    *out = (ens_bench){.name = name,
                       .make = table[i].make,
                       .drop = drop,
                       .work = table[i].work,
                       .floor = table[i].work == mime ? NULL : run_floor,
                       .input = sample,
                       .bytes = sample->message.len};
    return true;
}
