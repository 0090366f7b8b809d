/* Judges one message: cc judge.c $(pkg-config --cflags --libs ensign) && ./a.out MESSAGE ANCHORS.pem */
#include <ensign/verify.h>
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

int main(int argc, char **argv)
{
    ens_err err = {0};
    char text[256];
    ens_verifier *verifier = NULL;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    if (argc != 3 || !trust || !report)
        return 2;
    if (ens_trust_add(trust, argv[2], &err) != ENS_OK || ens_verifier_new(&verifier, &err) != ENS_OK) {
        fprintf(stderr, "%s\n", ens_err_format(&err, text, sizeof text));
        return 2;
    }
    ens_slice bytes = slurp(argv[1]);
    ens_verify_options options = {.trust = trust, .at = ens_time_now()};
    ens_message message;
    ens_verify(verifier, bytes, &options, &message, report);
    ens_answer answer = ens_answer_of(report);
    printf("%s %s\n", ens_verdict_name(answer.verdict), answer.code ? answer.code : "");
    for (size_t i = 0; i < ens_report_num(report); i++) {
        char detail[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL)
            printf("  %s: %s\n    -> %s\n", f->id, ens_finding_detail(f, detail), f->hint);
    }
    ens_report_free(report);
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    free((void *)bytes.p);
    return answer.verdict == ENS_ACCEPTED ? 0 : answer.verdict == ENS_REFUSED ? 1 : 2;
}
