#include "cli/cert_batch.h"

#include "cli/inputs.h"
#include "cli/judge.h"
#include "engine/base/report.h"
#include "engine/base/workers.h"
#include "show/html.h"
#include "show/output.h"
#include "show/preflight_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_EVERY 0.1 /* seconds */

typedef enum { UNREADABLE = 0, ACCEPTED, REFUSED, UNDECIDED } fate;

/* What the threads share. */
typedef struct {
    const ens_cert_batch *batch;
    const ens_values *files;
    ens_cert_output *output;
    fate *fate;  /* one a file */
    bool failed; /* a report could not be written */
    bool progress;
    double started, told;
    size_t num; /* files that were looked at */
} run;

/* One thread's: what is kept from certificate to certificate. */
typedef struct {
    run *r;
    ens_report *report;
} worker;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static fate fate_of(ens_verdict verdict)
{
    return verdict == ENS_ACCEPTED ? ACCEPTED : verdict == ENS_REFUSED ? REFUSED : UNDECIDED;
}

/* check_request judges what a file asks a certificate for. */
static void check_request(worker *w, size_t i, ens_slice der, ens_buf *result)
{
    const ens_cert_batch *b = w->r->batch;
    const ens__request_options options = {.eori = b->options->eori, .keys = b->options->keys, .at = b->options->at};
    ens__request request;
    ens_err err = {0};
    ens__request_view judged = {
        .file = w->r->files->item[i], .request = &request, .report = w->report, .eori = b->eori, .at = b->options->at};
    if ((b->tls ? ens_fail(&err, ENS_EPOLICY, NULL, "a request is judged for a seal alone", 0)
                : ens__request_parse(der, &request, &err)) != ENS_OK) {
        ens__say_error(b->name, judged.file, &err);
        ens__cert_output_fault(w->r->output, i, judged.file, &err, result);
        return;
    }
    judged.binding = ens__request_judge(&request, &options, w->report);
    if (ens__cert_output_request(w->r->output, i, &judged, result))
        w->r->fate[i] = fate_of(ens_report_verdict(w->report));
}

static void check_certificates(worker *w, size_t i, const ens_certificates *certificates, ens_buf *result)
{
    const ens_cert_batch *b = w->r->batch;
    ens_preflight_result judged;
    ens_err err = {0};
    if (b->tls)
        ens__preflight_tls(certificates, b->options, b->tls, &judged, w->report);
    else
        ens_preflight(certificates, b->options, &judged, w->report);
    ens__preflight_view checked = {.file = w->r->files->item[i],
                                   .cert = judged.cert,
                                   .preflight = judged.inside,
                                   .report = w->report,
                                   .at = b->options->at,
                                   .now = b->now,
                                   .eori = b->eori};
    if (!judged.inside)
        ens_fail(&err, ENS_ENOMEM, NULL, "out of memory for a pre-flight", 0);
    if (judged.inside && ens__cert_output_render(w->r->output, i, &checked, result, &err))
        w->r->fate[i] = fate_of(judged.verdict);
    else
        ens__say_error(b->name, checked.file, &err);
}

static void check_one(void *of, size_t i, ens_buf *result)
{
    worker *w = of;
    const ens_cert_batch *b = w->r->batch;
    const char *file = w->r->files->item[i];
    ens_certificates *certificates = NULL;
    ens_buf request;
    ens_err err = {0};
    ens_buf_init(&request, NULL, 0, ENS_CERT_MAX);
    ens__report_reset(w->report);
    if (ens__certificates_or_request_open(file, b->pass_file, &certificates, &request, &err) != ENS_OK) {
        ens__say_error(b->name, file, &err);
        ens__cert_output_fault(w->r->output, i, file, &err, result);
    } else if (certificates) {
        check_certificates(w, i, certificates, result);
    } else {
        check_request(w, i, ens_buf_slice(&request), result);
    }
    ens_certificates_free(certificates);
    ens_buf_free(&request);
}

static void drop_worker(void *of)
{
    worker *w = of;
    ens_report_free(w->report);
    free(w);
}

