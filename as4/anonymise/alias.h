/* What stands for what in an anonymised message: each run of letters and digits has another one of the same length and
 * the same kinds of characters, the same wherever it occurs, and no two have the same. Numbers with a meaning (EORI,
 * organizationIdentifier, MRN, container, ship) keep what can be judged of them: a right check digit stays right, a
 * wrong one wrong, and what a number proves of another it proves still. */
#ifndef ENS_AS4_ANONYMISE_ALIAS_H
#define ENS_AS4_ANONYMISE_ALIAS_H

#include "engine/base/arena.h"
#include "ensign/time.h"

#define ENS_ALIASES_MAX 200000u /* different runs of one message */
#define ENS_ALIAS_TOLD 4u       /* characters from which a run tells of somebody by itself */

typedef struct ens_aliases ens_aliases;

/* ens__aliases_new makes an empty table in the arena; NULL when out of memory. at: when EORIs are judged. */
ens_aliases *ens__aliases_new(ens_arena *arena, ens_time at);
/* ens__aliases_failed: memory or random numbers ran out, or there were too many: nothing that was written is of use. */
bool ens__aliases_failed(const ens_aliases *a);
size_t ens__aliases_num(const ens_aliases *a);

/* ens__alias_eori remembers an EORI, ens__alias_orgid an organizationIdentifier; ens__aliases_bind then chooses what
 * stands for all of them, so that each proves of each what it did. Before any text. */
void ens__alias_eori(ens_aliases *a, ens_slice eori);
void ens__alias_orgid(ens_aliases *a, ens_slice orgid);
void ens__aliases_bind(ens_aliases *a);

/* ens__alias_keep has a run stay as it is: a word of the protocol. */
void ens__alias_keep(ens_aliases *a, const char *run);

/* ens__alias_text appends what stands for a text, as long as the text; what isn't a letter or a digit stays, and so do
 * references of XML (&amp;) and, in a URI, escapes (%20). */
void ens__alias_text(ens_aliases *a, ens_slice text, bool uri, ens_buf *out);
/* ens__alias_octets writes over octets that are no text: a serial number, a key identifier. The first octet keeps its
 * highest bit. */
void ens__alias_octets(ens_aliases *a, uint8_t *octets, size_t len);
/* ens__alias_octets_set says what stands for some octets of the same length. */
void ens__alias_octets_set(ens_aliases *a, ens_slice octets, ens_slice instead);

/* ens__alias_note_kept notes the runs of a text that stayed; ens__alias_leaked finds a run in what was written that was
 * to be replaced, and stayed nowhere: one of ENS_ALIAS_TOLD characters or more. Empty: there is none. */
void ens__alias_note_kept(ens_aliases *a, ens_slice text);
ens_slice ens__alias_leaked(const ens_aliases *a, ens_slice text);

/* ens__alias_each visits every run that was replaced, until visit says no more. */
bool ens__alias_each(const ens_aliases *a, bool (*visit)(void *user, ens_slice run, ens_slice instead), void *user);

#endif
