/* The officer's desk: puts an order down, for whichever access point serves the store to carry out. */
#ifndef ENS_STI_FILING_DESK_H
#define ENS_STI_FILING_DESK_H

#include "sti/filing/order.h"
#include "sti/store/filing.h"

/* ens__order_post puts it down in the space of its filing; *found is false where no filing has its MRN. It holds for
 * the access point within a second.
 * Errors  ENS_ELIMIT the text is longer than ENS_ORDER_TEXT; ENS_EPOLICY no order of an officer; ENS_ECRYPTO no random
 * numbers; those of the store */
ENS_CHECK ens_code ens__order_post(ens__store *store, const ens_order *order, ens_arena *arena, bool *found,
                                   ens_err *err);

/* In which of the four piles of the trade a filing lies. */
typedef enum {
    ENS_PILE_ACTION = 0, /* customs wait for the trader: a request is open, or the goods may not be loaded */
    ENS_PILE_WAITING,    /* for other filings, or to be whole */
    ENS_PILE_REGISTERED, /* nothing is missing */
    ENS_PILE_DONE,       /* nothing more comes of it */
    ENS_PILES
} ens_pile;
const char *ens__pile_name(ens_pile pile); /* "action-needed", "waiting", "registered", "done" */
ens_pile ens__filing_pile(const ens_filing *f);

#endif
