#include "sti/filing/filing.h"

#include <stdio.h>

#define RULE "Ensign filing"
#define HOUR ((ens_time)3600)

const char *ens__filing_state_name(unsigned state)
{
    static const struct {
        unsigned state;
        const char *name;
    } names[] = {{ENS_FILING_REGISTERED, "registered"},
                 {ENS_FILING_REJECTED, "rejected"},
                 {ENS_FILING_ACCEPTED, "accepted"},
                 {ENS_FILING_PENDING_LINKING, "pending linking"},
                 {ENS_FILING_LINKED, "linked"},
                 {ENS_FILING_INVALIDATED, "invalidated"},
                 {ENS_FILING_PENDING_COMPLETENESS, "pending completeness"},
                 {ENS_FILING_COMPLETE, "complete"},
                 {ENS_FILING_CONSIDERED_COMPLETE, "considered complete"},
                 {ENS_FILING_ARRIVED, "arrived"},
                 {ENS_FILING_PRESENTED, "presented"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].state == state)
            return names[i].name;
    return "none";
}

/* Which keys stay taken, and for how long, is what a software house tells its users of (error 81); the kinds that it
 * does not name are as those that are filed alike. F17 is of the house level by analogy with F16. */
static const ens_filing_kind kinds[] = {
    {"10", ENS_LEVEL_WHOLE, false, ENS_RISK_SEA, ENS_UNIQUE_MASTER},
    {"11", ENS_LEVEL_WHOLE, false, ENS_RISK_SEA, ENS_UNIQUE_MASTER},
    {"12", ENS_LEVEL_MASTER, false, ENS_RISK_SEA, ENS_UNIQUE_MASTER},
    {"13", ENS_LEVEL_MASTER, false, ENS_RISK_SEA, ENS_UNIQUE_MASTER},
    {"14", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"15", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"16", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"17", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_NONE},
    {"20", ENS_LEVEL_WHOLE, true, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"21", ENS_LEVEL_MASTER, false, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"22", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"23", ENS_LEVEL_HOUSE, true, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"24", ENS_LEVEL_HOUSE, true, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"25", ENS_LEVEL_REFERENCE, false, ENS_RISK_NONE, ENS_UNIQUE_NONE},
    {"26", ENS_LEVEL_HOUSE, true, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"27", ENS_LEVEL_WHOLE, false, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"28", ENS_LEVEL_WHOLE, true, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"29", ENS_LEVEL_WHOLE, false, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"30", ENS_LEVEL_WHOLE, false, ENS_RISK_AIR, ENS_UNIQUE_HOUSE_UCR},
    {"31", ENS_LEVEL_WHOLE, false, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"32", ENS_LEVEL_HOUSE, true, ENS_RISK_NONE, ENS_UNIQUE_HOUSE_UCR},
    {"33", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"34", ENS_LEVEL_WHOLE, false, ENS_RISK_ROAD, ENS_UNIQUE_HOUSE_UCR},
    {"40", ENS_LEVEL_MASTER, false, ENS_RISK_ROAD, ENS_UNIQUE_MASTER},
    {"41", ENS_LEVEL_MASTER, false, ENS_RISK_RAIL, ENS_UNIQUE_MASTER},
    {"42", ENS_LEVEL_MASTER, false, ENS_RISK_AIR, ENS_UNIQUE_MASTER},
    {"43", ENS_LEVEL_HOUSE, true, ENS_RISK_NONE, ENS_UNIQUE_HOUSE},
    {"44", ENS_LEVEL_HOUSE, false, ENS_RISK_NONE, ENS_UNIQUE_NONE},
    {"45", ENS_LEVEL_MASTER, false, ENS_RISK_SEA, ENS_UNIQUE_MASTER},
    {"50", ENS_LEVEL_WHOLE, false, ENS_RISK_ROAD, ENS_UNIQUE_MASTER},
    {"51", ENS_LEVEL_WHOLE, false, ENS_RISK_RAIL, ENS_UNIQUE_MASTER},
};

