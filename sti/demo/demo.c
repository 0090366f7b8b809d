#include "sti/demo/demo.h"

#include "certs/keys/chain.h"
#include "engine/base/digest.h"
#include "engine/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RULE "Ensign demo"
#define PORTS_MAX 256u
#define FILE_MAX ((size_t)1 << 20)

/* make_folder gives the absolute name of a folder that is there by then. */
static ens_code make_folder(const char *folder, ens__demo *d, ens_err *err)
{
    char temporary[ENS_DEMO_PATH], *real = NULL;
    if (!folder) {
        const char *parent = getenv("TMPDIR");
        int n = snprintf(temporary, sizeof temporary, "%s/ensign-demo-XXXXXX", parent && *parent ? parent : "/tmp");
        if (n > 0 && (size_t)n < sizeof temporary && mkdtemp(temporary))
            folder = temporary;
    } else if (mkdir(folder, 0755) != 0 && errno != EEXIST) {
        return ens_fail_about(err, ENS_EIO, RULE, strerror(errno), folder);
    }
    real = folder ? realpath(folder, NULL) : NULL;
    bool good = real && strlen(real) + 64 < ENS_DEMO_PATH;
    if (good) {
        snprintf(d->folder, sizeof d->folder, "%s", real);
        snprintf(d->pki, sizeof d->pki, "%s/pki", real);
        snprintf(d->store, sizeof d->store, "%s/store.db", real);
    }
    free(real);
    return good ? ENS_OK : ens_fail_about(err, ENS_EIO, RULE, "there is no such folder", folder ? folder : "");
}

static char *in_pki(ens__demo *d, const char *name)
{
    return ens_arena_printf(&d->arena, "%s/%s", d->pki, name);
}

/* read_ports takes the ports of the last start, a line each; 0, any, where there are none. */
static void read_ports(ens__demo *d)
{
    char path[ENS_DEMO_PATH + 16];
    ens_file f = {0};
    ens_reader r = {0};
    snprintf(path, sizeof path, "%s/ports", d->folder);
    if (ens__file_open(path, PORTS_MAX, &f, NULL) == ENS_OK)
        r = ens_read(f.bytes);
    for (unsigned i = 0; i < sizeof d->address / sizeof *d->address; i++) {
        ens_slice line = ENS_LIT("0");
        if (r.at && (!ens_take_line(&r, &line) || !line.len || line.len > 5))
            line = ENS_LIT("0");
        snprintf(d->address[i], sizeof d->address[i], "127.0.0.1:%.*s", (int)line.len, (const char *)line.p);
    }
    ens__file_close(&f);
}

static ens_code fill_config(ens__demo *d, ens_err *err)
{
    ens_point_config *c = &d->config;
    for (unsigned i = 0; i < 2; i++)
        d->listen[i] = (ens_config_listen){d->address[i], i == 0};
    *c = (ens_point_config){.profile = ENS_PROFILE_REHEARSAL, .listen = d->listen, .num_listen = 2};
    c->tls.certificate = in_pki(d, "tls-server.pem");
    c->tls.key = in_pki(d, "tls-server.key");
    c->tls.clients = in_pki(d, "tls-root.pem");
    c->seal.certificate = in_pki(d, "sti.pem");
    c->seal.key = in_pki(d, "sti.key");
    c->seal.domain = ens_arena_printf(&d->arena, "sti.localhost");
    d->anchors[0] = in_pki(d, "root.pem");
    c->trust = d->anchors;
    c->num_trust = 1;
    c->push.certificate = in_pki(d, "tls-sti.pem");
    c->push.key = in_pki(d, "tls-sti.key");
    c->push.roots = in_pki(d, "tls-root.pem");
    c->push.channels = d->channel;
    c->store.path = d->store;
    c->registry = d->store;
    c->retention.days = ENS_CONFIG_DAYS;
    c->retention.megabytes = ENS_CONFIG_MEGABYTES;
    c->body_megabytes = ENS_CONFIG_BODY_MEGABYTES;
    c->log = ENS_LOG_INFO;
    c->web.listen = d->address[2];
    c->web.token_file = ens_arena_printf(&d->arena, "%s/" ENS_DEMO_TOKEN, d->folder);
    return c->tls.certificate && c->tls.key && c->tls.clients && c->seal.certificate && c->seal.key && c->seal.domain &&
                   c->web.token_file && d->anchors[0]
               ? ENS_OK
               : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for the demo", 0);
}

ens_code ens__demo_open(const char *folder, ens_time at, ens__demo *d, ens_err *err)
{
    ens_time now = ens_time_now();
    *d = (ens__demo){0};
    ens_arena_init(&d->arena, FILE_MAX);
    ens_code code = make_folder(folder, d, err);
    if (code != ENS_OK)
        return code;
    d->fresh = !ens__file_is_folder(d->pki);
    if (d->fresh)
        code = ens__demo_pki_make(d->pki, at < now ? at : now, at > now ? at : now, err);
    if (code != ENS_OK)
        return code;
    read_ports(d);
    return fill_config(d, err);
}

