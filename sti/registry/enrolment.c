#include "sti/registry/enrolment.h"

#include "certs/x509/name.h"
#include "engine/base/digest.h"

#include <stdio.h>

#define ARENA_MAX ((size_t)64 << 20)

ens_code ens__enrolment_begin(ens__uumds *db, ens_slice eori, ens__party *out, ens_err *err)
{
    bool found = false;
    *out = (ens__party){0};
    ens_code code = ens__uumds_party(db, eori, out, &found, err);
    snprintf(out->eori, sizeof out->eori, "%.*s", (int)eori.len, (const char *)eori.p);
    if (out->state == ENS_PARTY_REVOKED)
        out->state = ENS_PARTY_ACTIVE;
    return code;
}

ens_code ens__enrolment_sha256(const ens_cert *cert, char out[ENS_UUMDS_SHA256], ens_err *err)
{
    uint8_t digest[32];
    ens_code code = ens__sha256(cert->der, digest, err);
    if (code == ENS_OK)
        ens__hex(ens_bytes(digest, sizeof digest), out);
    return code;
}

ens_code ens__enrolment_certify(ens__uumds *db, const ens__party *party, const char *member_state, const ens_cert *cert,
                                bool unchecked, ens_err *err)
{
    char subject[ENS_NAME_TEXT_MAX];
    ens__registration r = {.state = ENS_PARTY_ACTIVE,
                           .unchecked = unchecked,
                           .not_before = cert->not_before,
                           .not_after = cert->not_after};
    ens_code code = ens__enrolment_sha256(cert, r.sha256, err);
    snprintf(r.eori, sizeof r.eori, "%s", party->eori);
    snprintf(r.member_state, sizeof r.member_state, "%.2s", member_state);
    snprintf(r.subject, sizeof r.subject, "%.127s", ens__name_text(cert->subject, subject, sizeof subject));
    return code == ENS_OK ? ens__uumds_certify(db, &r, err) : code;
}

ens_code ens__enrolment_change_party(ens__uumds *db, ens__party *party, ens_party_state state,
                                     ens__enrolment_changed *out, ens_err *err)
{
    *out = party->state == ENS_PARTY_REVOKED && state != ENS_PARTY_REVOKED ? ENS_CHANGE_FINAL : ENS_CHANGE_MADE;
    if (*out != ENS_CHANGE_MADE)
        return ENS_OK;
    party->state = state;
    return ens__uumds_enrol(db, party, (ens_slice){0}, err);
}

/* select_those moves the registrations that are meant to the front. */
static size_t select_those(ens__registration *all, size_t num, const char *member_state, const char *sha256,
                           bool *several)
{
    size_t meant = 0;
    *several = false;
    for (size_t i = 0; i < num; i++) {
        if (strncmp(all[i].sha256, sha256, strlen(sha256)) != 0 ||
            (member_state && strcmp(all[i].member_state, member_state) != 0))
            continue;
        *several = *several || (meant && strcmp(all[i].sha256, all[meant - 1].sha256) != 0);
        all[meant++] = all[i];
    }
    return meant;
}

static ens__enrolment_changed may_change(const ens__registration *those, size_t num, bool several,
                                         ens_party_state state)
{
    if (several || !num)
        return several ? ENS_CHANGE_SEVERAL : ENS_CHANGE_NO_SUCH;
    for (size_t i = 0; i < num; i++)
        if (those[i].state == ENS_PARTY_REVOKED && state != ENS_PARTY_REVOKED)
            return ENS_CHANGE_FINAL;
    return ENS_CHANGE_MADE;
}

ens_code ens__enrolment_change_certificate(ens__uumds *db, const ens__party *party, const char *member_state,
                                           const char *sha256, ens_party_state state, ens__enrolment_changed *out,
                                           ens_err *err)
{
    ens_arena arena;
    ens__registration *those = NULL;
    size_t num = 0;
    bool several = false;
    ens_arena_init(&arena, ARENA_MAX);
    ens_code code = ens__uumds_registrations(db, ens_str(party->eori), &arena, &those, &num, err);
    if (code == ENS_OK) {
        num = select_those(those, num, member_state, sha256, &several);
        *out = may_change(those, num, several, state);
    }
    for (size_t i = 0; code == ENS_OK && *out == ENS_CHANGE_MADE && i < num; i++) {
        those[i].state = state;
        code = ens__uumds_certify(db, &those[i], err);
    }
    ens_arena_free(&arena);
    return code;
}
