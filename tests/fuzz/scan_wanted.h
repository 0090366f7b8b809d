/* The scanner that leaves out what isn't wanted in step with the one that gives all. */
#ifndef ENS_TESTS_FUZZ_SCAN_WANTED_H
#define ENS_TESTS_FUZZ_SCAN_WANTED_H

#include "engine/xml/scan/scan_state.h"
#include "tests/fuzz/target.h"

/* may_leave_out tells whether a reader that wants this doesn't miss the event. */
static inline bool may_leave_out(const ens_scan_wanted *w, const ens_scan_event *e)
{
    size_t len = e->kind == ENS_SCAN_START ? ens__scan_local(e->name, e->prefix_len).len : 0;
    switch (e->kind) {
    case ENS_SCAN_START:
        return e->depth > w->depth && !(len < 64 && w->lengths >> len & 1);
    case ENS_SCAN_END:
        return e->depth > w->depth;
    case ENS_SCAN_TEXT:
        return !w->texts;
    default:
        return false;
    }
}

/* want draws what is wanted next; it changes in the middle of a document. */
static inline void want(ens_scan_wanted *w, uint64_t *draw)
{
    *draw = *draw * 6364136223846793005u + 1442695040888963407u;
    w->depth = 1 + (unsigned)(*draw >> 33) % 4;
    w->lengths = *draw >> 7 & *draw >> 20;
    w->texts = *draw >> 60 & 1;
}

/* check_wanted runs what leaves out events in step with what gives them all, over small windows. */
static inline void check_wanted(ens_scan *all, ens_scan *some, ens_slice text)
{
    uint64_t draw = text.len;
    ens_scan_wanted w;
    ens_scan_event e = {0}, given = {0};
    ens_err err = {0}, why = {0};
    ens_code code, other;
    some->window.index = ens__scan_index_nth(0);
    ENS_HOLDS(ens__scan_window_make(&some->window, (1 + (uint32_t)text.len % 5) * ENS_SCAN_BLOCK));
    ens__scan_begin(all, text);
    ens__scan_begin(some, text);
    do {
        want(&w, &draw);
        other = ens__scan_next_wanted(some, &w, &given, &why);
        do
            code = ens__scan_next(all, &e, &err);
        while (code == ENS_OK && e.kind != ENS_SCAN_EOF && may_leave_out(&w, &e) &&
               (other != ENS_OK || e.raw.p != given.raw.p || e.kind != given.kind));
        ENS_HOLDS(code == other && (code == ENS_OK || err.frame[0].at == why.frame[0].at));
        ENS_HOLDS(code != ENS_OK || (e.kind == given.kind && e.raw.p == given.raw.p && e.raw.len == given.raw.len &&
                                     e.depth == given.depth && (e.kind != ENS_SCAN_START || e.ns == given.ns)));
    } while (code == ENS_OK && e.kind != ENS_SCAN_EOF);
}

#endif
