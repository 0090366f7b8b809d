/* Several traders who push to an access point in this very process, with a demo's keys and a store and a clock of the
 * test's; whatever they were acknowledged is remembered, and looked for. */
#ifndef ENS_TESTS_STI_PUSHERS_H
#define ENS_TESTS_STI_PUSHERS_H

#include "engine/base/file.h"
#include "ensign/seal.h"
#include "sti/demo/demo.h"
#include "sti/point/service.h"

#include <stdatomic.h>

#define PUSHERS 4u
#define PUSHERS_MOST 200u /* messages of one in a round */
#define PUSHERS_MESSAGE ((size_t)64 << 10)

typedef struct {
    char id[64];
    uint8_t receipt[32]; /* SHA-256 */
} pushers_done;

typedef struct {
    ens_sealer *sealer;
    char address[ENS_SERVER_ADDRESS_MAX];
    unsigned number, round, most;
    pushers_done done[PUSHERS_MOST];
    unsigned num, refused;         /* refused: what could not be kept, or was not answered */
    uint8_t last[PUSHERS_MESSAGE]; /* the last message that was acknowledged */
    size_t last_len;
    /* Called with each receipt, in the pusher's thread; NULL: nobody looks. */
    void (*look)(unsigned number, ens_slice message, ens_slice receipt);
    atomic_bool *go_on; /* NULL: until something is refused, or most */
} pusher;

extern pusher pushers[PUSHERS];
extern char pushers_base[]; /* a folder that goes with the tests */
extern ens__demo pushers_demo;
extern atomic_llong pushers_ahead_ms; /* of the machine's clock */

/* pushers_set_up makes keys and a document once. */
void pushers_set_up(void);
const char *pushers_new_store(void);
/* pushers_open serves with a store of that name, by the demo's configuration; NULL: it can't. */
ens_point_service *pushers_open(const char *store, ens_err *err);
ens_point_service_plan pushers_plan(void);
/* pushers_push has all push, at most so many messages each, and gives how many were acknowledged. */
unsigned pushers_push(const ens_point_service *s, unsigned round, unsigned most);
/* pushers_check_store looks for all that was acknowledged in the last round: once, with the receipt that was sent.
 * pushers_check_again sends the last message of each again: it gets the very bytes. */
void pushers_check_store(const char *path);
void pushers_check_again(const ens_point_service *s);
/* pushers_answers counts the messages that customs have for traders as the first word on what they sent. */
unsigned pushers_answers(ens__store *store);

#endif
