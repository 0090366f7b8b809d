/* The CMS: its form, digest, attributes and value, and whose certificate made it. */
#include "certs/keys/certificates.h"
#include "certs/keys/keys.h"
#include "certs/path/cryptopolicy.h"
#include "certs/x509/name.h"
#include "sti/pdf/check.h"

#define RULE_CMS "RFC 5652 5"
#define RULE_CADES "EN 319 122-1 5"

static void judge_padding(ens__pdf_job *j)
{
    ens_slice padding = ens_from(j->contents, j->cms.len);
    size_t at = 0;
    while (at < padding.len && padding.p[at] == 0)
        at++;
    if (at < padding.len)
        ens__failf(j->report, "pdf.padding", ENS_PDF_RULE_SIGNATURE, ENS_PDF_SIGN_ANEW,
                   "something is hidden in the unused room behind the signature");
    else
        ens__pass(j->report, "pdf.padding", ENS_PDF_RULE_SIGNATURE);
}

static bool judge_form(ens__pdf_job *j)
{
    const ens__cms *c = &j->cms;
    if (c->attached) {
        ens__failf(j->report, "pdf.cms", RULE_CMS, ENS_PDF_SETTING,
                   "the signature brings a content of its own instead of signing the document");
        return false;
    }
    if (c->num_signers != 1) {
        ens__failf(j->report, "pdf.cms", ENS_PDF_RULE_PADES, ENS_PDF_SIGN_ANEW,
                   "the signature has %u signers in it, and one is allowed", c->num_signers);
        return false;
    }
    if (!c->signer) {
        ens__failf(j->report, "pdf.cms", ENS_PDF_RULE_PADES,
                   "sign with the digital ID that holds certificate and key together (PKCS#12, token or card)",
                   "the certificate of the signer isn't in the signature");
        return false;
    }
    if (c->loose)
        ens__pdf_doubt(j, "pdf.cms", ENS_PDF_RULE_SIGNATURE, "sign it with Acrobat, or with ensign pdf sign",
                       "the signature isn't written in DER, as PDF wants it");
    else
        ens__pass(j->report, "pdf.cms", RULE_CMS);
    return true;
}

/* digest_ranges hashes what the signature covers. */
static bool digest_ranges(ens__pdf_job *j, ens_digest_kind kind, uint8_t out[ENS_DIGEST_MAX])
{
    ens_digest d = {0};
    bool good = ens__digest_init(&d, kind, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&d);
        ens__digest_add(&d, ens_sub(j->bytes, 0, j->hole_from));
        ens__digest_add(&d, ens_sub(j->bytes, j->hole_to, j->covered));
        good = ens__digest_end(&d, out, NULL) == ENS_OK;
    }
    ens__digest_clear(&d);
    return good;
}

static void judge_digest(ens__pdf_job *j)
{
    const ens__cms *c = &j->cms;
    ens_digest_kind kind;
    uint8_t digest[ENS_DIGEST_MAX];
    if (!ens__cms_kind(c->digest, &kind)) {
        ens__failf(j->report, "pdf.digest", "TS 119 312", ENS_PDF_SETTING,
                   "the signature rests on %s; SHA-256 or better is asked for", ens__cms_digest_name(c->digest));
        return;
    }
    if (!j->ranged) {
        ens__skip(j->report, "pdf.digest", RULE_CMS, true, "what the signature covers isn't known");
        return;
    }
    if (!digest_ranges(j, kind, digest)) {
        ens__skip(j->report, "pdf.digest", RULE_CMS, true, "the digest can't be made");
        return;
    }
    if (ens_eq(c->message_digest, ens_bytes(digest, ens__digest_size(kind))))
        ens__passf(j->report, "pdf.digest", RULE_CMS, "%s", ens__cms_digest_name(c->digest));
    else
        ens__failf(j->report, "pdf.digest", RULE_CMS, ENS_PDF_SIGN_ANEW,
                   "the document was changed after it was signed: its digest isn't the one that was signed");
}

/* first_fault names what is wrong with the signed attributes, or NULL. */
static const char *first_fault(const ens__cms *c, const char **hint)
{
    *hint = ENS_PDF_SETTING;
    if (!c->attributes.len)
        return "the signature has no signed attributes";
    if (c->counts.content_type != 1 || !ens_eq(c->content_type, ENS_OID_DATA) ||
        !ens_eq(c->encapsulated, c->content_type))
        return "the signature doesn't say once that it is over data (content-type)";
    if (c->counts.message_digest != 1)
        return "the signature doesn't hold the digest of the document once (message-digest)";
    if (!c->counts.signing_certificate_v2)
        return c->counts.signing_certificate
                   ? "the signature names its certificate by SHA-1 alone (signing-certificate)"
                   : "the signature doesn't name the certificate that made it (signing-certificate-v2 is missing)";
    if (c->counts.signing_certificate_v2 != 1)
        return "the signature names the certificate that made it more than once";
    return NULL;
}

