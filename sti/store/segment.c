/* Segments of octets. See segment.h. */
#include "sti/store/segment.h"

#include "engine/base/digest.h"
#include "engine/base/file.h"
#include "sti/store/sqlite_calls.h"

#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign store segment"
#define OPEN_MAX 4u
#define FRAME_HEAD 80u                /* bytes in front of a frame's pieces and record */
#define PIECE_HEAD 40u                /* bytes that say what a piece is: its length, its SHA-256 */
#define GATHER ((size_t)256 << 10)    /* what is smaller than a quarter of it is written together */
#define CALL_MAX ((size_t)64 << 10)   /* what one call writes or reads */
#define FRAME_MAX ((uint64_t)1 << 31) /* bytes of one, octets aside */
#define OCTETS_MAX ((uint64_t)1 << 40)
#define SYNC (SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)

static const char magic[16] = "Ensign octets 1", frame_magic[8] = "ENSframe";

typedef struct {
    int64_t id, day;
    sqlite3_file *file; /* NULL: the place is free */
    char path[ENS_SEGMENT_PATH];
} opened;

struct ens__segments {
    sqlite3_vfs *vfs;
    bool read_only;
    unsigned next; /* the place that is given to another file when all are taken */
    opened open[OPEN_MAX];
    uint8_t *gathered;
    char store[ENS_SEGMENT_PATH - 40];
};

/* -- Numbers ------------------------------------------------------------------------------------------------------ */

static void put_number(uint8_t *to, uint64_t n)
{
    for (unsigned i = 0; i < 8; i++)
        to[i] = (uint8_t)(n >> 8 * i);
}

static uint64_t get_number(const uint8_t *from)
{
    uint64_t n = 0;
    for (unsigned i = 8; i-- > 0;)
        n = n << 8 | from[i];
    return n;
}

void ens__place_write(const ens__place *p, char out[ENS_PLACE_TEXT])
{
    char hex[65];
    ens__hex(ens_bytes(p->sha256, 32), hex);
    snprintf(out, ENS_PLACE_TEXT, "%lld_%lld %lld %lld %s", (long long)p->day, (long long)p->id, (long long)p->at,
             (long long)p->len, hex);
}

