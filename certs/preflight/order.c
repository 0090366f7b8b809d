#include "certs/preflight/order.h"

#include "certs/eori/countries.h"
#include "certs/eori/eori.h"
#include "certs/keys/certificates.h"
#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/der.h"
#include "certs/x509/extensions.h"
#include "certs/x509/name.h"
#include "engine/base/report.h"
#include "ensign/orgid.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define RULE_ORDER "ICS2-HTI ICD 4.6.2"
#define RULE_SUBJECT "EN 319 412-3 4.2.1"
#define RULE_POLICY "TS 119 312; ICS2-HTI ICD 4.6.2"
#define RULE_USAGE "ICS2-HTI ICD 4.6.2; EN 319 412-2 4.3.2"
#define NATIONAL_MAX 15u
#define VAT_KEYS 97u /* of a French VAT number */
#define USAGE "critical,digitalSignature,nonRepudiation"

/* proves tells what an identifier says of the EORI. */
static ens_binding proves(const char *orgid, ens_slice eori)
{
    ens_report *report = ens_report_new();
    ens_binding binding = report ? ens_binding_check(ens_str(orgid), eori, report) : ENS_BINDING_CANNOT;
    ens_report_free(report);
    return binding;
}

/* offer keeps an identifier that proves the EORI, once. */
static bool offer(ens__order *o, const char *scheme, ens_slice reference)
{
    char text[ENS_ORDER_ORGID_LEN];
    const char *country = strncmp(o->eori, "GR", 2) == 0 && strcmp(scheme, "VAT") == 0 ? "EL" : o->eori;
    snprintf(text, sizeof text, "%s%.2s-%.*s", scheme, country, (int)reference.len, (const char *)reference.p);
    if (!reference.len || o->num_orgids == ENS_ORDER_ORGIDS_MAX || proves(text, ens_str(o->eori)) != ENS_BINDING_BOUND)
        return false;
    for (size_t i = 0; i < o->num_orgids; i++)
        if (strcmp(o->orgid[i], text) == 0)
            return true;
    memcpy(o->orgid[o->num_orgids++], text, sizeof text);
    return true;
}

/* offer_french finds the two digits in front of a SIREN that make it a VAT number. */
static void offer_french(ens__order *o, ens_slice national)
{
    char text[2 + NATIONAL_MAX];
    ens_slice siren = ens_sub(national, 0, 9);
    if (strncmp(o->eori, "FR", 2) != 0 || !ens__siren(siren))
        return;
    for (unsigned key = 0; key < VAT_KEYS; key++) {
        snprintf(text, sizeof text, "%02u%.9s", key, (const char *)siren.p);
        if (offer(o, "VAT", ens_str(text)))
            return;
    }
}

/* offer_all tries what the Member States make EORIs of: the number, or it without a suffix or a prefix, or a VAT number
 * made of it. Whatever proves nothing isn't offered. */
static void offer_all(ens__order *o)
{
    ens_slice national = ens_from(ens_str(o->eori), 2);
    char joined[NATIONAL_MAX + 1] = "", swedish[NATIONAL_MAX + 3];
    size_t n = 0;
    for (size_t i = 0; i < national.len && n < NATIONAL_MAX; i++)
        if (national.p[i] != '-')
            joined[n++] = (char)national.p[i];
    bool in_front = ens_starts(national, ENS_LIT("0I")); /* SK: the register number stands behind it */
    ens_slice number = in_front ? ens_from(ens_str(joined), 2) : ens_str(joined);
    snprintf(swedish, sizeof swedish, "%s01", joined);
    offer_french(o, national);
    if (strncmp(o->eori, "SE", 2) == 0)
        offer(o, "VAT", ens_str(swedish));
    else if (!in_front && offer(o, "VAT", ens_sub(number, 0, 9)) + offer(o, "VAT", ens_sub(number, 0, 10)) == 0)
        offer(o, "VAT", number);
    if (!offer(o, "NTR", ens_sub(number, 0, 9)))
        offer(o, "NTR", number);
}

