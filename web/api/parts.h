/* What the API's own files share: api.c the room, its spaces and its token, describe.c its description, and a file for
 * each kind of thing that is asked for. Each has a table of routes; what a row says of itself is what the description
 * says. */
#ifndef ENS_WEB_API_PARTS_H
#define ENS_WEB_API_PARTS_H

#include "show/output.h"
#include "sti/filing/desk.h"
#include "sti/registry/enrolment.h"
#include "web/api/api.h"
#include "web/base/feed.h"

#define ENS_API_LIST 100u /* rows of a list, unless limit says otherwise */
#define ENS_API_LIST_MAX 1000u
#define ENS_API_BODY ((size_t)64 << 20) /* bytes of a message, a document, a file */
#define ENS_API_ROUTES_MAX 96u
#define ENS_API_TIME_MAX ((ens_time)253402300799) /* 9999-12-31T23:59:59Z */

/* A route, and what the description says of it. Parameters stand as "name:type:words|...", type being string, integer
 * or boolean; contents as "media/type=Schema|…", "-" for one without a schema. */
typedef struct {
    ens_web_route route;
    const char *id, *tag, *summary;
    const char *query;    /* parameters; NULL: none */
    const char *takes;    /* the body; NULL: none */
    const char *gives;    /* what comes back; NULL: nothing (204) */
    unsigned status;      /* of success: 200, 201, 202, 204 */
    const char *refusals; /* "404|409": beside those that every route has */
} ens_api_route;

typedef struct {
    const ens_api_route *route;
    size_t num;
} ens_api_routes;

typedef struct ens_api_keys ens_api_keys; /* idempotency keys */

struct ens_api {
    ens_web_ground ground;
    ens__store *store;
    ens_board *board;
    ens__uumds *registry;
    ens_feed *feed;
    ens_web_token token;
    char *demo;
    unsigned lists_hours; /* how old lists may be; 0: none are kept */
    bool rehearsal;
    ens_api_keys *keys;
    ens_web_route flat[ENS_API_ROUTES_MAX];
    size_t num_flat;
    ens_buf description; /* the OpenAPI document, written once */
};

/* The tables, in the order of the description. */
ens_api_routes ens__api_of_judging(void);
ens_api_routes ens__api_of_journal(void);
ens_api_routes ens__api_of_filings(void);
ens_api_routes ens__api_of_parties(void);
ens_api_routes ens__api_of_registrations(void);
ens_api_routes ens__api_of_rehearsal(void); /* faults, scenarios */
ens_api_routes ens__api_of_spaces(void);    /* clocks, spaces */
ens_api_routes ens__api_of_service(void);   /* what runs: description, counts */

/* ens__api_route gives the nth row of all tables, NULL past the last; ens__api_route_of the one that a request fits. */
const ens_api_route *ens__api_route(unsigned nth);
const ens_api_route *ens__api_route_of(ens_web_request *r);
void ens__api_call(void *ctx, ens_web_request *r, ens_web_answer *a);

/* Refusals in few words: each sets a and returns. */
void ens__api_refuse(ens_web_answer *a, unsigned status, const char *detail, const char *hint);
/* ens__api_is_space tells whether a text can name a space: it looks like an EORI. */
bool ens__api_is_space(ens_slice name);
/* ens__api_space is the request's space, "" for the environment. */
const char *ens__api_space(const ens_web_request *r);
/* ens__api_is_of tells whether a party id, or an EORI, may be seen in the request's space. */
bool ens__api_is_of(const ens_web_request *r, ens_slice party);
/* ens__api_since is the row behind which the journal of the space begins. */
uint64_t ens__api_since(ens_api *api, const char *space);
/* ens__api_filter reads the filter of a request, in its space; false: a has the refusal. */
bool ens__api_filter(ens_api *api, const ens_web_request *r, ens_feed_filter *out, ens_web_answer *a);
/* ens__api_body reads the JSON of the body; false: a has the refusal. Members beside those that are named (ended by
 * NULL) are refused. ens__api_text gives a member's text: NULL where there is none; *good turns false where it is no
 * text, or longer than max. */
bool ens__api_body(ens_web_request *r, ens_web_answer *a, const char *const *members);
const char *ens__api_text(const ens_web_request *r, const char *member, size_t max, bool *good);
/* ens__api_limit reads limit; false: a has the refusal. */
bool ens__api_limit(const ens_web_request *r, ens_web_answer *a, size_t *out);
/* ens__api_flag reads a parameter that is true or false (the default); false: a has the refusal. */
bool ens__api_flag(const ens_web_request *r, ens_web_answer *a, const char *name, bool *out);

/* judge.c: what a thread judges with. ens__api_read_message takes a message apart, whoever sealed it: nothing of it is
 * proven. *out lives until the next. */
void *ens__api_make_judging(void *ctx);
void ens__api_drop_judging(void *of);
void ens__api_read_message(void *judging, ens_slice raw, ens_message *out);

/* keys.c: what came before by the same Idempotency-Key. ens__api_begin_key: true: go on, and ens__api_end_key keeps
 * what came of it; false: a has the answer (the first one again, or a refusal). */
ens_api_keys *ens__api_keys_new(void);
void ens__api_keys_free(ens_api_keys *k);
bool ens__api_begin_key(ens_api_keys *k, const ens_web_request *r, ens_web_answer *a);
void ens__api_end_key(ens_api_keys *k, const ens_web_request *r, const ens_web_answer *a);

/* describe.c: the OpenAPI document of all tables. */
ENS_CHECK ens_code ens__api_describe(ens_buf *out, ens_err *err);
extern const ens_slice ens__api_schemas; /* components.schemas, of schemas.json */

/* metrics.c */
void ens__api_show_metrics(void *room, ens_web_request *r, ens_web_answer *a);
void ens__api_show_alive(void *room, ens_web_request *r, ens_web_answer *a);
void ens__api_show_ready(void *room, ens_web_request *r, ens_web_answer *a);

/* junit.c: one test case, as build servers read it. */
void ens__api_junit(const char *suite, const char *name, double seconds, const char *failure, ens_web_answer *a);

#endif
