#include "engine/base/igzip.h"

#ifdef ENS_ISAL_FILE

#include <dlfcn.h>
#include <isa-l/igzip_lib.h>
#include <pthread.h>
#include <stdlib.h>

#define LEVEL 1 /* what is higher is slower and, of XML, no smaller */
#define LEN_MAX ((size_t)1 << 30)

struct ens_igzip {
    struct isal_zstream stream;
    uint8_t table[ISAL_DEF_LVL1_DEFAULT];
};

static struct {
    void (*init)(struct isal_zstream *stream);
    int (*deflate)(struct isal_zstream *stream);
} isal;

/* load_isal keeps the library for as long as the process lives. */
static void load_isal(void)
{
    void *library = dlopen(ENS_ISAL_FILE, RTLD_NOW | RTLD_LOCAL);
    void *init = library ? dlsym(library, "isal_deflate_init") : NULL;
    void *deflate = library ? dlsym(library, "isal_deflate") : NULL;
    if (!init || !deflate)
        return;
    memcpy(&isal.init, &init, sizeof init); /* a pointer to data, that is one to a function */
    memcpy(&isal.deflate, &deflate, sizeof deflate);
}

ens_igzip *ens__igzip_new(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load_isal);
    return isal.deflate ? malloc(sizeof(ens_igzip)) : NULL;
}

void ens__igzip_free(ens_igzip *z)
{
    free(z);
}

void ens__igzip_begin(ens_igzip *z)
{
    struct isal_zstream *s = &z->stream;
    isal.init(s);
    s->level = LEVEL;
    s->level_buf = z->table;
    s->level_buf_size = sizeof z->table;
    s->gzip_flag = IGZIP_GZIP;
    s->flush = NO_FLUSH;
}

bool ens__igzip_add(ens_igzip *z, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made)
{
    struct isal_zstream *s = &z->stream;
    if (piece.len > LEN_MAX)
        return false;
    s->end_of_stream = last;
    s->next_in = (uint8_t *)(uintptr_t)piece.p; /* it is read only */
    s->avail_in = (uint32_t)piece.len;
    s->next_out = out;
    s->avail_out = (uint32_t)(room < UINT32_MAX ? room : UINT32_MAX);
    bool whole = isal.deflate(s) == COMP_OK && !s->avail_in && (!last || s->internal_state.state == ZSTATE_END);
    *made = (size_t)(s->next_out - out);
    return whole;
}

#else

ens_igzip *ens__igzip_new(void)
{
    return NULL;
}

void ens__igzip_free(ens_igzip *z)
{
    (void)z;
}

void ens__igzip_begin(ens_igzip *z)
{
    (void)z;
}

bool ens__igzip_add(ens_igzip *z, ens_slice piece, bool last, uint8_t *out, size_t room, size_t *made)
{
    (void)z, (void)piece, (void)last, (void)out, (void)room, (void)made;
    return false;
}

#endif
