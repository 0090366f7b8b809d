/* How an access point is set up, as its file says it (docs/serve.md), and what it names, opened. */
#ifndef ENS_STI_POINT_CONFIG_H
#define ENS_STI_POINT_CONFIG_H

#include "sti/point/point.h"

#define ENS_CONFIG_FILE_MAX ((size_t)1 << 20)
#define ENS_CONFIG_LIST_MAX 64u /* entries of a list */
#define ENS_CONFIG_WORKERS_MAX 64u
#define ENS_CONFIG_NAMES_MAX 16u
#define ENS_CONFIG_LINKING_MAX (200u * 86400u)
#define ENS_CONFIG_BODY_MEGABYTES 64u /* where the file says nothing, as what follows */
#define ENS_CONFIG_DAYS 90u
#define ENS_CONFIG_MEGABYTES 4096u
#define ENS_CONFIG_REFRESH_MINUTES 60u
#define ENS_CONFIG_LISTS_HOURS 24u
#define ENS_CONFIG_LISTS_HOURS_MAX 168u
#define ENS_CONFIG_REFRESH_MAX 10080u /* a week */
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

/* How revocation is learnt: by files alone, or asked for as well, by a job of its own and never on a message's way. */
typedef struct {
    ens_revocation_mode mode;
    ens_reach online; /* ENS_REACH_KEPT: nobody is asked */
    char *cache;      /* folder of what was fetched; NULL: none */
} ens_config_revocation;

/* A cache of trusted lists that is kept up to date; cache NULL: none is. */
typedef struct {
    char *cache, *lotl, *anchors, *mirror;
    unsigned hours;
} ens_config_lists;

typedef struct {
    char *party, *action, *message_id, *lrn, *code, *subcode;
    ens_fault_kind fault;
    unsigned seconds, times;
    char *client, *certificate, *key; /* of connections */
    unsigned listener;
    int alert;
} ens_config_fault;

/* The pages and the API of the server; listen NULL: there are none. certificate NULL: plain, for the loopback alone. */
typedef struct {
    char *listen, *certificate, *key, *pass_file, *token_file, *users;
    char **names; /* that a Host may have, beside addresses and localhost */
    unsigned num_names, threads;
} ens_config_web;

typedef enum { ENS_ANSWERS_ICD = 0, ENS_ANSWERS_DOMIBUS } ens_config_answers;

/* Texts and numbers are the file's, or what stands for what it leaves out. NULL: nothing. */
typedef struct {
    ens_profile profile;
    char
        *environment; /* "conformance" or "production": of the rehearsed registration, and of MRNs; NULL: the store's */
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
    ens_config_revocation revocation;
    ens_config_lists lists;
    unsigned *refresh, refresh_minutes; /* how often files are read anew, and revocation is asked for; 0: never */
    ens_config_answers answers;
    bool error_fault; /* of SOAP, with an error signal */
    int said_fault;   /* what the file says of it: 0: nothing, 1: no, 2: yes */
    unsigned error_status;
    char *scenarios; /* a file of them */
    unsigned linking_seconds;
    ens_config_fault *faults;
    unsigned num_faults;
    unsigned workers, loops, body_megabytes;
    char *spool;
    ens_config_web web;
    ens_log_level log;
} ens_point_config;

/* What is said beside the file, and goes before it: by options, or by variables of the environment. */
typedef struct {
    const char *store, *registry, *log, *profile; /* NULL: as the file says */
    const char *const *listen; /* addresses with TLS, or "plain:" and one without, in place of the file's */
    size_t num_listen;
} ens_config_overrides;

/* ens__config_read reads a file, strictly; paths in it start at its folder. over may be NULL. *out is to be freed with
 * ens__config_free.
 * Errors  ENS_EIO; ENS_ESYNTAX no YAML, an unknown key, a value that is none there; ENS_EPOLICY something is missing,
 * or out of its range. Each with line and column where there is one */
ENS_CHECK ens_code ens__config_read(const char *file, const ens_config_overrides *over, ens_point_config **out,
                                    ens_err *err);
/* ens__config_parse is the same for the bytes of a file of that name. */
ENS_CHECK ens_code ens__config_parse(ens_slice yaml, const char *file, const ens_config_overrides *over,
                                     ens_point_config **out, ens_err *err);
void ens__config_free(ens_point_config *config);

/* The trust of means in use, and the one that asks for it, that others follow: NULL where there is none. */
typedef struct {
    const ens_trust *trust, *fetcher;
} ens_config_trusts;

/* ens__config_means opens what judges, seals and pushes; the registry is left to the caller. ens__config_tls opens what
 * TLS shows and whom it lets in, NULL where nobody listens with TLS, by the point's clock.
 * Errors  those of reading keys, certificates and lists; err names the file */
ENS_CHECK ens_code ens__config_means(const ens_point_config *c, const ens_config_trusts *old, ens_time at,
                                     ens_point_means **out, ens_err *err);
ENS_CHECK ens_code ens__config_tls(const ens_point_config *c, ens_time (*now)(void *ctx), void *ctx, ens_tls **out,
                                   ens_err *err);
/* ens__config_web_tls is what TLS shows on the web face, which asks nobody for a certificate; NULL: it is plain. */
ENS_CHECK ens_code ens__config_web_tls(const ens_point_config *c, ens_tls **out, ens_err *err);

#endif
