#include "certs/path/form.h"

#include "certs/x509/namematch.h"

#define HINT "tell the CA; ICS2 takes the certificate all the same"
#define EMPTY_SEQUENCE ENS_LIT("\x30\x00")
#define SUBJECT_ALT_NAME 17
#define SUBJECT_KEY_ID 14
#define BASIC_CONSTRAINTS 19
#define AUTHORITY_KEY_ID 35

static bool is_critical(const ens_cert *c, unsigned extension)
{
    return c->critical >> extension & 1;
}

/* The rules: what is wrong, and when. */
static bool has_uncritical_constraints(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->ca && !is_critical(c, BASIC_CONSTRAINTS);
}

static bool is_ca_without_usage(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->ca && !c->has_key_usage;
}

static bool may_sign_and_is_no_ca(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return !c->ca && c->has_key_usage && (c->key_usage & ENS_KU_KEY_CERT_SIGN);
}

static bool has_length_for_nothing(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->path_len >= 0 && (!c->ca || (c->has_key_usage && !(c->key_usage & ENS_KU_KEY_CERT_SIGN)));
}

static bool lacks_authority_id(const ens_cert *c, bool anchor)
{
    return c->version == 3 && !anchor && !c->authority_key_id.p;
}

static bool lacks_subject_id(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->version == 3 && c->ca && !c->subject_key_id.p;
}

static bool has_critical_id(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return is_critical(c, AUTHORITY_KEY_ID) || is_critical(c, SUBJECT_KEY_ID);
}

static bool has_empty_names(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return c->subject_alt_name.p && ens_eq(c->subject_alt_name, EMPTY_SEQUENCE);
}

static bool is_nameless(const ens_cert *c, bool anchor)
{
    (void)anchor;
    return ens__name_is_empty(c->issuer) ||
           (ens__name_is_empty(c->subject) && (c->ca || !is_critical(c, SUBJECT_ALT_NAME)));
}

static const struct {
    bool (*is)(const ens_cert *c, bool anchor);
    const char *rule, *what;
} rules[] = {
    {has_uncritical_constraints, "RFC 5280 4.2.1.9", "the basic constraints of a CA aren't critical"},
    {is_ca_without_usage, "RFC 5280 4.2.1.3", "a CA's certificate has no key usage"},
    {may_sign_and_is_no_ca, "RFC 5280 4.2.1.9", "the key may sign certificates, and the certificate isn't a CA's"},
    {has_length_for_nothing, "RFC 5280 4.2.1.9", "a path length is given to a certificate that may not issue"},
    {lacks_authority_id, "RFC 5280 4.2.1.1", "the authority key identifier is missing"},
    {lacks_subject_id, "RFC 5280 4.2.1.2", "the subject key identifier of a CA is missing"},
    {has_critical_id, "RFC 5280 4.2.1.1", "a key identifier is critical"},
    {has_empty_names, "RFC 5280 4.2.1.6", "the subject alternative name is empty"},
    {is_nameless, "RFC 5280 4.1.2.4, 4.1.2.6", "a name is empty that may not be"},
};

void ens__form_judge(const ens_cert *path, size_t num, bool anchored, const char *id, ens_report *report)
{
    for (size_t i = 0; i < num; i++)
        for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
            if (rules[k].is(&path[i], anchored && i + 1 == num))
                ens__warn(report, id, rules[k].rule, HINT, "%s", rules[k].what)->certificate = (int)i;
}
