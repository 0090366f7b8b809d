#include "certs/path/validate.h"

#include "certs/path/nameconstraints.h"
#include "certs/x509/namematch.h"

#define HINT_CA "ask the CA for a certificate whose path is valid"
#define HINT_ISSUER                                                                                                    \
    "a certificate that may not issue was used to issue another: ask the CA for a seal of a proper issuing CA"
#define RULE_DATES "RFC 5280 6.1.3 (a)(2)"

void ens__faults_start(ens__faults *faults)
{
    faults->num = 0;
    faults->only_of_time = true;
}

void ens__faults_add(ens__faults *faults, const ens__fault *fault)
{
    faults->only_of_time &= fault->of_time;
    if (faults->num < ENS_FAULTS_MAX)
        faults->fault[faults->num++] = *fault;
}

/* What goes down the path with the certificates. */
typedef struct {
    const ens_cert *const *path;
    size_t num;
    size_t max_path_len;
    bool constrained; /* some authority has name constraints */
    ens__faults *faults;
} state;

static void add(state *s, size_t i, const char *rule, const char *what, const char *hint)
{
    ens__faults_add(s->faults, &(ens__fault){rule, what, hint, i, false});
}

/* judge_authority is RFC 5280, 6.1.4 (k), (n), and (m) with what the anchor says of itself (6.2, RFC 5937). */
static void judge_authority(state *s, size_t i)
{
    const ens_cert *c = s->path[i];
    bool anchor = i + 1 == s->num;
    if (c->version == 3 ? !c->ca : !anchor)
        add(s, i, "RFC 5280 6.1.4 (k)", "an issuer of the path is no CA", HINT_ISSUER);
    if (c->has_key_usage && !(c->key_usage & ENS_KU_KEY_CERT_SIGN))
        add(s, i, "RFC 5280 6.1.4 (n)", "an issuer of the path may not sign certificates (keyCertSign)", HINT_ISSUER);
    if (c->path_len >= 0 && (size_t)c->path_len < s->max_path_len)
        s->max_path_len = (size_t)c->path_len;
    s->constrained |= c->name_constraints.p != NULL;
}

/* judge_length is RFC 5280, 6.1.4 (l): self-issued certificates don't count. */
static void judge_length(state *s, size_t i)
{
    if (ens__name_same(s->path[i]->subject, s->path[i]->issuer))
        return;
    if (s->max_path_len == 0)
        add(s, i, "RFC 5280 6.1.4 (l)", "the path is longer than an authority allows", HINT_CA);
    else
        s->max_path_len--;
}

static void judge_names(state *s, size_t i)
{
    const ens_cert *c = s->path[i];
    if (!s->constrained || (i > 0 && ens__name_same(c->subject, c->issuer)))
        return;
    for (size_t k = s->num; k-- > i + 1;) {
        ens_slice extension = s->path[k]->name_constraints;
        const char *what = extension.p ? ens__name_constraints_check(extension, c) : NULL;
        if (!what)
            continue;
        add(s, i, "RFC 5280 6.1.3 (b), (c)", what, HINT_CA);
        return;
    }
}

static void judge_time(state *s, size_t i, ens_time at)
{
    const ens_cert *c = s->path[i];
    if (at < c->not_before)
        ens__faults_add(s->faults,
                        &(ens__fault){RULE_DATES, "a certificate of the path isn't valid yet", HINT_CA, i, true});
    else if (at > c->not_after)
        ens__faults_add(s->faults, &(ens__fault){RULE_DATES, "a certificate of the path has ended", HINT_CA, i, true});
}

/* says_nothing_of_policies: the answer is known beforehand where nobody requires a policy and nobody maps one. */
static bool says_nothing_of_policies(const state *s, const ens__policy_inputs *in)
{
    for (size_t i = 0; i + 1 < s->num; i++)
        if (s->path[i]->policy_constraints.p || s->path[i]->policy_mappings.p)
            return false;
    return !in->explicit_policy;
}

static void judge_policies(state *s, const ens__policy_inputs *in)
{
    ens__policies p;
    const char *what = NULL;
    size_t at = 0;
    ens__policies_start(&p, in, s->num - 1);
    for (size_t i = s->num - 1; i-- > 0 && !what; at = i)
        what = ens__policies_add(&p, s->path[i], i == 0);
    if (!what)
        what = ens__policies_end(&p);
    if (what)
        add(s, at, "RFC 5280 6.1.3 (d)-(f), 6.1.4 (a)-(j), 6.1.5 (g)", what, HINT_CA);
}

void ens__path_validate(const ens_cert *const *path, size_t num, ens_time at, const ens__policy_inputs *inputs,
                        ens__faults *faults)
{
    state s = {path, num, num, false, faults};
    if (num > 1)
        judge_authority(&s, num - 1);
    for (size_t i = num > 1 ? num - 1 : num; i-- > 0;) {
        judge_time(&s, i, at);
        judge_names(&s, i);
        if (i > 0) {
            judge_length(&s, i);
            judge_authority(&s, i);
        }
        if (path[i]->unknown_critical.len)
            add(&s, i, "RFC 5280 6.1.4 (o), 6.1.5 (e)", "a critical extension isn't understood", HINT_CA);
    }
    if (num > 1 && !says_nothing_of_policies(&s, inputs))
        judge_policies(&s, inputs);
}
