#include "ensign/cert.h"

#include "certs/x509/cert.h"
#include "certs/x509/der.h"

#define RULE "RFC 5280 4.1"
#define RULE_EXTENSIONS "RFC 5280 4.2"
#define EXTENSIONS_MAX 64u

/* Contents of OBJECT IDENTIFIERs. */
#define OID_RSA "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01"
#define OID_RSA_PSS "\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0A"
#define OID_EC "\x2A\x86\x48\xCE\x3D\x02\x01"
#define OID_ED25519 "\x2B\x65\x70"
#define OID_ED448 "\x2B\x65\x71"
#define OID_CE "\x55\x1D" /* id-ce: one more byte */
#define OID_AUTHORITY_INFO "\x2B\x06\x01\x05\x05\x07\x01\x01"
#define OID_QCSTATEMENTS "\x2B\x06\x01\x05\x05\x07\x01\x03"
#define OID_VALIDITY_ASSURED "\x04\x00\x8B\xEC\x49\x02\x01" /* 0.4.0.194121.2.1 */

typedef struct {
    ens_slice der;
    ens_err *err;
    unsigned *odd; /* what is overlooked is noted there; NULL: nothing is overlooked */
} input;

/* overlook notes a fault of the encoding that changes nothing that is said; false: it isn't to be overlooked. */
static bool overlook(const input *in, unsigned fault)
{
    if (in->odd)
        *in->odd |= fault;
    return in->odd != NULL;
}

/* read_boolean overlooks a TRUE that isn't FF. */
static bool read_boolean(const input *in, ens_slice body, bool *out)
{
    if (ens__der_boolean(body, out))
        return true;
    *out = true;
    return body.len == 1 && overlook(in, ENS_CERT_ODD_BOOLEAN);
}

/* read_bits overlooks unused bits that are set; they are no part of the value. */
static bool read_bits(const input *in, ens_slice body, ens_slice *bytes, unsigned *unused)
{
    if (ens__der_bits(body, bytes, unused))
        return true;
    if (body.len < 2 || body.p[0] > 7)
        return false;
    *unused = body.p[0];
    *bytes = ens_from(body, 1);
    return overlook(in, ENS_CERT_ODD_BITS);
}

/* read_time overlooks fractions of a second, missing seconds and offsets. */
static bool read_time(const input *in, const ens_der *element, ens_time *out)
{
    bool odd = false;
    return ens__der_time(element, out) ||
           (in->odd && ens__der_time_loose(element, out, &odd) && overlook(in, ENS_CERT_ODD_TIME));
}

/* read_integer overlooks padding. */
static bool read_integer(const input *in, ens_slice body)
{
    return ens__der_integer_valid(body) || (body.len && overlook(in, ENS_CERT_ODD_INTEGER));
}

static ens_code refuse_cert(const input *in, const char *rule, const char *what, const uint8_t *at)
{
    return ens_fail(in->err, ENS_ESYNTAX, rule, what, at ? (size_t)(at - in->der.p) : 0);
}

/* Named curves: contents of their OBJECT IDENTIFIER. */
static const struct {
    const char *oid;
    size_t len;
    unsigned bits;
} curves[] = {
    {"\x2A\x86\x48\xCE\x3D\x03\x01\x01", 8, 192},     /* prime192v1 */
    {"\x2B\x81\x04\x00\x21", 5, 224},                 /* secp224r1 */
    {"\x2B\x81\x04\x00\x20", 5, 224},                 /* secp224k1 */
    {"\x2A\x86\x48\xCE\x3D\x03\x01\x07", 8, 256},     /* prime256v1 */
    {"\x2B\x81\x04\x00\x22", 5, 384},                 /* secp384r1 */
    {"\x2B\x81\x04\x00\x23", 5, 521},                 /* secp521r1 */
    {"\x2B\x81\x04\x00\x0A", 5, 256},                 /* secp256k1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x03", 9, 192}, /* brainpoolP192r1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x05", 9, 224}, /* brainpoolP224r1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x07", 9, 256}, /* brainpoolP256r1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x09", 9, 320}, /* brainpoolP320r1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x0B", 9, 384}, /* brainpoolP384r1 */
    {"\x2B\x24\x03\x03\x02\x08\x01\x01\x0D", 9, 512}, /* brainpoolP512r1 */
};

