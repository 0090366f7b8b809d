#include "sti/store/pq.h"

#include <dlfcn.h>
#include <pthread.h>

#define LIBRARY "libpq.so.5"

static ens__pq loaded;
static bool complete;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL); /* for as long as the process lives */
    complete = library != NULL;
#define TAKE(name) complete = complete && (*(void **)&loaded.name = dlsym(library, #name)) != NULL;
    ENS_PQ_FUNCTIONS(TAKE)
#undef TAKE
}

ens_code ens__pq_load(const ens__pq **out, ens_err *err)
{
    pthread_once(&once, load);
    *out = &loaded;
    return complete ? ENS_OK
                    : ens_fail(err, ENS_EPOLICY, "Ensign store in PostgreSQL",
                               "libpq is not there, or older than PostgreSQL 14: install libpq5", 0);
}
