/* A client of the API that holds each answer against the description which the server itself gives: the path, the
 * method, the status and the schema of the body must stand there. */
#ifndef ENS_TESTS_WEB_REST_H
#define ENS_TESTS_WEB_REST_H

#include "tests/cli/stand_in.h"

typedef struct {
    char address[64], token[128]; /* "127.0.0.1:1" */
    json_t *description;          /* NULL: nothing is held against it */
    json_t *seen;                 /* operations that were done with success */
} rest;

typedef struct {
    unsigned status;
    char *head, *body; /* with NUL; freed by the next call with the same answer, and by rest_drop */
    size_t len;        /* of the body */
    json_t *json;      /* NULL: it is none */
} rest_answer;

/* rest_open reads the token and the description of a stand-in. */
bool rest_open(rest *c, const stand_in *s);
void rest_close(rest *c);

/* rest_ask asks, path without /api/v1; fields are further lines with CR LF. type NULL: no body. Returns the status, 0
 * when no answer came. */
unsigned rest_ask(rest *c, rest_answer *a, const char *method, const char *path, const char *fields, const char *type,
                  const char *body, size_t len);
unsigned rest_get(rest *c, rest_answer *a, const char *path);
unsigned rest_post(rest *c, rest_answer *a, const char *path, const char *json); /* NULL: no body */
/* rest_raw sends a request as it is given, to the server itself. */
unsigned rest_raw(const rest *c, rest_answer *a, const char *request, size_t len);
void rest_drop(rest_answer *a);
/* rest_text is a member of the answer's object, "" where there is none. */
const char *rest_text(const rest_answer *a, const char *member);
/* rest_field copies a header field's value into out. */
bool rest_field(const rest_answer *a, const char *name, char *out, size_t size);

#endif
