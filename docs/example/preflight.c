/* Pre-flights one seal certificate: cc preflight.c $(pkg-config --cflags --libs ensign) && ./a.out CERTIFICATE TRUST
 * [EORI [TIME]] TRUST is a PEM file of anchors, or a cache of trusted lists; TIME is RFC 3339, without it now. */
#include <ensign/preflight.h>
#include <stdio.h>
#include <stdlib.h>

static ens_slice slurp(const char *path)
{
    ens_slice s = {0};
    FILE *f = fopen(path, "rb");
    long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    uint8_t *p = size > 0 ? malloc((size_t)size) : NULL;
    if (p && fseek(f, 0, SEEK_SET) == 0 && fread(p, 1, (size_t)size, f) == (size_t)size)
        s = (ens_slice){p, (size_t)size};
    if (f)
        fclose(f);
    return s;
}

static void tell(const ens_preflight_result *r, const ens_report *report)
{
    char until[ENS_TIME_TEXT];
    printf("%s, %s; EORI %s\n", ens_verdict_name(r->verdict), ens_acceptance_name(r->acceptance),
           ens_binding_name(r->binding));
    if (r->valid_until != ENS_TIME_NONE)
        printf("until %s: %s\n", ens_time_format(r->valid_until, until), r->valid_until_reason);
    for (size_t i = 0; i < ens_report_num(report); i++) {
        char detail[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL || (f->outcome == ENS_SKIP && f->needed))
            printf("  %s: %s\n    -> %s\n", f->id, ens_finding_detail(f, detail), f->hint ? f->hint : "-");
    }
}

int main(int argc, char **argv)
{
    ens_err err = {0};
    char text[512];
    ens_certificates *certificates = NULL;
    ens_preflight_result result;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    if (argc < 3 || !trust || !report)
        return 2;
    ens_slice file = slurp(argv[1]);
    if (ens_trust_add(trust, argv[2], &err) != ENS_OK ||
        ens_certificates_new(file, getenv("ENSIGN_PASS"), &certificates, &err) != ENS_OK) {
        fprintf(stderr, "%s\n", ens_err_format(&err, text, sizeof text));
        return 2;
    }
    ens_time at = ens_time_now();
    if (argc > 4 && ens_time_parse(ens_str(argv[4]), &at, &err) != ENS_OK)
        return 2;
    ens_preflight_options options = {.trust = trust, .eori = ens_str(argc > 3 ? argv[3] : NULL), .at = at};
    ens_preflight(certificates, &options, &result, report);
    tell(&result, report);
    int status = result.verdict == ENS_ACCEPTED ? 0 : result.verdict == ENS_REFUSED ? 1 : 2;
    ens_certificates_free(certificates);
    ens_report_free(report);
    ens_trust_free(trust);
    free((void *)file.p);
    return status;
}
