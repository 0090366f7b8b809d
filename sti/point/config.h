/* How an access point is set up, as its file says it (docs/serve.md), and what it names, opened. */
#ifndef ENS_STI_POINT_CONFIG_H
#define ENS_STI_POINT_CONFIG_H

#include "sti/point/point.h"

#define ENS_CONFIG_FILE_MAX ((size_t)1 << 20)
#define ENS_CONFIG_LIST_MAX 64u /* entries of a list */
#define ENS_CONFIG_WORKERS_MAX 64u
#define ENS_CONFIG_BODY_MEGABYTES 64u /* where the file says nothing, as what follows */
#define ENS_CONFIG_DAYS 90u
#define ENS_CONFIG_MEGABYTES 4096u
#define ENS_CONFIG_BODY_MEGABYTES_MAX 500u
#define ENS_CONFIG_RECEIPT_SECONDS_MAX 3600u /* a lease lasts no longer */
#define ENS_CONFIG_TRIES_MAX 1000u

typedef enum { ENS_PROFILE_STRICT = 0, ENS_PROFILE_REHEARSAL } ens_profile;
const char *ens__profile_name(ens_profile profile);

typedef struct {
    char *address;
    bool tls;
} ens_config_listen;

typedef struct {
    char *certificate, *key, *pass_file, *clients; /* clients: anchors of those who may connect */
    ens_tls_client client;
} ens_config_tls;

typedef struct {
    char *certificate, *key, *pass_file, *domain;
} ens_config_seal;

typedef struct {
    char *path;
    ens_durable durable;
} ens_config_store;

typedef struct {
    char *party, *url;
} ens_config_channel;

typedef struct {
    char *certificate, *key, *roots; /* of the access point as a client */
    ens_config_channel *channels;    /* who is pushed to, and where */
    unsigned num_channels;
} ens_config_push;

typedef struct {
    unsigned receipt_seconds, tries;
} ens_config_pull;

typedef struct {
    unsigned days, megabytes;
} ens_config_retention;

/* Texts and numbers are the file's, or what stands for what it leaves out. NULL: nothing. */
typedef struct {
    ens_profile profile;
    ens_config_listen *listen;
    unsigned num_listen;
    char *path;
    ens_config_tls tls;
    ens_config_seal seal;
    char **trust, **untrusted, **crl;
    unsigned num_trust, num_untrusted, num_crl;
    ens_config_store store;
    char *registry;
    ens_config_push push;
    ens_config_pull pull;
    ens_config_retention retention;
    unsigned workers, loops, error_status, body_megabytes;
    char *spool;
    ens_log_level log;
} ens_point_config;

/* ens__config_read reads a file, strictly; paths in it start at its folder. *out is to be freed with ens__config_free.
 * Errors  ENS_EIO; ENS_ESYNTAX no YAML, an unknown key, a value that is none there, with line and column; ENS_EPOLICY
 * something is missing, or out of its range */
ENS_CHECK ens_code ens__config_read(const char *file, ens_point_config **out, ens_err *err);
void ens__config_free(ens_point_config *config);

/* ens__config_means opens what judges and seals; ens__config_tls what TLS shows and whom it lets in, NULL where nobody
 * listens with TLS. now_ms is the point's clock.
 * Errors  those of reading keys, certificates and lists; err names the file */
ENS_CHECK ens_code ens__config_means(const ens_point_config *c, ens_time at, ens_point_means **out, ens_err *err);
/* ens__config_push opens the rest: out->on is false where nobody is pushed to. The buffers are the caller's to wipe. */
ENS_CHECK ens_code ens__config_push(const ens_point_config *c, ens_buf *cert, ens_buf *key, ens_point_push *out,
                                    ens_err *err);
ENS_CHECK ens_code ens__config_tls(const ens_point_config *c, ens_time (*now)(void *ctx), void *ctx, ens_tls **out,
                                   ens_err *err);

#endif
