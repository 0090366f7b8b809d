/* Input: how many states of services, eight bytes for each, and a certificate's DER. Only a granted CA/QC service
 * qualifies, and none that says NotQualified; nothing can be concluded only where services contradict each other; a
 * service of another kind changes nothing beside one that issues qualified certificates; the same input comes to the
 * same. */
#include "tests/fuzz/target.h"

#include "certs/qualify/qualify.h"

#define STATE_LEN 8u

static void read_state(const uint8_t *p, ens_service_state *s)
{
    *s = (ens_service_state){.type = p[0] % (ENS_SERVICE_QES_VALIDATION_Q + 1u),
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

static bool may_qualify(const ens_service_states *states)
{
    for (size_t i = 0; i < states->num; i++) {
        const ens_service_state *s = &states->state[i];
        if (s->type == ENS_SERVICE_CA_QC && ens__service_state_granted(s) &&
            !(s->qualifiers & ENS_QUALIFIER_NOT_QUALIFIED))
            return true;
    }
    return false;
}

static bool has_ca_qc(const ens_service_states *states)
{
    for (size_t i = 0; i < states->num; i++)
        if (states->state[i].type == ENS_SERVICE_CA_QC)
            return true;
    return false;
}

static void result_is_founded(const ens_cert_content *content, const ens_service_states *states)
{
    ens_qualifying q, again;
    ens__qualify(content, states, &q);
    ens__qualify(content, states, &again);
    ENS_HOLDS(q.result == again.result && q.decisive == again.decisive);
    ENS_HOLDS(q.result <= ENS_QCERT_FOR_UNKNOWN_QSCD);
    ENS_HOLDS((q.result == ENS_QUALIFIED_NA) == (q.step[ENS_STEP_CONFLICT] == ENS_STEP_NO));
    ENS_HOLDS(q.result < ENS_QCERT_FOR_ESIG || (q.decisive && may_qualify(states)));
    ENS_HOLDS(q.result < ENS_QCERT_FOR_ESIG_QSCD || q.step[ENS_STEP_QSCD] == ENS_STEP_YES);
    ENS_HOLDS(q.step[ENS_STEP_SERVICE] == (states->num ? ENS_STEP_YES : ENS_STEP_NO));
    if (!has_ca_qc(states) || states->num == ENS_SERVICE_STATES_MAX)
        return;
    ens_service_states more = *states;
    more.state[more.num++] =
        (ens_service_state){.type = ENS_SERVICE_TSA, .status = ENS_STATUS_GRANTED, .start = ENS_EIDAS_START};
    ens__qualify(content, &more, &again);
    ENS_HOLDS(q.result == again.result);
}

ENS_FUZZ_TARGET(qualify)
{
    ens_service_states states = {.num = size ? data[0] % (ENS_SERVICE_STATES_MAX + 1u) : 0};
    size_t whole = size ? (size - 1) / STATE_LEN : 0;
    states.num = states.num < whole ? states.num : whole;
    for (size_t i = 0; i < states.num; i++)
        read_state(data + 1 + i * STATE_LEN, &states.state[i]);
    size_t at = size ? 1 + states.num * STATE_LEN : 0;
    ens_cert cert;
    ens_cert_content content;
    if (ens_cert_parse(ens_bytes(data + at, size - at), &cert, NULL) != ENS_OK)
        return;
    ens__cert_content_read(&cert, &content);
    ENS_HOLDS(!(content.type & (content.type - 1)));
    ENS_HOLDS(!content.qualified || content.qc.compliance || content.before_eidas);
    result_is_founded(&content, &states);
}
