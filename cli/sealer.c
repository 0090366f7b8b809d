#include "cli/sealer.h"

#include "as4/preview.h"
#include "cli/inputs.h"
#include "cli/pass_phrase.h"
#include "engine/base/file.h"
#include "engine/base/report.h"
#include "show/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHAIN_FILE_MAX ((size_t)1 << 20)

/* domain_of is the name of this machine, qualified: a message id wants one (RFC 5322, 3.6.4). */
static const char *domain_of(char out[256])
{
    char name[200];
    if (gethostname(name, sizeof name) != 0)
        snprintf(name, sizeof name, "localhost");
    name[sizeof name - 1] = '\0';
    snprintf(out, 256, "%s%s", name, strchr(name, '.') ? "" : ".localdomain");
    return out;
}

/* make tries without a pass phrase first, unless one was given, and asks where the key or certificate wants one. */
static ens_code make(ens_sealer_source *s, const ens_sealer_files *f, ens_sealer **out, ens_err *err)
{
    ens_code code = ens_sealer_new(&s->options, out, err);
    if (code != ENS_EPASS || s->pass)
        return code;
    *err = (ens_err){0};
    code = ens__pass_phrase(NULL, f->key, true, &s->pass, err);
    s->options.key_pass = s->options.certificate_pass = s->pass;
    return code == ENS_OK ? ens_sealer_new(&s->options, out, err) : code;
}

ens_code ens__sealer_open(const ens_sealer_files *f, ens_time at, ens_sealer_source *s, ens_sealer **first,
                          ens_err *err)
{
    *s = (ens_sealer_source){0};
    ens_code code = ens__key_file_open(f->key, &s->key, err);
    if (code == ENS_OK)
        code = ens__file_open_secret(f->cert, CHAIN_FILE_MAX, &s->cert, err); /* a PKCS#12 file holds the key, too */
    if (code == ENS_OK)
        code = ens__pass_phrase(f->pass_file, f->key, false, &s->pass, err);
    if (code != ENS_OK)
        return code;
    s->options = (ens_sealer_options){.key = s->key.bytes,
                                      .certificate = s->cert.bytes,
                                      .key_pass = s->pass,
                                      .certificate_pass = s->pass,
                                      .at = at,
                                      .force = f->force,
                                      .level = f->level,
                                      .domain = f->domain ? f->domain : domain_of(s->domain)};
    return make(s, f, first, err);
}

void ens__sealer_close(ens_sealer_source *s)
{
    ens__file_close(&s->key);
    ens__file_close(&s->cert);
    ens__pass_phrase_free(s->pass);
    *s = (ens_sealer_source){0};
}

ens_code ens__sealer_load(const ens_sealer_files *f, ens_time at, ens_sealer **out, ens_err *err)
{
    ens_sealer_source source;
    ens_code code = ens__sealer_open(f, at, &source, out, err);
    ens__sealer_close(&source);
    return code;
}

#define ARENA_MAX ((size_t)64 << 20)

struct ens_parcel {
    const ens_parcel_options *o;
    ens_preview *preview;
    ens_arena arena;
    ens_file file[ENS_SEAL_PARTS_MAX];
    ens_seal_part part[ENS_SEAL_PARTS_MAX];
    size_t num;
};

ens_parcel *ens__parcel_new(void)
{
    ens_parcel *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    ens_arena_init(&p->arena, ARENA_MAX);
    p->preview = ens__preview_new();
    if (p->preview)
        return p;
    ens__parcel_free(p);
    return NULL;
}

/* clear closes what the message before was read from. */
static void clear(ens_parcel *p)
{
    for (size_t i = 0; i < p->num; i++)
        ens__file_close(&p->file[i]);
    p->num = 0;
    ens_arena_reset(&p->arena);
}

void ens__parcel_free(ens_parcel *p)
{
    if (!p)
        return;
    clear(p);
    ens__preview_free(p->preview);
    ens_arena_free(&p->arena);
    free(p);
}

static ens_slice text_of(const char *text)
{
    return text ? ens_str(text) : (ens_slice){0};
}

static ens_code open_part(ens_parcel *p, const char *path, ens_err *err)
{
    if (p->num == ENS_SEAL_PARTS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "too many parts", 0);
    ens_code code = ens__file_open(path, 0, &p->file[p->num], err);
    if (code == ENS_OK) {
        p->part[p->num] = (ens_seal_part){.bytes = p->file[p->num].bytes};
        p->num++;
    }
    return code;
}

static const char *type_by_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot && ens__eq_nocase(ens_str(dot), ENS_LIT(".pdf")))
        return "application/pdf";
    if (dot && (ens__eq_nocase(ens_str(dot), ENS_LIT(".jpg")) || ens__eq_nocase(ens_str(dot), ENS_LIT(".jpeg"))))
        return "image/jpeg";
    if (dot && ens__eq_nocase(ens_str(dot), ENS_LIT(".xml")))
        return "application/xml";
    return NULL;
}

/* is_type tells a media type, so that a '=' in a file's name or its folder's is none of ours.
 * Source  RFC 6838 and the registry of top-level types */
static bool is_type(const char *text)
{
    static const char *const top[] = {"application/", "image/", "text/",      "audio/",  "video/",
                                      "font/",        "model/", "multipart/", "message/"};
    for (size_t i = 0; i < sizeof top / sizeof *top; i++)
        if (strncmp(text, top[i], strlen(top[i])) == 0)
            return text[strlen(top[i])] && !strpbrk(text + strlen(top[i]), "/ ");
    return false;
}

