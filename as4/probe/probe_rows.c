/* The assertions, and the messages that are tried for each. */
#include "as4/envelope/names.h"
#include "as4/probe/probe.h"
#include "as4/reseal.h"
#include "engine/base/gzip.h"

#include <stdio.h>

#define BOMB ((size_t)160 << 20)
#define PART_MAX ((size_t)512 << 20) /* room to compress BOMB in */
#define EB "http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"
#define BOUNDARY "\r\n------=_ensign_"

static const char sender[] = "the sender's side: nothing of it can be seen at a receiver";
static const char inside[] = "what the access point does inside can't be seen from outside";
static const char no_encryption[] = "ICS2 has no encryption (ICD 4.1.1.3)";
static const char replies[] = "the answer is pushed to, or waits for, the trader: try ensign pull and a filing";
static const char registry[] = "it takes an entry of UUM&DS, which isn't the caller's to change";
static const char routing[] = "it takes a second access point of the party, and what carriers have asked to be told";

static const ens_assertion assertions[] = {
    {"AS4_CP_TA01", 'M', NULL, 0},
    {"AS4_CP_TA02", 'M', NULL, 0},
    {"AS4_CP_TA03", 'M', NULL, 0},
    {"AS4_CP_TA04", 'M', NULL, 0},
    {"AS4_CP_TA05", 'M', sender, 0},
    {"AS4_CP_TA06", 'M', sender, 0},
    {"AS4_CP_TA07", 'M', NULL, 0},
    {"AS4_CP_TA08", 'M', NULL, 0},
    {"AS4_CP_TA09", 'M', sender, 0},
    {"AS4_CP_TA10", 'M', NULL, 0},
    {"AS4_CP_TA11", 'M', sender, 0},
    {"AS4_CP_TA12", 'M', NULL, 0},
    {"AS4_CP_TA13", 'M', NULL, 0},
    {"AS4_CP_TA14", 'M', NULL, 0},
    {"AS4_CP_TA15", 'M', sender, 0},
    {"AS4_CP_TA16", 'M', sender, 0},
    {"AS4_CP_TA17", 'M', NULL, 0},
    {"AS4_CP_TA18", 'M', sender, 0},
    {"AS4_CP_TA19", 'M', NULL, 0},
    {"AS4_CP_TA20", 'O', NULL, 0},
    {"AS4_CP_TA21", 'M', NULL, 0},
    {"AS4_CP_TA22", 'M', sender, 0},
    {"AS4_CP_TA23", 'M', sender, 0},
    {"AS4_CP_TA24", 'M', sender, 0},
    {"AS4_CP_TA25", 'M', sender, 0},
    {"AS4_CP_TA26", 'P', NULL, 0},
    {"AS4_CP_TA27", 'P', NULL, 0},
    {"AS4_CP_TA28", 'P', NULL, 0},
    {"AS4_CP_TA29", 'P', NULL, 0},
    {"AS4_CP_TA30", 'M', NULL, 0},
    {"AS4_CP_TA31", 'P', inside, 0},
    {"AS4_CP_TA32", 'M', inside, 0},
    {"AS4_CP_TA33", 'M', inside, 0},
    {"AS4_CP_TA34", 'M', NULL, 0},
    {"AS4_CP_TA35", 'M', NULL, 0},
    {"AS4_CP_TA36", 'M', no_encryption, 0},
    {"AS4_CP_TA37", 'M', no_encryption, 0},
    {"AS4_CP_TA38", 'M', no_encryption, 0},
    {"AS4_CP_TA39", 'M', inside, 0},
    {"AS4_CP_TA40", 'P', NULL, ENS_TLS_OLD},
    {"AS4_CP_TA41", 'M', NULL, ENS_TLS_SSL3},
    {"AS4_CP_TA42", 'M', NULL, ENS_TLS_WEAK},
    {"AS4_CP_TA43", 'M', NULL, ENS_TLS_GOOD},
    {"AS4_CP_TA44", 'O', NULL, 0},
    {"AS4_CP_TA45", 'M', NULL, 0},
    {"AS4_CP_TA46", 'M', "one address is given: give the other family's for a second run", 0},
    {"AS4_DR_TA01", 'M', "whether the access point knew the sender before can't be seen", 0},
    {"AS4_DR_TA02", 'M', NULL, 0},
    {"AS4_DR_TA03", 'M', "the ICD asks for no certificate policy", 0},
    {"AS4_DR_TA04", 'M', NULL, 0},
    {"ICS-01", 'M', NULL, 0},
    {"ICS-02", 'M', replies, 0},
    {"ICS-03", 'M', NULL, 0},
    {"ICS-04", 'M', NULL, 0},
    {"ICS-05", 'M', NULL, 0},
    {"ICS-06", 'M', NULL, 0},
    {"ICS-07", 'M', NULL, 0},
    {"ICS-08", 'M', NULL, 0},
    {"ICS-09", 'M', "messages of 100 MB aren't made here", 0},
    {"ICS-10", 'M', registry, 0},
    {"ICS-11", 'M', NULL, 0},
    {"ICS-12", 'M', replies, 0},
    {"ICS-13", 'M', NULL, 0},
    {"ICS-14", 'M', NULL, 0},
    {"ICS-15", 'M', NULL, 0},
    {"ICS-16", 'M', routing, 0},
    {"ICS-17", 'M', replies, 0},
    {"ICS-18", 'M', sender, 0},
    {"ICS-19", 'M', NULL, ENS_TLS_CLIENT},
    {"ICS-20", 'M', NULL, 0},
    {"ICS-21", 'M', registry, 0},
    {"ICS-22", 'M', NULL, 0},
    {"ENS-MIME", 'M', NULL, 0},
    {"ENS-SOAP", 'M', NULL, 0},
    {"ENS-HEADER", 'M', NULL, 0},
    {"ENS-TOKEN", 'M', NULL, 0},
    {"ENS-DOCUMENT", 'M', NULL, 0},
};

