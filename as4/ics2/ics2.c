#include "as4/ics2/ics2_rules.h"

#include "as4/envelope/names.h"
#include "as4/envelope/signal.h"
#include "engine/base/clock.h"
#include "ensign/eori.h"

#define RULE_ID "ICS2-HTI 4.2.1; RFC 2822 3.6.4"
#define RULE_TIME "ICS2-HTI 4.2.1"
#define RULE_REF "ICS2-HTI 4.3.1"
#define RULE_MPC "ICS2-HTI 4.1.3.3; eDelivery AS4 1.5.5.5"
#define RULE_PULL "ICS2-HTI 4.3.3"
#define MESSAGE_ID_LONG 255u /* characters that Domibus stores */
#define AHEAD_MAX 3600       /* seconds that a sender's clock may be ahead before it is worth a word */

bool ens__ics2_is_test(const ens_header *h)
{
    return h->kind == ENS_KIND_USER_MESSAGE && ens_is(h->service, ENS_TEST_SERVICE) &&
           ens_is(h->action, ENS_TEST_ACTION);
}

typedef enum { ID_GOOD = 0, ID_LOOSE, ID_BAD } id_form;

/* form_of judges a message id: left@right without white space and brackets; what has no single '@' is loose. */
static id_form form_of(ens_slice id)
{
    unsigned ats = 0;
    for (size_t i = 0; i < id.len; i++) {
        if (id.p[i] <= ' ' || id.p[i] == 0x7F || id.p[i] == '<' || id.p[i] == '>')
            return ID_BAD;
        ats += id.p[i] == '@';
    }
    if (id.len == 0)
        return ID_BAD;
    return ats == 1 && id.p[0] != '@' && id.p[id.len - 1] != '@' ? ID_GOOD : ID_LOOSE;
}

static void judge_message_id(const ens__ics2_case *c)
{
    static const char hint[] =
        "write <UUID>@<host name of the access point>, without angle brackets; Domibus and phase4 make it themselves "
        "when none is given";
    ens_slice id = c->h->message_id;
    id_form form = form_of(id);
    if (!id.p)
        return; /* header.schema has said so */
    if (form == ID_BAD)
        ens__failf(c->report, "rules.message-id", RULE_ID, hint, "\"%s\" is no message id", ens__show(c->report, id))
            ->code = "EBMS:0003";
    else if (form == ID_LOOSE)
        ens__ics2_soft(c)(c->report, "rules.message-id", RULE_ID, hint, "\"%s\" has not the form left@right",
                          ens__show(c->report, id))
            ->code = "EBMS:0003";
    else if (id.len > MESSAGE_ID_LONG)
        ens__warn(c->report, "rules.message-id", RULE_ID, "Domibus stores 255 characters",
                  "the message id has %zu characters", id.len);
    else
        ens__pass(c->report, "rules.message-id", RULE_ID);
}

static void judge_timestamp(const ens__ics2_case *c)
{
    static const char hint[] = "write UTC with a final Z: 2026-01-15T08:30:00.000Z";
    ens_time t;
    bool offset;
    if (!c->h->timestamp.p)
        return;
    if (!ens__time_xsd(c->h->timestamp, &t, &offset))
        ens__failf(c->report, "rules.timestamp", RULE_TIME, hint, "\"%s\" is no date and time",
                   ens__show(c->report, c->h->timestamp))
            ->code = "EBMS:0009";
    else if (offset)
        ens__warn(c->report, "rules.timestamp", RULE_TIME, hint, "the timestamp has an offset and is not in UTC");
    else if (c->o->at != ENS_TIME_NONE && t > c->o->at + AHEAD_MAX)
        ens__warn(c->report, "rules.timestamp", RULE_TIME, "set the sender's clock by a time server",
                  "the timestamp is %lld s ahead", (long long)(t - c->o->at));
    else
        ens__pass(c->report, "rules.timestamp", RULE_TIME);
}

/* judge_ref: a user message may have a reference or not (the texts contradict one another: ics2-hti 2.3); a receipt
 * needs it; a pull request has none. */
static void judge_ref(const ens__ics2_case *c)
{
    const ens_header *h = c->h;
    if (!h->ref_to.p) {
        if (h->kind == ENS_KIND_RECEIPT)
            ens__failf(c->report, "rules.ref-to", RULE_REF,
                       "a receipt names the message that it acknowledges in eb:RefToMessageId",
                       "the receipt names no message")
                ->code = "EBMS:0302";
        else if (h->kind == ENS_KIND_USER_MESSAGE && c->action && c->action->direction == ENS_C2T)
            ens__passf(c->report, "rules.ref-to", "ICS2-HTI 4.5.3",
                       "the message answers none: correlate by LRN or MRN");
        return;
    }
    if (form_of(h->ref_to) == ID_BAD)
        ens__failf(c->report, "rules.ref-to", RULE_REF, "copy the message id as it was received",
                   "\"%s\" is no message id", ens__show(c->report, h->ref_to))
            ->code = "EBMS:0003";
    else if (h->message_id.len && ens_eq(h->ref_to, h->message_id))
        ens__failf(c->report, "rules.ref-to", RULE_REF, "give the message an id of its own",
                   "the message refers to itself")
            ->code = "EBMS:0003";
    else if (h->kind == ENS_KIND_PULL_REQUEST)
        ens__warn(c->report, "rules.ref-to", RULE_REF, "leave eb:RefToMessageId out",
                  "a pull request refers to no message");
    else
        ens__pass(c->report, "rules.ref-to", RULE_REF);
}

