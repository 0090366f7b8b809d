/* Files: names that stay in their folder, secrets that are wiped, inputs that are no outputs. */
#include "engine/base/file.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void names_stay_in_their_folder(void)
{
    static const struct {
        const char *text, *name;
    } rows[] = {
        {"message", "message"},
        {"ens@ap.example", "ens@ap.example"},
        {"../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"},
        {".", "%2E"},
        {"..", "%2E."},
        {".hidden", "%2Ehidden"},
        {"a\\b:c\nd", "a%5Cb%3Ac%0Ad"},
        {"\xC3\xA9.pdf", "%C3%A9.pdf"},
        {"50%.pdf", "50%25.pdf"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t stored[64];
        ens_buf out;
        ens_buf_init(&out, stored, sizeof stored, sizeof stored);
        ens__file_put_name(&out, ens_str(rows[i].text));
        CHECK_ROW(ens_is(ens_buf_slice(&out), rows[i].name), "%s gives %.*s", rows[i].text, (int)out.len,
                  (const char *)out.p);
    }
}

static void one_file_by_two_names(void)
{
    if (!fixture_folder())
        return;
    char link_to[256];
    snprintf(link_to, sizeof link_to, "%s", fixture_path("same-link"));
    CU_ASSERT_EQUAL(symlink(fixture_path("f26.mime"), link_to), 0);
    CU_ASSERT_TRUE(ens__file_same(fixture_path("f26.mime"), fixture_path("pki/../f26.mime")));
    CU_ASSERT_TRUE(ens__file_same(fixture_path("f26.mime"), link_to));
    CU_ASSERT_FALSE(ens__file_same(fixture_path("f26.mime"), fixture_path("f10.mime")));
    CU_ASSERT_FALSE(ens__file_same("/dev/null", "/dev/null"));
    CU_ASSERT_FALSE(ens__file_same("/nowhere", "/nowhere"));
    CU_ASSERT_FALSE(ens__file_same(NULL, "/nowhere"));
    unlink(link_to);
}

/* marker gives a text that stands nowhere in the program: it is made anew each time. */
static void marker(char out[65])
{
    for (unsigned i = 0; i < 64; i++)
        out[i] = (char)('A' + (i * 7 + 3) % 26);
    out[64] = '\0';
}

/* heap_has looks for the marker in the heap of this process. Only its first half is compared, octet by octet made anew,
 * so that looking leaves no copy. */
static bool heap_has(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (!strstr(line, "[heap]") || sscanf(line, "%lx-%lx", &from, &to) != 2)
            continue;
        for (const volatile char *p = (const volatile char *)from; p + 32 < (const volatile char *)to && !found; p++) {
            unsigned i = 0;
            while (i < 32 && p[i] == (char)('A' + (i * 7 + 3) % 26))
                i++;
            found = i == 32;
        }
    }
    if (maps)
        fclose(maps);
    return found;
}

static bool write_marker(const char *path)
{
    char text[65];
    marker(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool good = fd >= 0 && write(fd, text, 64) == 64;
    close(fd);
    memset(text, 0, sizeof text);
    __asm__ volatile("" ::"r"(text) : "memory");
    return good;
}

/* leaves_nothing runs in a process of its own: 0 when the secret is gone after it was read and closed. */
static int leaves_nothing(const char *path, bool by_pipe)
{
    ens_file file = {0};
    struct rlimit core;
    char name[64];
    int fd = by_pipe ? open(path, O_RDONLY) : -1, ends[2];
    if (by_pipe && pipe(ends) == 0) {
        char text[64];
        if (read(fd, text, sizeof text) != 64 || write(ends[1], text, 64) != 64)
            return 9;
        memset(text, 0, sizeof text);
        __asm__ volatile("" ::"r"(text) : "memory");
        close(ends[1]);
        snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
        path = name;
    }
    if (ens__file_open_secret(path, 1 << 20, &file, NULL) != ENS_OK || file.bytes.len != 64)
        return 1;
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &core) != 0 || core.rlim_cur != 0)
        return 2;
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* to look at our own memory */
    ens__file_close(&file);
    return heap_has() ? 3 : 0;
}

static void secrets_are_wiped(void)
{
    for (int by_pipe = 0; by_pipe < 2; by_pipe++) {
        char path[] = "/tmp/ensign-secret-XXXXXX";
        int fd = mkstemp(path), status = 0;
        CU_ASSERT_TRUE_FATAL(fd >= 0 && write_marker(path));
        close(fd);
        fflush(stdout);
        pid_t child = fork();
        if (child == 0)
            _exit(leaves_nothing(path, by_pipe));
        CHECK_ROW(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
                  "by pipe %d: %d", by_pipe, WEXITSTATUS(status));
        unlink(path);
    }
}

/* read_cut reads the last octet of a mapped file that was cut to nothing: 0 where that is told and reads as zero. */
static int read_cut(const char *path)
{
    ens_file file = {0}, small = {0};
    ens_err err = {0};
    ens__file_guard();
    if (ens__file_open_steady(path, 0, &small, NULL) != ENS_OK || small.mapped || truncate(path, 20 << 20) != 0 ||
        ens__file_open_steady(path, 0, &file, NULL) != ENS_OK || !file.mapped)
        return 1;
    volatile uint8_t first = file.bytes.p[0];
    if (first != 'x' || ens__file_check_whole(&file, path, NULL) != ENS_OK || truncate(path, 0) != 0)
        return 2;
    volatile uint8_t last = file.bytes.p[file.bytes.len - 1];
    if (last != 0 || ens__file_check_whole(&file, path, &err) != ENS_EIO || !strstr(err.text, path))
        return 3;
    ens__file_close(&file);
    ens__file_close(&small);
    return 0;
}

static void cut_files_end_nothing(void)
{
    char path[] = "/tmp/ensign-cut-XXXXXX";
    int fd = mkstemp(path), status = 0;
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(read_cut(path));
    CHECK_ROW(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
              "ends with %d", status);
    unlink(path);
}

static const ens_case cases[] = {
    {"a mapped file that is cut short while it is read ends nothing, and is told", cut_files_end_nothing},
    {"names made of any text stay in their folder and apart", names_stay_in_their_folder},
    {"one file is known by two names", one_file_by_two_names},
    {"a secret is wiped when its file is closed, and no core is dumped", secrets_are_wiped},
    {NULL, NULL},
};
ENS_SUITE("engine/file", cases)
