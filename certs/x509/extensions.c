#include "certs/x509/extensions.h"

#include "certs/x509/der.h"
#include "certs/x509/name.h"

#include <arpa/inet.h>
#include <stdio.h>

#define OCSP ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01")
#define CA_ISSUERS ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x02")
#define NAME_OTHER ENS_DER_CONTEXT(0)
#define NAME_EMAIL ENS_DER_CONTEXT_PRIMITIVE(1)
#define NAME_DNS ENS_DER_CONTEXT_PRIMITIVE(2)
#define NAME_X400 ENS_DER_CONTEXT(3)
#define NAME_DIRECTORY ENS_DER_CONTEXT(4)
#define NAME_EDI ENS_DER_CONTEXT(5)
#define NAME_URI ENS_DER_CONTEXT_PRIMITIVE(6)
#define NAME_IP ENS_DER_CONTEXT_PRIMITIVE(7)
#define NAME_RID ENS_DER_CONTEXT_PRIMITIVE(8)
#define IPV4_LEN 4u
#define IPV6_LEN 16u

static bool keep_extension(ens_extension_list *out, const char *kind, ens_slice value)
{
    if (out->num == ENS_EXTENSION_ITEMS_MAX)
        return false;
    out->item[out->num++] = (ens_extension_item){kind, value};
    return true;
}

/* open_list gives a reader over the elements of the extension's SEQUENCE, of which there is at least one. */
static bool open_list(ens_slice extension, ens_reader *r)
{
    ens_der list;
    ens_reader outer = ens_read(extension);
    *r = (ens_reader){0};
    if (!extension.len)
        return true;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list) || ens_left(&outer) || !list.body.len)
        return false;
    *r = ens_read(list.body);
    return true;
}

bool ens__policies_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one, qualifiers;
    ens_slice oid;
    out->num = 0;
    if (!open_list(cert->policies, &r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take_oid(&in, &oid) || !ens__der_optional(&in, ENS_DER_SEQUENCE, &qualifiers) || ens_left(&in) ||
            !keep_extension(out, NULL, oid))
            return false;
    }
    return true;
}

bool ens__ext_key_usage_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_slice oid;
    out->num = 0;
    if (!open_list(cert->ext_key_usage, &r))
        return false;
    while (ens_left(&r))
        if (!ens__der_take_oid(&r, &oid) || !keep_extension(out, NULL, oid))
            return false;
    return true;
}

bool ens__authority_info_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one, where;
    ens_slice method;
    out->num = 0;
    if (!open_list(cert->authority_info, &r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take_oid(&in, &method) || !ens__der_any(&in, &where) || ens_left(&in))
            return false;
        const char *kind = ens_eq(method, OCSP) ? "OCSP" : ens_eq(method, CA_ISSUERS) ? "caIssuers" : NULL;
        if (kind && where.tag == NAME_URI && !keep_extension(out, kind, where.body))
            return false;
    }
    return true;
}

/* read_full_name keeps the URIs of DistributionPointName: [0] fullName, or [1] a name relative to the issuer's. */
static bool read_full_name(ens_slice name, ens_extension_list *out)
{
    ens_reader r = ens_read(name);
    ens_der full, relative, one;
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &full) || !ens__der_optional(&r, ENS_DER_CONTEXT(1), &relative) ||
        ens_left(&r))
        return false;
    for (r = ens_read(full.body); ens_left(&r);)
        if (!ens__der_any(&r, &one) || (one.tag == NAME_URI && !keep_extension(out, "CRL", one.body)))
            return false;
    return (full.all.len > 0) != (relative.all.len > 0);
}

/* DistributionPoint: [0] its name, [1] reasons, [2] cRLIssuer, each OPTIONAL. */
static bool read_point(ens_slice point, ens_extension_list *out)
{
    ens_reader r = ens_read(point);
    ens_der name, reasons, issuer;
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &name) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &reasons) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(2), &issuer) || ens_left(&r))
        return false;
    return !name.all.len || read_full_name(name.body, out);
}

bool ens__crl_points_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der point;
    out->num = 0;
    if (!open_list(cert->crl_points, &r))
        return false;
    while (ens_left(&r))
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &point) || !read_point(point.body, out))
            return false;
    return true;
}

/* read_name keeps one GeneralName; X.400 and EDI names, which nobody uses, are passed over. */
static bool read_name(const ens_der *name, ens_extension_list *out)
{
    ens_reader in = ens_read(name->body);
    ens_der directory;
    ens_slice type;
    switch (name->tag) {
    case NAME_EMAIL:
        return keep_extension(out, "email", name->body);
    case NAME_DNS:
        return keep_extension(out, "DNS", name->body);
    case NAME_URI:
        return keep_extension(out, "URI", name->body);
    case NAME_IP:
        return (name->body.len == IPV4_LEN || name->body.len == IPV6_LEN) && keep_extension(out, "IP", name->body);
    case NAME_RID:
        return ens__der_oid_valid(name->body) && keep_extension(out, "RID", name->body);
    case NAME_DIRECTORY:
        return ens__der_take(&in, ENS_DER_SEQUENCE, &directory) && !ens_left(&in) &&
               keep_extension(out, "directory", directory.all);
    case NAME_OTHER:
        return ens__der_take_oid(&in, &type) && keep_extension(out, "other", type);
    default:
        return name->tag == NAME_X400 || name->tag == NAME_EDI;
    }
}

