#include "certs/path/validate.h"

#include "certs/x509/critical.h"
#include "certs/x509/der.h"
#include "certs/x509/name.h"

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

static void add_fault(state *s, size_t i, const char *rule, const char *what, const char *hint)
{
    ens__faults_add(s->faults, &(ens__fault){rule, what, hint, i, false});
}

/* judge_authority is RFC 5280, 6.1.4 (k), (n), and (m) with what the anchor says of itself (6.2, RFC 5937). */
static void judge_authority(state *s, size_t i)
{
    const ens_cert *c = s->path[i];
    bool anchor = i + 1 == s->num;
    if (c->version == 3 ? !c->ca : !anchor)
        add_fault(s, i, "RFC 5280 6.1.4 (k)", "an issuer of the path is no CA", HINT_ISSUER);
    if (c->has_key_usage && !(c->key_usage & ENS_KU_KEY_CERT_SIGN))
        add_fault(s, i, "RFC 5280 6.1.4 (n)", "an issuer of the path may not sign certificates (keyCertSign)",
                  HINT_ISSUER);
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
        add_fault(s, i, "RFC 5280 6.1.4 (l)", "the path is longer than an authority allows", HINT_CA);
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
        add_fault(s, i, "RFC 5280 6.1.3 (b), (c)", what, HINT_CA);
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
        add_fault(s, at, "RFC 5280 6.1.3 (d)-(f), 6.1.4 (a)-(j), 6.1.5 (g)", what, HINT_CA);
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
            add_fault(&s, i, "RFC 5280 6.1.4 (o), 6.1.5 (e)", "a critical extension isn't understood", HINT_CA);
        if (ens__critical_unreadable(path[i], NULL))
            add_fault(&s, i, "RFC 5280 4.2", "the contents of a critical extension can't be read", HINT_CA);
    }
    if (num > 1 && !says_nothing_of_policies(&s, inputs))
        judge_policies(&s, inputs);
}

#define MALFORMED "the name constraints of an authority can't be read"
#define EXCLUDED "an authority excludes one of its names"
#define NOT_PERMITTED "one of its names is outside of what an authority permits"
#define NO_NAME "one of its names can't be read, so nobody can say that an authority permits it"
#define UNSUPPORTED "an authority constrains a form of its names that isn't understood"
#define TOO_MANY "there are too many names to check against constraints"
#define LABEL_MAX 63u /* octets of a label, and of a host name (RFC 1034, 3.1) */
#define HOST_MAX 253u
#define NAME_EMAIL ENS_DER_CONTEXT_PRIMITIVE(1)
#define NAME_DNS ENS_DER_CONTEXT_PRIMITIVE(2)
#define NAME_DIRECTORY ENS_DER_CONTEXT(4)
#define NAME_URI ENS_DER_CONTEXT_PRIMITIVE(6)
#define NAME_IP ENS_DER_CONTEXT_PRIMITIVE(7)

/* A GeneralName: its tag and contents; of a directory name, the Name with its header. */
typedef struct {
    uint8_t tag;
    ens_slice value;
} general_name;

typedef enum { OUTSIDE = 0, INSIDE, NOT_UNDERSTOOD, UNREADABLE } relation;

static bool take_general_name(ens_reader *r, general_name *out)
{
    ens_der one, name;
    if (!ens__der_any(r, &one))
        return false;
    *out = (general_name){one.tag, one.body};
    if (one.tag != NAME_DIRECTORY)
        return true;
    ens_reader in = ens_read(one.body);
    if (!ens__der_take(&in, ENS_DER_SEQUENCE, &name) || ens_left(&in))
        return false;
    out->value = name.all;
    return true;
}

static bool ends_nocase(ens_slice s, ens_slice end)
{
    return s.len >= end.len && ens__eq_nocase(ens_from(s, s.len - end.len), end);
}

/* is_host wants labels of letters, digits, hyphens and underscores, none of them empty (RFC 1034, 3.5); the first may
 * be the asterisk of a wildcard. */
static bool is_host(ens_slice host)
{
    size_t label = 0;
    for (size_t i = 0; i < host.len; i++) {
        uint8_t c = host.p[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' ||
                     (c == '*' && i == 0 && host.len > 1 && host.p[1] == '.');
        if (c == '.' ? label == 0 : !plain)
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > LABEL_MAX)
            return false;
    }
    return label > 0 && host.len <= HOST_MAX;
}

/* is_host_base: a host, or with a leading dot what is below one. */
static bool is_host_base(ens_slice base)
{
    return is_host(base.len && base.p[0] == '.' ? ens_from(base, 1) : base);
}

/* host_under: a leading dot wants at least one more label, no dot wants the host itself. */
static bool host_under(ens_slice host, ens_slice base)
{
    if (base.len && base.p[0] == '.')
        return host.len > base.len && ends_nocase(host, base);
    return ens__eq_nocase(host, base);
}

