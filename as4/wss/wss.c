#include "as4/wss/wss.h"

#include "as4/envelope/names.h"
#include "certs/keys/chain.h"

#define RULE_SEAL "ICD 4.6.2, Table 11"
#define RULE_WSS "eDelivery AS4 1.4.2.6"

#define HINT_TOKEN                                                                                                     \
    "send the whole certification path as a PKIPath: in Domibus use the token reference BinarySecurityToken with "     \
    "X509PKIPathv1 and a "                                                                                             \
    "keystore entry that holds the whole chain, in Holodeck B2B set the key reference method to BSTReference with "    \
    "certificate path, "                                                                                               \
    "in phase4 set the token reference to PKIPathv1"

static ens_slice decode(ens_slice text, ens_arena *arena, size_t max)
{
    if (text.len / 4 * 3 > max)
        return (ens_slice){0};
    uint8_t *p = ens_arena_take(arena, text.len / 4 * 3 + 3);
    size_t n = p ? ens__base64_decode(text, p) : SIZE_MAX;
    return n == SIZE_MAX ? ens_bytes(NULL, 0) : ens_bytes(p, n);
}

static ens_slice algorithm_of(const ens_node *e)
{
    return ens__node_attribute(e, ENS_IN_NONE, "Algorithm");
}

static ens_slice prefix_list_of(const ens_node *method)
{
    const ens_node *list = ens__node_child(method, ENS_IN_EC, "InclusiveNamespaces");
    return ens__node_attribute(list, ENS_IN_NONE, "PrefixList");
}

static ens_transform transform_of(const ens_node *transform, ens_slice algorithm)
{
    const ens_node *inside = ens__node_first(transform);
    if (ens_is(algorithm, ENS_ALG_EXC_C14N)) {
        bool plain = !inside || (ens__node_is(inside, ENS_IN_EC, "InclusiveNamespaces") && !ens__node_next(inside));
        return plain ? ENS_TRANSFORM_EXC_C14N : ENS_TRANSFORM_OTHER;
    }
    return ens_is(algorithm, ENS_ALG_SWA_CONTENT) && !inside ? ENS_TRANSFORM_SWA_CONTENT : ENS_TRANSFORM_OTHER;
}

static void read_transforms(const ens_node *reference, ens_reference *out)
{
    const ens_node *first = ens__node_first(ens__node_child(reference, ENS_IN_DS, "Transforms"));
    for (const ens_node *t = first; t; t = ens__node_next(t))
        out->num_transforms++;
    out->transform_uri = algorithm_of(first);
    out->prefix_list = prefix_list_of(first);
    out->transform = out->num_transforms == 0 ? ENS_TRANSFORM_NONE
                     : out->num_transforms == 1 && ens__node_is(first, ENS_IN_DS, "Transform")
                         ? transform_of(first, out->transform_uri)
                         : ENS_TRANSFORM_OTHER;
}

static void read_reference(const ens_node *e, ens_arena *arena, ens_reference *out, bool *parameters)
{
    *out = (ens_reference){.node = e, .uri = ens__node_attribute(e, ENS_IN_NONE, "URI")};
    read_transforms(e, out);
    const ens_node *method = ens__node_child(e, ENS_IN_DS, "DigestMethod");
    out->digest_method = algorithm_of(method);
    *parameters = *parameters || ens__node_first(method);
    out->digest = decode(ens__node_text(ens__node_child(e, ENS_IN_DS, "DigestValue"), arena), arena, 256);
}

static void read_signature(ens_wss *w, ens_arena *arena)
{
    w->signed_info = ens__node_child(w->signature, ENS_IN_DS, "SignedInfo");
    const ens_node *c14n = ens__node_child(w->signed_info, ENS_IN_DS, "CanonicalizationMethod");
    const ens_node *method = ens__node_child(w->signed_info, ENS_IN_DS, "SignatureMethod");
    w->c14n_method = algorithm_of(c14n);
    w->c14n_prefix_list = prefix_list_of(c14n);
    w->signature_method = algorithm_of(method);
    w->signature_parameters = ens__node_first(method) != NULL;
    w->signature_value =
        decode(ens__node_text(ens__node_child(w->signature, ENS_IN_DS, "SignatureValue"), arena), arena, 4096);
    for (const ens_node *e = ens__node_first(w->signed_info); e; e = ens__node_next(e)) {
        if (!ens__node_is(e, ENS_IN_DS, "Reference"))
            continue;
        if (w->num_references == ENS_REFERENCES_MAX)
            w->too_many_references = true;
        else
            read_reference(e, arena, &w->reference[w->num_references++], &w->signature_parameters);
    }
}

