/* The list of lists: who may sign it now, and where the others are.
 *
 * The Official Journal publishes who may sign it. When that changes without a new publication, a pivot is made: a copy
 * of the list, signed by those who might before, whose pointer to itself names those who may from then on.
 * SchemeInformationURI lists the pivots since a publication in front of its address, newest first. Source  TS 119
 * 615, 4.1; eidas-certificates 2, LOTL trust */
#ifndef ENS_CERTS_LISTS_LOTL_H
#define ENS_CERTS_LISTS_LOTL_H

#include "certs/lists/trustlist.h"

#define ENS_LOTL_URL "https://ec.europa.eu/tools/lotl/eu-lotl.xml"
#define ENS_LOTL_TERRITORY "EU"
#define ENS_PIVOTS_MAX 32u

/* ens__lotl_pivots lists the pivots since the publication that the anchors are taken to be from (0: the latest), oldest
 * first. *more tells whether there is an earlier publication to try. */
size_t ens__lotl_pivots(const ens_trustlist *lotl, unsigned publication, ens_slice out[ENS_PIVOTS_MAX], bool *more);

/* ens__lotl_self is the pointer of a list of lists to itself, or NULL. */
const ens_list_pointer *ens__lotl_self(const ens_trustlist *lotl);

/* ens__lotl_is_national: the pointer leads to the list of a Member State (or of the EEA) that a program can read. */
bool ens__lotl_is_national(const ens_list_pointer *pointer);

/* ens__lotl_misfit tells why a list that is well sealed isn't the one that was wanted, or NULL. territory empty: a list
 * of lists. */
const char *ens__lotl_misfit(const ens_trustlist *list, ens_slice territory);

#endif