/* dns_under: the name itself, or with labels added at its left. */
static relation dns_under(ens_slice name, ens_slice base)
{
    if (!is_host(name))
        return UNREADABLE;
    if (!base.len)
        return INSIDE;
    if (!is_host_base(base))
        return NOT_UNDERSTOOD;
    if (base.p[0] == '.')
        return host_under(name, base) ? INSIDE : OUTSIDE;
    if (!ends_nocase(name, base))
        return OUTSIDE;
    return name.len == base.len || name.p[name.len - base.len - 1] == '.' ? INSIDE : OUTSIDE;
}

static size_t last_of(ens_slice s, uint8_t c)
{
    size_t i = s.len;
    while (i-- > 0)
        if (s.p[i] == c)
            return i;
    return SIZE_MAX;
}

/* is_local_part: a string in quotes, or printable characters without those that end it (RFC 5321, 4.1.2). */
static bool is_local_part(ens_slice local)
{
    bool quoted = local.len > 1 && local.p[0] == '"' && local.p[local.len - 1] == '"';
    for (size_t i = 0; i < local.len; i++)
        if (local.p[i] <= ' ' ? !quoted || local.p[i] != ' ' : !quoted && strchr("\"(),:;<>@[\\]\x7F", local.p[i]))
            return false;
    return local.len > 0;
}

/* email_under: a mailbox, a host, or (with a leading dot) the hosts of a domain. */
static relation email_under(ens_slice name, ens_slice base)
{
    size_t at = last_of(name, '@'), base_at = last_of(base, '@');
    if (at == SIZE_MAX || !is_local_part(ens_sub(name, 0, at)))
        return UNREADABLE;
    ens_slice host = ens_from(name, at + 1);
    if (!is_host(host))
        return UNREADABLE;
    if (base.len && !is_host_base(base_at == SIZE_MAX ? base : ens_from(base, base_at + 1)))
        return NOT_UNDERSTOOD;
    if (base_at == SIZE_MAX)
        return !base.len || host_under(host, base) ? INSIDE : OUTSIDE;
    return ens_eq(ens_sub(name, 0, at), ens_sub(base, 0, base_at)) && ens__eq_nocase(host, ens_from(base, base_at + 1))
               ? INSIDE
               : OUTSIDE;
}

/* is_of_uri: the characters that a user or a port may be written in (RFC 3986, 3.2.1, 3.2.3). */
static bool is_of_uri(ens_slice part)
{
    for (size_t i = 0; i < part.len; i++) {
        uint8_t c = part.p[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
        if (!plain && (!c || !strchr("-._~%!$&'()*+,;=:", c)))
            return false;
    }
    return true;
}

/* host_of finds the host of a URI with an authority; false for one without, or whose host is an address. */
static bool host_of(ens_slice uri, ens_slice *host)
{
    size_t start = ens__find(uri, ENS_LIT("://"), 0), end = 0;
    if (start == SIZE_MAX)
        return false;
    ens_slice authority = ens_from(uri, start + 3);
    while (end < authority.len && !strchr("/?#", authority.p[end] ? authority.p[end] : '/'))
        end++;
    authority = ens_sub(authority, 0, end);
    size_t user = last_of(authority, '@');
    *host = user == SIZE_MAX ? authority : ens_from(authority, user + 1);
    size_t port = last_of(*host, ':');
    if (!host->len || host->p[0] == '[' || (user != SIZE_MAX && !is_of_uri(ens_sub(authority, 0, user))))
        return false;
    if (port != SIZE_MAX)
        *host = ens_sub(*host, 0, port);
    bool numeric = true;
    for (size_t i = 0; i < host->len; i++)
        numeric &= host->p[i] == '.' || (host->p[i] >= '0' && host->p[i] <= '9');
    return host->len && !numeric;
}

static relation uri_under(ens_slice name, ens_slice base)
{
    ens_slice host;
    if (!host_of(name, &host))
        return NOT_UNDERSTOOD;
    if (!is_host(host))
        return UNREADABLE;
    if (base.len && !is_host_base(base))
        return NOT_UNDERSTOOD;
    return !base.len || host_under(host, base) ? INSIDE : OUTSIDE;
}

/* is_mask: ones, and behind them zeros alone (RFC 5280, 4.2.1.10: in the style of CIDR). */
static bool is_mask(ens_slice mask)
{
    bool ended = false;
    for (size_t i = 0; i < mask.len * 8; i++) {
        bool one = mask.p[i / 8] & 0x80u >> i % 8;
        if (one && ended)
            return false;
        ended |= !one;
    }
    return true;
}

/* address_under: base is an address followed by a mask. */
static relation address_under(ens_slice name, ens_slice base)
{
    if ((base.len != 8 && base.len != 32) || !is_mask(ens_from(base, base.len / 2)))
        return NOT_UNDERSTOOD;
    if (name.len != 4 && name.len != 16)
        return UNREADABLE;
    if (base.len != 2 * name.len)
        return OUTSIDE;
    for (size_t i = 0; i < name.len; i++)
        if ((name.p[i] ^ base.p[i]) & base.p[name.len + i])
            return OUTSIDE;
    return INSIDE;
}

static bool is_name(ens_slice name)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num;
    return ens__name_read(name, list, &num);
}

