/* What a handler answers. The site adds what every answer carries: no sniffing, no framing, no referrer, no storing
 * unless said, and a Content-Security-Policy that lets nothing in unless the handler gives another.
 * Source  RFC 9110, RFC 9457 (problem+json), RFC 6265 */
#ifndef ENS_WEB_BASE_ANSWER_H
#define ENS_WEB_BASE_ANSWER_H

#include "engine/base/json.h"
#include "web/base/request.h"

#define ENS_WEB_ANSWER_MAX ((size_t)512 << 20) /* bytes of a body */
#define ENS_WEB_FIELDS_MAX ((size_t)8 << 10)   /* bytes of further fields */
#define ENS_WEB_CSP_NOTHING "default-src 'none'; frame-ancestors 'none'"
#define ENS_WEB_JSON "application/json"
#define ENS_WEB_PROBLEM "application/problem+json"

typedef struct {
    unsigned status;   /* 200 unless set */
    const char *type;  /* Content-Type, a literal; NULL: none */
    const char *csp;   /* Content-Security-Policy, a literal; NULL: ENS_WEB_CSP_NOTHING */
    const char *cache; /* Cache-Control, a literal; NULL: no-store */
    ens_buf fields;    /* further ones: ens__web_add */
    ens_buf body;      /* written to as the handler goes */
    bool later;        /* somebody else answers: the handler gave r->http away (ens__web_send, or a stream) */
} ens_web_answer;

/* ens__web_add adds a field. Octets that would end the line, and all others that no value has, become '?'. */
void ens__web_add(ens_web_answer *a, const char *name, ens_slice value);
/* ens__web_download names the file that the body is to be kept as. */
void ens__web_download(ens_web_answer *a, ens_slice name);
/* ens__web_set_cookie sets one for this site alone: HttpOnly, SameSite=Strict, Secure where the site has TLS; empty
 * value: it is taken away. */
void ens__web_set_cookie(const ens_web_request *r, ens_web_answer *a, const char *name, ens_slice value);
/* ens__web_is_path: a path that no browser takes for another server or scheme. */
bool ens__web_is_path(const char *path);
/* ens__web_redirect answers 303 to a path of this site. */
void ens__web_redirect(ens_web_answer *a, const char *path);

/* ens__web_begin_json sets the type, and gives a writer into the body. */
ens_json ens__web_begin_json(ens_web_answer *a);

/* A refusal of the API: {"type","title","status","detail","rule","hint"}. */
typedef struct {
    unsigned status;
    const char *title;  /* short, the same for all of the kind */
    const char *detail; /* what is wrong here; NULL: nothing more is known */
    const char *rule;   /* the clause; NULL: none */
    const char *hint;   /* what to do; NULL: nothing */
} ens_web_problem;
/* ens__web_refuse puts a problem in place of whatever was written to the body. */
void ens__web_refuse(ens_web_answer *a, const ens_web_problem *p);
/* ens__web_refuse_plain says it in plain text, for rooms of people that have no page for it. */
void ens__web_refuse_plain(ens_web_answer *a, unsigned status, const char *why);
/* ens__web_fail_with is the problem for an error chain, with a status; ens__web_fail finds that by its code: 400, 413,
 * 422, 500, 503. */
void ens__web_fail_with(ens_web_answer *a, unsigned status, const char *title, const ens_err *err);
void ens__web_fail(ens_web_answer *a, const char *title, const ens_err *err);
const char *ens__web_status_title(unsigned status);

/* Inside: the fields of the site, then those of a. */
void ens__web_put_fields(const ens_web_answer *a, ens_buf *out);
void ens__web_answer_init(ens_web_answer *a);
void ens__web_answer_free(ens_web_answer *a);

#endif
