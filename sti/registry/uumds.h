/* The registry that UUM&DS is for the STI: which EORIs take part in ICS2, under which party ids, sealed by which
 * certificates, in which state. One SQLite file, made on first use, or the store of an access point; several
 * processes may share it.
 * Source  ICS2-HTI ICD 4.6.3, 5.1.1 */
#ifndef ENS_STI_REGISTRY_UUMDS_H
#define ENS_STI_REGISTRY_UUMDS_H

#include "engine/base/arena.h"
#include "ensign/eori.h"
#include "ensign/registry.h"
#include "ensign/report.h"
#include "ensign/time.h"

#define ENS_UUMDS_EORI 18     /* 17 characters and NUL */
#define ENS_UUMDS_PARTY_ID 34 /* system id, EORI, Member State, two '@', NUL */
#define ENS_UUMDS_NAME 128
#define ENS_UUMDS_SHA256 65 /* hexadecimal, and NUL */

/* A handle may be used by any number of threads; its statements take turns. */
typedef struct ens__uumds ens__uumds;

/* The order of the first three is stored. Expired is never stored: it follows from a certificate's dates. */
typedef enum { ENS_PARTY_ACTIVE = 0, ENS_PARTY_SUSPENDED, ENS_PARTY_REVOKED, ENS_PARTY_EXPIRED } ens_party_state;
const char *ens__party_state_name(ens_party_state state); /* "active" … */

typedef struct {
    char eori[ENS_UUMDS_EORI];
    char name[ENS_UUMDS_NAME];
    ens_party_state state;
    char agreement[5]; /* "V1.0", "V2.0", or empty: any */
    char forced[5];    /* "A001" … "A003": the answer to rehearse; empty: none */
} ens__party;

/* A certificate registered for an EORI, in the Member State whose UUM&DS holds the registration. */
typedef struct {
    char eori[ENS_UUMDS_EORI];
    char member_state[3];
    char sha256[ENS_UUMDS_SHA256];
    char subject[ENS_UUMDS_NAME];
    ens_time not_before, not_after;
    ens_party_state state;
    bool unchecked; /* it was registered although its pre-flight was left out */
} ens__registration;

/* ens__registration_state is the stored state, or expired where the certificate's end lies before at. */
ens_party_state ens__registration_state(const ens__registration *r, ens_time at);

/* ens__uumds_open opens the registry at path, which create makes when there is none.
 * Owns    *out is the caller's, until ens__uumds_close
 * Errors  ENS_EIO no such file, or SQLite's reason; ENS_EPOLICY no registry, or one of a newer schema */
ENS_CHECK ens_code ens__uumds_open(const char *path, bool create, ens__uumds **out, ens_err *err);
void ens__uumds_close(ens__uumds *db);

/* ens__uumds_enrol stores the party, new or changed, together with one of its party ids (empty: none).
 * Errors  ENS_EIO */
ENS_CHECK ens_code ens__uumds_enrol(ens__uumds *db, const ens__party *party, ens_slice party_id, ens_err *err);
/* ens__uumds_certify stores a registration; one that is there (same EORI, Member State and certificate) is replaced.
 * Errors  ENS_EPOLICY the EORI is not registered, or what is there was revoked, which is final */
ENS_CHECK ens_code ens__uumds_certify(ens__uumds *db, const ens__registration *registration, ens_err *err);

/* ens__uumds_party finds a party; *found tells. */
ENS_CHECK ens_code ens__uumds_party(ens__uumds *db, ens_slice eori, ens__party *out, bool *found, ens_err *err);
/* The lists are ordered by EORI, party id, and Member State and end of validity; they live in the arena. An empty eori
 * asks for those of every party. */
ENS_CHECK ens_code ens__uumds_parties(ens__uumds *db, ens_arena *arena, ens__party **out, size_t *num, ens_err *err);
ENS_CHECK ens_code ens__uumds_party_ids(ens__uumds *db, ens_slice eori, ens_arena *arena,
                                        char (**out)[ENS_UUMDS_PARTY_ID], size_t *num, ens_err *err);
ENS_CHECK ens_code ens__uumds_registrations(ens__uumds *db, ens_slice eori, ens_arena *arena, ens__registration **out,
                                            size_t *num, ens_err *err);
/* ens__uumds_holders finds the registrations of one certificate, whoever's. */
ENS_CHECK ens_code ens__uumds_holders(ens__uumds *db, const char *sha256, ens_arena *arena, ens__registration **out,
                                      size_t *num, ens_err *err);
ENS_CHECK ens_code ens__uumds_has_party_id(ens__uumds *db, ens_slice party_id, bool *found, ens_err *err);

/* ens__uumds_elsewhere tells where a certificate is registered that isn't here: the name of the other environment,
 * whose registry the settings of a rehearsal name ("other"); "" where it isn't there either, or there is none. */
void ens__uumds_elsewhere(ens__uumds *db, const char *sha256, char out[ENS_UUMDS_EORI]);

/* ens__uumds_registry answers by it: the EORI is registered, and associated with this very certificate in the Member
 * State that the party id names (its own when it names none). What is to be rehearsed is answered in place of that.
 * Source  ICS2-HTI ICD 4.3.3, 4.6.3 */
ens_registry ens__uumds_registry(ens__uumds *db);

#endif
