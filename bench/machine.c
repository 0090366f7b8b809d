#include "bench/machine.h"

#include "bench/counters.h"

#include <libdeflate.h>
#include <libxml/xmlversion.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Those that decide how fast RSA, SHA-256, CRC-32 and a scan can be. */
static const char *const features[] = {"sha_ni", "ssse3",   "pclmulqdq",  "bmi2",       "adx",
                                       "avx2",   "avx512f", "avx512ifma", "avx512vbmi", "vpclmulqdq"};

/* take_value copies what stands behind "key : " of a line of /proc/cpuinfo. */
static void take_value(const char *line, const char *key, char *out, size_t size)
{
    const char *colon = strchr(line, ':');
    if (!out[0] && colon && strncmp(line, key, strlen(key)) == 0)
        snprintf(out, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
}

static void list_features(const char *flags, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        const char *found = strstr(flags, features[i]);
        size_t len = strlen(features[i]);
        while (found && ((found != flags && found[-1] != ' ') || (found[len] && found[len] != ' ')))
            found = strstr(found + 1, features[i]);
        if (found && at < ENS_MACHINE_TEXT)
            at += (size_t)snprintf(out + at, ENS_MACHINE_TEXT - at, "%s%s", at ? " " : "", features[i]);
    }
}

void ens__machine_read(ens_machine *m)
{
    char line[4096], flags[4096] = "";
    struct utsname u;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const char *reason = ens__counters_reason();
    *m = (ens_machine){.cores = cores > 0 ? (unsigned)cores : 1, .compiler = ENS_MACHINE_COMPILER};
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        take_value(line, "model name", m->processor, sizeof m->processor);
        take_value(line, "flags", flags, sizeof flags);
    }
    if (f)
        fclose(f);
    if (!m->processor[0])
        snprintf(m->processor, sizeof m->processor, "a processor that has no name");
    list_features(flags, m->features);
    if (uname(&u) == 0)
        snprintf(m->system, sizeof m->system, "%.40s %.60s %.40s", u.sysname, u.release, u.machine);
    snprintf(m->libraries, sizeof m->libraries, "OpenSSL %s, libxml2 %s, libdeflate %s",
             OpenSSL_version(OPENSSL_VERSION_STRING), LIBXML_DOTTED_VERSION, LIBDEFLATE_VERSION_STRING);
    snprintf(m->counters, sizeof m->counters, "%s", reason ? reason : "");
}
