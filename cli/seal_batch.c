#include "cli/seal_batch.h"

#include "cli/judge.h"
#include "engine/base/workers.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SAID_MAX ((size_t)1 << 20) /* bytes that are said of one payload */

/* What all workers share. */
typedef struct {
    const ens_seal_batch *b;
    char **path;   /* where each message goes */
    ens_buf *said; /* what is said of each on stderr */
    int *status;
} run;

typedef struct {
    run *r;
    ens_sealer *sealer;
    ens_parcel *parcel;
} worker;

bool ens__seal_tell(const char *payload, const char *message, ens_slice message_id, size_t len, bool json, ens_buf *out)
{
    if (!json) {
        ens_buf_printf(out, "%s: %s %.*s\n", payload, message, (int)message_id.len, (const char *)message_id.p);
        return !out->failed;
    }
    return ens__json_put(json_pack("{s:o, s:o, s:o, s:I}", "file", ens__json_text(payload), "message",
                                   ens__json_text(message), "message_id", ens__json_slice(message_id), "bytes",
                                   (json_int_t)len),
                         out);
}

static void seal_one(void *of, size_t i, ens_buf *out)
{
    worker *w = of;
    run *r = w->r;
    const char *payload = r->b->payloads->item[i];
    ens_slice message;
    ens_err err = {0};
    char text[512];
    int status = ens__parcel_seal(w->parcel, r->b->parcel, w->sealer, r->b->at, payload, &message, &r->said[i]);
    if (status == ENS_EXIT_GOOD && ens__file_write_one_of_many(r->path[i], message, 0666, &err) != ENS_OK) {
        ens_buf_printf(&r->said[i], "ensign seal: %s: %s\n", r->path[i], ens_err_format(&err, text, sizeof text));
        status = ENS_EXIT_UNKNOWN;
    }
    if (status == ENS_EXIT_GOOD &&
        !ens__seal_tell(payload, r->path[i], ens_sealer_message_id(w->sealer), message.len, r->b->json, out))
        status = ENS_EXIT_UNKNOWN;
    if (status != ENS_EXIT_GOOD)
        ens_buf_printf(&r->said[i], "ensign seal: %s isn't sealed\n", payload);
    r->status[i] = status;
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens__parcel_free(w->parcel);
    ens_sealer_free(w->sealer);
    free(w);
}

static void *make_worker(void *of)
{
    run *r = of;
    worker *w = calloc(1, sizeof *w);
    if (w && ens_sealer_new(&r->b->source->options, &w->sealer, NULL) == ENS_OK && (w->parcel = ens__parcel_new())) {
        w->r = r;
        return w;
    }
    if (w)
        drop_worker(w);
    return NULL;
}

static void take_result(void *of, size_t i, ens_slice result)
{
    run *r = of;
    ens__write_out(stdout, result);
    ens__write_out(stderr, ens_buf_slice(&r->said[i]));
    ens_buf_free(&r->said[i]);
}

/* path_for is DIR/NAME.mime; the ending of the payload's name goes. */
static char *path_for(const char *folder, const char *payload)
{
    const char *slash = strrchr(payload, '/'), *name = slash ? slash + 1 : payload, *dot = strrchr(name, '.');
    size_t stem = dot && dot > name ? (size_t)(dot - name) : strlen(name),
           size = strlen(folder) + stem + sizeof "/.mime";
    char *path = malloc(size);
    if (path)
        snprintf(path, size, "%s/%.*s.mime", folder, (int)stem, name);
    return path;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* find_twice returns a path that two messages would have, or NULL. */
static const char *find_twice(char *const *path, size_t num)
{
    const char *twice = NULL;
    const char **sorted = malloc(num * sizeof *sorted);
    if (!sorted)
        return "";
    memcpy(sorted, path, num * sizeof *sorted);
    qsort(sorted, num, sizeof *sorted, by_text);
    for (size_t i = 1; i < num && !twice; i++)
        twice = strcmp(sorted[i - 1], sorted[i]) == 0 ? sorted[i] : NULL;
    free(sorted);
    return twice;
}

static int run_all(const ens_command *command, run *r)
{
    size_t num = r->b->payloads->num;
    ens_err err = {0};
    int status = ENS_EXIT_GOOD;
    for (size_t i = 0; i < num; i++) {
        r->path[i] = path_for(r->b->folder, r->b->payloads->item[i]);
        ens_buf_init(&r->said[i], NULL, 0, SAID_MAX);
        if (!r->path[i])
            return ens__command_usage(command, "out of memory");
    }
    const char *twice = find_twice(r->path, num);
    if (twice)
        return ens__command_usage(command, "two payloads would become %s", twice);
    ens_pool_job job = {make_worker, drop_worker, seal_one, take_result, r};
    if (ens__pool_run(&job, r->b->threads, num, &err) != ENS_OK || ens__folder_sync(r->b->folder, &err) != ENS_OK) {
        ens__say_error(command->name, NULL, &err);
        return ENS_EXIT_UNKNOWN;
    }
    for (size_t i = 0; i < num; i++)
        status = ens__worst(status, r->status[i]);
    return status;
}

int ens__seal_batch(const ens_command *command, const ens_seal_batch *b)
{
    struct stat s;
    size_t num = b->payloads->num;
    if (stat(b->folder, &s) != 0 || !S_ISDIR(s.st_mode))
        return ens__command_usage(command, "several payloads want a folder that is there behind -o, not %s", b->folder);
    run r = {.b = b,
             .path = calloc(num, sizeof *r.path),
             .said = calloc(num, sizeof *r.said),
             .status = calloc(num, sizeof *r.status)};
    int status = r.path && r.said && r.status ? run_all(command, &r) : ens__command_usage(command, "out of memory");
    for (size_t i = 0; i < num && r.path && r.said; i++) {
        free(r.path[i]);
        ens_buf_free(&r.said[i]);
    }
    free(r.path);
    free(r.said);
    free(r.status);
    return status;
}
