#include "bench/anatomy.h"

#include "as4/mime/mime.h"
#include "as4/wss/wss.h"
#include "engine/xml/reference/libxml.h"

#define ARENA_MAX ((size_t)16 << 20)
#define OCTETS_MAX ((size_t)1 << 20)

/* hash_elements makes the canonical octets of the three signed elements, one behind the other. */
static bool hash_elements(const ens_soap *soap, const ens_wss *wss, ens_anatomy *out)
{
    const ens_node *const apex[] = {soap->messaging, soap->body, wss->signed_info};
    size_t from[4] = {0};
    for (unsigned i = 0; i < 3; i++) {
        if (!apex[i] || ens__libxml_canon(soap->doc, apex[i]->origin, ENS_LIBXML_EXCLUSIVE, (ens_slice){0},
                                          &out->octets, NULL) != ENS_OK)
            return false;
        from[i + 1] = out->octets.len;
    }
    for (unsigned i = 0; i < 3; i++)
        out->hashed[out->num_hashed++] = ens_sub(ens_buf_slice(&out->octets), from[i], from[i + 1]);
    return true;
}

static bool take_parts(const ens_mime *mime, ens_anatomy *out)
{
    for (unsigned i = 0; i < mime->num_parts; i++) {
        if (out->num_hashed == ENS_ANATOMY_PIECES)
            return false;
        out->hashed[out->num_hashed++] = mime->part[i].body;
        out->compressed[out->num_compressed++] = mime->part[i].body;
    }
    return true;
}

bool ens__anatomy_read(ens_slice message, ens_anatomy *out)
{
    ens_report report;
    ens_mime mime;
    ens_soap soap = {0};
    ens_wss wss = {0};
    ens_libxml *xml = ens__libxml_new();
    ens__report_init(&report);
    ens_arena_init(&out->arena, ARENA_MAX);
    ens_buf_init(&out->octets, NULL, 0, OCTETS_MAX);
    ens__mime_read(message, (ens_slice){0}, &out->arena, &mime, &report);
    if (xml && mime.root.body.len)
        ens__soap_read(xml, mime.root.body, &out->arena, &soap, &report);
    if (soap.header)
        ens__wss_read(&soap, &out->arena, &wss);
    out->envelope = mime.root.body;
    const char *token =
        wss.token_text.len ? ens_arena_text(&out->arena, wss.token_text) : NULL; /* the original goes with the tree */
    out->token = ens_bytes(token, token ? wss.token_text.len : 0);
    bool good = token && hash_elements(&soap, &wss, out) && take_parts(&mime, out);
    ens__soap_clear(&soap);
    ens__libxml_free(xml);
    ens__report_clear(&report);
    return good;
}

void ens__anatomy_clear(ens_anatomy *a)
{
    ens_arena_free(&a->arena);
    ens_buf_free(&a->octets);
    *a = (ens_anatomy){0};
}
