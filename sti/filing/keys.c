/* What a filing is found by, gathered from its document. */
#include "sti/filing/customs_parts.h"

#include <stdio.h>

typedef struct {
    ens_customs *d;
    const ens_doc *doc;
    ens__filing_key *keys;
    size_t num, room;
} gathering;

static void add_key(gathering *g, ens_key_kind kind, ens_slice text)
{
    if (!text.len || text.len > ENS_FILING_KEY)
        return;
    ens__filing_key *keys = ens__customs_grow(g->d, g->keys, g->num, &g->room, sizeof *keys);
    if (!keys)
        return;
    g->keys = keys;
    g->keys[g->num++] = (ens__filing_key){kind, text};
}

/* A house document and its consignment's reference are one key. */
static void add_house(gathering *g, uint32_t node)
{
    const ens_doc *doc = g->doc;
    ens_slice number = ens__doc_value(doc, node, ENS_EL_documentNumber);
    uint32_t ucr = ens__doc_child(doc, doc->node[node].parent, ENS_EL_referenceNumberUCR);
    ens_slice reference = ens__doc_value(doc, ucr, ENS_EL_referenceNumberUCR);
    add_key(g, ENS_KEY_HOUSE, number);
    if (number.len && reference.len && number.len + 1 + reference.len <= ENS_FILING_KEY)
        add_key(g, ENS_KEY_HOUSE_UCR,
                ens_str(ens__customs_printf(g->d, "%.*s %.*s", (int)number.len, (const char *)number.p,
                                            (int)reference.len, (const char *)reference.p)));
}

/* A ship by its number, a flight by its own, and when they are expected. */
static void add_means(gathering *g, uint32_t node)
{
    const ens_doc *doc = g->doc;
    ens_slice arrival = ens__doc_date(doc, ens__doc_child(doc, node, ENS_EL_estimatedDateAndTimeOfArrival));
    const uint16_t names[] = {ENS_EL_identificationNumber, ENS_EL_conveyanceReferenceNumber};
    for (size_t i = 0; i < 2; i++) {
        ens_slice number = ens__doc_value(doc, node, names[i]);
        if (number.len && arrival.len)
            add_key(g, ENS_KEY_MEANS,
                    ens_str(ens__customs_printf(g->d, "%.*s %.*s", (int)number.len, (const char *)number.p,
                                                (int)arrival.len, (const char *)arrival.p)));
    }
}

void ens__filing_gather_keys(ens_customs *d, const ens_doc *doc, ens__filing_key **out, size_t *num)
{
    gathering g = {.d = d, .doc = doc};
    for (uint32_t n = ENS_DOC_ROOT + 1; n < doc->num; n++)
        switch (doc->node[n].name) {
        case ENS_EL_transportDocumentMasterLevel:
            add_key(&g, ENS_KEY_MASTER, ens__doc_value(doc, n, ENS_EL_documentNumber));
            break;
        case ENS_EL_transportDocumentHouseLevel:
            if (doc->node[doc->node[n].parent].name == ENS_EL_consignmentHouseLevel)
                add_house(&g, n);
            break;
        case ENS_EL_receptacleIdentificationNumber:
            add_key(&g, ENS_KEY_RECEPTACLE, ens__doc_text(doc, n));
            break;
        case ENS_EL_supplementaryDeclarant:
            add_key(&g, ENS_KEY_SUPPLEMENTARY, ens__doc_value(doc, n, ENS_EL_identificationNumber));
            break;
        case ENS_EL_activeBorderTransportMeans:
            add_means(&g, n);
            break;
        default:
            break;
        }
    *out = g.keys;
    *num = g.num;
}

bool ens__filing_names_containers(const ens_doc *doc)
{
    for (uint32_t n = ENS_DOC_ROOT + 1; doc && n < doc->num; n++)
        if (doc->node[n].name == ENS_EL_containerIdentificationNumber)
            return true;
    return false;
}
