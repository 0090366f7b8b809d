/* What to order of a provider of seal certificates: the text of `ensign cert order`, and the way from it to the check
 * of the request. The key stays where the command makes the request. */
#include "certs/preflight/order.h"
#include "show/order.h"
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#define EORI_MAX 17u
#define COMPANY_MAX 200u
#define PROVIDER_MAX 400u
#define ORDER_MAX ((size_t)64 << 10)

/* What is asked; provider, country and type are those of the trusted lists' page, and are only said again. */
typedef struct {
    ens_slice eori, company, orgid, provider, country, type;
} asked;

static void put_from(ens_visit *v, const asked *q)
{
    if (!q->provider.len)
        return;
    ens__h_open(&v->h, "p");
    ens__said(&v->h, &v->screen, ENS_T_ORDER_FROM);
    const ens_slice said[] = {q->provider, q->country, q->type};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        ens__h_put(&v->h, i && said[i].len ? ", " : " ");
        ens__h_text(&v->h, ens_sub(said[i], 0, PROVIDER_MAX));
    }
    ens__h_close(&v->h);
}

static void put_field(ens_visit *v, const char *name, ens_text_key label, const char *note, ens_slice value,
                      unsigned max)
{
    ens__field_put(&v->h, &(ens_field){.name = name,
                                       .label = ens__visit_text(v, label),
                                       .note = note,
                                       .value = value,
                                       .autocomplete = "off",
                                       .required = !note,
                                       .max = max});
}

static void put_form(ens_visit *v, const asked *q)
{
    ens__form_open(&v->h, &v->screen, "/order");
    ens__h_hidden(&v->h, "provider", ens_sub(q->provider, 0, PROVIDER_MAX));
    ens__h_hidden(&v->h, "country", q->country);
    ens__h_hidden(&v->h, "type", q->type);
    put_field(v, "eori", ENS_T_EORI, NULL, q->eori, EORI_MAX);
    put_field(v, "company", ENS_T_ORDER_COMPANY, NULL, q->company, COMPANY_MAX);
    put_field(v, "orgid", ENS_T_ORDER_ORGID, ens__visit_text(v, ENS_T_ORDER_ORGID_NOTE), q->orgid,
              ENS_ORDER_ORGID_LEN - 1);
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_ORDER_TELL));
}

/* put_check leads to the check of the request, for the same EORI. */
static void put_check(ens_visit *v, const asked *q)
{
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, ENS_T_ORDER_CSR);
    ens__form_upload(&v->h, &v->screen, "/check");
    ens__h_hidden(&v->h, "eori", q->eori);
    ens__field_put(&v->h, &(ens_field){.name = "file",
                                       .type = "file",
                                       .label = ens__visit_text(v, ENS_T_ORDER_CSR_FILE),
                                       .note = ens__visit_text(v, ENS_T_ORDER_CSR_NOTE),
                                       .required = true});
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_CHECK_IT));
}

static void put_order(ens_visit *v, const ens__order *order)
{
    ens_buf out;
    ens_buf_init(&out, NULL, 0, ORDER_MAX);
    const ens__page page = {.out = &out};
    ens__order_page(order, NULL, &page);
    ens__h_open(&v->h, "pre");
    ens__h_attr(&v->h, "lang", "en");
    ens__h_lines(&v->h, ens_buf_slice(&out));
    ens__h_close(&v->h);
    ens_buf_free(&out);
}

void ens__order_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens__visit_begin(&v, pages, r, a, "/lists");
    const asked q = {.provider = ens__web_query(r, "provider"),
                     .country = ens__web_query(r, "country"),
                     .type = ens__web_query(r, "type")};
    ens__visit_page(&v, ENS_T_ORDER, ENS_T_ORDER_LEAD);
    put_from(&v, &q);
    put_form(&v, &q);
    ens__visit_end(&v);
}

/* text_of is what was typed as a C string; NULL where nothing was, or what no string can hold. */
static const char *text_of(const ens_visit *v, ens_slice typed, size_t max)
{
    return typed.len && typed.len <= max && ens__is_utf8(typed) ? ens__web_text(v->r, typed) : NULL;
}

void ens__order_tell(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens__order order;
    ens_err err = {0};
    char why[1024];
    ens__visit_begin(&v, pages, r, a, "/lists");
    if (!ens__visit_form(&v, ENS_RANK_READER, &form))
        return;
    const asked q = {.eori = ens__trim(ens__web_get(form, "eori")),
                     .company = ens__trim(ens__web_get(form, "company")),
                     .orgid = ens__trim(ens__web_get(form, "orgid")),
                     .provider = ens__web_get(form, "provider"),
                     .country = ens__web_get(form, "country"),
                     .type = ens__web_get(form, "type")};
    const char *eori = text_of(&v, q.eori, EORI_MAX), *company = text_of(&v, q.company, COMPANY_MAX),
               *orgid = text_of(&v, q.orgid, ENS_ORDER_ORGID_LEN - 1);
    ens_code code = (q.orgid.len && !orgid) || !company
                        ? ens_fail(&err, ENS_ESYNTAX, NULL, "a name or an identifier is missing, or too long", 0)
                        : ens__order_make(eori ? eori : "", company, orgid, NULL, &order, &err);
    ens__visit_page(&v, ENS_T_ORDER, ENS_T_ORDER_LEAD);
    put_from(&v, &q);
    if (code == ENS_OK) {
        put_order(&v, &order);
        put_check(&v, &q);
    } else {
        a->status = 422;
        ens__h_open(&v.h, "div");
        ens__h_attr(&v.h, "class", "told fail");
        ens__h_leaf(&v.h, "p", NULL, ens_err_format(&err, why, sizeof why));
        ens__h_close(&v.h);
        put_form(&v, &q);
    }
    ens__visit_end(&v);
}
