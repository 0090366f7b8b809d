#include "sti/filing/desk.h"

#include <stdio.h>
#include <sys/random.h>

#define BODY_MAX ((size_t)16 << 10)

static ens_code put_down(ens__store *store, const ens_order *order, const char *space, ens_err *err)
{
    char id[80], kind[ENS_LIFE_KIND_MAX];
    uint64_t chance = 0;
    ens_buf body;
    if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
        return ens_fail(err, ENS_ECRYPTO, NULL, "no random numbers", 0);
    snprintf(id, sizeof id, "%s:%.*s:%016llx", ens__order_name(order->kind), (int)order->mrn.len,
             (const char *)order->mrn.p, (unsigned long long)chance);
    ens_buf_init(&body, NULL, 0, BODY_MAX);
    ens__order_write(order, &body);
    ens__change change = {.kind = ENS_CHANGE_TASK,
                          .task = {.id = ens_str(id),
                                   .kind = ens__life_kind(space, kind),
                                   .body = ens_buf_slice(&body)}},
                *one = &change;
    ens_code code = ens_buf_done(&body, err);
    if (code == ENS_OK)
        code = ens__store_commit(store, &one, 1, err);
    ens_buf_free(&body);
    return code;
}

ens_code ens__order_post(ens__store *store, const ens_order *order, ens_arena *arena, bool *found, ens_err *err)
{
    ens__filing_row row;
    *found = false;
    if (order->kind >= ENS_ORDERS_OF_OFFICERS)
        return ens_fail(err, ENS_EPOLICY, NULL, "no officer orders that", 0);
    if (order->text.len > ENS_ORDER_TEXT)
        return ens_fail(err, ENS_ELIMIT, NULL, "the text of an order has 512 octets at most", 0);
    if (order->mrn.len != ENS_FILING_MRN)
        return ENS_OK;
    ens_code code = ens__store_find_filing(store, order->mrn, arena, &row, found, err);
    if (code != ENS_OK || !*found)
        return code;
    const char *space = ens_arena_text(arena, row.space);
    return space ? put_down(store, order, space, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
}

const char *ens__pile_name(ens_pile pile)
{
    static const char *const names[ENS_PILES] = {"action-needed", "waiting", "registered", "done"};
    return names[pile];
}

ens_pile ens__filing_pile(const ens_filing *f)
{
    if (ens__filing_is_over(f))
        return ENS_PILE_DONE;
    if (ens__filing_has_open_referral(f) || (f->flags & ENS_FILING_NO_LOADING))
        return ENS_PILE_ACTION;
    if (f->state == ENS_FILING_PENDING_LINKING || f->state == ENS_FILING_PENDING_COMPLETENESS)
        return ENS_PILE_WAITING;
    return ENS_PILE_REGISTERED;
}
