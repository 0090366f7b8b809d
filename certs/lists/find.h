/* Who is on the trusted lists: services by country, kind and name. See ensign/lists.h. */
#ifndef ENS_CERTS_LISTS_FIND_H
#define ENS_CERTS_LISTS_FIND_H

#include "certs/lists/snapshot.h"
#include "ensign/lists.h"

/* A service that was found, by its records. */
typedef struct {
    const ens_list *list;
    const ens_provider *provider;
    const ens_service *service;
    const ens_service_entry *entry; /* its state at the time asked for */
    uint32_t provider_number, number;
} ens__found_service;

/* ens__lists_find hands every service of one usable list that is asked for to visit. */
ens_code ens__lists_find(const ens_snapshot *lists, const ens_list *list, const ens_lists_query *query,
                         ens_code (*visit)(void *user, const ens__found_service *found), void *user);

/* ens__list_is_of: the lists write EL and UK where ISO 3166 has GR and GB. */
bool ens__list_is_of(ens_slice of_list, ens_slice asked);

/* The kinds by which services are asked for: "eseal", and in words; NULL past the end. */
const char *ens__service_kind_name(size_t kind);
const char *ens__service_kind_words(size_t kind);
bool ens__service_is_kind(const ens_service_entry *entry, size_t kind);
bool ens__service_in_good_standing(const ens_service_entry *entry);

#endif
