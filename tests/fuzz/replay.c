/* Runs every fuzz target over its committed corpus, and over each file cut short and with bytes changed. */
#include "tests/fuzz/target.h"

#include "engine/base/file.h"
#include "tests/suite.h"

#include <dirent.h>
#include <string.h>

#define ALTERATIONS 64 /* of each kind and file */

static ens_fuzz_target *first;
static const char *running = "", *input = "";
static unsigned num_broken;

void ens_fuzz_add(ens_fuzz_target *target)
{
    ens_fuzz_target **link = &first;
    while (*link && strcmp((*link)->noun, target->noun) < 0)
        link = &(*link)->next;
    target->next = *link;
    *link = target;
}

void ens_fuzz_broken(const char *property, const char *file, unsigned line)
{
    num_broken++;
    ens_check_row(false, file, line, "%s, %s: %s", running, input, property);
}

static void run_altered(const ens_fuzz_target *target, ens_slice seed)
{
    uint32_t random = 0x9E3779B9u ^ (uint32_t)seed.len;
    uint8_t *copy = malloc(seed.len + 1);
    if (!copy || !seed.len) {
        free(copy);
        return;
    }
    for (unsigned i = 0; i < ALTERATIONS; i++) {
        random = random * 1664525u + 1013904223u;
        size_t at = (random >> 8) % seed.len;
        target->run(seed.p, at);
        memcpy(copy, seed.p, seed.len);
        copy[at] ^= (uint8_t)(1u + (random >> 24) % 255u);
        target->run(copy, seed.len);
    }
    free(copy);
}

static unsigned run_corpus(const ens_fuzz_target *target)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", ENSIGN_FUZZ_CORPUS, target->noun);
    DIR *folder = opendir(path);
    unsigned num = 0;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        ens_file file = {0};
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s/%s", ENSIGN_FUZZ_CORPUS, target->noun, entry->d_name);
        CHECK_ROW(ens__file_open(path, 0, &file, NULL) == ENS_OK, "can't read %s", path);
        input = entry->d_name;
        target->run(file.bytes.p, file.bytes.len);
        run_altered(target, file.bytes);
        ens__file_close(&file);
        num++;
    }
    if (folder)
        closedir(folder);
    return num;
}

static void every_target_keeps_its_property_over_its_corpus(void)
{
    for (const ens_fuzz_target *target = first; target; target = target->next) {
        running = target->noun;
        num_broken = 0;
        CHECK_ROW(run_corpus(target) > 0, "%s has no corpus", target->noun);
        CHECK_ROW(num_broken == 0, "%s: %u broken properties", target->noun, num_broken);
    }
}

static const ens_case cases[] = {
    {"every target keeps its property over its corpus", every_target_keeps_its_property_over_its_corpus},
    {NULL, NULL},
};
ENS_SUITE("fuzz/replay", cases)
