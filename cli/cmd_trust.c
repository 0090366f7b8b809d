/* ensign trust: the EU's trusted lists; what they say of whom. */
#include "cli/trust.h"

#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
} subs[] = {{"update", ens__trust_update}, {"show", ens__trust_show}, {"find", ens__trust_find}};

int ens_cmd_trust(int argc, char **argv)
{
    static const ens_command command = {"trust", "update|show|find --cache DIR [options]",
                                        "update    get and verify the EU's trusted lists\n"
                                        "show      the lists in a cache, and what state they are in\n"
                                        "find      who is on them: country, provider, certificates",
                                        NULL, 0};
    for (size_t i = 0; argc > 1 && i < sizeof subs / sizeof *subs; i++)
        if (strcmp(argv[1], subs[i].name) == 0)
            return subs[i].run(argc - 1, argv + 1);
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        ens__command_help(&command);
        return ENS_EXIT_GOOD;
    }
    return ens__command_usage(&command, argc > 1 ? "there is no trust %s" : "say what to do%s",
                              argc > 1 ? argv[1] : "");
}
