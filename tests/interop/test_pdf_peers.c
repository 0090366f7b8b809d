/* PDF tools of strangers beside ours: they judge what we sign, and we judge what they sign. qpdf and pdfsig are
 * packages; pyHanko, the EU's DSS, PDFBox and OpenPDF stand in the folder that tests/interop/pdf_peers/make.sh makes,
 * named by ENSIGN_PDF_PEERS. */
#include "ensign/time.h"
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT "2026-10-01T12:00:00Z"
#define AT_SECONDS 1790856000

static char room[512];

static const char *ask(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* ask runs a line of shell in the room and gives what it printed (static storage). */
static const char *ask(const char *format, ...)
{
    static char answer[65536];
    char line[8192];
    size_t len = (size_t)snprintf(line, sizeof line, "cd '%s' && { ", room);
    va_list args;
    va_start(args, format);
    len += (size_t)vsnprintf(line + len, sizeof line - len, format, args);
    va_end(args);
    snprintf(line + len, sizeof line - len, "; } 2>&1 </dev/null");
    FILE *f = popen(line, "r");
    size_t n = f ? fread(answer, 1, sizeof answer - 1, f) : 0;
    answer[n] = '\0';
    if (f)
        pclose(f);
    return answer;
}

static bool has(const char *program, const char *reason)
{
    char line[1200];
    snprintf(line, sizeof line, "command -v '%s' >/dev/null 2>&1", program);
    bool there = system(line) == 0;
    if (!there)
        ens_skip(reason);
    return there;
}

/* peer_path names a file of the peers' folder; NULL after a skip. */
static const char *peer_path(const char *name, const char *reason)
{
    static char path[1024];
    const char *folder = getenv("ENSIGN_PDF_PEERS");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "", name);
    if (folder && access(path, R_OK) == 0)
        return path;
    ens_skip(reason);
    return NULL;
}

/* enter makes the files of ours, once: issued.pdf, packed.pdf where there is qpdf, and both signed. */
static bool enter(void)
{
    if (room[0])
        return true;
    const char *folder = fixture_folder();
    if (!folder)
        return false;
    snprintf(room, sizeof room, "%s/pdf-peers", folder);
    char line[1200];
    snprintf(line, sizeof line, "mkdir -p '%s'", room);
    CU_ASSERT_EQUAL(system(line), 0);
    ask("cp ../pki/trader.key ../pki/trader.pem ../pki/root.pem . && printf ensign >pass && "
        "openssl pkcs12 -export -inkey trader.key -in trader.pem -passout pass:ensign -name trader -out trader.p12 && "
        "awk '/BEGIN/ {n++} {print >(\"crl\" n \".pem\")}' ../pki/issuing.crl && "
        "for i in 1 2; do openssl crl -in crl$i.pem -outform DER -out crl$i.der; done");
    const run_result *r = run_ensign("pdf issue --eori FR73282932000074 --company Demo --at 2026-10-01T10:00:00Z "
                                     "-o %s/issued.pdf",
                                     room);
    CU_ASSERT_EQUAL(r->status, 0);
    ask("qpdf --object-streams=generate issued.pdf packed.pdf || cp issued.pdf packed.pdf");
    ask("qpdf issued.pdf anew.pdf || cp issued.pdf anew.pdf");
    static const char *const names[][2] = {{"issued", "signed"}, {"packed", "signed-packed"}};
    for (size_t i = 0; i < 2; i++) {
        r = run_ensign("pdf sign %s/%s.pdf --key %s/trader.key --cert %s/trader.pem --at " AT " -o %s/%s.pdf", room,
                       names[i][0], room, room, room, names[i][1]);
        CHECK_ROW(r->status == 0, "%s isn't signed: %s", names[i][0], r->err);
    }
    return true;
}

/* clock_fits: what signs by the machine's clock signs while the certificates are valid. */
static bool clock_fits(void)
{
    bool fits = ens_time_now() > AT_SECONDS - 86400 * 270 && ens_time_now() < AT_SECONDS + 86400 * 365;
    if (!fits)
        ens_skip("the machine's clock is outside of the fixtures' certificates");
    return fits;
}

/* judged tells whether our command says this of a file, against the issued one. */
static void judged(const char *name, int status, const char *says)
{
    char at[ENS_TIME_TEXT];
    ens_time now = ens_time_now();
    const run_result *r = run_ensign("pdf check %s/%s.pdf --issued %s/issued.pdf --cert %s/trader.pem --at %s --json",
                                     room, name, room, room, ens_time_format(now > AT_SECONDS ? now : AT_SECONDS, at));
    CHECK_ROW(r->status == status && strstr(r->out, says), "%s: %d: %s", name, r->status, r->out);
}

static void qpdf_reads(void)
{
    if (!enter() || !has("qpdf", "qpdf isn't on this machine"))
        return;
    static const char *const names[] = {"issued", "signed", "signed-packed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *said = ask("qpdf --check %s.pdf; echo status $?", names[i]);
        CHECK_ROW(strstr(said, "No syntax or stream encoding errors found") && strstr(said, "status 0"), "%s: %s",
                  names[i], said);
    }
}

static void pdfsig_judges(void)
{
    if (!enter() || !has("pdfsig", "pdfsig (poppler-utils) isn't on this machine"))
        return;
    static const char *const names[] = {"signed", "signed-packed"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *said = ask("pdfsig -nocert %s.pdf", names[i]);
        CHECK_ROW(strstr(said, "Signature is Valid.") && strstr(said, "Total document signed") &&
                      strstr(said, "ETSI.CAdES.detached"),
                  "%s: %s", names[i], said);
    }
}