static relation relate(const general_name *name, const general_name *base)
{
    switch (name->tag) {
    case NAME_DIRECTORY:
        if (!is_name(base->value))
            return NOT_UNDERSTOOD;
        if (!is_name(name->value))
            return UNREADABLE;
        return ens__name_within(name->value, base->value) ? INSIDE : OUTSIDE;
    case NAME_DNS:
        return dns_under(name->value, base->value);
    case NAME_EMAIL:
        return email_under(name->value, base->value);
    case NAME_URI:
        return uri_under(name->value, base->value);
    case NAME_IP:
        return address_under(name->value, base->value);
    default:
        return NOT_UNDERSTOOD;
    }
}

/* take_subtree wants what RFC 5280 does of GeneralSubtree: no minimum but 0 (which DER leaves out), no maximum. */
static bool take_subtree(ens_reader *r, general_name *base)
{
    ens_der one;
    if (!ens__der_take(r, ENS_DER_SEQUENCE, &one))
        return false;
    ens_reader in = ens_read(one.body);
    return take_general_name(&in, base) && !ens_left(&in);
}

/* among relates a name to the subtrees of its own form; *any tells whether there are such. */
static const char *among(ens_slice subtrees, const general_name *name, bool *any, bool *inside)
{
    general_name base;
    size_t num = 0;
    *any = *inside = false;
    for (ens_reader r = ens_read(subtrees); ens_left(&r); num++) {
        if (num == ENS_SUBTREES_MAX)
            return TOO_MANY;
        if (!take_subtree(&r, &base))
            return MALFORMED;
        if (base.tag != name->tag)
            continue;
        relation found = relate(name, &base);
        if (found == NOT_UNDERSTOOD || found == UNREADABLE)
            return found == UNREADABLE ? NO_NAME : UNSUPPORTED;
        *any = true;
        *inside |= found == INSIDE;
    }
    return NULL;
}

/* The two lists of the extension. */
typedef struct {
    ens_slice permitted, excluded;
    size_t num_names;
} constraints;

static const char *check_name(constraints *c, const general_name *name)
{
    bool any, inside;
    if (++c->num_names > ENS_CONSTRAINED_MAX)
        return TOO_MANY;
    const char *fault = among(c->excluded, name, &any, &inside);
    if (fault || inside)
        return fault ? fault : EXCLUDED;
    fault = among(c->permitted, name, &any, &inside);
    return fault || !any || inside ? fault : NOT_PERMITTED;
}

/* check_emails: mailboxes in the subject count as those in the alternative names do. */
static const char *check_emails(constraints *c, ens_slice subject)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num = 0;
    const char *fault = ens__name_read(subject, list, &num) ? NULL : "its subject can't be read";
    for (size_t i = 0; i < num && !fault; i++)
        if (ens_eq(list[i].type, ENS_OID_EMAIL))
            fault = check_name(c, &(general_name){NAME_EMAIL, list[i].value});
    return fault;
}

static const char *check_alternative_names(constraints *c, ens_slice extension)
{
    ens_reader outer = ens_read(extension);
    ens_der list;
    general_name name;
    if (!extension.p)
        return NULL;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list) || ens_left(&outer))
        return "its alternative names can't be read";
    for (ens_reader r = ens_read(list.body); ens_left(&r);) {
        if (!take_general_name(&r, &name))
            return "its alternative names can't be read";
        const char *fault = check_name(c, &name);
        if (fault)
            return fault;
    }
    return NULL;
}

const char *ens__name_constraints_check(ens_slice extension, const ens_cert *cert)
{
    ens_reader r = ens_read(extension);
    ens_der list, permitted, excluded;
    constraints c = {.num_names = 0};
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return MALFORMED;
    r = ens_read(list.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &permitted) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(1), &excluded) || ens_left(&r))
        return MALFORMED;
    c.permitted = permitted.body;
    c.excluded = excluded.body;
    const char *fault = NULL;
    if (!ens__name_is_empty(cert->subject))
        fault = check_name(&c, &(general_name){NAME_DIRECTORY, cert->subject});
    if (!fault)
        fault = check_emails(&c, cert->subject);
    return fault ? fault : check_alternative_names(&c, cert->subject_alt_name);
}
