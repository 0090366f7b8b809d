#include "bench/aims.h"

#include "bench/chart.h"

#include <stdio.h>

static const ens_aim aims[] = {
    {"verify, 12 KB, RSA-2048, known signer, the document's root read", "as4/verify/rsa2048-ens12k-root", ENS_AIM_RATIO,
     0.88},
    {"the same, the document checked throughout", "as4/verify/rsa2048-ens12k-throughout", ENS_AIM_RATIO, 0.75},
    {"the same with a document of 100 KB", "as4/verify/rsa2048-ens100k-throughout", ENS_AIM_RATIO, 0.62},
    {"… of 1 MB", "as4/verify/rsa2048-ens1m-throughout", ENS_AIM_RATIO, 0.60},
    {"… with 3 attachments", "as4/verify/rsa2048-ens12k-3att-throughout", ENS_AIM_RATIO, 0.85},
    {"verify, signer never seen, the document checked throughout", "as4/verify/rsa2048-ens12k-cold-throughout",
     ENS_AIM_RATIO, 0.75},
    {"the same, the document judged by the message tables", "as4/verify/rsa2048-ens12k-cold", ENS_AIM_RATIO, 0.75},
    {"verify to the root, 64 messages of 8 signers by one call, beside the floor of one at a time",
     "as4/verify/rsa2048-ens12k-many-root", ENS_AIM_RATIO, 1.25},
    {"the same, the documents checked throughout", "as4/verify/rsa2048-ens12k-many-throughout", ENS_AIM_RATIO, 1.0},
    {"verify, RSA-4096, the document's root read", "as4/verify/rsa4096-ens12k-root", ENS_AIM_RATIO, 0.88},
    {"seal, 12 KB, RSA-2048, against the floor with deflate level 6", "as4/seal/rsa2048-ens12k", ENS_AIM_RATIO, 1.03},
    {"… 100 KB", "as4/seal/rsa2048-ens100k", ENS_AIM_RATIO, 1.5},
    {"… 1 MB", "as4/seal/rsa2048-ens1m", ENS_AIM_RATIO, 4},
    {"seal, RSA-4096", "as4/seal/rsa4096-ens12k", ENS_AIM_RATIO, 0.99},
    {"memory that sealing a document of 100 MB takes", "cli/seal/100m", ENS_AIM_MEMORY, 64e6},
    {"receipt, checked against its message", "as4/receipt/rsa2048-ens12k-check", ENS_AIM_RATIO, 0.85},
    {"path of three RSA-2048 certificates", "certs/path/rsa2048-ens12k", ENS_AIM_RATIO, 0.85},
    {"pre-flight of one certificate, lists and revocation at hand", "certs/preflight/rsa2048-ens12k", ENS_AIM_RATIO,
     0.80},
    {"what `cert check --json` writes of it, beside the check", "show/preflight/rsa2048-ens12k-json", ENS_AIM_TIME, 15},
    {"the lists of 2023 verified from nothing, CPU", "cli/trust-update/2023-lists", ENS_AIM_TIME, 90e3},
    {"their memory", "cli/trust-update/2023-lists", ENS_AIM_MEMORY, 100e6},
    {"their snapshot opened", "certs/snapshot/2023-lists", ENS_AIM_TIME, 500},
    {"1,000 messages by the command, one thread", "cli/verify/1000-files", ENS_AIM_RATIO, 0.60},
    {"1,000 messages by the command, two threads to one", "cli/verify/1000-files", ENS_AIM_SCALING, 1.9},
    {"328 seals by the command, two threads to one", "cli/cert-check/328-seals", ENS_AIM_SCALING, 1.8},
    {"verify to the document's root, beside xmlsec1 in process, its key given", "xmlsec1/verify/rsa2048-ens12k",
     ENS_AIM_FASTER, 5},
    {"… with the key from the token", "xmlsec1/verify/rsa2048-ens12k-token", ENS_AIM_FASTER, 11},
    {"verify to the document's root, beside phase4", "phase4/verify/rsa2048-ens12k", ENS_AIM_FASTER, 20},
    {"… beside bergshamra, which looks at the envelope alone", "bergshamra/verify/rsa2048-ens12k", ENS_AIM_FASTER, 2},
    {"scan an envelope", "engine/scan/rsa2048-ens12k-envelope", ENS_AIM_BYTES, 1e9},
    {"view of a certificate", "certs/parse/rsa2048-ens12k", ENS_AIM_TIME, 2},
    {"a request of 12 KB over mutual TLS 1.3, CPU of the server", "net/request/tls13-12k", ENS_AIM_TIME, 60},
    {"a full mutual handshake, RSA-2048, beside openssl s_server", "net/handshake/rsa2048", ENS_AIM_RATIO, 0.87},
    {"the same, beside one that is resumed", "net/handshake/rsa2048", ENS_AIM_FASTER, 4},
    {"memory of an idle TLS connection", "net/idle/tls13", ENS_AIM_MEMORY, 24576},
    {"a registration PDF signed, RSA-2048, beyond the signature", "sti/pdf/sign-rsa2048", ENS_AIM_OVER, 1000},
    {"a message of 12 KB pushed over mutual TLS, durable, its receipt signed: floor to CPU of the server",
     "sti/point/push-16", ENS_AIM_RATIO, 0.667},
    {"messages a second beside phase4's receiver", "phase4/point/push-16", ENS_AIM_FASTER, 5},
    {"memory that a message of 100 MB takes, 20 compressed", "sti/point/large", ENS_AIM_MEMORY, 64e6},
    {"memory of an idle TLS connection of the access point, 10,000 of them", "sti/point/idle-10000", ENS_AIM_MEMORY,
     24576},
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
        return m->ratio_min > 0 ? m->ratio_min : m->ratio;
    case ENS_AIM_FASTER:
        return m->ours_us > 0 ? ens__measurement_least(m) / m->ours_us : 0;
    case ENS_AIM_RATE:
        return m->ops_per_s;
    case ENS_AIM_BYTES:
        return m->bytes * m->ops_per_s;
    case ENS_AIM_TIME:
        return ens__measurement_least(m);
    case ENS_AIM_OVER:
        return m->mean_us - m->floor_us;
    case ENS_AIM_MEMORY:
        return m->peak_bytes;
    case ENS_AIM_SCALING:
    case ENS_AIM_ALLOCS:
        break;
    }
    return m->allocs_per_op;
}