static ens_code choose_orgid(ens__order *o, const char *orgid, ens_err *err)
{
    ens_orgid parts;
    ens_code code = ens_orgid_parse(ens_str(orgid), &parts, err);
    if (code != ENS_OK)
        return code;
    if (strlen(orgid) >= ENS_ORDER_ORGID_LEN)
        return ens_fail_about(err, ENS_ESYNTAX, RULE_SUBJECT, "the identifier is too long", orgid);
    if (proves(orgid, ens_str(o->eori)) == ENS_BINDING_MISMATCH)
        return ens_fail_about(err, ENS_EPOLICY, "ICS2-HTI ICD 4.6.3",
                              "the identifier is that of another legal person than the EORI's", orgid);
    snprintf(o->orgid[0], ENS_ORDER_ORGID_LEN, "%s", orgid);
    o->num_orgids = 1;
    return ENS_OK;
}

ens_code ens__order_make(const char *eori, const char *company, const char *orgid, const char *country, ens__order *out,
                         ens_err *err)
{
    ens__order o = {.eori = eori, .company = company, .name = company};
    ens_report *report = ens_report_new();
    if (!report)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_eori_check(ens_str(eori), ens_time_now(), report);
    bool fits = ens_report_verdict(report) != ENS_REFUSED && strlen(eori) > 2;
    ens_report_free(report);
    if (!fits)
        return ens_fail_about(err, ENS_ESYNTAX, "ICS2-HTI ICD 4.6.3", "this is no EORI", eori);
    if (country && (!ens__shape_fits("ll", ens_str(country)) || !ens__eori_country(ens_str(country))))
        return ens_fail_about(err, ENS_ESYNTAX, RULE_SUBJECT, "this is no country's code of two capitals", country);
    snprintf(o.country, sizeof o.country, "%.2s", country ? country : strncmp(eori, "XI", 2) == 0 ? "GB" : eori);
    if (orgid) {
        ens_code code = choose_orgid(&o, orgid, err);
        if (code != ENS_OK)
            return code;
    } else {
        offer_all(&o);
    }
    *out = o;
    return ENS_OK;
}

/* add_entry adds one attribute of the subject; an empty one is left out. */
static bool add_entry(X509_NAME *name, int nid, const char *text)
{
    return !text || !text[0] ||
           X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool fill_subject(const ens__order *o, X509_NAME *name)
{
    return add_entry(name, NID_countryName, o->country) && add_entry(name, NID_organizationName, o->company) &&
           add_entry(name, NID_organizationIdentifier, o->num_orgids ? o->orgid[0] : NULL) &&
           add_entry(name, NID_commonName, o->name);
}

static bool add_usage(X509_REQ *request)
{
    X509_EXTENSION *usage = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, USAGE);
    STACK_OF(X509_EXTENSION) *all = sk_X509_EXTENSION_new_null();
    bool added = usage && all && sk_X509_EXTENSION_push(all, usage) > 0 && X509_REQ_add_extensions(request, all) == 1;
    sk_X509_EXTENSION_free(all);
    X509_EXTENSION_free(usage);
    return added;
}

/* sign_request makes and signs it, and writes its DER. */
static bool sign_request(const ens__order *o, EVP_PKEY *key, ens_buf *out)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    int len = -1;
    if (request && X509_REQ_set_version(request, 0) == 1 && fill_subject(o, X509_REQ_get_subject_name(request)) &&
        X509_REQ_set_pubkey(request, key) == 1 && add_usage(request) && X509_REQ_sign(request, key, EVP_sha256()) > 0)
        len = i2d_X509_REQ(request, &der);
    if (len > 0)
        ens_buf_put(out, ens_bytes(der, (size_t)len));
    OPENSSL_free(der);
    X509_REQ_free(request);
    ERR_clear_error();
    return len > 0;
}

