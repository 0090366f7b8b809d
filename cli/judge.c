#include "cli/judge.h"

#include "as4/payload/payload.h"
#include "certs/path/trust.h"
#include "cli/sealer.h"
#include "engine/base/file.h"
#include "show/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool load_each(const ens_command *command, const ens_values *paths, ens_trust *trust,
                      ens_code (*add)(ens_trust *, const char *, ens_err *))
{
    for (size_t i = 0; i < paths->num; i++) {
        ens_err err = {0};
        if (add(trust, paths->item[i], &err) == ENS_OK)
            continue;
        ens__say_error(command->name, paths->item[i], &err);
        return false;
    }
    return true;
}

/* load_extra loads what may help. A file that can't be read ends nothing: it is told here, and in each verdict. */
static void load_extra(const ens_command *command, const ens_values *paths, ens_trust *trust, ens__unread_kind kind,
                       ens_code (*add)(ens_trust *, const char *, ens_err *))
{
    for (size_t i = 0; i < paths->num; i++) {
        ens_err err = {0};
        ens_code code = add(trust, paths->item[i], &err);
        if (code == ENS_OK)
            continue;
        ens__say_error(command->name, paths->item[i], &err);
        bool silent = kind == ENS_UNREAD_OCSP && code == ENS_EPOLICY;
        ens__trust_note_unread(trust, silent ? ENS_UNREAD_SILENT : kind, paths->item[i], &err);
    }
}

static bool set_revocation(const ens_command *command, const ens_judge_options *o, ens_trust *trust)
{
    ens_err err = {0};
    if (o->revocation && strcmp(o->revocation, "soft") != 0 && strcmp(o->revocation, "hard") != 0)
        return ens__command_usage(command, "--revocation is soft or hard, not %s", o->revocation), false;
    if (o->revocation_cache && !o->online)
        return ens__command_usage(command, "--revocation-cache keeps what --online fetches"), false;
    if (o->online_private && !o->online)
        return ens__command_usage(command, "--online-private says how far --online goes"), false;
    if (o->revocation && strcmp(o->revocation, "hard") == 0)
        ens__trust_refuse_unknown(trust);
    if (!o->online || ens__trust_go_online(trust, o->revocation_cache, o->online_private, &err) == ENS_OK)
        return true;
    ens__say_error(command->name, o->revocation_cache, &err);
    return false;
}

static bool load_trust(const ens_command *command, const ens_judge_options *o, ens_judge *out)
{
    out->trust = ens_trust_new();
    if (!out->trust) {
        fprintf(stderr, "ensign %s: out of memory\n", command->name);
        return false;
    }
    out->check.verify.trust = out->trust;
    if (!set_revocation(command, o, out->trust) || !load_each(command, &o->trust, out->trust, ens_trust_add))
        return false;
    load_extra(command, &o->untrusted, out->trust, ENS_UNREAD_UNTRUSTED, ens_trust_add_untrusted);
    load_extra(command, &o->crl, out->trust, ENS_UNREAD_CRL, ens_trust_add_crl);
    load_extra(command, &o->ocsp, out->trust, ENS_UNREAD_OCSP, ens_trust_add_ocsp);
    return true;
}

static bool read_engine(const char *name, ens_engine *out)
{
    for (*out = ENS_ENGINE_FAST; *out <= ENS_ENGINE_BOTH; ++*out)
        if (!name || strcmp(name, ens_engine_name(*out)) == 0)
            return true;
    return false;
}

static bool read_words(const ens_command *command, const ens_judge_options *o, ens_verify_options *v)
{
    ens_err err = {0};
    v->at = ens_time_now();
    if (o->at && ens_time_parse(ens_str(o->at), &v->at, &err) != ENS_OK)
        return ens__say_error(command->name, o->at, &err), false;
    if (o->as && strcmp(o->as, "sti") != 0 && strcmp(o->as, "trader") != 0)
        return ens__command_usage(command, "--as is sti or trader, not %s", o->as), false;
    if (!read_engine(o->engine, &v->engine))
        return ens__command_usage(command, "--engine is fast, reference or both, not %s", o->engine), false;
    v->as = !o->as ? ENS_AS_AUTO : strcmp(o->as, "sti") == 0 ? ENS_AS_STI : ENS_AS_TRADER;
    v->lenient = o->lenient;
    v->xsd_dir = o->xsd;
    return true;
}

bool ens__judge_open(const ens_command *command, const ens_judge_options *o, ens_judge *out, int *status)
{
    ens_err err = {0};
    *out = (ens_judge){0};
    *status = ENS_EXIT_UNKNOWN;
    if (!read_words(command, o, &out->check.verify) || !load_trust(command, o, out))
        return false;
    if (o->registry && ens__uumds_open(o->registry, false, &out->check.registry, &err) != ENS_OK)
        return ens__say_error(command->name, o->registry, &err), false;
    return true;
}

