/* The state of a watch that is read is written again as the same state, and compared with itself nothing changed. */
#include "tests/fuzz/target.h"

#include "sti/watch/watch.h"

#define ARENA_MAX ((size_t)16 << 20)
#define ROWS_MAX 64u

static bool same_row(const ens__watched *a, const ens__watched *b)
{
    return strcmp(a->sha256, b->sha256) == 0 && a->tls == b->tls && a->verdict == b->verdict &&
           a->acceptance == b->acceptance && a->not_after == b->not_after && a->valid_until == b->valid_until;
}

static void read_again(const ens__watched *all, size_t num, ens_arena *arena)
{
    ens__watched *again = NULL;
    size_t num_again = 0;
    ens_buf text;
    ens_buf_init(&text, NULL, 0, ENS_WATCH_STATE_MAX);
    ens__watch_put(all, num, &text);
    if (ens_buf_done(&text, NULL) == ENS_OK) {
        ENS_HOLDS(ens__watch_parse(ens_buf_slice(&text), arena, &again, &num_again, NULL) == ENS_OK);
        ENS_HOLDS(num_again == num);
        for (size_t i = 0; i < num && i < num_again; i++)
            ENS_HOLDS(same_row(&all[i], &again[i]));
    }
    ens_buf_free(&text);
}

ENS_FUZZ_TARGET(watch)
{
    ens_err err = {0};
    ens_arena arena;
    ens__watched *all = NULL, out[2 * ROWS_MAX];
    size_t num = 0;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__watch_parse(ens_bytes(data, size), &arena, &all, &num, &err);
    ENS_HOLDS(code == ENS_OK || err.n);
    if (code == ENS_OK && num <= ROWS_MAX) {
        read_again(all, num, &arena);
        size_t compared = ens__watch_compare(all, num, all, num, &arena, out);
        ENS_HOLDS(compared == num);
        for (size_t i = 0; i < compared; i++)
            ENS_HOLDS(out[i].change != ENS_WATCH_NEW && out[i].change != ENS_WATCH_GONE);
    }
    ens_arena_free(&arena);
}
