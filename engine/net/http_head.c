#include "engine/net/http1_parts.h"

static const ens_http_refusal fine = {0, NULL};

static ens_http_refusal refuse_head(unsigned status, const char *why)
{
    return (ens_http_refusal){status, why};
}

/* RFC 9110, 5.6.2. */
static bool is_token_octet(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static size_t token_len(ens_slice s)
{
    size_t n = 0;
    while (n < s.len && is_token_octet(s.p[n]))
        n++;
    return n;
}

static bool is_known(ens_slice method)
{
    static const char *const known[] = {"POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (ens_is(method, known[i]))
            return true;
    return false;
}

static ens_http_refusal judge_version(ens_slice version)
{
    if (ens_is(version, "HTTP/1.1") || ens_is(version, "HTTP/1.0"))
        return fine;
    bool formed = version.len == sizeof "HTTP/1.1" - 1 && ens_starts(version, ENS_LIT("HTTP/")) && version.p[6] == '.';
    return formed ? refuse_head(505, "HTTP/1.0 and HTTP/1.1 are spoken here")
                  : refuse_head(400, "the request line does not end with a version");
}

ens_http_refusal ens__http_request_line(ens_slice line)
{
    if (line.len && line.p[0] == 0x16)
        return refuse_head(400, "TLS is spoken on a port for plain HTTP");
    size_t method = token_len(line), at = method + 1;
    if (method == 0 || method == line.len || line.p[method] != ' ')
        return refuse_head(400, "the request line does not start with a method and a space");
    while (at < line.len && line.p[at] > ' ' && line.p[at] < 0x7F && line.p[at] != '#')
        at++;
    if (at == method + 1 || at >= line.len || line.p[at] != ' ')
        return refuse_head(400, "the request line has no target, or one with an octet that no URI has");
    ens_http_refusal wrong = judge_version(ens_from(line, at + 1));
    if (wrong.why)
        return wrong;
    return is_known(ens_sub(line, 0, method)) ? fine : refuse_head(501, "this method is not served");
}

ens_http_refusal ens__http_field_line(ens_slice line)
{
    if (line.p[0] == ' ' || line.p[0] == '\t')
        return refuse_head(400, "a field is folded over several lines");
    size_t name = token_len(line);
    if (name < line.len && name && (line.p[name] == ' ' || line.p[name] == '\t'))
        return refuse_head(400, "a field name is followed by a space");
    if (name == 0 || name == line.len || line.p[name] != ':')
        return refuse_head(400, "a field line has no name, or one with an octet that no name has");
    for (size_t i = name + 1; i < line.len; i++)
        if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7F)
            return refuse_head(400, "a field value holds a control character");
    return fine;
}

ens_slice ens__http_field(const ens_http_head *head, const char *name)
{
    for (unsigned i = 0; i < head->num_fields; i++)
        if (ens__eq_nocase(head->field[i].name, ens_str(name)))
            return head->field[i].value;
    return (ens_slice){0};
}

/* Fields that mean nothing, or two things, when they come twice (RFC 9110, 5.3). */
static ens_http_refusal judge_doubles(const ens_http_head *head)
{
    static const struct {
        const char *name, *why;
    } once[] = {
        {"Host", "Host stands more than once"},
        {"Content-Length", "Content-Length stands more than once"},
        {"Transfer-Encoding", "Transfer-Encoding stands more than once"},
        {"Content-Type", "Content-Type stands more than once"},
        {"Content-Encoding", "Content-Encoding stands more than once"},
        {"Expect", "Expect stands more than once"},
        {"Authorization", "Authorization stands more than once"},
    };
    for (size_t row = 0; row < sizeof once / sizeof *once; row++) {
        unsigned seen = 0;
        for (unsigned i = 0; i < head->num_fields; i++)
            seen += ens__eq_nocase(head->field[i].name, ens_str(once[row].name));
        if (seen > 1)
            return refuse_head(400, once[row].why);
    }
    return fine;
}

/* A registered name, an address, a port: no user, no path, no list (RFC 3986, 3.2.2). */
static bool is_host(ens_slice host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.p[i] <= ' ' || host.p[i] >= 0x7F || strchr("/?#@\\,\"<>^`{|}", host.p[i]))
            return false;
    return host.len > 0;
}

static ens_http_refusal judge_host(const ens_http_head *head)
{
    ens_slice host = ens__http_field(head, "Host");
    if (!host.p)
        return head->minor == 0 ? fine : refuse_head(400, "HTTP/1.1 without Host");
    return is_host(host) ? fine : refuse_head(400, "Host is not a host");
}

/* cut_target leaves path and query of "http://host/path?query"; the authority must be the one that Host names (RFC
 * 9112, 3.2.2). */
static ens_http_refusal cut_target(ens_http_head *head)
{
    ens_slice t = head->target, host = ens__http_field(head, "Host");
    if (t.p[0] == '/' || (ens_is(t, "*") && ens_is(head->method, "OPTIONS")))
        return fine;
    bool secure = ens__starts_nocase(t, ENS_LIT("https://"));
    if (!secure && !ens__starts_nocase(t, ENS_LIT("http://")))
        return refuse_head(400, "the target is neither a path nor an http URI");
    t = ens_from(t, secure ? sizeof "https://" - 1 : sizeof "http://" - 1);
    size_t end = 0;
    while (end < t.len && t.p[end] != '/' && t.p[end] != '?')
        end++;
    if (host.p && !ens__eq_nocase(ens_sub(t, 0, end), host))
        return refuse_head(400, "the target names another host than Host");
    if (end < t.len && t.p[end] == '?')
        return refuse_head(400, "the target has no path");
    head->target = end < t.len ? ens_from(t, end) : ENS_LIT("/");
    return fine;
}

static ens_http_refusal read_length(ens_http_head *head, ens_slice text)
{
    if (text.len == 0 || text.len > ENS_HTTP_LENGTH_DIGITS)
        return refuse_head(400, "Content-Length is empty or has too many digits");
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return refuse_head(400, "Content-Length is not a number");
        head->length = head->length * 10 + (unsigned)(text.p[i] - '0');
    }
    return fine;
}

static ens_http_refusal judge_framing(ens_http_head *head)
{
    ens_slice length = ens__http_field(head, "Content-Length"), coding = ens__http_field(head, "Transfer-Encoding");
    if (coding.p && length.p)
        return refuse_head(400, "Content-Length and Transfer-Encoding stand together");
    if (coding.p && head->minor == 0)
        return refuse_head(400, "HTTP/1.0 knows no Transfer-Encoding");
    if (coding.p && !ens__eq_nocase(coding, ENS_LIT("chunked")))
        return refuse_head(400, "no transfer coding but chunked is taken");
    head->chunked = coding.p != NULL;
    return length.p ? read_length(head, length) : fine;
}

static ens_http_refusal judge_expectation(ens_http_head *head)
{
    ens_slice expect = ens__http_field(head, "Expect");
    if (expect.p && !ens__eq_nocase(expect, ENS_LIT("100-continue")))
        return refuse_head(417, "no expectation but 100-continue is met");
    head->expects = expect.p && head->minor > 0 && (head->chunked || head->length > 0);
    return fine;
}

ens_http_refusal ens__http_head_finish(ens_http_head *head)
{
    ens_http_refusal wrong = judge_doubles(head);
    if (!wrong.why)
        wrong = judge_host(head);
    if (!wrong.why)
        wrong = cut_target(head);
    if (!wrong.why)
        wrong = judge_framing(head);
    return wrong.why ? wrong : judge_expectation(head);
}