void ens__judge_close(ens_judge *judge)
{
    ens_trust_free(judge->trust);
    if (judge->check.registry)
        ens__uumds_close(judge->check.registry);
    *judge = (ens_judge){0};
}

void ens__judge_options_free(ens_judge_options *o)
{
    ens__values_free(&o->trust);
    ens__values_free(&o->untrusted);
    ens__values_free(&o->crl);
    ens__values_free(&o->ocsp);
}

int ens__worst(int so_far, int status)
{
    if (so_far == ENS_EXIT_REFUSED || status == ENS_EXIT_REFUSED)
        return ENS_EXIT_REFUSED;
    return so_far > status ? so_far : status;
}

#define PATH_LEN 4096

struct ens_deliverer {
    const ens_deliver_options *o;
    ens_sealer *sealer;
};

ens_code ens__deliverer_new(const ens_deliver_options *o, ens_time at, ens_deliverer **out, ens_err *err)
{
    ens_deliverer *d = calloc(1, sizeof *d);
    if (!d)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    d->o = o;
    ens_code code = ENS_OK;
    if (o->receipt && (!o->key || !o->cert))
        code = ens_fail(err, ENS_EPOLICY, NULL, "a receipt is sealed: give --receipt-key and --receipt-cert", 0);
    else if (o->receipt)
        code = ens__sealer_load(&(ens_sealer_files){o->key, o->cert, o->pass_file, NULL, false}, at, &d->sealer, err);
    if (code == ENS_OK && o->payloads && mkdir(o->payloads, 0777) != 0 && errno != EEXIST)
        code = ens_fail_about(err, ENS_EIO, NULL, "the folder can't be made", o->payloads);
    if (code == ENS_OK)
        *out = d;
    else
        ens__deliverer_free(d);
    return code;
}

void ens__deliverer_free(ens_deliverer *d)
{
    if (!d)
        return;
    ens_sealer_free(d->sealer);
    free(d);
}

/* nth_of counts the parts before this one that would get the same file name. */
static unsigned nth_of(const ens_message *m, size_t i)
{
    char name[ENS_PAYLOAD_NAME], other[ENS_PAYLOAD_NAME];
    unsigned n = 0;
    ens__payload_file_name(m->payloads[i].cid, 0, name);
    for (size_t k = 0; k < i; k++)
        n += strcmp(ens__payload_file_name(m->payloads[k].cid, 0, other), name) == 0;
    return n;
}

typedef struct {
    ens_draft draft;
    ens_err *err;
} writing;

static ens_code put_piece(void *user, ens_slice piece)
{
    writing *w = user;
    return ens__draft_put(&w->draft, piece, w->err);
}

/* write_payload: piece by piece, durably and whole or not at all. */
static ens_code write_payload(const char *path, const ens_delivery *d, ens_err *err)
{
    writing w = {.err = err};
    ens_code code = ens__draft_open(path, 0666, &w.draft, err);
    if (code == ENS_OK)
        code = ens_delivery_put(d, put_piece, &w, err);
    if (code == ENS_OK)
        return ens__draft_keep(&w.draft, err);
    ens__draft_drop(&w.draft);
    return code;
}

static ens_code write_payloads(const char *folder, const ens_message *m, ens_err *err)
{
    for (size_t i = 0; i < m->num_payloads; i++) {
        char name[ENS_PAYLOAD_NAME], path[PATH_LEN];
        ens__payload_file_name(m->payloads[i].cid, nth_of(m, i), name);
        if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
            return ens_fail_about(err, ENS_ELIMIT, NULL, "the path is too long", folder);
        ens_code code = write_payload(path, &m->payloads[i], err);
        if (code != ENS_OK)
            return ens_within(err, code, "delivering a payload; no receipt was made");
    }
    return ENS_OK;
}

ens_code ens__deliver(ens_deliverer *d, const ens_message *m, ens_time at, ens_err *err)
{
    ens_slice receipt;
    ens_code code = ENS_OK;
    if (m->kind != ENS_MESSAGE_USER)
        return ENS_OK;
    if (d->o->payloads && !m->test)
        code = write_payloads(d->o->payloads, m, err);
    if (code != ENS_OK || !d->o->receipt)
        return code;
    code = ens_seal_receipt(d->sealer, m, &(ens_seal_signal_options){.at = at}, &receipt, err);
    return code == ENS_OK ? ens__file_write(d->o->receipt, receipt, 0666, err) : code;
}
