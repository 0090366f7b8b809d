/* Input: two bytes for the length of a certificate's DER, that DER, and a snapshot whose checksum is made right.
 * Whatever the lists say, the same gives the same; a CA is taken only by lists that were asked, with a state that says
 * so; every failure explains itself. */
#include "tests/fuzz/target.h"

#include "certs/lists/snapshot_format.h"
#include "certs/lists/snapshot_sum.h"
#include "certs/path/trust.h"
#include "certs/qualify/acceptance.h"
#include "engine/base/digest.h"
#include "engine/base/report.h"

#include <string.h>

#define AT 1790856000

typedef struct {
    ens_report report;
    ens__timeline timeline;
    ens__accepted accepted;
} judged;

static void judge(const ens_trust *trust, const ens_chain *chain, judged *out)
{
    ens__acceptance_options o = {.trust = trust, .at = AT};
    ens__path path;
    ens__acceptance found;
    out->timeline.num = 0;
    ens__report_init(&out->report);
    ens__path_build(trust, chain, AT, NULL, &path);
    ens__acceptance_find(chain, &path, &o, &found);
    ens__acceptance_tell(&found, &path, &out->timeline, &out->accepted, &out->report);
}

static bool has(const judged *j, const char *id, ens_outcome outcome)
{
    for (size_t i = 0; i < ens_report_num(&j->report); i++)
        if (strcmp(ens_report_get(&j->report, i)->id, id) == 0 && ens_report_get(&j->report, i)->outcome == outcome)
            return true;
    return false;
}

static void check(const judged *j)
{
    const ens__accepted *a = &j->accepted;
    ens_verdict verdict = ens_report_verdict(&j->report);
    for (size_t i = 0; i < ens_report_num(&j->report); i++) {
        const ens_finding *f = ens_report_get(&j->report, i);
        ENS_HOLDS(f->id && f->rule && (f->outcome != ENS_FAIL || (f->seen && f->hint)));
    }
    ENS_HOLDS(a->acceptance == ENS_ACCEPTANCE_NONE ||
              (a->qualified && has(j, "lists.loaded", ENS_PASS) && has(j, "lists.found", ENS_PASS)));
    ENS_HOLDS(verdict != ENS_ACCEPTED || a->acceptance != ENS_ACCEPTANCE_NONE);
    ENS_HOLDS(a->acceptance == ENS_ACCEPTANCE_NONE || verdict != ENS_REFUSED); /* undecided: by a stale list */
    ENS_HOLDS(a->acceptance == ENS_ACCEPTANCE_NONE || a->acceptance == ENS_ACCEPTANCE_LISTED ||
              a->at_validation >= ENS_QCERT_FOR_ESIG);
}

static void against(ens_snapshot *snapshot, const ens_chain *chain)
{
    ens_trust *trust = ens_trust_new();
    if (!trust || ens__trust_take_lists(trust, snapshot, NULL) != ENS_OK) {
        ens__snapshot_free(snapshot);
        ens_trust_free(trust);
        return;
    }
    judged first, second;
    judge(trust, chain, &first);
    judge(trust, chain, &second);
    check(&first);
    ENS_HOLDS(first.accepted.acceptance == second.accepted.acceptance &&
              first.accepted.at_issuance == second.accepted.at_issuance);
    ENS_HOLDS(ens_report_num(&first.report) == ens_report_num(&second.report) &&
              first.timeline.num == second.timeline.num);
    ens__report_clear(&first.report);
    ens__report_clear(&second.report);
    ens_trust_free(trust);
}

ENS_FUZZ_TARGET(acceptance)
{
    size_t len = size >= 2 ? (size_t)data[0] << 8 | data[1] : 0;
    static ens_chain chain;
    ens_snapshot *snapshot = NULL;
    chain.num = 1;
    if (size < 2 || len > size - 2 || ens_cert_parse(ens_bytes(data + 2, len), &chain.cert[0], NULL) != ENS_OK)
        return;
    size -= 2 + len;
    uint8_t *copy = malloc(size + 1);
    if (!copy)
        return;
    memcpy(copy, data + 2 + len, size);
    ens_rec_header *h = (void *)copy;
    if (size >= sizeof *h) {
        h->size = size;
        h->checksum = ens__snapshot_checksum(ens_bytes(copy + ENS_SNAPSHOT_SUMMED, size - ENS_SNAPSHOT_SUMMED));
        if (ens__snapshot_open(ens_bytes(copy, size), &snapshot, NULL) == ENS_OK)
            against(snapshot, &chain);
    }
    free(copy);
}
