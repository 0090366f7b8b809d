#include "bench/aims.h"

#include "bench/chart.h"

#include <stdio.h>

static const ens_aim aims[] = {
    {"verify, 12 KB, RSA-2048, known signer", "as4/verify/rsa2048-ens12k", ENS_AIM_RATIO, 0.80},
    {"verify, RSA-4096", "as4/verify/rsa4096-ens12k", ENS_AIM_RATIO, 0.88},
    {"seal, RSA-2048", "as4/seal/rsa2048-ens12k", ENS_AIM_RATIO, 0.95},
    {"seal, RSA-3072", "as4/seal/rsa3072-ens12k", ENS_AIM_RATIO, 0.98},
    {"seal, RSA-4096", "as4/seal/rsa4096-ens12k", ENS_AIM_RATIO, 0.99},
    {"receipt, checked against its message", "as4/receipt/rsa2048-ens12k-check", ENS_AIM_RATIO, 0.80},
    {"path of three RSA-2048 certificates", "certs/path/rsa2048-ens12k", ENS_AIM_RATIO, 0.85},
    {"verify beside xmlsec1 in process", "xmlsec1/verify/rsa2048-ens12k", ENS_AIM_FASTER, 5},
    {"verify beside phase4", "phase4/verify/rsa2048-ens12k", ENS_AIM_FASTER, 15},
    {"scan an envelope", "engine/scan/rsa2048-ens12k-envelope", ENS_AIM_BYTES, 1e9},
    {"view of a certificate", "certs/parse/rsa2048-ens12k", ENS_AIM_TIME, 2},
    {"allocations of our own, verify", "as4/verify/rsa2048-ens12k", ENS_AIM_ALLOCS, 0},
    {"allocations of our own, seal", "as4/seal/rsa2048-ens12k", ENS_AIM_ALLOCS, 0},
};

const ens_aim *ens__aim_at(unsigned i)
{
    return i < sizeof aims / sizeof *aims ? &aims[i] : NULL;
}

static double figure_of(const ens_aim *aim, const ens_measurement *m)
{
    switch (aim->kind) {
    case ENS_AIM_RATIO:
        return m->ratio;
    case ENS_AIM_FASTER:
        return m->ours_us > 0 ? m->mean_us / m->ours_us : 0;
    case ENS_AIM_RATE:
        return m->ops_per_s;
    case ENS_AIM_BYTES:
        return m->bytes * m->ops_per_s;
    case ENS_AIM_TIME:
        return m->mean_us;
    case ENS_AIM_MEMORY:
        return m->peak_bytes;
    case ENS_AIM_ALLOCS:
        break;
    }
    return m->allocs_per_op;
}

static bool is_bound(const ens_aim *aim)
{
    return aim->kind == ENS_AIM_TIME || aim->kind == ENS_AIM_MEMORY || aim->kind == ENS_AIM_ALLOCS;
}

bool ens__aim_judge(const ens_aim *aim, const ens_results *results, double *measured, bool *reached)
{
    const ens_measurement *m = ens__results_find(results, aim->name, 1);
    if (!m)
        return false;
    *measured = figure_of(aim, m);
    *reached = is_bound(aim) ? *measured <= aim->wanted : *measured >= aim->wanted;
    return true;
}

const char *ens__aim_text(const ens_aim *aim, double figure, char out[48])
{
    char number[32];
    switch (aim->kind) {
    case ENS_AIM_RATIO:
        snprintf(out, 48, "%.3f", figure);
        break;
    case ENS_AIM_FASTER:
        snprintf(out, 48, "%.1f ×", figure);
        break;
    case ENS_AIM_RATE:
        snprintf(out, 48, "%s/s", ens__chart_number(figure, number));
        break;
    case ENS_AIM_BYTES:
        snprintf(out, 48, "%.2f GB/s", figure / 1e9);
        break;
    case ENS_AIM_TIME:
        snprintf(out, 48, "%s µs", ens__chart_number(figure, number));
        break;
    case ENS_AIM_MEMORY:
        snprintf(out, 48, "%.1f MB", figure / 1e6);
        break;
    case ENS_AIM_ALLOCS:
        snprintf(out, 48, "%.2g", figure);
        break;
    }
    return out;
}

const char *ens__aim_wanted(const ens_aim *aim, char out[64])
{
    char figure[48];
    snprintf(out, 64, "%s %s", is_bound(aim) ? "at most" : "at least", ens__aim_text(aim, aim->wanted, figure));
    return out;
}
