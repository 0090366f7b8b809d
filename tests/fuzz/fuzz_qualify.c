/* Input: how many states of services, eight bytes for each, and a certificate's DER. Only a granted CA/QC service
 * qualifies, and none that says NotQualified; nothing can be concluded only where services contradict each other; a
 * service of another kind changes nothing beside one that issues qualified certificates; the same input comes to the
 * same. */
#include "tests/fuzz/target.h"

#include "certs/qualify/qualify.h"

#define STATE_LEN 8u

static void read_state(const uint8_t *p, ens_standing *s)
{
    *s = (ens_standing){.type = p[0] % (ENS_SERVICE_QES_VALIDATION_Q + 1u),
                        .status = p[1] % (ENS_STATUS_ACCREDITATION_REVOKED + 1u),
                        .start = p[2] & 1 ? ENS_EIDAS_START - 1 : ENS_EIDAS_START,
                        .uses = p[3] & 0xF,
                        .qualifiers = ((unsigned)p[4] << 8 | p[5]) & ((1u << ENS_QUALIFIERS) - 1),
                        .unknown_qualifier = p[6] & 1,
                        .untold_qualifier = p[6] & 2,
                        .level = p[7] % 4u};
    for (unsigned uses = s->uses; uses; uses &= uses - 1)
        s->num_uses++;
    s->num_uses += p[2] >> 7;
}

static bool may_qualify(const ens_standings *standings)
{
    for (size_t i = 0; i < standings->num; i++) {
        const ens_standing *s = &standings->standing[i];
        if (s->type == ENS_SERVICE_CA_QC && ens__standing_granted(s) && !(s->qualifiers & ENS_QUALIFIER_NOT_QUALIFIED))
            return true;
    }
    return false;
}

static bool has_ca_qc(const ens_standings *standings)
{
    for (size_t i = 0; i < standings->num; i++)
        if (standings->standing[i].type == ENS_SERVICE_CA_QC)
            return true;
    return false;
}

static void result_is_founded(const ens_claims *claims, const ens_standings *standings)
{
    ens_qualifying q, again;
    ens__qualify(claims, standings, &q);
    ens__qualify(claims, standings, &again);
    ENS_HOLDS(q.result == again.result && q.decisive == again.decisive);
    ENS_HOLDS(q.result <= ENS_QCERT_FOR_UNKNOWN_QSCD);
    ENS_HOLDS((q.result == ENS_QUALIFIED_NA) == (q.step[ENS_STEP_CONFLICT] == ENS_STEP_NO));
    ENS_HOLDS(q.result < ENS_QCERT_FOR_ESIG || (q.decisive && may_qualify(standings)));
    ENS_HOLDS(q.result < ENS_QCERT_FOR_ESIG_QSCD || q.step[ENS_STEP_QSCD] == ENS_STEP_YES);
    ENS_HOLDS(q.step[ENS_STEP_SERVICE] == (standings->num ? ENS_STEP_YES : ENS_STEP_NO));
    if (!has_ca_qc(standings) || standings->num == ENS_STANDINGS_MAX)
        return;
    ens_standings more = *standings;
    more.standing[more.num++] =
        (ens_standing){.type = ENS_SERVICE_TSA, .status = ENS_STATUS_GRANTED, .start = ENS_EIDAS_START};
    ens__qualify(claims, &more, &again);
    ENS_HOLDS(q.result == again.result);
}

ENS_FUZZ_TARGET(qualify)
{
    ens_standings standings = {.num = size ? data[0] % (ENS_STANDINGS_MAX + 1u) : 0};
    size_t states = size ? (size - 1) / STATE_LEN : 0;
    standings.num = standings.num < states ? standings.num : states;
    for (size_t i = 0; i < standings.num; i++)
        read_state(data + 1 + i * STATE_LEN, &standings.standing[i]);
    size_t at = size ? 1 + standings.num * STATE_LEN : 0;
    ens_cert cert;
    ens_claims claims;
    if (ens_cert_parse(ens_bytes(data + at, size - at), &cert, NULL) != ENS_OK)
        return;
    ens__claims_read(&cert, &claims);
    ENS_HOLDS(!(claims.type & (claims.type - 1)));
    ENS_HOLDS(!claims.qualified || claims.qc.compliance || claims.before_eidas);
    result_is_founded(&claims, &standings);
}
