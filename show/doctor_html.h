/* Who has to act on a file, what to do, and the draft of a ticket, as a section of HTML. */
#ifndef ENS_SHOW_DOCTOR_HTML_H
#define ENS_SHOW_DOCTOR_HTML_H

#include "show/doctor.h"
#include "show/markup.h"

/* ens__doctor_html writes nothing where nobody has to act. */
void ens__doctor_html(ens_html *h, const ens__doctor_view *view);
/* ens__doctor_whole_html begins with what the file is, and ends with every check: for what has no page of its own. */
void ens__doctor_whole_html(ens_html *h, const ens__doctor_view *view);

#endif
