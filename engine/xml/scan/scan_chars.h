/* Characters of XML documents: UTF-8, legality, names, references. Inside the engine only. */
#ifndef ENS_ENGINE_XML_SCAN_SCAN_CHARS_H
#define ENS_ENGINE_XML_SCAN_SCAN_CHARS_H

#include "engine/base/bytes.h"

static inline bool ens__xml_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ens__xml_char reads one character at p: its length, or 0 when it is not UTF-8 or no Char of XML 1.0. */
unsigned ens__xml_char(const uint8_t *p, const uint8_t *end, uint32_t *value);
/* ens__xml_name_length is the length of the Name at p, ':' not counted to it; 0: no name starts there. */
size_t ens__xml_name_length(const uint8_t *p, const uint8_t *end);
/* ens__xml_reference reads "&amp;", "&#65;", "&#x41;" … at p: its length, or 0 for anything else. */
size_t ens__xml_reference(const uint8_t *p, const uint8_t *end, uint32_t *value);
/* ens__xml_put_char writes value as UTF-8 and returns its length. */
unsigned ens__xml_put_char(uint32_t value, uint8_t out[4]);

#endif
