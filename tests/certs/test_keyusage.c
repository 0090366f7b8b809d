/* Key usage: the settings A to F of EN 319 412-2, table 1, over every combination of bits. */
#include "certs/x509/extensions.h"
#include "tests/suite.h"

#include <string.h>

#define DS ENS_KU_DIGITAL_SIGNATURE
#define NR ENS_KU_NON_REPUDIATION
#define KE ENS_KU_KEY_ENCIPHERMENT
#define KA ENS_KU_KEY_AGREEMENT

static const struct {
    unsigned usage;
    char setting;
} rows[] = {{NR, 'A'}, {NR | DS, 'B'}, {DS, 'C'},           {DS | KE, 'D'},     {DS | KA, 'D'},
            {KE, 'E'}, {KA, 'E'},      {NR | DS | KE, 'F'}, {NR | DS | KA, 'F'}};

static char expected(unsigned usage)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].usage == usage)
            return rows[i].setting;
    return 0;
}

static void settings(void)
{
    for (unsigned usage = 0; usage < 1u << ENS_KEY_USAGES; usage++)
        CHECK_ROW(ens__key_usage_setting(usage) == expected(usage), "bits %03X", usage);
}

static void words(void)
{
    CU_ASSERT_STRING_EQUAL(ens__key_usage_setting_words('A'), "setting A: commits to content");
    CU_ASSERT_STRING_EQUAL(ens__key_usage_setting_words('C'), "setting C: signs");
    CU_ASSERT_STRING_EQUAL(ens__key_usage_setting_words(0), "");
    CU_ASSERT_STRING_EQUAL(ens__key_usage_name(0), "digitalSignature");
    CU_ASSERT_STRING_EQUAL(ens__key_usage_name(ENS_KEY_USAGES), "?");
}

static const ens_case cases[] = {
    {"tells the settings A to F, and nothing else is one", settings},
    {"has words for them", words},
    {NULL, NULL},
};
ENS_SUITE("certs/keyusage", cases)
