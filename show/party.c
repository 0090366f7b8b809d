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

static void put_registration(ens_json *j, const ens__registration *r, ens_time at)
{
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "sha256", r->sha256);
    ens__json_some(j, "subject", ens_str(r->subject));
    ens__json_text(j, "member_state", r->member_state);
    ens__json_time(j, "not_before", r->not_before);
    ens__json_time(j, "not_after", r->not_after);
    ens__json_text(j, "state", ens__party_state_name(ens__registration_state(r, at)));
    ens__json_bool(j, "unchecked", r->unchecked);
    ens__json_close(j, '}');
}

void ens__party_json(ens_json *j, const ens__party_view *view, ens_time at)
{
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "eori", view->party.eori);
    ens__json_some(j, "name", ens_str(view->party.name));
    ens__json_text(j, "state", ens__party_state_name(view->party.state));
    ens__json_some(j, "agreement", ens_str(view->party.agreement));
    ens__json_some(j, "forced", ens_str(view->party.forced));
    ens__json_open(j, "party_ids", '[');
    for (size_t i = 0; i < view->num_party_ids; i++)
        ens__json_text(j, NULL, view->party_ids[i]);
    ens__json_close(j, ']');
    ens__json_open(j, "certificates", '[');
    for (size_t i = 0; i < view->num_certificates; i++)
        put_registration(j, &view->certificates[i], at);
    ens__json_close(j, ']');
    ens__json_close(j, '}');
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
    printf("  until %.*s%s\n", DATE_LEN, end, r->unchecked ? ", unchecked" : "");
    if (r->subject[0])
        ens__print_text(4, r->subject);
}

void ens__party_print(const ens__party_view *view, ens_time at)
{
    const ens__party *p = &view->party;
    printf("%-17s  ", p->eori);
    print_state(p->state);
    ens__print("  %s\n", p->name);
    printf("  interface version  %s\n", p->agreement[0] ? p->agreement : "any");
    if (p->forced[0])
        printf("  rehearsed answer   %s\n", p->forced);
    for (size_t i = 0; i < view->num_party_ids; i++)
        ens__print("  party id           %s\n", view->party_ids[i]);
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
    ens__print("  %-7s  %-6s  %3zu  %3zu of %-5zu  %s\n", view->party.agreement[0] ? view->party.agreement : "any",
               view->party.forced[0] ? view->party.forced : "-", view->num_party_ids, active, view->num_certificates,
               view->party.name);
}
