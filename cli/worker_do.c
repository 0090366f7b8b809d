#include "cli/worker.h"

#include "engine/base/file.h"
#include "engine/base/report.h"
#include "ensign/batch.h"
#include "ensign/json.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WHY_MAX ((size_t)16 << 10)
#define SEALERS_KEPT 4u
#define HELD_MAX ((size_t)1 << 20) /* bytes of messages that are judged together: none waits long for the others */

struct ens_worker {
    ens_worker_settings *settings;
    ens_judging with;
    ens_parcel *parcel;
    struct {
        char *key;
        ens_sealer *sealer;
    } sealer[SEALERS_KEPT];
    size_t next_sealer;
};

/* One request. */
typedef struct {
    ens_worker *w;
    ens_worker_setting *s;
    const json_t *json;
    const char *file; /* NULL: octets */
    ens_slice octets;
    ens_time at;
    ens_buf *out;
} request;

/* ---- answers ---- */

static void put_id(const json_t *json, ens_buf *out)
{
    const json_t *id = json_object_get(json, "id");
    char *text = id ? json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    ens_buf_printf(out, "{\"id\":%s", text ? text : "null");
    free(text);
}

/* put_fault answers what could not be judged. */
static void put_fault(const json_t *json, const char *file, ens_slice why, ens_buf *out)
{
    while (why.len && (why.p[why.len - 1] == '\n' || why.p[why.len - 1] == ' '))
        why.len--;
    put_id(json, out);
    ens_json j = {.out = out, .more = true};
    ens__json_text(&j, "file", file);
    ens__json_text(&j, "verdict", ens_verdict_name(ENS_UNDECIDED));
    ens__json_slice(&j, "error", why.len ? why : ENS_LIT("out of memory"));
    ens__json_close(&j, '}');
    ens_buf_text(out, "\n");
}

static void put_error(const request *r, const ens_err *err)
{
    char text[1024];
    put_fault(r->json, r->file, ens_str(ens_err_format(err, text, sizeof text)), r->out);
}

/* put_object writes an object of the command behind the id. */
static ens_code put_object(void *of, ens_slice object)
{
    const request *r = *(const request **)of;
    put_id(r->json, r->out);
    ens_buf_text(r->out, ",");
    ens_buf_put(r->out, ens_from(object, 1));
    return ENS_OK;
}

/* ---- the acts ---- */

static void put_verdict(const request *r, const ens_message *message, const ens_report *report)
{
    ens_err err = {0};
    const ens_lists *lists = ens_trust_lists(r->s->judge.trust);
    if (ens_json_verdict(r->file, message, report, lists, put_object, &r, &err) != ENS_OK)
        put_error(r, &err);
}

static void do_verify(const request *r, ens_slice bytes)
{
    ens_message message = {0};
    ens_verify_options options = r->s->judge.verify;
    options.at = r->at;
    ens__report_reset(r->w->with.report);
    ens_verify(r->w->with.verifier, bytes, &options, &message, r->w->with.report);
    put_verdict(r, &message, r->w->with.report);
}

static void do_receipt_check(const request *r, ens_slice bytes)
{
    ens_message message = {0};
    ens_file original = {0};
    ens_err err = {0};
    ens_verify_options options = r->s->judge.verify;
    options.at = r->at;
    options.registry = NULL;
    if (!r->s->original) {
        put_fault(r->json, r->file, ENS_LIT("a receipt is checked against its message: \"for\":PATH"), r->out);
        return;
    }
    if (ens__file_open(r->s->original, 0, &original, &err) != ENS_OK) {
        put_error(r, &err);
        return;
    }
    ens__report_reset(r->w->with.report);
    ens_receipt_check(r->w->with.verifier, bytes, original.bytes, &options, &message, r->w->with.report);
    put_verdict(r, &message, r->w->with.report);
    ens__file_close(&original);
}

static void do_cert_check(const request *r, ens_slice bytes)
{
    ens_certificates *certificates = NULL;
    ens_preflight_result result;
    ens_err err = {0};
    ens_preflight_options options = {.trust = r->s->judge.trust,
                                     .national = r->s->national,
                                     .member_state = r->s->member_state,
                                     .keys = r->s->keys,
                                     .eori = ens_str(r->s->eori),
                                     .at = r->at};
    ens__report_reset(r->w->with.report);
    ens_code code = ens_certificates_new(bytes, NULL, &certificates, &err);
    if (code == ENS_OK) {
        ens_preflight(certificates, &options, &result, r->w->with.report);
        code = ens_json_preflight(r->file, &result, r->w->with.report, put_object, &r, &err);
    }
    if (code != ENS_OK)
        put_error(r, &err);
    ens_certificates_free(certificates);
}

static void do_ens_check(const request *r, ens_slice bytes)
{
    ens_document_result result;
    ens_err err = {0};
    ens__report_reset(r->w->with.report);
    ens_document_check(r->w->with.verifier, bytes, &r->s->judge.verify, &result, r->w->with.report);
    if (ens_json_document(r->file, &result, r->w->with.report, NULL, put_object, &r, &err) != ENS_OK)
        put_error(r, &err);
}

