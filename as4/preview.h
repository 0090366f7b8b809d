/* A message that was sealed, judged as whoever gets it would judge it, before it leaves. */
#ifndef ENS_AS4_PREVIEW_H
#define ENS_AS4_PREVIEW_H

#include "ensign/seal.h"

typedef struct ens_preview ens_preview; /* memory of one thread; one message at a time */

ens_preview *ens__preview_new(void); /* NULL when out of memory */
void ens__preview_free(ens_preview *p);

/* ens__preview_read begins with a business document, whose bytes live until the next one: only what it calls its
 * attachments is read of it. Empty: there is none. */
void ens__preview_read(ens_preview *p, ens_slice document);
/* ens__preview_cid is what the document calls the attachment: the identification that equals the file's name, with or
 * without its ending; else the one in the same place; else the name itself. It borrows from document or name. */
ens_slice ens__preview_cid(const ens_preview *p, const char *path, size_t nth);

/* ens__preview_seal seals the message with a sealer that is forced, and judges what was sealed as judge says, and what
 * no receiver finds again. *out borrows from the sealer; the report tells the verdict.
 * Errors  those of ens_seal_message */
ENS_CHECK ens_code ens__preview_seal(ens_preview *p, ens_sealer *sealer, const ens_seal_message_options *message,
                                     const ens_verify_options *judge, ens_slice *out, ens_err *err);
/* ens__preview_judge does so with what was sealed already. */
void ens__preview_judge(ens_preview *p, const ens_verify_options *judge, ens_slice sealed);
/* ens__preview_tell_passed has passed told, while the sealer seals, which octets of parts were read and aren't needed
 * any more, of large ones piece by piece: whoever maps files may let go of them. NULL: nobody. */
void ens__preview_tell_passed(ens_sealer *sealer, void (*passed)(void *user, ens_slice octets), void *user);
/* The report of the message that was judged last. */
const ens_report *ens__preview_report(const ens_preview *p);

#endif
