/* What customs answer to the messages of `ensign conformance`, by messages of their own: it waits in the channel of the
 * party, where nobody has asked that it be pushed. */
#include "cli/conformance.h"

#include <stdio.h>
#include <time.h>

#define PATIENCE_MS 60000 /* for all that is awaited, once something came */
#define SILENCE_MS 8000   /* for the first */
#define STEP_MS 200       /* between two looks into an empty channel */

static ens_time now(const ens_hearing *h)
{
    return h->at == ENS_TIME_NONE ? ens_time_now() : h->at;
}

static void deafen(ens_hearing *h, const char *why)
{
    h->deaf = true;
    snprintf(h->why, sizeof h->why, "%s", why);
}

static void note(ens_hearing *h, const ens_message *m)
{
    ens_heard *e = &h->heard[h->num++];
    *e = (ens_heard){.to_party = ens_is(m->to, h->party), .referring = m->lrn.len || m->mrn.len};
    snprintf(e->ref_to, sizeof e->ref_to, "%.*s", (int)m->ref_to.len, m->ref_to.len ? (const char *)m->ref_to.p : "");
    snprintf(e->action, sizeof e->action, "%.*s", (int)m->action.len, (const char *)m->action.p);
    snprintf(e->mrn, sizeof e->mrn, "%.*s", (int)m->mrn.len, m->mrn.len ? (const char *)m->mrn.p : "");
}

/* acknowledge lets the next message come. */
static ens_code acknowledge(ens_hearing *h, const ens_message *m, ens_err *err)
{
    ens_slice receipt = {0};
    ens__exchange x = {0};
    ens_code code = ens_seal_receipt(h->sealer, m, &(ens_seal_signal_options){.at = now(h)}, &receipt, err);
    return code == ENS_OK ? ens__client_signal(h->client, h->peer, receipt, &x, err) : code;
}

/* hear_one takes the next message; false: nothing waits, or nothing can be heard. */
static bool hear_one(ens_hearing *h)
{
    ens_slice request;
    ens__exchange x = {0};
    ens_message m = {0};
    ens_err err = {0};
    char text[ENS_ERR_TEXT];
    ens_code code =
        ens_seal_pull(h->sealer, ens_str(h->party), &(ens_seal_signal_options){.at = now(h)}, &request, &err);
    if (code == ENS_OK)
        code = ens__client_pull(h->client, h->peer, request, ens_sealer_message_id(h->sealer), &x, &m, &err);
    bool there = code == ENS_OK && x.outcome == ENS_EXCHANGE_PROVEN;
    if (there && h->num == ENS_HEARD_MAX)
        deafen(h, "more messages wait than are looked at");
    else if (there && ens_report_verdict(x.report) != ENS_ACCEPTED)
        deafen(h, "what waits in the channel isn't accepted: see ensign pull");
    else if (there) {
        note(h, &m);
        code = acknowledge(h, &m, &err);
    } else if (code == ENS_OK && x.outcome != ENS_EXCHANGE_EMPTY)
        deafen(h, x.detail);
    if (code != ENS_OK)
        deafen(h, ens_err_format(&err, text, sizeof text));
    return there && !h->deaf;
}

void ens__conformance_hear(ens_hearing *h, bool (*enough)(void *user), void *user, const volatile sig_atomic_t *stop)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (long waited = 0; !h->deaf && !*stop && !enough(user) && waited < (h->num ? PATIENCE_MS : SILENCE_MS);)
        if (!hear_one(h) && !h->deaf) {
            nanosleep(&step, NULL);
            waited += STEP_MS;
        }
}

const ens_heard *ens__conformance_find(const ens_hearing *h, const char *ref_to, const char *action)
{
    for (unsigned i = 0; i < h->num; i++)
        if (strcmp(h->heard[i].ref_to, ref_to) == 0 && (!action || strcmp(h->heard[i].action, action) == 0))
            return &h->heard[i];
    return NULL;
}
