#include "as4/ics2/ics2.h"

#include "as4/envelope/names.h"
#include "as4/envelope/signal.h"
#include "as4/ics2/ics2_rules.h"
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

/* form_of judges a message id: left@right in US-ASCII without white space, quotes and brackets; what has no single '@'
 * is loose. */
static id_form form_of(ens_slice id)
{
    unsigned ats = 0;
    for (size_t i = 0; i < id.len; i++) {
        if (id.p[i] <= ' ' || id.p[i] >= 0x7F || id.p[i] == '<' || id.p[i] == '>' || id.p[i] == '"')
            return ID_BAD;
        ats += id.p[i] == '@';
    }
    if (id.len == 0)
        return ID_BAD;
    return ats == 1 && id.p[0] != '@' && id.p[id.len - 1] != '@' ? ID_GOOD : ID_LOOSE;
}

/* is_dot_atom: what may stand on either side of the '@', or of the dots there (RFC 2822, 3.2.4); a domain in brackets
 * is taken as it stands. */
static bool is_dot_atom(ens_slice s)
{
    static const char others[] = "!#$%&'*+-/=?^_`{|}~";
    bool dot = true;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.p[i], folded = (uint8_t)(c | 0x20);
        bool plain = (folded >= 'a' && folded <= 'z') || (c >= '0' && c <= '9') || (c && strchr(others, c));
        if (c == '.' ? dot : !plain)
            return false;
        dot = c == '.';
    }
    return !dot;
}

static bool is_msg_id(ens_slice id)
{
    size_t at = ens__find(id, ENS_LIT("@"), 0);
    ens_slice right = ens_from(id, at + 1);
    bool literal = right.len > 2 && right.p[0] == '[' && right.p[right.len - 1] == ']';
    return is_dot_atom(ens_sub(id, 0, at)) && (literal || is_dot_atom(right));
}

static void judge_message_id(const ens__ics2_case *c)
{
    static const char hint[] =
        "write <UUID>@<host name of the access point>, without angle brackets; Domibus and phase4 make it themselves "
        "when none is given";
    ens_slice id = c->h->message_id;
    id_form form = form_of(id);
    bool signal = c->h->kind != ENS_KIND_USER_MESSAGE; /* whose ids are only compared */
    if (!id.p)
        return; /* header.schema has said so */
    if (form == ID_BAD)
        ens__failf(c->report, "rules.message-id", RULE_ID, hint, "\"%s\" is no message id", ens__show(c->report, id))
            ->code = "EBMS:0003";
    else if (form == ID_LOOSE)
        (signal ? ens__warn : ens__ics2_soft(c))(c->report, "rules.message-id", RULE_ID, hint,
                                                 "\"%s\" has not the form left@right", ens__show(c->report, id))
            ->code = "EBMS:0003";
    else if (!signal && !is_msg_id(id))
        ens__warn(c->report, "rules.message-id", RULE_ID, hint,
                  "\"%s\" has characters, or dots, in places where a msg-id has none", ens__show(c->report, id));
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
        ens__warn(c->report, "rules.timestamp", RULE_TIME, hint, "the timestamp has an offset: it is not in UTC");
    else if (c->o->at != ENS_TIME_NONE && t > c->o->at + AHEAD_MAX)
        ens__warn(c->report, "rules.timestamp", RULE_TIME, "set the sender's clock by a time server",
                  "the timestamp is %lld s ahead", (long long)(t - c->o->at));
    else
        ens__pass(c->report, "rules.timestamp", RULE_TIME);
}

/* judge_ref: a user message may have a reference or not (ICS2-HTI 4.1.3.3 forbids it, 4.5.3 demands it); a receipt
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

/* Direction, priority category (ICD 3.3.2.6, Table 7), functional reference (ICD Table 9), attachments (ICD 3.1.11),
 * description. IE3A25 does not exist; IE3N11 has no category in Table 7 and is treated as C. */
