#include "as4/mime/mime.h"

#include "as4/mime/capture.h"
#include "as4/mime/mime_part.h"

#define RULE_PACKAGE "ICS2-HTI 4.2.5; RFC 2046 5.1.1"
#define RULE_RELATED "ebMS3 Core 5.1.1; RFC 2387 3"
#define RULE_ROOT "ebMS3 Core 5.1.4"
#define RULE_ID "RFC 2045 7; RFC 2392"
#define RULE_ENCODING "RFC 2045 6.1"
#define RULE_HEAD "RFC 2045 5.1; RFC 5322 2.2"
#define RULE_CHARSET "RFC 7303 3; eDelivery AS4 1.4.2.2"
#define HINT_CHARSET "label the envelope as charset=UTF-8"
#define BOUNDARY_WORKS ((size_t)200) /* bytes of a boundary that are still read, though RFC 2046 allows fewer */

typedef struct {
    ens_slice in;
    size_t at; /* where the body of the package starts */
    ens_arena *arena;
    ens_report *report;
    ens_mime *out;
    uint8_t delimiter_text[BOUNDARY_WORKS + 2];
    ens_slice delimiter; /* "--" and the boundary */
    ens_slice start;     /* Content-ID of the root, when the package names one */
    bool loose; /* no Content-Type: the boundary was read off the first line, and may be indented as in prints */
    bool root_by_start, first_seen, indented;
    bool told_inside; /* that the boundary stands where it mustn't: once */
    bool refused;     /* the package isn't as it should be */
    bool converted; /* the block in front, or the first delimiter, ends its lines in LF alone: so the file was saved */
    size_t bare_lf; /* the first place where a line ends in LF alone; SIZE_MAX: none does */
    ens__mime_param param[3]; /* of the Content-Type, by their names: */
} package;
enum { BOUNDARY, TYPE, START };

/* Where one delimiter line stands. */
typedef struct {
    size_t line, next; /* its first byte, and the first after its line end */
    size_t behind;     /* the first byte behind its text */
    bool closing;      /* "--" follows the boundary */
    bool crlf;         /* its line ends in CR LF: so do the lines of the part after it */
    bool indented;     /* blanks stand in front of it */
} delimiter;

/* refusing is the report that a failure of the package goes into. */
static ens_report *refusing(package *p)
{
    p->refused = true;
    return p->report;
}

static ens_finding *refuse_package(package *p, const char *id, const char *rule, const char *hint, const char *what,
                                   size_t at)
{
    ens_finding *f = ens__failf(refusing(p), id, rule, hint, "%s", what);
    f->at = at;
    return f;
}

static void no_memory(package *p)
{
    ens__skip(p->report, "mime.package", RULE_PACKAGE, true, "out of memory while reading the package");
}

static bool refuse_head(package *p, ens__head_result got, size_t at)
{
    if (got == ENS_HEAD_NOMEM)
        no_memory(p);
    else if (got == ENS_HEAD_LIMIT)
        refuse_package(p, "mime.header", RULE_HEAD, "send the header fields that AS4 needs and no others",
                       "a header block is over 16 KiB", at);
    else
        refuse_package(p, "mime.header", RULE_HEAD, "each line before the empty one is \"Name: value\"",
                       "a header block has a line that is no field", at);
    return false;
}

static void refuse_twice(package *p, const ens__mime_head *head, size_t at)
{
    if (head->twice)
        ens__failf(refusing(p), "mime.header", RULE_HEAD,
                   "send each field once: receivers differ in which one they believe",
                   "%s stands more than once in a header block", head->twice)
            ->at = at;
}

static size_t first_byte(const package *p)
{
    return ens__capture_first(p->in, p->at);
}

/* take_blocks reads the header blocks in front of the body, and goes on in the body without the codings of HTTP. */
static bool take_blocks(package *p)
{
    ens_capture c;
    if (!ens__capture_read(p->in, p->at, p->arena, &c, p->report))
        return false;
    p->in = c.in;
    p->at = c.at;
    p->out->content_type = c.content_type;
    p->out->in = c.in;
    p->out->status = c.status;
    p->converted = c.bare_lf;
    return true;
}

