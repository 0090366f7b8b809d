/* Any certificate can be put to the rules of the profiles: each finding explains itself, quotes nothing that a terminal
 * obeys, and is the same the next time. The algorithms' dates are put to it as well. */
#include "tests/fuzz/target.h"

#include "certs/path/cryptopolicy.h"
#include "certs/profile/profile.h"
#include "engine/base/report.h"

static void judge(const ens_cert *cert, ens__timeline *timeline, ens_report *report)
{
    const ens_cert *const certs[] = {cert};
    ens__crypto_path path = {certs, 1, 1, false};
    *timeline = (ens__timeline){0};
    ens__profile_judge(cert, report);
    ens__crypto_policy_judge(&path, "crypto.algorithm", report);
    ens__crypto_judge(&path, cert->not_before, timeline, report);
}

static bool is_quiet(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static void check_finding(const ens_finding *f)
{
    bool fault = f->outcome == ENS_WARN || f->outcome == ENS_FAIL;
    ENS_HOLDS(f->id && f->rule && (ens__in_family(f, "profile") || ens__in_family(f, "crypto")));
    char text[ENS_DETAIL_TEXT];
    const char *detail = ens_finding_detail(f, text);
    ENS_HOLDS(f->outcome != ENS_SKIP && (!fault || (detail && f->hint)));
    ENS_HOLDS(!detail || (is_quiet(detail) && ens__is_utf8(ens_str(detail))));
}

ENS_FUZZ_TARGET(profile)
{
    ens_cert cert;
    ens__timeline first, second;
    ens_report one, two;
    if (ens_cert_parse(ens_bytes(data, size), &cert, NULL) != ENS_OK)
        return;
    ens__report_init(&one), ens__report_init(&two);
    judge(&cert, &first, &one), judge(&cert, &second, &two);
    ENS_HOLDS(ens_report_num(&one) > 5 && ens_report_num(&one) == ens_report_num(&two) && first.num == second.num);
    for (size_t i = 0; i < ens_report_num(&one); i++) {
        const ens_finding *f = ens_report_get(&one, i), *again = ens_report_get(&two, i);
        check_finding(f);
        ENS_HOLDS(strcmp(f->id, again->id) == 0 && f->outcome == again->outcome);
    }
    ens__report_clear(&one), ens__report_clear(&two);
}
