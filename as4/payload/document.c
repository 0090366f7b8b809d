#include "as4/payload/document.h"

#include "as4/envelope/names.h"
#include "as4/ics2/ics2.h"

#include <stdarg.h>
#include <stdio.h>

#define RULE_XML "ICS2-HTI 4.2.6"
#define RULE_VERSION "ICS2-HTI 4.2.3.1, 5.7"
#define RULE_REFERENCE "ICS2-HTI Table 9"
#define RULE_LINK "ICS2-HTI 4.2.5"
#define LRN_MAX 22u

static ens_finding *fault(const ens_document *d, ens_report *report, const char *id, const char *rule, const char *hint,
                          const char *format, ...) ENS_PRINTF(6, 7);
static ens_finding *fault(const ens_document *d, ens_report *report, const char *id, const char *rule, const char *hint,
                          const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ens_finding *f = ens__failf(report, id, rule, hint, "%s", line);
    f->code = d->reply;
    f->document_fault = true;
    return f;
}

static void judge_root(const ens_document *d, const ens_header *h, ens_report *report)
{
    if (ens_eq(d->root, h->action))
        ens__pass(report, "payload.root", RULE_XML);
    else
        fault(d, report, "payload.root", RULE_XML, "the root element has the name of the action",
              "the root element is %s and the action is %s", ens__show(report, d->root), ens__show(report, h->action));
}

const char *ens__document_namespace(ens_slice agreement)
{
    return ens_is(agreement, ENS_AGREEMENT_V1)   ? ENS_NS_ICS2_V1
           : ens_is(agreement, ENS_AGREEMENT_V2) ? ENS_NS_ICS2_V2
                                                 : NULL;
}

static void judge_namespace(const ens_document *d, const ens_header *h, ens_report *report)
{
    const char *wanted = ens__document_namespace(h->agreement);
    bool is_v1 = ens_is(d->ns, ENS_NS_ICS2_V1), is_v2 = ens_is(d->ns, ENS_NS_ICS2_V2);
    if (!wanted)
        ens__skip(report, "payload.namespace", RULE_VERSION, false,
                  "the agreement names no interface version to compare with");
    else if (ens_is(d->ns, wanted))
        ens__pass(report, "payload.namespace", RULE_VERSION);
    else if (is_v1 || is_v2)
        fault(d, report, "payload.namespace", RULE_VERSION,
              "send the document in the version that the AgreementRef names, or the other way round",
              "the document is of version %s and the AgreementRef is %s", is_v1 ? "1" : "2",
              ens__show(report, h->agreement));
    else
        fault(d, report, "payload.namespace", RULE_VERSION,
              "version 1 has " ENS_NS_ICS2_V1 ", version 2 " ENS_NS_ICS2_V2, "the namespace is \"%s\"",
              ens__show(report, d->ns));
}

bool ens__mrn_has_shape(ens_slice mrn)
{
    for (size_t i = 0; i < mrn.len; i++) {
        bool digit = mrn.p[i] >= '0' && mrn.p[i] <= '9', letter = mrn.p[i] >= 'A' && mrn.p[i] <= 'Z';
        if (i < 2 ? !digit : i < 4 ? !letter : !digit && !letter)
            return false;
    }
    return mrn.len == 18;
}

/* Letters count from 10 and pass over the multiples of 11; weights are the powers of two (ISO 6346). */
bool ens__mrn_check_digit_good(ens_slice mrn)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < 17; i++) {
        unsigned c = mrn.p[i], v = c <= '9' ? c - '0' : c - 'A' + 10u + (c > 'A') + (c > 'K') + (c > 'U');
        sum += v << i;
    }
    return mrn.p[17] > '9' || sum % 11 % 10 == mrn.p[17] - (unsigned)'0';
}

void ens__document_references(const ens_document *d, ens_slice *lrn, ens_slice *mrn)
{
    *lrn = ens__trim(d->lrn);
    *mrn = ens__trim(d->mrn);
    if (lrn->len || mrn->len)
        return;
    ens_slice reference = ens__trim(d->functional_reference);
    *(ens__mrn_has_shape(reference) && ens__mrn_check_digit_good(reference) ? mrn : lrn) = reference;
}

