#include "certs/path/timeline.h"

#include <string.h>

static bool ends_before(const ens__interval *a, const ens__interval *b)
{
    return a->until != ENS_TIME_NONE && (b->until == ENS_TIME_NONE || a->until < b->until);
}

static bool is_same(const ens__interval *a, const ens__interval *b)
{
    return a->from == b->from && a->until == b->until && a->news == b->news && strcmp(a->what, b->what) == 0 &&
           strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0;
}

void ens__timeline_add(ens__timeline *t, ens__interval added)
{
    size_t last = 0;
    for (size_t i = 0; i < t->num; i++) {
        if (is_same(&t->interval[i], &added))
            return;
        if (ends_before(&t->interval[last], &t->interval[i]))
            last = i;
    }
    if (t->num < ENS_TIMELINE_MAX)
        t->interval[t->num++] = added;
    else if (ends_before(&added, &t->interval[last]))
        t->interval[last] = added;
}

const ens__interval *ens__timeline_first(const ens__timeline *t, bool news, ens_time from)
{
    const ens__interval *first = NULL;
    for (size_t i = 0; i < t->num; i++) {
        const ens__interval *one = &t->interval[i];
        if (one->news == news && one->until != ENS_TIME_NONE && (from == ENS_TIME_NONE || one->until >= from) &&
            (!first || one->until < first->until))
            first = one;
    }
    return first;
}
