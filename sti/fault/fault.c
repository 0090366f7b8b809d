#include "sti/fault/fault.h"

#include "as4/envelope/signal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULE "Ensign faults"
#define CODE_DIGITS 4u

static const struct {
    const char *name, *words;
} kinds[] = {
    [ENS_FAULT_NONE] = {"none", "nothing"},
    [ENS_FAULT_REFUSE] = {"refuse", "it is refused"},
    [ENS_FAULT_LOST] = {"lost", "the receipt is not sent"},
    [ENS_FAULT_CUT] = {"cut", "the connection ends in the middle of the receipt"},
    [ENS_FAULT_TLS] = {"tls", "what is no TLS is sent in place of the receipt"},
    [ENS_FAULT_SLOW] = {"slow", "the receipt comes late"},
    [ENS_FAULT_DIGEST] = {"digest", "the digests of the receipt are not the message's"},
    [ENS_FAULT_UNSIGNED] = {"unsigned", "the seal of the receipt does not cover its Body"},
    [ENS_FAULT_FOREIGN] = {"foreign", "a stranger seals the receipt"},
    [ENS_FAULT_DUP] = {"dup", "what answers it is delivered twice"},
    [ENS_FAULT_HANDSHAKE] = {"handshake", "an alert ends the handshake"},
    [ENS_FAULT_SHOWN] = {"shown", "another certificate is shown"},
};

const char *ens__fault_name(ens_fault_kind kind)
{
    return kinds[kind].name;
}

const char *ens__fault_words(ens_fault_kind kind)
{
    return kinds[kind].words;
}

static const struct {
    const char *end;
    ens_fault fault;
} named[] = {
    {"A001", {.kind = ENS_FAULT_REFUSE, .code = "EBMS:0004", .subcode = "A001"}},
    {"A002", {.kind = ENS_FAULT_REFUSE, .code = "EBMS:0004", .subcode = "A002"}},
    {"A003", {.kind = ENS_FAULT_REFUSE, .code = "EBMS:0004", .subcode = "A003"}},
    {"LOST", {.kind = ENS_FAULT_LOST}},
    {"CUT", {.kind = ENS_FAULT_CUT}},
    {"TLS", {.kind = ENS_FAULT_TLS}},
    {"DIGEST", {.kind = ENS_FAULT_DIGEST}},
    {"UNSIGNED", {.kind = ENS_FAULT_UNSIGNED}},
    {"FOREIGN", {.kind = ENS_FAULT_FOREIGN}},
    {"DUP", {.kind = ENS_FAULT_DUP}},
};

/* of_code takes one of ICS2's codes: any as EBMS0003, those from 0101 on by their digits alone, for people number their
 * filings from 0001 on. */
static ens_fault of_code(ens_slice end)
{
    char code[16];
    bool named_so = ens_starts(end, ENS_LIT("EBMS"));
    ens_slice digits = named_so ? ens_from(end, 4) : end;
    if (digits.len != CODE_DIGITS || (!named_so && digits.p[1] == '0'))
        return (ens_fault){0};
    snprintf(code, sizeof code, "EBMS:%.4s", (const char *)digits.p);
    const ens_error_code *known = ens__error_code(ens_str(code));
    return known ? (ens_fault){.kind = ENS_FAULT_REFUSE, .code = known->code} : (ens_fault){0};
}

static ens_fault of_delay(ens_slice end)
{
    unsigned seconds = 0;
    ens_slice digits = ens_from(end, 4);
    if (!ens_starts(end, ENS_LIT("SLOW")) || !digits.len || digits.len > 2)
        return (ens_fault){0};
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return (ens_fault){0};
        seconds = seconds * 10 + (unsigned)(digits.p[i] - '0');
    }
    return (ens_fault){.kind = ENS_FAULT_SLOW, .seconds = seconds < ENS_FAULT_SLOW_MAX ? seconds : ENS_FAULT_SLOW_MAX};
}

ens_fault ens__fault_of_lrn(ens_slice lrn)
{
    size_t at = lrn.len;
    while (at && lrn.p[at - 1] != '-')
        at--;
    ens_slice end = at ? ens_from(lrn, at) : (ens_slice){0};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (ens_is(end, named[i].end))
            return named[i].fault;
    ens_fault fault = of_code(end);
    return fault.kind ? fault : of_delay(end);
}

/* The rules of a configuration, with how often each has held. */
struct ens_fault_rules {
    atomic_uint others; /* references beside the first */
    size_t num;
    struct {
        ens_fault_rule own;
        char *text[7]; /* its texts */
        atomic_uint held;
    } rule[ENS_FAULT_RULES_MAX];
};

static bool is_of_connections(const ens_fault_rule *r)
{
    return r->kind == ENS_FAULT_HANDSHAKE || r->kind == ENS_FAULT_SHOWN;
}

/* Who connects has sent no message yet, and who has sent one is connected. */
static ens_code check_connection(const ens_fault_rule *r, ens_err *err)
{
    bool of_message = r->party || r->action || r->message_id || r->lrn;
    bool of_connection = r->alert || r->client || r->listener;
    if (is_of_connections(r) ? of_message : of_connection)
        return ens_fail_about(err, ENS_EPOLICY, RULE,
                              "handshake and shown hold for a client and a listener, all others for what a message has",
                              ens__fault_name(r->kind));
    if ((r->kind == ENS_FAULT_HANDSHAKE) != (r->alert != 0))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "a handshake ends by an alert, and nothing else has one",
                              ens__fault_name(r->kind));
    if (r->kind == ENS_FAULT_SHOWN && (r->client || !r->tls))
        return ens_fail(err, ENS_EPOLICY, RULE, "the server shows its certificate before the client does", 0);
    if (r->client && !ens__tls_refuses(r->alert))
        return ens_fail(err, ENS_EPOLICY, RULE, "no such alert answers a client's certificate: leave out client", 0);
    return ENS_OK;
}

