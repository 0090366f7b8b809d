/* See sending.h. */
#include "cli/sending.h"

#include "engine/base/digest.h"
#include "show/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAID_MAX ((size_t)1 << 20) /* bytes that are said of one message */

/* name_of derives the first part of a message's id from all that it is made of: the same file, sealed the same way for
 * the same address, is the same message in an outbox, and isn't sent twice by a command that is given again. */
static ens_code name_of(const ens_sending *j, ens_slice payload, char out[64], ens_err *err)
{
    const ens_parcel_options *p = &j->o->parcel;
    const char *const texts[] = {"ensign outbox", j->url, p->from, p->to, p->action, p->agreement, p->ref_to};
    uint8_t sum[ENS_DIGEST_MAX];
    char hex[33];
    ens_digest d = {0};
    ens_code code = ens__digest_init(&d, ENS_SHA256, err);
    if (code != ENS_OK)
        return code;
    ens__digest_start(&d);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ens__digest_add(&d, ens_str(texts[i] ? texts[i] : ""));
        ens__digest_add(&d, ens_bytes("", 1));
    }
    ens__digest_add(&d, ens_bytes(j->source.cert.bytes.p, j->source.cert.bytes.len));
    ens__digest_add(&d, payload);
    for (size_t i = 0; i < p->attach.num && code == ENS_OK; i++) {
        ens_file file = {0};
        const char *given = p->attach.item[i], *equals = strrchr(given, '=');
        char *path = equals && access(given, F_OK) != 0 ? strndup(given, (size_t)(equals - given)) : strdup(given);
        code = path ? ens__file_open(path, 0, &file, err) : ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
        ens__digest_add(&d, ens_bytes(given, strlen(given) + 1));
        ens__digest_add(&d, file.bytes);
        ens__file_close(&file);
        free(path);
    }
    ens_code ended = ens__digest_end(&d, sum, err);
    ens__digest_clear(&d);
    sum[6] = (uint8_t)((sum[6] & 0x0F) | 0x80); /* RFC 9562, 5.8: version 8 */
    sum[8] = (uint8_t)((sum[8] & 0x3F) | 0x80);
    ens__hex(ens_bytes(sum, 16), hex);
    snprintf(out, 64, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return code == ENS_OK ? ended : code;
}

/* know looks whether the outbox has a message of that id: waiting, it is gone on with; given up, it is tried again;
 * acknowledged, its receipt is told. */
static ens_code know(ens_sending *j, ens_sending_item *i, const char *id, ens_slice sealed, bool *known, ens_err *err)
{
    ens__outbound m = {0};
    bool revived = false;
    ens_arena_reset(&j->arena);
    ens_code code = ens__store_find_outbound(j->store, ens_str(id), &j->arena, &m, known, err);
    if (code != ENS_OK || !*known)
        return code;
    if ((sealed.p && m.raw.len && !ens_eq(sealed, m.raw)) || !ens_starts(m.note, ens_str(i->made_of)))
        return ens_fail_about(err, ENS_EPOLICY, "ICS2-HTI 4.2.1",
                              "the outbox has another message of this id: an id stands for one message", id);
    i->id = strdup(id);
    if (!i->id)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (m.state == ENS_OUTBOUND_GIVEN_UP)
        return ens__store_revive(j->store, ens_str(id), j->tries, &revived, err);
    if (m.state == ENS_OUTBOUND_DELIVERED)
        ens__sending_tell(j, &m, NULL, m.state);
    return ENS_OK;
}

static int refuse_sending(ens_sending *j, ens_sending_item *i, const ens_err *err, int status)
{
    char text[1024];
    ens__say_error(j->command->name, i->file, err);
    ens__sending_unsent(j, i->file, ens_err_format(err, text, sizeof text), status);
    i->told = true;
    return status;
}

