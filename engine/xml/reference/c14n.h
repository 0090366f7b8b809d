/* Exclusive canonicalisation (without comments) by libxml2: the reference. */
#ifndef ENS_ENGINE_XML_REFERENCE_C14N_H
#define ENS_ENGINE_XML_REFERENCE_C14N_H

#include "engine/base/bytes.h"

#include <libxml/tree.h>

#define ENS_PREFIXES_MAX 64u /* of one InclusiveNamespaces PrefixList */

/* What is canonicalised how; the zero value is exclusive C14N. The others serve to explain a digest that differs. */
typedef enum { ENS_C14N_EXCLUSIVE = 0, ENS_C14N_INCLUSIVE, ENS_C14N_EXCLUSIVE_COMMENTS } ens_c14n_mode;

/* ens__c14n appends the canonical form of apex and all below it (NULL: of the whole document). prefix_list is the text
 * of InclusiveNamespaces/@PrefixList, or empty. Errors  ENS_ELIMIT (prefixes, or out's limit), ENS_ENOMEM, ENS_ESYNTAX
 * (a relative namespace URI) Source  Exclusive XML Canonicalization 1.0, 2 and 3 */
ENS_CHECK ens_code ens__c14n(xmlDocPtr doc, const xmlNode *apex, ens_c14n_mode mode, ens_slice prefix_list,
                             ens_buf *out, ens_err *err);

#endif
