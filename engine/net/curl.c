#include "engine/net/curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#define RULE "HTTP"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static ens__curl calls;
static char fault[ENS_ERR_TEXT]; /* why it isn't there; empty: it is */

static void keep_fault(const char *reason)
{
    snprintf(fault, sizeof fault, "%s", reason ? reason : ENS__CURL_FILE);
}

/* find puts a function where the table wants it: dlsym gives it as a pointer to data. */
static bool find(void *library, const char *name, void *out, size_t size)
{
    void *symbol = dlsym(library, name);
    if (symbol && size == sizeof symbol)
        memcpy(out, &symbol, size);
    return symbol != NULL;
}

static void load(void)
{
    void *library = dlopen(ENS__CURL_FILE, RTLD_NOW | RTLD_LOCAL);
    bool good = library != NULL;
#define FIND(name) good = good && find(library, "curl_" #name, &calls.name, sizeof calls.name);
    ENS__CURL_CALLS(FIND)
#undef FIND
    if (!good)
        keep_fault(dlerror());
    else if (calls.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        keep_fault("curl_global_init fails");
}

ens_code ens__curl_load(const ens__curl **out, ens_err *err)
{
    pthread_once(&once, load);
    *out = &calls;
    return fault[0]
               ? ens_fail_about(err, ENS_EIO, RULE, "libcurl can't be loaded; install it (Debian: libcurl4)", fault)
               : ENS_OK;
}
