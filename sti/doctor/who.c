#include "sti/doctor/who.h"

#include "engine/base/bytes.h"

static const struct {
    const char *key;
    ens_who who;
} table[] = {
#define WHO(key, who) {key, ENS_WHO_##who},
#include "sti/doctor/who.inc"
#undef WHO
};
#define NUM (sizeof table / sizeof *table)

const char *ens__who_row(size_t i)
{
    return i < NUM ? table[i].key : NULL;
}

const char *ens__who_name(ens_who who)
{
    static const char *const names[] = {"nobody", "you", "provider", "ca", "customs"};
    return names[who];
}

const char *ens__who_words(ens_who who)
{
    static const char *const words[] = {"nobody", "you", "your provider, or who runs your access point",
                                        "the CA that issued the certificate", "customs"};
    return words[who];
}

ens_who ens__who_of(const char *check, bool of_customs)
{
    ens_who who = ENS_WHO_NOBODY;
    size_t family = strcspn(check, "."), best = 0;
    for (size_t i = 0; i < NUM; i++) {
        size_t len = strlen(table[i].key);
        bool own = strcmp(table[i].key, check) == 0;
        if (len > best && (own || (len == family && memcmp(table[i].key, check, len) == 0))) {
            who = table[i].who;
            best = len;
        }
    }
    if (of_customs && (who == ENS_WHO_PROVIDER || who == ENS_WHO_YOU))
        return ENS_WHO_CUSTOMS;
    return who;
}

ens_who ens__who_of_code(ens_slice code, ens_slice subcode)
{
    if (ens_is(code, "EBMS:0006"))
        return ENS_WHO_NOBODY; /* nothing waits */
    if (ens_is(subcode, "A002") || ens_is(subcode, "A003") || ens_is(code, "EBMS:0202"))
        return ENS_WHO_CUSTOMS;
    if (ens_is(subcode, "A001") || ens_starts(code, ENS_LIT("IE3N")))
        return ENS_WHO_YOU;
    return ENS_WHO_PROVIDER;
}
