#include "certs/extensions.h"

#include "certs/der.h"

#define OCSP ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x01")
#define CA_ISSUERS ENS_LIT("\x2B\x06\x01\x05\x05\x07\x30\x02")
#define NAME_EMAIL ENS_DER_CONTEXT_PRIMITIVE(1)
#define NAME_DNS ENS_DER_CONTEXT_PRIMITIVE(2)
#define NAME_URI ENS_DER_CONTEXT_PRIMITIVE(6)

static bool keep(ens_extension_list *out, const char *kind, ens_slice value)
{
    if (out->num == ENS_EXTENSION_ITEMS_MAX)
        return false;
    out->item[out->num++] = (ens_extension_item){kind, value};
    return true;
}

/* open_list gives a reader over the elements of the extension's SEQUENCE. */
static bool open_list(ens_slice extension, ens_reader *r)
{
    ens_der list;
    ens_reader outer = ens_read(extension);
    *r = (ens_reader){0};
    if (!extension.len)
        return true;
    if (!ens__der_take(&outer, ENS_DER_SEQUENCE, &list) || ens_left(&outer))
        return false;
    *r = ens_read(list.body);
    return true;
}

bool ens__policies_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one, oid;
    out->num = 0;
    if (!open_list(cert->policies, &r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &oid) || !keep(out, NULL, oid.body))
            return false;
    }
    return true;
}

bool ens__ext_key_usage_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der oid;
    out->num = 0;
    if (!open_list(cert->ext_key_usage, &r))
        return false;
    while (ens_left(&r))
        if (!ens__der_take(&r, ENS_DER_OID, &oid) || !keep(out, NULL, oid.body))
            return false;
    return true;
}

bool ens__authority_info_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one, method, where;
    out->num = 0;
    if (!open_list(cert->authority_info, &r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
            return false;
        ens_reader in = ens_read(one.body);
        if (!ens__der_take(&in, ENS_DER_OID, &method) || !ens__der_any(&in, &where) || ens_left(&in))
            return false;
        const char *kind = ens_eq(method.body, OCSP) ? "OCSP" : ens_eq(method.body, CA_ISSUERS) ? "caIssuers" : NULL;
        if (kind && where.tag == NAME_URI && !keep(out, kind, where.body))
            return false;
    }
    return true;
}

/* DistributionPoint: [0] DistributionPointName, [0] fullName, GeneralNames. */
static bool read_point(ens_slice point, ens_extension_list *out)
{
    ens_reader r = ens_read(point);
    ens_der name, full, one;
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &name))
        return false;
    if (!name.all.len)
        return true;
    r = ens_read(name.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &full))
        return false;
    for (r = ens_read(full.body); ens_left(&r);)
        if (!ens__der_any(&r, &one) || (one.tag == NAME_URI && !keep(out, "CRL", one.body)))
            return false;
    return true;
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

bool ens__alt_names_read(const ens_cert *cert, ens_extension_list *out)
{
    ens_reader r;
    ens_der one;
    out->num = 0;
    if (!open_list(cert->subject_alt_name, &r))
        return false;
    while (ens_left(&r)) {
        if (!ens__der_any(&r, &one))
            return false;
        const char *kind = one.tag == NAME_EMAIL ? "email" : one.tag == NAME_DNS ? "DNS" : one.tag == NAME_URI ? "URI" : NULL;
        if (kind && !keep(out, kind, one.body))
            return false;
    }
    return true;
}

bool ens__list_has(const ens_extension_list *list, const char *kind)
{
    for (size_t i = 0; i < list->num; i++)
        if (list->item[i].kind && strcmp(list->item[i].kind, kind) == 0)
            return true;
    return false;
}