/* count_characters of UTF-8: every byte but those that continue one. */
static size_t count_characters(ens_slice text)
{
    size_t num = 0;
    for (size_t i = 0; i < text.len; i++)
        num += (text.p[i] & 0xC0) != 0x80;
    return num;
}

/* has_control: characters up to U+001F and from U+007F to U+009F, whose UTF-8 begins with C2. */
static bool has_control(ens_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] < ' ' || text.p[i] == 0x7F || (text.p[i] == 0xC2 && i + 1 < text.len && text.p[i + 1] < 0xA0))
            return true;
    return false;
}

static void judge_lrn(const ens_document *d, ens_report *report)
{
    bool blank = d->lrn.len != ens__trim(d->lrn).len, control = has_control(d->lrn);
    if (d->num_lrn > 1)
        fault(d, report, "payload.reference", RULE_REFERENCE, "give one LRN", "the document has %u LRNs", d->num_lrn);
    else if (!d->lrn.len)
        fault(d, report, "payload.reference", RULE_REFERENCE,
              "give the declaration its LRN, as first child of the root", "the document has no LRN");
    else if (count_characters(d->lrn) > LRN_MAX || blank || control)
        fault(d, report, "payload.reference", RULE_REFERENCE, "an LRN has 1 to 22 characters and no blanks around them",
              "\"%s\" is no LRN", ens__show(report, d->lrn));
    else
        ens__pass(report, "payload.reference", RULE_REFERENCE);
}

static void judge_mrn(const ens_document *d, bool by_document, ens_report *report)
{
    if (d->num_mrn > 1)
        fault(d, report, "payload.reference", RULE_REFERENCE, "give one MRN", "the document has %u MRNs", d->num_mrn);
    else if (!d->mrn.len && by_document)
        ens__passf(report, "payload.reference", "ICS2-HTI 3.1.9", "the ENS is named by its transport document");
    else if (!d->mrn.len)
        fault(d, report, "payload.reference", RULE_REFERENCE, "name the ENS by its MRN, as first child of the root",
              "the document has no MRN");
    else if (!ens__mrn_has_shape(d->mrn))
        fault(d, report, "payload.reference", RULE_REFERENCE,
              "an MRN has 18 characters: year, country, 13 letters or digits, check digit", "\"%s\" is no MRN",
              ens__show(report, d->mrn));
    else if (!ens__mrn_check_digit_good(d->mrn))
        ens__warn(report, "payload.reference", "ISO 6346", "compare it with the MRN that customs gave",
                  "the check digit of MRN %s is wrong", ens__show(report, d->mrn));
    else
        ens__pass(report, "payload.reference", RULE_REFERENCE);
}

/* judge_reference: Table 9 binds what traders send; of what customs send the structure is not known without the
 * schemas. */
static void judge_reference(const ens_document *d, const ens_action *action, ens_report *report)
{
    if (!action)
        return;
    if (action->direction == ENS_C2T) {
        if (d->lrn.len || d->mrn.len || d->functional_reference.len || d->transport_document.len)
            ens__pass(report, "payload.reference", RULE_REFERENCE);
        else
            ens__warn(report, "payload.reference", RULE_REFERENCE, "correlate by eb:RefToMessageId",
                      "the document names no LRN and no MRN");
    } else if (action->ref == ENS_REF_LRN) {
        judge_lrn(d, report);
    } else {
        bool by_document = strcmp(action->name, "IE3Q05") == 0 && d->transport_document.len;
        judge_mrn(d, by_document, report);
    }
}

/* judge_circumstance: F26 in an IE3F26 (ICD 3.1.2). */
static void judge_circumstance(const ens_document *d, const ens_action *action, ens_report *report)
{
    if (!d->by_tables && action && action->name[3] == 'F' && d->circumstance.len &&
        !ens_is(d->circumstance, action->name + 3))
        ens__warn(
            report, "payload.circumstance", "ICS2-HTI 3.1.2", "specificCircumstanceIndicator is the Fnn of the action",
            "the specific circumstance indicator is %s in an %s", ens__show(report, d->circumstance), action->name);
}

/* file_of counts the BinaryFile elements that name an attachment; the first one is returned. "cid:" may stand in front.
 */