static unsigned curve_bits(ens_slice parameters)
{
    ens_reader r = ens_read(parameters);
    ens_der oid;
    if (!ens__der_take(&r, ENS_DER_OID, &oid))
        return 0;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (ens_eq(ens_bytes(curves[i].oid, curves[i].len), oid.body))
            return curves[i].bits;
    return 0;
}

/* modulus_bits reads the RSAPublicKey inside the BIT STRING (RFC 8017, A.1.1). */
static bool modulus_bits(ens_slice key, unsigned *out)
{
    ens_reader r = ens_read(key);
    ens_der sequence, n, e;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &sequence) || ens_left(&r))
        return false;
    r = ens_read(sequence.body);
    if (!ens__der_take(&r, ENS_DER_INTEGER, &n) || !ens__der_take(&r, ENS_DER_INTEGER, &e) || ens_left(&r))
        return false;
    if (!ens__der_integer_valid(n.body) || !ens__der_integer_valid(e.body) || n.body.p[0] >= 0x80)
        return false;
    ens_slice magnitude = n.body.p[0] == 0 ? ens_from(n.body, 1) : n.body;
    if (!magnitude.len)
        return false;
    unsigned bits = (unsigned)magnitude.len * 8;
    for (uint8_t top = magnitude.p[0]; !(top & 0x80); top = (uint8_t)(top << 1))
        bits--;
    *out = bits;
    return true;
}

static bool size_key(ens_cert *c)
{
    if (ens_eq(c->key_algorithm, ENS_LIT(OID_RSA)) || ens_eq(c->key_algorithm, ENS_LIT(OID_RSA_PSS))) {
        c->key_type = c->key_algorithm.p[8] == 0x01 ? ENS_KEY_RSA : ENS_KEY_RSA_PSS;
        return modulus_bits(c->key_bits_string, &c->key_bits);
    }
    if (ens_eq(c->key_algorithm, ENS_LIT(OID_EC))) {
        c->key_type = ENS_KEY_EC;
        c->key_bits = curve_bits(c->key_parameters);
    } else if (ens_eq(c->key_algorithm, ENS_LIT(OID_ED25519)) || ens_eq(c->key_algorithm, ENS_LIT(OID_ED448))) {
        c->key_type = ENS_KEY_EDDSA;
        c->key_bits = c->key_algorithm.p[2] == 0x70 ? 256 : 456;
    }
    return true;
}

/* read_algorithm splits an AlgorithmIdentifier. */
static bool read_algorithm(const ens_der *identifier, ens_slice *oid, ens_slice *parameters)
{
    ens_reader r = ens_read(identifier->body);
    ens_der o, p = {0};
    if (!ens__der_take(&r, ENS_DER_OID, &o) || !ens__der_oid_valid(o.body) || (ens_left(&r) && !ens__der_any(&r, &p)) ||
        ens_left(&r))
        return false;
    *oid = o.body;
    *parameters = p.all;
    return true;
}

static ens_code read_spki(const input *in, ens_reader *tbs, ens_cert *c)
{
    ens_der spki, algorithm, bits;
    unsigned unused;
    if (!ens__der_take(tbs, ENS_DER_SEQUENCE, &spki))
        return refuse_cert(in, RULE, "the public key isn't a SEQUENCE", tbs->at);
    ens_reader r = ens_read(spki.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) || !ens__der_take(&r, ENS_DER_BIT_STRING, &bits) ||
        ens_left(&r) || !read_algorithm(&algorithm, &c->key_algorithm, &c->key_parameters) ||
        !ens__der_bits(bits.body, &c->key_bits_string, &unused) || unused)
        return refuse_cert(in, RULE, "the public key can't be read", spki.all.p);
    c->spki = spki.all;
    return size_key(c) ? ENS_OK : refuse_cert(in, "RFC 8017 A.1.1", "the RSA key can't be read", spki.all.p);
}

static ens_code read_validity(const input *in, ens_reader *tbs, ens_cert *c)
{
    ens_der validity, from, to;
    if (!ens__der_take(tbs, ENS_DER_SEQUENCE, &validity))
        return refuse_cert(in, RULE, "the validity isn't a SEQUENCE", tbs->at);
    ens_reader r = ens_read(validity.body);
    if (!ens__der_any(&r, &from) || !ens__der_any(&r, &to) || ens_left(&r) || !read_time(in, &from, &c->not_before) ||
        !read_time(in, &to, &c->not_after))
        return refuse_cert(in, "RFC 5280 4.1.2.5",
                           "a validity date isn't UTCTime or GeneralizedTime to the second in Z", validity.all.p);
    return ENS_OK;
}

