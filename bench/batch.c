#include "bench/batch.h"

#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FIXED 9u /* arguments beside the files */
#define READ_MAX ((size_t)64 << 10)

/* A folder of messages, and the floor over it. */
typedef struct {
    const ens_sample *sample;
    char folder[40], anchor[64], at[32], path[ENS_BATCH_FILES][64];
    ens_floor_plan plan;
    ens_floor *floor[2]; /* one a thread */
    double bytes;
} post;

static ens_code write_messages(post *p, ens_err *err)
{
    ens_sealer *sealer = NULL;
    ens_code code = ens__sample_sealer(p->sample, &sealer, err);
    for (unsigned i = 0; i < ENS_BATCH_FILES && code == ENS_OK; i++) {
        char id[64];
        ens_slice message;
        snprintf(p->path[i], sizeof p->path[i], "%s/%04u.mime", p->folder, i);
        snprintf(id, sizeof id, "3f1c6e9a-0000-4000-8000-%012u@bench.example", i);
        code = ens__sample_seal_as(p->sample, sealer, ens_str(id), &message, err);
        if (code == ENS_OK)
            code = ens__file_write(p->path[i], message, 0666, err);
        p->bytes += (double)message.len;
    }
    ens_sealer_free(sealer);
    return code;
}

static ens_code open_post(post *p, const ens_sample *sample, const ens_operation *verify, ens_err *err)
{
    *p = (post){.sample = sample, .folder = "/tmp/ensign-batch-XXXXXX"};
    if (!mkdtemp(p->folder))
        return ens_fail_about(err, ENS_EIO, NULL, "no room for the messages", strerror(errno));
    snprintf(p->anchor, sizeof p->anchor, "%s/root.der", p->folder);
    verify->plan(sample, &p->plan);
    for (unsigned t = 0; t < 2; t++)
        if (!(p->floor[t] = ens__floor_new(&p->plan)))
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a floor", 0);
    ens_code code = ens__file_write(p->anchor, ens_buf_slice(&sample->root_der), 0666, err);
    return code == ENS_OK ? write_messages(p, err) : code;
}

static void close_post(post *p)
{
    for (unsigned t = 0; t < 2; t++)
        ens__floor_free(p->floor[t]);
    for (unsigned i = 0; i < ENS_BATCH_FILES && p->path[i][0]; i++)
        unlink(p->path[i]);
    unlink(p->anchor);
    rmdir(p->folder);
}

/* The share of one thread. */
typedef struct {
    const post *post;
    unsigned first, step;
    bool failed;
} share;

static void *do_share(void *arg)
{
    share *s = arg;
    uint8_t *room = malloc(READ_MAX);
    s->failed = !room;
    for (unsigned i = s->first; i < ENS_BATCH_FILES && !s->failed; i += s->step) {
        int fd = open(s->post->path[i], O_RDONLY | O_CLOEXEC);
        s->failed = fd < 0 || read(fd, room, READ_MAX) <= 0 || !ens__floor_run(s->post->floor[s->first]);
        if (fd >= 0)
            close(fd);
    }
    free(room);
    return NULL;
}

static bool floor_by_one(void *p)
{
    share s = {p, 0, 1, false};
    do_share(&s);
    return !s.failed;
}

static bool floor_by_two(void *p)
{
    share s[2] = {{p, 0, 2, false}, {p, 1, 2, false}};
    pthread_t other;
    if (pthread_create(&other, NULL, do_share, &s[1]) != 0)
        return false;
    do_share(&s[0]);
    pthread_join(other, NULL);
    return !s[0].failed && !s[1].failed;
}

static ens_code measure(const ens_run *run, post *p, ens_results *results, ens_err *err)
{
    static const char *const nothing[] = {"ensign", "--version", NULL};
    const char *argv[2][FIXED + ENS_BATCH_FILES];
    for (unsigned t = 0; t < 2; t++) {
        const char *const fixed[FIXED - 1] = {"ensign",  "verify", "-q",       "--trust",
                                              p->anchor, "--at",   FX_AT_TEXT, t ? "--threads=2" : "--threads=1"};
        memcpy(argv[t], fixed, sizeof fixed);
        for (unsigned i = 0; i < ENS_BATCH_FILES; i++)
            argv[t][FIXED - 1 + i] = p->path[i];
        argv[t][FIXED - 1 + ENS_BATCH_FILES] = NULL;
    }
    ens_round_side sides[] = {{.argv = argv[0]},
                              {.argv = argv[1]},
                              {.work = floor_by_one, .state = p},
                              {.work = floor_by_two, .state = p},
                              {.argv = nothing}};
    ens_code code = ens__rounds_take(sides, sizeof sides / sizeof *sides, err);
    for (unsigned t = 0; t < 2 && code == ENS_OK; t++) {
        double floor = ens__rounds_best(&sides[2 + t]) + ens__rounds_best(&sides[4]);
        ens_round_facts facts = {"cli/verify/1000-files", t + 1, ENS_BATCH_FILES, p->bytes, floor};
        code = ens__rounds_tell(run, &sides[t], &facts, results, err);
    }
    ens_round_facts start = {"cli/start/nothing", 1, 1, 0, 0};
    return code == ENS_OK ? ens__rounds_tell(run, &sides[4], &start, results, err) : code;
}

ens_code ens__batch_messages(const ens_run *run, ens_results *results, ens_err *err)
{
    static post p;
    ens_sample sample = {0};
    const ens_operation *o;
    ens_input input = {2048, ENS_SAMPLE_ENS, 0};
    ens_code code = ens__sample_make(&sample, &input, err);
    for (unsigned i = 0; (o = ens__operation_at(i)); i++)
        if (!o->variant && strcmp(o->name, "as4/verify") == 0)
            break;
    if (code == ENS_OK) {
        code = open_post(&p, &sample, o, err);
        if (code == ENS_OK)
            code = measure(run, &p, results, err);
        close_post(&p);
    }
    ens__sample_clear(&sample);
    return code;
}