static const ens_binary_file *file_of(const ens_document *d, ens_slice cid, unsigned *num)
{
    const ens_binary_file *first = NULL;
    *num = 0;
    for (unsigned i = 0; i < d->num_files && i < ENS_PARTS_MAX; i++) {
        ens_slice id = ens__trim(d->file[i].identification);
        id = ens_from(id, ens_starts(id, ENS_LIT("cid:")) ? 4 : 0);
        if (!cid.len || !ens_eq(id, cid))
            continue;
        first = first ? first : &d->file[i];
        ++*num;
    }
    return first;
}

static bool is_document(const ens_header *h, unsigned i)
{
    return i == 0 || (ens_is(h->action, "IE3R08") && ens__eq_nocase(h->part[i].mime_type, ENS_LIT("application/xml")));
}

static bool judge_attachment(const ens_document *d, const ens_part_info *part, ens_report *report)
{
    unsigned num;
    const ens_binary_file *file = file_of(d, part->cid, &num);
    const char *shown = ens__show(report, part->cid);
    if (num != 1) {
        fault(d, report, "payload.attachments", RULE_LINK,
              "write <identification> with the Content-ID of each attachment, once",
              "the document names the attachment %s %u times", shown, num);
        return false;
    }
    if (ens__trim(file->identification).len != file->identification.len)
        ens__warn(report, "payload.attachments", RULE_LINK, "write the Content-ID without blanks around it",
                  "the document names the attachment %s with blanks around it: who compares the texts as they stand "
                  "finds none",
                  shown);
    if (file->mime.len && part->mime_type.len && !ens__eq_nocase(ens__trim(file->mime), part->mime_type))
        ens__warn(report, "payload.attachments", RULE_LINK, "MIME in the document is the MimeType of the part",
                  "the document calls %s %s, the header %s", shown, ens__show(report, file->mime),
                  ens__show(report, part->mime_type));
    return true;
}

static void judge_attachments(const ens_document *d, const ens_header *h, ens_report *report)
{
    unsigned attached = 0, named = 0;
    bool good = true;
    for (unsigned i = 0; i < h->num_parts; i++) {
        if (is_document(h, i))
            continue;
        attached++;
        bool linked = judge_attachment(d, &h->part[i], report);
        named += linked;
        good = good && linked;
    }
    if (good && d->num_files > named) {
        fault(d, report, "payload.attachments", RULE_LINK,
              "attach each file that the document names, or leave its name out",
              "the document names %u files and %u are attached", d->num_files, attached);
        good = false;
    }
    if (good && attached)
        ens__pass(report, "payload.attachments", RULE_LINK);
}

void ens__document_judge_root(const ens_document *d, const ens_header *h, ens_report *report)
{
    judge_root(d, h, report);
    judge_namespace(d, h, report);
}

/* judge_kind: a document that stands alone is one of ICS2 by its namespace and by a name of their shape. */
static void judge_kind(const ens_document *d, ens_report *report)
{
    bool ours = ens_is(d->ns, ENS_NS_ICS2_V1) || ens_is(d->ns, ENS_NS_ICS2_V2);
    bool shape = d->root.len == 6 && ens_starts(d->root, ENS_LIT("IE3")) && d->root.p[3] >= 'A' && d->root.p[3] <= 'Z';
    if (!ours)
        fault(d, report, "payload.namespace", RULE_VERSION,
              "version 1 has " ENS_NS_ICS2_V1 ", version 2 " ENS_NS_ICS2_V2, "the namespace is \"%s\"",
              ens__show(report, d->ns));
    else
        ens__pass(report, "payload.namespace", RULE_VERSION);
    if (!shape && !ens__action_find(d->root))
        fault(d, report, "payload.root", RULE_XML, "the root element has the name of a message of ICS2, like IE3F26",
              "the root element is %s, which is no message of ICS2", ens__show(report, d->root));
    else
        ens__pass(report, "payload.root", RULE_XML);
}

void ens__document_judge_alone(const ens_document *d, ens_report *report)
{
    judge_kind(d, report);
    judge_reference(d, ens__action_find(d->root), report);
}

void ens__document_judge(const ens_document *d, const ens_header *h, ens_report *report)
{
    const ens_action *action = ens__action_find(h->action);
    ens__document_judge_root(d, h, report);
    judge_reference(d, action, report);
    judge_circumstance(d, action, report);
    judge_attachments(d, h, report);
}
