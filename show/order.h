/* What to order, and what can be said of a certificate request: as text and as JSON. */
#ifndef ENS_SHOW_ORDER_H
#define ENS_SHOW_ORDER_H

#include "certs/preflight/order.h"
#include "engine/base/json.h"
#include "show/page.h"

/* One request that was judged. */
typedef struct {
    const char *file;
    const ens__request *request;
    const ens_report *report;
    ens_binding binding;
    const char *eori; /* NULL: not asked */
    ens_time at;
} ens__request_view;

/* ens__request_page writes a page: what can be told, what to do, the checks; all: those that passed, too.
 * ens__request_line writes "FILE: verdict,..."; ens__request_json one object and a line end. Its acceptance is none: an
 * authority has yet to make a certificate of it. */
void ens__request_page(const ens__request_view *view, const ens__page *page, bool all);
void ens__request_line(const ens__request_view *view, ens_buf *out);
void ens__request_json(const ens__request_view *view, ens_buf *out);

/* ens__request_words is the verdict on a request in a sentence. */
const char *ens__request_words(const ens_report *report);

/* What to ask a provider for. request is the file that a request was written to, or NULL. */
void ens__order_page(const ens__order *order, const char *request, const ens__page *page);
void ens__order_json(const ens__order *order, const char *request, ens_json *j);

#endif