static void *make_worker(void *r)
{
    worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->r = r;
    if ((w->report = ens_report_new()))
        return w;
    drop_worker(w);
    return NULL;
}

/* tell_progress rewrites one line on a terminal, now and then. */
static void tell_progress(run *r, size_t done)
{
    double now = seconds();
    if (!r->progress || now - r->told < PROGRESS_EVERY)
        return;
    r->told = now;
    fprintf(stderr, "\r%zu of %zu certificates, %.0f a second\033[K", done, r->files->num,
            (double)done / (now - r->started));
    fflush(stderr);
}

/* take_result ends the batch where nothing can be written any more. */
static bool take_result(void *of, size_t i, ens_slice result)
{
    run *r = of;
    ens__cert_output_take(r->output, i, result);
    r->num = i + 1;
    tell_progress(r, r->num);
    return !r->output->err.n;
}

static void tell_summary(const run *r)
{
    size_t num[4] = {0};
    double took = seconds() - r->started;
    for (size_t i = 0; i < r->num; i++)
        num[r->fate[i]]++;
    if (r->progress)
        fputs("\r\033[K", stderr);
    ens__say("%zu certificates: %zu accepted, %zu refused, %zu undecided, %zu unreadable; %.2f s, %.0f a second\n",
             r->num, num[ACCEPTED], num[REFUSED], num[UNDECIDED], num[UNREADABLE], took,
             (double)r->num / (took > 0 ? took : 1));
    if (r->num < r->files->num)
        ens__say("ensign %s: stopped; %zu of %zu certificates were not looked at\n", r->batch->name,
                 r->files->num - r->num, r->files->num);
}

static int status_of(const run *r)
{
    static const int statuses[] = {ENS_EXIT_UNKNOWN, ENS_EXIT_GOOD, ENS_EXIT_REFUSED, ENS_EXIT_UNKNOWN};
    int status = ENS_EXIT_GOOD;
    for (size_t i = 0; i < r->num; i++)
        status = ens__worst(status, statuses[r->fate[i]]);
    return r->num < r->files->num ? ens__worst(status, ENS_EXIT_UNKNOWN) : status;
}