const ens_assertion *ens__assertion_at(size_t i)
{
    return i < sizeof assertions / sizeof *assertions ? &assertions[i] : NULL;
}

/* put_at puts a copy of bytes of the message itself elsewhere in it. */
static bool put_at(ens_buf *m, size_t at, size_t from, size_t to, const char *before, const char *behind)
{
    ens_buf copy;
    ens_buf_init(&copy, NULL, 0, PART_MAX);
    ens_buf_text(&copy, before);
    ens_buf_put(&copy, ens_sub(ens_buf_slice(m), from, to));
    ens_buf_text(&copy, behind);
    bool good = !copy.failed && ens__text_splice(m, at, at, ens_buf_slice(&copy));
    ens_buf_free(&copy);
    return good;
}

#define EDIT(name, what)                                                                                               \
    static bool name(ens_buf *m, const ens_prober *p)                                                                  \
    {                                                                                                                  \
        (void)p;                                                                                                       \
        return what;                                                                                                   \
    }
EDIT(drop_security, ens__text_drop(m, "<wsse:Security ", "</wsse:Security>"))
EDIT(drop_signature, ens__text_drop(m, "<ds:Signature ", "</ds:Signature>"))
EDIT(drop_token, ens__text_drop(m, "<wsse:BinarySecurityToken ", "</wsse:BinarySecurityToken>"))
EDIT(drop_key_info, ens__text_drop(m, "<ds:KeyInfo>", "</ds:KeyInfo>"))
EDIT(drop_body_reference, ens__text_drop(m, "<ds:Reference URI=\"#body\">", "</ds:Reference>"))
EDIT(drop_messaging_reference, ens__text_drop(m, "<ds:Reference URI=\"#messaging\">", "</ds:Reference>"))
EDIT(drop_payload_reference, ens__text_drop(m, "<ds:Reference URI=\"cid:ens\">", "</ds:Reference>"))
EDIT(drop_attachment_reference, ens__text_drop(m, "<ds:Reference URI=\"cid:photo-2\">", "</ds:Reference>"))
EDIT(drop_signal_body_reference, ens__text_drop(m, "<ds:Reference URI=\"#signal-body\">", "</ds:Reference>"))
EDIT(drop_message_id, ens__text_drop(m, "<eb:MessageId>", "</eb:MessageId>"))
EDIT(drop_agreement, ens__text_drop(m, "<eb:AgreementRef ", "</eb:AgreementRef>"))
EDIT(drop_role, ens__text_drop(m, "<eb:Role>", "</eb:Role>"))
EDIT(drop_timestamp, ens__text_drop(m, "<eb:Timestamp>", "</eb:Timestamp>"))
EDIT(drop_messaging, ens__text_drop(m, "<eb:Messaging ", "</eb:Messaging>"))
EDIT(drop_mime_type, ens__text_drop(m, "<eb:Property name=\"MimeType\">", "</eb:Property>"))
EDIT(drop_start, ens__text_drop(m, "; start=\"", "\""))
EDIT(wrong_time, ens__text_drop(m, "<eb:Timestamp>", "</eb:Timestamp>") &&
                     ens__text_replace(m, "<eb:MessageInfo>", "<eb:MessageInfo><eb:Timestamp>yesterday</eb:Timestamp>"))
