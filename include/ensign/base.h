/* Ensign: slices, result codes, error chains. Included by every other public header.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_BASE_H
#define ENSIGN_BASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define ENS_API __attribute__((visibility("default")))
#define ENS_CHECK __attribute__((warn_unused_result))
#define ENS_PRINTF(nth, first) __attribute__((__format__(__printf__, nth, first)))
#else
#define ENS_API
#define ENS_CHECK
#define ENS_PRINTF(nth, first)
#endif

/* ens_slice borrows len bytes at p; whoever made it says who owns them. The zero value is the empty slice. */
typedef struct {
    const uint8_t *p;
    size_t len;
} ens_slice;

/* ens_code answers "could I judge?"; the judgement itself is in an ens_report. */
typedef enum {
    ENS_OK = 0,
    ENS_ENOMEM,  /* out of memory */
    ENS_ELIMIT,  /* a documented limit on size, depth or count was passed */
    ENS_ESYNTAX, /* input is not what its format says */
    ENS_EPOLICY, /* well-formed, and not allowed here */
    ENS_ECRYPTO, /* a cryptographic operation failed */
    ENS_EIO,     /* file, database, device or network */
    ENS_EPASS    /* a pass phrase or PIN is missing, or does not fit: ask for one */
} ens_code;

#define ENS_ERR_FRAMES 6
#define ENS_ERR_TEXT 192

/* ens_frame is one step of an error chain. rule and what point to storage that lives as long as the program. */
typedef struct {
    ens_code code;
    const char *rule; /* specification and section, or NULL */
    const char *what; /* one clause, lower case, no full stop */
    size_t at;        /* byte offset in the input, where there is one */
} ens_frame;

/* ens_err is owned by the caller and never allocates. frame[0] is the root cause, later frames its callers.
 * text, when not empty, names the thing concerned (a file, an OpenSSL reason). */
typedef struct {
    ens_frame frame[ENS_ERR_FRAMES];
    unsigned n;
    char text[ENS_ERR_TEXT];
} ens_err;

/* ens_fail starts the chain in err (which may be NULL) and returns code.  since 0.1 */
ENS_API ens_code ens_fail(ens_err *err, ens_code code, const char *rule, const char *what, size_t at);

/* ens_fail_about is ens_fail, with the thing concerned in err->text: made printable, and cut in the middle where it is
 * longer than that.   since 0.1 */
ENS_API ens_code ens_fail_about(ens_err *err, ens_code code, const char *rule, const char *what, const char *about);

/* ens_within adds the caller's view to a failed chain and returns code unchanged.  since 0.1 */
ENS_API ens_code ens_within(ens_err *err, ens_code code, const char *what);

/* ens_code_name returns "syntax", "limit" …; a constant string.  since 0.1 */
ENS_API const char *ens_code_name(ens_code code);

/* ens_err_format writes the chain as one line into out (size bytes, always terminated) and returns out.  since 0.1 */
ENS_API char *ens_err_format(const ens_err *err, char *out, size_t size);

/* ens_version returns the library's version, "0.1.0"; a constant string.  since 0.1 */
ENS_API const char *ens_version(void);

/* ens_sink takes the next piece of something, which lives during the call. An answer other than ENS_OK ends the matter
 * and is handed on to whoever asked for the pieces.  since 0.1 */
typedef ens_code (*ens_sink)(void *user, ens_slice piece);

/* ens_str borrows a NUL-terminated string. */
static inline ens_slice ens_str(const char *text)
{
    ens_slice s = {(const uint8_t *)text, text ? strlen(text) : 0};
    return s;
}

#ifdef __cplusplus
}
#endif
#endif
