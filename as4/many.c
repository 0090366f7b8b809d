#include "as4/verifier.h"
#include "ensign/batch.h"

#include <openssl/err.h>
#include <stdlib.h>

#define TOGETHER ENS_LANES_TOGETHER
#define HELD_MAX ((size_t)1 << 20) /* bytes of messages, and of what they deliver, that wait together */

/* In a build for debugging each yes of a lane is asked of OpenSSL again. */
#ifdef NDEBUG
#define ASKED_AGAIN false
#else
#define ASKED_AGAIN true
#endif

/* Messages in hand: judged, but for signatures that are checked side by side. */
struct ens__many {
    ens__docket docket[TOGETHER];
    ens_message message[TOGETHER];
    ens_report report[TOGETHER];
};

/* What a call was asked for. */
typedef struct {
    ens_verifier *v;
    const ens_slice *bytes;
    const ens_verify_options *options;
    ens_many_judged *judged;
    void *user;
} run;

static struct ens__many *make_many(void)
{
    struct ens__many *many = calloc(1, sizeof *many);
    for (unsigned i = 0; many && i < TOGETHER; i++) {
        ens__docket_init(&many->docket[i]);
        ens__report_init(&many->report[i]);
    }
    return many;
}

void ens__many_free(struct ens__many *many)
{
    for (unsigned i = 0; many && i < TOGETHER; i++) {
        ens__docket_clear(&many->docket[i]);
        ens__report_clear(&many->report[i]);
    }
    free(many);
}

/* prove_waiting checks the signatures that were left, as many at once as there are. */
static void prove_waiting(struct ens__many *many, unsigned num)
{
    ens__lane lane[TOGETHER];
    for (unsigned i = 0; i < num; i++)
        lane[i] = many->docket[i].lane;
    ens__lanes_prove(lane, num);
    for (unsigned i = 0; i < num; i++)
        many->docket[i].lane.proven = lane[i].proven;
}

/* holds asks OpenSSL where the lane gave no yes. */
static bool holds(const ens__docket *d)
{
    const ens__lane *l = &d->lane;
    if (l->proven && !ASKED_AGAIN)
        return true;
    bool good = ens__signer_asks(d->message.signer, l->signature, l->digest);
    if (l->proven && !good)
        abort();
    ERR_clear_error();
    return good;
}

/* settle ends the judgement of messages first... first + num - 1, and tells them. Where a signature doesn't hold
 * nothing stands of what was found: the message is judged from the start. */
static void settle(const run *r, size_t first, unsigned num)
{
    struct ens__many *many = r->v->many;
    prove_waiting(many, num);
    for (unsigned i = 0; i < num; i++) {
        r->v->docket = &many->docket[i];
        if (!r->v->docket->lane.key) {
        } else if (holds(r->v->docket)) {
            ens__judge_rest(r->v, r->options, &many->message[i], &many->report[i]);
        } else {
            r->v->counts.messages--; /* it was counted */
            ens__report_reset(&many->report[i]);
            ens_verify(r->v, r->bytes[first + i], r->options, &many->message[i], &many->report[i]);
        }
        r->judged(r->user, first + i, &many->message[i], &many->report[i]);
    }
}

static size_t held_by(const ens__docket *d, ens_slice bytes)
{
    size_t held = bytes.len;
    for (unsigned i = 0; i < d->payloads.num; i++)
        held += d->payloads.item[i].size;
    return held;
}

/* judge_at judges message i by a docket; ahead: its signature may wait. */
static size_t judge_at(const run *r, size_t i, unsigned at, bool ahead)
{
    struct ens__many *many = r->v->many;
    r->v->docket = &many->docket[at];
    ens__report_reset(&many->report[at]);
    if (ahead)
        ens__judge_ahead(r->v, r->bytes[i], r->options, &many->message[at], &many->report[at]);
    else
        ens_verify(r->v, r->bytes[i], r->options, &many->message[at], &many->report[at]);
    return held_by(&many->docket[at], r->bytes[i]);
}

static void judge_all(const run *r, size_t num)
{
    bool ahead = num > 1 && r->options->engine == ENS_ENGINE_FAST && ens__lanes_usable();
    size_t first = 0, held = 0;
    for (size_t i = 0; i < num; i++) {
        if (i == first)
            ens__signers_hold(r->v->signers);
        held += judge_at(r, i, (unsigned)(i - first), ahead);
        if (ahead && i + 1 < num && i + 1 - first < TOGETHER && held < HELD_MAX)
            continue;
        settle(r, first, (unsigned)(i + 1 - first));
        ens__signers_let(r->v->signers);
        first = i + 1;
        held = 0;
    }
}

ens_code ens_verify_many(ens_verifier *v, const ens_slice *bytes, size_t num, const ens_verify_options *options,
                         ens_many_judged *judged, void *user, ens_err *err)
{
    const run r = {v, bytes, options, judged, user};
    if (!v->many)
        v->many = make_many();
    if (!v->many)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for messages", 0);
    judge_all(&r, num);
    v->docket = &v->own;
    return ENS_OK;
}
