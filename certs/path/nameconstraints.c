#include "certs/path/nameconstraints.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"
#include "certs/x509/namematch.h"

#define MALFORMED "the name constraints of an authority can't be read"
#define EXCLUDED "an authority excludes one of its names"
#define NOT_PERMITTED "one of its names is outside of what an authority permits"
#define UNSUPPORTED "an authority constrains a form of its names that isn't understood"
#define TOO_MANY "there are too many names to check against constraints"
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

typedef enum { OUTSIDE = 0, INSIDE, NOT_UNDERSTOOD } relation;

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
    if (!base.len)
        return INSIDE;
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

/* email_under: a mailbox, a host, or (with a leading dot) the hosts of a domain. */
static relation email_under(ens_slice name, ens_slice base)
{
    size_t at = last_of(name, '@'), base_at = last_of(base, '@');
    if (at == SIZE_MAX)
        return NOT_UNDERSTOOD;
    ens_slice host = ens_from(name, at + 1);
    if (base_at == SIZE_MAX)
        return !base.len || host_under(host, base) ? INSIDE : OUTSIDE;
    return ens_eq(ens_sub(name, 0, at), ens_sub(base, 0, base_at)) && ens__eq_nocase(host, ens_from(base, base_at + 1))
               ? INSIDE
               : OUTSIDE;
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
    if (!host->len || host->p[0] == '[')
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
    return !base.len || host_under(host, base) ? INSIDE : OUTSIDE;
}

/* address_under: base is an address followed by a mask. */
static relation address_under(ens_slice name, ens_slice base)
{
    if ((base.len != 8 && base.len != 32) || (name.len != 4 && name.len != 16))
        return NOT_UNDERSTOOD;
    if (base.len != 2 * name.len)
        return OUTSIDE;
    for (size_t i = 0; i < name.len; i++)
        if ((name.p[i] ^ base.p[i]) & base.p[name.len + i])
            return OUTSIDE;
    return INSIDE;
}

static relation relate(const general_name *name, const general_name *base)
{
    switch (name->tag) {
    case NAME_DIRECTORY:
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
        if (found == NOT_UNDERSTOOD)
            return UNSUPPORTED;
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
