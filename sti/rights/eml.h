/* An e-mail as mail programs save it, read for its subject and its plain text, within limits.
 * Source  RFC 5322; RFC 2045, 2046 (MIME); RFC 2047 (encoded words) */
#ifndef ENS_STI_RIGHTS_EML_H
#define ENS_STI_RIGHTS_EML_H

#include "engine/base/arena.h"

#define ENS_EML_MAX ((size_t)1 << 20)       /* bytes of a file */
#define ENS_EML_TEXT_MAX ((size_t)64 << 10) /* bytes of its text */
#define ENS_EML_HEADERS_MAX 500u            /* lines of one head */
#define ENS_EML_PARTS_MAX 64u
#define ENS_EML_DEPTH_MAX 6u

typedef struct {
    ens_slice subject, text; /* UTF-8, in the arena; text is empty where there is no text/plain */
    bool has_subject, has_text, has_html;
} ens__eml;

/* ens__eml_read reads subject and first text/plain part, whatever the parts around it are.
 * Errors  ENS_ESYNTAX it has no head; ENS_ELIMIT, ENS_ENOMEM */
ENS_CHECK ens_code ens__eml_read(ens_slice file, ens_arena *arena, ens__eml *out, ens_err *err);

#endif