bool ens__place_read(ens_slice text, ens__place *out)
{
    char copy[ENS_PLACE_TEXT], hex[65];
    long long day, id, at, len;
    int end = 0;
    if (text.len >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    if (sscanf(copy, "%8lld_%18lld %18lld %18lld %64[0-9a-f]%n", &day, &id, &at, &len, hex, &end) != 5 ||
        (size_t)end != text.len || strlen(hex) != 64 || day < 0 || id < 0 || at < 0 || len < 0)
        return false;
    *out = (ens__place){.day = day, .id = id, .at = at, .len = len};
    for (unsigned i = 0; i < 32; i++) {
        const char two[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out->sha256[i] = (uint8_t)strtoul(two, NULL, 16);
    }
    return true;
}

/* -- Files -------------------------------------------------------------------------------------------------------- */

ens__segments *ens__segments_new(const char *path, bool read_only)
{
    ens__segments *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->vfs = sqlite3_vfs_find(NULL);
    s->read_only = read_only;
    /* Links are followed, as SQLite does for its log: that is a success of another kind. */
    if (s->vfs && (s->vfs->xFullPathname(s->vfs, path, (int)sizeof s->store, s->store) & 0xFF) == SQLITE_OK)
        return s;
    free(s);
    return NULL;
}

static void close_file(opened *o)
{
    if (o->file && o->file->pMethods)
        o->file->pMethods->xClose(o->file);
    free(o->file);
    o->file = NULL;
}

void ens__segments_free(ens__segments *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < OPEN_MAX; i++)
        close_file(&s->open[i]);
    free(s->gathered);
    free(s);
}

const char *ens__segments_store(const ens__segments *s)
{
    return s->store;
}

void ens__segment_path(const char *store, int64_t day, int64_t id, char out[ENS_SEGMENT_PATH])
{
    snprintf(out, ENS_SEGMENT_PATH, "%s-%lld_%lld", store, (long long)day, (long long)id);
}

static ens_code failed_file(const opened *o, const char *what, ens_err *err)
{
    return ens_fail_about(err, ENS_EIO, RULE, what, o->path);
}

static opened *find_open(ens__segments *s, int64_t day, int64_t id)
{
    for (unsigned i = 0; i < OPEN_MAX; i++)
        if (s->open[i].file && s->open[i].id == id && s->open[i].day == day)
            return &s->open[i];
    return NULL;
}

/* take_place closes what was opened longest ago where there is no free one. */
static opened *take_place(ens__segments *s, int64_t day, int64_t id)
{
    opened *o = &s->open[s->next];
    s->next = (s->next + 1) % OPEN_MAX;
    close_file(o);
    o->id = id;
    o->day = day;
    ens__segment_path(s->store, day, id, o->path);
    return o;
}

static ens_code open_file(ens__segments *s, int64_t day, int64_t id, bool create, opened **out, ens_err *err)
{
    int flags = SQLITE_OPEN_MAIN_JOURNAL | (s->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE), got = 0;
    opened *o = find_open(s, day, id);
    *out = o;
    if (o)
        return ENS_OK;
    *out = o = take_place(s, day, id);
    o->file = calloc(1, (size_t)s->vfs->szOsFile);
    if (!o->file)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (s->vfs->xOpen(s->vfs, o->path, o->file, flags | (create ? SQLITE_OPEN_CREATE : 0), &got) == SQLITE_OK)
        return ENS_OK;
    close_file(o);
    return failed_file(o,
                       create ? "the file can't be made"
                              : "the file, which belongs to the store beside it and holds messages, is missing or "
                                "can't be opened: put it back, or restore both from a backup",
                       err);
}

/* SQLite's own files are written and read in pages: more than CALL_MAX at once is not for its calls. */
static ens_code put(const opened *o, const void *p, size_t len, int64_t at, ens_err *err)
{
    int status = SQLITE_OK;
    for (size_t done = 0, n; done < len && status == SQLITE_OK; done += n) {
        n = len - done < CALL_MAX ? len - done : CALL_MAX;
        status = o->file->pMethods->xWrite(o->file, (const uint8_t *)p + done, (int)n, at + (int64_t)done);
    }
    return status == SQLITE_OK ? ENS_OK
                               : failed_file(o, status == SQLITE_FULL ? "the disk is full" : "can't be written", err);
}

static ens_code sync_file(const opened *o, ens_err *err)
{
    return o->file->pMethods->xSync(o->file, SYNC) == SQLITE_OK ? ENS_OK : failed_file(o, "can't be synced", err);
}

static bool get(const opened *o, void *p, size_t len, int64_t at)
{
    int status = SQLITE_OK;
    for (size_t done = 0, n; done < len && status == SQLITE_OK; done += n) {
        n = len - done < CALL_MAX ? len - done : CALL_MAX;
        status = o->file->pMethods->xRead(o->file, (uint8_t *)p + done, (int)n, at + (int64_t)done);
    }
    return status == SQLITE_OK;
}

static int64_t size_of(const opened *o)
{
    sqlite3_int64 size = 0;
    return o->file->pMethods->xFileSize(o->file, &size) == SQLITE_OK ? size : -1;
}

ens_code ens__segment_make(ens__segments *s, const ens__segment *segment, ens_err *err)
{
    uint8_t head[ENS_SEGMENT_HEAD] = {0};
    opened *o = NULL;
    memcpy(head, magic, sizeof magic);
    put_number(head + 16, (uint64_t)segment->id);
    memcpy(head + 24, segment->salt, sizeof segment->salt);
    ens_code code = open_file(s, segment->day, segment->id, true, &o, err);
    if (code == ENS_OK && size_of(o) > 0 && o->file->pMethods->xTruncate(o->file, 0) != SQLITE_OK)
        code = failed_file(o, "can't be written", err);
    if (code == ENS_OK)
        code = put(o, head, sizeof head, 0, err);
    return code == ENS_OK ? sync_file(o, err) : code;
}

void ens__segment_drop(ens__segments *s, int64_t day, int64_t id)
{
    char path[ENS_SEGMENT_PATH];
    opened *o = find_open(s, day, id);
    if (o)
        close_file(o);
    ens__segment_path(s->store, day, id, path);
    s->vfs->xDelete(s->vfs, path, 0);
}

int64_t ens__segment_size(ens__segments *s, int64_t day, int64_t id)
{
    opened *o = NULL;
    return open_file(s, day, id, false, &o, NULL) == ENS_OK ? size_of(o) : -1;
}

/* -- Frames ------------------------------------------------------------------------------------------------------- */

/* What a frame's head says, and what proves it: a SHA-256 over the salt, the head before it, pieces and record. */
typedef struct {
    uint64_t record, num, octets;
} frame;

int64_t ens__frame_at(const ens__segment *segment, ens_slice record, size_t num)
{
    return segment->end + (int64_t)(FRAME_HEAD + num * PIECE_HEAD + record.len);
}

static uint64_t octets_of(const ens__piece *pieces, size_t num)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < num; i++)
        sum += pieces[i].octets.len;
    return sum;
}

