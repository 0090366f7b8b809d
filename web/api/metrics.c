/* What Prometheus reads, and whether the server lives and serves.   Source  the text format of Prometheus, 0.0.4 */
#include "web/api/parts.h"

#include "ensign/lists.h"

#include <stdio.h>

#define HOUR 3600

static void put_head(ens_buf *out, const char *name, const char *type, const char *help)
{
    ens_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_number(ens_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    put_head(out, name, type, help);
    ens_buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_messages(ens_buf *out, const ens__tally_counts *t)
{
    put_head(out, "ensign_messages_total", "counter", "Messages that were answered, by action and verdict.");
    for (unsigned i = 0; i < ENS_TALLY_ROWS; i++)
        for (unsigned v = 0; v <= ENS_REFUSED; v++)
            if (t->seen[i][v])
                ens_buf_printf(out, "ensign_messages_total{action=\"%s\",verdict=\"%s\"} %llu\n", ens__tally_name(i),
                               ens_verdict_name((ens_verdict)v), (unsigned long long)t->seen[i][v]);
    put_head(out, "ensign_answer_seconds", "histogram", "From a message's last octet to its answer.");
    uint64_t sum = 0;
    for (unsigned i = 0; i < ENS_TALLY_BOUNDS; i++) {
        sum += t->within[i];
        ens_buf_printf(out, "ensign_answer_seconds_bucket{le=\"%g\"} %llu\n", ens__tally_bounds_us[i] / 1e6,
                       (unsigned long long)sum);
    }
    sum += t->within[ENS_TALLY_BOUNDS];
    ens_buf_printf(out,
                   "ensign_answer_seconds_bucket{le=\"+Inf\"} %llu\nensign_answer_seconds_sum "
                   "%g\nensign_answer_seconds_count %llu\n",
                   (unsigned long long)sum, (double)t->sum_us / 1e6, (unsigned long long)sum);
}

static void put_store(ens_api *api, ens_buf *out)
{
    ens__store_counts c;
    bool good = ens__store_count(api->store, &c, NULL) == ENS_OK;
    put_number(out, "ensign_store_up", "gauge", "1 while the store can be read.", good);
    if (!good)
        return;
    put_number(out, "ensign_commits_total", "counter", "Durable commits of this process.", c.commits);
    put_number(out, "ensign_changes_total", "counter", "Changes that they held.", c.changes);
    put_number(out, "ensign_journal_rows", "gauge", "Number of the last row of the journal.", c.last_seq);
    put_number(out, "ensign_journal_bytes", "gauge", "Octets that the journal keeps.", c.bytes);
    put_number(out, "ensign_work_queue", "gauge", "Tasks that are to be done, now or later.", c.work);
    put_head(out, "ensign_outbound_messages", "gauge", "Messages of customs by what became of them.");
    ens_buf_printf(
        out,
        "ensign_outbound_messages{state=\"ready\"} %llu\nensign_outbound_messages{state=\"delivered\"} %llu\n"
        "ensign_outbound_messages{state=\"given_up\"} %llu\n",
        (unsigned long long)c.ready, (unsigned long long)c.delivered, (unsigned long long)c.given_up);
}

static void put_ends(ens_api *api, ens_web_request *r, ens_buf *out)
{
    ens__registration *all = NULL;
    size_t num = 0;
    if (ens__uumds_registrations(api->registry, (ens_slice){0}, r->arena, &all, &num, NULL) != ENS_OK)
        return;
    put_head(out, "ensign_certificate_end_seconds", "gauge", "When a registered certificate ends (Unix time).");
    for (size_t i = 0; i < num && i < ENS_API_LIST_MAX; i++)
        if (all[i].state == ENS_PARTY_ACTIVE)
            ens_buf_printf(out,
                           "ensign_certificate_end_seconds{eori=\"%s\",member_state=\"%s\",sha256=\"%.16s\"} %lld\n",
                           all[i].eori, all[i].member_state, all[i].sha256, (long long)all[i].not_after);
}

static void put_lists(ens_api *api, ens_buf *out, ens_time now)
{
    ens_trust *trust = ens__service_trust(api->ground.service);
    const ens_lists *lists = ens_trust_lists(trust);
    if (lists) {
        ens_lists_facts f = ens_lists_tell(lists);
        put_number(out, "ensign_lists_age_seconds", "gauge", "Since the trusted lists were brought up to date.",
                   now > f.made ? (uint64_t)(now - f.made) : 0);
        put_number(out, "ensign_lists_anchors", "gauge", "CAs in good standing on them.", f.num_anchors);
    }
    ens_trust_free(trust);
}

static void put_point(ens_api *api, ens_buf *out)
{
    static ens__tally_counts none;
    ens__tally_counts t = none;
    size_t in_hand = 0, waiting = 0;
    ens_server_counts s;
    ens_point *p = ens__service_point(api->ground.service);
    ens__point_tally(p, &t, &in_hand, &waiting);
    ens__point_server_count(p, &s);
    put_messages(out, &t);
    put_number(out, "ensign_messages_in_hand", "gauge", "Messages that are judged, sealed or written.", in_hand);
    put_number(out, "ensign_messages_waiting", "gauge", "Messages that wait for a worker.", waiting);
    put_number(out, "ensign_turned_away_total", "counter", "Messages that were told to come later.",
               ens__point_count(p).turned_away);
    put_number(out, "ensign_connections", "gauge", "Open connections of the access point.", s.open);
    put_number(out, "ensign_handshakes_failed_total", "counter", "TLS handshakes that came to nothing.", s.failed);
    put_number(out, "ensign_http_refused_total", "counter", "Requests that were refused before a message was read.",
               s.refused);
}

void ens__api_show_metrics(void *room, ens_web_request *r, ens_web_answer *a)
{
    ens_api *api = room;
    ens_server_counts s;
    size_t waiting;
    ens_feed_counts f = ens__feed_count(api->feed);
    a->type = "text/plain; version=0.0.4; charset=utf-8";
    put_head(&a->body, "ensign_build_info", "gauge", "The version that runs.");
    ens_buf_printf(&a->body, "ensign_build_info{version=\"%s\"} 1\n", ens_version());
    put_point(api, &a->body);
    put_store(api, &a->body);
    put_ends(api, r, &a->body);
    put_lists(api, &a->body, (ens_time)(ens__clocks_now_ms(api->ground.clocks) / 1000));
    ens__web_count(r->site, &s, &waiting);
    put_number(&a->body, "ensign_web_connections", "gauge", "Open connections of pages and API.", s.open);
    put_number(&a->body, "ensign_web_waiting", "gauge", "Requests that wait for a thread.", waiting);
    put_number(&a->body, "ensign_event_streams", "gauge", "Who listens to the journal.", f.streams);
    put_number(&a->body, "ensign_event_waits", "gauge", "Who waits for a message.", f.waits);
}

/* ---- probes ---- */

void ens__api_show_alive(void *room, ens_web_request *r, ens_web_answer *a)
{
    (void)room;
    (void)r;
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "status", "alive");
    ens__json_close(&j, '}');
}

/* what_lacks says why nothing can be judged or kept now; NULL: all is there. */
static const char *what_lacks(ens_api *api)
{
    uint64_t last;
    const char *why = NULL;
    ens_trust *trust = ens__service_trust(api->ground.service);
    const ens_lists *lists = trust ? ens_trust_lists(trust) : NULL;
    ens_time now = (ens_time)(ens__clocks_now_ms(api->ground.clocks) / 1000);
    if (!trust || !ens_trust_num_anchors(trust))
        why = "there are no anchors: nobody's seal is trusted";
    else if (ens__store_last_seq(api->store, &last, NULL) != ENS_OK)
        why = "the store can't be read";
    else if (api->lists_hours && !lists)
        why = "there are no trusted lists yet";
    else if (api->lists_hours && lists && now - ens_lists_tell(lists).made > (ens_time)api->lists_hours * 2 * HOUR)
        why = "the trusted lists are older than twice lists.hours";
    ens_trust_free(trust);
    return why;
}

void ens__api_show_ready(void *room, ens_web_request *r, ens_web_answer *a)
{
    const char *why = what_lacks(room);
    (void)r;
    if (why) {
        ens__api_refuse(a, 503, why, NULL);
        return;
    }
    ens_json j = ens__web_begin_json(a);
    ens__json_open(&j, NULL, '{');
    ens__json_text(&j, "status", "ready");
    ens__json_close(&j, '}');
}
