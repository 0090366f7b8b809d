/* Seals a business document, and checks the receipt for it: cc seal.c $(pkg-config --cflags --libs ensign)
 *     ./a.out seal  DOCUMENT ACTION PARTYID KEY CHAIN MESSAGE    writes the message
 *     ./a.out check RECEIPT MESSAGE ANCHORS                      says whether the receipt is one for it */
#include <ensign/seal.h>
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

static int fail(const ens_err *err)
{
    char text[512];
    fprintf(stderr, "%s\n", ens_err_format(err, text, sizeof text));
    return 2;
}

static int seal(char **arg)
{
    ens_err err = {0};
    ens_sealer *sealer = NULL;
    ens_slice document = slurp(arg[0]), key = slurp(arg[3]), chain = slurp(arg[4]), message;
    ens_sealer_options options = {.key = key,
                                  .certificate = chain,
                                  .key_pass = getenv("ENSIGN_PASS"),
                                  .domain = "trader.example",
                                  .at = ens_time_now()};
    if (ens_sealer_new(&options, &sealer, &err) != ENS_OK)
        return fail(&err);
    ens_seal_part part = {.bytes = document, .cid = ens_str("message"), .type = ens_str("application/xml")};
    ens_seal_message_options header = {
        .action = ens_str(arg[1]), .from = ens_str(arg[2]), .at = ens_time_now(), .parts = &part, .num_parts = 1};
    ens_code code = ens_seal_message(sealer, &header, &message, &err);
    FILE *out = code == ENS_OK ? fopen(arg[5], "wb") : NULL;
    int status = out && fwrite(message.p, 1, message.len, out) == message.len && fclose(out) == 0 ? 0 : 2;
    if (code != ENS_OK)
        status = fail(&err);
    ens_sealer_free(sealer);
    free((void *)document.p);
    free((void *)key.p);
    free((void *)chain.p);
    return status;
}

static int check(char **arg)
{
    ens_err err = {0};
    ens_verifier *verifier = NULL;
    ens_trust *trust = ens_trust_new();
    ens_report *report = ens_report_new();
    ens_slice receipt = slurp(arg[0]), sent = slurp(arg[1]);
    ens_message message;
    if (!trust || !report || ens_trust_add(trust, arg[2], &err) != ENS_OK ||
        ens_verifier_new(&verifier, &err) != ENS_OK)
        return fail(&err);
    ens_verify_options options = {.trust = trust, .at = ens_time_now(), .role = ENS_ROLE_TRADER};
    ens_receipt_check(verifier, receipt, sent, &options, &message, report);
    ens_verdict verdict = ens_report_verdict(report);
    printf("%s %s\n", ens_message_kind_name(message.kind), ens_verdict_name(verdict));
    ens_report_free(report);
    ens_verifier_free(verifier);
    ens_trust_free(trust);
    free((void *)receipt.p);
    free((void *)sent.p);
    return verdict == ENS_ACCEPTED ? 0 : verdict == ENS_REFUSED ? 1 : 2;
}

int main(int argc, char **argv)
{
    if (argc == 8 && strcmp(argv[1], "seal") == 0)
        return seal(argv + 2);
    if (argc == 5 && strcmp(argv[1], "check") == 0)
        return check(argv + 2);
    fprintf(stderr, "seal DOCUMENT ACTION PARTYID KEY CHAIN MESSAGE, or check RECEIPT MESSAGE ANCHORS\n");
    return 2;
}