/* sealer_of keeps a few sealers a thread: a key is read once. */
static ens_sealer *sealer_of(const request *r, ens_err *err)
{
    ens_worker *w = r->w;
    ens_sealer *made = NULL;
    for (size_t i = 0; i < SEALERS_KEPT; i++)
        if (w->sealer[i].key && strcmp(w->sealer[i].key, r->s->key) == 0)
            return w->sealer[i].sealer;
    if (!r->s->seal_files.key || !r->s->seal_files.cert) {
        ens_fail(err, ENS_EPOLICY, NULL, "a seal wants \"key\" and \"cert\"", 0);
        return NULL;
    }
    ens_sealer_files files = r->s->seal_files;
    files.force = true; /* what was sealed is judged afterwards, in words */
    if (ens__sealer_load(&files, r->at, &made, err) != ENS_OK)
        return NULL;
    size_t at = w->next_sealer++ % SEALERS_KEPT;
    ens_sealer_free(w->sealer[at].sealer);
    free(w->sealer[at].key);
    w->sealer[at].sealer = made;
    w->sealer[at].key = strdup(r->s->key);
    return made;
}

/* open_document gives octets a file without a name, which sealing reads as any other; -1 where that fails. */
static int open_document(ens_slice octets, char path[64])
{
    int fd = memfd_create("document", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < octets.len;) {
        ssize_t n = write(fd, octets.p + done, octets.len - done);
        if (n <= 0) {
            close(fd);
            return -1;
        }
        done += (size_t)n;
    }
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void put_sealed(const request *r, ens_sealer *sealer, ens_slice message)
{
    put_id(r->json, r->out);
    ens_json j = {.out = r->out, .more = true};
    ens__json_text(&j, "file", r->file);
    ens__json_slice(&j, "message_id", ens_sealer_message_id(sealer));
    ens__json_number(&j, "bytes", message.len);
    ens__json_close(&j, '}');
    ens_buf_text(r->out, "\n");
    ens_buf_put(r->out, message);
}

static void put_unsealed(const request *r, int status, ens_slice said)
{
    put_id(r->json, r->out);
    ens_json j = {.out = r->out, .more = true};
    ens__json_text(&j, "file", r->file);
    ens__json_text(&j, "verdict", ens_verdict_name(status == ENS_EXIT_REFUSED ? ENS_REFUSED : ENS_UNDECIDED));
    ens__json_slice(&j, "error", said);
    ens__json_close(&j, '}');
    ens_buf_text(r->out, "\n");
}

static void do_seal(const request *r, ens_slice bytes)
{
    char path[64];
    ens_err err = {0};
    ens_buf said;
    ens_slice message;
    ens_sealer *sealer = sealer_of(r, &err);
    if (!sealer) {
        put_error(r, &err);
        return;
    }
    int fd = r->file ? -1 : open_document(bytes, path);
    ens_verify_options check = r->s->judge.verify;
    check.at = r->at;
    ens_buf_init(&said, NULL, 0, WHY_MAX);
    int status =
        ens__parcel_seal(r->w->parcel, &r->s->parcel, &check, sealer, r->at, r->file ? r->file : path, &message, &said);
    if (status == ENS_EXIT_GOOD)
        put_sealed(r, sealer, message);
    else
        put_unsealed(r, status, ens_buf_slice(&said));
    ens_buf_free(&said);
    if (fd >= 0)
        close(fd);
}

/* ---- requests ---- */

static const struct {
    const char *op;
    void (*run)(const request *r, ens_slice bytes);
    bool by_name; /* it opens the file itself */
} acts[] = {
    {"verify", do_verify, false},
    {"receipt-check", do_receipt_check, false},
    {"cert-check", do_cert_check, false},
    {"ens-check", do_ens_check, false},
    {"seal", do_seal, true},
};
#define NUM_ACTS (sizeof acts / sizeof *acts)

static size_t act_of(const json_t *json)
{
    const char *op = json_string_value(json_object_get(json, "op"));
    size_t i = 0;
    while (i < NUM_ACTS && (!op || strcmp(acts[i].op, op) != 0))
        i++;
    return i;
}

static void run_act(request *r, size_t act)
{
    ens_file file = {0};
    ens_err err = {0};
    if (!r->file || acts[act].by_name) {
        acts[act].run(r, r->octets);
    } else if (ens__file_open(r->file, 0, &file, &err) != ENS_OK) {
        put_error(r, &err);
    } else {
        acts[act].run(r, file.bytes);
        ens__file_close(&file);
    }
}

/* Messages that one judge looks at together. */
typedef struct {
    request r[ENS_WORKER_TOGETHER];
    ens_file file[ENS_WORKER_TOGETHER];
    ens_slice bytes[ENS_WORKER_TOGETHER];
    unsigned num;
    size_t held;
} company;

static const char *file_of(const json_t *json)
{
    return json_string_value(json_object_get(json, "file"));
}

/* has_one_source: a request names a file or brings octets, and not both. */
static bool has_one_source(const json_t *json)
{
    return (file_of(json) != NULL) != json_is_integer(json_object_get(json, "bytes"));
}

/* is_alike: the other request, too, is a message for the judge of the first one, by the very same options. */
static bool is_alike(const request *first, const json_t *json)
{
    size_t act = act_of(json);
    return act < NUM_ACTS && acts[act].run == do_verify && has_one_source(json) &&
           ens__worker_setting_serves(first->w->settings, first->s, json);
}

static bool join(company *c, const request *r)
{
    ens_slice bytes = r->octets;
    if (r->file) {
        if (ens__file_open_steady(r->file, 0, &c->file[c->num], NULL) != ENS_OK)
            return false;
        bytes = c->file[c->num].bytes;
    }
    c->held += bytes.len;
    c->bytes[c->num] = bytes;
    c->r[c->num++] = *r;
    return true;
}

static void tell_judged(void *of, size_t i, const ens_message *message, const ens_report *report)
{
    const company *c = of;
    put_verdict(&c->r[i], message, report);
}

/* verify_together judges the first message along with those behind it that are alike, if there are any. It says how
 * many it answered; none is left half done. */
static size_t verify_together(const request *first, const ens_worker_asked *asked, size_t num)
{
    company c = {.num = 0};
    ens_err err = {0};
    ens_verify_options options = first->s->judge.verify;
    options.at = first->at;
    for (size_t i = 0; i < num && i < ENS_WORKER_TOGETHER && c.held < HELD_MAX; i++) {
        request r = *first;
        r.json = asked[i].json;
        r.file = file_of(r.json);
        r.octets = asked[i].octets;
        if ((i && !is_alike(first, r.json)) || !join(&c, &r))
            break;
    }
    if (c.num == 1) /* a file that is open is read once */
        do_verify(first, c.bytes[0]);
    bool judged = c.num == 1 ||
                  ens_verify_many(first->w->with.verifier, c.bytes, c.num, &options, tell_judged, &c, &err) == ENS_OK;
    for (unsigned i = 0; i < c.num; i++)
        ens__file_close(&c.file[i]);
    return judged ? c.num : 0;
}

/* time_of is the time of the request, where it names one, else now: a setting that stays open must not stop the clock.
 */
static ens_time time_of(const ens_worker_setting *s)
{
    return s->judge_options.at ? s->judge.verify.at : ens_time_now();
}

size_t ens__worker_do(ens_worker *w, const ens_worker_asked *asked, size_t num, ens_buf *answer)
{
    const json_t *json = asked->json;
    const char *file = file_of(json);
    size_t act = act_of(json), done = 0;
    ens_buf why;
    if (act == NUM_ACTS) {
        put_fault(json, file, ENS_LIT("\"op\" is verify, seal, cert-check, receipt-check or ens-check"), answer);
        return 1;
    }
    if (!has_one_source(json)) {
        put_fault(json, file, ENS_LIT("a request has \"file\", or \"bytes\" and so many octets behind its line"),
                  answer);
        return 1;
    }
    ens_buf_init(&why, NULL, 0, WHY_MAX);
    request r = {.w = w, .json = json, .file = file, .octets = asked->octets, .out = answer};
    r.s = ens__worker_setting_take(w->settings, json, &why);
    if (r.s) {
        r.at = time_of(r.s);
        if (num > 1 && acts[act].run == do_verify)
            done = verify_together(&r, asked, num);
        if (!done)
            run_act(&r, act);
        ens__worker_setting_give(w->settings, r.s);
    } else {
        put_fault(json, file, ens_buf_slice(&why), answer);
    }
    ens_buf_free(&why);
    return done ? done : 1;
}

json_t *ens__worker_read(ens_slice line, size_t *octets, ens_buf *answer)
{
    json_error_t error;
    json_t *json = json_loadb((const char *)line.p, line.len, JSON_REJECT_DUPLICATES, &error);
    const json_t *bytes = json_object_get(json, "bytes");
    json_int_t num = json_is_integer(bytes) ? json_integer_value(bytes) : 0;
    char why[256];
    *octets = 0;
    if (json_is_object(json) && num >= 0 && (uint64_t)num <= ENS_FILE_MAX) {
        *octets = (size_t)num;
        return json;
    }
    if (json_is_object(json)) {
        *octets = num > 0 ? (size_t)num : 0;
        put_fault(json, NULL, ENS_LIT("\"bytes\" is a number from 0 to 536870912"), answer);
    } else {
        snprintf(why, sizeof why, "the line is no JSON object: %s", json ? "it is another value" : error.text);
        put_fault(NULL, NULL, ens_str(why), answer);
    }
    json_decref(json);
    return NULL;
}

ens_worker *ens__worker_new(ens_worker_settings *settings)
{
    ens_worker *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->settings = settings;
    w->parcel = ens__parcel_new();
    if (ens__judging_open(&w->with, NULL) == ENS_OK && w->parcel)
        return w;
    ens__worker_free(w);
    return NULL;
}

void ens__worker_free(ens_worker *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < SEALERS_KEPT; i++) {
        ens_sealer_free(w->sealer[i].sealer);
        free(w->sealer[i].key);
    }
    ens__judging_close(&w->with);
    ens__parcel_free(w->parcel);
    free(w);
}