/* keep_sending puts a sealed message into the outbox. */
static int keep_sending(ens_sending *j, ens_sending_item *i, ens_slice sealed)
{
    ens_message m = {0};
    ens_err err = {0};
    bool known = false;
    char id[ENS_STORE_ID + 1], note[PATH_MAX + sizeof i->made_of];
    snprintf(note, sizeof note, "%s %s", i->made_of, i->file ? i->file : "");
    ens_report_reset(j->with.report);
    ens_verify(j->with.verifier, sealed, &(ens_verify_options){.at = j->at, .documents = ENS_DOCUMENTS_OFF}, &m,
               j->with.report);
    if (m.kind != ENS_MESSAGE_USER || !m.num_signed_parts || !m.message_id.len || m.message_id.len >= sizeof id) {
        ens_code code = ens_fail(&err, ENS_ESYNTAX, "ICS2-HTI 4.1.3.2", "this is no sealed user message", 0);
        return (void)code, refuse_sending(j, i, &err, ENS_EXIT_UNKNOWN);
    }
    snprintf(id, sizeof id, "%.*s", (int)m.message_id.len, (const char *)m.message_id.p);
    ens_code code = know(j, i, id, sealed, &known, &err);
    if (code == ENS_OK && !known) {
        i->id = strdup(id);
        code = i->id ? ens__outbox_put(j->store, sealed, &m, j->url, j->tries, note, &known, &err)
                     : ens_fail(&err, ENS_ENOMEM, NULL, "out of memory", 0);
    }
    return code == ENS_OK ? ENS_EXIT_GOOD : refuse_sending(j, i, &err, ENS_EXIT_UNKNOWN);
}

static int seal_and_keep(ens_sending *j, ens_sending_item *i, const char *id)
{
    ens_slice sealed = {0};
    ens_buf said;
    ens_parcel_options parcel = j->o->parcel;
    /* Whom the access point trusts isn't known here: the message is judged without. */
    const ens_verify_options check = {.at = j->at, .engine = j->judge.verify.engine};
    parcel.message_id = id ? id : parcel.message_id;
    ens_buf_init(&said, NULL, 0, SAID_MAX);
    int status = ens__parcel_seal(j->parcel, &parcel, &check, j->sealer, j->at, i->file, &sealed, &said);
    ens__say_lines(ens_buf_slice(&said));
    ens_buf_free(&said);
    if (status == ENS_EXIT_GOOD)
        return keep_sending(j, i, sealed);
    ens__sending_unsent(j, i->file, "it isn't sealed: see stderr", status);
    i->told = true;
    return status;
}

static int take_item(ens_sending *j, ens_sending_item *i)
{
    ens_file file = {0};
    ens_err err = {0};
    char id[ENS_STORE_ID + 1] = "";
    const char *given = j->o->parcel.message_id;
    bool known = false;
    int status;
    if (i->file && ens__file_open_steady(i->file, 0, &file, &err) != ENS_OK)
        return refuse_sending(j, i, &err, ENS_EXIT_UNKNOWN);
    strcpy(i->made_of, "-");
    if (j->o->sealed) {
        status = keep_sending(j, i, file.bytes);
    } else {
        ens_code code = name_of(j, file.bytes, i->made_of, &err);
        if (given)
            snprintf(id, sizeof id, "%s", given);
        else if (j->o->outbox)
            snprintf(id, sizeof id, "%.40s@%.200s", i->made_of, j->source.options.domain);
        if (code == ENS_OK && id[0])
            code = know(j, i, id, (ens_slice){0}, &known, &err);
        status = code != ENS_OK ? refuse_sending(j, i, &err, ENS_EXIT_UNKNOWN)
                 : known        ? ENS_EXIT_GOOD
                                : seal_and_keep(j, i, id[0] ? id : NULL);
    }
    ens__file_close(&file);
    return status;
}

static bool same_address(void *user, const ens__outbound *row)
{
    ens_sending *j = user;
    if (row->mode == ENS_PUSH && !ens_is(row->url, j->url)) {
        ens__say("ensign %s: %s has a message for %.*s: an outbox is for one address\n", j->command->name, j->o->outbox,
                 (int)row->url.len, (const char *)row->url.p);
        j->status = ENS_EXIT_UNKNOWN;
    }
    return j->status == ENS_EXIT_GOOD;
}

