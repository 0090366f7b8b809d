/* See numbers.h. */
#include "certs/eori/numbers.h"

#define SIREN_LEN 9u
#define SIRET_LEN 14u

static unsigned digit(ens_slice s, size_t i)
{
    return (unsigned)(s.p[i] - '0');
}

bool ens__all_digits(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.len > 0;
}

static bool digits_of_len(ens_slice s, size_t len)
{
    return s.len == len && ens__all_digits(s);
}

/* remainder of a run of digits, of any length, modulo m. */
static unsigned modulo(ens_slice digits, unsigned m)
{
    unsigned r = 0;
    for (size_t i = 0; i < digits.len; i++)
        r = (r * 10 + digit(digits, i)) % m;
    return r;
}

static unsigned weighted(ens_slice digits, const uint8_t *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += digit(digits, i) * weights[i];
    return sum;
}

bool ens__luhn(ens_slice digits)
{
    if (!ens__all_digits(digits))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++) {
        unsigned d = digit(digits, digits.len - 1 - i);
        if (i % 2 == 1)
            d = d > 4 ? d * 2 - 9 : d * 2;
        sum += d;
    }
    return sum % 10 == 0;
}

bool ens__siren(ens_slice digits)
{
    return digits.len == SIREN_LEN && ens__luhn(digits);
}

bool ens__siret(ens_slice digits)
{
    if (!digits_of_len(digits, SIRET_LEN) || !ens__siren(ens_sub(digits, 0, SIREN_LEN)))
        return false;
    if (ens__luhn(digits))
        return true;
    if (!ens_starts(digits, ENS_LIT("356000000")))
        return false;
    unsigned sum = 0;
    for (size_t i = 0; i < digits.len; i++)
        sum += digit(digits, i);
    return sum % 5 == 0;
}

static bool key_character(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

bool ens__vat_fr(ens_slice text)
{
    ens_slice key = ens_sub(text, 0, 2), siren = ens_from(text, 2);
    if (!ens__siren(siren) || !key_character(key.p[0]) || !key_character(key.p[1]))
        return false;
    return !ens__all_digits(key) || modulo(key, 100) == (12 + 3 * modulo(siren, 97)) % 97;
}

bool ens__enterprise_be(ens_slice digits)
{
    return digits_of_len(digits, 10) && digit(digits, 0) <= 1 &&
           modulo(ens_from(digits, 8), 100) == 97 - modulo(ens_sub(digits, 0, 8), 97);
}

bool ens__business_id_fi(ens_slice digits)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2};
    if (!digits_of_len(digits, 8))
        return false;
    unsigned r = weighted(digits, weights, sizeof weights) % 11;
    return r != 1 && digit(digits, 7) == (r == 0 ? 0 : 11 - r);
}

bool ens__oib_hr(ens_slice digits)
{
    if (!digits_of_len(digits, 11))
        return false;
    unsigned product = 10;
    for (size_t i = 0; i < 10; i++) {
        unsigned sum = (product + digit(digits, i)) % 10;
        product = (sum == 0 ? 10 : sum) * 2 % 11;
    }
    return (product + digit(digits, 10)) % 10 == 1;
}

bool ens__register_ee(ens_slice digits)
{
    static const uint8_t first[] = {1, 2, 3, 4, 5, 6, 7}, second[] = {3, 4, 5, 6, 7, 8, 9};
    if (!digits_of_len(digits, 8))
        return false;
    unsigned r = weighted(digits, first, sizeof first) % 11;
    if (r == 10)
        r = weighted(digits, second, sizeof second) % 11 % 10;
    return digit(digits, 7) == r;
}

bool ens__cvr_dk(ens_slice digits)
{
    static const uint8_t weights[] = {2, 7, 6, 5, 4, 3, 2, 1};
    return digits_of_len(digits, 8) && digit(digits, 0) > 0 && weighted(digits, weights, sizeof weights) % 11 == 0;
}
