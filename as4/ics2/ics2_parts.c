/* eb:PayloadInfo: which parts a message may have, and their properties (ics2-hti 5). */
#include "as4/ics2/ics2_rules.h"

#include "as4/envelope/names.h"

#define RULE_PAYLOAD "ICS2-HTI 4.2.5"
#define RULE_ATTACHMENT "ICS2-HTI 3.1.11, 4.2.5"
#define RULE_HREF "ICS2-HTI 4.2.5; RFC 2392"
#define RULE_CHARSET "ICS2-HTI 4.2.5; AS4 3.1"
#define RULE_COMPRESSION "ICS2-HTI 4.2.5; eDelivery AS4 1.4.3.1"

/* is_encoding_name: EncName of XML 1.0, production 81. */
static bool is_encoding_name(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t folded = (uint8_t)(s.p[i] | 0x20);
        bool letter = folded >= 'a' && folded <= 'z';
        bool later = (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.' || s.p[i] == '_' || s.p[i] == '-';
        if (!letter && (i == 0 || !later))
            return false;
    }
    return s.len > 0;
}

static bool judge_href(const ens__ics2_case *c, unsigned i)
{
    const ens_part_info *part = &c->h->part[i];
    const char *shown = ens__show(c->report, part->href);
    if (!part->href.len || ens_starts(part->href, ENS_LIT("#")))
        ens__failf(c->report, "rules.part", "eDelivery AS4 1.4.2.3",
                   "send the document as a MIME part and refer to it as cid:…",
                   "part %u is said to be in the SOAP Body", i + 1)
            ->code = "EBMS:0008";
    else if (!part->cid.len)
        ens__failf(c->report, "rules.part", "eDelivery AS4 1.4.2.3",
                   "send the document as a MIME part and refer to it as cid:…", "part %u is outside the message: %s",
                   i + 1, shown)
            ->code = "EBMS:0011";
    else {
        if (!ens__starts_nocase(part->href, ENS_LIT("cid:")))
            ens__warn(c->report, "rules.part", RULE_HREF, "write href=\"cid:…\"",
                      "the href of part %u has no \"cid:\": %s", i + 1, shown);
        for (unsigned j = 0; j < i; j++)
            if (ens_eq(part->cid, c->h->part[j].cid)) {
                ens__failf(c->report, "rules.part", RULE_HREF, "name each MIME part once",
                           "parts %u and %u are the same MIME part", j + 1, i + 1)
                    ->code = "EBMS:0003";
                return false;
            }
        return true;
    }
    return false;
}

static bool judge_compression(const ens__ics2_case *c, unsigned i)
{
    ens_slice compression = c->h->part[i].compression;
    if (!compression.p)
        ens__warn(c->report, "rules.part", RULE_COMPRESSION,
                  "compress with gzip and say CompressionType=application/gzip; Domibus: compressPayloads=\"true\" of "
                  "the leg",
                  "part %u is not compressed; receivers take it nevertheless", i + 1);
    else if (!ens__eq_nocase(compression, ENS_LIT("application/gzip"))) {
        ens__failf(c->report, "rules.part", RULE_COMPRESSION, "application/gzip is the only compression of AS4",
                   "part %u: CompressionType is \"%s\"", i + 1, ens__show(c->report, compression))
            ->code = "EBMS:0003";
        return false;
    }
    return true;
}

static bool judge_charset(const ens__ics2_case *c, unsigned i, bool document)
{
    ens_slice charset = c->h->part[i].charset;
    if (!charset.p) {
        if (document)
            ens__warn(c->report, "rules.part", RULE_CHARSET, "add CharacterSet=utf-8",
                      "part %u: CharacterSet is recommended", i + 1);
        return true;
    }
    bool utf8 = ens__eq_nocase(charset, ENS_LIT("utf-8"));
    if (utf8 && document)
        return true;
    if (!document && is_encoding_name(charset)) {
        ens__warn(c->report, "rules.part", RULE_CHARSET, "leave it out",
                  "part %u: CharacterSet is not foreseen for attachments", i + 1);
        return true;
    }
    ens__failf(c->report, "rules.part", RULE_CHARSET, "the document is UTF-8: say CharacterSet=utf-8",
               is_encoding_name(charset) ? "part %u: CharacterSet is \"%s\""
                                         : "part %u: \"%s\" is no name of an encoding",
               i + 1, ens__show(c->report, charset))
        ->code = "EBMS:0003";
    return false;
}

