/* Any octets as a configuration: what is taken is within every bound, and its paths start at the folder of the file;
 * what is refused says why; and so it does the second time. */
#include "tests/fuzz/target.h"

#include "sti/point/config.h"

#include <string.h>

#define FILE_NAME "/etc/ensign/serve.yaml"

static void check_path(const char *path)
{
    ENS_HOLDS(!path || path[0] == '/' || ens__store_is_elsewhere(path));
}

static void check_paths(char *const *paths, unsigned num)
{
    for (unsigned i = 0; i < num; i++)
        check_path(paths[i]);
}

static void check_config(const ens_point_config *c)
{
    ENS_HOLDS(c->num_listen > 0 && c->num_listen <= ENS_SERVER_LISTENERS_MAX && c->num_trust > 0);
    ENS_HOLDS(c->seal.certificate && c->seal.key && c->seal.domain && c->store.path);
    ENS_HOLDS(c->retention.days >= ENS_POINT_DUPLICATES_DAYS && c->retention.megabytes > 0);
    ENS_HOLDS(c->error_status == 200 || c->error_status == 400 || c->error_status == 500);
    ENS_HOLDS(c->workers <= ENS_CONFIG_WORKERS_MAX && c->loops <= ENS_SERVER_LOOPS_MAX);
    ENS_HOLDS(c->body_megabytes > 0 && c->body_megabytes <= ENS_CONFIG_BODY_MEGABYTES_MAX);
    ENS_HOLDS(c->refresh_minutes <= ENS_CONFIG_REFRESH_MAX && c->num_faults <= ENS_FAULT_RULES_MAX);
    ENS_HOLDS(!c->num_faults || c->profile == ENS_PROFILE_REHEARSAL);
    for (unsigned i = 0; i < c->num_listen; i++)
        ENS_HOLDS(c->listen[i].address && (!c->listen[i].tls || c->tls.certificate));
    const char *const paths[] = {c->tls.certificate,  c->tls.key,         c->tls.pass_file,  c->tls.clients,
                                 c->seal.certificate, c->seal.key,        c->seal.pass_file, c->store.path,
                                 c->registry,         c->spool,           c->push.roots,     c->push.certificate,
                                 c->push.key,         c->revocation.cache};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        check_path(paths[i]);
    check_paths(c->trust, c->num_trust);
    check_paths(c->untrusted, c->num_untrusted);
    check_paths(c->crl, c->num_crl);
}

ENS_FUZZ_TARGET(config)
{
    static const char *const listen[] = {"0.0.0.0:8443", "plain:127.0.0.1:8080"};
    static const ens_config_overrides over[] = {
        {0}, {.store = "/var/lib/x.db", .log = "error", .listen = listen, .num_listen = 2}, {.log = "loud"}};
    ens_code codes[3];
    for (unsigned i = 0; i < 3; i++) {
        ens_point_config *c = NULL;
        ens_err err = {0};
        codes[i] = ens__config_parse(ens_bytes(data, size), FILE_NAME, &over[i], &c, &err);
        ENS_HOLDS((codes[i] == ENS_OK) == (c != NULL));
        if (c)
            check_config(c);
        else
            ENS_HOLDS(err.n > 0 && err.frame[0].what && err.frame[0].what[0]);
        ENS_HOLDS(i != 1 || !c || (c->num_listen == 2 && strcmp(c->store.path, "/var/lib/x.db") == 0));
        ens__config_free(c);
    }
    ENS_HOLDS(codes[2] != ENS_OK);
}
