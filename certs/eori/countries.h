/* What an EORI looks like by the country that gave it, and the check digits of the national numbers in it. */
#ifndef ENS_CERTS_EORI_COUNTRIES_H
#define ENS_CERTS_EORI_COUNTRIES_H

#include "engine/base/bytes.h"

#include <stdbool.h>

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
} ens_eori_row;

/* ens__eori_country finds the row of a two-letter code, or NULL. */
const ens_eori_row *ens__eori_country(ens_slice code);
/* ens__eori_country_at walks the table; NULL past its end. */
const ens_eori_row *ens__eori_country_at(size_t i);
/* ens__shape_fits matches the whole of text. */
bool ens__shape_fits(const char *shape, ens_slice text);
/* ens__eori_fits tells whether the national part has one of the country's shapes; true where none is known. */
bool ens__eori_fits(const ens_eori_row *country, ens_slice national);

/* Check digits of the national numbers that EORIs and organizationIdentifiers are built from. */
bool ens__all_digits(ens_slice s);
/* ens__luhn: the last digit is the check digit of ISO/IEC 7812-1, annex B. */
bool ens__luhn(ens_slice digits);

/* FR: SIREN, 9 digits (Luhn); SIRET, SIREN + 5 digits of the establishment (Luhn, or for La Poste, SIREN 356000000, a
 * digit sum that is a multiple of 5).   Source  INSEE, Sirene */
bool ens__siren(ens_slice digits);
bool ens__siret(ens_slice digits);
/* FR: VAT number, key + SIREN. A key of digits is (12 + 3 * (SIREN mod 97)) mod 97; one with a letter has no public
 * rule and passes when the SIREN does.   Source  VIES (structure); the key's formula is the French tax administration's
 */
bool ens__vat_fr(ens_slice text);

/* BE: enterprise number, 10 digits; the last two are 97 - (first eight mod 97).   Source  Crossroads Bank for
 * Enterprises */
bool ens__enterprise_be(ens_slice digits);
/* FI: business ID without its hyphen, 8 digits; weights 7 9 10 5 8 4 2, modulo 11.   Source  PRH/Vero, ytj.fi */
bool ens__business_id_fi(ens_slice digits);
/* HR: OIB, 11 digits; ISO/IEC 7064 MOD 11,10.   Source  Zakon o osobnom identifikacijskom broju */
bool ens__oib_hr(ens_slice digits);
/* EE: register code, 8 digits; weights 1..7 and, where the remainder is 10, 3..9, modulo 11.   Source  Äriregister */
bool ens__register_ee(ens_slice digits);
/* DK: CVR number, 8 digits; weights 2 7 6 5 4 3 2 1, modulo 11.   Source  Danmarks Statistik, CVRNR */
bool ens__cvr_dk(ens_slice digits);

#endif
