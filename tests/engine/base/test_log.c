#include "engine/base/log.h"

#include "tests/suite.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

/* A pipe to log into; read_lines gives what is there. */
static int ends[2];

static ens_log *open_log(unsigned rate, unsigned burst)
{
    CU_ASSERT_FATAL(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    return ens__log_new(&(ens_log_plan){.fd = ends[1], .most = ENS_LOG_INFO, .rate = rate, .burst = burst});
}

static void close_log(ens_log *log)
{
    ens__log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static const char *read_lines(void)
{
    static char text[65536];
    ssize_t n = read(ends[0], text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned num = 0;
    for (; (text = strchr(text, '\n')); text++)
        num++;
    return num;
}

static void lines(void)
{
    ens_log *log = open_log(0, 0);
    const ens_log_field fields[] = {ens_log_text("message_id", "a\"b\n\x01"), ens_log_number("bytes", INT64_MAX),
                                    ens_log_slice("raw", ENS_LIT("\xFF\xC3\xA9")), ens_log_text("none", NULL)};
    ens__log(log, ENS_LOG_WARN, "refused", fields, 4);
    ens__log(log, ENS_LOG_DEBUG, "not told", NULL, 0);
    const char *text = read_lines();
    json_t *line = json_loads(text, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    CU_ASSERT_EQUAL(count_lines(text), 1);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "level")), "warning");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "event")), "refused");
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(line, "message_id")), "a\"b\n\x01");
    CU_ASSERT_EQUAL(strlen(json_string_value(json_object_get(line, "at"))), 24);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"bytes\":9223372036854775807"));
    json_decref(line);
    ens__log(NULL, ENS_LOG_ERROR, "nobody", NULL, 0);
    close_log(log);
}

static void long_values(void)
{
    static char value[ENS_LOG_LINE_MAX];
    ens_log *log = open_log(0, 0);
    ens_log_field fields[12];
    memset(value, 'x', sizeof value - 1);
    for (unsigned i = 0; i < 12; i++)
        fields[i] = ens_log_text("value", value);
    ens__log(log, ENS_LOG_INFO, "long", fields, 1);
    const char *text = read_lines();
    CU_ASSERT(strlen(text) < ENS_LOG_VALUE_MAX + 200 && strstr(text, "xxx\"}\n"));
    ens__log(log, ENS_LOG_INFO, "longer", fields, 12);
    text = read_lines();
    CU_ASSERT(count_lines(text) == 1 && strstr(text, "\"event\":\"longer\",\"cut\":"));
    close_log(log);
}

static void floods(void)
{
    ens_log *log = open_log(10, 5);
    for (unsigned i = 0; i < 30; i++)
        ens__log(log, ENS_LOG_INFO, "flood", NULL, 0);
    unsigned num = count_lines(read_lines());
    CU_ASSERT(num >= 5 && num <= 8);
    ens__log(log, ENS_LOG_ERROR, "heard", NULL, 0); /* another level has its own share */
    CU_ASSERT_PTR_NOT_NULL(strstr(read_lines(), "heard"));
    usleep(250000);
    ens__log(log, ENS_LOG_INFO, "again", NULL, 0);
    const char *text = read_lines(), *told = strstr(text, "\"left_out\":");
    CU_ASSERT(told && strtoul(told + 11, NULL, 10) == 30 - num);
    close_log(log);
}

/* A reader that doesn't read holds nobody up. */
static void full_pipe(void)
{
    ens_log *log = open_log(1000000, 1000000);
    for (unsigned i = 0; i < 5000; i++)
        ens__log(log, ENS_LOG_INFO, "nobody reads this", NULL, 0);
    while (read_lines()[0])
        continue;
    ens__log(log, ENS_LOG_INFO, "read", NULL, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(read_lines(), "\"left_out\":"));
    close_log(log);
}

static const ens_case cases[] = {
    {"writes one JSON object a line", lines},
    {"cuts long values and long lines", long_values},
    {"bounds the rate, and tells what it left out", floods},
    {"never waits for a reader", full_pipe},
    {NULL, NULL},
};
ENS_SUITE("engine/base/log", cases)
