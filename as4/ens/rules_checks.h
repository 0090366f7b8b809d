/* The checks of the rules by what they look at; rules.c says which belongs to which rule. See rules.h for what a check
 * is given and how it answers.
 * Source  ICS2 HTI Rules and Conditions 2.01 */
#ifndef ENS_AS4_ENS_RULES_CHECKS_H
#define ENS_AS4_ENS_RULES_CHECKS_H

#include "as4/ens/rules.h"

/* ens__doc_is_member_state tells whether a country is on the list of member states (CL717). XI is on it without being
 * one: what hangs on it is a matter of reading (ens__doc_is_xi). */
bool ens__doc_is_member_state(const ens_doc *d, ens_slice country);
bool ens__doc_is_xi(ens_slice country);

/* Persons, addresses, numbers, references, and what a message has to name. */
void ens__rule_address(ens_ruling *r, uint32_t address);             /* R3002 */
void ens__rule_post_code(ens_ruling *r, uint32_t address);           /* C3034 */
void ens__rule_mrn(ens_ruling *r, uint32_t mrn);                     /* R3004 */
void ens__rule_eori(ens_ruling *r, uint32_t number);                 /* R3005 */
void ens__rule_telephone(ens_ruling *r, uint32_t communication);     /* R3006 */
void ens__rule_representative(ens_ruling *r, uint32_t root);         /* R3033 */
void ens__rule_do_not_load(ens_ruling *r, uint32_t details);         /* R3025 */
void ens__rule_arrival_named(ens_ruling *r, uint32_t root);          /* R3027 */
void ens__rule_consultation_named(ens_ruling *r, uint32_t root);     /* R3028 */
void ens__rule_examination_place(ens_ruling *r, uint32_t place);     /* R3029 */
void ens__rule_control_subject(ens_ruling *r, uint32_t subject);     /* R3030 */
void ens__rule_invalidation_addressed(ens_ruling *r, uint32_t root); /* R3034 */
void ens__rule_arrival_relation(ens_ruling *r, uint32_t root);       /* R3048 */
void ens__rule_notifying_person(ens_ruling *r, uint32_t root);       /* C3049 */

/* Means of transport, their times and routes, and places. */
void ens__rule_transport_named(ens_ruling *r, uint32_t means); /* R3007 */
void ens__rule_wagons(ens_ruling *r, uint32_t house);          /* R3008 */
void ens__rule_imo_number(ens_ruling *r, uint32_t means);      /* R3009 */
void ens__rule_eni_number(ens_ruling *r, uint32_t means);      /* R3010 */
void ens__rule_sea_type(ens_ruling *r, uint32_t means);        /* R3011 */
void ens__rule_inland_type(ens_ruling *r, uint32_t means);     /* R3012 */
void ens__rule_route_begins(ens_ruling *r, uint32_t root);     /* R3013 */
void ens__rule_route_ends(ens_ruling *r, uint32_t root);       /* R3014 */
void ens__rule_first_entry(ens_ruling *r, uint32_t root);      /* R3018 */
void ens__rule_house_route(ens_ruling *r, uint32_t house);     /* R3022 */
void ens__rule_departure(ens_ruling *r, uint32_t means);       /* R3035 */
void ens__rule_times(ens_ruling *r, uint32_t means);           /* R3053 */
void ens__rule_arriving_ship(ens_ruling *r, uint32_t means);   /* C3012 */
void ens__rule_arriving_flight(ens_ruling *r, uint32_t means); /* C3019 */
void ens__rule_place(ens_ruling *r, uint32_t place);           /* C3003 to C3008 */

/* Goods, their packages, equipment and documents. */
void ens__rule_item_numbers(ens_ruling *r, uint32_t consignment);          /* R3016, R3017 */
void ens__rule_cus_code(ens_ruling *r, uint32_t code);                     /* R3020 */
void ens__rule_container(ens_ruling *r, uint32_t number);                  /* R3021 */
void ens__rule_supplementary_type(ens_ruling *r, uint32_t type);           /* R3051 */
void ens__rule_house_documents(ens_ruling *r, uint32_t master);            /* R3052 */
void ens__rule_split(ens_ruling *r, uint32_t split);                       /* C3001 */
void ens__rule_equipment(ens_ruling *r, uint32_t consignment);             /* C3013, C3014, C3050, C3051 */
void ens__rule_seals(ens_ruling *r, uint32_t equipment);                   /* C3015 to C3018 */
void ens__rule_delivered_in_eu(ens_ruling *r, uint32_t house);             /* C3020 */
void ens__rule_consignee(ens_ruling *r, uint32_t house);                   /* C3022 */
void ens__rule_notify_party(ens_ruling *r, uint32_t house);                /* C3024 */
void ens__rule_house_commodity(ens_ruling *r, uint32_t consignment);       /* C3025 */
void ens__rule_master_commodity(ens_ruling *r, uint32_t master);           /* C3048 */
void ens__rule_packages(ens_ruling *r, uint32_t packaging);                /* C3035, C3036 */
void ens__rule_low_value_without_reference(ens_ruling *r, uint32_t house); /* C3037 */
void ens__rule_low_value(ens_ruling *r, uint32_t house);                   /* C3038 */

#endif