static const ens_action table[] = {
    {"IE3F10", ENS_T2C, 'B', ENS_REF_LRN, false,
     "sea or inland waterway: full dataset, straight bill of lading, consignee data included"},
    {"IE3F11", ENS_T2C, 'B', ENS_REF_LRN, false,
     "sea or inland waterway: full dataset, master bill with underlying house bills, consignee data at lowest house "
     "bill"},
    {"IE3F12", ENS_T2C, 'B', ENS_REF_LRN, false, "sea or inland waterway: partial, master bill only"},
    {"IE3F13", ENS_T2C, 'B', ENS_REF_LRN, false, "sea or inland waterway: partial, straight bill only"},
    {"IE3F14", ENS_T2C, 'B', ENS_REF_LRN, false, "sea or inland waterway: partial, house bill only"},
    {"IE3F15", ENS_T2C, 'B', ENS_REF_LRN, false, "sea or inland waterway: partial, house bill with consignee data"},
    {"IE3F16", ENS_T2C, 'B', ENS_REF_LRN, false,
     "sea or inland waterway: partial, consignee data for the lowest house bill"},
    {"IE3F17", ENS_T2C, 'B', ENS_REF_LRN, false, "sea or inland waterway: partial, consignee data for a straight bill"},
    {"IE3F20", ENS_T2C, 'B', ENS_REF_LRN, true, "air cargo (general): full dataset, pre-loading"},
    {"IE3F21", ENS_T2C, 'B', ENS_REF_LRN, false, "air cargo (general): partial, master air waybill, pre-arrival"},
    {"IE3F22", ENS_T2C, 'B', ENS_REF_LRN, false, "air cargo (general): partial, house air waybill, pre-arrival"},
    {"IE3F23", ENS_T2C, 'B', ENS_REF_LRN, true,
     "air cargo (general): partial, minimum pre-loading dataset, no master waybill number"},
    {"IE3F24", ENS_T2C, 'B', ENS_REF_LRN, true,
     "air cargo (general): partial, minimum pre-loading dataset, with master waybill number"},
    {"IE3F25", ENS_T2C, 'B', ENS_REF_LRN, false,
     "air cargo (general): partial, master waybill reference number only, pre-loading"},
    {"IE3F26", ENS_T2C, 'B', ENS_REF_LRN, true,
     "air cargo (general): partial, minimum pre-loading dataset with extra house waybill data"},
    {"IE3F27", ENS_T2C, 'B', ENS_REF_LRN, false, "air cargo (general): full dataset, pre-arrival"},
    {"IE3F28", ENS_T2C, 'B', ENS_REF_LRN, true, "air cargo (general): full dataset, pre-loading, direct waybill"},
    {"IE3F29", ENS_T2C, 'B', ENS_REF_LRN, false, "air cargo (general): full dataset, pre-arrival, direct waybill"},
    {"IE3F30", ENS_T2C, 'B', ENS_REF_LRN, false, "express: full dataset, pre-arrival"},
    {"IE3F31", ENS_T2C, 'B', ENS_REF_LRN, false,
     "express on general air cargo: full dataset, pre-arrival, filed by the express operator"},
    {"IE3F32", ENS_T2C, 'B', ENS_REF_LRN, true, "express: partial, minimum pre-loading dataset"},
    {"IE3F33", ENS_T2C, 'B', ENS_REF_LRN, false,
     "express on general air cargo: partial, house waybill pre-arrival, filed by an Article 127(6) person"},
    {"IE3F34", ENS_T2C, 'B', ENS_REF_LRN, false, "express on road: full dataset, pre-arrival"},
    {"IE3F40", ENS_T2C, 'B', ENS_REF_LRN, false, "post by road: partial, road master bill of lading"},
    {"IE3F41", ENS_T2C, 'B', ENS_REF_LRN, false, "post by rail: partial, rail master transport document"},
    {"IE3F42", ENS_T2C, 'B', ENS_REF_LRN, false,
     "post by air: partial, master air waybill with postal data, within the mode's time limit"},
    {"IE3F43", ENS_T2C, 'B', ENS_REF_LRN, false, "post: partial, minimum pre-loading dataset"},
    {"IE3F44", ENS_T2C, 'B', ENS_REF_LRN, false, "post: partial, receptacle identification number, pre-loading"},
    {"IE3F45", ENS_T2C, 'B', ENS_REF_LRN, false, "post by sea or inland waterway: partial"},
    {"IE3F50", ENS_T2C, 'B', ENS_REF_LRN, false, "road: road filing"},
    {"IE3F51", ENS_T2C, 'B', ENS_REF_LRN, false, "rail: rail filing"},
    {"IE3A10", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F10"},
    {"IE3A11", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F11"},
    {"IE3A12", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F12"},
    {"IE3A13", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F13"},
    {"IE3A14", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F14"},
    {"IE3A15", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F15"},
    {"IE3A16", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F16"},
    {"IE3A17", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F17"},
    {"IE3A20", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F20"},
    {"IE3A21", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F21"},
    {"IE3A22", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F22"},
    {"IE3A23", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F23"},
    {"IE3A24", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F24"},
    {"IE3A26", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F26"},
    {"IE3A27", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F27"},
    {"IE3A28", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F28"},
    {"IE3A29", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F29"},
    {"IE3A30", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F30"},
    {"IE3A31", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F31"},
    {"IE3A32", ENS_T2C, 'B', ENS_REF_MRN, true, "amendment of IE3F32"},
    {"IE3A33", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F33"},
    {"IE3A34", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F34"},
    {"IE3A40", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F40"},
    {"IE3A41", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F41"},
    {"IE3A42", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F42"},
    {"IE3A43", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F43"},
    {"IE3A44", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F44"},
    {"IE3A45", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F45"},
    {"IE3A50", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F50"},
    {"IE3A51", ENS_T2C, 'B', ENS_REF_MRN, false, "amendment of IE3F51"},
    {"IE3N06", ENS_T2C, 'A', ENS_REF_LRN, false, "arrival notification (air and sea)"},
    {"IE3Q04", ENS_T2C, 'C', ENS_REF_MRN, false, "invalidation request"},
    {"IE3Q05", ENS_T2C, 'C', ENS_REF_MRN, false, "consult ENS (by MRN, or by master/house transport document)"},
    {"IE3R02", ENS_T2C, 'B', ENS_REF_MRN, true, "additional information response (text and/or files)"},
    {"IE3R03", ENS_T2C, 'A', ENS_REF_MRN, true, "high-risk cargo & mail screening response"},
    {"IE3N01", ENS_C2T, 'B', ENS_REF_EITHER, false,
     "lifecycle validation error (key data not unique and/or ENS in the wrong state)"},
    {"IE3N02", ENS_C2T, 'C', ENS_REF_MRN, false, "ENS not complete"},
    {"IE3N03", ENS_C2T, 'A', ENS_REF_MRN, false, "assessment complete"},
    {"IE3N04", ENS_C2T, 'C', ENS_REF_MRN, false, "notice to carrier that IE3Q02 was sent"},
    {"IE3N05", ENS_C2T, 'C', ENS_REF_MRN, false, "notice to carrier that IE3Q03 was sent"},
    {"IE3N07", ENS_C2T, 'C', ENS_REF_MRN, false, "ENS in incorrect state at arrival"},
    {"IE3N08", ENS_C2T, 'A', ENS_REF_MRN, false, "control notification after arrival"},
    {"IE3N09", ENS_C2T, 'C', ENS_REF_MRN, false, "AEO control notification"},
    {"IE3N10", ENS_C2T, 'C', ENS_REF_MRN, false, "amendment accepted"},
    {"IE3N11", ENS_C2T, 'C', ENS_REF_TRANSPORT_DOCUMENT, false, "ENS pending: somebody is expected to file"},
    {"IE3N99", ENS_C2T, 'B', ENS_REF_EITHER, false, "syntactic/semantic validation error"},
    {"IE3Q01", ENS_C2T, 'A', ENS_REF_MRN, false, "do-not-load request"},
    {"IE3Q02", ENS_C2T, 'B', ENS_REF_MRN, false, "additional information request"},
    {"IE3Q03", ENS_C2T, 'A', ENS_REF_MRN, false, "HRCM screening request"},
    {"IE3R01", ENS_C2T, 'B', ENS_REF_BOTH, false, "ENS registered, MRN given"},
    {"IE3R04", ENS_C2T, 'B', ENS_REF_BOTH, false, "arrival registered, MRN given"},
    {"IE3R07", ENS_C2T, 'C', ENS_REF_MRN, false, "invalidation accepted"},
    {"IE3R08", ENS_C2T, 'B', ENS_REF_MRN, false, "consultation result"},
};

_Static_assert(sizeof table / sizeof *table == ENS_NUM_ACTIONS, "ICS2 has 84 actions");

const ens_action *ens__action_find(ens_slice name)
{
    for (unsigned i = 0; i < ENS_NUM_ACTIONS; i++)
        if (ens_is(name, table[i].name))
            return &table[i];
    return NULL;
}

const char *ens__action_reply(ens_slice name)
{
    const ens_action *action = ens__action_find(name);
    return action && action->direction == ENS_C2T ? NULL : "IE3N99";
}

const ens_action *ens__action_get(unsigned i)
{
    return i < ENS_NUM_ACTIONS ? &table[i] : NULL;
}