static bool read_key_usage(const input *in, ens_slice value, ens_cert *c)
{
    ens_reader r = ens_read(value);
    ens_der e;
    ens_slice bits;
    unsigned unused;
    if (!ens__der_take(&r, ENS_DER_BIT_STRING, &e) || ens_left(&r) || !read_bits(in, e.body, &bits, &unused) ||
        bits.len > 2)
        return false;
    for (unsigned i = 0; i < 9 && i + unused < 8 * bits.len; i++)
        c->key_usage |= bits.p[i / 8] & (0x80u >> i % 8) ? 1u << i : 0;
    c->has_key_usage = true;
    return true;
}

static bool read_basic_constraints(const input *in, ens_slice value, ens_cert *c)
{
    ens_reader r = ens_read(value);
    ens_der sequence, ca, length;
    uint32_t path_len = 0;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &sequence) || ens_left(&r))
        return false;
    r = ens_read(sequence.body);
    if (!ens__der_optional(&r, ENS_DER_BOOLEAN, &ca) || !ens__der_optional(&r, ENS_DER_INTEGER, &length) ||
        ens_left(&r))
        return false;
    if (ca.all.len && !read_boolean(in, ca.body, &c->ca))
        return false;
    if (length.all.len && (!ens__der_u32(length.body, &path_len) || path_len > INT32_MAX))
        return false;
    c->path_len = length.all.len ? (int)path_len : -1;
    c->has_basic_constraints = true;
    return true;
}

/* place finds the field that keeps an extension's value; NULL for those that the view does not keep. */
static ens_slice *place(ens_cert *c, ens_slice oid)
{
    if (ens_eq(oid, ENS_LIT(OID_AUTHORITY_INFO)))
        return &c->authority_info;
    if (ens_eq(oid, ENS_LIT(OID_QCSTATEMENTS)))
        return &c->qcstatements;
    if (oid.len != 3 || !ens_starts(oid, ENS_LIT(OID_CE)))
        return NULL;
    switch (oid.p[2]) {
    case 14:
        return &c->subject_key_id;
    case 17:
        return &c->subject_alt_name;
    case 30:
        return &c->name_constraints;
    case 31:
        return &c->crl_points;
    case 32:
        return &c->policies;
    case 33:
        return &c->policy_mappings;
    case 35:
        return &c->authority_key_id;
    case 36:
        return &c->policy_constraints;
    case 37:
        return &c->ext_key_usage;
    case 46:
        return &c->freshest_crl;
    case 54:
        return &c->inhibit_any_policy;
    default:
        return NULL;
    }
}

/* note_critical remembers which extensions are critical, and the first of those that nothing here processes. */
static void note_critical(ens_cert *c, ens_slice oid, bool processed)
{
    bool ce = oid.len == 3 && ens_starts(oid, ENS_LIT(OID_CE));
    if (ce && oid.p[2] < 64)
        c->critical |= (uint64_t)1 << oid.p[2];
    if (!processed && !c->unknown_critical.len)
        c->unknown_critical = oid;
}

static bool keep_extension(const input *in, ens_cert *c, ens_slice oid, ens_slice value, bool critical)
{
    ens_slice *to = place(c, oid);
    bool usage = ens_eq(oid, ENS_LIT(OID_CE "\x0F")), constraints = ens_eq(oid, ENS_LIT(OID_CE "\x13"));
    if (to)
        *to = value;
    if (critical)
        note_critical(c, oid, to || usage || constraints);
    if (usage)
        return read_key_usage(in, value, c);
    if (constraints)
        return read_basic_constraints(in, value, c);
    const ens_slice null = ENS_LIT("\x05\x00"); /* another value promises nothing: RFC 9608, 2; EN 319 412-1, 5.2 */
    if (ens_eq(oid, ENS_LIT(OID_CE "\x38")))
        c->no_rev_avail = ens_eq(value, null);
    if (ens_eq(oid, ENS_LIT(OID_VALIDITY_ASSURED)))
        c->validity_assured = ens_eq(value, null);
    return true;
}

