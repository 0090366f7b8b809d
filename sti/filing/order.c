#include "sti/filing/order.h"

#include <stdio.h>

static const char *const names[ENS_ORDERS] = {
    "ask-information", "ask-amendment",  "ask-screening", "do-not-load", "complete",
    "start",           "relate",         "control",       "announce",    "present",
    "tell-incomplete", "end-preloading", "end-analysis",  "end-linking", "invalidate",
};

const char *ens__order_name(ens_order_kind kind)
{
    return (unsigned)kind < ENS_ORDERS ? names[kind] : "none";
}

bool ens__order_find(ens_slice name, ens_order_kind *out)
{
    for (unsigned i = 0; i < ENS_ORDERS; i++)
        if (ens_is(name, names[i])) {
            *out = (ens_order_kind)i;
            return true;
        }
    return false;
}

void ens__order_write(const ens_order *o, ens_buf *out)
{
    ens_buf_printf(out, "%s\n%.*s\n", ens__order_name(o->kind), (int)o->mrn.len, (const char *)o->mrn.p);
    ens_buf_put(out, o->text);
}

bool ens__order_read(ens_slice body, ens_order *out)
{
    ens_reader r = ens_read(body);
    ens_slice name;
    if (!ens_take_line(&r, &name) || !ens_take_line(&r, &out->mrn) || !ens__order_find(name, &out->kind))
        return false;
    out->text = ens_from(body, ens_at(&r));
    return true;
}

ens_slice ens__life_kind(const char *space, char out[ENS_LIFE_KIND_MAX])
{
    int n = snprintf(out, ENS_LIFE_KIND_MAX, *space ? ENS_LIFE_KIND "/%s" : ENS_LIFE_KIND, space);
    return ens_bytes(out, (size_t)n);
}

#define REHEARSED "rehearsed: the LRN asks for this answer"
#define ACT(kind) .act = {{kind, 0, REHEARSED}}, .num_acts = 1

bool ens__cue_of_lrn(ens_slice lrn, ens_cue *out)
{
    static const struct {
        const char *end;
        ens_cue cue;
    } cues[] = {
        {"N99", {.answer = ENS_CUE_FORM, .text = REHEARSED}},
        {"N01", {.answer = ENS_CUE_LIFE, .text = REHEARSED}},
        {"N02", {ACT(ENS_ORDER_TELL_INCOMPLETE)}},
        {"N03", {ACT(ENS_ORDER_COMPLETE)}},
        {"Q01", {ACT(ENS_ORDER_DO_NOT_LOAD)}},
        {"Q02", {ACT(ENS_ORDER_ASK_INFORMATION)}},
        {"AMD", {ACT(ENS_ORDER_ASK_AMENDMENT)}},
        {"Q03", {ACT(ENS_ORDER_ASK_SCREENING)}},
        {"N07", {.wish = "N07"}},
        {"N08", {.wish = "N08"}},
        {"N09", {ACT(ENS_ORDER_ANNOUNCE)}},
        {"NONE", {.answer = ENS_CUE_SILENT}},
    };
    size_t at = lrn.len;
    while (at && lrn.p[at - 1] != '-')
        at--;
    for (size_t i = 0; at && i < sizeof cues / sizeof *cues; i++)
        if (ens_is(ens_from(lrn, at), cues[i].end)) {
            *out = cues[i].cue;
            return true;
        }
    return false;
}