int64_t ens__frame_end(const ens__segment *segment, ens_slice record, const ens__piece *pieces, size_t num)
{
    return ens__frame_at(segment, record, num) + (int64_t)octets_of(pieces, num);
}

static void put_head(const ens__segment *segment, const frame *f, uint8_t head[FRAME_HEAD])
{
    memset(head, 0, FRAME_HEAD);
    memcpy(head, frame_magic, sizeof frame_magic);
    put_number(head + 8, (uint64_t)segment->end);
    put_number(head + 16, f->record);
    put_number(head + 24, f->num);
    put_number(head + 32, f->octets);
}

static ens_code prove(const ens__segment *segment, const uint8_t head[FRAME_HEAD], ens_slice body, uint8_t out[32],
                      ens_err *err)
{
    uint8_t digest[ENS_DIGEST_MAX];
    ens_digest d = {0};
    ens_code code = ens__digest_init(&d, ENS_SHA256, err);
    if (code != ENS_OK)
        return code;
    ens__digest_start(&d);
    ens__digest_add(&d, ens_bytes(segment->salt, sizeof segment->salt));
    ens__digest_add(&d, ens_bytes(head, 40));
    ens__digest_add(&d, body);
    code = ens__digest_end(&d, digest, err);
    ens__digest_clear(&d);
    memcpy(out, digest, 32);
    return code;
}

/* What is gathered is written when it is much. */
typedef struct {
    const opened *file;
    uint8_t *gathered;
    size_t len;
    int64_t at;
} writer;

static ens_code flush_writer(writer *w, ens_err *err)
{
    ens_code code = w->len ? put(w->file, w->gathered, w->len, w->at, err) : ENS_OK;
    w->at += (int64_t)w->len;
    w->len = 0;
    return code;
}

static ens_code add(writer *w, ens_slice s, ens_err *err)
{
    ens_code code = w->len + s.len > GATHER ? flush_writer(w, err) : ENS_OK;
    if (code == ENS_OK && s.len > GATHER / 4) {
        code = flush_writer(w, err);
        if (code == ENS_OK)
            code = put(w->file, s.p, s.len, w->at, err);
        w->at += (int64_t)s.len;
    } else if (code == ENS_OK && s.len) {
        memcpy(w->gathered + w->len, s.p, s.len);
        w->len += s.len;
    }
    return code;
}

