/* pkits [FOLDER]: judges every case of PKITS and prints a table. Exit status 0 when all agree, 1 when not, 2 without
 * the data. */
#include "tests/certs/pkits.h"

#include <stdio.h>
#include <string.h>

#define SECTIONS 16

static const char *const titles[SECTIONS + 1] = {"",
                                                 "signature verification",
                                                 "validity periods",
                                                 "name chaining",
                                                 "basic revocation",
                                                 "self-issued certificates",
                                                 "basic constraints",
                                                 "key usage",
                                                 "certificate policies",
                                                 "require explicit policy",
                                                 "policy mappings",
                                                 "inhibit policy mapping",
                                                 "inhibit any policy",
                                                 "name constraints",
                                                 "distribution points",
                                                 "delta CRLs",
                                                 "private extensions"};

typedef struct {
    unsigned cases[SECTIONS + 1], agree[SECTIONS + 1];
} counts;

static unsigned section_of(const char *id)
{
    unsigned section = 0;
    if (strlen(id) < 3 || sscanf(id + 1, "%2u", &section) != 1 || section > SECTIONS)
        return 0;
    return section;
}

static void print_case(void *ctx, const pkits_case *one)
{
    counts *c = ctx;
    unsigned section = section_of(one->id);
    bool agree = one->should_hold == one->holds;
    c->cases[section]++;
    c->agree[section] += agree;
    printf("4.%u.%-3s %-58.58s %-7s %-7s %s%s\n", section, one->id + 3, one->name,
           one->should_hold ? "valid" : "invalid", one->holds ? "valid" : "invalid", agree ? "" : "DISAGREES ",
           one->why);
}

int main(int argc, char **argv)
{
    counts c = {.cases = {0}};
    unsigned cases = 0, agree = 0;
    printf("%-8s %-58s %-7s %-7s %s\n", "case", "name", "should", "is", "why");
    if (pkits_run(argc > 1 ? argv[1] : ENSIGN_SHARED "/data/paths/pkits", print_case, &c) == 0) {
        fprintf(stderr, "pkits: there is no pkits.json; give its folder\n");
        return 2;
    }
    printf("\n%-34s %5s %5s\n", "section", "cases", "agree");
    for (unsigned i = 1; i <= SECTIONS; i++) {
        printf("4.%-2u %-29s %5u %5u\n", i, titles[i], c.cases[i], c.agree[i]);
        cases += c.cases[i];
        agree += c.agree[i];
    }
    printf("%-34s %5u %5u\n", "all", cases, agree);
    return agree == cases ? 0 : 1;
}