/* names_signer tells whether signing-certificate-v2 is about the signer's certificate. */
static bool names_signer(const ens__cms *c)
{
    ens_digest_kind kind = ENS_SHA256;
    uint8_t digest[ENS_DIGEST_MAX];
    ens_digest d = {0};
    bool good =
        (!c->ess_digest.len || ens__cms_kind(c->ess_digest, &kind)) && ens__digest_init(&d, kind, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&d);
        ens__digest_add(&d, c->signer->der);
        good = ens__digest_end(&d, digest, NULL) == ENS_OK &&
               ens_eq(c->ess_hash, ens_bytes(digest, ens__digest_size(kind)));
    }
    ens__digest_clear(&d);
    return good;
}

static void judge_attributes(ens__pdf_job *j)
{
    const ens__cms *c = &j->cms;
    const char *hint, *fault = first_fault(c, &hint);
    if (fault && j->old_format && c->counts.message_digest == 1) {
        ens__skip(j->report, "pdf.attributes", RULE_CADES, false, "its format has other attributes than CAdES");
        return;
    }
    if (!fault && !names_signer(c)) {
        fault = "the signature names another certificate than the one that made it (signing-certificate-v2)";
        hint = ENS_PDF_SIGN_ANEW;
    }
    if (fault)
        ens__failf(j->report, "pdf.attributes", RULE_CADES, hint, "%s", fault);
    else
        ens__pass(j->report, "pdf.attributes", RULE_CADES);
    if (c->counts.signing_time)
        ens__pdf_doubt(j, "pdf.signing-time", ENS_PDF_RULE_PADES, ENS_PDF_SETTING,
                       "the signature has a signing-time attribute, which PAdES forbids: it is no PAdES baseline "
                       "signature");
    if (c->has_timestamp || c->num_unsigned)
        ens__pdf_doubt(j, "pdf.unsigned", ENS_PDF_RULE_PADES, "switch off the time stamp server in Acrobat",
                       c->has_timestamp ? "the signature has a time stamp, which nobody asks for"
                                        : "the signature has attributes that are not signed");
}

static void judge_value(ens__pdf_job *j)
{
    const ens__cms *c = &j->cms;
    bool other_digest;
    ens_slice algorithm = ens__cms_algorithm(c, &other_digest);
    ens__keys *keys = ens__keys_new();
    ens__signature found = ENS_SIGNATURE_NO_MEMORY;
    if (keys && c->attributes.len)
        found = ens__keys_verify(keys, c->signer->spki, algorithm, c->attributes, c->signature);
    ens__keys_free(keys);
    if (!c->attributes.len)
        return;
    if (other_digest)
        ens__failf(j->report, "pdf.value", RULE_CMS, ENS_PDF_SIGN_ANEW,
                   "the signature contradicts itself about its digest");
    else if (found == ENS_SIGNATURE_GOOD && ens__crypto_is_weak_statement(algorithm))
        ens__failf(j->report, "pdf.value", "TS 119 312", ENS_PDF_SETTING,
                   "the signature's value is made with an algorithm that is not strong enough (SHA-1, say)");
    else if (found == ENS_SIGNATURE_GOOD)
        ens__pass(j->report, "pdf.value", RULE_CMS);
    else if (found == ENS_SIGNATURE_NO_MEMORY)
        ens__skip(j->report, "pdf.value", RULE_CMS, true, "out of memory");
    else
        ens__failf(j->report, "pdf.value", RULE_CMS, ENS_PDF_SIGN_ANEW,
                   found == ENS_SIGNATURE_BAD
                       ? "the signature wasn't made by the key of its certificate, or was changed"
                       : "the signature's algorithm isn't one that is taken");
}

static bool is_own_issuer(const ens_cert *c)
{
    return ens__name_same(c->subject, c->issuer);
}

/* judge_signer: the certificate that made the signature is the one that is being registered. */
static void judge_signer(ens__pdf_job *j)
{
    const ens_cert *c = j->cms.signer,
                   *wanted = j->o->certificates ? ens_certificates_get(j->o->certificates, 0) : NULL;
    const char *rule = ENS_PDF_RULE_GUIDE;
    bool same = wanted && ens_eq(wanted->der, c->der);
    if (is_own_issuer(c))
        ens__failf(j->report, "pdf.signer", rule,
                   "in Acrobat's dialogue choose the digital ID of the sealing certificate, not one that Acrobat made",
                   "it was signed with a self-made digital ID, which no authority has issued");
    else if (!wanted)
        ens__skip(j->report, "pdf.signer", rule, true,
                  "the certificate that is being registered isn't at hand (--cert)");
    else if (same)
        ens__pass(j->report, "pdf.signer", rule);
    else if (ens__name_same(wanted->subject, c->subject))
        ens__failf(j->report, "pdf.signer", rule,
                   "choose the digital ID whose serial number is that of the certificate being registered",
                   "it was signed with another certificate of the same holder, an older or a newer one");
    else
        ens__failf(j->report, "pdf.signer", rule,
                   "in Acrobat's dialogue choose the digital ID of the certificate that is being registered",
                   "it was signed with another certificate than the one being registered");
}

