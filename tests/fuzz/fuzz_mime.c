/* Whatever comes in: bodies lie where `at` says, in the input or in what is left of it without codings, decoded ones
 * are no longer than what they came from, a package that is accepted has a root, and a second reading of the same bytes
 * gives the same parts. */
#include "tests/fuzz/target.h"

#include "as4/mime/mime.h"

#include <stdlib.h>

static void check_part(const ens_mime_part *part, ens_slice in)
{
    ENS_HOLDS(part->at <= in.len && part->body.len <= in.len - part->at);
    if (part->body.len && (part->encoding == ENS_ENCODING_BINARY || part->encoding == ENS_ENCODING_UNKNOWN))
        ENS_HOLDS(part->body.p == in.p + part->at);
    ENS_HOLDS(part->media_type.len <= part->content_type.len);
    ENS_HOLDS(!memchr(part->content_type.len ? (const char *)part->content_type.p : "", '\n', part->content_type.len));
}

static bool same_part(const ens_mime_part *a, const ens_mime_part *b)
{
    return a->at == b->at && a->encoding == b->encoding && ens_eq(a->body, b->body) &&
           ens_eq(a->content_id, b->content_id) && ens_eq(a->content_type, b->content_type);
}

ENS_FUZZ_TARGET(mime)
{
    ens_arena arena;
    ens_arena_init(&arena, (size_t)64 << 20);
    ens_report *report = ens_report_new(), *again = ens_report_new();
    ens_mime *m = calloc(2, sizeof *m);
    ens_slice in = ens_bytes(data, size);
    if (m && report && again) {
        ens__mime_read(in, (ens_slice){0}, &arena, &m[0], report);
        ens__mime_read(in, (ens_slice){0}, &arena, &m[1], again);
        ENS_HOLDS(ens_report_num(report) > 0 && ens_report_num(report) == ens_report_num(again));
        ENS_HOLDS(m[0].num_parts <= ENS_PARTS_MAX && m[0].num_parts == m[1].num_parts);
        ENS_HOLDS(ens_report_verdict(report) != ENS_ACCEPTED || m[0].root.body.len > 0);
        check_part(&m[0].root, m[0].in);
        ENS_HOLDS(same_part(&m[0].root, &m[1].root));
        for (unsigned i = 0; i < m[0].num_parts; i++) {
            check_part(&m[0].part[i], m[0].in);
            ENS_HOLDS(same_part(&m[0].part[i], &m[1].part[i]));
        }
        ens_slice cid = ens__cid_of(in, &arena);
        ENS_HOLDS(cid.len <= size);
    }
    free(m);
    ens_report_free(report);
    ens_report_free(again);
    ens_arena_free(&arena);
}