/* pdfsig 22.12 writes adbe.pkcs7.detached whatever is asked for. */
static void pdfsig_signs(void)
{
    if (!enter() || !clock_fits() || !has("pdfsig", "pdfsig (poppler-utils) isn't on this machine") ||
        !has("certutil", "certutil (libnss3-tools), which keeps pdfsig's keys, isn't on this machine"))
        return;
    ask("mkdir -p nss && certutil -N -d sql:nss --empty-password && pk12util -i trader.p12 -d sql:nss -W ensign -K ''");
    const char *said = ask("pdfsig issued.pdf poppler.pdf -nssdir nss -nick trader -etsi -sign OWNER; "
                           "grep -a -o 'SubFilter */[A-Za-z0-9.]*' poppler.pdf");
    if (strstr(said, "ETSI.CAdES.detached"))
        judged("poppler", 0, "\"origin\":\"added\"");
    else if (strstr(said, "adbe.pkcs7.detached"))
        judged("poppler", 1, "default format (adbe.pkcs7.detached)");
    else
        ens_skip("this pdfsig can't sign a field");
}

static void pyhanko_judges(void)
{
    const char *pyhanko = enter() ? peer_path("venv/bin/pyhanko", "pyHanko isn't at hand (ENSIGN_PDF_PEERS)") : NULL;
    static const char *const names[] = {"signed", "signed-packed"};
    for (size_t i = 0; pyhanko && i < sizeof names / sizeof *names; i++) {
        const char *said =
            ask("'%s' sign validate --pretty-print --trust root.pem --no-revocation-check %s.pdf", pyhanko, names[i]);
        CHECK_ROW(strstr(said, "judged VALID") && strstr(said, "covers the entire file"), "%s: %s", names[i], said);
    }
}

static void pyhanko_signs(void)
{
    static const char *const rows[][4] = {{"issued", "--use-pades", "0", "\"origin\":\"added\""},
                                          {"anew", "--use-pades", "0", "\"origin\":\""},
                                          {"packed", "--use-pades", "0", "\"origin\":\""},
                                          {"issued", "", "1", "default format (adbe.pkcs7.detached)"}};
    const char *pyhanko =
        enter() && clock_fits() ? peer_path("venv/bin/pyhanko", "pyHanko isn't at hand (ENSIGN_PDF_PEERS)") : NULL;
    for (size_t i = 0; pyhanko && i < sizeof rows / sizeof *rows; i++) {
        char name[64];
        snprintf(name, sizeof name, "pyhanko-%zu", i);
        const char *said = ask("'%s' sign addsig --field OWNER %s pkcs12 --passfile pass %s.pdf %s.pdf trader.p12",
                               pyhanko, rows[i][1], rows[i][0], name);
        CHECK_ROW(!strstr(said, "Error"), "pyHanko: %s", said);
        judged(name, rows[i][2][0] - '0', rows[i][3]);
    }
}

/* java_answers runs lines of commands through the Java peers. */
static const char *java_answers(const char *lines)
{
    const char *folder = getenv("ENSIGN_PDF_PEERS");
    return ask("printf '%s' | java -cp '%s/classes:%s/lib/*' Peers", lines, folder, folder);
}

static bool has_java(void)
{
    return enter() && has("java", "Java isn't on this machine") &&
           peer_path("classes/Peers.class", "DSS, PDFBox and OpenPDF aren't at hand (ENSIGN_PDF_PEERS)");
}

static void dss_judges(void)
{
    if (!has_java())
        return;
    const char *said = java_answers("dss root.pem crl1.der,crl2.der 2026-10-01T12:30:00Z signed.pdf\\n"
                                    "dss root.pem crl1.der,crl2.der 2026-10-01T12:30:00Z signed-packed.pdf\\n");
    static const char wanted[] = "PAdES-BASELINE-B TOTAL_PASSED/null intact=true valid=true scope=FULL";
    const char *first = strstr(said, wanted);
    CHECK_ROW(first && strstr(first + 1, wanted), "DSS: %s", said);
}

static void java_signs(void)
{
    static const char *const tools[] = {"pdfbox", "openpdf"}, *const modes[] = {"incremental", "anew"};
    if (!has_java())
        return;
    for (size_t t = 0; t < 2; t++) {
        for (size_t m = 0; m < 2; m++) {
            char line[256], name[64];
            snprintf(name, sizeof name, "%s-%s", tools[t], modes[m]);
            snprintf(line, sizeof line, "%s %s cades trader.p12 issued.pdf %s.pdf\\n", tools[t], modes[m], name);
            const char *said = java_answers(line);
            CHECK_ROW(strncmp(said, "signed", 6) == 0, "%s: %s", name, said);
            judged(name, 0, m == 0 ? "\"origin\":\"added\"" : "\"origin\":\"anew\"");
        }
        char line[256], name[64];
        snprintf(name, sizeof name, "%s-adbe", tools[t]);
        snprintf(line, sizeof line, "%s incremental adbe trader.p12 issued.pdf %s.pdf\\n", tools[t], name);
        java_answers(line);
        judged(name, 1, "default format (adbe.pkcs7.detached)");
    }
}

static const ens_case cases[] = {
    {"qpdf finds no fault in what we write", qpdf_reads},
    {"pdfsig judges our signatures valid, of the whole document", pdfsig_judges},
    {"what pdfsig signs is judged by its format", pdfsig_signs},
    {"pyHanko judges our signatures valid, of the whole file", pyhanko_judges},
    {"what pyHanko signs is accepted in CAdES, and refused in Adobe's format", pyhanko_signs},
    {"DSS finds PAdES-BASELINE-B, passed by the revocation lists", dss_judges},
    {"what PDFBox and OpenPDF sign is accepted in CAdES, and refused in Adobe's format", java_signs},
    {NULL, NULL},
};
ENS_SUITE("interop/pdf", cases)
