/* What waits for parties: messages that customs send, by their state. */
#include "web/pages/rooms.h"
#include "web/pages/visit.h"

#include <stdio.h>

#define ROWS_MAX 80u /* of one state */
#define MAILBOXES_MAX 64u

typedef struct {
    char party[ENS_STORE_PARTY + 1];
    size_t waiting, given_up;
} mailbox;

typedef struct {
    ens_visit *v;
    ens_outbound_state state;
    size_t shown, seen;
    mailbox box[MAILBOXES_MAX];
    size_t num;
} job;

static void count(job *j, ens_slice party)
{
    size_t i = 0;
    while (i < j->num && !ens_is(party, j->box[i].party))
        i++;
    if (i == MAILBOXES_MAX)
        return;
    if (i == j->num) {
        snprintf(j->box[i].party, sizeof j->box[i].party, "%.*s", (int)party.len, (const char *)party.p);
        j->num++;
    }
    if (j->state == ENS_OUTBOUND_READY)
        j->box[i].waiting++;
    else
        j->box[i].given_up++;
}

static bool count_one(void *user, const ens__outbound *row)
{
    count(user, row->party);
    return true;
}

static ens_code count_all(job *j, ens_err *err)
{
    ens_code code = ENS_OK;
    static const ens_outbound_state states[] = {ENS_OUTBOUND_READY, ENS_OUTBOUND_GIVEN_UP};
    for (size_t i = 0; i < sizeof states / sizeof *states && code == ENS_OK; i++) {
        j->state = states[i];
        code = ens__store_list_outbound(j->v->pages->store, j->state, count_one, j, err);
    }
    return code;
}

static void put_boxes(const job *j)
{
    static const ens_text_key heads[] = {ENS_T_PARTY, ENS_T_CHANNEL, ENS_T_BOX_WAITING, ENS_T_BOX_GIVEN_UP};
    ens_visit *v = j->v;
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    for (size_t i = 0; i < j->num; i++) {
        ens__channel channel;
        bool found = false;
        ens_slice party = ens_str(j->box[i].party);
        ens_code code = ens__store_party_channel(v->pages->store, party, &channel, &found, NULL);
        bool pushed = code == ENS_OK && found && channel.mode == ENS_PUSH;
        ens__h_open(&v->h, "tr");
        ens__cell(&v->h, "mono", j->box[i].party);
        ens__cell(&v->h, NULL, pushed ? channel.url : ens__visit_text(v, ENS_T_PULLED));
        ens__h_open(&v->h, "td");
        ens__h_putf(&v->h, "%zu", j->box[i].waiting);
        ens__h_close(&v->h);
        ens__h_open(&v->h, "td");
        ens__h_putf(&v->h, "%zu", j->box[i].given_up);
        ens__h_close(&v->h);
        ens__h_close(&v->h);
    }
    ens__table_close(&v->h);
}

/* put_again writes the button that has a message sent again. */
static void put_again(ens_visit *v, const ens__outbound *row)
{
    if (v->visitor.rank < ENS_RANK_TESTER)
        return;
    ens__form_open(&v->h, &v->screen, "/mailboxes/again");
    ens__h_hidden(&v->h, "message", row->message_id);
    ens__form_close(&v->h, ens__visit_text(v, ENS_T_SEND_AGAIN));
}

static bool put_row(void *user, const ens__outbound *row)
{
    job *j = user;
    ens_visit *v = j->v;
    ens__h_open(&v->h, "tr");
    ens__h_leaf_slice(&v->h, "td", NULL, row->action);
    ens__h_leaf_slice(&v->h, "td", "mono", row->party);
    ens__h_leaf_slice(&v->h, "td", "mono", row->message_id);
    ens__h_open(&v->h, "td");
    ens__h_putf(&v->h, "%u / %u", row->attempts, row->tries);
    ens__h_close(&v->h);
    ens__h_open(&v->h, "td");
    ens__h_text(&v->h, row->ebms);
    ens__h_put(&v->h, " ");
    ens__h_text(&v->h, ens_sub(row->detail, 0, 200));
    if (j->state == ENS_OUTBOUND_GIVEN_UP)
        put_again(v, row);
    ens__h_close(&v->h);
    ens__h_close(&v->h);
    return ++j->shown < ROWS_MAX;
}

static void put_state(job *j, ens_outbound_state state, ens_text_key heading)
{
    static const ens_text_key heads[] = {ENS_T_ACTION, ENS_T_PARTY, ENS_T_MESSAGE_ID, ENS_T_ATTEMPTS, ENS_T_DETAIL};
    ens_visit *v = j->v;
    j->state = state;
    j->shown = 0;
    ens__said_leaf(&v->h, &v->screen, "h2", NULL, heading);
    ens__table_open(&v->h, &v->screen, heads, sizeof heads / sizeof *heads);
    (void)!ens__store_list_outbound(v->pages->store, state, put_row, j, NULL);
    ens__table_close(&v->h);
    if (!j->shown)
        ens__said_leaf(&v->h, &v->screen, "p", "empty", ENS_T_BOX_EMPTY);
}

void ens__mailboxes_show(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_err err = {0};
    ens__visit_begin(&v, pages, r, a, "/mailboxes");
    job j = {.v = &v};
    if (count_all(&j, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    ens__visit_page(&v, ENS_T_MAILBOXES, ENS_T_MAILBOXES_LEAD);
    if (ens__web_query(r, "again").len)
        ens__told(&v.h, &v.screen, "pass", ENS_T_SENT_AGAIN);
    ens__h_open(&v.h, "div");
    ens__h_attr(&v.h, "id", "boxes");
    ens__h_path(&v.h, "data-live", "/inbox/events");
    ens__h_attr(&v.h, "data-events", "change");
    if (j.num)
        put_boxes(&j);
    else
        ens__said_leaf(&v.h, &v.screen, "p", "empty", ENS_T_MAILBOXES_EMPTY);
    put_state(&j, ENS_OUTBOUND_READY, ENS_T_BOX_WAITING);
    put_state(&j, ENS_OUTBOUND_GIVEN_UP, ENS_T_BOX_GIVEN_UP);
    ens__h_close(&v.h);
    ens__visit_end(&v);
}

void ens__mailboxes_again(void *pages, ens_web_request *r, ens_web_answer *a)
{
    ens_visit v;
    ens_web_pairs form;
    ens_err err = {0};
    bool found = false;
    ens__visit_begin(&v, pages, r, a, "/mailboxes");
    if (!ens__visit_form(&v, ENS_RANK_TESTER, &form))
        return;
    ens_slice message = ens__web_get(form, "message");
    if (ens__store_revive(v.pages->store, message, ENS_STORE_TRIES, &found, &err) != ENS_OK) {
        ens__visit_failed(&v, &err);
        return;
    }
    if (!found) {
        ens__visit_sorry(&v, 404, ens__visit_text(&v, ENS_T_NO_SUCH_ROW));
        return;
    }
    ens__visit_note(&v, message, "to be sent again");
    ens__visit_go(&v, "/mailboxes?again=yes");
}
