#include "certs/x509/request.h"

#include "certs/x509/cert.h"
#include "certs/x509/der.h"

#define RULE "RFC 2986 4"
#define EXTENSION_REQUEST ENS_LIT("\x2A\x86\x48\x86\xF7\x0D\x01\x09\x0E")         /* 1.2.840.113549.1.9.14 */
#define EXTENSION_REQUEST_OLD ENS_LIT("\x2B\x06\x01\x04\x01\x82\x37\x02\x01\x0E") /* 1.3.6.1.4.1.311.2.1.14 */

typedef struct {
    ens_slice der;
    ens_err *err;
} input;

static ens_code refuse(const input *in, const char *what, const uint8_t *at)
{
    return ens_fail(in->err, ENS_ESYNTAX, RULE, what, (size_t)(at - in->der.p));
}

static bool is_extension_request(ens_slice type)
{
    return ens_eq(type, EXTENSION_REQUEST) || ens_eq(type, EXTENSION_REQUEST_OLD);
}

/* read_wishes reads the value of an extensionRequest: a SET of one Extensions. */
static ens_code read_wishes(const input *in, ens_slice values, ens_cert *c)
{
    ens_reader r = ens_read(values);
    ens_der list;
    if (c->extensions.len)
        return refuse(in, "extensions are asked for by two attributes", values.p);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r) || !list.body.len)
        return refuse(in, "the extensions that are asked for can't be read", values.p);
    return ens__cert_read_extensions(in->der, list.body, c, in->err);
}

static ens_code read_attribute(const input *in, ens_reader *list, ens_cert *c)
{
    ens_der attribute, values;
    ens_slice type;
    const uint8_t *at = list->at;
    if (!ens__der_take(list, ENS_DER_SEQUENCE, &attribute))
        return refuse(in, "an attribute isn't a SEQUENCE", at);
    ens_reader r = ens_read(attribute.body);
    if (!ens__der_take_oid(&r, &type) || !ens__der_take(&r, ENS_DER_SET, &values) || ens_left(&r) || !values.body.len)
        return refuse(in, "an attribute can't be read", at);
    return is_extension_request(type) ? read_wishes(in, values.body, c) : ENS_OK;
}

/* read_attributes: they may be none, yet some tools leave out the empty field as well. */
static ens_code read_attributes(const input *in, ens_reader *info, ens_cert *c)
{
    ens_der attributes;
    ens_code code = ENS_OK;
    if (!ens__der_optional(info, ENS_DER_CONTEXT(0), &attributes) || ens_left(info))
        return refuse(in, "the attributes can't be read", info->at);
    ens_reader r = ens_read(attributes.body);
    for (unsigned num = 0; code == ENS_OK && ens_left(&r); num++)
        code = num < ENS_REQUEST_ATTRIBUTES_MAX
                   ? read_attribute(in, &r, c)
                   : ens_fail(in->err, ENS_ELIMIT, RULE, "there are too many attributes", (size_t)(r.at - in->der.p));
    return code;
}

static ens_code read_info(const input *in, ens_cert *c)
{
    ens_reader r = ens_read(c->tbs);
    ens_der info, version, name;
    uint32_t number = 0;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &info))
        return refuse(in, "CertificationRequestInfo isn't a SEQUENCE", c->tbs.p);
    r = ens_read(info.body);
    if (!ens__der_take(&r, ENS_DER_INTEGER, &version) || !ens__der_u32(version.body, &number) || number != 0)
        return refuse(in, "the version isn't 0", info.body.p);
    c->version = 3; /* of the certificate that is asked for */
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &name))
        return refuse(in, "the subject isn't a SEQUENCE", r.at);
    c->subject = name.all;
    ens_code code = ens__cert_read_key(in->der, &r, c, in->err);
    return code == ENS_OK ? read_attributes(in, &r, c) : code;
}

ens_code ens__request_parse(ens_slice der, ens__request *out, ens_err *err)
{
    const input in = {der, err};
    ens_cert c = {.der = der, .path_len = -1};
    ens_reader r = ens_read(der);
    ens_der outer, info, algorithm, signature;
    unsigned unused;
    if (der.len > ENS_CERT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the request is too large", der.len);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &outer) || ens_left(&r))
        return refuse(&in, "isn't one DER SEQUENCE", r.at);
    r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &info) || !ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) ||
        !ens__der_take(&r, ENS_DER_BIT_STRING, &signature) || ens_left(&r))
        return refuse(&in, "isn't CertificationRequestInfo, algorithm and signature", r.at);
    c.tbs = info.all;
    c.signature_algorithm = algorithm.all;
    r = ens_read(algorithm.body);
    if (!ens__der_take_oid(&r, &c.signature_oid) || !ens__der_bits(signature.body, &c.signature, &unused))
        return refuse(&in, "the signature can't be read", algorithm.all.p);
    if (unused)
        c.signature = (ens_slice){0};
    ens_code code = read_info(&in, &c);
    if (code == ENS_OK)
        out->asked = c;
    return code;
}
