/* See party.h. */
#include "show/party.h"

#include "show/output.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_SHA256 16 /* digits that people compare */
#define DATE_LEN 10     /* of RFC 3339 */

ens_code ens__party_read(ens__uumds *db, const ens__party *party, ens_arena *arena, ens__party_view *out, ens_err *err)
{
    ens__party_view view = {.party = *party};
    ens_slice eori = ens_str(party->eori);
    ens_code code = ens__uumds_party_ids(db, eori, arena, &view.party_ids, &view.num_party_ids, err);
    if (code == ENS_OK)
        code = ens__uumds_registrations(db, eori, arena, &view.certificates, &view.num_certificates, err);
    if (code == ENS_OK)
        *out = view;
    return code;
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? ens__json_text(text) : json_null();
}

static json_t *certificate_json(const ens__registration *r, ens_time at)
{
    json_t *o = json_object();
    json_object_set_new(o, "sha256", ens__json_text(r->sha256));
    json_object_set_new(o, "subject", text_or_null(r->subject));
    json_object_set_new(o, "member_state", ens__json_text(r->member_state));
    json_object_set_new(o, "not_before", ens__json_time(r->not_before));
    json_object_set_new(o, "not_after", ens__json_time(r->not_after));
    json_object_set_new(o, "state", ens__json_text(ens__party_state_name(ens__registration_state(r, at))));
    return o;
}

json_t *ens__party_json(const ens__party_view *view, ens_time at)
{
    json_t *o = json_object(), *ids = json_array(), *certificates = json_array();
    for (size_t i = 0; i < view->num_party_ids; i++)
        json_array_append_new(ids, ens__json_text(view->party_ids[i]));
    for (size_t i = 0; i < view->num_certificates; i++)
        json_array_append_new(certificates, certificate_json(&view->certificates[i], at));
    json_object_set_new(o, "eori", ens__json_text(view->party.eori));
    json_object_set_new(o, "name", text_or_null(view->party.name));
    json_object_set_new(o, "state", ens__json_text(ens__party_state_name(view->party.state)));
    json_object_set_new(o, "agreement", text_or_null(view->party.agreement));
    json_object_set_new(o, "forced", text_or_null(view->party.forced));
    json_object_set_new(o, "party_ids", ids);
    json_object_set_new(o, "certificates", certificates);
    return o;
}

/* Colour goes around the padded word, so that columns stay. */
static void print_state(ens_party_state state)
{
    ens_outcome colour = state == ENS_PARTY_ACTIVE ? ENS_PASS : state == ENS_PARTY_SUSPENDED ? ENS_WARN : ENS_FAIL;
    printf("%s%-9s%s", ens__colour(colour), ens__party_state_name(state), ens__colour_off());
}

static void print_certificate(const ens__registration *r, ens_time at)
{
    char end[ENS_TIME_TEXT];
    ens_time_format(r->not_after, end);
    printf("  %.*s  in %s  ", SHOWN_SHA256, r->sha256, r->member_state);
    print_state(ens__registration_state(r, at));
    printf("  until %.*s\n", DATE_LEN, end);
    if (r->subject[0])
        ens__print_text(4, r->subject);
}

void ens__party_print(const ens__party_view *view, ens_time at)
{
    const ens__party *p = &view->party;
    printf("%-17s  ", p->eori);
    print_state(p->state);
    printf("  %s\n", p->name);
    printf("  interface version  %s\n", p->agreement[0] ? p->agreement : "any");
    if (p->forced[0])
        printf("  rehearsed answer   %s\n", p->forced);
    for (size_t i = 0; i < view->num_party_ids; i++)
        printf("  party id           %s\n", view->party_ids[i]);
    if (view->num_certificates == 0)
        puts("  no certificate yet: ensign party certify EORI --cert FILE --registry FILE");
    for (size_t i = 0; i < view->num_certificates; i++)
        print_certificate(&view->certificates[i], at);
}

void ens__party_print_line(const ens__party_view *view, ens_time at)
{
    size_t active = 0;
    if (!view) {
        puts("EORI               state      version  answer  ids  certificates  name");
        return;
    }
    for (size_t i = 0; i < view->num_certificates; i++)
        active += ens__registration_state(&view->certificates[i], at) == ENS_PARTY_ACTIVE;
    printf("%-17s  ", view->party.eori);
    print_state(view->party.state);
    printf("  %-7s  %-6s  %3zu  %3zu of %-5zu  %s\n", view->party.agreement[0] ? view->party.agreement : "any",
           view->party.forced[0] ? view->party.forced : "-", view->num_party_ids, active, view->num_certificates,
           view->party.name);
}
