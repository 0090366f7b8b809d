#include "sti/doctor/recognise.h"

#include "ensign/eori.h"
#include "ensign/keys.h"
#include "ensign/trust.h"
#include "sti/evidence/archive.h"

#include <ctype.h>

#define HEAD 4096u  /* bytes that are looked at for the outer form */
#define EORI_MIN 5u /* characters of a text that is taken for an EORI */
#define EORI_MAX 17u
#define BASE64_HEAD 512u /* characters of base64 that tell what DER it is */

/* -- Private keys -- */

static bool has_key_label(ens_slice file)
{
    static const char *const labels[] = {"PRIVATE KEY-----", "BEGIN OPENSSH PRIVATE", "BEGIN PGP PRIVATE",
                                         "PuTTY-User-Key-File"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (ens__find(file, ens_str(labels[i]), 0) != SIZE_MAX)
            return true;
    return false;
}

/* has_wide_label: the same in UTF-16, as some editors save it. */
static bool has_wide_label(ens_slice file)
{
    return ens__find(file, ENS_LIT("P\0R\0I\0V\0A\0T\0E\0 \0K\0E\0Y"), 0) != SIZE_MAX;
}

/* step enters or passes over a DER element: its tag, and where its contents lie. */
static bool step(ens_slice *at, uint8_t *tag, ens_slice *contents)
{
    if (at->len < 2)
        return false;
    size_t len = at->p[1], head = 2;
    *tag = at->p[0];
    if (len & 0x80u) {
        size_t num = len & 0x7Fu;
        if (num > 4 || at->len < 2 + num)
            return false;
        len = 0;
        for (size_t i = 0; i < num; i++)
            len = len << 8 | at->p[2 + i];
        head += num;
        if (num == 0)
            len = at->len - head; /* of indefinite length */
    }
    *contents = ens_sub(*at, head, head + len);
    *at = ens_from(*at, head + len);
    return true;
}

/* is_secret_der: PKCS#1 and SEC 1 begin with a small version, and PKCS#8 and PKCS#12, too; an encrypted PKCS#8 with an
 * algorithm and an octet string. A certificate begins with a sequence that holds another element first. */
static bool is_secret_der(ens_slice der)
{
    uint8_t tag, inner;
    ens_slice body, first, second;
    if (!step(&der, &tag, &body) || tag != 0x30 || !step(&body, &tag, &first))
        return false;
    if (tag == 0x02)
        return first.len == 1 && first.p[0] <= 3; /* a version */
    if (tag != 0x30 || !step(&body, &inner, &second))
        return false;
    return inner == 0x04 && first.len && first.p[0] == 0x06; /* EncryptedPrivateKeyInfo */
}

/* is_pkcs12: version 3, and behind it the content that is authenticated.   Source  RFC 7292, 4 */
static bool is_pkcs12(ens_slice der)
{
    uint8_t tag;
    ens_slice body, first;
    return step(&der, &tag, &body) && tag == 0x30 && step(&body, &tag, &first) && tag == 0x02 && first.len == 1 &&
           first.p[0] == 3 && body.len && body.p[0] == 0x30;
}

static bool is_keystore(ens_slice file)
{
    static const uint8_t jks[] = {0xFE, 0xED, 0xFE, 0xED}, jceks[] = {0xCE, 0xCE, 0xCE, 0xCE};
    return ens_starts(file, ens_bytes(jks, sizeof jks)) || ens_starts(file, ens_bytes(jceks, sizeof jceks));
}

/* in_base64: a file that is bare base64 of DER. */
static bool in_base64(ens_slice file)
{
    char text[BASE64_HEAD + 1];
    uint8_t der[BASE64_HEAD];
    size_t len = 0;
    for (size_t i = 0; i < file.len && len < BASE64_HEAD; i++)
        if (!isspace(file.p[i]))
            text[len++] = (char)file.p[i];
    len -= len % 4;
    size_t num = ens__base64_decode(ens_bytes(text, len), der);
    return num != SIZE_MAX && num && is_secret_der(ens_bytes(der, num));
}

/* -- The rest -- */

static ens_slice skip_space(ens_slice s)
{
    if (ens_starts(s, ENS_LIT("\xEF\xBB\xBF")))
        s = ens_from(s, 3);
    while (s.len && isspace(s.p[0]))
        s = ens_from(s, 1);
    return s;
}

/* root_of is the name of the first element of XML, without its prefix. */
static ens_slice root_of(ens_slice xml)
{
    for (size_t i = 0; i + 1 < xml.len && i < HEAD; i++) {
        if (xml.p[i] != '<' || xml.p[i + 1] == '?' || xml.p[i + 1] == '!')
            continue;
        size_t from = i + 1, to = from;
        for (; to < xml.len && !isspace(xml.p[to]) && xml.p[to] != '>' && xml.p[to] != '/'; to++)
            if (xml.p[to] == ':')
                from = to + 1;
        return ens_sub(xml, from, to);
    }
    return (ens_slice){0};
}

static bool is_package(ens_slice s)
{
    static const char *const beginnings[] = {"HTTP/1.", "POST ", "Content-Type:", "MIME-Version:", "Host:", "--"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (ens__starts_nocase(s, ens_str(beginnings[i])) && !ens_starts(s, ENS_LIT("-----")))
            return true;
    return ens__find(ens_sub(s, 0, HEAD), ENS_LIT("multipart/related"), 0) != SIZE_MAX;
}

static bool is_request(ens_slice s)
{
    return ens__find(ens_sub(s, 0, HEAD), ENS_LIT("CERTIFICATE REQUEST-----"), 0) != SIZE_MAX;
}

static bool is_certificate(ens_slice file)
{
    ens_certificates *certificates = NULL;
    bool good = ens_certificates_new(file, NULL, &certificates, NULL) == ENS_OK;
    ens_certificates_free(certificates);
    return good;
}

/* is_heard: a list of revoked certificates, or an OCSP response, that can be read. */
static bool is_heard(ens_slice file, ens_code (*add)(ens_trust *, ens_slice, ens_err *))
{
    ens_trust *t = ens_trust_new();
    bool good = t && add(t, file, NULL) == ENS_OK;
    ens_trust_free(t);
    return good;
}

static bool is_eori(ens_slice file)
{
    ens_slice s = ens__trim(skip_space(file));
    ens_report *report = s.len >= EORI_MIN && s.len <= EORI_MAX ? ens_report_new() : NULL;
    bool good = report && ens_eori_check(s, ens_time_now(), report);
    ens_report_free(report);
    return good;
}

static ens_file_kind kind_of_xml(ens_slice xml)
{
    ens_slice root = root_of(xml);
    return ens_is(root, "Envelope")                 ? ENS_FILE_MESSAGE
           : ens_is(root, "TrustServiceStatusList") ? ENS_FILE_TRUSTED_LIST
                                                    : ENS_FILE_DOCUMENT;
}

ens_file_kind ens__recognise(ens_slice file)
{
    ens_slice s = skip_space(file);
    if (has_key_label(file) || has_wide_label(file))
        return ENS_FILE_SECRET;
    if (ens__find(ens_sub(file, 0, 1024), ENS_LIT("%PDF-"), 0) != SIZE_MAX)
        return ENS_FILE_PDF;
    if (s.len && s.p[0] == '<')
        return kind_of_xml(s);
    if (ens__archive_looks(file))
        return ENS_FILE_EVIDENCE;
    if (is_package(s))
        return ENS_FILE_MESSAGE;
    if (is_keystore(file) || is_pkcs12(file))
        return ENS_FILE_KEYSTORE;
    if (is_secret_der(file) || in_base64(file))
        return ENS_FILE_SECRET;
    if (is_request(s))
        return ENS_FILE_REQUEST;
    return is_certificate(file)                       ? ENS_FILE_CERTIFICATE
           : is_heard(file, ens_trust_add_crl_bytes)  ? ENS_FILE_CRL
           : is_heard(file, ens_trust_add_ocsp_bytes) ? ENS_FILE_OCSP
           : is_eori(file)                            ? ENS_FILE_EORI
                                                      : ENS_FILE_UNKNOWN;
}
