#include "engine/xml/reference/c14n.h"

#include "engine/xml/reference/xml.h"

#include <libxml/c14n.h>
#include <libxml/xmlerror.h>

#define RULE "Exclusive XML Canonicalization 1.0"
#define PREFIX_LIST_MAX 4096u

/* inside tells whether a node belongs to the sub-tree. libxml2 passes namespaces as nodes, with their element as
 * parent. */
static int inside(void *apex, xmlNodePtr node, xmlNodePtr parent)
{
    const xmlNode *n = node->type == XML_NAMESPACE_DECL || node->type == XML_ATTRIBUTE_NODE ? parent : node;
    while (n && n != apex)
        n = n->parent;
    return n != NULL;
}

static int write_to_buf(void *out, const char *p, int len)
{
    ens_buf *b = out;
    ens_buf_add(b, p, (size_t)len);
    return b->failed ? -1 : len;
}

/* execute keeps libxml2 from printing; the handler of the thread is as before afterwards. */
static int execute(xmlDocPtr doc, const xmlNode *apex, ens_c14n_mode mode, xmlChar **prefixes, xmlOutputBufferPtr sink)
{
    int kind = mode == ENS_C14N_INCLUSIVE ? XML_C14N_1_0 : XML_C14N_EXCLUSIVE_1_0;
    ens_xml_handler before = ens__xml_quiet();
    int done = xmlC14NExecute(doc, apex ? inside : NULL, (void *)(uintptr_t)apex, kind, prefixes[0] ? prefixes : NULL,
                              mode == ENS_C14N_EXCLUSIVE_COMMENTS, sink);
    int closed = xmlOutputBufferClose(sink);
    ens__xml_unquiet(before);
    return done < 0 || closed < 0 ? -1 : 0;
}

/* split cuts a PrefixList (copied into text) into its tokens, NULL at the end. */
static bool split(ens_slice list, char text[PREFIX_LIST_MAX], xmlChar *prefixes[ENS_PREFIXES_MAX + 1])
{
    if (list.len >= PREFIX_LIST_MAX)
        return false;
    if (list.len)
        memcpy(text, list.p, list.len);
    text[list.len] = 0;
    unsigned n = 0;
    char *rest = NULL;
    for (char *t = strtok_r(text, " \t\r\n", &rest); t; t = strtok_r(NULL, " \t\r\n", &rest)) {
        if (n == ENS_PREFIXES_MAX)
            return false;
        prefixes[n++] = (xmlChar *)t;
    }
    prefixes[n] = NULL;
    return true;
}

ens_code ens__c14n(xmlDocPtr doc, const xmlNode *apex, ens_c14n_mode mode, ens_slice prefix_list, ens_buf *out,
                   ens_err *err)
{
    char text[PREFIX_LIST_MAX];
    xmlChar *prefixes[ENS_PREFIXES_MAX + 1];
    if (!split(prefix_list, text, prefixes))
        return ens_fail(err, ENS_ELIMIT, RULE, "the PrefixList is too long", 0);
    xmlOutputBufferPtr sink = xmlOutputBufferCreateIO(write_to_buf, NULL, out, NULL);
    if (!sink)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for canonicalisation", 0);
    int done = execute(doc, apex, mode, prefixes, sink);
    if (out->failed)
        return ens_buf_done(out, err);
    if (done < 0)
        return ens_fail(err, ENS_ESYNTAX, RULE, "can't be canonicalised (a relative namespace name?)", 0);
    return ENS_OK;
}