/* take_front finds the Content-Type of the package, which may be absent, and the start of its body. */
static bool take_front(package *p, ens_slice content_type)
{
    size_t at = first_byte(p);
    if (content_type.len) {
        p->out->content_type = content_type;
        return true;
    }
    if (at == p->in.len) {
        refuse_package(p, "mime.package", RULE_PACKAGE, "give a MIME package or a SOAP envelope",
                       "the message is empty", 0);
        return false;
    }
    uint8_t c = p->in.p[at];
    if (c == '<' || c == 0xFE || c == 0xFF || c == 0 || ens_starts(ens_from(p->in, at), ENS_LIT("--")))
        return true;
    p->at = at;
    return take_blocks(p);
}

/* bare reads a message that is the envelope alone. */
static void bare(package *p)
{
    static const char hint[] =
        "an access point answers with application/soap+xml or multipart/related: is this a web server's error page?";
    ens_mime *m = p->out;
    m->root = (ens_mime_part){.content_type = m->content_type,
                              .media_type = ens__mime_media_type(m->content_type),
                              .body = ens_from(p->in, p->at),
                              .at = p->at};
    ens_slice type = m->root.media_type;
    if (first_byte(p) == p->in.len)
        refuse_package(p, "mime.root", RULE_ROOT, "the message ends after its header block",
                       "there is no SOAP envelope", p->at);
    else if (type.len && !ens__eq_nocase(type, ENS_LIT("application/soap+xml")) &&
             !ens__eq_nocase(type, ENS_LIT("text/xml")) && !ens__eq_nocase(type, ENS_LIT("application/xml")))
        ens__failf(refusing(p), "mime.package", RULE_PACKAGE, hint, "%s is no type of a SOAP message",
                   ens__show(p->report, type));
    else if (type.len && !ens__eq_nocase(type, ENS_LIT("application/soap+xml")))
        ens__warn(p->report, "mime.package", RULE_ROOT, "SOAP 1.2 travels as application/soap+xml",
                  "the envelope is labelled %s", ens__show(p->report, type));
    else
        ens__passf(p->report, "mime.package", RULE_PACKAGE, "a SOAP envelope without attachments");
}

/* sniff_boundary reads the boundary off a body that starts with its delimiter. */
static ens_slice sniff_boundary(const package *p, size_t at)
{
    ens_reader r = ens_read(ens_from(p->in, at));
    ens_slice line = {0};
    if (!ens_starts(ens_from(p->in, at), ENS_LIT("--")) || !ens_take_line(&r, &line))
        return (ens_slice){0};
    return ens__trim(ens_from(line, 2));
}

/* is_boundary: the characters of RFC 2046, 5.1.1. A receiver that takes the text up to the next quote or ';' for the
 * boundary finds another one where these stand in it. */
