/* Operations of the engine. */
#include "bench/operations.h"

#include "as4/names.h"
#include "engine/c14n.h"
#include "engine/digest.h"
#include "engine/gzip.h"
#include "engine/xml.h"

#include <stdlib.h>

#define OCTETS_MAX ((size_t)256 << 20)

/* One worker's state, whatever the operation of the engine. */
typedef struct {
    const ens_sample *sample;
    ens_digest sha256;
    ens_gzip *gzip;
    ens_xml *xml;
    xmlDocPtr doc;
    const xmlNode *apex[3]; /* Messaging, Body, SignedInfo */
    ens_buf octets;
} state;

static void drop(void *p)
{
    state *s = p;
    ens__digest_clear(&s->sha256);
    ens__gzip_free(s->gzip);
    xmlFreeDoc(s->doc);
    ens__xml_free(s->xml);
    ens_buf_free(&s->octets);
    free(s);
}

static void *make(const void *sample)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->sample = sample;
    ens_buf_init(&s->octets, NULL, 0, OCTETS_MAX);
    s->xml = ens__xml_new();
    s->gzip = ens__gzip_new();
    if (s->xml && s->gzip && ens__digest_init(&s->sha256, ENS_SHA256, NULL) == ENS_OK)
        return s;
    drop(s);
    return NULL;
}

static bool hash(state *s, ens_slice octets)
{
    uint8_t out[ENS_DIGEST_MAX];
    ens__digest_start(&s->sha256);
    ens__digest_add(&s->sha256, octets);
    return ens__digest_end(&s->sha256, out, NULL) == ENS_OK;
}

static void plan_digest(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_hash(plan, ens_buf_slice(&s->document));
}

static bool digest(void *p)
{
    state *s = p;
    return hash(s, ens_buf_slice(&s->sample->document));
}

static void plan_inflate(const ens_sample *s, ens_floor_plan *plan)
{
    ens__floor_inflate_all(plan, &s->message_parts);
}

static bool inflate(void *p)
{
    state *s = p;
    const ens_anatomy *a = &s->sample->message_parts;
    bool good = true;
    for (unsigned i = 0; i < a->num_compressed && good; i++) {
        s->octets.len = 0;
        good = ens__gzip_inflate(s->gzip, a->compressed[i], ENS_INFLATE_MAX, &s->octets, NULL) == ENS_OK;
    }
    return good;
}

static void plan_envelope(const ens_sample *s, ens_floor_plan *plan)
{
    plan->copied = s->message_parts.envelope;
}

/* tree is what libxml2 takes for the envelope alone. */
static bool tree(void *p)
{
    state *s = p;
    xmlDocPtr doc = NULL;
    bool good = ens__xml_parse(s->xml, s->sample->message_parts.envelope, &doc, NULL) == ENS_OK;
    xmlFreeDoc(doc);
    return good;
}

static void *make_tree(const void *sample)
{
    state *s = make(sample);
    if (!s || ens__xml_parse(s->xml, s->sample->message_parts.envelope, &s->doc, NULL) != ENS_OK) {
        if (s)
            drop(s);
        return NULL;
    }
    const xmlNode *root = xmlDocGetRootElement(s->doc), *header = ens__xml_child(root, ENS_NS_SOAP12, "Header");
    const xmlNode *signature = ens__xml_child(ens__xml_child(header, ENS_NS_WSSE, "Security"), ENS_NS_DS, "Signature");
    s->apex[0] = ens__xml_child(header, ENS_NS_EB, "Messaging");
    s->apex[1] = ens__xml_child(root, ENS_NS_SOAP12, "Body");
    s->apex[2] = ens__xml_child(signature, ENS_NS_DS, "SignedInfo");
    return s;
}

/* The three elements alone: that is what the canonicaliser hashes. */
static void plan_elements(const ens_sample *s, ens_floor_plan *plan)
{
    for (unsigned i = 0; i < 3; i++)
        ens__floor_hash(plan, s->message_parts.hashed[i]);
}

static bool c14n(void *p)
{
    state *s = p;
    for (size_t i = 0; i < 3; i++) {
        s->octets.len = 0;
        if (ens__c14n(s->doc, s->apex[i], ENS_C14N_EXCLUSIVE, (ens_slice){0}, &s->octets, NULL) != ENS_OK || !hash(s, ens_buf_slice(&s->octets)))
            return false;
    }
    return true;
}

const ens_operation ens__operations_engine[] = {
    {"engine/digest", NULL, ENS_AXIS_SIZE, make, drop, digest, plan_digest, ens__bytes_document},
    {"engine/gzip", NULL, ENS_AXIS_SIZE, make, drop, inflate, plan_inflate, ens__bytes_document},
    {"engine/xml", NULL, 0, make, drop, tree, plan_envelope, ens__bytes_envelope},
    {"engine/c14n", NULL, 0, make_tree, drop, c14n, plan_elements, ens__bytes_envelope},
    {0},
};
