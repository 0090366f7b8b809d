#include "cli/sealer.h"
#include "cli/pass_phrase.h"

#include "show/output.h"

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

/* make tries without a pass phrase first, unless one was given, and asks where the key or certificate wants one. */
static ens_code make(ens_sealer_source *s, const ens_sealer_files *f, ens_sealer **out, ens_err *err)
{
    ens_code code = ens_sealer_new(&s->options, out, err);
    if (code != ENS_EPOLICY || s->pass || !err->n || !strstr(err->frame[0].what, "pass phrase"))
        return code;
    *err = (ens_err){0};
    code = ens__pass_phrase(NULL, f->key, true, &s->pass, err);
    s->options.key_pass = s->options.certificate_pass = s->pass;
    return code == ENS_OK ? ens_sealer_new(&s->options, out, err) : code;
}

ens_code ens__sealer_open(const ens_sealer_files *f, ens_time at, ens_sealer_source *s, ens_sealer **first,
                          ens_err *err)
{
    *s = (ens_sealer_source){0};
    ens_code code = ens__file_open(f->key, KEY_FILE_MAX, &s->key, err);
    if (code == ENS_OK)
        code = ens__file_open(f->cert, KEY_FILE_MAX, &s->cert, err);
    if (code == ENS_OK)
        code = ens__pass_phrase(f->pass_file, f->key, false, &s->pass, err);
    if (code != ENS_OK)
        return code;
    s->options = (ens_sealer_options){.key = s->key.bytes,
                                      .certificate = s->cert.bytes,
                                      .key_pass = s->pass,
                                      .certificate_pass = s->pass,
                                      .at = at,
                                      .force = f->force,
                                      .domain = f->domain ? f->domain : domain_of(s->domain)};
    return make(s, f, first, err);
}

void ens__sealer_close(ens_sealer_source *s)
{
    ens__file_close(&s->key);
    ens__file_close(&s->cert);
    ens__pass_phrase_free(s->pass);
    *s = (ens_sealer_source){0};
}

ens_code ens__sealer_load(const ens_sealer_files *f, ens_time at, ens_sealer **out, ens_err *err)
{
    ens_sealer_source source;
    ens_code code = ens__sealer_open(f, at, &source, out, err);
    ens__sealer_close(&source);
    return code;
}
