/* A PDF as its cross-references tell it: any version from 1.0 to 2.0, tables and streams of cross-references, objects
 * in streams. Nothing is repaired: what the file does not say by its rules is refused, for what one reader repairs
 * another one does not see. Work and memory are bounded, whatever the file says of itself.
 * Source  ISO 32000-2, 7.5 */
#ifndef ENS_STI_PDF_FILE_H
#define ENS_STI_PDF_FILE_H

#include "sti/pdf/object.h"

#define ENS_PDF_FILE_MAX ((size_t)32 << 20)     /* bytes of a file */
#define ENS_PDF_OBJECTS_MAX 262144u             /* numbers of objects */
#define ENS_PDF_SECTIONS_MAX 64u                /* sections of cross-references */
#define ENS_PDF_INFLATED_MAX ((size_t)64 << 20) /* bytes of all streams that are decoded */
#define ENS_PDF_ARENA_MAX ((size_t)256 << 20)   /* bytes of all values */
#define ENS_PDF_LOADING_MAX 8u                  /* objects that are read while another one is */

typedef enum { ENS_PDF_ABSENT = 0, ENS_PDF_FREE, ENS_PDF_PLAIN, ENS_PDF_PACKED } ens__pdf_where;

/* Where an object is. */
typedef struct {
    ens__pdf_where where;
    uint16_t gen;
    uint8_t section; /* that says so; 0 is the newest */
    uint32_t index;  /* PACKED: its place in the stream */
    uint64_t at;     /* PLAIN: its offset; PACKED: the number of the stream */
} ens__pdf_place;

/* One section: a table and its trailer, or a stream. */
typedef struct {
    size_t from, to;
    bool stream;
    uint32_t num; /* of the stream's object */
    ens__pdf_value trailer;
    size_t prev, beside; /* offsets of the section before and of the stream beside a table; SIZE_MAX: none */
} ens__pdf_section;

typedef struct {
    ens__pdf_value value; /* of a stream its dictionary */
    bool stream;
    ens_slice data;  /* of a stream, as it is in the file */
    size_t from, to; /* from its number to "endobj"; 0, 0 in a stream of objects */
    bool decoded;    /* plain is there */
    ens_slice plain; /* data without its filters */
} ens__pdf_object;

/* Where an object was before it was written anew. */
typedef struct ens__pdf_older {
    uint64_t at;
    struct ens__pdf_older *next;
} ens__pdf_older;

typedef struct {
    ens_slice bytes;
    ens_arena *arena;
    unsigned version; /* 14: 1.4 */
    ens__pdf_section section[ENS_PDF_SECTIONS_MAX];
    size_t num_sections;
    const ens__pdf_value *trailer; /* of the newest section */
    size_t startxref;              /* where the newest section begins */
    size_t end;                    /* behind the last "%%EOF" and its line end */
    ens__pdf_place *place;
    ens__pdf_object **object; /* that were read */
    uint32_t num_places;
    ens__pdf_older *older;
    size_t num_older;
    unsigned loading;
    size_t parsed, inflated; /* bytes so far */
    ens_err fault;           /* the first object that could not be read */
} ens__pdf;

/* ens__pdf_open reads the header and all cross-references. Everything lives in the arena, which has no other limit than
 * ENS_PDF_ARENA_MAX, and borrows from bytes.
 * Errors  ENS_ESYNTAX with the offset, ENS_ELIMIT, ENS_ENOMEM; ENS_EPOLICY it is encrypted */
ENS_CHECK ens_code ens__pdf_open(ens_slice bytes, ens_arena *arena, ens__pdf *out, ens_err *err);

/* ens__pdf_object_at borrows an object; one that isn't there is null. NULL: it can't be read, and pdf->fault says
 * why. */
const ens__pdf_object *ens__pdf_object_at(ens__pdf *pdf, uint32_t num);
/* ens__pdf_resolve follows references; never NULL. What a reference leads to nowhere is null. *num, which may be NULL,
 * is the object it was found in, or 0: it stood there itself. */
const ens__pdf_value *ens__pdf_resolve(ens__pdf *pdf, const ens__pdf_value *value, uint32_t *num);
/* ens__pdf_get finds a key and resolves its value; NULL where there is none, or null. */
const ens__pdf_value *ens__pdf_get(ens__pdf *pdf, const ens__pdf_value *dict, const char *key);
/* ens__pdf_get_kind is the same for a value of this kind. */
const ens__pdf_value *ens__pdf_get_kind(ens__pdf *pdf, const ens__pdf_value *dict, const char *key, ens__pdf_kind kind);
/* ens__pdf_box reads a rectangle: left, bottom, right, top. */
bool ens__pdf_box(ens__pdf *pdf, const ens__pdf_value *rect, double out[4]);
/* ens__pdf_stream_of borrows the stream that a value refers to, or NULL. */
const ens__pdf_object *ens__pdf_stream_of(ens__pdf *pdf, const ens__pdf_value *value);
/* ens__pdf_plain decodes a stream; false: it has a filter that isn't read here, or is damaged, and *out is the stream
 * as it stands. */
bool ens__pdf_plain(ens__pdf *pdf, const ens__pdf_object *stream, ens_slice *out);

/* ens__pdf_end_before finds where the file ended before its newest section was added: behind the "%%EOF" that follows
 * the number of the section before. 0: there is no section before, or no such end. */
size_t ens__pdf_end_before(const ens__pdf *pdf);
/* ens__pdf_line_end counts the bytes of one line end at an offset: 0, 1 or 2. */
size_t ens__pdf_line_end(ens_slice bytes, size_t at);

/* ens__pdf_decode undoes the filters that a stream's dictionary names: FlateDecode with and without predictors, and
 * ASCIIHexDecode.   Errors  ENS_EPOLICY another filter, ENS_ESYNTAX, ENS_ELIMIT
 * Source  ISO 32000-2, 7.4 */
ENS_CHECK ens_code ens__pdf_decode(ens__pdf *pdf, const ens__pdf_value *dict, ens_slice data, ens_slice *out,
                                   ens_err *err);

#endif
