#include "cli/tls_purpose.h"

#include "cli/inputs.h"

#include <stdlib.h>

#define ARENA_MAX ((size_t)1 << 20)

static bool is_registered(void *ctx, const char *sha256, bool *known)
{
    ens_tls_purpose *p = ctx;
    ens__registration *holders = NULL;
    ens_arena arena;
    size_t num = 0;
    ens_arena_init(&arena, ARENA_MAX);
    *known = ens__uumds_holders(p->registry, sha256, &arena, &holders, &num, NULL) == ENS_OK;
    ens_arena_free(&arena);
    return *known && num;
}

ens_code ens__tls_purpose_open(const ens_values *seals, const char *pass_file, const char *registry,
                               ens_tls_purpose *out, ens_err *err)
{
    ens_code code = ENS_OK;
    *out = (ens_tls_purpose){0};
    if (seals->num && !(out->seals = calloc(seals->num, sizeof *out->seals)))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    for (size_t i = 0; i < seals->num && code == ENS_OK; i++) {
        code = ens__certificates_open_whole(seals->item[i], pass_file, &out->seals[i], err);
        if (code == ENS_OK)
            out->num_seals++;
        else
            code = ens_within(err, code, seals->item[i]);
    }
    if (code == ENS_OK && registry)
        code = ens__uumds_open(registry, false, &out->registry, err);
    out->asked = (ens__tls_purpose){.seals = (const ens_certificates *const *)out->seals,
                                    .num_seals = out->num_seals,
                                    .is_registered = out->registry ? is_registered : NULL,
                                    .ctx = out};
    return code;
}

void ens__tls_purpose_close(ens_tls_purpose *p)
{
    for (size_t i = 0; i < p->num_seals; i++)
        ens_certificates_free(p->seals[i]);
    free(p->seals);
    if (p->registry)
        ens__uumds_close(p->registry);
    *p = (ens_tls_purpose){0};
}
