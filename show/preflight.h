/* One certificate that was judged, and the ways to tell of it: as text, as the JSON of the command contract, as HTML.
 * Each writes into a buffer, so that threads may do it side by side. */
#ifndef ENS_SHOW_PREFLIGHT_H
#define ENS_SHOW_PREFLIGHT_H

#include "certs/preflight/preflight.h"
#include "engine/base/json.h"
#include "show/page.h"

#define ENS_TODO_MAX 12u

typedef struct {
    const char *file;
    const ens_cert *cert; /* the certificate itself */
    const ens__preflight *preflight;
    const ens_report *report;
    ens_time at;
    bool now;         /* at is the machine's clock, and not a time that was asked for */
    const char *eori; /* NULL: not asked */
} ens__preflight_view;

/* ens__preflight_text writes a page: verdict, what to do, proof. all: the checks that passed, too. */
void ens__preflight_text(const ens__preflight_view *view, const ens__page *page, bool all);
/* ens__preflight_line writes "FILE: verdict, acceptance, until when". */
void ens__preflight_line(const ens__preflight_view *view, ens_buf *out);
/* ens__preflight_json writes one object and a line end. */
void ens__preflight_json(const ens__preflight_view *view, ens_buf *out);

/* Words that text and HTML share. The verdict in one sentence; borrowed storage of size bytes. */
const char *ens__verdict_words(const ens__preflight_view *view, char *out, size_t size);
/* What is done with it now that it is good, as a clause that "before" and a day may follow. */
const char *ens__register_words(const ens__preflight_view *view);
const char *ens__acceptance_words(ens_acceptance acceptance);
const char *ens__binding_words(ens_binding binding);
const char *ens__qualified_words(ens_qualified result);
/* "chain" → "Path, dates and key usage"; NULL where there are no words for it. */
const char *ens__family_words(ens_slice family);
/* "2029-01-01, in 5 years and 2 months" as seen from at; "…, 3 days ago"; "-" for ENS_TIME_NONE. */
const char *ens__when_words(ens_time when, ens_time at, char *out, size_t size);
/* Which lists: "34 lists, snapshot …, made for 2023-10-28"; "none are loaded". */
const char *ens__lists_words(const ens__preflight_view *view, char *out, size_t size);
/* What is to be said of the path as a whole: that it isn't valid, or not known up to an anchor; NULL where it is good.
 */
const char *ens__path_words(const ens__preflight_view *view);
/* What makes the path's anchor one: the service on the trusted lists, or the user. */
const char *ens__anchor_words(const ens__preflight_view *view);
/* ens__name_of is what a certificate goes by: its common name, else its organization, else its whole name. */
const char *ens__name_of(const ens_cert *cert, char *out, size_t size);

/* One thing to do, and what makes it necessary: the first finding, and how many more ask for the same. */
typedef struct {
    const ens_finding *first;
    size_t more;
} ens__remedy;

/* ens__todo lists what is to be done, the most urgent first: remedies of what failed, of what is missing for a verdict,
 * of what was warned of; each remedy once. Returns how many there are. */
size_t ens__todo(const ens_report *report, ens__remedy out[ENS_TODO_MAX]);

/* ens__lists_json writes the member "lists": which trusted lists were asked. lists may be NULL. */
void ens__lists_json(ens_json *j, const ens_snapshot *lists);

#endif