/* describe writes down what a frame holds, but for the octets. */
static void describe(ens_slice record, const ens__piece *pieces, size_t num, ens_buf *out)
{
    for (size_t i = 0; i < num; i++) {
        uint8_t len[8];
        put_number(len, pieces[i].octets.len);
        ens_buf_add(out, len, sizeof len);
        ens_buf_add(out, pieces[i].sha256, sizeof pieces[i].sha256);
    }
    ens_buf_put(out, record);
}

static ens_code write_frame(ens__segments *s, const ens__segment *segment, const opened *o, ens_slice body,
                            const frame *f, const ens__piece *pieces, ens_err *err)
{
    uint8_t head[FRAME_HEAD];
    writer w = {.file = o, .gathered = s->gathered, .at = segment->end};
    put_head(segment, f, head);
    ens_code code = prove(segment, head, body, head + 40, err);
    if (code == ENS_OK)
        code = add(&w, ens_bytes(head, sizeof head), err);
    if (code == ENS_OK)
        code = add(&w, body, err);
    for (size_t i = 0; i < f->num && code == ENS_OK; i++)
        code = add(&w, pieces[i].octets, err);
    return code == ENS_OK ? flush_writer(&w, err) : code;
}

ens_code ens__segment_append(ens__segments *s, const ens__segment *segment, ens_slice record, const ens__piece *pieces,
                             size_t num, ens_err *err)
{
    uint8_t storage[16384];
    const frame f = {record.len, num, octets_of(pieces, num)};
    opened *o = NULL;
    ens_buf body;
    if (!s->gathered && !(s->gathered = malloc(GATHER)))
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    ens_buf_init(&body, storage, sizeof storage, FRAME_MAX);
    describe(record, pieces, num, &body);
    ens_code code = ens_buf_done(&body, err);
    if (code == ENS_OK)
        code = open_file(s, segment->day, segment->id, false, &o, err);
    if (code == ENS_OK)
        code = write_frame(s, segment, o, ens_buf_slice(&body), &f, pieces, err);
    ens_buf_free(&body);
    return code == ENS_OK ? sync_file(o, err) : code;
}

void ens__segment_cut(ens__segments *s, const ens__segment *segment)
{
    opened *o = NULL;
    if (open_file(s, segment->day, segment->id, false, &o, NULL) == ENS_OK && size_of(o) > segment->end)
        o->file->pMethods->xTruncate(o->file, segment->end);
}

/* read_head is false where no frame begins. */
static bool read_head(const ens__segment *segment, const opened *o, uint8_t head[FRAME_HEAD], frame *f)
{
    if (!get(o, head, FRAME_HEAD, segment->end) || memcmp(head, frame_magic, sizeof frame_magic) != 0 ||
        get_number(head + 8) != (uint64_t)segment->end)
        return false;
    *f = (frame){get_number(head + 16), get_number(head + 24), get_number(head + 32)};
    return f->record < FRAME_MAX && f->num < FRAME_MAX / PIECE_HEAD && f->octets < OCTETS_MAX &&
           segment->end + (int64_t)(FRAME_HEAD + f->record + f->num * PIECE_HEAD + f->octets) <= size_of(o);
}

bool ens__segment_is_pending(ens__segments *s, const ens__segment *segment)
{
    uint8_t head[FRAME_HEAD];
    opened *o = NULL;
    frame f;
    return open_file(s, segment->day, segment->id, false, &o, NULL) == ENS_OK && read_head(segment, o, head, &f);
}

static bool read_pieces(const frame *f, const ens_buf *whole, ens__piece *pieces)
{
    size_t body = (size_t)(f->num * PIECE_HEAD + f->record);
    ens_reader octets = ens_read(ens_from(ens_buf_slice(whole), body));
    for (size_t i = 0; i < f->num; i++) {
        const uint8_t *at = whole->p + i * PIECE_HEAD;
        uint8_t sha256[32];
        memcpy(pieces[i].sha256, at + 8, 32);
        if (!ens_take(&octets, (size_t)get_number(at), &pieces[i].octets) ||
            ens__sha256(pieces[i].octets, sha256, NULL) != ENS_OK || memcmp(sha256, at + 8, 32) != 0)
            return false;
    }
    return ens_left(&octets) == 0;
}

