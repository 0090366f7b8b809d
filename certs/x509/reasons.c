#include "certs/x509/reasons.h"

#include "certs/x509/der.h"

static const char *const names[] = {"unspecified",   "keyCompromise",        "cACompromise",    "affiliationChanged",
                                    "superseded",    "cessationOfOperation", "certificateHold", NULL,
                                    "removeFromCRL", "privilegeWithdrawn",   "aACompromise"};

bool ens__reason_valid(unsigned number)
{
    return number < sizeof names / sizeof *names && names[number];
}

const char *ens__reason_name(ens__reason reason)
{
    return ens__reason_valid((unsigned)reason) ? names[reason] : names[0];
}

bool ens__reasons_read(ens_slice body, unsigned *out)
{
    ens_slice bits;
    unsigned unused;
    if (!ens__der_bits(body, &bits, &unused) || bits.len > 2)
        return false;
    *out = 0;
    for (unsigned i = 0; i < 9 && i / 8 < bits.len; i++)
        *out |= bits.p[i / 8] & (0x80u >> i % 8) ? 1u << i : 0;
    *out &= ENS_REASONS_ALL;
    return true;
}