EDIT(two_user_messages, ens__text_repeat(m, "<eb:UserMessage>", "</eb:UserMessage>"))
EDIT(two_messagings, ens__text_repeat(m, "<eb:Messaging ", "</eb:Messaging>"))
EDIT(two_party_ids, ens__text_repeat(m, "<eb:PartyId ", "</eb:PartyId>"))
EDIT(two_signatures, ens__text_repeat(m, "<ds:Signature ", "</ds:Signature>"))
EDIT(two_body_references, ens__text_repeat(m, "<ds:Reference URI=\"#body\">", "</ds:Reference>"))
EDIT(two_securities, ens__text_repeat(m, "<wsse:Security ", "</wsse:Security>"))
EDIT(two_tokens, ens__text_repeat(m, "<wsse:BinarySecurityToken ", "</wsse:BinarySecurityToken>") &&
                     ens__text_replace(m, "wsu:Id=\"token\"", "wsu:Id=\"other\""))
EDIT(truncate_package, (m->len -= m->len / 4) > 0)

/* change_digit changes one base64 digit behind the tag. */
static bool change_digit(ens_buf *m, const char *tag)
{
    size_t at = ens__find(ens_buf_slice(m), ens_str(tag), 0);
    if (at == SIZE_MAX)
        return false;
    uint8_t *digit = m->p + at + strlen(tag) + 7;
    *digit = *digit == 'A' ? 'B' : 'A';
    return true;
}
EDIT(change_signature, change_digit(m, "<ds:SignatureValue>"))
EDIT(change_digest, change_digit(m, "<ds:DigestValue>"))
EDIT(change_id, change_digit(m, "<eb:MessageId>"))

/* wrap_messaging hides the signed header elsewhere, and puts another one in its place. */
static bool wrap_messaging(ens_buf *m, const ens_prober *p)
{
    size_t from, to, end = ens__find(ens_buf_slice(m), ENS_LIT("</env:Header>"), 0);
    (void)p;
    return end != SIZE_MAX && ens__text_between(ens_buf_slice(m), "<eb:Messaging ", "</eb:Messaging>", &from, &to) &&
           put_at(m, end, from, to, "<x:wrapper xmlns:x=\"urn:x\">", "</x:wrapper>") &&
           ens__text_replace(m, "wsu:Id=\"messaging\"", "wsu:Id=\"other\"") &&
           ens__text_replace(m, "<eb:Action>IE3F26", "<eb:Action>IE3F24");
}

/* wrap_body hides the signed Body in the header, and puts another one in its place. */
static bool wrap_body(ens_buf *m, const ens_prober *p)
{
    size_t from, to, end = ens__find(ens_buf_slice(m), ENS_LIT("</env:Header>"), 0);
    (void)p;
    if (end == SIZE_MAX || !ens__text_between(ens_buf_slice(m), "<env:Body ", "</env:Body>", &from, &to))
        return false;
    return ens__text_replace(m, "wsu:Id=\"body\"></env:Body>", "wsu:Id=\"bady\"></env:Body>") &&
           put_at(m, end, from, to, "<x:wrapper xmlns:x=\"urn:x\">", "</x:wrapper>") &&
           ens__text_replace(m, "wsu:Id=\"bady\"></env:Body></x", "wsu:Id=\"body\"></env:Body></x");
}