static bool is_boundary(ens_slice s)
{
    static const char others[] = "'()+_,-./:=? ";
    for (size_t i = 0; i < s.len; i++) {
        uint8_t folded = (uint8_t)(s.p[i] | 0x20);
        bool plain = (folded >= 'a' && folded <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9');
        if (!plain && (!s.p[i] || !strchr(others, s.p[i])))
            return false;
    }
    return s.len > 0 && s.p[s.len - 1] != ' ';
}

static bool take_boundary(package *p)
{
    static const char hint[] =
        "the Content-Type needs boundary=\"…\" once, with the text that stands after \"--\" in front of each part";
    ens_slice boundary = p->param[BOUNDARY].value;
    if (!boundary.len) {
        size_t at = first_byte(p);
        boundary = sniff_boundary(p, at);
        p->at = boundary.len ? at : p->at;
        if (!p->loose || !boundary.len)
            refuse_package(p, "mime.boundary", RULE_PACKAGE, hint,
                           p->param[BOUNDARY].seen > 1 ? "the boundary is given twice" : "the boundary is not given",
                           0);
        if (!boundary.len)
            return false;
    }
    if (boundary.len > BOUNDARY_WORKS || memchr(boundary.p, '\n', boundary.len)) {
        refuse_package(p, "mime.boundary", RULE_PACKAGE, hint, "the boundary is no text of 1 to 70 characters", p->at);
        return false;
    }
    if (!is_boundary(boundary))
        refuse_package(p, "mime.boundary", RULE_PACKAGE, "make the boundary of letters, digits and '()+_,-./:=?",
                       "the boundary has characters that none may have", 0);
    if (boundary.len > ENS_MIME_BOUNDARY_MAX)
        ens__warn(p->report, "mime.boundary", RULE_PACKAGE, "some receivers stop at 70 characters",
                  "the boundary has %zu characters", boundary.len);
    memcpy(p->delimiter_text, "--", 2);
    memcpy(p->delimiter_text + 2, boundary.p, boundary.len);
    p->delimiter = ens_bytes(p->delimiter_text, boundary.len + 2);
    return true;
}

/* judge_type looks at the Content-Type of a multipart package. */
static void judge_type(package *p)
{
    ens_slice type = p->out->content_type;
    ens_slice of_root = p->param[TYPE].value, start = p->param[START].value;
    if (!ens__eq_nocase(ens__mime_media_type(type), ENS_LIT("multipart/related")))
        ens__failf(refusing(p), "mime.package", RULE_RELATED, "send multipart/related", "the package is %s",
                   ens__show(p->report, ens__mime_media_type(type)));
    if (!of_root.len)
        ens__warn(p->report, "mime.type", RULE_RELATED, "add type=\"application/soap+xml\" to the Content-Type",
                  "the package does not give the type of its root");
    else if (!ens__eq_nocase(of_root, ENS_LIT("application/soap+xml")))
        ens__warn(p->report, "mime.type", RULE_RELATED, "SOAP 1.2 travels as application/soap+xml",
                  "the root is announced as %s", ens__show(p->report, of_root));
    start = ens__trim(start);
    if (ens_starts(start, ENS_LIT("<")) && start.p[start.len - 1] == '>')
        start = ens__trim(ens_sub(start, 1, start.len - 1));
    p->start = start;
}

/* refuse_boundary tells where the boundary stands as it mustn't, where that is seen first. */
static void refuse_boundary(package *p, const char *what, size_t at)
{
    if (!p->told_inside)
        refuse_package(p, "mime.boundary", RULE_PACKAGE,
                       "choose a boundary that stands nowhere else, and write each delimiter as CRLF, \"--\", the "
                       "boundary, CRLF and nothing else: a Domibus ends the part wherever it finds the boundary",
                       what, at);
    p->told_inside = true;
}

static void note_bare_lf(package *p, size_t at)
{
    p->bare_lf = at < p->bare_lf ? at : p->bare_lf;
}

/* begins_line tells that nothing but blanks stands in front of hit on its line, and blanks in prints alone. */
static bool begins_line(const package *p, size_t hit, size_t *line)
{
    *line = hit;
    while (p->loose && *line > p->at && (p->in.p[*line - 1] == ' ' || p->in.p[*line - 1] == '\t'))
        --*line;
    return *line == p->at || p->in.p[*line - 1] == '\n';
}

/* delimiter_at tells whether the text of a delimiter that stands at hit is one: a line of its own. */
static bool delimiter_at(package *p, size_t hit, delimiter *out)
{
    ens_slice in = p->in;
    size_t line, after = hit + p->delimiter.len;
    if (!begins_line(p, hit, &line)) {
        refuse_boundary(p, "the boundary stands within a line", hit);
        return false;
    }
    bool closing = ens_starts(ens_from(in, after), ENS_LIT("--"));
    size_t behind = after += closing ? 2 : 0;
    while (after < in.len && (in.p[after] == ' ' || in.p[after] == '\t'))
        after++;
    bool crlf = ens_starts(ens_from(in, after), ENS_LIT("\r\n"));
    if (!crlf && after < in.len && in.p[after] != '\n') {
        refuse_boundary(p, "a line begins with the boundary and goes on", hit);
        return false;
    }
    if (!closing && after > behind)
        refuse_boundary(p, "blanks stand behind the boundary", behind);
    if ((!closing && !crlf) ||
        (line > p->at && !ens_starts(ens_from(in, line - (line > p->at + 1 ? 2 : 1)), ENS_LIT("\r\n"))))
        note_bare_lf(p, line);
    *out = (delimiter){.line = line,
                       .next = after + (crlf ? 2 : after < in.len),
                       .behind = behind,
                       .closing = closing,
                       .crlf = crlf,
                       .indented = line < hit};
    return true;
}

static bool next_delimiter(package *p, size_t from, delimiter *out)
{
    for (size_t hit = ens__find(p->in, p->delimiter, from); hit != SIZE_MAX;
         hit = ens__find(p->in, p->delimiter, hit + 1))
        if (delimiter_at(p, hit, out))
            return true;
    return false;
}

/* judge_end wants nothing behind the closing delimiter but one line end, or blanks: what else stands there is a part
 * that nobody signed to a Domibus. */
static void judge_end(package *p, const delimiter *end)
{
    ens_slice rest = ens_from(p->in, end->behind);
    size_t blanks = 0;
    while (blanks < rest.len && (rest.p[blanks] == ' ' || rest.p[blanks] == '\t'))
        blanks++;
    if (blanks < rest.len && !ens_eq(rest, ENS_LIT("\n")) && !ens_eq(rest, ENS_LIT("\r\n")))
        refuse_package(p, "mime.end", "RFC 2046 5.1.1; seen with Domibus 4.0.2",
                       "end the message with the closing delimiter and at most one line end: a Domibus takes what "
                       "follows for an unsigned part",
                       "something stands behind the closing delimiter", end->behind);
}

/* content_id_of drops white space around it and the angle brackets, which some senders leave out. */
static ens_slice content_id_of(ens_slice value)
{
    value = ens__trim(value);
    bool bracketed = value.len >= 2 && value.p[0] == '<' && value.p[value.len - 1] == '>';
    return bracketed ? ens_sub(value, 1, value.len - 1) : value;
}

/* undo_encoding replaces the body by what it encodes. */
static void undo_encoding(package *p, ens_mime_part *part, ens_slice named)
{
    if (part->encoding == ENS_ENCODING_UNKNOWN) {
        ens__failf(refusing(p), "mime.encoding", RULE_ENCODING, "send parts as binary", "%s is no transfer encoding",
                   ens__show(p->report, named))
            ->at = part->at;
        return;
    }
    ens_code code = ens__mime_decode(part->encoding, part->body, p->arena, &part->body);
    if (code == ENS_ENOMEM)
        no_memory(p);
    else if (code != ENS_OK)
        refuse_package(p, "mime.encoding", RULE_ENCODING, "send parts as binary",
                       "a part is not in the transfer encoding that it names", part->at);
}

/* place_part keeps a part: as the root when it is the first or the one that start names, else among the others. */
static bool place_part(package *p, const ens_mime_part *part)
{
    ens_mime *m = p->out;
    bool named = p->start.len && ens_eq(part->content_id, p->start) && !p->root_by_start;
    bool displaces = named && p->first_seen;
    if (!p->first_seen || named) {
        ens_mime_part before = m->root;
        m->root = *part;
        p->root_by_start |= named;
        p->first_seen = true;
        if (!displaces)
            return true;
        if (m->num_parts < ENS_PARTS_MAX) {
            memmove(m->part + 1, m->part, m->num_parts * sizeof m->part[0]);
            m->part[0] = before;
            m->num_parts++;
            return true;
        }
    } else if (m->num_parts < ENS_PARTS_MAX) {
        m->part[m->num_parts++] = *part;
        return true;
    }
    refuse_package(p, "mime.parts", RULE_PACKAGE, "a message of ICS2 carries one document and its attachments",
                   "the package has more than 64 parts", part->at);
    return false;
}

/* judge_lines: the lines of a part's header end in CRLF and are not too long for a Domibus. */
static void judge_lines(package *p, const ens__mime_head *head, size_t at)
{
    if (head->longest > ENS_MIME_LINE_GOOD)
        ens__failf(refusing(p), "mime.header", "seen with Domibus 4.0.2",
                   "shorten the field, or fold it: some receivers stop at 300 octets",
                   "a header line of a part has %zu octets; %u are the limit", head->longest, ENS_MIME_LINE_GOOD)
            ->at = at;
    if (head->bare_cr)
        refuse_package(p, "mime.header", "RFC 5322 2.2",
                       "end each line in CRLF: some receivers end it at the CR, others read on",
                       "a CR stands within a header line of a part", at);
    if (head->bare_lf)
        note_bare_lf(p, at);
}

/* judge_line_ends: in a file whose every line ends so the line ends were changed when it was saved, or its sender has
 * no others: whatever is signed has another digest then, and nothing is wrong with the package as it stands. */
static void judge_line_ends(package *p)
{
    if (p->bare_lf == SIZE_MAX)
        return;
    ens__failf(p->converted ? p->report : refusing(p), p->converted ? "digest.line-ends" : "mime.line-ends",
               "RFC 2046 5.1.1",
               p->converted ? "judge the message as it was sent, in binary; MIME ends its lines in CRLF"
                            : "end the lines of MIME in CRLF: receivers find other digests, or no end of a part",
               p->converted ? "all lines of the file end in LF alone" : "lines of the package end in LF alone")
        ->at = p->bare_lf;
}

/* declares_ascii: the envelope's own declaration names US-ASCII, by which it can be read as long as it has no other
 * characters. */
static bool declares_ascii(ens_slice envelope)
{
    size_t at = ens_starts(envelope, ENS_LIT("\xEF\xBB\xBF")) ? 3 : 0;
    if (!ens_starts(ens_from(envelope, at), ENS_LIT("<?xml")))
        return false;
    ens_slice declaration = ens_sub(envelope, at, ens__find(envelope, ENS_LIT("?>"), at));
    while (declaration.len && !ens__starts_nocase(declaration, ENS_LIT("US-ASCII")))
        declaration = ens_from(declaration, 1);
    return declaration.len > 0;
}

/* judge_charset: the charset parameter wins over the envelope's own declaration (RFC 7303, 3), so that another one
 * reads other characters than were signed. Where the envelope's part has none, that of the package stands for it. */
static void judge_charset(package *p)
{
    ens__mime_param charset = {.name = ENS_LIT("charset")};
    ens__mime_params(p->out->root.content_type, p->arena, &charset, 1);
    if (!charset.seen)
        ens__mime_params(p->out->content_type, p->arena, &charset, 1);
    ens_slice value = charset.value;
    bool utf8 = ens__eq_nocase(value, ENS_LIT("utf-8")) || ens__eq_nocase(value, ENS_LIT("utf8"));
    if (!charset.seen || (utf8 && !declares_ascii(p->out->root.body)))
        return;
    if (utf8)
        ens__failf(refusing(p), "mime.charset", "eDelivery AS4 1.4.2.2; ebMS3 Core 5.1.2.5",
                   "declare the envelope as UTF-8, or leave the declaration out",
                   "the envelope is labelled as %s and declares itself as US-ASCII", ens__show(p->report, value));
    else if (charset.seen > 1)
        ens__failf(refusing(p), "mime.charset", RULE_CHARSET, HINT_CHARSET, "the envelope has %u charsets",
                   charset.seen);
    else
        ens__failf(refusing(p), "mime.charset", RULE_CHARSET, HINT_CHARSET, "the envelope is labelled as \"%s\"",
                   ens__show(p->report, value));
}

/* take_part reads the part in [from, to), its delimiters excluded; cut: the message ends inside it. */
static bool take_part(package *p, size_t from, size_t to, bool cut)
{
    ens__mime_head head;
    ens_slice in = ens_sub(p->in, 0, to);
    ens__head_result got = ens__mime_head_read(in, from, p->loose, p->arena, &head);
    if (got != ENS_HEAD_OK)
        return !cut && refuse_head(p, got, head.end);
    refuse_twice(p, &head, from);
    judge_lines(p, &head, from);
    ens_mime_part part = {.content_type = head.content_type,
                          .media_type = ens__mime_media_type(head.content_type),
                          .content_id = content_id_of(head.content_id),
                          .encoding = ens__mime_encoding(head.transfer_encoding),
                          .body = ens_from(in, head.end),
                          .at = head.end};
    undo_encoding(p, &part, head.transfer_encoding);
    return place_part(p, &part);
}

/* end_of_part drops the line end that belongs to the delimiter behind it. */
static size_t end_of_part(const package *p, size_t from, const delimiter *behind, bool crlf)
{
    size_t end = behind->line;
    if (end > from && p->in.p[end - 1] == '\n')
        end--;
    return crlf && end > from && p->in.p[end - 1] == '\r' ? end - 1 : end;
}

static void take_parts(package *p)
{
    static const char cut[] = "the message was cut short on its way, or its sender forgot the last \"--boundary--\"";
    delimiter open, behind;
    if (!next_delimiter(p, p->at, &open) || open.closing) {
        refuse_package(p, "mime.package", RULE_PACKAGE, "the boundary of the Content-Type must be that of the body",
                       "no part starts with the boundary", p->at);
        return;
    }
    p->converted = p->converted || (p->loose && !open.crlf);
    for (;;) {
        bool more = next_delimiter(p, open.next, &behind);
        size_t end = more ? end_of_part(p, open.next, &behind, open.crlf) : p->in.len;
        if (!more)
            refuse_package(p, "mime.package", RULE_PACKAGE, cut, "the package has no closing delimiter", p->in.len);
        p->indented |= more && behind.indented;
        if (more && behind.closing && !p->converted)
            judge_end(p, &behind);
        if (!take_part(p, open.next, end, !more) || !more || behind.closing)
            return;
        open = behind;
    }
}

/* judge_ids refuses two parts that claim one Content-ID. */
static void judge_ids(package *p)
{
    ens_mime *m = p->out;
    bool good = true;
    for (unsigned i = 0; i < m->num_parts; i++) {
        ens_slice id = m->part[i].content_id;
        bool twice = id.len && ens_eq(id, m->root.content_id), bad = false;
        for (unsigned j = 0; j < i && !twice && id.len; j++)
            twice = ens_eq(id, m->part[j].content_id);
        if (twice)
            ens__failf(refusing(p), "mime.content-id", RULE_ID, "give each part a Content-ID of its own",
                       "two parts have the Content-ID %s", ens__show(p->report, id))
                ->at = m->part[i].at;
        else if (id.len && !ens__content_id_good(id))
            bad = true,
            ens__failf(refusing(p), "mime.content-id", RULE_ID,
                       "name parts by letters, digits and . _ - @: a Content-ID is US-ASCII without blanks, "
                       "and '#' begins the fragment of a URL",
                       "%s is no Content-ID", ens__show(p->report, id))
                ->at = m->part[i].at;
        else if (!id.len)
            ens__warn(p->report, "mime.content-id", RULE_ID, "the header can't refer to this part",
                      "part %u has no Content-ID", i + 2)
                ->at = m->part[i].at;
        good = good && !twice && !bad;
    }
    if (good)
        ens__pass(p->report, "mime.content-id", RULE_ID);
}

static void judge_root(package *p)
{
    ens_mime *m = p->out;
    ens_slice type = m->root.media_type;
    if (!p->first_seen || m->root.body.len == 0) {
        refuse_package(p, "mime.root", RULE_ROOT, "the first part is the SOAP envelope",
                       "the package has no SOAP envelope", m->root.at);
        return;
    }
    if (p->start.len && !p->root_by_start)
        ens__warn(p->report, "mime.start", RULE_RELATED,
                  "make start the Content-ID of the envelope; the first part is taken",
                  "no part has the Content-ID %s that start names", ens__show(p->report, p->start));
    else if (m->num_parts && m->root.at > m->part[0].at)
        refuse_package(p, "mime.start", RULE_RELATED,
                       "put the envelope first: phase4 and Domibus take the first part whatever start says",
                       "the root is not the first part", m->root.at);
    if (ens__eq_nocase(type, ENS_LIT("application/soap+xml")))
        ens__pass(p->report, "mime.root", RULE_ROOT);
    else if (!type.len || ens__eq_nocase(type, ENS_LIT("text/xml")) ||
             ens__eq_nocase(type, ENS_LIT("application/xml")) || ens__eq_nocase(type, ENS_LIT("application/xop+xml")))
        ens__warn(p->report, "mime.root", RULE_ROOT, "SOAP 1.2 travels as application/soap+xml",
                  "the envelope is labelled %s", type.len ? ens__show(p->report, type) : "with no type");
    else
        ens__failf(refusing(p), "mime.root", RULE_ROOT, "the first part is the SOAP envelope, as application/soap+xml",
                   "the root is %s", ens__show(p->report, type));
}

void ens__mime_read(ens_slice message, ens_slice content_type, ens_arena *arena, ens_mime *out, ens_report *report)
{
    memset(out, 0, offsetof(ens_mime, part));
    package p = {
        .in = message,
        .arena = arena,
        .report = report,
        .out = out,
        .bare_lf = SIZE_MAX,
        .param = {
            [BOUNDARY].name = ENS_LIT("boundary"), [TYPE].name = ENS_LIT("type"), [START].name = ENS_LIT("start")}};
    out->in = message;
    if (!take_front(&p, content_type))
        return;
    bool sniffed = !out->content_type.len && ens_starts(ens_from(message, first_byte(&p)), ENS_LIT("--"));
    out->multipart = sniffed || ens__starts_nocase(out->content_type, ENS_LIT("multipart/"));
    p.loose = sniffed;
    if (!out->multipart) {
        bare(&p);
        judge_charset(&p);
        return;
    }
    ens__mime_params(out->content_type, arena, p.param, 3);
    if (!sniffed)
        judge_type(&p);
    if (!take_boundary(&p))
        return;
    take_parts(&p);
    judge_line_ends(&p);
    judge_root(&p);
    judge_charset(&p);
    judge_ids(&p);
    if (p.indented)
        ens__warn(report, "mime.boundary", RULE_PACKAGE, "a delimiter starts its line; only prints are read like this",
                  "the delimiters are indented");
    if (!p.refused)
        ens__passf(report, "mime.package", RULE_PACKAGE, "multipart/related with %u part%s beside the envelope",
                   out->num_parts, out->num_parts == 1 ? "" : "s");
}

static void put_id(ens_buf *out, ens_slice id)
{
    ens_buf_text(out, "<");
    ens_buf_put(out, id);
    ens_buf_text(out, ">");
}

void ens__mime_begin(const ens_mime_writer *w, ens_buf *out)
{
    ens_buf_text(out,
                 "MIME-Version: 1.0\r\nContent-Type: multipart/related; type=\"application/soap+xml\"; boundary=\"");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "\"; start=\"");
    put_id(out, w->root_id);
    ens_buf_text(out, "\"\r\n");
}

void ens__mime_part_head(const ens_mime_writer *w, const char *content_type, ens_slice content_id, ens_buf *out)
{
    ens_buf_text(out, "\r\n--");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "\r\nContent-Type: ");
    ens_buf_text(out, content_type);
    ens_buf_text(out, "\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ");
    put_id(out, content_id);
    ens_buf_text(out, "\r\n\r\n");
}

void ens__mime_end(const ens_mime_writer *w, ens_buf *out)
{
    ens_buf_text(out, "\r\n--");
    ens_buf_text(out, w->boundary);
    ens_buf_text(out, "--\r\n");
}
