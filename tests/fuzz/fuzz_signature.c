/* An enveloped signature read in one pass, and the same document in libxml2's tree: what each reference covers has the
 * same digest both ways, and so has ds:SignedInfo. */
#include "tests/fuzz/target.h"

#include "engine/xml/reference/libxml.h"
#include "engine/xml/signature/signature.h"

#define DOCUMENT_MAX ((size_t)1 << 16)
#define CANONICAL_MAX ((size_t)1 << 24)
#define DS "http://www.w3.org/2000/09/xmldsig#"

static ens_code read_signature(ens_signature_reader *r, ens_scan *scan, ens_slice text)
{
    ens_scan_event e;
    ens_code code;
    ens__scan_begin(scan, text);
    ens__signature_begin(r, text);
    do {
        code = ens__scan_next(scan, &e, NULL);
        if (code == ENS_OK)
            code = ens__signature_event(r, &e, NULL);
    } while (code == ENS_OK && e.kind != ENS_SCAN_EOF);
    return code == ENS_OK ? ens__signature_end(r, NULL) : code;
}

static bool digest_is(xmlDocPtr doc, const xmlNode *apex, ens_c14n_method method, ens_slice list, ens_digest_kind kind,
                      const uint8_t *made)
{
    uint8_t digest[ENS_DIGEST_MAX];
    ens_buf octets;
    ens_buf_init(&octets, NULL, 0, CANONICAL_MAX);
    ens_libxml_canon_mode mode = method == ENS_LIBXML_METHOD_EXCLUSIVE ? ENS_LIBXML_EXCLUSIVE : ENS_LIBXML_INCLUSIVE;
    bool same = ens__libxml_canon(doc, apex, mode, mode == ENS_LIBXML_EXCLUSIVE ? list : (ens_slice){0}, &octets,
                                  NULL) == ENS_OK &&
                EVP_Digest(octets.p, octets.len, digest, NULL, ens__digest_md(kind), NULL) == 1 &&
                memcmp(digest, made, ens__digest_size(kind)) == 0;
    ens_buf_free(&octets);
    return same;
}

static bool has_id(const xmlNode *e, ens_slice id)
{
    for (const xmlAttr *a = e->properties; a; a = a->next) {
        xmlChar *value =
            xmlStrcasecmp(a->name, (const xmlChar *)"id") == 0 ? xmlNodeGetContent((const xmlNode *)a) : NULL;
        bool same = value && ens_is(id, (const char *)value);
        xmlFree(value);
        if (same)
            return true;
    }
    return false;
}

/* inside finds the element in the signature that has the id, and counts all in the document that have it. */
static const xmlNode *inside(const xmlNode *root, ens_slice id, unsigned *num)
{
    const xmlNode *found = NULL;
    for (const xmlNode *e = root; e; e = ens__libxml_following(e, root))
        if (has_id(e, id)) {
            found = e;
            ++*num;
        }
    return found;
}

static const xmlNode *first_signature(const xmlNode *root)
{
    const xmlNode *e = root;
    while (e && !ens__libxml_is(e, DS, "Signature"))
        e = ens__libxml_following(e, root);
    return e;
}

static void check_inside(xmlDocPtr doc, const ens_signature *s)
{
    const xmlNode *root = xmlDocGetRootElement(doc), *signature = first_signature(root);
    ENS_HOLDS(signature != NULL);
    if (s->scheme != ENS_SIGNATURE_UNKNOWN)
        ENS_HOLDS(digest_is(doc, ens__libxml_child(signature, DS, "SignedInfo"), s->c14n, s->c14n_prefix_list,
                            s->digest, s->signed_info));
    for (unsigned i = 0; i < s->num_references; i++) {
        const ens_signature_reference *r = &s->reference[i];
        unsigned num = 0;
        if (r->state < ENS_REFERENCE_DIFFERS || r->covers != ENS_COVERS_INSIDE)
            continue;
        const xmlNode *e = inside(root, ens_from(r->uri, 1), &num);
        ENS_HOLDS(num == 1);
        ENS_HOLDS(digest_is(doc, e, r->c14n, r->prefix_list, r->digest, r->made));
    }
}

/* check_around looks at what covers the document: the signature is taken out of the tree. */
static void check_around(xmlDocPtr doc, const ens_signature *s)
{
    xmlNode *root = xmlDocGetRootElement(doc), *signature = (xmlNode *)(uintptr_t)first_signature(root);
    if (!signature || signature == root)
        return;
    xmlUnlinkNode(signature);
    for (unsigned i = 0; i < s->num_references; i++) {
        const ens_signature_reference *r = &s->reference[i];
        if (r->state >= ENS_REFERENCE_DIFFERS && r->covers != ENS_COVERS_INSIDE)
            ENS_HOLDS(digest_is(doc, r->covers == ENS_COVERS_ROOT ? root : NULL, r->c14n, r->prefix_list, r->digest,
                                r->made));
    }
    xmlFreeNode(signature);
}

static void check_record(const ens_signature *s, ens_slice text)
{
    ENS_HOLDS(s->num_references <= ENS_SIGNATURE_REFERENCES_MAX &&
              s->num_certificates <= ENS_SIGNATURE_CERTIFICATES_MAX);
    ENS_HOLDS(s->num_signatures == 0 || s->num_references > 0);
    ENS_HOLDS(s->value.len <= ENS_SIGNATURE_VALUE_MAX);
    for (unsigned i = 0; i < s->num_references; i++) {
        const ens_signature_reference *r = &s->reference[i];
        ENS_HOLDS((r->why != NULL) == (r->state < ENS_REFERENCE_DIFFERS));
        ENS_HOLDS(!r->element.len || (r->element.p >= text.p && r->element.p + r->element.len <= text.p + text.len));
    }
}

ENS_FUZZ_TARGET(signature)
{
    static ens_scan *scan;
    static ens_signature_reader *reader;
    static ens_libxml *xml;
    ens_slice text = ens_bytes(data, size);
    xmlDocPtr doc = NULL;
    if (!scan) {
        scan = ens__scan_new();
        reader = scan ? ens__signature_new(scan) : NULL;
        xml = ens__libxml_new();
    }
    if (size > DOCUMENT_MAX || !reader || !xml || read_signature(reader, scan, text) != ENS_OK)
        return;
    const ens_signature *s = ens__signature_found(reader);
    check_record(s, text);
    if (s->num_signatures && ens__libxml_parse(xml, text, &doc, NULL) == ENS_OK) {
        check_inside(doc, s);
        check_around(doc, s);
    }
    xmlFreeDoc(doc);
}
