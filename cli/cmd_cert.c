/* ensign cert: what a certificate is, and whether it would be accepted. */
#include "cli/cmd_cert_check.h"

#include "certs/keys/chain.h"
#include "engine/base/file.h"
#include "show/certificate.h"
#include "show/output.h"

#include <stdio.h>

#define SHOW_ARENA_MAX ((size_t)8 << 20)
#define SHOW_MAX ((size_t)1 << 20) /* bytes of text on one certificate */

static void print_certificate(const ens_cert *cert, ens_time at)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, SHOW_MAX);
    ens__page page = ens__page_on_stdout(&out);
    ens__certificate_page(&page, cert, at);
    ens__write_out(stdout, ens_buf_slice(&out));
    ens_buf_free(&out);
}

static int show_chain(const ens_chain *chain, const char *path, ens_time at, bool json)
{
    for (size_t i = 0; i < chain->num; i++) {
        if (json) {
            json_t *o = ens__certificate_json(&chain->cert[i]);
            json_object_set_new(o, "file", ens__json_text(path));
            json_object_set_new(o, "index", json_integer((json_int_t)i));
            if (!ens__json_print(o))
                return ENS_EXIT_UNKNOWN;
            continue;
        }
        if (chain->num > 1)
            printf("%s%s, certificate %zu of %zu%s\n", i ? "\n" : "", path, i + 1, chain->num,
                   i == 0 ? " (the signer's)" : "");
        print_certificate(&chain->cert[i], at);
    }
    return ENS_EXIT_GOOD;
}

static int show_file(const ens_command *command, const char *path, const char *pass_file, ens_time at, bool json)
{
    ens_arena arena;
    ens_chain chain;
    ens_err err = {0};
    int status = ENS_EXIT_UNKNOWN;
    ens_arena_init(&arena, SHOW_ARENA_MAX);
    if (ens__certificate_load(path, pass_file, &arena, &chain, &err) == ENS_OK)
        status = show_chain(&chain, path, at, json);
    else
        ens__say_error(command->name, path, &err);
    ens_arena_free(&arena);
    return status;
}

static int show_command(int argc, char **argv)
{
    bool json = false;
    const char *pass_file = NULL, *when = NULL;
    const ens_option table[] = {
        {"json", 0, NULL, "one JSON object per certificate on a line", &json, NULL, NULL},
        {"at", 0, "TIME", "count the days left from this time; without it, now", NULL, &when, NULL},
        {"pass-file", 0, "FILE", "pass phrase of a PKCS#12 file (else ENSIGN_PASS, or a prompt)", NULL, &pass_file,
         NULL},
    };
    const ens_command command = {
        "cert show", "FILE [--json]",
        "Says in words what is in a certificate: PEM, DER, PKIPath or PKCS#12, alone or with its chain.", table,
        sizeof table / sizeof *table};
    ens_values files = {0};
    ens_time at = ens_time_now();
    ens_err err = {0};
    int status;
    if (ens__command_parse(&command, argc, argv, &files, &status)) {
        status = files.num ? ENS_EXIT_GOOD : ens__command_usage(&command, "no file given");
        if (when && ens_time_parse(ens_str(when), &at, &err) != ENS_OK) {
            ens__say_error(command.name, when, &err);
            status = ENS_EXIT_UNKNOWN;
        } else {
            for (size_t i = 0; i < files.num; i++)
                status = ens__worst(status, show_file(&command, files.item[i], pass_file, at, json));
        }
    }
    ens__values_free(&files);
    return status;
}

int ens_cmd_cert(int argc, char **argv)
{
    static const ens_command command = {"cert", "show|check FILE... [options]",
                                        "show      say in words what a certificate is\n"
                                        "check     pre-flight a seal certificate before it is registered",
                                        NULL, 0};
    if (argc > 1 && strcmp(argv[1], "show") == 0)
        return show_command(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "check") == 0)
        return ens__cert_check_command(argc - 1, argv + 1);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        ens__command_help(&command);
        return ENS_EXIT_GOOD;
    }
    return ens__command_usage(&command, argc > 1 ? "there is no cert %s" : "say what to do%s", argc > 1 ? argv[1] : "");
}
