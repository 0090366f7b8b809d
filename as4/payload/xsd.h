/* XML schemas that the user has: a folder of .xsd files, one set per interface version or all together. Only local
 * files are read. None comes with Ensign. */
#ifndef ENS_AS4_PAYLOAD_XSD_H
#define ENS_AS4_PAYLOAD_XSD_H

#include "engine/base/bytes.h"

#include "engine/xml/reference/xml_calls.h"

#define ENS_XSD_FILES_MAX 512u /* .xsd files looked at in a folder, and files that one schema may be made of */
#define ENS_XSD_KEPT 8u        /* compiled schemas kept by a worker */

typedef struct ens_xsd ens_xsd; /* one per worker */

ens_xsd *ens__xsd_new(void);
void ens__xsd_free(ens_xsd *x);

/* ens__xsd_find gives the schema in dir (or a folder right below it) that declares the root element name in the
 * namespace ns, compiled once and borrowed from x until the next call.
 * Errors  ENS_EIO no such folder, or no schema in
 * it declares that element; ENS_EPOLICY it refers to something that is no local file, or has a DTD; ENS_ESYNTAX it
 * can't be compiled; ENS_ELIMIT too many files */
ENS_CHECK ens_code ens__xsd_find(ens_xsd *x, const char *dir, ens_slice ns, ens_slice name, xmlSchemaPtr *out,
                                 ens_err *err);

#endif
