/* Runs over the trusted lists and the seals of 2023: see batch.h. */
#include "bench/batch.h"

#include "certs/lists/snapshot.h"
#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT "2023-10-28T12:00:00Z" /* inside of every list but two */
#define SIGNATURES 33u            /* of those lists */
#define SEALS 328.0
#define PATH_SIZE 512
#define LISTS_MAX 64u

/* The folder of real data, the cache that is made of it, and the floor over its lists. */
typedef struct {
    char mirror[PATH_SIZE], anchors[PATH_SIZE], seals[PATH_SIZE], cache[40], snapshot[PATH_SIZE];
    ens_file list[LISTS_MAX];
    unsigned num;
    double bytes;
    ens_floor_plan plan[LISTS_MAX];
    ens_floor *floor[LISTS_MAX]; /* one a list, as a plan has room for few pieces */
} library;

static ens_code read_lists(library *l, ens_err *err)
{
    char path[PATH_SIZE * 2];
    ens_code code = ENS_OK;
    DIR *dir = opendir(l->mirror);
    if (!dir)
        return ens_fail_about(err, ENS_EIO, NULL, "the lists can't be read", strerror(errno));
    for (struct dirent *e; code == ENS_OK && l->num < LISTS_MAX && (e = readdir(dir));) {
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".xml") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", l->mirror, e->d_name);
        code = ens__file_open(path, 0, &l->list[l->num], err);
        l->bytes += code == ENS_OK ? (double)l->list[l->num].bytes.len : 0;
        l->num += code == ENS_OK;
    }
    closedir(dir);
    return code;
}

/* make_floor: every list hashed once and verified by RSA-2048, which is the smallest of their keys. */
static bool make_floor(library *l, const ens_sample *sample)
{
    bool good = l->num > 0;
    for (unsigned i = 0; i < l->num && good; i++) {
        l->plan[i] = (ens_floor_plan){.ca_key = sample->ca_key, .ca_verifications = i < SIGNATURES};
        ens__floor_hash(&l->plan[i], l->list[i].bytes);
        good = (l->floor[i] = ens__floor_new(&l->plan[i])) != NULL;
    }
    return good;
}

static bool run_floor(void *p)
{
    library *l = p;
    bool good = true;
    for (unsigned i = 0; i < l->num && good; i++)
        good = ens__floor_run(l->floor[i]);
    return good;
}

static bool open_snapshot(void *p)
{
    library *l = p;
    ens_snapshot *s = NULL;
    bool good = ens__snapshot_load(l->snapshot, &s, NULL) == ENS_OK;
    ens__snapshot_free(s);
    return good;
}

static void close_library(library *l)
{
    char line[PATH_SIZE];
    for (unsigned i = 0; i < l->num; i++) {
        ens__file_close(&l->list[i]);
        ens__floor_free(l->floor[i]);
    }
    snprintf(line, sizeof line, "rm -rf '%s'", l->cache);
    if (l->cache[0] && system(line) != 0)
        fprintf(stderr, "ensign-bench: %s is left behind\n", l->cache);
}

/* open_library finds the data; false where it isn't there. */
static bool open_library(library *l, const char *data)
{
    *l = (library){.cache = "/tmp/ensign-lists-XXXXXX"};
    snprintf(l->mirror, sizeof l->mirror, "%s/trustlists/2023", data ? data : "");
    snprintf(l->anchors, sizeof l->anchors, "%s/anchors/oj-c276-2019.pem", data ? data : "");
    snprintf(l->seals, sizeof l->seals, "%s/certificates/seals", data ? data : "");
    bool there = data && access(l->mirror, R_OK) == 0 && access(l->seals, R_OK) == 0 && mkdtemp(l->cache);
    if (!there)
        l->cache[0] = '\0';
    snprintf(l->snapshot, sizeof l->snapshot, "%s/" ENS_SNAPSHOT_FILE, l->cache);
    return there;
}

static ens_code measure(const ens_run *run, library *l, ens_results *results, ens_err *err)
{
    const char *const update[] = {"ensign",  "trust",  "update",    "--mirror", l->mirror, "--anchors", l->anchors,
                                  "--cache", l->cache, "--offline", "--at",     AT,        NULL};
    const char *const one[] = {"ensign", "cert", "check",  l->seals,      "--trust", l->cache,
                               "--at",   AT,     "--json", "--threads=1", NULL};
    const char *const two[] = {"ensign", "cert", "check",  l->seals,      "--trust", l->cache,
                               "--at",   AT,     "--json", "--threads=2", NULL};
    ens_round_side sides[] = {{.argv = update},
                              {.argv = one},
                              {.argv = two},
                              {.work = run_floor, .state = l},
                              {.work = open_snapshot, .state = l}};
    ens_code code = ens__rounds_take(sides, sizeof sides / sizeof *sides, err);
    const struct {
        unsigned side;
        ens_round_facts facts;
    } rows[] = {{0, {"cli/trust-update/2023-lists", 1, 1, l->bytes, ens__rounds_best(&sides[3])}},
                {1, {"cli/cert-check/328-seals", 1, SEALS, 0, 0}},
                {2, {"cli/cert-check/328-seals", 2, SEALS, 0, 0}},
                {4, {"certs/snapshot/2023-lists", 1, 1, 0, 0}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows && code == ENS_OK; i++)
        code = ens__rounds_tell(run, &sides[rows[i].side], &rows[i].facts, results, err);
    return code;
}

ens_code ens__batch_lists(const ens_run *run, const char *data, ens_results *results, char reason[ENS_BATCH_REASON],
                          ens_err *err)
{
    static library l;
    ens_sample sample = {0};
    ens_input input = {2048, ENS_SAMPLE_ENS, 0};
    reason[0] = '\0';
    if (!open_library(&l, data)) {
        snprintf(reason, ENS_BATCH_REASON, "the folder with the lists and seals of 2023 isn't there (--lists DIR)");
        return ENS_OK;
    }
    ens_code code = ens__sample_make(&sample, &input, err);
    if (code == ENS_OK)
        code = read_lists(&l, err);
    if (code == ENS_OK && !make_floor(&l, &sample))
        code = ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a floor", 0);
    if (code == ENS_OK)
        code = measure(run, &l, results, err);
    close_library(&l);
    ens__sample_clear(&sample);
    return code;
}
