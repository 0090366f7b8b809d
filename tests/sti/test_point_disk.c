/* The whole access point over a disk that loses power, fills up or is read alone, and by a clock that jumps: whatever
 * it acknowledged is there, once, with the receipt that was sent. ENSIGN_SOAK: 200 cuts. */
#include "tests/sti/disk.h"
#include "tests/sti/pushers.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define CUTS 8u
#define CUTS_SOAK 200u

static void cut_once(unsigned round, unsigned *total)
{
    char path[64], left[64], left_path[128];
    ens_err err = {0};
    snprintf(path, sizeof path, "%s", pushers_new_store());
    snprintf(left, sizeof left, "%s/left", pushers_base);
    snprintf(left_path, sizeof left_path, "%s%s", left, strrchr(path, '/'));
    disk_insert();
    ens_point_service *s = pushers_open(path, &err);
    CHECK_ROW(s, "%s", err.text);
    if (s) {
        disk_cut_after(20 + rand() % 400);
        *total += pushers_push(s, round, PUSHERS_MOST);
        CHECK_ROW(disk_is_cut(), "round %u: the power stayed", round);
        ens__service_close(s);
    }
    mkdir(left, 0700);
    disk_leave(path, left, round);
    disk_remove();
    pushers_check_store(left_path);
    s = pushers_open(left_path, &err);
    CHECK_ROW(s, "%s", err.text);
    if (s)
        pushers_check_again(s);
    ens__service_close(s);
}

static void survives_cuts_of_power(void)
{
    unsigned cuts = getenv("ENSIGN_SOAK") ? CUTS_SOAK : CUTS, total = 0;
    pushers_set_up();
    srand(20261129);
    for (unsigned i = 0; i < cuts; i++)
        cut_once(i, &total);
    printf("\n    %u cuts, %u messages acknowledged", cuts, total);
    CU_ASSERT(total > cuts);
}

/* What can't be kept is refused by EBMS:0202, and taken once there is room again. */
static void gets_over_a_full_disk(void)
{
    char path[64];
    ens_err err = {0};
    pushers_set_up();
    snprintf(path, sizeof path, "%s", pushers_new_store());
    disk_insert();
    ens_point_service *s = pushers_open(path, &err);
    CHECK_ROW(s, "%s", err.text);
    if (s) {
        disk_fill(300000);
        unsigned some = pushers_push(s, 1000, PUSHERS_MOST);
        for (unsigned i = 0; i < PUSHERS; i++)
            CHECK_ROW(pushers[i].refused, "client %u was never refused", i);
        pushers_check_store(path);
        disk_fill(-1);
        unsigned more = pushers_push(s, 1001, 5);
        CHECK_ROW(some > 0 && more == 5 * PUSHERS, "%u before, %u of %u behind", some, more, 5 * PUSHERS);
        pushers_check_store(path);
        ens__service_close(s);
    }
    disk_remove();
}

/* The same on a real file system of little room, where one may be mounted. */
static void gets_over_a_full_file_system(void)
{
    char mount_at[64], path[80], options[32] = "size=1m,mode=700";
    ens_err err = {0};
    pushers_set_up();
    snprintf(mount_at, sizeof mount_at, "%s/small", pushers_base);
    mkdir(mount_at, 0700);
    if (mount("tmpfs", mount_at, "tmpfs", 0, options) != 0) {
        ens_skip("no file system may be mounted here");
        return;
    }
    snprintf(path, sizeof path, "%s/s.db", mount_at);
    ens_point_service *s = pushers_open(path, &err);
    CHECK_ROW(s, "%s", err.text);
    if (s) {
        unsigned some = pushers_push(s, 1010, PUSHERS_MOST);
        CHECK_ROW(some > 0 && pushers[0].refused, "%u, and no end of room", some);
        pushers_check_store(path);
        CU_ASSERT_EQUAL(mount("tmpfs", mount_at, "tmpfs", MS_REMOUNT, "size=16m,mode=700"), 0);
        CU_ASSERT_EQUAL(pushers_push(s, 1011, 5), 5 * PUSHERS);
        pushers_check_store(path);
        ens__service_close(s);
    }
    CU_ASSERT_EQUAL(umount(mount_at), 0);
}

static void refuses_to_start_where_nothing_is_kept(void)
{
    char path[64], text[512];
    ens_err err = {0};
    pushers_set_up();
    snprintf(path, sizeof path, "%s", pushers_new_store());
    ens_point_service *s = pushers_open(path, &err);
    CHECK_ROW(s, "%s", err.text);
    ens__service_close(s);
    disk_insert();
    disk_protect(true);
    s = pushers_open(path, &err);
    ens_err_format(&err, text, sizeof text);
    CHECK_ROW(!s && strstr(text, "can't be written"), "%s", text);
    ens__service_close(s);
    disk_protect(false);
    disk_remove();
    pushers_demo.config.store.durable = ENS_DURABLE_REPLICATED;
    err = (ens_err){0};
    const ens_point_service_plan plan = pushers_plan();
    CU_ASSERT_EQUAL(ens__service_open(&pushers_demo.config, &plan, &s, &err), ENS_EPOLICY);
    pushers_demo.config.store.durable = ENS_DURABLE_NONE;
}

/* wait_for_answers waits until customs have answered all that was taken. */
static void wait_for_answers(const char *path, unsigned num)
{
    ens__store *s = NULL;
    unsigned answered = 0;
    CU_ASSERT_EQUAL_FATAL(ens__store_open(path, &(ens__store_options){.read_only = true}, &s, NULL), ENS_OK);
    for (unsigned waited = 0; (answered = pushers_answers(s)) < num && waited < 20000; waited += 20)
        usleep(20000);
    CHECK_ROW(answered == num, "%u of %u answered", answered, num);
    ens__store_close(s);
}

/* The clock goes a month ahead, an hour back, and on: messages are taken, known again and answered, each once. */
static void keeps_its_ways_when_the_clock_jumps(void)
{
    static const int64_t hours[] = {0, 31 * 24, 30, 29, 31 * 24, 0, -12, 0};
    char path[64];
    unsigned total = 0;
    ens_err err = {0};
    pushers_set_up();
    snprintf(path, sizeof path, "%s", pushers_new_store());
    ens_point_service *s = pushers_open(path, &err);
    CHECK_ROW(s, "%s", err.text);
    for (unsigned i = 0; s && i < sizeof hours / sizeof *hours; i++) {
        atomic_store(&pushers_ahead_ms, hours[i] * 3600000);
        unsigned taken = pushers_push(s, 2000 + i, 3);
        CHECK_ROW(taken == 3 * PUSHERS, "%lld hours ahead: %u taken", (long long)hours[i], taken);
        total += taken;
        pushers_check_store(path);
        pushers_check_again(s);
        wait_for_answers(path, total);
    }
    ens__service_close(s);
    atomic_store(&pushers_ahead_ms, 0);
}

static const ens_case cases[] = {
    {"has all that it acknowledged when the power goes", survives_cuts_of_power},
    {"refuses what a full disk can't keep, and takes it once there is room", gets_over_a_full_disk},
    {"does so on a file system that is full", gets_over_a_full_file_system},
    {"refuses to start where nothing would be kept", refuses_to_start_where_nothing_is_kept},
    {"takes and answers each message once when the clock jumps", keeps_its_ways_when_the_clock_jumps},
    {NULL, NULL},
};
ENS_SUITE("sti/point-disk", cases)
