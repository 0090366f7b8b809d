#include "web/base/answer.h"

#include "web/base/site.h"

void ens__web_answer_init(ens_web_answer *a)
{
    *a = (ens_web_answer){.status = 200};
    ens_buf_init(&a->fields, NULL, 0, ENS_WEB_FIELDS_MAX);
    ens_buf_init(&a->body, NULL, 0, ENS_WEB_ANSWER_MAX);
}

void ens__web_answer_free(ens_web_answer *a)
{
    ens_buf_free(&a->fields);
    ens_buf_free(&a->body);
}

/* put_value writes what a field value may hold; what it may not would begin a field of its own. */
static void put_value(ens_buf *out, ens_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.p[i] < 0x20 || value.p[i] >= 0x7F ? '?' : value.p[i];
        ens_buf_add(out, &c, 1);
    }
}

void ens__web_add(ens_web_answer *a, const char *name, ens_slice value)
{
    ens_buf_printf(&a->fields, "%s: ", name);
    put_value(&a->fields, value);
    ens_buf_text(&a->fields, "\r\n");
}

void ens__web_download(ens_web_answer *a, ens_slice name)
{
    ens_buf_text(&a->fields, "Content-Disposition: attachment; filename=\"");
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.p[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || (c && strchr("-_@.", c));
        ens_buf_add(&a->fields, plain && (c != '.' || i) ? &c : (const uint8_t *)"_", 1);
    }
    ens_buf_text(&a->fields, "\"\r\n");
}

void ens__web_set_cookie(const ens_web_request *r, ens_web_answer *a, const char *name, ens_slice value)
{
    ens_buf_printf(&a->fields, "Set-Cookie: %s=", name);
    for (size_t i = 0; i < value.len; i++) /* RFC 6265, 4.1.1: no white space, quote, comma, semicolon, backslash */
        put_value(&a->fields, strchr(" \",;\\", value.p[i]) ? ENS_LIT("_") : ens_sub(value, i, i + 1));
    ens_buf_printf(&a->fields, "; Path=/; HttpOnly; SameSite=Strict%s%s\r\n",
                   ens__web_has_tls(r->site) ? "; Secure" : "", value.len ? "" : "; Max-Age=0");
}

bool ens__web_is_path(const char *path)
{
    bool good = path[0] == '/' && path[1] != '/' && path[1] != '\\';
    for (const char *c = path; good && *c; c++)
        good = (unsigned char)*c > ' ' && *c != 0x7F;
    return good;
}

void ens__web_redirect(ens_web_answer *a, const char *path)
{
    a->status = 303;
    a->type = NULL;
    a->body.len = 0;
    ens__web_add(a, "Location", ens_str(path));
}

ens_json ens__web_begin_json(ens_web_answer *a)
{
    a->type = ENS_WEB_JSON;
    return (ens_json){.out = &a->body};
}

void ens__web_refuse(ens_web_answer *a, const ens_web_problem *p)
{
    a->status = p->status;
    a->type = ENS_WEB_PROBLEM;
    a->body.len = 0;
    a->body.failed = ENS_OK;
    ens_json j = {.out = &a->body};
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "type", "about:blank");
    ens__json_text(&j, "title", p->title ? p->title : ens__web_status_title(p->status));
    ens__json_number(&j, "status", p->status);
    ens__json_text(&j, "detail", p->detail);
    ens__json_text(&j, "rule", p->rule);
    ens__json_text(&j, "hint", p->hint);
    ens__json_close(&j, '}');
    ens_buf_text(&a->body, "\n");
}

void ens__web_refuse_plain(ens_web_answer *a, unsigned status, const char *why)
{
    a->status = status;
    a->type = "text/plain; charset=utf-8";
    a->body.len = 0;
    ens_buf_printf(&a->body, "%s\n", why);
}

static unsigned status_of(ens_code code)
{
    switch (code) {
    case ENS_ELIMIT:
        return 413;
    case ENS_ESYNTAX:
        return 400;
    case ENS_EPOLICY:
    case ENS_EPASS:
    case ENS_ECRYPTO:
        return 422;
    case ENS_ENOMEM:
    case ENS_EIO:
        return 503;
    case ENS_OK:
        break;
    }
    return 500;
}

void ens__web_fail_with(ens_web_answer *a, unsigned status, const char *title, const ens_err *err)
{
    char text[1024];
    ens__web_refuse(a, &(ens_web_problem){.status = status,
                                          .title = title,
                                          .detail = ens_err_format(err, text, sizeof text),
                                          .rule = err->n ? err->frame[0].rule : NULL});
}

void ens__web_fail(ens_web_answer *a, const char *title, const ens_err *err)
{
    ens__web_fail_with(a, status_of(err->n ? err->frame[0].code : ENS_OK), title, err);
}

const char *ens__web_status_title(unsigned status)
{
    static const struct {
        unsigned status;
        const char *title;
    } rows[] = {
        {400, "This is no request that can be read"},
        {401, "Who asks is not known"},
        {403, "This is not allowed"},
        {404, "There is no such thing"},
        {405, "This can't be done with it"},
        {408, "It did not come in time"},
        {409, "Something else stands in the way"},
        {413, "The body is too long"},
        {414, "The path is too long"},
        {415, "A body of this type is not taken"},
        {421, "This server has another name"},
        {422, "The request can be read, and not be done"},
        {429, "There are too many of them"},
        {503, "Not now"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status)
            return rows[i].title;
    return "Something went wrong";
}

void ens__web_put_fields(const ens_web_answer *a, ens_buf *out)
{
    ens_buf_printf(out,
                   "Cache-Control: %s\r\n"
                   "Content-Security-Policy: %s\r\n"
                   "X-Content-Type-Options: nosniff\r\n"
                   "X-Frame-Options: DENY\r\n"
                   "Referrer-Policy: no-referrer\r\n"
                   "Cross-Origin-Resource-Policy: same-origin\r\n"
                   "Cross-Origin-Opener-Policy: same-origin\r\n",
                   a->cache ? a->cache : "no-store", a->csp ? a->csp : ENS_WEB_CSP_NOTHING);
    ens_buf_put(out, ens_buf_slice(&a->fields));
    ens_buf_add(out, "", 1);
}
