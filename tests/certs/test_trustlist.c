/* Trusted lists: what the reader finds in them, and which seals it takes. Lists are made by the fixtures with libxml2
 * and OpenSSL. */
#include "certs/lists/trustlist.h"
#include "fixtures/pki.h"
#include "fixtures/trustlists.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>

#define LIST_MAX ((size_t)1 << 20)
#define MEMORY_MAX ((size_t)8 << 20)

/* What the cases share: keys take a while. */
typedef struct {
    bool ready;
    fx_signers signers;
    fx_pki pki;
    uint8_t *der[FX_SIGNERS];
    ens_slice anchor[FX_SIGNERS];
    ens_trustlist_reader *reader;
    ens_arena arena;
    ens_buf services, providers;
} stage;

static stage *set(void)
{
    static stage s;
    if (s.ready)
        return &s;
    CU_ASSERT_FATAL(fx_signers_make(&s.signers) && fx_pki_make_path(&s.pki, "issuing"));
    for (int i = 0; i < FX_SIGNERS; i++) {
        int len = i2d_X509(s.signers.cert[i], &s.der[i]);
        s.anchor[i] = ens_bytes(s.der[i], len > 0 ? (size_t)len : 0);
    }
    s.reader = ens__trustlist_reader_new();
    CU_ASSERT_FATAL(s.reader != NULL);
    ens_arena_init(&s.arena, MEMORY_MAX);
    ens_buf_init(&s.services, NULL, 0, LIST_MAX);
    ens_buf_init(&s.providers, NULL, 0, LIST_MAX);
    fx_listed_service_write(&s.services, s.pki.cert[1], "CA/QC", "granted", "2026-01-01T00:00:00Z", "ForeSeals", NULL,
                            NULL);
    fx_provider_write(&s.providers, "Demo Trust", "VATFR-44732829320", ens_buf_slice(&s.services));
    s.ready = true;
    return &s;
}

/* A list of France with one service, signed as the rest of l says. */
static ens_buf make(fx_trustlist l)
{
    stage *s = set();
    ens_buf text;
    ens_buf_init(&text, NULL, 0, LIST_MAX);
    l.territory = l.territory ? l.territory : "FR";
    if (!l.providers.p)
        l.providers = ens_buf_slice(&s->providers);
    CU_ASSERT(fx_trustlist_write(&s->signers, &l, &text));
    return text;
}

/* judge reads and judges text under one anchor; *list borrows until the next call. */
static ens_code judge(ens_slice text, fx_signer anchor, ens_trustlist *list, ens_list_judgement *judged, ens_err *err)
{
    stage *s = set();
    ens_arena_reset(&s->arena);
    *judged = (ens_list_judgement){0};
    ens_code code = ens__trustlist_read(s->reader, text, true, NULL, &s->arena, list, err);
    return code == ENS_OK ? ens__trustlist_judge(list, &s->anchor[anchor], 1, judged, err) : code;
}

static bool sealed(ens_slice text, fx_signer anchor)
{
    ens_trustlist list;
    ens_list_judgement judged;
    return judge(text, anchor, &list, &judged, NULL) == ENS_OK && judged.signature == ENS_LIST_SIGNATURE_VALID &&
           judged.pinned;
}