ens_code ens__order_request(const ens__order *o, const ens_keyring *keys, ens_buf *out, ens_err *err)
{
    ens__request made;
    if (!o->company || !o->company[0])
        return ens_fail(err, ENS_EPOLICY, RULE_SUBJECT, "a request names the company", 0);
    if (!sign_request(o, keys->keys.key[0], out))
        return ens_fail(err, ENS_ECRYPTO, "RFC 2986 4.2",
                        "the request can't be made: the key doesn't sign, or a name is too long", 0);
    ens_code code = ens_buf_done(out, err);
    if (code == ENS_OK)
        code = ens__request_parse(ens_buf_slice(out), &made, err);
    if (code != ENS_OK)
        return code;
    ens__crypto_opinion key = ens__crypto_key_opinion(&made.asked, ENS_ROLE_SIGNER);
    if (key.grade == ENS_CRYPTO_REFUSED)
        return ens_fail(err, ENS_EPOLICY, RULE_POLICY,
                        "ICS2 takes RSA (rsaEncryption) of 2048 to 4096 bits with an odd exponent, and this key is not "
                        "one of these",
                        0);
    return ENS_OK;
}

/* What a request is judged by. */

static void judge_signature(const ens_cert *asked, ens_report *report)
{
    static const char *const id = "request.signature", *const rule = "RFC 2986 4.2";
    ens__keys *keys = ens__keys_new();
    ens__signature found =
        keys ? ens__keys_verify(keys, asked->spki, asked->signature_algorithm, asked->tbs, asked->signature)
             : ENS_SIGNATURE_NO_MEMORY;
    if (found == ENS_SIGNATURE_GOOD)
        ens__passf(report, id, rule, "signed with the key that it asks a certificate for");
    else if (found == ENS_SIGNATURE_BAD)
        ens__failf(report, id, rule, "make the request anew, and change nothing in it",
                   "the request is not signed with the key in it, or was changed: nobody proves to have that key");
    else
        ens__skip(report, id, rule, true, "its signature can't be checked: the algorithm isn't known here")->hint =
            "sign the request with RSA and SHA-256";
    ens__keys_free(keys);
    if (ens__crypto_signature_opinion(asked).grade == ENS_CRYPTO_REFUSED)
        ens__warn(report, "request.algorithm", RULE_POLICY, "sign the request with SHA-256: authorities refuse less",
                  "the request is signed with a weak algorithm");
}

static void judge_key(const ens_cert *asked, ens_time at, ens_report *report)
{
    static const char *const id = "crypto.key";
    ens__crypto_opinion opinion = ens__crypto_key_opinion(asked, ENS_ROLE_SIGNER);
    ens__crypto_end end = ens__crypto_key(asked);
    char key[24], date[ENS_TIME_TEXT];
    if (opinion.grade == ENS_CRYPTO_REFUSED)
        ens__failf(report, id, RULE_POLICY, opinion.hint, "%s", opinion.what);
    else if (opinion.grade == ENS_CRYPTO_WARNED)
        ens__warn(report, id, RULE_POLICY, opinion.hint, "%s", opinion.what);
    else if (end.end == ENS_TIME_NONE)
        ens__passf(report, id, RULE_POLICY, "%s", ens__key_name(asked, key));
    else if (end.end <= at)
        ens__failf(report, id, RULE_POLICY, "make a new RSA key of 3072 bits", "%s ended on %.10s", end.what,
                   ens_time_format(end.end, date));
    else
        ens__passf(report, id, RULE_POLICY, "%s; %s ends on %.10s, and a certificate for it, too",
                   ens__key_name(asked, key), end.what, ens_time_format(end.end, date));
}

static void judge_usage(const ens_cert *asked, ens_report *report)
{
    static const char *const id = "request.key-usage";
    if (asked->ca || asked->key_usage & (ENS_KU_KEY_CERT_SIGN | ENS_KU_CRL_SIGN))
        ens__failf(report, id, RULE_USAGE, "ask for a certificate that seals: digitalSignature and nonRepudiation",
                   "the request asks for a certificate of an authority");
    else if (!asked->has_key_usage)
        ens__passf(report, id, RULE_USAGE, "none is asked for: the authority sets it; have it set digitalSignature");
    else if (asked->key_usage & ENS_KU_DIGITAL_SIGNATURE)
        ens__passf(report, id, RULE_USAGE, "digitalSignature");
    else if (asked->key_usage & ENS_KU_NON_REPUDIATION)
        ens__warn(report, id, RULE_USAGE, "ask for digitalSignature as well: some WS-Security stacks want it",
                  "the request asks for nonRepudiation without digitalSignature");
    else
        ens__failf(report, id, RULE_USAGE, "ask for digitalSignature, with nonRepudiation or alone",
                   "the key usage that is asked for lets the key sign nothing");
}

