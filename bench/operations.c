#include "bench/operations.h"

#include "bench/token.h"

#include <stdio.h>

const ens_operation *ens__operation_at(unsigned i)
{
    static const ens_operation none[1];
    const ens_operation *const lists[] = {ens__operations_engine, ens__operations_certs,
                                          ens__operations_lists,  ens__operations_as4,
                                          ens__operations_sti,    ens__token_is_open() ? ens__operations_token : none};
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++)
        for (const ens_operation *o = lists[k]; o->name; o++)
            if (i-- == 0)
                return o;
    return NULL;
}

void ens__operation_name(const ens_operation *operation, const ens_input *input, char out[ENS_OPERATION_NAME])
{
    char of[ENS_SAMPLE_INPUT];
    if (operation->variant && operation->variant[0] == '/') {
        snprintf(out, ENS_OPERATION_NAME, "%s%s", operation->name, operation->variant);
        return;
    }
    ens__input_name(input, of);
    const char *size = strstr(of, "-ens");
    if (operation->variant && size && operation->variant[strlen(operation->variant) - 1] == '-') {
        snprintf(out, ENS_OPERATION_NAME, "%s/%s%s", operation->name, operation->variant, size + 4);
        return;
    }
    snprintf(out, ENS_OPERATION_NAME, "%s/%s%s%s", operation->name, of, operation->variant ? "-" : "",
             operation->variant ? operation->variant : "");
}

size_t ens__bytes_message(const ens_sample *s)
{
    return s->message.len;
}

size_t ens__bytes_envelope(const ens_sample *s)
{
    return s->message_parts.envelope.len;
}

size_t ens__bytes_document(const ens_sample *s)
{
    return s->document.len;
}

void ens__floor_path(ens_floor_plan *plan, const ens_sample *s)
{
    plan->ca_key = s->ca_key;
    for (unsigned i = 0; i + 1 < s->chain.num; i++) {
        ens__floor_hash(plan, s->chain.cert[i].tbs);
        plan->ca_verifications++;
    }
}