bool ens__alt_names_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one;
    out->num = 0;
    if (!open_list(cert->subject_alt_name, &r))
        return false;
    while (ens_left(&r))
        if (!ens__der_any(&r, &one) || !read_name(&one, out))
            return false;
    return true;
}

bool ens__extension_is_there(const ens_cert *cert, ens_slice oid)
{
    ens_der one;
    ens_slice id;
    for (ens_reader r = ens_read(cert->extensions); ens__der_take(&r, ENS_DER_SEQUENCE, &one);) {
        ens_reader in = ens_read(one.body);
        if (ens__der_take_oid(&in, &id) && ens_eq(id, oid))
            return true;
    }
    return false;
}

const char *ens__extension_text(const ens_extension_item *item, char *out, size_t size)
{
    const char *kind = item->kind ? item->kind : "RID";
    if (strcmp(kind, "RID") == 0 || strcmp(kind, "other") == 0)
        return ens__oid_text(item->value, out, size);
    if (strcmp(kind, "directory") == 0)
        return ens__name_text(item->value, out, size);
    if (strcmp(kind, "IP") != 0)
        snprintf(out, size, "%.*s", (int)item->value.len, (const char *)item->value.p);
    else if (!inet_ntop(item->value.len == IPV4_LEN ? AF_INET : AF_INET6, item->value.p, out, (socklen_t)size))
        out[0] = '\0';
    return out;
}

bool ens__extension_find(const ens_cert *cert, ens_slice oid, bool *critical)
{
    ens_reader r = ens_read(cert->extensions);
    ens_der one, id, flag;
    bool set = false;
    while (ens_left(&r) && ens__der_take(&r, ENS_DER_SEQUENCE, &one)) {
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &id) || !ens_eq(id.body, oid) ||
            !ens__der_optional(&in, ENS_DER_BOOLEAN, &flag))
            continue;
        if (critical)
            *critical = flag.all.len && ens__der_boolean(flag.body, &set) && set;
        return true;
    }
    return false;
}

bool ens__list_has(const ens_extension_list *list, const char *kind)
{
    for (size_t i = 0; i < list->num; i++)
        if (list->item[i].kind && strcmp(list->item[i].kind, kind) == 0)
            return true;
    return false;
}

const char *ens__key_usage_name(unsigned bit)
{
    static const char *const names[ENS_KEY_USAGES] = {"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                      "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                      "cRLSign",          "encipherOnly",   "decipherOnly"};
    return bit < ENS_KEY_USAGES ? names[bit] : "?";
}

char ens__key_usage_setting(unsigned u)
{
    unsigned exchange = u & (ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT),
             sign = u & (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION);
    if (u & ~(ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT | ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION) ||
        exchange == (ENS_KU_KEY_ENCIPHERMENT | ENS_KU_KEY_AGREEMENT))
        return 0;
    if (sign == ENS_KU_NON_REPUDIATION)
        return exchange ? 0 : 'A';
    if (sign == (ENS_KU_DIGITAL_SIGNATURE | ENS_KU_NON_REPUDIATION))
        return exchange ? 'F' : 'B';
    if (sign == ENS_KU_DIGITAL_SIGNATURE)
        return exchange ? 'D' : 'C';
    return exchange ? 'E' : 0;
}

const char *ens__key_usage_setting_words(char setting)
{
    static const char *const words[] = {"setting A: commits to content",
                                        "setting B: signs, and commits to content",
                                        "setting C: signs",
                                        "setting D: signs, and exchanges keys",
                                        "setting E: exchanges keys",
                                        "setting F: signs, commits to content, and exchanges keys"};
    return setting >= 'A' && setting <= 'F' ? words[setting - 'A'] : "";
}

const char *ens__key_name(const ens_cert *c, char out[24])
{
    static const char *const kinds[] = {"other", "rsa", "rsapss", "ec", "ed"};
    const char *kind = (unsigned)c->key_type < sizeof kinds / sizeof *kinds ? kinds[c->key_type] : kinds[0];
    if (c->key_type == ENS_KEY_EDDSA)
        snprintf(out, 24, "%s", c->key_bits > 256 ? "ed448" : "ed25519");
    else if (!c->key_bits)
        snprintf(out, 24, "%s", kind); /* a curve without a name, or none that has one here */
    else
        snprintf(out, 24, "%s%u", kind, c->key_bits);
    return out;
}