/* issuer_in finds who issued a certificate among those that came along; *named: one has the issuer's name. */
static const ens_cert *issuer_in(const ens__cms *c, const ens_cert *of, bool *named)
{
    for (size_t i = 0; i < c->num_certificates; i++) {
        if (!ens__name_same(of->issuer, c->certificate[i].subject))
            continue;
        *named = true;
        if (ens__key_verifies(&c->certificate[i], of))
            return &c->certificate[i];
    }
    return NULL;
}

/* chain_len counts the certificates from the signer's up to the last whose issuer isn't there. *whole: up to one that
 * is its own issuer; *broken: one that has an issuer's name isn't it. */
static size_t chain_len(const ens__cms *c, bool *whole, bool *broken)
{
    const ens_cert *at = c->signer;
    size_t len = 1;
    *broken = false;
    for (; len <= c->num_certificates; len++) {
        bool named = false;
        const ens_cert *issuer = issuer_in(c, at, &named);
        *whole = issuer == at;
        *broken = named && !issuer;
        if (!issuer || *whole)
            break;
        at = issuer;
    }
    return len;
}

static void judge_chain(ens__pdf_job *j)
{
    bool whole = false, broken = false;
    size_t len = chain_len(&j->cms, &whole, &broken);
    if (broken)
        ens__failf(j->report, "pdf.chain", ENS_PDF_RULE_PADES, ENS_PDF_SIGN_ANEW,
                   "a certificate that goes along has an issuer's name, and isn't the one that issued");
    else if (len > 1 || whole)
        ens__passf(j->report, "pdf.chain", ENS_PDF_RULE_PADES, "%zu certificates%s", len,
                   whole ? ", up to the root" : "");
    else
        ens__pdf_doubt(j, "pdf.chain", ENS_PDF_RULE_PADES,
                       "import the issuers' certificates into the digital ID, or into Acrobat (Edit > Preferences > "
                       "Signatures > Identities & Trusted Certificates), and sign anew",
                       "the signer's certificate goes along without those of its issuers");
    if (j->cms.num_unread || (!broken && len < j->cms.num_certificates))
        ens__warn(j->report, "pdf.chain", "RFC 5280 4.1", "let the signer's certificate and its issuers alone go along",
                  "%zu certificates go along that can't be read, or aren't of the signer's path",
                  j->cms.num_unread + j->cms.num_certificates - len);
}

/* judge_key asks the one policy for keys: what may not seal a message isn't registered for it. */
static void judge_key(ens__pdf_job *j)
{
    ens__crypto_opinion o = ens__crypto_key_opinion(j->cms.signer, ENS_ROLE_SIGNER);
    if (o.grade == ENS_CRYPTO_REFUSED)
        ens__failf(j->report, "pdf.key", "ICD 4.6.2, Table 11", o.hint, "%s", o.what);
    else if (o.grade == ENS_CRYPTO_WARNED)
        ens__warn(j->report, "pdf.key", "ICD 4.6.2, Table 11", o.hint, "%s", o.what);
    else
        ens__pass(j->report, "pdf.key", "ICD 4.6.2, Table 11");
}

/* judge_dates: a certificate signs while it is valid. */
static void judge_dates(ens__pdf_job *j)
{
    const ens_cert *c = j->cms.signer;
    char at[ENS_TIME_TEXT];
    ens_time when = j->out->signed_at != ENS_TIME_NONE ? j->out->signed_at : j->o->at;
    if (when < c->not_before)
        ens__failf(j->report, "pdf.validity", "RFC 5280 4.1.2.5",
                   "look whether the computer's clock is behind; else wait until the certificate begins",
                   "it was signed before the certificate begins, which is at %s", ens_time_format(c->not_before, at));
    else if (when > c->not_after)
        ens__failf(j->report, "pdf.validity", "RFC 5280 4.1.2.5", "renew the certificate, and register the new one",
                   "it was signed after the certificate had ended, at %s", ens_time_format(c->not_after, at));
    else
        ens__pass(j->report, "pdf.validity", "RFC 5280 4.1.2.5");
}

void ens__pdf_judge_cms(ens__pdf_job *j)
{
    ens_err err = {0};
    if (!j->contents.len) {
        if (j->hole_to)
            ens__failf(j->report, "pdf.cms", RULE_CMS, ENS_PDF_SIGN_ANEW, "the signature is empty");
        return;
    }
    if (ens__cms_read(j->contents, &j->arena, &j->cms, &err) != ENS_OK) {
        j->cms.signer = NULL;
        ens__failf(j->report, "pdf.cms", err.frame[0].rule ? err.frame[0].rule : RULE_CMS, ENS_PDF_SETTING, "%s",
                   err.frame[0].what);
        return;
    }
    judge_padding(j);
    if (!judge_form(j))
        return;
    judge_digest(j);
    judge_attributes(j);
    judge_value(j);
    judge_signer(j);
    judge_key(j);
    judge_chain(j);
    judge_dates(j);
}
