#include "web/pages/asset.h"

#include "engine/base/digest.h"
#include "show/html.h"

#include <pthread.h>

#define TAG_BYTES 6

static char tag[2 * TAG_BYTES + 1];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void put_style(ens_buf *out)
{
    ens__html_style(out);
    ens_buf_put(out, ens__asset_style);
}

bool ens__asset_put(ens_slice path, ens_buf *out, const char **type)
{
    if (ens_is(path, "/assets/pages.css")) {
        *type = "text/css; charset=utf-8";
        put_style(out);
        return true;
    }
    if (ens_is(path, "/assets/pages.js")) {
        *type = "text/javascript; charset=utf-8";
        ens_buf_put(out, ens__asset_script);
        return true;
    }
    return false;
}

static void make_tag(void)
{
    ens_buf all;
    uint8_t sha256[32] = {0};
    ens_buf_init(&all, NULL, 0, (size_t)1 << 20);
    put_style(&all);
    ens_buf_put(&all, ens__asset_script);
    (void)!ens__sha256(ens_buf_slice(&all), sha256, NULL);
    ens__hex(ens_bytes(sha256, TAG_BYTES), tag);
    ens_buf_free(&all);
}

const char *ens__asset_tag(void)
{
    pthread_once(&made, make_tag);
    return tag;
}
