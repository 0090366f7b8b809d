#include "cli/sealer.h"

#include "cli/output.h"
#include "engine/file.h"

#include <stdio.h>
#include <unistd.h>

#define KEY_FILE_MAX ((size_t)1 << 20)

/* domain_of is the name of this machine, qualified: a message id wants one (ics2-hti 2.3). */
static const char *domain_of(char out[256])
{
    char name[200];
    if (gethostname(name, sizeof name) != 0)
        snprintf(name, sizeof name, "localhost");
    name[sizeof name - 1] = '\0';
    snprintf(out, 256, "%s%s", name, strchr(name, '.') ? "" : ".localdomain");
    return out;
}

static ens_code load(const ens_sealer_files *f, ens_slice key, ens_slice cert, ens_time at, ens_sealer **out, ens_err *err)
{
    char domain[256], *pass = NULL;
    ens_sealer_options o = {.key = key, .certificate = cert, .at = at, .force = f->force, .domain = f->domain ? f->domain : domain_of(domain)};
    ens_code code = ens__pass_phrase(f->pass_file, f->key, false, &pass, err);
    if (code != ENS_OK)
        return code;
    o.key_pass = o.certificate_pass = pass;
    code = ens_sealer_new(&o, out, err);
    if (code == ENS_EPOLICY && !pass && err->n && strstr(err->frame[0].what, "pass phrase")) {
        *err = (ens_err){0};
        code = ens__pass_phrase(NULL, f->key, true, &pass, err);
        o.key_pass = o.certificate_pass = pass;
        code = code == ENS_OK ? ens_sealer_new(&o, out, err) : code;
    }
    ens__pass_phrase_free(pass);
    return code;
}

ens_code ens__sealer_load(const ens_sealer_files *f, ens_time at, ens_sealer **out, ens_err *err)
{
    ens_file key = {0}, cert = {0};
    ens_code code = ens__file_open(f->key, KEY_FILE_MAX, &key, err);
    if (code == ENS_OK)
        code = ens__file_open(f->cert, KEY_FILE_MAX, &cert, err);
    if (code == ENS_OK)
        code = load(f, key.bytes, cert.bytes, at, out, err);
    ens__file_close(&key);
    ens__file_close(&cert);
    return code;
}