static ens_code read_extension(const input *in, ens_reader *list, ens_slice *oid, ens_cert *c)
{
    ens_der extension, id, critical, value;
    bool is_critical = false;
    const uint8_t *at = list->at;
    if (!ens__der_take(list, ENS_DER_SEQUENCE, &extension))
        return refuse_cert(in, RULE_EXTENSIONS, "an extension isn't a SEQUENCE", at);
    ens_reader r = ens_read(extension.body);
    if (!ens__der_take(&r, ENS_DER_OID, &id) || !ens__der_oid_valid(id.body) ||
        !ens__der_optional(&r, ENS_DER_BOOLEAN, &critical) || !ens__der_take(&r, ENS_DER_OCTET_STRING, &value) ||
        ens_left(&r) || (critical.all.len && !read_boolean(in, critical.body, &is_critical)))
        return refuse_cert(in, RULE_EXTENSIONS, "an extension can't be read", at);
    if (!keep_extension(in, c, id.body, value.body, is_critical))
        return refuse_cert(in, RULE_EXTENSIONS, "keyUsage or basicConstraints can't be read", at);
    *oid = id.body;
    return ENS_OK;
}

static ens_code read_extension_list(const input *in, ens_slice list, ens_cert *c)
{
    ens_reader r = ens_read(list);
    c->extensions = list;
    ens_slice seen[EXTENSIONS_MAX];
    for (unsigned num = 0; ens_left(&r); num++) {
        if (num == EXTENSIONS_MAX)
            return ens_fail(in->err, ENS_ELIMIT, RULE_EXTENSIONS, "there are too many extensions",
                            (size_t)(r.at - in->der.p));
        ens_code code = read_extension(in, &r, &seen[num], c);
        if (code != ENS_OK)
            return code;
        for (unsigned i = 0; i < num; i++)
            if (ens_eq(seen[i], seen[num]))
                return refuse_cert(in, RULE_EXTENSIONS, "the same extension is there twice", seen[num].p);
    }
    return ENS_OK;
}

static ens_code read_extensions(const input *in, ens_reader *tbs, ens_cert *c)
{
    ens_der outer, list;
    if (!ens__der_optional(tbs, ENS_DER_CONTEXT(3), &outer))
        return refuse_cert(in, RULE_EXTENSIONS, "the extensions can't be read", tbs->at);
    if (!outer.all.len)
        return ENS_OK;
    ens_reader r = ens_read(outer.body);
    if (c->version != 3 || !ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r) || list.body.len == 0)
        return refuse_cert(in, RULE_EXTENSIONS, "the extensions can't be read, or the version isn't 3", outer.all.p);
    return read_extension_list(in, list.body, c);
}

ens_code ens__cert_read_key(ens_slice der, ens_reader *from, ens_cert *out, ens_err *err)
{
    const input in = {der, err, NULL};
    return read_spki(&in, from, out);
}

ens_code ens__cert_read_extensions(ens_slice der, ens_slice list, ens_cert *out, ens_err *err)
{
    const input in = {der, err, NULL};
    return read_extension_list(&in, list, out);
}

static ens_code read_head(const input *in, ens_reader *tbs, ens_der *algorithm, ens_cert *c)
{
    ens_der version, number, serial;
    uint32_t v = 0;
    if (!ens__der_optional(tbs, ENS_DER_CONTEXT(0), &version))
        return refuse_cert(in, RULE, "the version can't be read", tbs->at);
    if (version.all.len) {
        ens_reader r = ens_read(version.body);
        if (!ens__der_take(&r, ENS_DER_INTEGER, &number) || ens_left(&r) || !ens__der_u32(number.body, &v) || v == 0 ||
            v > 2)
            return refuse_cert(in, "RFC 5280 4.1.2.1", "the version is not one that X.509 has", version.all.p);
    }
    c->version = v + 1;
    if (!ens__der_take(tbs, ENS_DER_INTEGER, &serial) || !read_integer(in, serial.body))
        return refuse_cert(in, "RFC 5280 4.1.2.2", "the serial number isn't an INTEGER", tbs->at);
    c->serial = serial.body;
    if (!ens__der_take(tbs, ENS_DER_SEQUENCE, algorithm))
        return refuse_cert(in, RULE, "the signature algorithm isn't a SEQUENCE", tbs->at);
    return ENS_OK;
}

static ens_code read_name(const input *in, ens_reader *tbs, ens_slice *out)
{
    ens_der name;
    if (!ens__der_take(tbs, ENS_DER_SEQUENCE, &name))
        return refuse_cert(in, RULE, "a name isn't a SEQUENCE", tbs->at);
    *out = name.all;
    return ENS_OK;
}

