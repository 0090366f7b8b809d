#include "as4/deliver.h"

#include "engine/base/arena.h"
#include "engine/base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ARENA_MAX ((size_t)4 << 20)
#define NAME_LEN_MAX ((size_t)4096) /* bytes of a file's name with its escapes; the system's bound is less */
#define HIDDEN_TRIES 1000u

struct ens_deliverer {
    ens_deliver_options o;
    ens_arena arena; /* of one message */
    const char *path[ENS_SEAL_PARTS_MAX];
    const char *name[ENS_SEAL_PARTS_MAX];
    size_t num; /* names that are taken */
};

ens_code ens__deliverer_new(const ens_deliver_options *o, ens_deliverer **out, ens_err *err)
{
    ens_deliverer *d = calloc(1, sizeof *d);
    if (!d)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    d->o = *o;
    ens_arena_init(&d->arena, ARENA_MAX);
    if (!o->payloads || mkdir(o->payloads, 0777) == 0 || errno == EEXIST) {
        *out = d;
        return ENS_OK;
    }
    ens__deliverer_free(d);
    return ens_fail_about(err, ENS_EIO, NULL, "the folder can't be made", o->payloads);
}

void ens__deliverer_free(ens_deliverer *d)
{
    if (!d)
        return;
    ens_arena_free(&d->arena);
    free(d);
}

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the payloads", 0);
}

/* name_of is the file's name of a text of the message; NULL: no memory, or too long. */
static const char *name_of(ens_deliverer *d, ens_slice text)
{
    uint8_t stored[512];
    ens_buf b;
    ens_buf_init(&b, stored, sizeof stored, NAME_LEN_MAX);
    ens__file_put_name(&b, text);
    const char *name = b.failed ? NULL : ens_arena_text(&d->arena, ens_buf_slice(&b));
    ens_buf_free(&b);
    return name;
}

static bool is_taken(const ens_deliverer *d, const char *name)
{
    for (size_t i = 0; i < d->num; i++)
        if (strcmp(d->name[i], name) == 0)
            return true;
    return false;
}

/* take_name gives each part a name of its own, with "-2", "-3" … where another part has it. */
static ens_code take_name(ens_deliverer *d, ens_slice cid, ens_err *err)
{
    const char *plain = name_of(d, cid), *name = plain;
    for (unsigned nth = 2; name && is_taken(d, name); nth++)
        name = ens_arena_printf(&d->arena, "%s-%u", plain, nth);
    if (!name)
        return no_memory(err);
    d->name[d->num++] = name;
    return ENS_OK;
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

/* write_part writes and syncs one part, piece by piece. */
static ens_code write_part(const char *path, const ens_delivery *part, ens_err *err)
{
    writing w = {.err = err};
    ens_code code = ens__draft_open(path, 0666, &w.draft, err);
    if (code == ENS_OK)
        code = ens_delivery_put(part, put_piece, &w, err);
    if (code == ENS_OK)
        return ens__draft_keep(&w.draft, err);
    ens__draft_drop(&w.draft);
    return code;
}

/* drop_folder takes away what was written and not named. */
static void drop_folder(ens_deliverer *d, const char *hidden)
{
    for (size_t i = 0; i < d->num; i++) {
        const char *path = ens_arena_printf(&d->arena, "%s/%s", hidden, d->name[i]);
        if (path)
            unlink(path);
    }
    rmdir(hidden);
}

/* make_hidden makes a folder beside the one to be: what is in it has no name yet. */
static const char *make_hidden(ens_deliverer *d, ens_err *err)
{
    for (unsigned nth = 0; nth < HIDDEN_TRIES; nth++) {
        const char *path = ens_arena_printf(&d->arena, "%s/.ensign-%ld-%u", d->o.payloads, (long)getpid(), nth);
        if (path && mkdir(path, 0777) == 0)
            return path;
        if (!path || errno != EEXIST)
            break;
    }
    ens_fail_about(err, ENS_EIO, NULL, "no folder can be made for the payloads", d->o.payloads);
    return NULL;
}

static bool same_contents(const char *a, const char *b)
{
    ens_file left = {0}, right = {0};
    bool same = ens__file_open(a, 0, &left, NULL) == ENS_OK && ens__file_open(b, 0, &right, NULL) == ENS_OK &&
                ens_eq(left.bytes, right.bytes);
    ens__file_close(&left);
    ens__file_close(&right);
    return same;
}

static size_t num_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t num = 0;
    for (struct dirent *e; dir && (e = readdir(dir));)
        num += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    if (dir)
        closedir(dir);
    return num;
}

