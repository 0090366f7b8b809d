#include "engine/net/fetches.h"

#include "engine/net/fetch_parts.h"

#include <stdlib.h>

#define RULE "HTTP"

typedef struct {
    ens__flight flight;
    void *user;
    bool busy;
} slot;

struct ens_fetches {
    const ens__curl *lib;
    CURLM *multi;
    unsigned most, num;
    slot slot[ENS_FETCHES_MAX];
};

ens_code ens__fetches_new(unsigned most, ens_fetches **out, ens_err *err)
{
    const ens__curl *lib;
    if (most == 0 || most > ENS_FETCHES_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the number of exchanges at a time is out of range", 0);
    ens_code code = ens__curl_load(&lib, err);
    if (code != ENS_OK)
        return code;
    ens_fetches *f = calloc(1, sizeof *f);
    if (f)
        f->multi = lib->multi_init();
    if (!f || !f->multi) {
        free(f);
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for exchanges", 0);
    }
    f->lib = lib;
    f->most = most;
    *out = f;
    return ENS_OK;
}

/* let_go gives an easy handle back to libcurl, which keeps its connection. */
static void let_go(ens_fetches *f, slot *s)
{
    f->lib->multi_remove_handle(f->multi, s->flight.curl);
    f->lib->easy_cleanup(s->flight.curl);
    s->flight.curl = NULL;
    s->busy = false;
    f->num--;
}

void ens__fetches_free(ens_fetches *f)
{
    if (!f)
        return;
    for (unsigned i = 0; i < f->most; i++)
        if (f->slot[i].busy) {
            long status;
            ens_code unused = ens__flight_end(&f->slot[i].flight, CURLE_ABORTED_BY_CALLBACK, &status, NULL);
            (void)unused; /* nobody wants to know any more */
            let_go(f, &f->slot[i]);
        }
    f->lib->multi_cleanup(f->multi);
    free(f);
}

unsigned ens__fetches_num(const ens_fetches *f)
{
    return f->num;
}

static slot *free_slot(ens_fetches *f)
{
    for (unsigned i = 0; i < f->most; i++)
        if (!f->slot[i].busy)
            return &f->slot[i];
    return NULL;
}

ens_code ens__fetches_begin(ens_fetches *f, const ens_fetch_request *request, ens_buf *answer, void *user, ens_err *err)
{
    long status;
    slot *s = free_slot(f);
    ens_code code = ens__fetch_allowed(request, err);
    if (code != ENS_OK)
        return code;
    if (!s)
        return ens_fail(err, ENS_ELIMIT, RULE, "as many exchanges as may be are under way", 0);
    *s = (slot){.flight = {.lib = f->lib, .curl = f->lib->easy_init()}, .user = user};
    if (!s->flight.curl)
        return ens_fail(err, ENS_ENOMEM, RULE, "libcurl can't be set up", 0);
    code = ens__flight_begin(&s->flight, request, answer, err);
    if (code == ENS_OK && f->lib->multi_add_handle(f->multi, s->flight.curl) == CURLM_OK) {
        s->busy = true;
        f->num++;
        return ENS_OK;
    }
    ens_code unused = ens__flight_end(&s->flight, CURLE_FAILED_INIT, &status, NULL);
    (void)unused; /* it never began */
    f->lib->easy_cleanup(s->flight.curl);
    return code != ENS_OK ? code : ens_fail(err, ENS_EIO, RULE, "libcurl refuses another exchange", 0);
}

static slot *slot_of(ens_fetches *f, const CURL *curl)
{
    for (unsigned i = 0; i < f->most; i++)
        if (f->slot[i].busy && f->slot[i].flight.curl == curl)
            return &f->slot[i];
    return NULL;
}

/* take_ended is false while libcurl has nothing to say of an end. */
static bool take_ended(ens_fetches *f, ens_fetched *out)
{
    int left;
    for (CURLMsg *m; (m = f->lib->multi_info_read(f->multi, &left)) != NULL;) {
        slot *s = m->msg == CURLMSG_DONE ? slot_of(f, m->easy_handle) : NULL;
        if (!s)
            continue;
        *out = (ens_fetched){.user = s->user};
        out->code = ens__flight_end(&s->flight, m->data.result, &out->status, &out->err);
        let_go(f, s);
        return true;
    }
    return false;
}

bool ens__fetches_next(ens_fetches *f, int wait_ms, ens_fetched *out)
{
    int running = 0;
    ens__sigpipe held;
    if (take_ended(f, out))
        return true;
    ens__sigpipe_hold(&held);
    f->lib->multi_perform(f->multi, &running);
    bool ended = take_ended(f, out);
    if (!ended) {
        f->lib->multi_poll(f->multi, NULL, 0, wait_ms, NULL);
        f->lib->multi_perform(f->multi, &running);
        ended = take_ended(f, out);
    }
    ens__sigpipe_release(&held);
    return ended;
}

void ens__fetches_wake(ens_fetches *f)
{
    f->lib->multi_wakeup(f->multi);
}