static ens_code check_rule(const ens_fault_rule *r, ens_err *err)
{
    ens_code code = check_connection(r, err);
    if (code != ENS_OK)
        return code;
    if (r->kind == ENS_FAULT_REFUSE && (!r->code || !ens__error_code(ens_str(r->code))))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "a refusal needs a code of ICS2, like EBMS:0101",
                              r->code ? r->code : "none");
    if (r->kind != ENS_FAULT_REFUSE && (r->code || r->subcode))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "only a refusal has a code", ens__fault_name(r->kind));
    if (r->subcode && (strlen(r->subcode) != 4 || !ens__subcode_of(ens_str(r->subcode))))
        return ens_fail_about(err, ENS_EPOLICY, RULE, "a sub-code is A001, A002 or A003", r->subcode);
    if ((r->kind == ENS_FAULT_SLOW) != (r->seconds != 0) || r->seconds > ENS_FAULT_SLOW_MAX)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "slow has seconds, from 1 to 60, and nothing else has",
                              ens__fault_name(r->kind));
    return r->kind ? ENS_OK : ens_fail(err, ENS_EPOLICY, RULE, "a rule needs a fault", 0);
}

static bool copy_rule(ens_fault_rules *to, const ens_fault_rule *r)
{
    const size_t n = to->num++;
    ens_fault_rule *own = &to->rule[n].own;
    *own = *r;
    own->tls = ens__tls_share(r->tls);
    const char **const texts[] = {&own->party, &own->action,  &own->message_id, &own->lrn,
                                  &own->code,  &own->subcode, &own->client};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        to->rule[n].text[i] = *texts[i] ? strdup(*texts[i]) : NULL;
        if (*texts[i] && !to->rule[n].text[i])
            return false;
        *texts[i] = to->rule[n].text[i];
    }
    return true;
}

ens_code ens__fault_rules_new(const ens_fault_rule *rules, size_t num, ens_fault_rules **out, ens_err *err)
{
    ens_code code = ENS_OK;
    if (num > ENS_FAULT_RULES_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "there are too many rules for faults", 0);
    ens_fault_rules *r = calloc(1, sizeof *r);
    if (!r)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for faults", 0);
    for (size_t i = 0; i < num && code == ENS_OK; i++) {
        code = check_rule(&rules[i], err);
        if (code == ENS_OK && !copy_rule(r, &rules[i]))
            code = ens_fail(err, ENS_ENOMEM, RULE, "out of memory for faults", 0);
    }
    if (code == ENS_OK)
        *out = r;
    else
        ens__fault_rules_free(r);
    return code;
}

ens_fault_rules *ens__fault_rules_share(ens_fault_rules *r)
{
    if (r)
        atomic_fetch_add(&r->others, 1);
    return r;
}

void ens__fault_rules_free(ens_fault_rules *r)
{
    if (!r || atomic_fetch_sub(&r->others, 1) != 0)
        return;
    for (size_t i = 0; i < r->num; i++)
        ens__tls_free(r->rule[i].own.tls);
    for (size_t i = 0; i < r->num; i++)
        for (size_t k = 0; k < sizeof r->rule[i].text / sizeof *r->rule[i].text; k++)
            free(r->rule[i].text[k]);
    free(r);
}

/* holds counts a use, and is false when there were enough. */
static bool holds(ens_fault_rules *r, size_t i)
{
    unsigned times = r->rule[i].own.times, held = atomic_load(&r->rule[i].held);
    while (times && held < times)
        if (atomic_compare_exchange_weak(&r->rule[i].held, &held, held + 1))
            return true;
    return !times;
}

ens_fault ens__fault_of_message(ens_fault_rules *rules, const ens_message *m)
{
    ens_slice lrn = m->lrn;
    for (size_t i = 0; rules && i < rules->num; i++) {
        const ens_fault_rule *r = &rules->rule[i].own;
        if (!is_of_connections(r) && ens__pattern_fits(r->party, m->sender.len ? m->sender : m->from) &&
            ens__pattern_fits(r->action, m->action) && ens__pattern_fits(r->message_id, m->message_id) &&
            ens__pattern_fits(r->lrn, lrn) && holds(rules, i))
            return (ens_fault){r->kind, r->code, r->subcode, r->seconds, .stays = true, .rule = (unsigned)i + 1};
    }
    return ens__fault_of_lrn(lrn);
}

static bool fits_listener(const ens_fault_rule *r, unsigned listener)
{
    return r->listener == 0 || r->listener == listener + 1;
}

void ens__fault_of_connection(ens_fault_rules *rules, unsigned listener, ens_tls_rehearsal *out, bool *judges)
{
    *judges = false;
    for (size_t i = 0; rules && i < rules->num; i++) {
        const ens_fault_rule *r = &rules->rule[i].own;
        if (!is_of_connections(r) || !fits_listener(r, listener))
            continue;
        *judges = *judges || r->client;
        if (r->client || out->alert || out->tls || !holds(rules, i))
            continue;
        out->alert = r->alert;
        out->tls = ens__tls_share(r->tls);
    }
}

int ens__fault_of_client(ens_fault_rules *rules, unsigned listener, ens_slice subject)
{
    for (size_t i = 0; rules && i < rules->num; i++) {
        const ens_fault_rule *r = &rules->rule[i].own;
        if (r->client && fits_listener(r, listener) && ens__pattern_fits(r->client, subject) && holds(rules, i))
            return r->alert;
    }
    return 0;
}