const ens_filing_kind *ens__filing_kind_of(ens_slice action)
{
    if (action.len != 6 || (!ens_starts(action, ENS_LIT("IE3F")) && !ens_starts(action, ENS_LIT("IE3A"))))
        return NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (memcmp(kinds[i].number, action.p + 4, 2) == 0)
            return &kinds[i];
    return NULL;
}

bool ens__filing_is_before_arrival(const ens_filing *f)
{
    switch (f->state) {
    case ENS_FILING_ACCEPTED:
    case ENS_FILING_PENDING_LINKING:
    case ENS_FILING_LINKED:
    case ENS_FILING_PENDING_COMPLETENESS:
    case ENS_FILING_COMPLETE:
    case ENS_FILING_CONSIDERED_COMPLETE:
        return true;
    default:
        return false;
    }
}

bool ens__filing_is_ready(const ens_filing *f)
{
    return f->state == ENS_FILING_LINKED || f->state == ENS_FILING_COMPLETE ||
           f->state == ENS_FILING_CONSIDERED_COMPLETE;
}

bool ens__filing_is_over(const ens_filing *f)
{
    return f->state == ENS_FILING_REJECTED || f->state == ENS_FILING_INVALIDATED || f->state == ENS_FILING_PRESENTED;
}

/* -- Referrals ---------------------------------------------------------------------------------------------------- */

/* drop_answered makes room by forgetting the oldest that was answered. */
static bool drop_answered(ens_filing *f)
{
    for (unsigned i = 0; i < f->num_referrals; i++)
        if (!f->referral[i].open) {
            memmove(&f->referral[i], &f->referral[i + 1], (--f->num_referrals - i) * sizeof *f->referral);
            return true;
        }
    return false;
}

/* The reference is the middle of the MRN, which is unique, and a number. */
ens_referral *ens__filing_ask(ens_filing *f, const char *type)
{
    if (f->num_referrals == ENS_FILING_REFERRALS && !drop_answered(f))
        return NULL;
    ens_referral *r = &f->referral[f->num_referrals++];
    *r = (ens_referral){.open = true};
    memcpy(r->reference, f->mrn + 4, 11);
    snprintf(r->reference + 11, sizeof r->reference - 11, "-%u", ++f->num_asked % 100000u);
    snprintf(r->type, sizeof r->type, "%s", type);
    return r;
}

ens_referral *ens__filing_find_referral(ens_filing *f, ens_slice reference, const char *type)
{
    bool screening = strcmp(type, "RFS") == 0;
    for (unsigned i = 0; i < f->num_referrals; i++) {
        ens_referral *r = &f->referral[i];
        if (r->open && ens_is(reference, r->reference) && (strcmp(r->type, "RFS") == 0) == screening)
            return r;
    }
    return NULL;
}

bool ens__filing_has_open_referral(const ens_filing *f)
{
    for (unsigned i = 0; i < f->num_referrals; i++)
        if (f->referral[i].open)
            return true;
    return false;
}

ens_time ens__filing_risk_time(const ens_filing_kind *kind, bool containers, ens_time now, ens_time arrival)
{
    switch (kind->risk) {
    case ENS_RISK_SEA:
        return containers ? 24 * HOUR : 4 * HOUR;
    case ENS_RISK_AIR:
        return arrival > now && arrival - now < 4 * HOUR ? arrival - now : 4 * HOUR;
    case ENS_RISK_RAIL:
        return 2 * HOUR;
    case ENS_RISK_ROAD:
        return HOUR;
    case ENS_RISK_NONE:
        break;
    }
    return 0;
}

/* -- Kept --------------------------------------------------------------------------------------------------------- */

/* A field: its letter, its length in two octets, its octets. What a newer version adds is passed over. */
static void put_field(ens_buf *out, char letter, ens_slice text)
{
    const uint8_t head[] = {(uint8_t)letter, (uint8_t)(text.len >> 8), (uint8_t)text.len};
    ens_buf_add(out, head, sizeof head);
    ens_buf_put(out, text);
}