static bool is_attachment_type(ens_slice type)
{
    return ens__eq_nocase(type, ENS_LIT("application/pdf")) || ens__eq_nocase(type, ENS_LIT("image/jpeg"));
}

static bool judge_type(const ens__ics2_case *c, unsigned i, bool document)
{
    ens_slice type = c->h->part[i].mime_type;
    bool good = document ? ens__eq_nocase(type, ENS_LIT("application/xml")) : is_attachment_type(type);
    if (good)
        return true;
    const char *hint = document ? "the document comes first, with MimeType=application/xml"
                                : "attachments are PDF (application/pdf) or JPEG (image/jpeg)";
    ens__failf(c->report, "rules.part", document ? RULE_PAYLOAD : RULE_ATTACHMENT, hint,
               type.p ? "part %u: MimeType is \"%s\"" : "part %u has no property MimeType%s", i + 1,
               type.p ? ens__show(c->report, type) : "")
        ->code = "EBMS:0003";
    return false;
}

/* is_document: the first part; and on IE3R08 the notifications that come with the answer (ICD 4.2.6). */
static bool is_document(const ens__ics2_case *c, unsigned i)
{
    return i == 0 ||
           (ens_is(c->h->action, "IE3R08") && ens__eq_nocase(c->h->part[i].mime_type, ENS_LIT("application/xml")));
}

static bool judge_part(const ens__ics2_case *c, unsigned i)
{
    bool document = is_document(c, i), good = judge_href(c, i);
    good = judge_compression(c, i) && good;
    if (c->test) {
        bool typed = c->h->part[i].mime_type.len || !c->h->part[i].compression.p;
        if (!typed)
            ens__failf(c->report, "rules.part", "AS4 3.1", "say what was compressed",
                       "part %u is compressed and has no MimeType", i + 1)
                ->code = "EBMS:0003";
        return good && typed;
    }
    good = judge_type(c, i, document) && good;
    return judge_charset(c, i, document) && good;
}

static bool judge_attachments(const ens__ics2_case *c)
{
    unsigned num = 0;
    for (unsigned i = 1; i < c->h->num_parts; i++)
        num += !is_document(c, i);
    if (num == 0 || !c->action || c->action->attachments)
        return true;
    ens__failf(c->report, "rules.parts", RULE_ATTACHMENT, "send files with the actions that take them: see ICD 3.1.11",
               "%s takes no attachments, and has %u", c->action->name, num)
        ->code = "EBMS:0010";
    return false;
}

void ens__ics2_parts(const ens__ics2_case *c)
{
    const ens_header *h = c->h;
    if (!h->has_payload_info || h->num_parts == 0) {
        if (c->test)
            ens__pass(c->report, "rules.parts", "ICS2-HTI 4.5.1");
        else if (!h->has_payload_info)
            ens__failf(c->report, "rules.parts", RULE_PAYLOAD, "send the business document as the first part",
                       "there is no eb:PayloadInfo")
                ->code = "EBMS:0003";
        return;
    }
    bool good = true;
    for (unsigned i = 0; i < h->num_parts; i++)
        good = judge_part(c, i) && good;
    if (c->test && h->num_parts > 1)
        ens__warn(c->report, "rules.parts", "ICS2-HTI 4.5.1", "send a ping without parts",
                  "a test message has %u parts", h->num_parts);
    good = judge_attachments(c) && good;
    if (good)
        ens__pass(c->report, "rules.parts", RULE_PAYLOAD);
}