ens_code ens__demo_push(ens__demo *d, const char *channel, ens_err *err)
{
    const char *equals = strchr(channel, '=');
    ens_point_config *c = &d->config;
    if (!equals || equals == channel || !equals[1])
        return ens_fail_about(err, ENS_ESYNTAX, RULE, "a channel is PARTYID=URL", channel);
    if (c->push.num_channels == ENS_CONFIG_LIST_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "too many channels", 0);
    ens_config_channel *to = &d->channel[c->push.num_channels];
    to->party = ens_arena_text(&d->arena, ens_bytes(channel, (size_t)(equals - channel)));
    to->url = ens_arena_text(&d->arena, ens_str(equals + 1));
    if (!to->party || !to->url)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a channel", 0);
    c->push.num_channels++;
    return ENS_OK;
}

void ens__demo_close(ens__demo *d)
{
    ens_arena_free(&d->arena);
}

/* read_registration makes the registration of a party's certificate. */
static ens_code read_registration(const ens__demo *d, const ens__demo_party *party, ens__registration *out,
                                  ens_err *err)
{
    char path[ENS_DEMO_PATH + 64];
    ens_file f = {0};
    ens_chain chain;
    ens_chain_facts facts;
    ens_arena arena;
    uint8_t sha256[32];
    ens_arena_init(&arena, FILE_MAX);
    snprintf(path, sizeof path, "%s/%s.pem", d->pki, party->name);
    ens_code code = ens__file_open(path, FILE_MAX, &f, err);
    if (code == ENS_OK)
        code = ens__chain_load(f.bytes, NULL, &arena, &chain, &facts, err);
    if (code == ENS_OK)
        code = ens__sha256(chain.cert[0].der, sha256, err);
    if (code == ENS_OK) {
        *out = (ens__registration){
            .not_before = chain.cert[0].not_before, .not_after = chain.cert[0].not_after, .unchecked = true};
        snprintf(out->eori, sizeof out->eori, "%s", party->eori);
        memcpy(out->member_state, party->eori, 2);
        snprintf(out->subject, sizeof out->subject, "%s", party->words);
        ens__hex(ens_bytes(sha256, sizeof sha256), out->sha256);
    }
    ens__file_close(&f);
    ens_arena_free(&arena);
    return code;
}

static ens_code enrol(const ens__demo *d, const ens__demo_party *party, ens__uumds *registry, ens_err *err)
{
    ens__party p = {0}, known;
    ens__registration r;
    bool found = false;
    ens_code code = ens__uumds_party(registry, ens_str(party->eori), &known, &found, err);
    if (code != ENS_OK || found)
        return code;
    snprintf(p.eori, sizeof p.eori, "%s", party->eori);
    snprintf(p.name, sizeof p.name, "%s", party->words);
    code = read_registration(d, party, &r, err);
    if (code == ENS_OK)
        code = ens__uumds_enrol(registry, &p, ens_str(party->eori), err);
    return code == ENS_OK ? ens__uumds_certify(registry, &r, err) : code;
}

/* ask_for_all has a party told of everything that customs tell those who ask, unless it said otherwise. */
static ens_code ask_for_all(const ens__demo_party *party, ens__store *store, ens_err *err)
{
    ens__preference p = {.wants = "IE3R01 IE3N02 IE3N03 IE3N04 IE3N05 IE3N07 IE3N09"};
    bool found = false;
    ens_code code = ens__store_find_preference(store, ens_str(party->eori), &p, &found, err);
    if (code != ENS_OK || found)
        return code;
    snprintf(p.eori, sizeof p.eori, "%s", party->eori);
    snprintf(p.party_id, sizeof p.party_id, "%s", party->eori);
    return ens__store_put_preference(store, &p, err);
}

ens_code ens__demo_enrol(const ens__demo *d, ens__store *store, ens__uumds *registry, ens_err *err)
{
    ens_code code = ENS_OK;
    for (unsigned i = 0; i < ENS_DEMO_PARTIES && code == ENS_OK; i++) {
        code = enrol(d, &ens__demo_parties[i], registry, err);
        if (code == ENS_OK)
            code = ask_for_all(&ens__demo_parties[i], store, err);
    }
    return code;
}

ens_code ens__demo_keep_ports(const ens__demo *d, const ens_point *point, const char *web, ens_err *err)
{
    char path[ENS_DEMO_PATH + 16], text[64];
    const char *tls = strrchr(ens__point_address(point, 0), ':'), *plain = strrchr(ens__point_address(point, 1), ':');
    const char *third = strrchr(web, ':');
    snprintf(path, sizeof path, "%s/ports", d->folder);
    int n = snprintf(text, sizeof text, "%s\n%s\n%s\n", tls ? tls + 1 : "0", plain ? plain + 1 : "0",
                     third ? third + 1 : "0");
    return ens__file_write(path, ens_bytes(text, (size_t)n), 0644, err);
}
