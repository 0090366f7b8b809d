#include "as4/wss/octets.h"

#include "engine/xml/reference/c14n.h"

static bool ends_with_xml(ens_slice type)
{
    return type.len > 4 && ens__eq_nocase(ens_from(type, type.len - 4), ENS_LIT("+xml"));
}

ens_part_form ens__part_form(const ens_mime_part *part)
{
    ens_slice type = part->media_type;
    if (ens__eq_nocase(type, ENS_LIT("application/xml")) || ens__eq_nocase(type, ENS_LIT("text/xml")) ||
        ends_with_xml(type))
        return ENS_FORM_XML;
    return ens__starts_nocase(type, ENS_LIT("text/")) ? ENS_FORM_TEXT : ENS_FORM_RAW;
}

void ens__crlf(ens_slice text, ens_buf *out)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool lf = text.p[i] == '\n', cr = text.p[i] == '\r';
        if (!lf && !cr)
            continue;
        ens_buf_put(out, ens_sub(text, from, i));
        ens_buf_text(out, "\r\n");
        i += cr && i + 1 < text.len && text.p[i + 1] == '\n';
        from = i + 1;
    }
    ens_buf_put(out, ens_from(text, from));
}

ens_code ens__part_octets(ens_xml *xml, const ens_mime_part *part, ens_buf *out, ens_err *err)
{
    if (ens__part_form(part) == ENS_FORM_TEXT) {
        ens__crlf(part->body, out);
        return ens_buf_done(out, err);
    }
    xmlDocPtr doc = NULL;
    ens_code code = ens__xml_parse(xml, part->body, &doc, err);
    if (code == ENS_OK)
        code = ens__c14n(doc, NULL, ENS_C14N_EXCLUSIVE, (ens_slice){0}, out, err);
    xmlFreeDoc(doc);
    return code;
}
