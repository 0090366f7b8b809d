#include "as4/ens/numbers.h"

static bool all_digits_of(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

bool ens__container_has_shape(ens_slice number)
{
    if (number.len != 11)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (number.p[i] < 'A' || number.p[i] > 'Z')
            return false;
    return all_digits_of(ens_from(number, 4));
}

unsigned ens__container_check(ens_slice number)
{
    static const uint8_t letters[] = {10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24,
                                      25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37, 38};
    unsigned sum = 0;
    for (unsigned i = 0; i < 10; i++)
        sum += (unsigned)(i < 4 ? letters[number.p[i] - 'A'] : number.p[i] - '0') << i;
    return sum % 11 % 10;
}

bool ens__imo_has_shape(ens_slice number)
{
    return number.len == 10 && ens_starts(number, ENS_LIT("IMO")) && all_digits_of(ens_from(number, 3));
}

unsigned ens__imo_check(ens_slice digits)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 6; i++)
        sum += (7 - i) * (unsigned)(digits.p[i] - '0');
    return sum % 10;
}
