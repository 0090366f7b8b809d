/* Error chains: caller-owned, no allocation, no printing. See include/ensign/base.h. */
#include "engine/base/printable.h"

#include <stdio.h>

ens_code ens_fail(ens_err *err, ens_code code, const char *rule, const char *what, size_t at)
{
    if (err) {
        err->frame[0] = (ens_frame){code, rule, what, at};
        err->n = 1;
        err->text[0] = '\0';
    }
    return code;
}

ens_code ens_fail_about(ens_err *err, ens_code code, const char *rule, const char *what, const char *about)
{
    ens_fail(err, code, rule, what, 0);
    if (err)
        ens__printable(ens_str(about), err->text, sizeof err->text);
    return code;
}

ens_code ens_within(ens_err *err, ens_code code, const char *what)
{
    if (err && err->n > 0 && err->n < ENS_ERR_FRAMES)
        err->frame[err->n++] = (ens_frame){code, NULL, what, 0};
    return code;
}

const char *ens_code_name(ens_code code)
{
    static const char *const names[] = {"ok", "memory", "limit", "syntax", "policy", "crypto", "io", "pass phrase"};
    return (unsigned)code < sizeof names / sizeof *names ? names[code] : "unknown";
}

char *ens_err_format(const ens_err *err, char *out, size_t size)
{
    if (size == 0)
        return out;
    out[0] = '\0';
    size_t used = 0;
    for (unsigned i = err->n; i-- > 0 && used < size;) {
        const ens_frame *f = &err->frame[i];
        int wrote =
            snprintf(out + used, size - used, "%s%s", used ? ": " : "", f->what ? f->what : ens_code_name(f->code));
        used += wrote > 0 ? (size_t)wrote : 0;
        if (i == 0 && err->text[0] && used < size) {
            wrote = snprintf(out + used, size - used, " (%s)", err->text);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
        if (i == 0 && f->at && used < size) {
            wrote = snprintf(out + used, size - used, " at byte %zu", f->at);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
        if (f->rule && used < size) {
            wrote = snprintf(out + used, size - used, " [%s]", f->rule);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    return out;
}

const char *ens_version(void)
{
    return ENSIGN_VERSION;
}
