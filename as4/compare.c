#include "as4/compare.h"

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_finding(const ens_finding *a, const ens_finding *b)
{
    return a->outcome == b->outcome && same_text(a->id, b->id) && same_text(a->code, b->code) &&
           same_text(a->subcode, b->subcode) && same_text(a->detail, b->detail);
}

bool ens__reports_differ(const ens_report *left, const ens_report *right, const ens_finding **a, const ens_finding **b)
{
    size_t i = 0;
    while (i < left->num && i < right->num && same_finding(&left->findings[i], &right->findings[i]))
        i++;
    *a = ens_report_get(left, i);
    *b = ens_report_get(right, i);
    return *a || *b || left->incomplete != right->incomplete;
}

/* FNV-1a, 64 bits. */
static uint64_t add(uint64_t print, const void *p, size_t len)
{
    const uint8_t *byte = p;
    for (size_t i = 0; i < len; i++)
        print = (print ^ byte[i]) * 0x100000001B3u;
    return print;
}

static uint64_t add_slice(uint64_t print, ens_slice s)
{
    return add(add(print, &s.len, sizeof s.len), s.p, s.len);
}

uint64_t ens__message_print(const ens_message *m)
{
    const ens_slice text[] = {m->message_id, m->ref_to, m->timestamp, m->action,          m->service,
                              m->from,       m->to,     m->agreement, m->conversation_id, m->mpc};
    const int flags[] = {m->kind, m->test, m->from_customs, m->has_signer};
    uint64_t print = add(0xCBF29CE484222325u, flags, sizeof flags);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        print = add_slice(print, text[i]);
    print = add(print, m->signer_sha256, m->has_signer ? sizeof m->signer_sha256 : 0);
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        print = add_slice(add_slice(add(print, &d->size, sizeof d->size), d->cid), d->type);
        print = add_slice(add_slice(print, d->bytes), d->packed);
    }
    for (size_t i = 0; i < m->num_signed_parts; i++) {
        const ens_signed_part *p = &m->signed_parts[i];
        print = add_slice(add_slice(add_slice(print, p->uri), p->transform), p->prefix_list);
        print = add_slice(add_slice(print, p->digest_method), p->digest);
    }
    return print;
}
