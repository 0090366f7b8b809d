#include "web/pages/text.h"

static const char *const texts[ENS_TEXTS][ENS_LANGUAGES] = {
#define TEXT(key, english, french) [ENS_T_##key] = {"" english, "" french},
#include "web/pages/texts.inc"
#undef TEXT
};
static const char *const codes[ENS_LANGUAGES] = {"en", "fr"};

const char *ens__text_of(ens_language language, ens_text_key key)
{
    return texts[key][language];
}

const char *ens__language_code(ens_language language)
{
    return codes[language];
}

bool ens__language_find(ens_slice code, ens_language *out)
{
    for (unsigned i = 0; i < ENS_LANGUAGES; i++)
        if (ens__eq_nocase(code, ens_str(codes[i]))) {
            *out = (ens_language)i;
            return true;
        }
    return false;
}

/* weight_of reads "0.8" as thousandths; what is no weight is none. */
static unsigned weight_of(ens_slice text)
{
    unsigned weight = 0, digits = 0;
    if (!text.len || text.p[0] == '1')
        return 1000;
    for (size_t i = 2; i < text.len && digits < 3 && text.p[i] >= '0' && text.p[i] <= '9'; i++, digits++)
        weight = weight * 10 + (unsigned)(text.p[i] - '0');
    for (; digits < 3; digits++)
        weight *= 10;
    return text.p[0] == '0' ? weight : 0;
}

/* take_range takes "fr-FR;q=0.8" up to its comma: the primary tag and the weight. */
static void take_range(ens_slice *rest, ens_slice *tag, unsigned *weight)
{
    size_t comma = ens__find(*rest, ENS_LIT(","), 0), end = 0;
    ens_slice one = ens__trim(ens_sub(*rest, 0, comma));
    size_t q = ens__find(one, ENS_LIT("q="), 0);
    *rest = ens_from(*rest, comma == SIZE_MAX ? comma : comma + 1);
    while (end < one.len && one.p[end] != '-' && one.p[end] != ';' && one.p[end] != ' ')
        end++;
    *tag = ens_sub(one, 0, end);
    *weight = weight_of(q != SIZE_MAX ? ens_from(one, q + 2) : (ens_slice){0});
}

ens_language ens__language_wanted(ens_slice chosen, ens_slice accept)
{
    ens_language best = ENS_ENGLISH, one;
    unsigned most = 0, weight;
    ens_slice tag;
    if (ens__language_find(chosen, &best))
        return best;
    while (accept.len) {
        take_range(&accept, &tag, &weight);
        if (weight > most && ens__language_find(tag, &one)) {
            best = one;
            most = weight;
        }
    }
    return best;
}