/* is_delivered tells that the folder holds just what was written beside it. */
static bool is_delivered(ens_deliverer *d, const char *hidden, const char *folder)
{
    bool same = num_entries(folder) == d->num;
    for (size_t i = 0; same && i < d->num; i++) {
        const char *a = ens_arena_printf(&d->arena, "%s/%s", hidden, d->name[i]);
        same = a && same_contents(a, d->path[i]);
    }
    return same;
}

/* name_folder gives the hidden folder its name, unless that is taken: by the same message, which is no harm, or by
 * something else, which stays. */
static ens_code name_folder(ens_deliverer *d, const char *hidden, const char *folder, ens_err *err)
{
    struct stat st;
    bool there = lstat(folder, &st) == 0;
    ens_code code = ens__folder_sync_itself(hidden, err);
    if (code == ENS_OK && !there && rename(hidden, folder) == 0)
        return ens__folder_sync_itself(d->o.payloads, err);
    there = there || errno == EEXIST || errno == ENOTEMPTY;
    if (code == ENS_OK && !there)
        code = ens_fail_about(err, ENS_EIO, NULL, "the folder of the payloads can't be named", folder);
    else if (code == ENS_OK && !is_delivered(d, hidden, folder))
        code =
            ens_fail_about(err, ENS_EPOLICY, NULL, "a folder of this message id is there, with other content", folder);
    drop_folder(d, hidden);
    return code;
}

static ens_code write_all(ens_deliverer *d, const ens_message *m, const char *hidden, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; code == ENS_OK && i < m->num_payloads; i++) {
        const char *path = ens_arena_printf(&d->arena, "%s/%s", hidden, d->name[i]);
        code = path ? write_part(path, &m->payloads[i], err) : no_memory(err);
    }
    return code;
}

/* place_all decides where everything goes. */
static ens_code place_all(ens_deliverer *d, const ens_message *m, const char **folder, ens_err *err)
{
    const char *id = name_of(d, m->message_id);
    *folder = id ? ens_arena_printf(&d->arena, "%s/%s", d->o.payloads, id) : NULL;
    ens_code code = *folder && m->num_payloads <= ENS_SEAL_PARTS_MAX ? ENS_OK : no_memory(err);
    for (size_t i = 0; code == ENS_OK && i < m->num_payloads; i++) {
        code = take_name(d, m->payloads[i].cid, err);
        if (code == ENS_OK && !(d->path[i] = ens_arena_printf(&d->arena, "%s/%s", *folder, d->name[i])))
            code = no_memory(err);
    }
    return code;
}

static ens_code deliver_payloads(ens_deliverer *d, const ens_message *m, ens_err *err)
{
    const char *folder = NULL, *hidden;
    ens_arena_reset(&d->arena);
    d->num = 0;
    ens_code code = place_all(d, m, &folder, err);
    if (code != ENS_OK)
        return code;
    hidden = make_hidden(d, err);
    if (!hidden)
        return ENS_EIO;
    code = write_all(d, m, hidden, err);
    if (code == ENS_OK)
        return name_folder(d, hidden, folder, err);
    drop_folder(d, hidden);
    return code;
}

ens_code ens__deliver(ens_deliverer *d, const ens_message *m, ens_time at, const char *const **paths, ens_err *err)
{
    ens_slice receipt;
    *paths = NULL;
    if (m->kind != ENS_MESSAGE_USER)
        return ENS_OK;
    if (d->o.payloads && !m->test && m->num_payloads) {
        ens_code code = deliver_payloads(d, m, err);
        if (code != ENS_OK)
            return ens_within(
                err, code, d->o.receipt ? "delivering the payloads; no receipt was made" : "delivering the payloads");
        *paths = d->path;
    }
    if (!d->o.receipt)
        return ENS_OK;
    ens_code code = ens_seal_receipt(d->o.sealer, m, &(ens_seal_signal_options){.at = at}, &receipt, err);
    return code == ENS_OK ? ens__file_write(d->o.receipt, receipt, 0666, err) : code;
}