static void takes_every_kind_of_seal_that_lists_have(void)
{
    static const struct {
        const char *name;
        fx_trustlist list;
    } rows[] = {
        {"RSA-SHA256, V1", {.sequence = 1, .signer = FX_SIGNER_FR}},
        {"RSA-SHA384", {.sequence = 1, .signer = FX_SIGNER_FR, .digest = ENS_SHA384}},
        {"RSA-SHA512, V2, version 6",
         {.version = 6, .sequence = 1, .signer = FX_SIGNER_FR, .digest = ENS_SHA512, .v2 = true}},
        {"ECDSA-SHA256", {.sequence = 1, .signer = FX_SIGNER_BE}},
        {"ECDSA-SHA512", {.sequence = 1, .signer = FX_SIGNER_BE, .digest = ENS_SHA512}},
        {"root by its Id", {.sequence = 1, .signer = FX_SIGNER_FR, .by_id = true}},
        {"closed", {.sequence = 1, .signer = FX_SIGNER_FR, .next_update = ""}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_trustlist list;
        ens_list_judgement judged;
        ens_err err = {0};
        char text[256];
        ens_buf bytes = make(rows[i].list);
        ens_code code = judge(ens_buf_slice(&bytes), rows[i].list.signer, &list, &judged, &err);
        CHECK_ROW(code == ENS_OK && judged.signature == ENS_LIST_SIGNATURE_VALID && judged.pinned && !judged.reason[0],
                  "%s: %s %s", rows[i].name, ens_err_format(&err, text, sizeof text), judged.reason);
        CHECK_ROW((list.next_update == ENS_TIME_NONE) == (rows[i].list.next_update != NULL), "%s: next update",
                  rows[i].name);
        ens_buf_free(&bytes);
    }
}

/* replace puts text in place of the n-th stretch from a to b (b left out, or to its end). */
static void replace(ens_buf *list, const char *from, const char *to, const char *text)
{
    ens_slice all = ens_buf_slice(list);
    size_t a = ens__find(all, ens_str(from), 0), b = a == SIZE_MAX ? a : to ? ens__find(all, ens_str(to), a) : a;
    CU_ASSERT_FATAL(a != SIZE_MAX && b != SIZE_MAX);
    b += to ? strlen(to) : strlen(from);
    ens_buf changed;
    ens_buf_init(&changed, NULL, 0, LIST_MAX);
    ens_buf_put(&changed, ens_sub(all, 0, a));
    ens_buf_text(&changed, text);
    ens_buf_put(&changed, ens_from(all, b));
    ens_buf_free(list);
    *list = changed;
}

/* part copies the stretch from a up to and with b. */
static char *part(const ens_buf *list, const char *from, const char *to)
{
    ens_slice all = ens_buf_slice(list);
    size_t a = ens__find(all, ens_str(from), 0), b = a == SIZE_MAX ? a : ens__find(all, ens_str(to), a);
    CU_ASSERT_FATAL(a != SIZE_MAX && b != SIZE_MAX);
    char *copy = strndup((const char *)all.p + a, b + strlen(to) - a);
    CU_ASSERT_FATAL(copy != NULL);
    return copy;
}

#define ROOT "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\""

static void change_text(ens_buf *l)
{
    replace(l, "Demo Trust<", NULL, "Demo Thief<");
}

static void change_properties(ens_buf *l)
{
    replace(l, "<xades:SigningTime>2026-09-01", NULL, "<xades:SigningTime>2026-09-02");
}

static void second_signature(ens_buf *l)
{
    char *again = part(l, "<ds:Signature ", "</ds:Signature>");
    ens_buf end;
    ens_buf_init(&end, NULL, 0, LIST_MAX);
    ens_buf_printf(&end, "%s</TrustServiceStatusList>", again);
    ens_buf_add(&end, "", 1);
    replace(l, "</TrustServiceStatusList>", NULL, (const char *)end.p);
    ens_buf_free(&end);
    free(again);
}

static void signature_in_signature(ens_buf *l)
{
    replace(l, "</ds:Object></ds:Signature>", NULL,
            "</ds:Object><ds:Object><ds:Signature><ds:SignedInfo></ds:SignedInfo></ds:Signature></ds:Object></"
            "ds:Signature>");
}

static void signature_lower(ens_buf *l)
{
    char *signature = part(l, "<ds:Signature ", "</ds:Signature>");
    ens_buf moved;
    ens_buf_init(&moved, NULL, 0, LIST_MAX);
    ens_buf_printf(&moved, "%s</SchemeInformation>", signature);
    ens_buf_add(&moved, "", 1);
    replace(l, "<ds:Signature ", "</ds:Signature>", "");
    replace(l, "</SchemeInformation>", NULL, (const char *)moved.p);
    ens_buf_free(&moved);
    free(signature);
}

/* The root that was signed goes below another one, with its signature. */
static void root_below(ens_buf *l)
{
    char *scheme = part(l, "<SchemeInformation>", "</SchemeInformation>");
    ens_buf begin;
    ens_buf_init(&begin, NULL, 0, LIST_MAX);
    ens_buf_printf(&begin, ROOT ">%s" ROOT, scheme);
    ens_buf_add(&begin, "", 1);
    replace(l, ROOT, NULL, (const char *)begin.p);
    replace(l, "</ds:Signature></TrustServiceStatusList>", NULL,
            "</ds:Signature></TrustServiceStatusList></TrustServiceStatusList>");
    ens_buf_free(&begin);
    free(scheme);
}

/* … and its signature becomes the child of the new one: it still covers what "#list" names, which is no longer the
 * root. */
static void root_below_signature_above(ens_buf *l)
{
    root_below(l);
    char *signature = part(l, "<ds:Signature ", "</ds:Signature>");
    ens_buf end;
    ens_buf_init(&end, NULL, 0, LIST_MAX);
    ens_buf_printf(&end, "</TrustServiceStatusList>%s</TrustServiceStatusList>", signature);
    ens_buf_add(&end, "", 1);
    replace(l, "<ds:Signature ", "</ds:Signature>", "");
    replace(l, "</TrustServiceStatusList></TrustServiceStatusList>", NULL, (const char *)end.p);
    ens_buf_free(&end);
    free(signature);
}

/* A second SignedProperties with another time, in front of the one that is signed. */
static void two_properties(ens_buf *l)
{
    replace(l, "<ds:Object>", NULL,
            "<ds:Object><xades:QualifyingProperties "
            "xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"><xades:SignedProperties>"
            "<xades:SignedSignatureProperties><xades:SigningTime>2020-01-01T00:00:00Z</xades:SigningTime></"
            "xades:SignedSignatureProperties>"
            "</xades:SignedProperties></xades:QualifyingProperties></ds:Object><ds:Object>");
}

static void no_reference_to_properties(ens_buf *l)
{
    replace(l, "<ds:Reference Type=", "</ds:Reference>", "");
}

static void other_transform(ens_buf *l)
{
    replace(l, "enveloped-signature\"/>", NULL, "base64\"/>");
}

static void change_value(ens_buf *l)
{
    char *value = part(l, "<ds:SignatureValue>", "</ds:SignatureValue>");
    char *at = value + sizeof "<ds:SignatureValue>" + 10;
    *at = *at == 'A' ? 'B' : 'A';
    replace(l, "<ds:SignatureValue>", "</ds:SignatureValue>", value);
    free(value);
}

static void refuses_what_only_looks_sealed(void)
{
    static const struct {
        const char *name;
        void (*change)(ens_buf *list);
        const char *reason; /* a part of it */
        bool by_id;
    } rows[] = {
        {"a word changed", change_text, "changed after sealing", false},
        {"signed properties changed", change_properties, "signed properties differs", false},
        {"a second signature", second_signature, "more than one signature", false},
        {"a countersignature", signature_in_signature, "more than one signature", false},
        {"the signature is no child of the root", signature_lower, "no child of the root", false},
        {"the root moved below another", root_below, "no child of the root", true},
        {"the root moved, its signature not", root_below_signature_above, "", true},
        {"two sets of signed properties", two_properties, "SignedProperties", false},
        {"the properties aren't signed", no_reference_to_properties, "SignedProperties", false},
        {"another transform", other_transform, "", false},
        {"the value changed", change_value, "value of the signature", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_trustlist list;
        ens_list_judgement judged;
        ens_buf bytes = make((fx_trustlist){.sequence = 1, .signer = FX_SIGNER_FR, .by_id = rows[i].by_id});
        CHECK_ROW(sealed(ens_buf_slice(&bytes), FX_SIGNER_FR), "%s: not good before", rows[i].name);
        rows[i].change(&bytes);
        ens_code code = judge(ens_buf_slice(&bytes), FX_SIGNER_FR, &list, &judged, NULL);
        CHECK_ROW(code != ENS_OK || (judged.signature == ENS_LIST_SIGNATURE_INVALID && judged.reason[0]), "%s: taken",
                  rows[i].name);
        CHECK_ROW(code != ENS_OK || strstr(judged.reason, rows[i].reason), "%s: %s", rows[i].name, judged.reason);
        ens_buf_free(&bytes);
    }
}

static void refuses_a_signer_that_is_none(void)
{
    stage *s = set();
    const struct {
        const char *name;
        fx_trustlist list;
        fx_signer anchor;
        ens_list_signature signature;
        const char *reason;
    } rows[] = {
        {"another's certificate",
         {.sequence = 1, .signer = FX_SIGNER_BE},
         FX_SIGNER_FR,
         ENS_LIST_SIGNATURE_VALID,
         "not one of those"},
        {"out of date",
         {.sequence = 1, .signer = FX_SIGNER_OLD},
         FX_SIGNER_OLD,
         ENS_LIST_SIGNATURE_INVALID,
         "was not valid"},
        {"no time",
         {.sequence = 1, .signer = FX_SIGNER_FR, .signing_time = ""},
         FX_SIGNER_FR,
         ENS_LIST_SIGNATURE_INVALID,
         "SigningTime"},
        {"names another certificate",
         {.sequence = 1, .signer = FX_SIGNER_FR, .claims = s->signers.cert[FX_SIGNER_BE]},
         FX_SIGNER_FR,
         ENS_LIST_SIGNATURE_INVALID,
         "SigningCertificate names"},
        {"not signed",
         {.sequence = 1, .signer = FX_SIGNER_FR, .unsigned_list = true},
         FX_SIGNER_FR,
         ENS_LIST_SIGNATURE_NONE,
         "not signed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_trustlist list;
        ens_list_judgement judged;
        ens_buf bytes = make(rows[i].list);
        CHECK_ROW(judge(ens_buf_slice(&bytes), rows[i].anchor, &list, &judged, NULL) == ENS_OK, "%s: not read",
                  rows[i].name);
        CHECK_ROW(judged.signature == rows[i].signature && strstr(judged.reason, rows[i].reason), "%s: %s",
                  rows[i].name, judged.reason);
        CHECK_ROW(judged.pinned == (rows[i].anchor == rows[i].list.signer && judged.signer.len), "%s: pinned",
                  rows[i].name);
        ens_buf_free(&bytes);
    }
}

static bool between(ens_slice all, size_t i, const char *from, const char *to)
{
    size_t a = ens__find(all, ens_str(from), 0), b = a == SIZE_MAX ? a : ens__find(all, ens_str(to), a);
    return b != SIZE_MAX && i >= a && i < b + strlen(to);
}

/* Not signed, and without a meaning here: the XML declaration, the signature's own Id, and who points to it. */
static bool is_idle(ens_slice all, size_t i)
{
    return between(all, i, "<?xml", "?>") || between(all, i, " Id=\"sig\"", ">") ||
           between(all, i, " Target=\"#sig\"", ">");
}

static void no_byte_can_be_changed(void)
{
    ens_buf bytes = make((fx_trustlist){.sequence = 1, .signer = FX_SIGNER_BE});
    ens_slice all = ens_buf_slice(&bytes);
    CU_ASSERT_FATAL(sealed(all, FX_SIGNER_BE));
    for (size_t i = 0; i < bytes.len; i++) {
        bool idle = is_idle(all, i);
        bytes.p[i] ^= 1;
        CHECK_ROW(!sealed(all, FX_SIGNER_BE) || idle, "byte %zu changed, and taken: %.20s", i,
                  (const char *)bytes.p + i);
        bytes.p[i] ^= 1;
    }
    ens_buf_free(&bytes);
}

static void refuses_what_is_no_list(void)
{
    static const struct {
        const char *name, *from, *to, *text;
        ens_code code;
    } rows[] = {
        {"version 4", "Identifier>5<", NULL, "Identifier>4<", ENS_EPOLICY},
        {"version 7", "Identifier>5<", NULL, "Identifier>7<", ENS_EPOLICY},
        {"no sequence number", "<TSLSequenceNumber>", "</TSLSequenceNumber>", "", ENS_ESYNTAX},
        {"a sequence number that is none", "<TSLSequenceNumber>1", NULL, "<TSLSequenceNumber>-1", ENS_ESYNTAX},
        {"no NextUpdate", "<NextUpdate>", "</NextUpdate>", "", ENS_ESYNTAX},
        {"a date that is none", "<dateTime>2027-03-01", NULL, "<dateTime>2027-13-01", ENS_ESYNTAX},
        {"another root", "<TrustServiceStatusList ", NULL, "<TrustServiceStatusLisp ", ENS_ESYNTAX},
        {"another namespace", "02231/v2#", NULL, "02231/v3#", ENS_ESYNTAX},
        {"two sequence numbers", "<TSLType>", NULL, "<TSLSequenceNumber>9</TSLSequenceNumber><TSLType>", ENS_ESYNTAX},
        {"two dates of issue", "<NextUpdate>", NULL,
         "<ListIssueDateTime>2026-09-01T00:00:00Z</ListIssueDateTime><NextUpdate>", ENS_ESYNTAX},
        {"two next updates", "<NextUpdate>", NULL,
         "<NextUpdate><dateTime>2030-01-01T00:00:00Z</dateTime></NextUpdate><NextUpdate>", ENS_ESYNTAX},
        {"cut off", "</TrustServiceStatusList>", NULL, "", ENS_ESYNTAX},
        {"a DTD", "<TrustServiceStatusList ", NULL, "<!DOCTYPE a><TrustServiceStatusList ", ENS_EPOLICY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_trustlist list;
        ens_list_judgement judged;
        ens_err err = {0};
        ens_buf bytes = make((fx_trustlist){.sequence = 1, .signer = FX_SIGNER_FR});
        replace(&bytes, rows[i].from, rows[i].to, rows[i].text);
        CHECK_ROW(judge(ens_buf_slice(&bytes), FX_SIGNER_FR, &list, &judged, &err) == rows[i].code && err.n, "%s",
                  rows[i].name);
        ens_buf_free(&bytes);
    }
}

static void reads_head_and_pointers(void)
{
    stage *s = set();
    const X509 *const two[] = {s->signers.cert[0], s->signers.cert[1]};
    ens_trustlist list;
    ens_list_judgement judged;
    ens_buf pointers;
    ens_buf_init(&pointers, NULL, 0, LIST_MAX);
    fx_pointer_write(&pointers, "http://lists.example/\n a.xml\n", "AT", false, NULL, two, 2);
    fx_pointer_write(&pointers, "http://lists.example/a.pdf", "AT", false, "application/pdf", two, 1);
    ens_buf bytes = make((fx_trustlist){.of_lists = true,
                                        .sequence = 388,
                                        .scheme_uris = "<URI>a&amp;b</URI><URI><![CDATA[c&d]]></URI>",
                                        .pointers = ens_buf_slice(&pointers),
                                        .signer = FX_SIGNER_FR});
    CU_ASSERT_FATAL(judge(ens_buf_slice(&bytes), FX_SIGNER_FR, &list, &judged, NULL) == ENS_OK);
    CU_ASSERT(list.version == 5 && list.sequence == 388 && ens_is(list.territory, "EU") &&
              ens_is(list.type, ENS_TYPE_LIST_OF_LISTS));
    CU_ASSERT(ens_is(list.operator_name, "Demo Supervisor of EU") && list.issued == 1788220800 &&
              list.next_update > list.issued);
    CU_ASSERT(list.num_scheme_uris == 2 && ens_is(list.scheme_uri[0], "a&b") && ens_is(list.scheme_uri[1], "c&d"));
    CU_ASSERT(list.num_pointers == 2 && list.pointer[0].num_certificates == 2 &&
              ens_eq(list.pointer[0].certificate[1], s->anchor[1]));
    CU_ASSERT(ens_is(list.pointer[1].mime, "application/pdf") && ens_is(list.pointer[1].territory, "AT"));
    ens_buf_free(&bytes);
    ens_buf_free(&pointers);
}

#define SIE "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
#define OID(tag, oid)                                                                                                  \
    "<q:" tag "><x:Identifier xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\">" oid "</x:Identifier></q:" tag ">"

/* Three qualifications: criteria of every kind; one that isn't known; none at all. */
static const char extensions[] =
    "<Extension Critical=\"true\"><q:Qualifications xmlns:q=\"" SIE "\"><q:QualificationElement><q:Qualifiers>"
    "<q:Qualifier "
    "uri=\"http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/QCWithQSCD\"/></q:Qualifiers><q:CriteriaList "
    "assert=\"atLeastOne\">"
    "<q:KeyUsage><q:KeyUsageBit name=\"nonRepudiation\">true</q:KeyUsageBit><q:KeyUsageBit name=\"crlSign\"> false "
    "</q:KeyUsageBit></q:KeyUsage>"
    "<q:PolicySet>" OID("PolicyIdentifier", "urn:oid:1.2.3")
        OID("PolicyIdentifier",
            "1.2.4") "</q:PolicySet>"
                     "<q:CriteriaList assert=\"none\"><q:otherCriteriaList><t:ExtendedKeyUsage "
                     "xmlns:t=\"http://uri.etsi.org/02231/v2/additionaltypes#\">"
                     "<t:KeyPurposeId><x:Identifier "
                     "xmlns:x=\"http://uri.etsi.org/01903/v1.3.2#\">1.3.6.1.5.5.7.3.1</x:Identifier></t:KeyPurposeId>"
                     "</t:ExtendedKeyUsage></q:otherCriteriaList></q:CriteriaList><q:Description>words</"
                     "q:Description></q:CriteriaList></q:QualificationElement>"
                     "<q:QualificationElement><q:Qualifiers><q:Qualifier "
                     "uri=\"urn:x\"/></q:Qualifiers><q:CriteriaList><q:Colour>green</q:Colour>"
                     "<q:PolicySet></q:PolicySet><q:KeyUsage><q:KeyUsageBit "
                     "name=\"what\">true</q:KeyUsageBit></q:KeyUsage></q:CriteriaList></q:QualificationElement>"
                     "<q:QualificationElement><q:Qualifiers><q:Qualifier "
                     "uri=\"urn:y\"/></q:Qualifiers></q:QualificationElement></q:Qualifications></Extension>"
                     "<Extension Critical=\"true\"><Unknown/></Extension><Extension "
                     "Critical=\"false\"><ExpiredCertsRevocationInfo>2020-01-01T00:00:00Z"
                     "</ExpiredCertsRevocationInfo></Extension>";

static const char history[] =
    "<ServiceHistoryInstance><ServiceTypeIdentifier>http://uri.etsi.org/TrstSvc/Svctype/CA/QC</ServiceTypeIdentifier>"
    "<ServiceName><Name "
    "xml:lang=\"en\">before</Name></ServiceName><ServiceDigitalIdentity><DigitalId><X509SubjectName>CN=a"
    "</X509SubjectName></DigitalId></ServiceDigitalIdentity><ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/"
    "Svcstatus/"
    "undersupervision</ServiceStatus><StatusStartingTime>2010-01-01T00:00:00Z</StatusStartingTime></"
    "ServiceHistoryInstance>";

static ens_snapshot_writer *write_services(const char *with, const char *past, ens_snapshot **out)
{
    stage *s = set();
    ens_trustlist list;
    ens_slice file;
    ens_buf services, providers;
    ens_snapshot_writer *w = ens__writer_new();
    ens_buf_init(&services, NULL, 0, LIST_MAX);
    ens_buf_init(&providers, NULL, 0, LIST_MAX);
    fx_listed_service_write(&services, s->pki.cert[1], "CA/QC", "granted", "2026-01-01T00:00:00Z", "ForeSeals", with,
                            past);
    fx_provider_write(&providers, "Demo &amp; Trust", "VATFR-44732829320", ens_buf_slice(&services));
    ens_buf bytes = make((fx_trustlist){.sequence = 1, .signer = FX_SIGNER_FR, .providers = ens_buf_slice(&providers)});
    CU_ASSERT_FATAL(w != NULL);
    ens__writer_list_begin(w);
    ens_arena_reset(&s->arena);
    CU_ASSERT_FATAL(ens__trustlist_read(s->reader, ens_buf_slice(&bytes), false, w, &s->arena, &list, NULL) == ENS_OK);
    CU_ASSERT(list.num_services == 1 && list.num_providers == 1 && list.num_pointers == 0);
    CU_ASSERT_FATAL(ens__writer_list_end(w, &(ens_list){.usable = true, .next_update = 1}, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__writer_finish(w, 1, 1, &file, NULL) == ENS_OK &&
                    ens__snapshot_open(file, out, NULL) == ENS_OK);
    ens_buf_free(&bytes);
    ens_buf_free(&services);
    ens_buf_free(&providers);
    return w;
}

/* A list that says two things of a service says nothing. */
static void takes_one_word_of_a_service(void)
{
    static const char *const rows[][2] = {
        {"<ServiceStatus>",
         "<ServiceStatus>http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/withdrawn</ServiceStatus><ServiceStatus>"},
        {"<StatusStartingTime>", "<StatusStartingTime>2030-01-01T00:00:00Z</StatusStartingTime><StatusStartingTime>"},
        {"<ServiceTypeIdentifier>", "<ServiceTypeIdentifier>urn:x</ServiceTypeIdentifier><ServiceTypeIdentifier>"},
        {"<ServiceStatus>", "<ServiceStatus>"}, /* as it was: taken */
    };
    stage *s = set();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_trustlist list;
        ens_snapshot_writer *w = ens__writer_new();
        ens_buf bytes = make((fx_trustlist){.sequence = 1, .signer = FX_SIGNER_FR});
        replace(&bytes, rows[i][0], NULL, rows[i][1]);
        CU_ASSERT_FATAL(w != NULL);
        ens__writer_list_begin(w);
        ens_arena_reset(&s->arena);
        ens_code code = ens__trustlist_read(s->reader, ens_buf_slice(&bytes), false, w, &s->arena, &list, NULL);
        CHECK_ROW((code == ENS_OK) == (i == 3), "%s: %d", rows[i][0], (int)code);
        ens__writer_free(w);
        ens_buf_free(&bytes);
    }
}

static void reads_services_with_their_history(void)
{
    ens_snapshot *s = NULL;
    ens_provider p;
    ens_service service;
    ens_service_entry now, before;
    ens_identity identity;
    ens_snapshot_writer *w = write_services(extensions, history, &s);
    CU_ASSERT(ens__snapshot_provider(s, 0, &p) && ens_is(p.name, "Demo & Trust") &&
              ens_is(p.identifier, "VATFR-44732829320"));
    CU_ASSERT(ens__snapshot_service(s, 0, &service) && service.entries.num == 2 && service.certificates.num == 1);
    CU_ASSERT(ens__snapshot_entry(s, service.entries.first, &now) &&
              ens__snapshot_entry(s, service.entries.first + 1, &before));
    CU_ASSERT(ens_is(now.name, "demo service CA/QC") && now.type == ENS_SERVICE_CA_QC &&
              now.status == ENS_STATUS_GRANTED);
    CU_ASSERT(now.uses == ENS_FOR_SEALS && now.unknown_critical && now.expired_certs_revocation == 1577836800 &&
              now.qualifications.num == 3);
    CU_ASSERT(before.status == ENS_STATUS_UNDER_SUPERVISION && before.end == now.start && !before.uses &&
              !before.unknown_critical);
    CU_ASSERT(ens__snapshot_identity(s, before.identities.first, &identity) && identity.kind == ENS_IDENTITY_SUBJECT &&
              ens_is(identity.value, "CN=a"));
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static void reads_criteria_and_trusts_none_that_it_does_not_know(void)
{
    ens_snapshot *s = NULL;
    ens_service_entry now;
    ens_qualification q;
    ens_criterion c;
    ens_listed_oid oid;
    ens_snapshot_writer *w = write_services(extensions, NULL, &s);
    CU_ASSERT_FATAL(ens__snapshot_entry(s, 0, &now) && ens__snapshot_qualification(s, now.qualifications.first, &q));
    CU_ASSERT(q.qualifiers == ENS_QUALIFIER_WITH_QSCD);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion, &c) && c.assert == ENS_ASSERT_AT_LEAST_ONE && c.size == 5);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 1, &c) && c.kind == ENS_CRITERION_KEY_USAGE && c.mask == 0x42 &&
              c.bits == 2);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 2, &c) && c.kind == ENS_CRITERION_POLICY_SET && c.oids.num == 2);
    CU_ASSERT(ens__snapshot_oid(s, c.oids.first, &oid) && ens_eq(oid.der, ENS_LIT("\x2A\x03")));
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 3, &c) && c.kind == ENS_CRITERION_LIST &&
              c.assert == ENS_ASSERT_NONE && c.size == 2);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 4, &c) && c.kind == ENS_CRITERION_EXT_KEY_USAGE &&
              c.oids.num == 1);
    CU_ASSERT_FATAL(ens__snapshot_qualification(s, now.qualifications.first + 1, &q));
    CU_ASSERT(q.qualifiers == 0 && ens__snapshot_criterion(s, q.criterion, &c) && c.assert == ENS_ASSERT_ALL &&
              c.size == 4);
    for (uint32_t i = 1; i < 4; i++)
        CHECK_ROW(ens__snapshot_criterion(s, q.criterion + i, &c) && c.kind == ENS_CRITERION_UNKNOWN,
                  "criterion %u is known", i);
    CU_ASSERT_FATAL(ens__snapshot_qualification(s, now.qualifications.first + 2, &q));
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 1, &c) && c.kind == ENS_CRITERION_UNKNOWN);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static const ens_case cases[] = {
    {"takes every kind of seal that lists have", takes_every_kind_of_seal_that_lists_have},
    {"refuses what only looks sealed", refuses_what_only_looks_sealed},
    {"refuses a signer that is none", refuses_a_signer_that_is_none},
    {"no byte can be changed", no_byte_can_be_changed},
    {"refuses what is no list", refuses_what_is_no_list},
    {"reads head and pointers", reads_head_and_pointers},
    {"takes one word of a service", takes_one_word_of_a_service},
    {"reads services with their history", reads_services_with_their_history},
    {"reads criteria, and trusts none that it doesn't know", reads_criteria_and_trusts_none_that_it_does_not_know},
    {NULL, NULL}};
ENS_SUITE("certs/trustlist", cases)
