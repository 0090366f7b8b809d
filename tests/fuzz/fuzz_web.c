/* What strangers send to pages and API: targets with their paths and queries, forms, uploads and JSON. The first octet
 * says which. What is read lies within what came, and no path leads up or hides anything; what is not read says why. */
#include "tests/fuzz/target.h"

#include "web/base/answer.h"
#include "web/base/feed.h"

#include <stdbool.h>

#define MEMORY ((size_t)16 << 20)

static bool is_clean(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] < 0x20 || s.p[i] == 0x7F)
            return false;
    return s.len && !ens_is(s, ".") && !ens_is(s, "..") && ens__is_utf8(s);
}

static void hold_pairs(ens_web_pairs p, size_t most, size_t size)
{
    size_t sum = 0;
    ENS_HOLDS(p.num <= most);
    for (size_t i = 0; i < p.num; i++)
        sum += p.pair[i].name.len + p.pair[i].value.len;
    ENS_HOLDS(sum <= size);
}

static void try_target(ens_arena *a, ens_slice in)
{
    ens_http_head head = {.method = ENS_LIT("GET"), .target = in, .num_fields = 1};
    ens_http_request http = {.head = &head};
    ens_web_request r = {.http = &http, .arena = a};
    unsigned status = 0;
    const char *why = NULL;
    ens_feed_filter filter;
    head.field[0] = (ens_http_field){ENS_LIT("Cookie"), in};
    bool good = ens__web_read(&r, &status, &why);
    ENS_HOLDS(good ? why == NULL : why && status >= 400 && status < 500);
    for (unsigned i = 0; good && i < r.num_segments; i++)
        ENS_HOLDS(is_clean(r.segment[i]));
    ens_slice cookie = ens__web_cookie(&r, "session");
    ENS_HOLDS(!cookie.p || (cookie.p >= in.p && cookie.p + cookie.len <= in.p + in.len));
    if (!good)
        return;
    hold_pairs(r.query, ENS_WEB_PAIRS_MAX, in.len);
    why = ens__feed_read(&r, &filter);
    ENS_HOLDS(why || (filter.kind >= -1 && filter.verdict >= -1 && filter.direction >= -1));
}

static void try_form(ens_arena *a, ens_slice in)
{
    ens_web_pairs p = {0};
    const char *why = NULL;
    bool good = ens__web_pairs_read(a, in, &p, &why);
    ENS_HOLDS(good == !why);
    if (good)
        hold_pairs(p, ENS_WEB_PAIRS_MAX, in.len);
}

/* The boundary is what stands before the first line's end. */
static void try_upload(ens_arena *a, ens_slice in)
{
    ens_web_pairs p = {0};
    const char *why = NULL;
    size_t end = ens__find(in, ENS_LIT("\n"), 0);
    ens_slice type = ens_sub(in, 0, end == SIZE_MAX ? in.len : end),
              body = end == SIZE_MAX ? in : ens_from(in, end + 1);
    bool good = ens__web_parts_read(a, type, body, &p, &why);
    ENS_HOLDS(good == !why);
    if (!good)
        return;
    hold_pairs(p, ENS_WEB_PARTS_MAX, body.len);
    for (size_t i = 0; i < p.num; i++)
        ENS_HOLDS(p.pair[i].value.p >= body.p && p.pair[i].value.p + p.pair[i].value.len <= body.p + body.len);
}

static void try_json(ens_slice in)
{
    json_t *json = NULL;
    const char *why = NULL;
    bool good = ens__web_json_read(in, &json, &why);
    ENS_HOLDS(good ? json_is_object(json) : !json && why);
    json_decref(json);
}

/* Values of others go into fields and cookies: none begins a field of its own. */
static void try_fields(ens_slice in)
{
    ens_web_answer a;
    ens_web_request r = {0};
    unsigned lines = 0;
    ens__web_answer_init(&a);
    ens__web_add(&a, "X", in);
    ens__web_download(&a, in);
    ens__web_set_cookie(&r, &a, "c", in);
    for (size_t i = 0; i < a.fields.len; i++) {
        lines += a.fields.p[i] == '\n';
        ENS_HOLDS(a.fields.p[i] != '\0' && a.fields.p[i] < 0x7F);
    }
    ENS_HOLDS(a.fields.failed || lines == 3);
    ens__web_answer_free(&a);
}

ENS_FUZZ_TARGET(web)
{
    ens_arena a;
    if (!size)
        return;
    ens_slice in = ens_bytes(data + 1, size - 1);
    ens_arena_init(&a, MEMORY);
    switch (data[0] % 5) {
    case 0:
        try_target(&a, in);
        break;
    case 1:
        try_form(&a, in);
        break;
    case 2:
        try_upload(&a, in);
        break;
    case 3:
        try_json(in);
        break;
    default:
        try_fields(in);
        break;
    }
    ens_arena_free(&a);
}