/* open_store opens --outbox, or one that goes when the run ends. */
static ens_code open_store(ens_sending *j, ens_err *err)
{
    const char *tmp = getenv("TMPDIR");
    char shown[ENS_STORE_URL];
    size_t num = 0;
    if (j->o->outbox) {
        snprintf(j->name, sizeof j->name, "%s", j->o->outbox);
    } else {
        snprintf(j->folder, sizeof j->folder, "%s/ensign-send-XXXXXX", tmp && *tmp ? tmp : "/tmp");
        if (!mkdtemp(j->folder)) {
            j->folder[0] = '\0';
            return ens_fail_about(err, ENS_EIO, NULL, strerror(errno), "a folder for what is to be sent");
        }
        snprintf(j->name, sizeof j->name, "%.4000s/outbox", j->folder);
    }
    ens_code code = ens__store_open(j->name, &(ens__store_options){.create = true}, &j->store, err);
    if (code == ENS_OK && j->o->outbox && ens__store_durable(j->store) == ENS_DURABLE_NONE)
        ens__say("ensign %s: %s: what is kept there doesn't outlive the machine (see ensign store check)\n",
                 j->command->name, ens__store_shown(j->name, shown, sizeof shown));
    if (code == ENS_OK)
        code = ens__outbox_hold(j->name, j->store, &j->hold, &num, err);
    if (code == ENS_OK)
        code = ens__store_list_outbound(j->store, ENS_OUTBOUND_READY, same_address, j, err);
    return code;
}

void ens__sending_drop(ens_sending *j)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal", ".sending"};
    char path[PATH_MAX + 16];
    ens__store_close(j->store);
    if (j->hold >= 0)
        close(j->hold);
    if (!j->folder[0])
        return;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        snprintf(path, sizeof path, "%s%s", j->name, endings[i]);
        unlink(path);
    }
    rmdir(j->folder);
}

static ens_code open_sealer(ens_sending *j, ens_err *err)
{
    const ens_sending_options *o = j->o;
    const ens_sealer_files files = {o->key, o->cert, o->pass_file, o->domain, true, 0};
    if (o->sealed || !o->key) /* what waits in the outbox is sealed already */
        return ENS_OK;
    if (!(j->parcel = ens__parcel_new()))
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    ens_code code = ens__sealer_open(&files, j->at, &j->source, &j->sealer, err);
    return code == ENS_OK ? code : ens_within(err, code, "opening the seal");
}

ens_code ens__sending_open(ens_sending *j, ens_err *err)
{
    ens_code code = open_sealer(j, err);
    if (code == ENS_OK)
        code = ens__tls_files_open(&j->o->tls, &j->tls, err);
    for (unsigned i = 0; i < j->num_clients && code == ENS_OK; i++)
        code = ens__client_new(&j->clients[i], err);
    if (code == ENS_OK)
        code = ens__judging_open(&j->with, err);
    if (code == ENS_OK && j->o->receipts && mkdir(j->o->receipts, 0777) != 0 && errno != EEXIST)
        code = ens_fail_about(err, ENS_EIO, NULL, strerror(errno), j->o->receipts);
    return code == ENS_OK ? open_store(j, err) : code;
}

/* tell_rest: whose tries another run used up is known by the store alone. */
static void tell_rest(ens_sending *j)
{
    for (size_t i = 0; i < j->num; i++) {
        ens__outbound m = {0};
        ens_err err = {0};
        bool found = false;
        if (j->items[i].told)
            continue;
        if (!j->items[i].id) { /* the run was stopped before it came to this one */
            ens__sending_unsent(j, j->items[i].file, "stopped", ENS_EXIT_UNKNOWN);
            continue;
        }
        ens_arena_reset(&j->arena);
        if (ens__store_find_outbound(j->store, ens_str(j->items[i].id), &j->arena, &m, &found, &err) == ENS_OK && found)
            ens__sending_tell(j, &m, NULL, m.state);
        else
            refuse_sending(j, &j->items[i], &err, ENS_EXIT_UNKNOWN);
    }
}

void ens__sending_run(ens_sending *j)
{
    ens_err err = {0};
    const volatile sig_atomic_t *stop = ens__stop_when_told();
    for (size_t i = 0; i < j->num && !*stop; i++)
        j->status = ens__worst(j->status, take_item(j, &j->items[i]));
    const ens__outbox outbox = {.store = j->store,
                                .clients = j->clients,
                                .num_clients = j->num_clients,
                                .peer = {.tls_cert = ens_buf_slice(&j->tls.cert),
                                         .tls_key = ens_buf_slice(&j->tls.key),
                                         .tls_held = j->tls.held,
                                         .tls_root = j->tls.root,
                                         .judge = &j->receipts},
                                .tries = j->tries,
                                .first_ms = j->first_ms,
                                .most_ms = ENS_OUTBOX_MOST_MS,
                                .stop = stop,
                                .tell = ens__sending_event,
                                .user = j};
    if (ens__outbox_run(&outbox, &err) != ENS_OK)
        j->status = ens__worst(j->status, ens__sending_failed(j, NULL, &err));
    tell_rest(j);
}
