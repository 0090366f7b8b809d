/* What an EORI looks like, by the country that gave it. */
#ifndef ENS_CERTS_EORI_EORI_COUNTRIES_H
#define ENS_CERTS_EORI_EORI_COUNTRIES_H

#include "engine/base/bytes.h"

#define ENS_EORI_SHAPES 4

typedef enum { ENS_EORI_UNION, ENS_EORI_NORTHERN_IRELAND, ENS_EORI_THIRD_COUNTRY } ens_eori_origin;

/* One row by country. A shape describes what follows the country code: 'd' a digit, 'l' a capital, 'x' either, '+' one
 * or more of the class before it, anything else itself. No shape: the national form isn't published where we could read
 * it. */
typedef struct {
    char code[3];
    ens_eori_origin origin;
    const char *name;
    const char *shapes[ENS_EORI_SHAPES];
    const char *form;   /* the shapes in words, NULL without */
    const char *source; /* who says so */
} ens_eori_country;

/* ens__eori_country finds the row of a two-letter code, or NULL. */
const ens_eori_country *ens__eori_country(ens_slice code);
/* ens__eori_country_at walks the table; NULL past its end. */
const ens_eori_country *ens__eori_country_at(size_t i);
/* ens__shape_fits matches the whole of text. */
bool ens__shape_fits(const char *shape, ens_slice text);
/* ens__eori_fits tells whether the national part has one of the country's shapes; true where none is known. */
bool ens__eori_fits(const ens_eori_country *country, ens_slice national);

#endif
