/* The SOAP 1.2 envelope of an AS4 message: the blocks that matter, each there once. */
#ifndef ENS_AS4_ENVELOPE_SOAP_H
#define ENS_AS4_ENVELOPE_SOAP_H

#include "engine/base/report.h"
#include "engine/xml/reference/libxml.h"
#include "engine/xml/tree/mould.h"

/* A fault in the Body, of SOAP 1.2 or 1.1. Texts borrow from the tree and the arena. */
typedef struct {
    const ens_node *node; /* NULL: there is none */
    ens_slice code, reason;
} ens_soap_fault;

typedef struct {
    ens_tree tree;           /* owned, as is doc: ens__soap_clear; used again by the next envelope */
    const ens_tree *records; /* of the envelope: tree, or those of a mould */
    xmlDocPtr doc;
    size_t size; /* bytes of the envelope */
    const ens_node *envelope, *header, *body, *messaging, *security;
    unsigned num_security; /* wsse:Security blocks for the ultimate receiver */
    ens_soap_fault fault;
} ens_soap;

/* ens__soap_namespaces are those that have a number (ENS_IN_…) in the records of an envelope. */
extern const char *const ens__soap_namespaces[];

/* ens__soap_read parses the root part by libxml2 and finds the blocks. Adds soap.*, header.messaging and
 * rules.must-understand; where one failed the blocks behind it are NULL. A fault is only found: who gets it judges it.
 * Everything in *out, which is zero or was read before, lives until it is read again, cleared, or the arena is reset.
 * Source  SOAP 1.2 Part 1, 5; ebMS3 Core, 5.2.1; ICS2-HTI Annex 6 */
void ens__soap_read(ens_libxml *xml, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report);
/* ens__soap_scan is ens__soap_read by the scanner. False where it doesn't take the envelope: nothing was added then,
 * and ens__soap_read has to say why. */
bool ens__soap_scan(ens_tree_scanner *scanner, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report);
/* ens__soap_fit is ens__soap_scan of an envelope that fits a mould. False: none fits. */
bool ens__soap_fit(ens_moulds *moulds, ens_slice envelope, ens_arena *arena, ens_soap *out, ens_report *report);
/* ens__soap_reset drops the envelope and keeps memory for the next one. */
void ens__soap_reset(ens_soap *soap);
void ens__soap_clear(ens_soap *soap);

#endif
