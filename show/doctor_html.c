#include "show/doctor_html.h"

#include "show/report_html.h"

#define TICKET_MAX ((size_t)64 << 10)

static void put_ticket(ens_html *h, const ens__doctor_view *v)
{
    ens_buf ticket;
    ens_buf_init(&ticket, NULL, 0, TICKET_MAX);
    ens__doctor_ticket(v, &ticket);
    if (ticket.len) {
        ens__h_open(h, "details");
        ens__h_leaf(h, "summary", NULL, "A ticket to send");
        ens__h_open(h, "pre");
        ens__h_attr(h, "tabindex", "0");
        ens__h_lines(h, ens_buf_slice(&ticket));
        ens__h_close(h);
        ens__h_close(h);
    }
    ens_buf_free(&ticket);
}

void ens__doctor_html(ens_html *h, const ens__doctor_view *v)
{
    const ens_diagnosis *x = v->diagnosis;
    if (!x || x->who == ENS_WHO_NOBODY)
        return;
    ens__h_open(h, "section");
    ens__h_attr(h, "lang", "en");
    ens__h_leaf(h, "h2", NULL, "Who acts");
    ens__h_open(h, "p");
    ens__h_leaf(h, "strong", NULL, ens__who_words(x->who));
    ens__h_close(h);
    if (ens__doctor_todo(x))
        ens__h_leaf(h, "p", NULL, ens__doctor_todo(x));
    put_ticket(h, v);
    ens__h_close(h);
}

void ens__doctor_whole_html(ens_html *h, const ens__doctor_view *v)
{
    const ens_diagnosis *x = v->diagnosis;
    ens__h_open(h, "section");
    ens__h_attr(h, "lang", "en");
    ens__banner_html(h, x->judged ? x->verdict : ENS_UNDECIDED, ens_str(v->file), ens__patient_words(x->kind), NULL);
    ens__h_close(h);
    ens__doctor_html(h, v);
    if (x->report)
        ens__findings_html(h, x->report);
}