/* is_party_channel tells "…/EORI/<party id>". */
static bool is_party_channel(ens_slice mpc, ens_slice *party)
{
    ens_party_id id;
    if (!ens_starts(mpc, ENS_LIT(ENS_MPC_EORI)))
        return false;
    *party = ens_from(mpc, sizeof ENS_MPC_EORI - 1);
    return ens_party_id_parse(*party, &id, NULL) == ENS_OK;
}

/* judge_mpc: traders push to the default channel; customs push there too, or answer a pull with the channel or its
 * base. */
static void judge_mpc(const ens__ics2_case *c)
{
    ens_slice mpc = c->h->mpc, party = {0};
    bool pulled = is_party_channel(mpc, &party);
    bool own = pulled && ens_eq(party, c->h->to.id);
    if (!mpc.len || ens_is(mpc, ENS_MPC_DEFAULT) || (c->o->as_trader && (own || ens_is(mpc, ENS_MPC_BASE))))
        ens__pass(c->report, "rules.mpc", RULE_MPC);
    else if (c->o->as_trader && pulled)
        ens__failf(c->report, "rules.mpc", RULE_MPC, "look at the PartyId in the channel that was pulled",
                   "the message is of %s, not of its addressee's channel", ens__show(c->report, mpc))
            ->code = "EBMS:0010";
    else
        ens__failf(c->report, "rules.mpc", RULE_MPC,
                   "leave @mpc out when pushing; Domibus: use the MPC that is marked default=\"true\"",
                   "%s is not the channel of pushed messages", ens__show(c->report, mpc))
            ->code = "EBMS:0010";
}

static void judge_pull(const ens__ics2_case *c)
{
    static const char hint[] = "pull from " ENS_MPC_EORI " and your PartyId";
    ens_slice party;
    if (c->o->as_trader)
        ens__failf(c->report, "rules.pull", RULE_PULL, "traders pull; customs never do", "customs sent a pull request")
            ->code = "EBMS:0010";
    else if (!c->h->mpc.len || ens_is(c->h->mpc, ENS_MPC_DEFAULT))
        ens__failf(c->report, "rules.pull", RULE_PULL, hint, "the default channel can't be pulled from")->code =
            "EBMS:0001";
    else if (!is_party_channel(c->h->mpc, &party))
        ens__failf(c->report, "rules.pull", RULE_PULL, hint, "%s is no channel of a trader",
                   ens__show(c->report, c->h->mpc))
            ->code = "EBMS:0001";
    else
        ens__pass(c->report, "rules.pull", RULE_PULL);
}

/* judge_error: what an error signal must say to be of use; the error itself is no fault of the signal. */
static void judge_error(const ens__ics2_case *c)
{
    bool good = true;
    for (unsigned i = 0; i < c->h->num_errors; i++) {
        const ens_error_info *e = &c->h->error[i];
        const ens_error_code *known = ens__error_code(e->code);
        bool severe =
            ens__eq_nocase(e->severity, ENS_LIT("failure")) || ens__eq_nocase(e->severity, ENS_LIT("warning"));
        if (!known)
            ens__warn(c->report, "rules.error", "ICS2-HTI Annex 4",
                      "look it up in the documentation of the sender's software", "%s is no code of ICS2",
                      ens__show(c->report, e->code));
        else if (severe && !ens__eq_nocase(e->severity, ens_str(known->severity)))
            ens__warn(c->report, "rules.error", "ICS2-HTI Annex 4", "believe the code", "%s is a %s, not a %s",
                      known->code, known->severity, ens__show(c->report, e->severity));
        if (!severe)
            ens__failf(c->report, "rules.error", "ebMS3 Core 6.2.5", "the severity is failure or warning",
                       "\"%s\" is no severity", ens__show(c->report, e->severity))
                ->code = "EBMS:0003";
        if (e->ref_to.len && c->h->ref_to.len && !ens_eq(e->ref_to, c->h->ref_to))
            ens__warn(c->report, "rules.error", "ebMS3 Core 6.3",
                      "all errors of a signal concern the message that it refers to",
                      "an error concerns another message, %s", ens__show(c->report, e->ref_to));
        good = good && severe;
    }
    if (good && c->h->num_errors)
        ens__pass(c->report, "rules.error", "ICS2-HTI 4.3.2");
}

void ens__ics2_judge(const ens_header *h, const ens__ics2_options *o, ens_report *report)
{
    ens__ics2_case c = {.h = h, .o = o, .report = report, .test = ens__ics2_is_test(h)};
    if (h->kind == ENS_KIND_UNKNOWN)
        return; /* header.* has said why */
    if (h->kind == ENS_KIND_USER_MESSAGE) {
        c.action = ens__action_find(h->action);
        ens__ics2_parties(&c);
        ens__ics2_collaboration(&c);
    }
    judge_message_id(&c);
    judge_timestamp(&c);
    judge_ref(&c);
    if (h->kind == ENS_KIND_USER_MESSAGE) {
        judge_mpc(&c);
        ens__ics2_parts(&c);
    } else if (h->kind == ENS_KIND_PULL_REQUEST) {
        judge_pull(&c);
    } else if (h->kind == ENS_KIND_ERROR) {
        judge_error(&c);
    }
}