int ens__cert_batch_run(const ens_cert_batch *batch, const ens_values *files, ens_cert_output *output)
{
    ens_err err = {0};
    run r = {.batch = batch, .files = files, .output = output, .started = seconds()};
    ens_pool_job job = {make_worker, drop_worker, check_one, take_result, &r, ens__stop_when_told()};
    r.progress = files->num > 1 && isatty(STDERR_FILENO) && (output->to || !isatty(STDOUT_FILENO));
    r.fate = calloc(files->num, sizeof *r.fate);
    ens_code code = r.fate ? ens__pool_run(&job, batch->threads, files->num, &err)
                           : ens_fail(&err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (code == ENS_OK)
        code = ens__cert_output_end(output, &err);
    if (code == ENS_OK && files->num > 1)
        tell_summary(&r);
    int status = code == ENS_OK ? status_of(&r) : ENS_EXIT_UNKNOWN;
    if (code != ENS_OK)
        ens__say_error(batch->name, NULL, &err);
    free(r.fate);
    return status;
}

#define BODY_MAX ((size_t)1 << 30) /* bytes of one HTML page */
#define PAGE_MAX ((size_t)8 << 20) /* of the page of one certificate */
#define ROW_MAX ((size_t)64 << 10)
#define NAME_LEN 96 /* of a page in a folder */
#define STEM_LEN 48

static bool is_paged(const ens_cert_output *o)
{
    return o->format == ENS_FORMAT_HTML;
}

ens_code ens__cert_output_open(ens_cert_output *o, size_t num, ens_err *err)
{
    o->num = num;
    o->page = ens__page_on_stdout(NULL);
    if (o->to)
        o->page.colour = false;
    ens_buf_init(&o->body, NULL, 0, BODY_MAX);
    if (is_paged(o) && !(o->row = calloc(num, sizeof *o->row)))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the index", 0);
    if (o->folder)
        return ENS_OK;
    return ens__draft_open(o->to ? o->to : "-", 0666, &o->draft, err);
}

/* page_name is "17-trader.html": a number, and what is harmless of the file's name. */
static const char *page_name(size_t i, const char *file, char out[NAME_LEN])
{
    const char *base = strrchr(file, '/');
    char stem[STEM_LEN];
    size_t len = 0;
    for (base = base ? base + 1 : file; *base && len + 1 < sizeof stem; base++) {
        char c = *base;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.';
        stem[len++] = plain ? c : '_';
    }
    stem[len] = '\0';
    snprintf(out, NAME_LEN, "%zu-%s.html", i + 1, stem);
    return out;
}

/* write_page puts one certificate's page into the folder. */
static bool write_page(const ens_cert_output *o, const char *name, const ens__preflight_view *checked, ens_err *err)
{
    char path[4096], title[512];
    ens_buf page;
    ens_buf_init(&page, NULL, 0, PAGE_MAX);
    ens__html_begin(&page, ens__name_of(checked->cert, title, sizeof title));
    ens_buf_text(&page, "<p class=\"small\"><a href=\"index.html\">All certificates</a></p>\n");
    ens__preflight_html(checked, 1, &page);
    ens__html_end(&page);
    ens_code code = ens_buf_done(&page, err);
    if (code == ENS_OK && snprintf(path, sizeof path, "%s/%s", o->to, name) >= (int)sizeof path)
        code = ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", o->to);
    if (code == ENS_OK)
        code = ens__file_write(path, ens_buf_slice(&page), 0666, err);
    ens_buf_free(&page);
    return code == ENS_OK;
}

static bool render_html(ens_cert_output *o, size_t i, const ens__preflight_view *checked, ens_buf *result, ens_err *err)
{
    char name[NAME_LEN];
    ens_buf_init(&o->row[i], NULL, 0, ROW_MAX);
    if (o->folder) {
        page_name(i, checked->file, name);
    } else {
        snprintf(name, sizeof name, "#c%zu", i + 1);
        ens__preflight_html(checked, i + 1, result);
    }
    ens__preflight_html_row(checked, name, &o->row[i]);
    if (o->folder && !write_page(o, name, checked, err))
        return false;
    return ens_buf_done(result, err) == ENS_OK && ens_buf_done(&o->row[i], err) == ENS_OK;
}

bool ens__cert_output_render(ens_cert_output *o, size_t i, const ens__preflight_view *checked, ens_buf *result,
                             ens_err *err)
{
    ens__page page = o->page;
    page.out = result;
    if (is_paged(o))
        return render_html(o, i, checked, result, err);
    if (o->format == ENS_FORMAT_JSON)
        ens__preflight_json(checked, result);
    else if (o->brief) {
        ens__preflight_line(checked, result);
    } else {
        if (i)
            ens_buf_text(result, "\n\n");
        ens__preflight_text(checked, &page, o->all);
    }
    return ens_buf_done(result, err) == ENS_OK;
}

/* put_row writes a line of the index for what has no page. */
static void put_row(ens_cert_output *o, size_t i, const char *file, const char *badge, const char *text)
{
    ens_buf_init(&o->row[i], NULL, 0, ROW_MAX);
    ens_buf_text(&o->row[i], "<tr><td>");
    ens__html_put(&o->row[i], file);
    ens_buf_printf(&o->row[i], "</td><td><span class=\"badge undecided\">%s</span></td><td colspan=\"2\">", badge);
    ens__html_put(&o->row[i], text);
    ens_buf_text(&o->row[i], "</td></tr>\n");
}

bool ens__cert_output_request(ens_cert_output *o, size_t i, const ens__request_view *judged, ens_buf *result)
{
    ens__page page = o->page;
    page.out = result;
    if (is_paged(o)) {
        put_row(o, i, judged->file, ens_verdict_name(ens_report_verdict(judged->report)),
                "a certificate request, not a certificate: as text and as JSON it is told in full");
    } else if (o->format == ENS_FORMAT_JSON) {
        ens__request_json(judged, result);
    } else if (o->brief) {
        ens__request_line(judged, result);
    } else {
        ens_buf_text(result, i ? "\n\n" : "");
        ens__request_page(judged, &page, o->all);
    }
    return !result->failed;
}

bool ens__cert_output_fault(ens_cert_output *o, size_t i, const char *file, const ens_err *why, ens_buf *result)
{
    char text[512];
    ens_err_format(why, text, sizeof text);
    if (o->format == ENS_FORMAT_JSON) {
        ens_json line = {.out = result}, *j = &line;
        ens__json_open(j, NULL, '{');
        ens__json_text(j, "file", file);
        ens__json_text(j, "verdict", ens_verdict_name(ENS_UNDECIDED));
        ens__json_text(j, "error", text);
        ens__json_open(j, "checks", '[');
        ens__json_close(j, ']');
        ens__json_close(j, '}');
        ens_buf_text(result, "\n");
        return !result->failed;
    }
    if (is_paged(o)) {
        put_row(o, i, file, "unreadable", text);
    } else if (o->brief) {
        ens_buf_printf(result, "%s: unreadable\n", file);
    }
    return true;
}

void ens__cert_output_take(ens_cert_output *o, size_t i, ens_slice result)
{
    (void)i;
    if (o->err.n)
        return;
    if (is_paged(o)) {
        ens_buf_put(&o->body, result);
        if (o->body.failed)
            ens_fail(&o->err, ENS_ELIMIT, NULL, "the page grows too large; give a folder to -o", 0);
    } else if (ens__draft_put(&o->draft, result, &o->err) != ENS_OK) {
        return;
    }
}

/* put_index writes the rows; a single certificate needs none. */
static void put_index(const ens_cert_output *o, ens_buf *page)
{
    if (o->num < 2 && !o->folder)
        return;
    ens__html_index_begin(page, o->num);
    for (size_t i = 0; i < o->num; i++)
        ens_buf_put(page, ens_buf_slice(&o->row[i]));
    ens__html_index_end(page);
}

static ens_code end_html(ens_cert_output *o, ens_err *err)
{
    char path[4096];
    ens_buf head;
    ens_buf_init(&head, NULL, 0, BODY_MAX);
    ens__html_begin(&head, "Seal certificates, judged");
    put_index(o, &head);
    if (!o->folder && o->num == 1 && o->row[0].len && !o->body.len) /* a page that would be empty says why */
        ens_buf_printf(&head, "<table class=\"index\"><tbody>%.*s</tbody></table>\n", (int)o->row[0].len,
                       (const char *)o->row[0].p);
    ens_buf_put(&head, ens_buf_slice(&o->body));
    ens__html_end(&head);
    ens_code code = ens_buf_done(&head, err);
    if (code == ENS_OK && o->folder) {
        bool fits = snprintf(path, sizeof path, "%s/index.html", o->to) < (int)sizeof path;
        code = fits ? ens__file_write(path, ens_buf_slice(&head), 0666, err)
                    : ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", o->to);
    } else if (code == ENS_OK) {
        code = ens__draft_put(&o->draft, ens_buf_slice(&head), err);
    }
    ens_buf_free(&head);
    return code;
}

ens_code ens__cert_output_end(ens_cert_output *o, ens_err *err)
{
    if (o->err.n) {
        *err = o->err;
        return o->err.frame[0].code;
    }
    ens_code code = is_paged(o) ? end_html(o, err) : ENS_OK;
    return code == ENS_OK && o->draft.path ? ens__draft_keep(&o->draft, err) : code;
}

void ens__cert_output_close(ens_cert_output *o)
{
    for (size_t i = 0; o->row && i < o->num; i++)
        ens_buf_free(&o->row[i]);
    free(o->row);
    o->row = NULL;
    ens_buf_free(&o->body);
    ens__draft_drop(&o->draft);
}