/* extra_part adds a part that nobody names or signs. */
static bool extra_part(ens_buf *m, const ens_prober *p)
{
    size_t line = m->len, at = 0;
    (void)p;
    while ((at = ens__find(ens_buf_slice(m), ENS_LIT(BOUNDARY), at + 1)) != SIZE_MAX)
        line = at;
    size_t end = line == m->len ? SIZE_MAX : ens__find(ens_buf_slice(m), ENS_LIT("--\r\n"), line + sizeof BOUNDARY);
    return end != SIZE_MAX &&
           put_at(m, line, line, end, "", "\r\nContent-Type: application/octet-stream\r\nContent-ID: <x>\r\n\r\nhello");
}

/* shuffle_parts puts the attachments' parts in the other order. */
static bool shuffle_parts(ens_buf *m, const ens_prober *p)
{
    size_t at[5] = {0}, num = 0;
    (void)p;
    for (size_t from = 0; num < 5; from = at[num++] + 1)
        if ((at[num] = ens__find(ens_buf_slice(m), ENS_LIT(BOUNDARY), from)) == SIZE_MAX)
            break;
    if (num < 4)
        return false;
    size_t len = at[num - 2] - at[num - 3], first = at[num - 3];
    return put_at(m, at[num - 1], first, first + len, "", "") &&
           ens__text_splice(m, first, first + len, (ens_slice){0});
}

/* with_part lets change see the octets of the document's part, and write others. */
static bool with_part(ens_buf *m, bool (*change)(ens_slice part, const ens_prober *p, ens_buf *out),
                      const ens_prober *p)
{
    size_t from, to;
    ens_buf out;
    ens_buf_init(&out, NULL, 0, PART_MAX);
    bool good = ens__message_part(ens_buf_slice(m), "ens", &from, &to) &&
                change(ens_sub(ens_buf_slice(m), from, to), p, &out) && !out.failed &&
                ens__text_splice(m, from, to, ens_buf_slice(&out));
    ens_buf_free(&out);
    return good;
}

static bool part_cut(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)p;
    ens_buf_put(out, ens_sub(part, 0, part.len - 20));
    return true;
}
/* part_flip changes an octet so far from the end. */
static bool part_flip(ens_slice part, ens_buf *out, size_t from_end)
{
    ens_buf_put(out, part);
    if (!out->failed)
        out->p[out->len - from_end] ^= 0x55;
    return true;
}
static bool part_crc(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)p;
    return part_flip(part, out, 6);
}
static bool part_length(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)p;
    return part_flip(part, out, 1);
}
static bool part_middle(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)p;
    return part_flip(part, out, part.len / 2);
}
static bool part_text(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)part, (void)p;
    ens_buf_text(out, "<IE3F26/>");
    return true;
}
static bool part_none(ens_slice part, const ens_prober *p, ens_buf *out)
{
    (void)part, (void)p, (void)out;
    return true;
}
/* part_plain is the document as canonicalisation leaves it: the skeleton is canonical but for declaration and end. */
static bool part_plain(ens_slice part, const ens_prober *p, ens_buf *out)
{
    ens_slice d = ens__prober_document(p);
    size_t root = ens__find(d, ENS_LIT("<IE3"), 0);
    (void)part;
    while (d.len && d.p[d.len - 1] == '\n')
        d.len--;
    if (root == SIZE_MAX)
        return false;
    ens_buf_put(out, ens_from(d, root));
    return true;
}
static bool part_packed(ens_slice part, const ens_prober *p, ens_buf *out)
{
    ens_gzip *z = ens__gzip_new();
    (void)p;
    bool good = z && ens__gzip_compress(z, part, out, NULL) == ENS_OK;
    ens__gzip_free(z);
    return good;
}
/* part_bomb is BOMB octets of blanks in a few hundred KB. */
static bool part_bomb(ens_slice part, const ens_prober *p, ens_buf *out)
{
    ens_buf blanks;
    (void)part, (void)p;
    ens_buf_init(&blanks, NULL, 0, BOMB);
    uint8_t *room = ens_buf_room(&blanks, BOMB);
    bool good = room != NULL;
    if (good)
        memset(room, ' ', BOMB);
    good = good && part_packed(ens_bytes(room, BOMB), NULL, out);
    ens_buf_free(&blanks);
    return good;
}

