#include "bench/check.h"

#include "bench/instructions.h"
#include "cli/command.h"
#include "show/output.h"

#include <stdio.h>

int ens__bench_count(const ens_run *run)
{
    ens_err err = {0};
    if (ens__instructions_perform(run, &err) == ENS_OK)
        return ENS_EXIT_GOOD;
    ens__say_error("ensign-bench", "--count", &err);
    return ENS_EXIT_UNKNOWN;
}

/* print_row tells of one operation; either may be NULL, not both. */
static void print_row(const ens_instruction_count *before, const ens_instruction_count *now)
{
    static const char *const words[] = {"", "MORE", "less", "NEW", "GONE"};
    const char *word = words[ens__instructions_compare(before, now)];
    if (!before && now)
        printf("%-36s %12s %12.0f %9s  %s\n", now->name, "-", now->own, "", word);
    else if (before && !now)
        printf("%-36s %12.0f %12s %9s  %s\n", before->name, before->own, "-", "", word);
    else if (before && now)
        printf("%-36s %12.0f %12.0f %+7.1f %%  %s\n", now->name, before->own, now->own,
               before->own > 0 ? (now->own / before->own - 1) * 100 : 0, word);
}

static bool compare_all(const ens_instruction_counts *before, const ens_instruction_counts *now)
{
    bool good = true;
    printf("%-36s %12s %12s\n", "operation", "committed", "counted");
    for (unsigned i = 0; i < now->num; i++) {
        const ens_instruction_count *of = ens__instructions_find(before, now->item[i].name);
        print_row(of, &now->item[i]);
        good &= !ens__instructions_is_failure(ens__instructions_compare(of, &now->item[i]));
    }
    for (unsigned i = 0; i < before->num; i++)
        if (!ens__instructions_find(now, before->item[i].name)) {
            print_row(&before->item[i], NULL);
            good = false;
        }
    return good;
}

static int judge(const char *path, const ens_instruction_counts *now)
{
    static ens_instruction_counts before;
    ens_err err = {0};
    if (ens__instructions_load(path, now->kind, &before, &err) != ENS_OK) {
        ens__say_error("ensign-bench", path, &err);
        return ENS_EXIT_UNKNOWN;
    }
    if (strcmp(before.kind, now->kind) != 0) {
        printf("skip: the committed counts are of another kind (%s, here %s) and can't be compared\n", before.kind,
               now->kind);
        return ENS_EXIT_GOOD;
    }
    if (compare_all(&before, now))
        return ENS_EXIT_GOOD;
    printf("refused: more than %u %% over what is committed, or not the same operations; where it is meant: ./dev "
           "bench --check --update\n",
           ENS_INSTRUCTIONS_GROWTH);
    return ENS_EXIT_REFUSED;
}

int ens__bench_check(const char *path, bool update)
{
    static ens_instruction_counts now;
    ens_err err = {0};
    ens_code code = ens__instructions_count(&now, &err);
    if (code == ENS_OK && !update)
        return judge(path, &now);
    if (code == ENS_OK)
        code = ens__instructions_save(path, &now, &err);
    if (code == ENS_OK)
        return ENS_EXIT_GOOD;
    ens__say_error("ensign-bench", "--check", &err);
    return ENS_EXIT_UNKNOWN;
}
