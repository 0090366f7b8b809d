#include "bench/token.h"

#include "certs/keys/keys.h"
#include "engine/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PIN "567890"
#define KEYS 4u /* sizes of keys that samples have */
#define URI_MAX 512

static struct {
    char folder[64];
    const char *module;
    struct {
        unsigned bits;
        EVP_PKEY *key;
    } held[KEYS];
    unsigned num;
} token;

bool ens__token_is_open(void)
{
    return token.module != NULL;
}

static const char *find_module(void)
{
    static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], R_OK) == 0)
            return places[i];
    return NULL;
}

bool ens__token_open(char reason[ENS_TOKEN_REASON])
{
    char command[1024], conf[96];
    const char *module = find_module();
    if (!module || system("command -v softhsm2-util >/dev/null") != 0)
        return snprintf(reason, ENS_TOKEN_REASON, "SoftHSM2 isn't on this machine"), false;
    strcpy(token.folder, "/tmp/ensign-bench-token-XXXXXX");
    if (!mkdtemp(token.folder)) {
        token.folder[0] = '\0';
        return snprintf(reason, ENS_TOKEN_REASON, "no folder can be made for it"), false;
    }
    snprintf(conf, sizeof conf, "%s/softhsm2.conf", token.folder);
    snprintf(command, sizeof command,
             "mkdir '%s/tokens' && echo 'directories.tokendir = %s/tokens' > '%s' && export SOFTHSM2_CONF='%s' && "
             "softhsm2-util --init-token --free --label bench --so-pin 12345678 --pin " PIN " >/dev/null",
             token.folder, token.folder, conf, conf);
    setenv("SOFTHSM2_CONF", conf, 1);
    if (system(command) != 0)
        return snprintf(reason, ENS_TOKEN_REASON, "SoftHSM2 makes no token"), false;
    token.module = module;
    return true;
}

void ens__token_close(void)
{
    char command[128];
    while (token.num)
        EVP_PKEY_free(token.held[--token.num].key);
    token.module = NULL;
    if (!token.folder[0])
        return;
    snprintf(command, sizeof command, "rm -rf '%s'", token.folder);
    if (system(command) != 0)
        fprintf(stderr, "ensign-bench: %s can't be removed\n", token.folder);
    token.folder[0] = '\0';
}

static void uri_of(const ens_sample *s, char out[URI_MAX])
{
    snprintf(out, URI_MAX, "pkcs11:token=bench;object=seal%u?module-path=%s", s->input.bits, token.module);
}

/* import puts the key of the sample into the token. */
static bool import(const ens_sample *s)
{
    char path[96], command[512];
    snprintf(path, sizeof path, "%s/key.pem", token.folder);
    snprintf(command, sizeof command,
             "softhsm2-util --import '%s' --token bench --label seal%u --id %04u --pin " PIN " >/dev/null", path,
             s->input.bits, s->input.bits);
    bool good = ens__file_write(path, ens_buf_slice(&s->key_pem), 0600, NULL) == ENS_OK && system(command) == 0;
    unlink(path);
    return good;
}

EVP_PKEY *ens__token_key(const ens_sample *s)
{
    char uri[URI_MAX];
    EVP_PKEY *key = NULL;
    for (unsigned i = 0; i < token.num; i++)
        if (token.held[i].bits == s->input.bits)
            return token.held[i].key;
    if (!token.module || token.num == KEYS || !import(s))
        return NULL;
    uri_of(s, uri);
    if (ens__key_load_for(ens_str(uri), PIN, ens_buf_slice(&s->chain_pem), NULL, &key, NULL) != ENS_OK)
        return NULL;
    token.held[token.num].bits = s->input.bits;
    token.held[token.num++].key = key;
    return key;
}

ens_code ens__token_sealer(const ens_sample *s, ens_sealer **out, ens_err *err)
{
    char uri[URI_MAX];
    if (!ens__token_key(s))
        return ens_fail(err, ENS_EIO, NULL, "the token takes no key", 0);
    uri_of(s, uri);
    const ens_sealer_options o = {.key = ens_str(uri),
                                  .key_pass = PIN,
                                  .certificate = ens_buf_slice(&s->chain_pem),
                                  .domain = "bench.example",
                                  .at = s->at};
    return ens_sealer_new(&o, out, err);
}
