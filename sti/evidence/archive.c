#include "sti/evidence/archive.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "IEEE Std 1003.1, pax: ustar Interchange Format"
#define BLOCK 512u
#define END (2 * BLOCK) /* zeros behind the last member */

/* A header as it stands in the file: text fields end with NUL, numbers are octal. */
typedef struct {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2];
    char user[32], group[32], major[8], minor[8], prefix[155], rest[12];
} header;
_Static_assert(sizeof(header) == BLOCK, "a header is one block");

static bool is_name_octet(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == '@' || c == '/';
}

bool ens__archive_name_fits(ens_slice name)
{
    if (!name.len || name.len > ENS_ARCHIVE_NAME_MAX || name.p[name.len - 1] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        bool begins = i == 0 || name.p[i - 1] == '/';
        if (!is_name_octet(name.p[i]) || (begins && (name.p[i] == '.' || name.p[i] == '/')))
            return false;
    }
    return true;
}

/* fill_header gives each field its one value; the checksum is taken with blanks in its place. */
static void fill_header(header *h, const char *name, size_t name_len, size_t size)
{
    unsigned sum = 0;
    memset(h, 0, sizeof *h);
    memcpy(h->name, name, name_len);
    memcpy(h->mode, "0000644", 7);
    memcpy(h->uid, "0000000", 7);
    memcpy(h->gid, "0000000", 7);
    snprintf(h->size, sizeof h->size, "%011zo", size);
    memcpy(h->mtime, "00000000000", 11);
    memset(h->checksum, ' ', sizeof h->checksum);
    h->type = '0';
    memcpy(h->magic, "ustar", 6);
    memcpy(h->version, "00", 2);
    for (size_t i = 0; i < sizeof *h; i++)
        sum += ((const uint8_t *)h)[i];
    snprintf(h->checksum, sizeof h->checksum - 1, "%06o", sum);
}

static size_t padding(size_t len)
{
    return (BLOCK - len % BLOCK) % BLOCK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ens_member *)a)->name, ((const ens_member *)b)->name);
}

ens_code ens__archive_sort(ens_archive *archive, ens_err *err)
{
    if (archive->num > ENS_ARCHIVE_MEMBERS_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the archive would have too many members", 0);
    if (archive->num)
        qsort(archive->member, archive->num, sizeof *archive->member, by_name);
    for (size_t i = 0; i < archive->num; i++) {
        const ens_member *m = &archive->member[i];
        if (!ens__archive_name_fits(ens_str(m->name)))
            return ens_fail_about(err, ENS_EPOLICY, RULE, "the name of a member does not fit an archive", m->name);
        if (i && strcmp(m->name, m[-1].name) == 0)
            return ens_fail_about(err, ENS_EPOLICY, RULE, "two members have the same name", m->name);
        if (m->bytes.len > ENS_ARCHIVE_MAX)
            return ens_fail_about(err, ENS_ELIMIT, RULE, "a member is too long", m->name);
    }
    return ENS_OK;
}

ens_code ens__archive_write(ens_archive *archive, ens_buf *out, ens_err *err)
{
    static const uint8_t zeros[END];
    ens_code code = ens__archive_sort(archive, err);
    if (code != ENS_OK)
        return code;
    for (size_t i = 0; i < archive->num; i++) {
        const ens_member *m = &archive->member[i];
        header h;
        fill_header(&h, m->name, strlen(m->name), m->bytes.len);
        ens_buf_add(out, &h, sizeof h);
        ens_buf_put(out, m->bytes);
        ens_buf_add(out, zeros, padding(m->bytes.len));
    }
    ens_buf_add(out, zeros, END);
    return ens_buf_done(out, err);
}

static bool all_zero(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i])
            return false;
    return true;
}

static bool read_size(const header *h, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < 11; i++) {
        if (h->size[i] < '0' || h->size[i] > '7')
            return false;
        *out = *out * 8 + (size_t)(h->size[i] - '0');
    }
    return *out <= ENS_ARCHIVE_MAX;
}

static ens_code odd(const ens_reader *r, const char *what, ens_err *err)
{
    return ens_fail(err, ENS_ESYNTAX, RULE, what, ens_at(r));
}

/* read_member takes header, bytes and padding; the header has to be the one that the writer gives that name and size.
 */
static ens_code read_member(ens_reader *r, ens_arena *arena, const ens_archive *before, ens_member *out, ens_err *err)
{
    header h, wanted;
    ens_slice pad;
    size_t size = 0;
    if (ens_left(r) < sizeof h)
        return odd(r, "the archive ends within the header of a member", err);
    memcpy(&h, r->at, sizeof h);
    ens_slice name = ens_bytes(h.name, strnlen(h.name, sizeof h.name));
    if (memcmp(h.magic, "ustar", 6) != 0 || !ens__archive_name_fits(name))
        return odd(r, "no header of a member, or one with a name that isn't taken", err);
    if (!read_size(&h, &size))
        return odd(r, "a member's size isn't written as it should be", err);
    fill_header(&wanted, h.name, name.len, size);
    if (memcmp(&h, &wanted, sizeof h) != 0)
        return odd(r, "a header has fields that evidence doesn't have: a link, a folder, an owner, a wrong sum", err);
    r->at += sizeof h;
    if (!ens_take(r, size, &out->bytes) || !ens_take(r, padding(size), &pad))
        return odd(r, "a member goes beyond the end of the archive", err);
    if (!all_zero(pad))
        return odd(r, "something stands between two members", err);
    out->name = ens_arena_text(arena, name);
    if (!out->name)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
    if (before->num && strcmp(before->member[before->num - 1].name, out->name) >= 0)
        return odd(r, "members don't stand in the order of their names, or one stands twice", err);
    return ENS_OK;
}

ens_code ens__archive_read(ens_slice file, ens_arena *arena, ens_archive *out, ens_err *err)
{
    ens_reader r = ens_read(file);
    ens_archive a = {0};
    size_t room = 0;
    if (file.len > ENS_ARCHIVE_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "the archive is too long", 0);
    while (ens_left(&r) && *r.at) {
        ens_member *grown = ens_arena_grow(arena, a.member, a.num, &room, sizeof *grown);
        if (!grown)
            return ens_fail(err, ENS_ENOMEM, NULL, "out of memory", 0);
        a.member = grown;
        if (a.num >= ENS_ARCHIVE_MEMBERS_MAX)
            return ens_fail(err, ENS_ELIMIT, RULE, "the archive has too many members", ens_at(&r));
        ens_code code = read_member(&r, arena, &a, &a.member[a.num], err);
        if (code != ENS_OK)
            return code;
        a.num++;
    }
    if (!a.num)
        return odd(&r, "no archive of evidence", err);
    if (ens_left(&r) != END || !all_zero(ens_bytes(r.at, END)))
        return odd(&r, "the archive doesn't end as it should: it is cut short, or something stands behind its end",
                   err);
    *out = a;
    return ENS_OK;
}

bool ens__archive_looks(ens_slice file)
{
    return file.len >= BLOCK && memcmp(file.p + offsetof(header, magic), "ustar", 6) == 0;
}

const ens_member *ens__archive_find(const ens_archive *archive, const char *name)
{
    const ens_member key = {.name = name};
    return archive->num ? bsearch(&key, archive->member, archive->num, sizeof *archive->member, by_name) : NULL;
}
