/* Segments: files beside SQLite's own, one or more for each day, in which the octets of messages stand one behind the
 * other. SQLite would write each octet twice, to its log and to its file; here it is written once.
 *
 * A segment is a log as well. What a commit adds is one frame: a record that says all that came in, the length and
 * the SHA-256 of each of its octets, and the octets themselves. A frame is synced before the commit that refers to it,
 * and that commit needs no sync of its own: what the power takes of it is made again from the record (intake.h). What
 * stands behind the last frame that is whole is nothing, and is written over.
 *
 * Files are opened by the means of SQLite, which syncs the folder of a new one as well. */
#ifndef ENS_STI_STORE_SEGMENT_H
#define ENS_STI_STORE_SEGMENT_H

#include "engine/base/bytes.h"

#define ENS_SEGMENT_MAX ((int64_t)256 << 20) /* octets after which the next one begins */
#define ENS_SEGMENT_HEAD 64                  /* octets before the first frame */
#define ENS_SEGMENT_PATH 4160u
#define ENS_SEGMENT_SALT 16u

/* One of them, as the store's table has it. */
typedef struct {
    int64_t id, day; /* day: 20261128 */
    int64_t end;     /* of what was committed */
    uint8_t salt[ENS_SEGMENT_SALT];
} ens__segment;

/* Octets of a frame. */
typedef struct {
    ens_slice octets;
    uint8_t sha256[32];
} ens__piece;

/* Where octets are, as a row of the store says it. */
typedef struct {
    int64_t day, id, at, len;
    uint8_t sha256[32];
} ens__place;
#define ENS_PLACE_TEXT 160u /* bytes of one, written down */

void ens__place_write(const ens__place *place, char out[ENS_PLACE_TEXT]);
bool ens__place_read(ens_slice text, ens__place *out);

/* The files of one connection, opened when they are needed; one thread at a time. */
typedef struct ens__segments ens__segments;
/* ens__segments_new: path is SQLite's file. NULL without memory. */
ens__segments *ens__segments_new(const char *path, bool read_only);
void ens__segments_free(ens__segments *s);
const char *ens__segments_store(const ens__segments *s); /* the whole path of SQLite's file */

/* ens__segment_path names a segment's file: "store.db-20261128_7". */
void ens__segment_path(const char *store, int64_t day, int64_t id, char out[ENS_SEGMENT_PATH]);
/* ens__segment_make makes the file, synced with its folder. One that is there already belongs to nobody. */
ENS_CHECK ens_code ens__segment_make(ens__segments *s, const ens__segment *segment, ens_err *err);
/* ens__segment_drop takes the file away. */
void ens__segment_drop(ens__segments *s, int64_t day, int64_t id);
/* ens__segment_size is the size of the file, -1 where there is none. */
int64_t ens__segment_size(ens__segments *s, int64_t day, int64_t id);

/* ens__frame_at is where the octets of a frame begin that is put at the segment's end; ens__frame_end where it ends. */
int64_t ens__frame_at(const ens__segment *segment, ens_slice record, size_t num);
int64_t ens__frame_end(const ens__segment *segment, ens_slice record, const ens__piece *pieces, size_t num);
/* ens__segment_append writes a frame at the segment's end and syncs it; the end is moved by the caller, when it is
 * committed.   Errors  ENS_EIO */
ENS_CHECK ens_code ens__segment_append(ens__segments *s, const ens__segment *segment, ens_slice record,
                                       const ens__piece *pieces, size_t num, ens_err *err);
/* ens__segment_cut takes away what is behind the end: a frame that is not committed after all, or a part of one. */
void ens__segment_cut(ens__segments *s, const ens__segment *segment);
/* ens__segment_next reads the frame that was written behind the end and never committed: *there is false where none
 * is whole. Record and pieces (to be freed) borrow from frame. */
ENS_CHECK ens_code ens__segment_next(ens__segments *s, const ens__segment *segment, ens_buf *frame, ens_slice *record,
                                     ens__piece **pieces, size_t *num, bool *there, ens_err *err);
/* ens__segment_is_pending tells, without reading all of it, whether there may be one. */
bool ens__segment_is_pending(ens__segments *s, const ens__segment *segment);
/* ens__segment_read appends octets to out, if they are what was put there.
 * Errors  ENS_EIO the file is missing, shorter, or holds something else */
ENS_CHECK ens_code ens__segment_read(ens__segments *s, const ens__place *place, ens_buf *out, ens_err *err);
/* ens__segment_copy copies what was committed of a segment to the one of another store, synced. */
ENS_CHECK ens_code ens__segment_copy(ens__segments *from, ens__segments *to, const ens__segment *segment, ens_err *err);

#endif
