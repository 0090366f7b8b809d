/* Who is on the trusted lists: services by country, kind and name. See ensign/lists.h. */
#ifndef ENS_CERTS_LISTS_FIND_H
#define ENS_CERTS_LISTS_FIND_H

#include "certs/lists/snapshot.h"
#include "ensign/lists.h"

/* The kinds by which services are asked for (ens_lists_kind_name), in words; NULL past the end. */
const char *ens__service_kind_words(size_t kind);
bool ens__service_is_kind(const ens_service_entry *entry, size_t kind);
bool ens__service_in_good_standing(const ens_service_entry *entry);

#endif
