/* The listed services that a certificate depends on: the criteria that they set, the services of its issuers and their
 * states, and whether the lists could be asked at all. */
#ifndef ENS_CERTS_QUALIFY_SERVICES_H
#define ENS_CERTS_QUALIFY_SERVICES_H

#include "certs/lists/snapshot.h"
#include "certs/path/build.h"
#include "certs/path/timeline.h"
#include "certs/qualify/qualify.h"

/* The criteria that a trusted list sets for the certificates of a service, and the qualifiers that a certificate gets
 * by them.
 * Source  TS 119 612, 5.5.9.2; TS 119 615, 4.4 */
/* UNKNOWN: a criterion that isn't understood decides, so nobody can tell. */
typedef enum { ENS_FULFILS_NOT = 0, ENS_FULFILS, ENS_FULFILS_UNKNOWN } ens_fulfils;

/* ens__criterion_judge tells whether a certificate fulfils criterion i and all below it. */
ens_fulfils ens__criterion_judge(const ens_snapshot *lists, uint32_t i, const ens_cert_content *content);

typedef struct {
    unsigned set;        /* ENS_QUALIFIER_…: those whose criteria are fulfilled */
    bool unknown_uri;    /* one of them isn't a qualifier that TS 119 612 has */
    bool untold;         /* for some it can't be told, and they are left out */
    bool untold_decides; /* … and with them the certificate might be another thing than without */
} ens_qualifiers;

/* ens__qualifiers_take collects the qualifiers of a span of qualifications that hold for the certificate. */
ens_qualifiers ens__qualifiers_take(const ens_snapshot *lists, ens_span qualifications,
                                    const ens_cert_content *content);

/* Whom a certificate descends from, by signatures alone and whatever the dates, and which listed services stand for
 * each of them.
 * Source  TS 119 615, 4.3: a service is matched by subject name and public key, on every level of the
 * path */
#define ENS_LEVEL_SERVICES_MAX 16u /* of one identity */

/* One level: the certificate itself, its issuer, that one's issuer … */
typedef struct {
    ens_slice issuer, subject; /* Names, headers included */
    uint32_t service[ENS_LEVEL_SERVICES_MAX];
    size_t num;
} ens_issuer_level;

typedef struct {
    ens_issuer_level level[ENS_PATH_MAX];
    size_t num;
    size_t num_services; /* on all levels */
    bool too_many;       /* an identity has more services than are kept */
    bool respelled; /* it ended at an issuer whose certificate writes its name in other string types or another case */
} ens_issuer_services;

/* ens__issuer_services_find goes up from the leaf of a chain: along the path that was built for it as far as its
 * signatures are proved, by the chain where the path proves nothing, and on to the listed certificates whose keys
 * verify. The trust's lists are asked; there must be some. Everything borrows from chain, path and trust. */
void ens__issuer_services_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path,
                               ens_issuer_services *out);

/* ens__service_states_at collects the states that the services of the issuers have at a time. */
void ens__service_states_at(const ens_snapshot *lists, const ens_issuer_services *issuers,
                            const ens_cert_content *content, ens_time at, ens_service_states *out);

/* ens__lists_turn narrows horizon, which may be NULL, to the times for which the lists say the same of these issuers:
 * the states of their services and of the lists themselves. lists may be NULL. */
void ens__lists_turn(const ens_snapshot *lists, const ens_issuer_services *issuers, ens__horizon *horizon);

/* What state the trusted lists are in as far as a certificate depends on them: none are loaded, the one that would know
 * the CA is missing or broken, it is stale; told apart, so that "nobody asked" never looks like "the CA isn't listed".
 * Source  TS 119 615, 4.1 and 4.2 */
typedef enum {
    ENS_CA_LISTING_NONE = 0, /* no usable list is there to ask */
    ENS_CA_LISTING_LACKING,  /* the CA was not found, and a list that may know it can't be asked */
    ENS_CA_LISTING_UNKNOWN,  /* the CA is on none of the lists */
    ENS_CA_LISTING_FOUND
} ens_ca_listing;

/* How the lists stand to one certificate. */
typedef struct {
    const ens_snapshot *lists; /* NULL: none are loaded */
    ens_cert_content content;
    ens_issuer_services issuers;
    ens_ca_listing state;
    ens_time at;
} ens__listing;

/* ens__listing_find asks the lists of a trust, which may be NULL, about the leaf of a chain and the path that was built
 * for it. out borrows from all three. */
void ens__listing_find(const ens_trust *trust, const ens_chain *chain, const ens__path *path, ens_time at,
                       ens__listing *out);

/* How much of a listing is told: that lists are there; the state of those that it rests on, too; their age, too. */
typedef enum { ENS_TELL_LOADED = 0, ENS_TELL_STATES, ENS_TELL_AGE } ens__listing_told;

/* ens__listing_tell adds lists.*; what keeps the lists from being asked is a skip, a needed one where nothing else
 * decides. timeline may be NULL. */
void ens__listing_tell(const ens__listing *listing, ens__listing_told much, bool needed, ens__timeline *timeline,
                       ens_report *report);

#endif
