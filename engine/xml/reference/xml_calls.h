/* libxml2 by its own names, loaded when something asks it first: most runs are judged by the fast engine alone, and the
 * library, with what it brings along, would cost the start of each of them as much as thirty messages. Whoever calls
 * libxml2 includes this behind its headers. What makes a parser or a validation asks ens__xml_load first; freeing NULL
 * loads nothing where the caller looks. */
#ifndef ENS_ENGINE_XML_REFERENCE_XML_CALLS_H
#define ENS_ENGINE_XML_REFERENCE_XML_CALLS_H

#include "engine/base/bytes.h"

#include <libxml/SAX2.h>
#include <libxml/c14n.h>
#include <libxml/globals.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/uri.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>

/* X(name) for each function. */
#define ENS__XML_CALLS(X)                                                                                              \
    X(__xmlStructuredError)                                                                                            \
    X(__xmlStructuredErrorContext)                                                                                     \
    X(xmlByteConsumed)                                                                                                 \
    X(xmlC14NExecute)                                                                                                  \
    X(xmlCreatePushParserCtxt)                                                                                         \
    X(xmlCtxtGetLastError)                                                                                             \
    X(xmlCtxtReadMemory)                                                                                               \
    X(xmlCtxtResetPush)                                                                                                \
    X(xmlCtxtUseOptions)                                                                                               \
    X(xmlDictGetUsage)                                                                                                 \
    X(xmlDictSetLimit)                                                                                                 \
    X(xmlDocGetRootElement)                                                                                            \
    X(xmlFreeDoc)                                                                                                      \
    X(xmlFreeParserCtxt)                                                                                               \
    X(xmlFreeURI)                                                                                                      \
    X(xmlGetNoNsProp)                                                                                                  \
    X(xmlInitParser)                                                                                                   \
    X(xmlNewParserCtxt)                                                                                                \
    X(xmlOutputBufferClose)                                                                                            \
    X(xmlOutputBufferCreateIO)                                                                                         \
    X(xmlParseChunk)                                                                                                   \
    X(xmlParseURI)                                                                                                     \
    X(xmlSAX2EndElementNs)                                                                                             \
    X(xmlSAX2StartDocument)                                                                                            \
    X(xmlSAX2StartElementNs)                                                                                           \
    X(xmlSchemaFree)                                                                                                   \
    X(xmlSchemaFreeParserCtxt)                                                                                         \
    X(xmlSchemaFreeValidCtxt)                                                                                          \
    X(xmlSchemaIsValid)                                                                                                \
    X(xmlSchemaNewParserCtxt)                                                                                          \
    X(xmlSchemaNewValidCtxt)                                                                                           \
    X(xmlSchemaParse)                                                                                                  \
    X(xmlSchemaSAXPlug)                                                                                                \
    X(xmlSchemaSAXUnplug)                                                                                              \
    X(xmlSchemaSetParserStructuredErrors)                                                                              \
    X(xmlSchemaSetValidStructuredErrors)                                                                               \
    X(xmlSetStructuredErrorFunc)                                                                                       \
    X(xmlStopParser)                                                                                                   \
    X(xmlStrcasecmp)

typedef struct {
#define ENS__XML_MEMBER(name) __typeof__(&(name)) name;
    ENS__XML_CALLS(ENS__XML_MEMBER)
#undef ENS__XML_MEMBER
    xmlFreeFunc *free; /* where libxml2 keeps it */
} ens__xml_table;

/* ens__xml_load loads libxml2 once.   Errors  ENS_EIO it can't be loaded, or isn't what this was built with */
ENS_CHECK ens_code ens__xml_load(ens_err *err);
/* ens__xml_calls loads it too, for whoever has asked ens__xml_load. */
const ens__xml_table *ens__xml_calls(void);

#ifndef ENS__XML_BARE /* the file that fills the table */
#define __xmlStructuredError ens__xml_calls()->__xmlStructuredError
#define __xmlStructuredErrorContext ens__xml_calls()->__xmlStructuredErrorContext
#define xmlByteConsumed ens__xml_calls()->xmlByteConsumed
#define xmlC14NExecute ens__xml_calls()->xmlC14NExecute
#define xmlCreatePushParserCtxt ens__xml_calls()->xmlCreatePushParserCtxt
#define xmlCtxtGetLastError ens__xml_calls()->xmlCtxtGetLastError
#define xmlCtxtReadMemory ens__xml_calls()->xmlCtxtReadMemory
#define xmlCtxtResetPush ens__xml_calls()->xmlCtxtResetPush
#define xmlCtxtUseOptions ens__xml_calls()->xmlCtxtUseOptions
#define xmlDictGetUsage ens__xml_calls()->xmlDictGetUsage
#define xmlDictSetLimit ens__xml_calls()->xmlDictSetLimit
#define xmlDocGetRootElement ens__xml_calls()->xmlDocGetRootElement
#define xmlFreeDoc ens__xml_calls()->xmlFreeDoc
#define xmlFreeParserCtxt ens__xml_calls()->xmlFreeParserCtxt
#define xmlFreeURI ens__xml_calls()->xmlFreeURI
#define xmlGetNoNsProp ens__xml_calls()->xmlGetNoNsProp
#define xmlInitParser ens__xml_calls()->xmlInitParser
#define xmlNewParserCtxt ens__xml_calls()->xmlNewParserCtxt
#define xmlOutputBufferClose ens__xml_calls()->xmlOutputBufferClose
#define xmlOutputBufferCreateIO ens__xml_calls()->xmlOutputBufferCreateIO
#define xmlParseChunk ens__xml_calls()->xmlParseChunk
#define xmlParseURI ens__xml_calls()->xmlParseURI
#define xmlSAX2EndElementNs ens__xml_calls()->xmlSAX2EndElementNs
#define xmlSAX2StartDocument ens__xml_calls()->xmlSAX2StartDocument
#define xmlSAX2StartElementNs ens__xml_calls()->xmlSAX2StartElementNs
#define xmlSchemaFree ens__xml_calls()->xmlSchemaFree
#define xmlSchemaFreeParserCtxt ens__xml_calls()->xmlSchemaFreeParserCtxt
#define xmlSchemaFreeValidCtxt ens__xml_calls()->xmlSchemaFreeValidCtxt
#define xmlSchemaIsValid ens__xml_calls()->xmlSchemaIsValid
#define xmlSchemaNewParserCtxt ens__xml_calls()->xmlSchemaNewParserCtxt
#define xmlSchemaNewValidCtxt ens__xml_calls()->xmlSchemaNewValidCtxt
#define xmlSchemaParse ens__xml_calls()->xmlSchemaParse
#define xmlSchemaSAXPlug ens__xml_calls()->xmlSchemaSAXPlug
#define xmlSchemaSAXUnplug ens__xml_calls()->xmlSchemaSAXUnplug
#define xmlSchemaSetParserStructuredErrors ens__xml_calls()->xmlSchemaSetParserStructuredErrors
#define xmlSchemaSetValidStructuredErrors ens__xml_calls()->xmlSchemaSetValidStructuredErrors
#define xmlSetStructuredErrorFunc ens__xml_calls()->xmlSetStructuredErrorFunc
#define xmlStopParser ens__xml_calls()->xmlStopParser
#define xmlStrcasecmp ens__xml_calls()->xmlStrcasecmp
#undef xmlFree
#define xmlFree (*ens__xml_calls()->free)
#endif

#endif
