/* Running this program under callgrind: the part of instructions.h that needs a second process. */
#include "bench/instructions.h"
#include "engine/base/file.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define WARM_UP                                                                                                        \
    8u /* operations before those that are counted: caches of signers, dictionaries and buffers are filled */
#define OPERATIONS 16u /* that are counted */
#define PROFILE_MAX ((size_t)64 << 20)

extern char **environ;

/* The inputs that show everything that grows; one key size, as it changes nothing in our own code. */
static const ens_input inputs[] = {{2048, ENS_SAMPLE_ENS, 0}, {2048, ENS_SAMPLE_ENS, 3}, {2048, (size_t)100 << 10, 0}};

/* Callgrind collects inside of this function alone, and writes a file whenever it returns: it must keep its name. */
__attribute__((noinline, used)) bool ens__bench_counted(const ens_operation *o, void *state);

bool ens__bench_counted(const ens_operation *o, void *state)
{
    bool good = true;
    for (unsigned i = 0; i < OPERATIONS && good; i++)
        good = o->work(state);
    return good;
}

/* Called by a pointer that may change: no compiler makes a copy of it under another name. */
static bool (*volatile do_counted)(const ens_operation *o, void *state) = ens__bench_counted;

/* counted is the i-th operation that is counted; false past the end. */
static bool counted(unsigned i, const ens_operation **operation, unsigned *input)
{
    for (*input = 0; *input < sizeof inputs / sizeof *inputs; ++*input)
        for (unsigned k = 0; (*operation = ens__operation_at(k)); k++) {
            ens_matrix_row row = {inputs[*input], 1, true};
            if (ens__matrix_has(&row, *operation) && i-- == 0)
                return true;
        }
    return false;
}

static ens_code perform_one(const ens_operation *o, const ens_sample *sample, ens_err *err)
{
    void *state = o->make(sample);
    bool good = state != NULL;
    for (unsigned i = 0; i < WARM_UP && good; i++)
        good = o->work(state);
    good = good && do_counted(o, state);
    if (state)
        o->drop(state);
    return good ? ENS_OK : ens_fail_about(err, ENS_EPOLICY, NULL, "what is counted failed", o->name);
}

ens_code ens__instructions_perform(const ens_run *run, ens_err *err)
{
    const ens_operation *o;
    ens_sample sample = {0};
    ens_code code = ENS_OK;
    unsigned input, made = UINT_MAX;
    for (unsigned i = 0; code == ENS_OK && counted(i, &o, &input); i++) {
        char name[ENS_OPERATION_NAME];
        ens__operation_name(o, &inputs[input], name);
        if (!ens__run_wants(run, name))
            continue;
        if (made != input) {
            ens__sample_clear(&sample);
            code = ens__sample_make(&sample, &inputs[input], err);
            made = input;
        }
        if (code == ENS_OK)
            code = perform_one(o, &sample, err);
    }
    ens__sample_clear(&sample);
    return code;
}

static void describe(char kind[ENS_INSTRUCTIONS_KIND])
{
    struct utsname u;
    const char *simd = "";
#if defined(__x86_64__)
    simd = __builtin_cpu_supports("avx2") ? ", avx2" : ", sse2"; /* callgrind shows a program no more than avx2 */
#endif
    snprintf(kind, ENS_INSTRUCTIONS_KIND, "%s, %s%s", uname(&u) == 0 ? u.machine : "unknown", ENS_MACHINE_COMPILER,
             simd);
}

static ens_code run_valgrind(const char *self, const char *folder, ens_err *err)
{
    char out[PATH_MAX + 32], log[PATH_MAX + 32];
    pid_t child;
    int status = 0;
    posix_spawn_file_actions_t actions;
    snprintf(out, sizeof out, "--callgrind-out-file=%s/profile", folder);
    snprintf(log, sizeof log, "--log-file=%s/log", folder);
    const char *const argv[] = {"valgrind",
                                "--tool=callgrind",
                                out,
                                log,
                                "--collect-atstart=no",
                                "--toggle-collect=ens__bench_counted",
                                "--dump-after=ens__bench_counted",
                                "--compress-strings=no",
                                "--compress-pos=no",
                                self,
                                "--count",
                                NULL};
    char *args[sizeof argv / sizeof *argv];
    memcpy(args, argv, sizeof argv);
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    int failed = posix_spawnp(&child, args[0], &actions, NULL, args, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return ens_fail_about(err, ENS_EIO, NULL, "valgrind can't be started", strerror(failed));
    if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return ens_fail(err, ENS_EIO, NULL, "the run under valgrind failed", 0);
    return ENS_OK;
}

static ens_code read_profile(const char *folder, unsigned number, const char *self, ens_instruction_count *out,
                             ens_err *err)
{
    char path[PATH_MAX + 32];
    ens_file file;
    snprintf(path, sizeof path, "%s/profile.%u", folder, number);
    ens_code code = ens__file_open(path, PROFILE_MAX, &file, err);
    if (code != ENS_OK)
        return code;
    code = ens__instructions_profile(file.bytes, self, &out->own, &out->all, err);
    ens__file_close(&file);
    out->own = (double)(uint64_t)(out->own / OPERATIONS + 0.5);
    out->all = (double)(uint64_t)(out->all / OPERATIONS + 0.5);
    return code;
}

static void remove_folder(const char *folder)
{
    char path[PATH_MAX + 32];
    const char *const rest[] = {"profile", "log"};
    for (unsigned i = 1; i <= ENS_INSTRUCTIONS_MAX + 1; i++) {
        snprintf(path, sizeof path, "%s/profile.%u", folder, i);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, rest[i]);
        unlink(path);
    }
    rmdir(folder);
}

ens_code ens__instructions_count(ens_instruction_counts *out, ens_err *err)
{
    char self[PATH_MAX] = "", folder[] = "/tmp/ensign-callgrind-XXXXXX";
    const ens_operation *o;
    unsigned input;
    *out = (ens_instruction_counts){0};
    describe(out->kind);
    if (readlink("/proc/self/exe", self, sizeof self - 1) <= 0 || !mkdtemp(folder))
        return ens_fail_about(err, ENS_EIO, NULL, "no room for callgrind's files", strerror(errno));
    ens_code code = run_valgrind(self, folder, err);
    for (; code == ENS_OK && out->num < ENS_INSTRUCTIONS_MAX && counted(out->num, &o, &input); out->num++) {
        ens__operation_name(o, &inputs[input], out->item[out->num].name);
        code = read_profile(folder, out->num + 1, self, &out->item[out->num], err);
    }
    remove_folder(folder);
    return code;
}
