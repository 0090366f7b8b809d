#define ENS__XML_BARE
#include "engine/xml/reference/xml_calls.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static ens__xml_table calls;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static char fault[256]; /* why it isn't there; empty: it is, or nobody asked yet */

static bool find_call(void *library, const char *name, void *out)
{
    void *symbol = dlsym(library, name); /* a pointer to data, that is one to a function */
    memcpy(out, &symbol, sizeof symbol);
    return symbol != NULL;
}

/* It stays for as long as the process lives. */
static void load_xml(void)
{
    void *library = dlopen(ENS_LIBXML2_FILE, RTLD_LAZY | RTLD_LOCAL);
    bool good = library && find_call(library, "xmlFree", &calls.free);
#define FIND(call) good = good && find_call(library, #call, &calls.call);
    ENS__XML_CALLS(FIND)
#undef FIND
    if (good)
        calls.xmlInitParser();
    else
        snprintf(fault, sizeof fault, "%s", dlerror());
}

const ens__xml_table *ens__xml_calls(void)
{
    pthread_once(&once, load_xml);
    return &calls;
}

ens_code ens__xml_load(ens_err *err)
{
    ens__xml_calls();
    return fault[0] ? ens_fail_about(err, ENS_EIO, NULL, "libxml2 can't be loaded; install it (Debian: libxml2)", fault)
                    : ENS_OK;
}
