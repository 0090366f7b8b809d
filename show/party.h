/* One party of the registry, as text for people and as JSON. */
#ifndef ENS_SHOW_PARTY_H
#define ENS_SHOW_PARTY_H

#include "engine/base/json.h"
#include "sti/registry/uumds.h"

/* A party with all that is registered for it; the lists live in the arena it was read into. */
typedef struct {
    ens__party party;
    char (*party_ids)[ENS_UUMDS_PARTY_ID];
    size_t num_party_ids;
    ens__registration *certificates;
    size_t num_certificates;
} ens__party_view;

ENS_CHECK ens_code ens__party_read(ens__uumds *db, const ens__party *party, ens_arena *arena, ens__party_view *out,
                                   ens_err *err);

/* {"eori","name","state","agreement","forced","party_ids":[...],"certificates":[{"sha256","subject",
 * "member_state","not_before","not_after","state"}]}; states as of at. */
void ens__party_json(ens_json *j, const ens__party_view *view, ens_time at);
void ens__party_print(const ens__party_view *view, ens_time at);
/* One line of a list; NULL: the line of headings. */
void ens__party_print_line(const ens__party_view *view, ens_time at);

#endif