/* part_document packs the document with find replaced. */
static bool part_document(const ens_prober *p, const char *find, const char *replace, ens_buf *m)
{
    size_t from, to;
    ens_buf text, packed;
    ens_buf_init(&text, NULL, 0, PART_MAX);
    ens_buf_init(&packed, NULL, 0, PART_MAX);
    ens_buf_put(&text, ens__prober_document(p));
    bool good = ens__text_replace(&text, find, replace) && part_packed(ens_buf_slice(&text), NULL, &packed) &&
                ens__message_part(ens_buf_slice(m), "ens", &from, &to) &&
                ens__text_splice(m, from, to, ens_buf_slice(&packed));
    ens_buf_free(&text);
    ens_buf_free(&packed);
    return good;
}
EDIT(document_open, part_document(p, "</IE3F26>", "", m))
EDIT(document_dtd, part_document(p, "<IE3F26 ", "<!DOCTYPE IE3F26><IE3F26 ", m))
EDIT(document_namespace, part_document(p, "urn:wco:datamodel:eu:ics2:2", "urn:x", m))
EDIT(document_encoding, part_document(p, "encoding=\"UTF-8\"", "encoding=\"UTF-16\"", m))
EDIT(document_no_lrn, part_document(p, "<LRN>", "<Lrn>", m))
EDIT(attachment_not_named, part_document(p, ">photo-2<", ">photo-9<", m))
EDIT(gzip_bomb, with_part(m, part_bomb, NULL))
EDIT(gzip_cut, with_part(m, part_cut, NULL))
EDIT(gzip_crc, with_part(m, part_crc, NULL))
EDIT(gzip_length, with_part(m, part_length, NULL))
EDIT(gzip_text, with_part(m, part_text, NULL))
EDIT(gzip_empty, with_part(m, part_none, NULL))
EDIT(flip_payload, with_part(m, part_middle, NULL))
EDIT(plain_bytes, with_part(m, part_plain, p))
EDIT(pack, with_part(m, part_packed, NULL))
EDIT(uncompressed, with_part(m, part_plain, p) &&
                       ens__text_drop(m, "<eb:Property name=\"CompressionType\">", "</eb:Property>") &&
                       ens__text_replace(m, "Content-Type: application/gzip", "Content-Type: application/xml"))

/* token_x509 puts the bare leaf into the token of a message that was sealed without issuers, and says so. */
static bool token_x509(ens_buf *m, const ens_prober *p)
{
    static const char tag[] = "wsu:Id=\"token\">";
    size_t from = ens__find(ens_buf_slice(m), ens_str(tag), 0), to;
    ens_buf der, text;
    (void)p;
    if (from == SIZE_MAX || (to = ens__find(ens_buf_slice(m), ENS_LIT("</wsse:Bin"), from)) == SIZE_MAX)
        return false;
    from += sizeof tag - 1;
    ens_buf_init(&der, NULL, 0, PART_MAX);
    ens_buf_init(&text, NULL, 0, PART_MAX);
    uint8_t *room = ens_buf_room(&der, to - from);
    size_t len = room ? ens__base64_decode(ens_sub(ens_buf_slice(m), from, to), room) : 0;
    bool good = len > 4 && len != SIZE_MAX && room[0] == 0x30 && room[1] == 0x82; /* SEQUENCE, two octets of length */
    if (good)
        ens__base64_encode(&text, ens_bytes(room + 4, len - 4));
    good = good && !text.failed && ens__text_splice(m, from, to, ens_buf_slice(&text));
    for (unsigned i = 0; good && i < 3; i++) /* token, TokenType and Reference */
        good = ens__text_replace(m, "X509PKIPathv1", "X509v3");
    ens_buf_free(&der);
    ens_buf_free(&text);
    return good;
}

static const ens_probe probes[] = {
#include "as4/probe/probe_rows.inc"
};
_Static_assert(sizeof probes / sizeof *probes <= ENS_PROBES_MAX, "the results have room for every row");

const ens_probe *ens__probe_at(size_t i)
{
    return i < sizeof probes / sizeof *probes ? &probes[i] : NULL;
}
