/* Values of PDF: what stands between `obj` and `endobj`, in a file or in a stream of objects.
 * Source  ISO 32000-2, 7.2 and 7.3 */
#ifndef ENS_STI_PDF_OBJECT_H
#define ENS_STI_PDF_OBJECT_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

#define ENS_PDF_DEPTH_MAX 64u     /* dictionaries and arrays within each other */
#define ENS_PDF_ITEMS_MAX 262144u /* entries of one of them */

typedef enum {
    ENS_PDF_NULL = 0,
    ENS_PDF_BOOL,
    ENS_PDF_NUMBER,
    ENS_PDF_STRING,
    ENS_PDF_NAME,
    ENS_PDF_ARRAY,
    ENS_PDF_DICT,
    ENS_PDF_REF
} ens__pdf_kind;

typedef struct ens__pdf_value ens__pdf_value;
typedef struct ens__pdf_entry ens__pdf_entry;

/* ens__pdf_value lives in the parser's arena; from and to say where it stands in what was parsed. */
struct ens__pdf_value {
    ens__pdf_kind kind;
    bool whole;                  /* NUMBER: without a decimal point */
    bool yes;                    /* BOOL */
    uint32_t num, gen;           /* REF: the object; ARRAY and DICT: num entries */
    int64_t integer;             /* NUMBER: in whole numbers, cut; REAL ones also in… */
    double real;                 /* … this */
    ens_slice text;              /* NAME, STRING: decoded */
    const ens__pdf_value *item;  /* ARRAY */
    const ens__pdf_entry *entry; /* DICT: sorted by the bytes of the keys, each once */
    size_t from, to;
};

struct ens__pdf_entry {
    ens_slice key;
    ens__pdf_value value;
};

typedef struct {
    ens_reader r;
    ens_arena *arena;
} ens__pdf_parser;

/* ens__pdf_parse takes one value, white space and comments before it included.
 * Errors  ENS_ESYNTAX with the byte offset, also for a key that stands twice in a dictionary; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__pdf_parse(ens__pdf_parser *p, ens__pdf_value *out, ens_err *err);

/* ens__pdf_skip_space passes over white space and comments. */
void ens__pdf_skip_space(ens_reader *r);
/* ens__pdf_take_word takes this keyword where it is next and ends there; ens__pdf_take_number an unsigned number of at
 * most 10 digits. Neither skips white space. */
bool ens__pdf_take_word(ens_reader *r, const char *word);
bool ens__pdf_take_number(ens_reader *r, uint64_t *out);
bool ens__pdf_is_space(uint8_t c);

/* ens__pdf_find borrows the value of a key, or NULL; a dictionary that is NULL, or is none, has none. */
const ens__pdf_value *ens__pdf_find(const ens__pdf_value *dict, const char *key);
/* ens__pdf_is tells a name. */
bool ens__pdf_is(const ens__pdf_value *value, const char *name);

/* ens__pdf_put writes a value as it would be read again. */
void ens__pdf_put(ens_buf *out, const ens__pdf_value *value);
void ens__pdf_put_name(ens_buf *out, ens_slice name);
void ens__pdf_put_string(ens_buf *out, ens_slice text);

/* ens__pdf_utf8 makes UTF-8 of a text string: UTF-16BE or UTF-8 by its first bytes, else PDFDocEncoding, of which what
 * is no ASCII or Latin-1 becomes '?'. Empty when there is no memory. ens__pdf_put_text is the way back.
 * Source  ISO
 * 32000-2, 7.9.2.2 */
ens_slice ens__pdf_utf8(ens_arena *arena, ens_slice text);
void ens__pdf_put_text(ens_buf *out, ens_slice utf8);
/* ens__pdf_put_shown writes text as fonts with WinAnsiEncoding show it: Latin-1, and '?' for the rest. */
void ens__pdf_put_shown(ens_buf *out, ens_slice utf8);

#endif
