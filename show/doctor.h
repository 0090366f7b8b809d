/* What a file is, what is wrong with it and who has to act: as text for people, as JSON for programs, and as a ticket
 * to send on, which quotes nothing of the file but what names it. */
#ifndef ENS_SHOW_DOCTOR_H
#define ENS_SHOW_DOCTOR_H

#include "show/page.h"
#include "sti/doctor/doctor.h"

typedef struct {
    const char *file, *error; /* error: why it can't be read; NULL: it was */
    const ens_diagnosis *diagnosis;
    ens_time at; /* that it was judged for */
} ens__doctor_view;

/* ens__doctor_page writes what it is, the verdict, who acts, what to do, the ticket, and what failed, warned or was
 * skipped; all: what passed, too. */
void ens__doctor_page(const ens__page *page, const ens__doctor_view *view, bool all);
/* ens__doctor_json writes one object and a line end. */
void ens__doctor_json(const ens__doctor_view *view, ens_buf *out);
/* ens__doctor_ticket appends the draft of a ticket to who has to act; nothing where that is nobody, or the asker. */
void ens__doctor_ticket(const ens__doctor_view *view, ens_buf *out);
/* ens__doctor_todo is what to do, in a sentence or two; NULL: nothing. */
const char *ens__doctor_todo(const ens_diagnosis *x);

#endif