static void put_number(ens_buf *out, char letter, int64_t number)
{
    uint8_t octets[8];
    for (unsigned i = 0; i < 8; i++)
        octets[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    put_field(out, letter, ens_bytes(octets, sizeof octets));
}

static int64_t number_of(ens_slice text)
{
    uint64_t number = 0;
    for (size_t i = 0; i < text.len && i < 8; i++)
        number = number << 8 | text.p[i];
    return (int64_t)number;
}

bool ens__filing_keep(char *field, size_t size, ens_slice text)
{
    if (text.len >= size || (text.len && memchr(text.p, 0, text.len)))
        return false;
    if (text.len)
        memcpy(field, text.p, text.len);
    field[text.len] = '\0';
    return true;
}

/* The texts and the numbers that are kept, by their letters. */
typedef struct {
    char letter;
    size_t offset, size;
} kept_text;
#define TEXT(letter, field)                                                                                            \
    {                                                                                                                  \
        letter, offsetof(ens_filing, field), sizeof((ens_filing *)0)->field                                            \
    }
static const kept_text texts[] = {TEXT('r', representative), TEXT('c', carrier),      TEXT('p', arrival_party),
                                  TEXT('n', notifier),       TEXT('y', notify_party), TEXT('s', scenario),
                                  TEXT('t', scene),          TEXT('w', wish)};
#define REFERRAL_SIZE (1 + 18 + 4)

ens_code ens__filing_write(const ens_filing *f, ens_buf *out, ens_err *err)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        put_field(out, texts[i].letter, ens_str((const char *)f + texts[i].offset));
    put_number(out, 'F', f->flags);
    put_number(out, 'N', f->num_asked);
    for (unsigned i = 0; i < ENS_FILING_TIMERS; i++)
        put_number(out, (char)('0' + i), f->due[i]);
    for (unsigned i = 0; i < f->num_referrals; i++) {
        uint8_t octets[REFERRAL_SIZE];
        octets[0] = f->referral[i].open;
        memcpy(octets + 1, f->referral[i].reference, 18);
        memcpy(octets + 19, f->referral[i].type, 4);
        put_field(out, 'R', ens_bytes(octets, sizeof octets));
    }
    return ens_buf_done(out, err);
}

static bool read_referral(ens_filing *f, ens_slice text)
{
    if (text.len != REFERRAL_SIZE || f->num_referrals == ENS_FILING_REFERRALS || text.p[18] || text.p[22])
        return false;
    ens_referral *r = &f->referral[f->num_referrals++];
    r->open = text.p[0] != 0;
    memcpy(r->reference, text.p + 1, 18);
    memcpy(r->type, text.p + 19, 4);
    return true;
}

static bool read_field(ens_filing *f, char letter, ens_slice text)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].letter == letter)
            return ens__filing_keep((char *)f + texts[i].offset, texts[i].size, text);
    if (letter == 'R')
        return read_referral(f, text);
    if (letter == 'F')
        f->flags = (unsigned)number_of(text);
    else if (letter == 'N')
        f->num_asked = (unsigned)number_of(text);
    else if (letter >= '0' && letter < '0' + ENS_FILING_TIMERS)
        f->due[letter - '0'] = number_of(text);
    return true;
}

ens_code ens__filing_read(ens_slice body, ens_filing *f, ens_err *err)
{
    ens_reader r = ens_read(body);
    ens_slice head, text;
    f->num_referrals = 0;
    while (ens_left(&r))
        if (!ens_take(&r, 3, &head) || !ens_take(&r, (size_t)head.p[1] << 8 | head.p[2], &text) ||
            !read_field(f, (char)head.p[0], text))
            return ens_fail(err, ENS_ESYNTAX, RULE, "what the store keeps of a filing can't be read", ens_at(&r));
    return ENS_OK;
}
