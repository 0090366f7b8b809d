/* The SOAP 1.2 envelope of an AS4 message: the blocks that matter, each there once. */
#ifndef ENS_AS4_SOAP_H
#define ENS_AS4_SOAP_H

#include "engine/report.h"
#include "engine/xml.h"

typedef struct {
    xmlDocPtr doc; /* owned: ens__soap_clear */
    size_t size;   /* bytes of the envelope */
    xmlNodePtr envelope, header, body, messaging, security;
    unsigned num_security; /* wsse:Security blocks for the ultimate receiver */
} ens_soap;

/* ens__soap_read parses the root part and finds the blocks. Adds soap.*, header.messaging and
 * rules.must-understand; where one failed the blocks
 * behind it are NULL. Everything in *out lives until ens__soap_clear.
 * Source  SOAP 1.2 Part 1, 5; ebMS3 Core, 5.2.1; ICD Annex 6 (ics2-hti 4, 10.5 step 2) */
void ens__soap_read(ens_xml *xml, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report);
void ens__soap_clear(ens_soap *soap);

#endif
