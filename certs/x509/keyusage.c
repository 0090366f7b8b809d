#include "certs/x509/keyusage.h"

#include <stdio.h>

const char *ens__key_usage_name(unsigned bit)
{
    static const char *const names[ENS_KEY_USAGES] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                      "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                      "cRLSign",          "encipherOnly",   "decipherOnly"};
    return bit < ENS_KEY_USAGES ? names[bit] : "?";
}

char ens__key_usage_setting(unsigned u)
{
    unsigned exchange = u & (ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT),
             sign = u & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION);
    if (u & ~(ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT | ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION) ||
        exchange == (ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT))
        return 0;
    if (sign == ENS_KU_NON_REPUDIATION)
        return exchange ? 0 : 'A';
    if (sign == (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION))
        return exchange ? 'F' : 'B';
    if (sign == ENS_KU_DIGITAL_SIGNATURE)
        return exchange ? 'D' : 'C';
    return exchange ? 'E' : 0;
}

const char *ens__key_usage_setting_words(char setting)
{
    static const char *const words[] = {"commits to content",
                                        "signs, and commits to content",
                                        "signs",
                                        "signs, and exchanges keys",
                                        "exchanges keys",
                                        "signs, commits to content, and exchanges keys"};
    return setting >= 'A' && setting <= 'F' ? words[setting - 'A'] : "";
}

const char *ens__key_name(const ens_cert *c, char out[24])
{
    static const char *const kinds[] = {"other", "rsa", "rsapss", "ec", "ed"};
    const char *kind = (unsigned)c->key_type < sizeof kinds / sizeof *kinds ? kinds[c->key_type] : kinds[0];
    if (c->key_type == ENS_KEY_EDDSA)
        snprintf(out, 24, "%s", c->key_bits > 256 ? "ed448" : "ed25519");
    else
        snprintf(out, 24, "%s%u", kind, c->key_bits);
    return out;
}