/* skip_unique_ids passes over issuerUniqueID and subjectUniqueID, which nobody uses. */
static ens_code skip_unique_ids(const input *in, ens_reader *tbs)
{
    ens_der id;
    if (!ens__der_optional(tbs, ENS_DER_CONTEXT_PRIMITIVE(1), &id) ||
        !ens__der_optional(tbs, ENS_DER_CONTEXT_PRIMITIVE(2), &id))
        return refuse_cert(in, RULE, "a unique identifier can't be read", tbs->at);
    return ENS_OK;
}

static ens_code read_tbs(const input *in, const ens_der *outer_algorithm, ens_cert *c)
{
    ens_reader tbs = ens_read(c->tbs);
    ens_der sequence, algorithm;
    ens_code code;
    if (!ens__der_take(&tbs, ENS_DER_SEQUENCE, &sequence))
        return refuse_cert(in, RULE, "TBSCertificate isn't a SEQUENCE", c->tbs.p);
    tbs = ens_read(sequence.body);
    if ((code = read_head(in, &tbs, &algorithm, c)) || (code = read_name(in, &tbs, &c->issuer)) ||
        (code = read_validity(in, &tbs, c)) || (code = read_name(in, &tbs, &c->subject)) ||
        (code = read_spki(in, &tbs, c)) || (code = skip_unique_ids(in, &tbs)) || (code = read_extensions(in, &tbs, c)))
        return code;
    if (ens_left(&tbs))
        return refuse_cert(in, RULE, "something stands behind the extensions", tbs.at);
    if (!ens_eq(algorithm.all, outer_algorithm->all))
        return refuse_cert(in, "RFC 5280 4.1.1.2", "the two signature algorithms differ", algorithm.all.p);
    return ENS_OK;
}

static ens_code parse(ens_slice der, unsigned *odd, ens_cert *out, ens_err *err)
{
    input in = {der, err, odd};
    if (der.len > ENS_CERT_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the certificate is too large", der.len);
    ens_cert c = {.der = der, .path_len = -1};
    ens_reader r = ens_read(der);
    ens_der outer, tbs, algorithm, signature;
    ens_slice parameters;
    unsigned unused;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &outer) || ens_left(&r))
        return refuse_cert(&in, RULE, "isn't one DER SEQUENCE", r.at);
    r = ens_read(outer.body);
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &tbs) || !ens__der_take(&r, ENS_DER_SEQUENCE, &algorithm) ||
        !ens__der_take(&r, ENS_DER_BIT_STRING, &signature) || ens_left(&r))
        return refuse_cert(&in, RULE, "isn't TBSCertificate, algorithm and signature", r.at);
    if (!read_algorithm(&algorithm, &c.signature_oid, &parameters) ||
        !ens__der_bits(signature.body, &c.signature, &unused))
        return refuse_cert(&in, RULE, "the signature can't be read", algorithm.all.p);
    if (unused)
        c.signature = (ens_slice){0}; /* a number of bits that no algorithm makes: readable, and never verified */
    c.tbs = tbs.all;
    c.signature_algorithm = algorithm.all;
    ens_code code = read_tbs(&in, &algorithm, &c);
    if (code == ENS_OK)
        *out = c;
    return code;
}

/* ens_cert_parse says where a certificate that it refuses has no worse fault than its encoding. */
ens_code ens_cert_parse(ens_slice der, ens_cert *out, ens_err *err)
{
    ens_cert shown;
    unsigned odd = 0, fault = 1;
    ens_code code = parse(der, NULL, out, err);
    if (code != ENS_ESYNTAX || !err || parse(der, &odd, &shown, NULL) != ENS_OK || !odd)
        return code;
    while (!(odd & fault))
        fault <<= 1;
    return ens_within(err, code, ens_cert_odd_words(fault));
}

ens_code ens_cert_parse_loose(ens_slice der, ens_cert *out, unsigned *odd, ens_err *err)
{
    *odd = 0;
    return parse(der, odd, out, err);
}

const char *ens_cert_odd_words(unsigned fault)
{
    switch (fault) {
    case ENS_CERT_ODD_BOOLEAN:
        return "a BOOLEAN is TRUE by another octet than FF (X.690, 11.1)";
    case ENS_CERT_ODD_BITS:
        return "keyUsage has bits set in its padding (X.690, 11.2)";
    case ENS_CERT_ODD_TIME:
        return "a validity date isn't written to the second in Z (RFC 5280, 4.1.2.5)";
    case ENS_CERT_ODD_INTEGER:
        return "the serial number is padded (X.690, 8.3)";
    default:
        return NULL;
    }
}