/* split_attachment cuts FILE=TYPE; a file whose whole name is there is that file. */
static char *split_attachment(ens_parcel *p, const char *given, const char **type)
{
    const char *equals = strrchr(given, '=');
    bool typed = equals && is_type(equals + 1) && access(given, F_OK) != 0;
    char *path = ens_arena_text(&p->arena, typed ? ens_bytes(given, (size_t)(equals - given)) : ens_str(given));
    *type = typed ? equals + 1 : path ? type_by_name(path) : NULL;
    return path;
}

static ens_code add_attachment(ens_parcel *p, size_t nth, ens_err *err)
{
    const char *type, *path = split_attachment(p, p->o->attach.item[nth], &type);
    if (!path)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (!type)
        return ens_fail_about(err, ENS_EPOLICY, "ICD 4.2.5", "say what it is: FILE=application/pdf or FILE=image/jpeg",
                              path);
    ens_code code = open_part(p, path, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading an attachment");
    p->part[p->num - 1].type = ens_str(type);
    p->part[p->num - 1].cid = ens__preview_cid(p->preview, path, nth);
    return ENS_OK;
}

static ens_code read_files(ens_parcel *p, const char *payload, ens_err *err)
{
    ens_code code = ENS_OK;
    if (payload) {
        code = open_part(p, payload, err);
        if (code != ENS_OK)
            return code;
        p->part[0].cid = ENS_LIT("ens");
        p->part[0].type = ENS_LIT("application/xml");
    }
    if (p->num && p->o->attach.num)
        ens__preview_read(p->preview, p->part[0].bytes);
    for (size_t i = 0; code == ENS_OK && i < p->o->attach.num; i++)
        code = add_attachment(p, i, err);
    return code;
}

static void say_findings(const ens_report *report, ens_buf *said)
{
    for (size_t i = 0; i < ens_report_num(report); i++) {
        char text[ENS_DETAIL_TEXT];
        const ens_finding *f = ens_report_get(report, i);
        if (f->outcome == ENS_FAIL)
            ens_buf_printf(said, "  %s: %s [%s]\n    -> %s\n", f->id, ens__finding_text(f, text, ""), f->rule,
                           f->hint ? f->hint : "");
    }
}

/* say_refusal: with the code, and the reasons, that `verify` gives. */
static void say_refusal(const ens_parcel *p, const char *about, ens_buf *said)
{
    ens_answer a = ens_answer_of(ens__parcel_report(p));
    const char *code = a.code ? a.code : a.reply ? a.reply : "";
    ens_buf_printf(said, "ensign seal: %s%sthe STI would refuse this: %s%s%s %s\n", about ? about : "",
                   about ? ": " : "", code, a.subcode ? " " : "", a.subcode ? a.subcode : "",
                   p->o->force ? "(sealed all the same)" : "(--force seals it all the same)");
    say_findings(ens__parcel_report(p), said);
}

static int verdict_of(ens_parcel *p, const char *about, ens_buf *said)
{
    if (ens_report_verdict(ens__parcel_report(p)) != ENS_REFUSED)
        return ENS_EXIT_GOOD;
    say_refusal(p, about, said);
    return p->o->force ? ENS_EXIT_GOOD : ENS_EXIT_REFUSED;
}

static int say_failure(const char *about, const ens_err *err, int status, ens_buf *said)
{
    char text[1024];
    ens_buf_printf(said, "ensign seal: %s%s%s\n", about ? about : "", about ? ": " : "",
                   ens_err_format(err, text, sizeof text));
    return status;
}

int ens__parcel_judge(ens_parcel *p, const ens_parcel_options *o, const ens_verify_options *judge, ens_slice sealed,
                      const char *about, ens_buf *said)
{
    clear(p);
    p->o = o;
    ens__preview_judge(p->preview, judge, sealed);
    return verdict_of(p, about, said);
}

const ens_report *ens__parcel_report(const ens_parcel *p)
{
    return ens__preview_report(p->preview);
}

/* let_go keeps what was compressed of a large file from staying in memory beside what was made of it. */
static void let_go(void *of, ens_slice octets)
{
    const ens_parcel *p = of;
    for (size_t i = 0; i < p->num; i++)
        ens__file_let_go(&p->file[i], octets);
}

int ens__parcel_seal(ens_parcel *p, const ens_parcel_options *o, const ens_verify_options *judge, ens_sealer *sealer,
                     ens_time at, const char *payload, ens_slice *out, ens_buf *said)
{
    ens_err err = {0};
    clear(p);
    p->o = o;
    ens__preview_read(p->preview, (ens_slice){0});
    if (read_files(p, payload, &err) != ENS_OK)
        return say_failure(payload, &err, ENS_EXIT_UNKNOWN, said);
    ens_seal_message_options m = {.action = text_of(o->action),
                                  .from = text_of(o->from),
                                  .to = text_of(o->to),
                                  .agreement = text_of(o->agreement),
                                  .message_id = text_of(o->message_id),
                                  .ref_to = text_of(o->ref_to),
                                  .mpc = text_of(o->mpc),
                                  .conversation_id = text_of(o->conversation_id),
                                  .at = at,
                                  .parts = p->part,
                                  .num_parts = p->num};
    ens__preview_tell_passed(sealer, let_go, p);
    ens_code code = ens__preview_seal(p->preview, sealer, &m, judge, out, &err);
    ens__preview_tell_passed(sealer, NULL, NULL);
    if (code != ENS_OK)
        return say_failure(payload, &err,
                           err.n && err.frame[0].code == ENS_EPOLICY ? ENS_EXIT_REFUSED : ENS_EXIT_UNKNOWN, said);
    return verdict_of(p, payload, said);
}
