#include "sti/evidence/evidence_parts.h"

#include "certs/lists/snapshot.h"
#include "certs/path/material.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <stdio.h>
#include <stdlib.h>

#define PATH_LEN 4096
#define VERDICT_MAX ((size_t)16 << 20) /* bytes of one verdict */

/* What is being put together; members and what they hold live in the arena. */
typedef struct {
    ens_evidence *e;
    const ens_evidence_options *o;
    ens_arena *arena;
    ens_archive archive;
    size_t room;
} packing;

static ens_code no_memory(ens_err *err)
{
    return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
}

static ens_code put(packing *p, const char *name, ens_slice bytes, ens_err *err)
{
    ens_archive *a = &p->archive;
    if (a->num >= ENS_ARCHIVE_MEMBERS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the archive would have too many members", 0);
    ens_member *grown = name ? ens_arena_grow(p->arena, a->member, a->num, &p->room, sizeof *grown) : NULL;
    if (!grown)
        return no_memory(err);
    a->member = grown;
    a->member[a->num++] = (ens_member){name, bytes};
    return ENS_OK;
}

static ens_code put_copy(packing *p, const char *name, ens_slice bytes, ens_err *err)
{
    const char *copy = ens_arena_text(p->arena, bytes);
    return copy ? put(p, name, ens_bytes(copy, bytes.len), err) : no_memory(err);
}

static bool has(const packing *p, const char *name)
{
    for (size_t i = 0; i < p->archive.num; i++)
        if (strcmp(p->archive.member[i].name, name) == 0)
            return true;
    return false;
}

/* put_material keeps each piece once, under its SHA-256. */
static ens_code put_material(void *user, ens_material kind, ens_slice der, ens_err *err)
{
    static const char *const names[][2] = {
        [ENS_MATERIAL_CERTIFICATE] = {"chains", "der"},
        [ENS_MATERIAL_ISSUER] = {"issuers", "der"},
        [ENS_MATERIAL_CRL] = {"revocation", "crl"},
        [ENS_MATERIAL_OCSP] = {"revocation", "ocsp"},
    };
    packing *p = user;
    uint8_t sum[32];
    char hex[65];
    ens_code code = ens__sha256(der, sum, err);
    if (code != ENS_OK)
        return code;
    ens__hex(ens_bytes(sum, sizeof sum), hex);
    const char *name = ens_arena_printf(p->arena, "%s/%s.%s", names[kind][0], hex, names[kind][1]);
    return !name ? no_memory(err) : has(p, name) ? ENS_OK : put_copy(p, name, der, err);
}

static ens_code put_verdict(packing *p, const ens_evidence_judge *j, const ens_evidence_row *r,
                            const ens_message *message, ens_err *err)
{
    ens_buf text;
    ens_buf_init(&text, NULL, 0, VERDICT_MAX);
    p->o->tell(p->o->user, ens__evidence_member(r, p->arena), message, j->report, &text);
    ens_code code = ens_buf_done(&text, err);
    if (code == ENS_OK)
        code = put_copy(p, ens__evidence_verdict_member(r, p->arena), ens_buf_slice(&text), err);
    ens_buf_free(&text);
    return code;
}

static ens_code pack_row(packing *p, ens_evidence_judge *j, size_t i, ens_err *err)
{
    ens_message message;
    ens_evidence_row *r = &p->e->row[i];
    ens_code code = put(p, ens__evidence_member(r, p->arena), r->raw, err);
    if (code != ENS_OK || !ens__evidence_is_message(r))
        return code;
    ens__evidence_judge_row(j, p->e, i, &message);
    r->recorded = ens__evidence_judged_of(j->report);
    if (p->o->tell)
        code = put_verdict(p, j, r, &message, err);
    ens_time at = p->o->verify.at == ENS_TIME_NONE ? (ens_time)(r->at_ms / 1000) : p->o->verify.at;
    bool of_customs = message.has_signer && p->o->customs && message.from_customs;
    if (code == ENS_OK && message.has_signer)
        code = ens__material_each(of_customs ? p->o->customs : p->o->trust, message.chain, at, put_material, p, err);
    return code;
}

/* put_lists adds the snapshot of the cache that trust was loaded from, if it was from one.
 * Errors  ENS_EIO it is there no more */
static ens_code put_lists(packing *p, ens_err *err)
{
    char path[PATH_LEN];
    ens_file file = {0};
    ens_code code = ENS_OK;
    if (!ens_trust_lists(p->o->trust))
        return ENS_OK;
    for (size_t i = 0; i < p->o->num_paths; i++) {
        if (!ens__file_join(p->o->paths[i], ENS_SNAPSHOT_FILE, path, sizeof path) ||
            ens__file_open(path, ENS_SNAPSHOT_MAX, &file, err) != ENS_OK)
            continue;
        code = put_copy(p, ENS_EVIDENCE_LISTS, file.bytes, err);
        ens__file_close(&file);
        return code;
    }
    return ens_fail(err, ENS_EIO, NULL, "the snapshot of the trusted lists can't be read again", 0);
}

static ens_code pack(packing *p, ens_evidence_judge *j, ens_err *err)
{
    ens_code code = ENS_OK;
    for (size_t i = 0; code == ENS_OK && i < p->e->num; i++)
        if (p->e->row[i].raw.len)
            code = pack_row(p, j, i, err);
    return code == ENS_OK ? put_lists(p, err) : code;
}

/* close_archive adds the journal and, last, the sums of all. */
static ens_code close_archive(packing *p, ens_buf *out, ens_err *err)
{
    ens_buf journal, sums;
    ens_buf_init(&journal, NULL, 0, ENS_ARCHIVE_MAX);
    ens_buf_init(&sums, NULL, 0, ENS_ARCHIVE_MAX);
    ens__evidence_put_journal(p->e, &journal);
    ens_code code = ens_buf_done(&journal, err);
    if (code == ENS_OK)
        code = put(p, ENS_EVIDENCE_JOURNAL, ens_buf_slice(&journal), err);
    if (code == ENS_OK)
        code = ens__archive_sort(&p->archive, err); /* the sums stand in the order of the members */
    if (code == ENS_OK)
        code = ens__evidence_put_sums(&p->archive, &sums, err);
    if (code == ENS_OK)
        code = put(p, ENS_EVIDENCE_SUMS, ens_buf_slice(&sums), err);
    if (code == ENS_OK)
        code = ens__archive_write(&p->archive, out, err);
    ens_buf_free(&journal);
    ens_buf_free(&sums);
    return code;
}

ens_code ens__evidence_export(ens_evidence *e, const ens_evidence_options *o, ens_arena *arena, ens_buf *out,
                              ens_err *err)
{
    packing p = {.e = e, .o = o, .arena = arena};
    ens_evidence_judge judge;
    const ens_lists *lists = ens_trust_lists(o->trust);
    ens_code code = ens__evidence_judge_open(o, &judge, err);
    e->program = ens_str(ens_arena_printf(arena, "ensign %s", ens_version()));
    e->snapshot = lists ? ens_str(ens_arena_text(arena, ens_str(ens_lists_tell(lists).name))) : (ens_slice){0};
    if (code == ENS_OK)
        code = pack(&p, &judge, err);
    if (code == ENS_OK)
        code = close_archive(&p, out, err);
    ens__evidence_judge_close(&judge);
    return code;
}
