/* Filings as customs keep them, for people and as JSON. */
#ifndef ENS_SHOW_FILING_H
#define ENS_SHOW_FILING_H

#include "engine/base/json.h"
#include "sti/filing/filing.h"
#include "sti/store/filing.h"

/* A filing, and what was told of it. */
typedef struct {
    ens_filing filing;
    const ens__notice *notices;
    size_t num_notices;
} ens_filing_view;

/* {"mrn","lrn","action","state","state_code","declarant","representative","carrier","party","space","registered",
 * "changed","due":{"invalidation","linking","analysis"},"notes":[…],"requests":[{"reference","type","open"}],
 * "messages":[{"at","action","person","message_id"}]} */
void ens__filing_json(ens_json *j, const ens_filing_view *v);
/* One line of a list; NULL: the line of headings. */
void ens__filing_print_line(const ens_filing *f);
void ens__filing_print(const ens_filing_view *v);

#endif