static bool get_all(const opened *o, ens_buf *out, size_t len, int64_t at)
{
    uint8_t *to = ens_buf_room(out, len);
    if (!to || !get(o, to, len, at))
        return false;
    out->len += len;
    return true;
}

ens_code ens__segment_next(ens__segments *s, const ens__segment *segment, ens_buf *whole, ens_slice *record,
                           ens__piece **pieces, size_t *num, bool *there, ens_err *err)
{
    uint8_t head[FRAME_HEAD], sha256[32];
    opened *o = NULL;
    frame f;
    *there = false;
    *pieces = NULL;
    whole->len = 0;
    ens_code code = open_file(s, segment->day, segment->id, false, &o, err);
    if (code != ENS_OK || !read_head(segment, o, head, &f))
        return code;
    size_t body = (size_t)(f.num * PIECE_HEAD + f.record);
    if (!get_all(o, whole, body + (size_t)f.octets, segment->end + FRAME_HEAD))
        return whole->failed ? ens_buf_done(whole, err) : failed_file(o, "can't be read", err);
    code = prove(segment, head, ens_sub(ens_buf_slice(whole), 0, body), sha256, err);
    if (code != ENS_OK || memcmp(sha256, head + 40, 32) != 0)
        return code;
    *pieces = calloc((size_t)f.num + 1, sizeof **pieces);
    if (!*pieces)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    *there = read_pieces(&f, whole, *pieces);
    *record = ens_bytes(whole->p + f.num * PIECE_HEAD, (size_t)f.record);
    *num = (size_t)f.num;
    return ENS_OK;
}

ens_code ens__segment_read(ens__segments *s, const ens__place *p, ens_buf *out, ens_err *err)
{
    uint8_t sha256[32];
    opened *o = NULL;
    size_t before = out->len;
    ens_code code = open_file(s, p->day, p->id, false, &o, err);
    if (code != ENS_OK)
        return code;
    if (!get_all(o, out, (size_t)p->len, p->at))
        return out->failed ? ens_buf_done(out, err)
                           : failed_file(o,
                                         "the file of a store's messages is shorter than it has to be: put the "
                                         "right one there, or restore both from a backup",
                                         err);
    code = ens__sha256(ens_bytes(out->p + before, (size_t)p->len), sha256, err);
    if (code == ENS_OK && memcmp(sha256, p->sha256, 32) == 0)
        return ENS_OK;
    out->len = before;
    return code != ENS_OK ? code
                          : failed_file(o,
                                        "the file of a store's messages holds others, or is damaged: put the right "
                                        "one there, or restore both from a backup",
                                        err);
}

/* What is behind the end in the copy is nothing: it begins with no frame. */
ens_code ens__segment_copy(ens__segments *from, ens__segments *to, const ens__segment *segment, ens_err *err)
{
    opened *source = NULL, *copy = NULL;
    uint8_t *piece = malloc(GATHER);
    ens_code code = piece ? open_file(from, segment->day, segment->id, false, &source, err)
                          : ens_fail(err, ENS_ENOMEM, RULE, "out of memory", 0);
    if (code == ENS_OK)
        code = open_file(to, segment->day, segment->id, true, &copy, err);
    if (code == ENS_OK && copy->file->pMethods->xTruncate(copy->file, 0) != SQLITE_OK)
        code = failed_file(copy, "can't be written", err);
    for (int64_t at = 0; at < segment->end && code == ENS_OK; at += (int64_t)GATHER) {
        size_t n = segment->end - at < (int64_t)GATHER ? (size_t)(segment->end - at) : GATHER;
        code = get(source, piece, n, at) ? put(copy, piece, n, at, err)
                                         : failed_file(source, "is shorter than it has to be", err);
    }
    if (code == ENS_OK)
        code = sync_file(copy, err);
    free(piece);
    return code;
}
