/* What the pages say, in English and in French: a table of texts by key (texts.inc). A text without a translation
 * doesn't compile. What judges say (findings, hints, clauses) is English in both, and marked as such. */
#ifndef ENS_WEB_PAGES_TEXT_H
#define ENS_WEB_PAGES_TEXT_H

#include "engine/base/bytes.h"

typedef enum { ENS_ENGLISH = 0, ENS_FRENCH, ENS_LANGUAGES } ens_language;

typedef enum {
#define TEXT(key, english, french) ENS_T_##key,
#include "web/pages/texts.inc"
#undef TEXT
    ENS_TEXTS
} ens_text_key;

const char *ens__text_of(ens_language language, ens_text_key key);

const char *ens__language_code(ens_language language); /* "en", "fr" */
/* ens__language_find reads a code: false where it is none of ours. */
bool ens__language_find(ens_slice code, ens_language *out);
/* ens__language_wanted is the one that was chosen, where one was, else the first of ours that a browser asks for, by
 * its weights; else English.   Source  RFC 9110 12.5.4 */
ens_language ens__language_wanted(ens_slice chosen, ens_slice accept_language);

#endif