static bool is_bound(const ens_aim *aim)
{
    return aim->kind == ENS_AIM_TIME || aim->kind == ENS_AIM_OVER || aim->kind == ENS_AIM_MEMORY ||
           aim->kind == ENS_AIM_ALLOCS;
}

bool ens__aim_judge(const ens_aim *aim, const ens_results *results, double *measured, bool *reached)
{
    const ens_measurement *m = ens__results_find(results, aim->name, 1);
    if (!m)
        return false;
    const ens_measurement *two = aim->kind == ENS_AIM_SCALING ? ens__results_find(results, aim->name, 2) : m;
    if (!two)
        return false;
    *measured = aim->kind == ENS_AIM_SCALING ? two->ops_per_s / m->ops_per_s : figure_of(aim, m);
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
    case ENS_AIM_SCALING:
        snprintf(out, 48, aim->kind == ENS_AIM_FASTER ? "%.1f ×" : "%.2f ×", figure);
        break;
    case ENS_AIM_RATE:
        snprintf(out, 48, "%s/s", ens__chart_number(figure, number));
        break;
    case ENS_AIM_BYTES:
        snprintf(out, 48, "%.2f GB/s", figure / 1e9);
        break;
    case ENS_AIM_TIME:
    case ENS_AIM_OVER:
        if (figure >= 1e6)
            snprintf(out, 48, "%s s", ens__chart_number(figure / 1e6, number));
        else if (figure >= 1000)
            snprintf(out, 48, "%s ms", ens__chart_number(figure / 1000, number));
        else
            snprintf(out, 48, "%s µs", ens__chart_number(figure, number));
        break;
    case ENS_AIM_MEMORY:
        snprintf(out, 48, figure < 1e6 ? "%.1f KB" : "%.1f MB", figure < 1e6 ? figure / 1e3 : figure / 1e6);
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