/* malformed notes why the signature is not as XML Signature has it. */
static bool malformed(ens_wss *w, const ens_node *at, const char *why)
{
    w->malformed = why;
    w->malformed_at = at;
    return false;
}

/* is_bare tells an element that has no children, or of exclusive C14N at most its list of prefixes. */
static bool is_bare(const ens_node *n, bool prefixes)
{
    const ens_node *inside = ens__node_first(n);
    return !inside || (prefixes && ens__node_is(inside, ENS_IN_EC, "InclusiveNamespaces") && n->span == 2);
}

/* check_reference: Transforms, DigestMethod and DigestValue, of a node or a part and never of a manifest. */
static bool check_reference(ens_wss *w, const ens_node *n)
{
    const ens_node *transforms = ens__node_first(n);
    bool has_transforms = ens__node_is(transforms, ENS_IN_DS, "Transforms");
    const ens_node *method = has_transforms ? ens__node_next(transforms) : transforms, *value = ens__node_next(method);
    ens_slice type = ens__node_attribute(n, ENS_IN_NONE, "Type");
    if (!ens__node_is(n, ENS_IN_DS, "Reference"))
        return malformed(w, n, "ds:SignedInfo holds something else than references behind its methods");
    if (ens_is(type, ENS_NS_DS "Manifest") || ens_is(type, ENS_NS_DS "Object"))
        return malformed(w, n, "a reference is to a manifest or an object");
    if (!ens__node_is(method, ENS_IN_DS, "DigestMethod") || !ens__node_is(value, ENS_IN_DS, "DigestValue") ||
        ens__node_next(value))
        return malformed(w, n, "a reference does not hold Transforms, DigestMethod and DigestValue and nothing else");
    if (value->span != 1)
        return malformed(w, value, "ds:DigestValue has children");
    for (const ens_node *t = has_transforms ? ens__node_first(transforms) : NULL; t; t = ens__node_next(t))
        if (!ens__node_is(t, ENS_IN_DS, "Transform") || !is_bare(t, true))
            return malformed(w, t, "a transform has parameters that a seal has not: XPath, XSLT or others");
    return true;
}

static bool check_signed_info(ens_wss *w, const ens_node *info)
{
    const ens_node *c14n = ens__node_first(info), *method = ens__node_next(c14n);
    if (!ens__node_is(c14n, ENS_IN_DS, "CanonicalizationMethod") || !is_bare(c14n, true))
        return malformed(w, info, "ds:SignedInfo does not begin with a plain CanonicalizationMethod");
    if (!ens__node_is(method, ENS_IN_DS, "SignatureMethod"))
        return malformed(w, info, "there is no SignatureMethod behind the CanonicalizationMethod");
    for (const ens_node *e = ens__node_next(method); e; e = ens__node_next(e))
        if (!check_reference(w, e))
            return false;
    return true;
}

/* check_signature wants SignedInfo, SignatureValue and KeyInfo, and no ds:Object: whatever is signed in ICS2 is an
 * element of the envelope or a part of the message. */
static bool check_signature(ens_wss *w)
{
    const ens_node *info = ens__node_first(w->signature), *value = ens__node_next(info), *key = ens__node_next(value);
    if (!ens__node_is(info, ENS_IN_DS, "SignedInfo"))
        return malformed(w, w->signature, "ds:Signature does not begin with ds:SignedInfo");
    if (!ens__node_is(value, ENS_IN_DS, "SignatureValue") || value->span != 1)
        return malformed(w, w->signature, "there is no plain ds:SignatureValue behind ds:SignedInfo");
    if (key && !ens__node_is(key, ENS_IN_DS, "KeyInfo"))
        return malformed(w, key, "ds:Signature holds something else than SignedInfo, SignatureValue and KeyInfo");
    if (ens__node_next(key))
        return malformed(w, ens__node_next(key),
                         ens__node_is(ens__node_next(key), ENS_IN_DS, "Object")
                             ? "ds:Signature holds a ds:Object"
                             : "ds:Signature holds something behind its KeyInfo");
    return check_signed_info(w, info);
}

