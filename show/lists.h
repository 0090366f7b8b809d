/* Trusted lists, and the services on them, as `ensign trust` prints them on stdout. */
#ifndef ENS_SHOW_LISTS_H
#define ENS_SHOW_LISTS_H

#include "certs/lists/snapshot.h"
#include "ensign/lists.h"

void ens__list_print_json(const ens_list_facts *list);
void ens__list_print(const ens_list_facts *list);

void ens__service_print_json(const ens_lists *lists, const ens_listed_service *service);
/* ens__service_print writes country and provider above what is theirs: before is the service that was printed last, or
 * NULL. */
void ens__service_print(const ens_lists *lists, const ens_listed_service *service, ens_time at,
                        const ens_listed_service *before);

/* ens__service_records finds the service's records, in the state that was found. */
bool ens__service_records(const ens_lists *lists, const ens_listed_service *found, ens_service *service,
                          ens_service_entry *entry);

/* "Austria"; the code itself where no name is known. */
const char *ens__list_country(ens_slice code, char storage[8]);
/* The rest of a date, "2024-03-21"; "-" for none. */
const char *ens__date_text(ens_time t, char storage[ENS_TIME_TEXT]);
/* Bytes of a list for a terminal: what isn't printable is '?'. */
void ens__put_listed(ens_slice text);

#endif