static void judge_purpose(const ens_cert *asked, ens_report *report)
{
    static const char *const id = "request.purpose";
    ens_extension_list purposes = {0}, names = {0};
    if ((asked->ext_key_usage.len && !ens__ext_key_usage_read(asked, &purposes)) ||
        (asked->subject_alt_name.len && !ens__alt_names_read(asked, &names)))
        ens__failf(report, id, "RFC 5280 4.2.1.6, 4.2.1.12", "make the request anew",
                   "the extended key usage or the other names that are asked for can't be read");
    else if (ens__list_has(&names, "DNS") || ens__list_has(&names, "IP"))
        ens__warn(report, id, "RFC 5280 4.2.1.6; EN 319 412-3 4.3.1", "ask for a seal, not for a web server's",
                  "the request asks for names of servers");
    else if (purposes.num)
        ens__warn(report, id, "RFC 5280 4.2.1.12; EN 319 412-3 4.3.1",
                  "leave the extended key usage out: whoever looks at it may find the seal made for something else",
                  "the request asks for an extended key usage, and a seal needs none");
    else
        ens__pass(report, id, "RFC 5280 4.2.1.12");
}

/* judge_subject tells what a seal's subject has to have. An authority writes what it has verified, whatever was asked:
 * what is missing is a warning. */
static void judge_subject(const ens_cert *asked, ens_report *report)
{
    const struct {
        ens_slice type;
        const char *name;
    } needed[] = {{ENS_OID_COUNTRY, "countryName"},
                  {ENS_OID_ORGANIZATION, "organizationName"},
                  {ENS_OID_ORGANIZATION_IDENTIFIER, "organizationIdentifier"},
                  {ENS_OID_COMMON_NAME, "commonName"}};
    unsigned missing = 0;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (ens__name_count(asked->subject, needed[i].type))
            continue;
        missing++;
        ens__warn(report, "request.subject", RULE_SUBJECT,
                  "tell the authority what to write there, or make the request anew (ensign cert order)",
                  "the subject has no %s, which a seal certificate has", needed[i].name);
    }
    if (!missing)
        ens__pass(report, "request.subject", RULE_SUBJECT);
}

static void judge_owner(const ens_cert *asked, const ens_keyring *keys, ens_report *report)
{
    if (!keys)
        return;
    if (ens_keyring_fits(keys, asked))
        ens__pass(report, "key.match", "RFC 2986 4.1");
    else
        ens__failf(report, "key.match", "RFC 2986 4.1", "find the key that the request was made with",
                   "the private key doesn't belong to the request");
}

static ens_binding judge_eori(const ens_cert *asked, const ens__request_options *o, ens_report *report)
{
    if (!o->eori.len)
        return ENS_BINDING_NOT_ASKED;
    ens_eori_check(o->eori, o->at, report);
    return ens_binding_check_cert(asked, o->eori, report);
}

ens_binding ens__request_judge(const ens__request *request, const ens__request_options *o, ens_report *report)
{
    const ens_cert *asked = &request->asked;
    judge_signature(asked, report);
    judge_key(asked, o->at, report);
    judge_usage(asked, report);
    judge_purpose(asked, report);
    judge_subject(asked, report);
    judge_owner(asked, o->keys, report);
    ens_binding binding = judge_eori(asked, o, report);
    bool refused = ens_report_verdict(report) == ENS_REFUSED;
    ens__skip(report, "request.certificate", RULE_ORDER, true,
              "a request is no certificate: path, revocation and qualification are those of what the authority issues")
        ->hint = refused ? NULL : "give the certificate that the authority makes of it to `ensign cert check`";
    return binding;
}
