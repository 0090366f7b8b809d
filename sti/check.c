#include "sti/check.h"

void ens__check(ens_verifier *verifier, ens_slice bytes, const ens__check_options *options, ens_message *message,
                ens_report *report)
{
    ens_verify_options v = options->verify;
    ens_registry registry;
    if (options->registry) {
        registry = ens__uumds_registry(options->registry);
        v.registry = &registry;
    }
    ens_verify(verifier, bytes, &v, message, report);
}
