/* The command ensign: one sub-command per file; see command.h. */
#include "cli/command.h"
#include "engine/base/file.h"
#include "show/output.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define KEPT (64 << 20) /* bytes that are free and stay the process's */

static const struct {
    const char *name, *about;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"cert", "show or pre-flight a certificate, or say what to order", ens__cmd_cert},
    {"eori", "check EORI numbers", ens__cmd_eori},
    {"party", "keep the registry that stands in for UUM&DS", ens__cmd_party},
    {"trust", "keep the EU's trusted lists, and look into them", ens__cmd_trust},
    {"watch", "judge all certificates again, and tell what changed", ens__cmd_watch},
    {"seal", "seal an ENS message or a signal", ens__cmd_seal},
    {"send", "send messages, and prove their receipts", ens__cmd_send},
    {"ping", "send a test message, and prove its receipt", ens__cmd_ping},
    {"pull", "fetch what customs have for a party, and acknowledge it", ens__cmd_pull},
    {"verify", "judge messages as the STI access point does", ens__cmd_verify},
    {"ens", "check, show or begin a business document", ens__cmd_ens},
    {"worker", "answer requests of other programs, as lines of JSON", ens__cmd_worker},
    {"pdf", "sign the registration PDF, and judge it before it is uploaded", ens__cmd_pdf},
    {"account", "rehearse the account of a person at French Customs", ens__cmd_account},
    {"rights", "rehearse the request for the rights in UUM&DS", ens__cmd_rights},
    {"register", "rehearse the registration of a certificate", ens__cmd_register},
    {"receipt", "prove a receipt against the message it is for", ens__cmd_receipt},
    {"serve", "take messages as the STI does, and lose none", ens__cmd_serve},
    {"proxy", "stand in front of another access point, and predict it", ens__cmd_proxy},
    {"learn", "enter what another access point answered elsewhere", ens__cmd_learn},
    {"journal", "read what came and went", ens__cmd_journal},
    {"filing", "see what customs keep of filings", ens__cmd_filing},
    {"officer", "order what an officer of customs decides", ens__cmd_officer},
    {"clock", "set the clock of an access point", ens__cmd_clock},
    {"evidence", "put what proves a filing into one archive, and prove it", ens__cmd_evidence},
    {"store", "keep the store of an access point", ens__cmd_store},
    {"conformance", "try an access point with sound and faulty messages", ens__cmd_conformance},
    {"doctor", "say what any file is, what is wrong, and who has to act", ens__cmd_doctor},
    {"anonymise", "make a message that one may send on, with the same findings", ens__cmd_anonymise},
    {"explain", "say what the code of an answer means and what to try", ens__cmd_explain},
};
#define NUM_COMMANDS (sizeof commands / sizeof *commands)

static int help(FILE *to)
{
    fputs("usage: ensign COMMAND ...\n\n"
          "Proves, before the real ICS2 system does, that a sealing certificate will be accepted\n"
          "and that every AS4 message sealed with it will pass.\n\n",
          to);
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        fprintf(to, "  %-11s  %s\n", commands[i].name, commands[i].about);
    fputs("\n`ensign help COMMAND` tells more. Exit status: 0 accepted or done, 1 refused, 2 could not judge.\n", to);
    return to == stdout ? ENS_EXIT_GOOD : ENS_EXIT_UNKNOWN;
}

static int run_command(const char *name, int argc, char **argv)
{
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc, argv);
    ens__say("ensign: there is no command %s; `ensign help` lists them\n", name);
    return ENS_EXIT_UNKNOWN;
}

/* `help --names` lists the full name of every command. */
static int list_names(void)
{
    char names[] = ENS_NAMES_OPTION;
    for (size_t i = 0; i < NUM_COMMANDS; i++) {
        char name[32], *args[] = {name, names, NULL};
        snprintf(name, sizeof name, "%s", commands[i].name);
        commands[i].run(2, args);
    }
    return ENS_EXIT_GOOD;
}

/* `help CMD [SUB]` is `CMD [SUB] --help`. */
static int help_on(int argc, char **argv)
{
    if (strcmp(argv[2], ENS_NAMES_OPTION) == 0)
        return list_names();
    char flag[] = "--help";
    char *args[4] = {argv[2], argc > 3 ? argv[3] : flag, argc > 3 ? flag : NULL, NULL};
    return run_command(argv[2], argc > 3 ? 3 : 2, args);
}

/* set_up is for a process that lives as long as one command: memory goes back at its end, and nothing is torn down one
 * by one. Threads would hand it back and fetch it again at each file, which stops the others. */
static void set_up(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, KEPT);
    mallopt(M_MMAP_THRESHOLD, KEPT / 8);
#endif
    OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
    ens__file_guard();
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2)
        return help(stderr);
    if (strcmp(argv[1], "--version") == 0) {
        printf("ensign %s\n", ens_version());
        return ENS_EXIT_GOOD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || (strcmp(argv[1], "help") == 0 && argc == 2))
        return help(stdout);
    set_up();
    int status = strcmp(argv[1], "help") == 0 ? help_on(argc, argv) : run_command(argv[1], argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ens__say("ensign: stdout could not be written\n");
        return ENS_EXIT_UNKNOWN;
    }
    return status;
}
