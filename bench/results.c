#include "bench/results.h"

#include <stdlib.h>

ens_measurement *ens__results_add(ens_results *r)
{
    if (!r->item)
        r->item = calloc(ENS_RESULTS_MAX, sizeof *r->item);
    return r->item && r->num < ENS_RESULTS_MAX ? &r->item[r->num++] : NULL;
}

const ens_measurement *ens__results_find(const ens_results *r, const char *name, unsigned threads)
{
    for (size_t i = r->num; i-- > 0;)
        if (r->item[i].threads == threads && strcmp(r->item[i].name, name) == 0)
            return &r->item[i];
    return NULL;
}

void ens__results_free(ens_results *r)
{
    free(r->item);
    *r = (ens_results){0};
}