/* holds_elements tells those elements of a seal that have no text of their own (the schemas of XML Signature and
 * WS-Security; what is mixed there may hold text, and has none in a seal). */
static bool holds_elements(const ens_node *e)
{
    static const struct {
        ens_ns ns;
        const char *local;
    } names[] = {{ENS_IN_WSSE, "Security"},      {ENS_IN_WSSE, "SecurityTokenReference"},
                 {ENS_IN_WSSE, "Reference"},     {ENS_IN_DS, "Signature"},
                 {ENS_IN_DS, "SignedInfo"},      {ENS_IN_DS, "CanonicalizationMethod"},
                 {ENS_IN_DS, "SignatureMethod"}, {ENS_IN_DS, "Reference"},
                 {ENS_IN_DS, "Transforms"},      {ENS_IN_DS, "Transform"},
                 {ENS_IN_DS, "DigestMethod"},    {ENS_IN_DS, "KeyInfo"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ens__node_is(e, names[i].ns, names[i].local))
            return true;
    return false;
}

/* check_contents: no text among the elements of the Security block, and no element in what has a value or nothing. */
static bool check_contents(ens_wss *w, const ens_node *security, ens_arena *arena)
{
    for (const ens_node *e = security; e; e = ens__node_following(e, security)) {
        if (!ens__node_is_blank(e, arena) && holds_elements(e))
            return malformed(w, e, "text stands among the elements of the seal");
        if (e->ns == ENS_IN_WSSE && ens__node_first(e) &&
            (ens_is(e->local, "BinarySecurityToken") || ens_is(e->local, "Reference")))
            return malformed(w, e, "a token, or the reference to it, holds an element");
    }
    return true;
}

static const ens_node *token_with_id(const ens_soap *soap, ens_slice id)
{
    for (const ens_node *e = ens__node_first(soap->security); e; e = ens__node_next(e))
        if (ens__node_is(e, ENS_IN_WSSE, "BinarySecurityToken") && ens_eq(ens__node_attribute(e, ENS_IN_WSU, "Id"), id))
            return e;
    return NULL;
}

static ens_key_info read_token_reference(const ens_soap *soap, const ens_node *reference, ens_arena *arena, ens_wss *w)
{
    ens_slice uri = ens__node_attribute(reference, ENS_IN_NONE, "URI");
    w->reference_value_type = ens__node_attribute(reference, ENS_IN_NONE, "ValueType");
    w->token = uri.len > 1 && uri.p[0] == '#' ? token_with_id(soap, ens_from(uri, 1)) : NULL;
    if (!w->token)
        return ENS_KEY_INFO_DANGLING;
    w->token_value_type = ens__node_attribute(w->token, ENS_IN_NONE, "ValueType");
    w->token_encoding = ens__node_attribute(w->token, ENS_IN_NONE, "EncodingType");
    w->token_text = ens__node_text(w->token, arena);
    return ENS_KEY_INFO_TOKEN;
}

static ens_key_info read_key_info(const ens_soap *soap, ens_arena *arena, ens_wss *w)
{
    const ens_node *info = ens__node_child(w->signature, ENS_IN_DS, "KeyInfo"), *inside = ens__node_first(info);
    if (!inside)
        return ENS_KEY_INFO_NONE;
    if (ens__node_is(inside, ENS_IN_DS, "KeyValue"))
        return ENS_KEY_INFO_KEY_VALUE;
    if (!ens__node_is(inside, ENS_IN_WSSE, "SecurityTokenReference"))
        return ENS_KEY_INFO_OTHER;
    w->token_type = ens__node_attribute(inside, ENS_IN_WSSE11, "TokenType");
    const ens_node *how = ens__node_first(inside);
    if (ens__node_is(how, ENS_IN_WSSE, "Reference"))
        return read_token_reference(soap, how, arena, w);
    if (ens__node_is(how, ENS_IN_WSSE, "KeyIdentifier"))
        return ENS_KEY_INFO_KEY_IDENTIFIER;
    return ens__node_is(how, ENS_IN_DS, "X509Data") ? ENS_KEY_INFO_ISSUER_SERIAL : ENS_KEY_INFO_OTHER;
}

void ens__wss_read(const ens_soap *soap, ens_arena *arena, ens_wss *out)
{
    ens__wss_clear(out);
    for (const ens_node *e = ens__node_first(soap->security); e; e = ens__node_next(e)) {
        if (ens__node_is(e, ENS_IN_DS, "Signature"))
            out->signature = out->num_signatures++ ? out->signature : e;
        else if (ens__node_is(e, ENS_IN_WSSE, "BinarySecurityToken"))
            out->num_tokens++;
        else if (ens__node_is(e, ENS_IN_WSSE, "UsernameToken"))
            out->username_token = true;
        else if (ens__node_is(e, ENS_IN_WSU, "Timestamp"))
            out->timestamp_node = e;
    }
    out->timestamp = out->timestamp_node != NULL;
    for (const ens_node *e = soap->envelope; e; e = ens__node_following(e, soap->envelope))
        out->num_encrypted +=
            ens__node_is(e, ENS_IN_XENC, "EncryptedKey") || ens__node_is(e, ENS_IN_XENC, "EncryptedData");
    if (!out->signature)
        return;
    read_signature(out, arena);
    out->well_formed = check_signature(out) && check_contents(out, soap->security, arena);
    out->key_info = read_key_info(soap, arena, out);
}

bool ens__wss_reference_allowed(const ens_reference *r)
{
    return (r->transform == ENS_TRANSFORM_EXC_C14N || r->transform == ENS_TRANSFORM_SWA_CONTENT) &&
           ens_is(r->digest_method, ENS_ALG_SHA256);
}

bool ens__wss_signature_allowed(const ens_wss *w)
{
    return w->signed_info && ens_is(w->c14n_method, ENS_ALG_EXC_C14N) &&
           ens_is(w->signature_method, ENS_ALG_RSA_SHA256) && !w->signature_parameters;
}

static bool judge_presence(const ens_soap *soap, const ens_wss *w, ens_report *report)
{
    bool good = soap->num_security == 1 && w->num_signatures == 1 && w->signed_info && w->num_references;
    const char *hint =
        "seal the message: one wsse:Security block with one ds:Signature over eb:Messaging, the Body and every part";
    if (soap->num_security != 1)
        ens__failf(report, "coverage.security", "eDelivery AS4 1.4.2.6; ebMS3 Core 7.1", hint,
                   "there are %u wsse:Security blocks, not one", soap->num_security);
    else if (w->num_signatures != 1)
        ens__failf(report, "coverage.security", "ICD 4.6.2", hint, "the wsse:Security block has %u signatures, not one",
                   w->num_signatures);
    else if (!w->signed_info || !w->num_references)
        ens__failf(report, "coverage.security", "XML Signature 1.1, 4.4", hint, "the signature refers to nothing");
    else
        ens__pass(report, "coverage.security", "ICD 4.6.2");
    if (w->num_encrypted)
        ens__failf(report, "algorithm.encryption", "ICD 4.1.1.3, Annex 2",
                   "switch message encryption off: ICS2 relies on TLS for confidentiality",
                   "the message is encrypted (%u xenc elements)", w->num_encrypted);
    if (w->username_token)
        ens__failf(report, "token.username", RULE_WSS, "leave user name tokens out",
                   "the wsse:Security block has a UsernameToken");
    return good && !w->num_encrypted;
}

static void judge_structure(const ens_wss *w, ens_report *report)
{
    if (w->well_formed)
        return;
    ens__failf(report, "signature.structure", "XML Signature 1.1, 4; ICS2-HTI Annex 6",
               "write ds:Signature as SignedInfo, SignatureValue and KeyInfo; ICS2 signs elements and parts alone, by "
               "one transform each",
               "%s", w->malformed)
        ->xpath = ens__node_path(w->malformed_at, &report->arena);
}

static bool judge_methods(const ens_wss *w, ens_report *report)
{
    bool good = true;
    if (!ens_is(w->c14n_method, ENS_ALG_EXC_C14N)) {
        good = false;
        ens__failf(report, "algorithm.canonicalization", RULE_SEAL "; BSP 1.1 R5404", "use " ENS_ALG_EXC_C14N,
                   "the CanonicalizationMethod is %s", ens__show(report, w->c14n_method));
    }
    if (!ens_is(w->signature_method, ENS_ALG_RSA_SHA256)) {
        good = false;
        ens__failf(report, "algorithm.signature", RULE_SEAL, "use " ENS_ALG_RSA_SHA256, "the SignatureMethod is %s",
                   ens__show(report, w->signature_method));
    } else if (w->signature_parameters) {
        good = false;
        ens__failf(report, "algorithm.parameters", RULE_SEAL, "leave parameters of signature and digest methods out",
                   "SignatureMethod or a DigestMethod has parameters");
    }
    if (w->too_many_references) {
        good = false;
        ens__failf(report, "algorithm.references", "implementation limit",
                   "sign eb:Messaging, the Body and each part once", "there are more than %u references",
                   ENS_REFERENCES_MAX);
    }
    if (good)
        ens__pass(report, "algorithm.signature", RULE_SEAL);
    return good;
}

static void judge_reference(const ens_reference *r, bool *good, ens_report *report)
{
    const char *uri = ens__show(report, r->uri);
    ens_finding *f = NULL;
    if (!ens_is(r->digest_method, ENS_ALG_SHA256))
        f = ens__failf(report, "algorithm.digest", RULE_SEAL, "use " ENS_ALG_SHA256, "the DigestMethod of %s is %s",
                       uri, ens__show(report, r->digest_method));
    else if (r->transform == ENS_TRANSFORM_NONE)
        f = ens__failf(report, "algorithm.transform", "AS4 5.1.4, 5.1.5; BSP 1.1 R5416, R5411",
                       "give each reference its one transform", "the reference %s has no transform", uri);
    else if (r->num_transforms > 1)
        f = ens__failf(report, "algorithm.transform", "AS4 2.1.1, 5.1.4", "give each reference one transform",
                       "the reference %s has %u transforms", uri, r->num_transforms);
    else if (r->transform == ENS_TRANSFORM_OTHER)
        f = ens__failf(report, "algorithm.transform", "ICD 4.6.2; AS4 5.1.4; BSP 1.1 R5423",
                       "use exclusive C14N for elements and Attachment-Content-Signature-Transform for parts",
                       "the transform of %s is %s", uri, ens__show(report, r->transform_uri));
    else if ((r->transform == ENS_TRANSFORM_SWA_CONTENT) != ens__starts_nocase(r->uri, ENS_LIT("cid:")))
        f = ens__failf(report, "algorithm.transform", "WSS SwA Profile 1.1, 5.4",
                       "use exclusive C14N for elements and Attachment-Content-Signature-Transform for parts",
                       "the transform of %s is not made for it", uri);
    if (!f)
        return;
    *good = false;
    f->xpath = ens__node_path(r->node, &report->arena);
}

static void judge_token_kind(const ens_wss *w, bool x509v3_allowed, ens_report *report)
{
    static const char *const kinds[] = {
        [ENS_KEY_INFO_NONE] = "ds:KeyInfo names no token",
        [ENS_KEY_INFO_DANGLING] = "ds:KeyInfo refers to a token that isn't in the wsse:Security block",
        [ENS_KEY_INFO_KEY_IDENTIFIER] = "the certificate is only named by a key identifier",
        [ENS_KEY_INFO_ISSUER_SERIAL] = "the certificate is only named by issuer and serial number",
        [ENS_KEY_INFO_KEY_VALUE] = "there is a bare public key instead of certificates",
        [ENS_KEY_INFO_OTHER] = "ds:KeyInfo holds something else than a reference to a BinarySecurityToken"};
    if (w->key_info != ENS_KEY_INFO_TOKEN) {
        ens__failf(report, "token.reference", RULE_SEAL "; BSP 1.1 R5417", HINT_TOKEN, "%s", kinds[w->key_info]);
        return;
    }
    ens__pass(report, "token.reference", RULE_SEAL);
    bool x509v3 = ens_is(w->token_value_type, ENS_TOKEN_X509V3);
    if (x509v3 && x509v3_allowed)
        ens__passf(report, "token.type", "ICD 4.6.2 (binds traders only)", "X509v3, as the STI may send it");
    else if (x509v3)
        ens__failf(report, "token.type", RULE_SEAL, HINT_TOKEN,
                   "the token is X509v3: it holds only the leaf, the STI needs the whole path");
    else if (ens_is(w->token_value_type, ENS_TOKEN_PKIPATH))
        ens__pass(report, "token.type", RULE_SEAL);
    else if (w->token_value_type.p) /* else bsp says so */
        ens__failf(report, "token.type", RULE_SEAL "; BSP 1.1 R3032", HINT_TOKEN, "the token's ValueType is %s",
                   ens__show(report, w->token_value_type));
}

/* judge_token_labels: where labels are given they are those of the token; bsp judges whether they are. */
static void judge_token_labels(const ens_wss *w, ens_report *report)
{
    const char *rule = "WSS X.509 Token Profile 1.1.1, 3.2; ICD Annex 6";
    if (!w->token_value_type.p)
        return;
    if (w->reference_value_type.p && !ens_eq(w->reference_value_type, w->token_value_type))
        ens__failf(report, "token.label", rule, "give wsse:Reference the ValueType of the token",
                   "wsse:Reference says %s and the token %s", ens__show(report, w->reference_value_type),
                   ens__show(report, w->token_value_type));
    if (w->token_type.p && !ens_eq(w->token_type, w->token_value_type))
        ens__failf(report, "token.label", rule, "give wsse11:TokenType the ValueType of the token",
                   "TokenType says %s and the token %s", ens__show(report, w->token_type),
                   ens__show(report, w->token_value_type));
}

bool ens__wss_judge(const ens_soap *soap, const ens_wss *w, bool x509v3_allowed, ens_report *report)
{
    bool allowed = judge_presence(soap, w, report), good = true;
    if (!w->signature)
        return false;
    judge_structure(w, report);
    allowed &= judge_methods(w, report);
    for (unsigned i = 0; i < w->num_references; i++)
        judge_reference(&w->reference[i], &good, report);
    if (good && w->num_references)
        ens__pass(report, "algorithm.references", RULE_SEAL);
    judge_token_kind(w, x509v3_allowed, report);
    if (w->token)
        judge_token_labels(w, report);
    if (w->num_tokens > 1)
        ens__failf(report, "token.one", "ICS2-HTI 4.6.2, Annex 6",
                   "send the token of the seal alone: receivers read every token, and differ in which one they believe",
                   "the wsse:Security block has %u tokens, and the signature refers to one", w->num_tokens);
    return allowed && good && w->well_formed;
}

#define RULE "ICD 4.6.2, Table 11"
#define RULE_PKIPATH "WSS X.509 Token Profile 1.1.1, 3.1"
#define HINT_PATH                                                                                                      \
    "the STI needs the whole path, root first and signer last: import the complete chain with the private key into "   \
    "the keystore, then in "                                                                                           \
    "Domibus, Holodeck B2B and phase4 alike the PKIPath is written from it"

static ens_code read_one(ens_slice der, ens_chain *chain, ens_err *err)
{
    ens_code code = ens_cert_parse(der, &chain->cert[0], err);
    if (code == ENS_OK)
        chain->num = 1;
    return code;
}

/* read_as_labelled tells by *mislabelled that the token holds the other kind. */
static ens_code read_as_labelled(ens_slice der, bool x509v3, ens_chain *chain, bool *mislabelled, ens_err *err)
{
    ens_code code = x509v3 ? read_one(der, chain, err) : ens__pkipath_read(der, chain, err);
    if (code == ENS_OK)
        return code;
    ens_code other = x509v3 ? ens__pkipath_read(der, chain, NULL) : read_one(der, chain, NULL);
    *mislabelled = other == ENS_OK;
    return other == ENS_OK ? ENS_OK : code;
}

static void refuse_encoding(ens_report *report)
{
    ens__failf(report, "token.encoding", RULE_PKIPATH, "write the token as base64 without line breaks",
               "the token isn't base64, or is over %zu bytes", ENS_TOKEN_MAX);
}

static bool read_token(ens__signer *s, bool x509v3)
{
    size_t len = s->text.len / 4 * 3 > ENS_TOKEN_MAX ? SIZE_MAX : ens__base64_decode(s->text, s->der);
    if (len == SIZE_MAX) {
        refuse_encoding(&s->token);
        return false;
    }
    ens_err err = {0};
    bool mislabelled = false;
    if (read_as_labelled(ens_bytes(s->der, len), x509v3, &s->chain, &mislabelled, &err) != ENS_OK) {
        char text[256];
        ens_finding *f = ens__failf(&s->token, "token.pkipath", RULE_PKIPATH, HINT_PATH, "the token can't be read: %s",
                                    ens_err_format(&err, text, sizeof text));
        f->at = err.n ? err.frame[0].at : SIZE_MAX;
        return false;
    }
    if (mislabelled)
        ens__failf(&s->token, "token.pkipath", RULE_PKIPATH, "label the token as what it is",
                   "the token's ValueType doesn't say what it holds: %zu certificate(s) %s", s->chain.num,
                   x509v3 ? "as a PKIPath" : "without a PKIPath around");
    else
        ens__pass(&s->token, "token.pkipath", RULE_PKIPATH);
    return true;
}

static void judge_order(const ens_chain *chain, const ens_chain_facts *facts, ens_report *report)
{
    if (facts->num_unrelated)
        ens__failf(report, "token.extra", RULE, "send the signer's path and nothing else",
                   "%zu certificate(s) of the token are no part of the signer's path", facts->num_unrelated);
    if (chain->num > 1 && !facts->was_root_first && facts->was_leaf_first)
        ens__warn(report, "token.order", RULE_PKIPATH, HINT_PATH,
                  "the path is in the order leaf first, not root first: a receiver may refuse it");
    else if (chain->num > 1 && !facts->was_root_first)
        ens__failf(report, "token.order", RULE_PKIPATH, HINT_PATH,
                   "the path is in no order: neither root first nor leaf first");
    else
        ens__pass(report, "token.order", "X.509 PKIPath");
}

static void find_signer(ens__signer *s, bool leaf_alone)
{
    ens_chain_facts facts = {0};
    ens_err err = {0};
    if (ens__chain_order(&s->chain, &facts, &err) != ENS_OK) {
        ens__failf(&s->token, "token.signer", "ICD 4.6.2", HINT_PATH,
                   "no certificate of the token stands out as the signer: %s", err.n ? err.frame[0].what : "ambiguous");
        return;
    }
    judge_order(&s->chain, &facts, &s->token);
    if (s->chain.num == 1 && !leaf_alone)
        ens__failf(&s->token, "token.complete", "ICD 4.6.2 (mistakes the STI sees most)", HINT_PATH,
                   "the token holds only the leaf%s", facts.self_signed_end ? ", a self-signed certificate" : "");
    else
        ens__pass(&s->token, "token.complete", "ICD 4.6.2");
    s->found = true;
}

ens__signer *ens__token_judge(ens__signers *signers, const ens_wss *wss, bool x509v3_allowed, ens_report *report)
{
    bool x509v3 = ens_is(wss->token_value_type, ENS_TOKEN_X509V3), leaf_alone = x509v3 && x509v3_allowed;
    unsigned reading = (unsigned)x509v3 | (unsigned)leaf_alone << 1;
    if (wss->key_info != ENS_KEY_INFO_TOKEN)
        return NULL;
    ens__signer *s = ens__signers_find(signers, wss->token_text, reading);
    if (!s && (s = ens__signers_take(signers, wss->token_text, reading))) {
        if (read_token(s, x509v3))
            find_signer(s, leaf_alone);
        ens__signer_ready(s);
        if (s->found && !s->has_key)
            ens__failf(&s->token, "token.key", "RFC 5280 4.1.2.7", "use a certificate with an RSA key",
                       "the public key of the signer's certificate can't be read");
    }
    if (s)
        ens__report_append(report, &s->token);
    else if (wss->token_text.len > ENS_SIGNER_TOKEN_MAX)
        refuse_encoding(report);
    else
        ens__skip(report, "token.encoding", RULE_PKIPATH, true, "out of memory for the token");
    return s;
}
