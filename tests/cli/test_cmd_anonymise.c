/* Messages anonymised as a user does it, and judged by what is written beside them. */
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AT "2026-10-01T12:00:00Z"

static char folder[] = "/tmp/ensign-anonymise-XXXXXX";

static void set_up(void)
{
    snprintf(folder + sizeof folder - 7, 7, "XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture_folder());
}

static void tear_down(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

static bool is_there(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void writes_what_is_refused_alike(void)
{
    static const struct {
        const char *file, *more, *verdict;
    } rows[] = {
        {"f26-attachments.mime", "", "accepted"},
        {"body-unsigned.mime", "", "refused EBMS:0103"},
        {"other-company.mime", "", "refused EBMS:0004 A001"},
        {"expired.mime", "", "refused EBMS:0101"},
        {"revoked.mime", "--crl copy.mime.crl.pem", "refused EBMS:0101"},
        {"document-no-lrn.mime", "", "refused IE3N99"},
    };
    set_up();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const run_result *r = run_ensign("anonymise %s --trust %s --crl %s --at " AT " -o %s/copy.mime --json",
                                         fixture_path(rows[i].file), fixture_path("pki/root.pem"),
                                         fixture_path("pki/issuing.crl"), folder);
        CHECK_ROW(r->status == 0 && strstr(r->out, "\"same\":true"), "%s: %s%s", rows[i].file, r->out, r->err);
        r = run_ensign("verify -q %s/copy.mime --trust %s/copy.mime.anchors.pem --crl %s/copy.mime.crl.pem --at " AT,
                       folder, folder, folder);
        CHECK_ROW(strstr(r->out, rows[i].verdict), "%s: %s%s", rows[i].file, r->out, r->err);
        CU_ASSERT_PTR_NULL(strstr(run_ensign("cert show %s/copy.mime.anchors.pem", folder)->out, "Ensign"));
    }
    tear_down();
}

/* An envelope in quoted-printable has no copy that is judged alike. */
static void writes_nothing_where_the_findings_would_differ(void)
{
    char command[512];
    set_up();
    snprintf(command, sizeof command,
             "LC_ALL=C sed -e '0,/binary/s//quoted-printable/' -e '/<env:Envelope/s/=/=3D/g' %s >%s/quoted.mime",
             fixture_path("f26.mime"), folder);
    CU_ASSERT_EQUAL(system(command), 0);
    const run_result *r = run_ensign("anonymise %s/quoted.mime --trust %s --at " AT " -o %s/copy.mime", folder,
                                     fixture_path("pki/root.pem"), folder);
    CHECK_ROW(r->status == 1 && strstr(r->out, "nothing was written"), "%s%s", r->out, r->err);
    CU_ASSERT_FALSE(is_there("copy.mime") || is_there("copy.mime.anchors.pem"));
    tear_down();
}

static void says_what_it_can_not_do(void)
{
    set_up();
    CU_ASSERT_EQUAL(run_ensign("anonymise")->status, 2);
    CU_ASSERT_EQUAL(run_ensign("anonymise %s", fixture_path("f26.mime"))->status, 2);
    CU_ASSERT_EQUAL(run_ensign("anonymise %s -o %s", fixture_path("f26.mime"), fixture_path("f26.mime"))->status, 2);
    const run_result *r = run_ensign("anonymise %s/none -o %s/copy --json", folder, folder);
    CHECK_ROW(r->status == 2 && strstr(r->out, "\"same\":false,\"error\""), "%s", r->out);
    r = run_ensign("anonymise %s --registry x -o %s/copy", fixture_path("f26.mime"), folder);
    CU_ASSERT_EQUAL(r->status, 2);
    tear_down();
}

static const ens_case cases[] = {
    {"writes what is refused alike", writes_what_is_refused_alike},
    {"writes nothing where the findings would differ", writes_nothing_where_the_findings_would_differ},
    {"says what it can not do", says_what_it_can_not_do},
    {NULL, NULL},
};
ENS_SUITE("cli/anonymise", cases)
