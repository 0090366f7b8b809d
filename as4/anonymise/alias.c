#include "as4/anonymise/alias.h"

#include "as4/ens/numbers.h"
#include "as4/payload/document.h"
#include "engine/base/printable.h"
#include "engine/base/report.h"
#include "ensign/eori.h"
#include "ensign/orgid.h"

#include <ctype.h>
#include <openssl/rand.h>

#define BUCKETS 16384u   /* a power of two */
#define POOL 4096u       /* random octets that are drawn at once */
#define TRIES 400u       /* of one number … */
#define PATIENCE 200000u /* … and, of numbers that stand alone, together … */
#define ALONE 25000u     /* … and of one of them: two check digits and a key are one in 970 */
#define CORES 400u       /* numbers that EORIs and organizationIdentifiers share, tried one after another */
#define BOUND_MAX 256u   /* EORIs, and organizationIdentifiers, of one message that are chosen together */
#define CORE_MIN 6u      /* characters that an EORI and an organizationIdentifier share by more than chance */
#define NUMBER_MAX 64u   /* characters of either */
#define LONG 128u        /* characters of a run that is no word and no number */
#define FEW 4u           /* characters of a run of which there may be too few */
#define HEX_MIN 8u       /* characters of a run that is taken for a hexadecimal number */

typedef struct alias {
    struct alias *next, *next_instead;
    ens_slice run, instead; /* letters are small */
    bool octets, kept;
} alias;

typedef struct {
    ens_slice text;
    char instead[NUMBER_MAX];
    bool settled, in_hand; /* in_hand: with the others that share a number */
} bound;

struct ens_aliases {
    ens_arena *arena;
    ens_time at;
    ens_report *report; /* of numbers on trial */
    alias *by_run[BUCKETS], *by_instead[BUCKETS], *stays[BUCKETS];
    size_t num, num_eoris, num_orgids;
    unsigned patience;
    bound eori[BOUND_MAX], orgid[BOUND_MAX];
    uint8_t pool[POOL];
    size_t drawn;
    bool failed;
};

ens_aliases *ens__aliases_new(ens_arena *arena, ens_time at)
{
    /* Words of MIME and of URIs, which tell of nobody. */
    static const char *const words[] = {"message", "body",  "root",  "part", "payload", "attachment",  "document",
                                        "xml",     "pdf",   "jpg",   "jpeg", "png",     "gz",          "cid",
                                        "urn",     "http",  "https", "www",  "mime",    "attachments", "eori",
                                        "sti",     "taxud", "nti",   "ldap", "ldaps",   "mailto",      "ftp"};
    ens_aliases *a = ens_arena_zero(arena, sizeof *a);
    if (!a)
        return NULL;
    a->arena = arena;
    a->at = at;
    a->drawn = POOL;
    a->patience = PATIENCE;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        ens__alias_keep(a, words[i]);
    return a;
}

bool ens__aliases_failed(const ens_aliases *a)
{
    return a->failed;
}

size_t ens__aliases_num(const ens_aliases *a)
{
    return a->num;
}

static uint32_t draw(ens_aliases *a, uint32_t below)
{
    uint32_t n = 0;
    if (a->drawn + sizeof n > POOL) {
        a->failed = a->failed || RAND_bytes(a->pool, POOL) != 1;
        a->drawn = 0;
    }
    memcpy(&n, a->pool + a->drawn, sizeof n);
    a->drawn += sizeof n;
    return n % below;
}

static uint32_t hash_of(ens_slice s)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ s.p[i]) * 16777619u;
    return (h ^ h >> 15) & (BUCKETS - 1);
}

static alias *find(const ens_aliases *a, ens_slice run, bool octets)
{
    for (alias *e = a->by_run[hash_of(run)]; e; e = e->next)
        if (e->octets == octets && ens_eq(e->run, run))
            return e;
    return NULL;
}

static bool is_taken(const ens_aliases *a, ens_slice instead)
{
    for (const alias *e = a->by_instead[hash_of(instead)]; e; e = e->next_instead)
        if (ens_eq(e->instead, instead))
            return true;
    return false;
}

static alias *put(ens_aliases *a, ens_slice run, ens_slice instead, bool octets)
{
    alias *e = a->num < ENS_ALIASES_MAX ? ens_arena_zero(a->arena, sizeof *e) : NULL;
    const char *from = e ? ens_arena_text(a->arena, run) : NULL, *to = e ? ens_arena_text(a->arena, instead) : NULL;
    if (!from || !to) {
        a->failed = true;
        return NULL;
    }
    *e = (alias){.run = ens_bytes(from, run.len), .instead = ens_bytes(to, instead.len), .octets = octets};
    alias **run_at = &a->by_run[hash_of(run)], **instead_at = &a->by_instead[hash_of(instead)];
    e->next = *run_at;
    e->next_instead = *instead_at;
    *run_at = *instead_at = e;
    a->num++;
    return e;
}

static bool is_alnum(uint8_t c)
{
    return c < 0x80 && isalnum(c);
}

static void lower(ens_slice run, char *out)
{
    for (size_t i = 0; i < run.len; i++)
        out[i] = (char)tolower(run.p[i]);
}

void ens__alias_keep(ens_aliases *a, const char *run)
{
    alias *e = put(a, ens_str(run), ens_str(run), false);
    if (e)
        e->kept = true;
}

/* -- One run -- */

static bool is_hex(ens_slice run)
{
    bool digit = false;
    for (size_t i = 0; i < run.len; i++) {
        if (!isxdigit(run.p[i]))
            return false;
        digit = digit || isdigit(run.p[i]);
    }
    return digit && run.len >= HEX_MIN;
}

/* like_long gives each letter and digit another, the same throughout: what can be packed well can be packed as well
 * afterwards. */
static void like_long(ens_aliases *a, ens_slice run, char *out)
{
    uint8_t to[256] = {0};
    for (size_t i = 0; i < run.len; i++) {
        uint8_t c = run.p[i];
        if (!to[c])
            to[c] = (uint8_t)(isdigit(c) ? '0' + draw(a, 10) : (isupper(c) ? 'A' : 'a') + draw(a, 26));
        out[i] = (char)to[c];
    }
}

/* like draws a run of the same kinds of characters; from: how many of it stay at the front. */
static void like(ens_aliases *a, ens_slice run, size_t from, char *out)
{
    bool hex = is_hex(run);
    if (run.len > LONG) {
        like_long(a, run, out);
        return;
    }
    memcpy(out, run.p, run.len);
    for (size_t i = from; i < run.len; i++)
        out[i] = isdigit(run.p[i]) ? (char)('0' + draw(a, 10))
                                   : (char)((isupper(run.p[i]) ? 'A' : 'a') + draw(a, hex ? 6 : 26));
}

/* A number with a meaning: how many characters tell a country or a kind, and stay; which two behind them do (of an MRN
 * the interface and the kind of document); and whether another one is judged as it is. */
typedef struct {
    bool (*is)(ens_slice run);
    bool (*right)(ens_slice run);
    size_t from, pair; /* pair 0: none */
} meaning;

static bool has_right_digit_of_container(ens_slice run)
{
    return ens__container_check(run) == (unsigned)(run.p[10] - '0');
}

static bool has_right_digit_of_ship(ens_slice run)
{
    return ens__imo_check(ens_from(run, 3)) == (unsigned)(run.p[9] - '0');
}

static const meaning meanings[] = {
    {ens__mrn_has_shape, ens__mrn_check_digit_good, 4, 15},
    {ens__container_has_shape, has_right_digit_of_container, 0, 0},
    {ens__imo_has_shape, has_right_digit_of_ship, 3, 0},
};

static const meaning *meaning_of(ens_slice run)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].is(run))
            return &meanings[i];
    return NULL;
}

/* choose draws what stands for a run (as it is written), in small letters. */
static bool choose(ens_aliases *a, ens_slice run, char *small)
{
    const meaning *m = meaning_of(run);
    char *made = ens_arena_take(a->arena, run.len + 1);
    for (unsigned i = 0; made && i < TRIES * 10; i++) {
        like(a, run, m ? m->from : 0, made);
        if (m && m->pair)
            memcpy(made + m->pair, run.p + m->pair, 2);
        ens_slice one = ens_bytes(made, run.len);
        if (ens_eq(one, run) || (m && (!m->is(one) || m->right(one) != m->right(run))))
            continue;
        lower(one, small);
        if (!is_taken(a, ens_bytes(small, run.len)) && !find(a, ens_bytes(small, run.len), false))
            return true;
    }
    return run.len <= FEW && made ? (lower(ens_bytes(made, run.len), small), true) : false; /* there are few of these */
}

static alias *alias_of(ens_aliases *a, ens_slice run)
{
    char *small = ens_arena_take(a->arena, 2 * run.len + 2), *instead = small ? small + run.len + 1 : NULL;
    if (!small) {
        a->failed = true;
        return NULL;
    }
    lower(run, small);
    alias *e = find(a, ens_bytes(small, run.len), false);
    if (e)
        return e;
    if (!choose(a, run, instead)) {
        a->failed = true;
        return NULL;
    }
    return put(a, ens_bytes(small, run.len), ens_bytes(instead, run.len), false);
}

/* put_run writes capitals where the run has them. */
static void put_run(ens_aliases *a, ens_slice run, ens_buf *out)
{
    const alias *e = alias_of(a, run);
    uint8_t *to = ens_buf_room(out, run.len);
    if (!e || !to)
        return;
    for (size_t i = 0; i < run.len; i++)
        to[i] = isupper(run.p[i]) ? (uint8_t)toupper(e->instead.p[i]) : e->instead.p[i];
    out->len += run.len;
}

/* put_letter writes another letter of the same script and length for one that isn't ASCII; others stay. */
static void put_letter(const uint8_t *p, size_t len, uint32_t c, ens_buf *out)
{
    static const struct {
        uint32_t from, to, instead;
    } scripts[] = {{0xC0, 0x24F, 0xE9},
                   {0x370, 0x3FF, 0x3B1},
                   {0x400, 0x52F, 0x430},
                   {0x590, 0x5FF, 0x5D0},
                   {0x600, 0x6FF, 0x628}};
    for (size_t i = 0; len == 2 && i < sizeof scripts / sizeof *scripts; i++)
        if (c >= scripts[i].from && c <= scripts[i].to) {
            uint32_t n = scripts[i].instead;
            const uint8_t both[] = {(uint8_t)(0xC0 | n >> 6), (uint8_t)(0x80 | (n & 0x3F))};
            ens_buf_add(out, both, 2);
            return;
        }
    if (len == 3 && c >= 0x3040 && c < 0xE000)
        ens_buf_text(out, "\xE4\xB8\x80");
    else
        ens_buf_add(out, p, len);
}

/* skip_escape tells how long a reference of XML or an escape of a URI is that begins here; 0: none does. */
static size_t skip_escape(ens_slice s, size_t at, bool uri)
{
    if (uri && s.p[at] == '%' && at + 2 < s.len && isxdigit(s.p[at + 1]) && isxdigit(s.p[at + 2]))
        return 3;
    if (s.p[at] != '&')
        return 0;
    for (size_t i = at + 1; i < s.len && i < at + 10; i++) {
        if (s.p[i] == ';')
            return i - at + 1;
        if (!is_alnum(s.p[i]) && s.p[i] != '#')
            return 0;
    }
    return 0;
}

void ens__alias_text(ens_aliases *a, ens_slice s, bool uri, ens_buf *out)
{
    for (size_t at = 0; at < s.len && !a->failed;) {
        size_t end = at, len = skip_escape(s, at, uri);
        uint32_t c = 0;
        while (end < s.len && is_alnum(s.p[end]))
            end++;
        if (len) {
            ens_buf_put(out, ens_sub(s, at, at + len));
        } else if (end > at) {
            put_run(a, ens_sub(s, at, end), out);
            len = end - at;
        } else {
            len = s.p[at] < 0x80 ? 1 : ens__utf8_step(s.p + at, s.len - at, &c);
            len = len ? len : 1;
            put_letter(s.p + at, len, len > 1 ? c : 0, out);
        }
        at += len;
    }
}

/* -- Octets -- */

void ens__alias_octets_set(ens_aliases *a, ens_slice octets, ens_slice instead)
{
    if (!find(a, octets, true))
        put(a, octets, instead, true);
}

void ens__alias_octets(ens_aliases *a, uint8_t *octets, size_t len)
{
    enum { TOLD = 2 }; /* fewer tell of nobody */
    alias *e = find(a, ens_bytes(octets, len), true);
    if (len < TOLD || a->failed)
        return;
    if (!e) {
        uint8_t *made = ens_arena_take(a->arena, len);
        for (size_t i = 0; made && i < len; i++)
            made[i] = (uint8_t)(i ? draw(a, 256) : (octets[0] & 0x80) | (1 + draw(a, 127)));
        if (made && octets[0] == 0) { /* padding in front of a high bit, and what needs it */
            made[0] = 0;
            made[1] |= 0x80;
        }
        e = made ? put(a, ens_bytes(octets, len), ens_bytes(made, len), true) : NULL;
    }
    if (e)
        memcpy(octets, e->instead.p, len);
    else
        a->failed = true;
}

/* -- EORIs and organizationIdentifiers -- */

static void remember(ens_aliases *a, bound *list, size_t *num, ens_slice text)
{
    if (!text.len || text.len >= NUMBER_MAX || *num >= BOUND_MAX)
        return;
    for (size_t i = 0; i < *num; i++)
        if (ens_eq(list[i].text, text))
            return;
    const char *copy = ens_arena_text(a->arena, text);
    if (copy)
        list[(*num)++].text = ens_bytes(copy, text.len);
    else
        a->failed = true;
}

void ens__alias_eori(ens_aliases *a, ens_slice eori)
{
    remember(a, a->eori, &a->num_eoris, eori);
}

void ens__alias_orgid(ens_aliases *a, ens_slice orgid)
{
    ens_orgid parts;
    if (ens_orgid_parse(orgid, &parts, NULL) == ENS_OK)
        remember(a, a->orgid, &a->num_orgids, orgid);
}

/* what_is writes the outcomes of a report down: two that are the same are judged alike. */
static uint32_t what_is(const ens_report *report)
{
    uint32_t h = 1;
    for (size_t i = 0; i < report->num; i++)
        h = h * 31 + (uint32_t)report->findings[i].outcome + 4 * hash_of(ens_str(report->findings[i].id));
    return h;
}

static uint32_t judge_eori(ens_aliases *a, ens_slice eori)
{
    ens__report_reset(a->report);
    ens_eori_check(eori, a->at, a->report);
    return what_is(a->report);
}

static uint32_t judge_pair(ens_aliases *a, ens_slice orgid, ens_slice eori)
{
    ens__report_reset(a->report);
    uint32_t binding = ens_binding_check(orgid, eori, a->report);
    return what_is(a->report) * 7 + binding;
}

/* shared finds the longest run of digits that an EORI and an organizationIdentifier have in common: the company's own
 * number. */
static ens_slice shared(ens_slice x, ens_slice y)
{
    ens_slice best = {0};
    for (size_t i = 0; i < x.len; i++)
        for (size_t k = 0; k < y.len; k++) {
            size_t n = 0;
            while (i + n < x.len && k + n < y.len && isdigit(x.p[i + n]) && x.p[i + n] == y.p[k + n])
                n++;
            if (n > best.len)
                best = ens_sub(x, i, i + n);
        }
    return best.len >= CORE_MIN ? best : (ens_slice){0};
}

/* like_number draws what stands for a number: core is replaced by the other one, the first characters stay. */
static void like_number(ens_aliases *a, ens_slice text, size_t from, ens_slice core, const char *instead, char *out)
{
    size_t at = core.len ? ens__find(text, core, 0) : SIZE_MAX;
    memcpy(out, text.p, text.len);
    for (size_t i = from; i < text.len; i++)
        if (is_alnum(text.p[i]))
            like(a, ens_sub(text, i, i + 1), 0, out + i);
    if (at != SIZE_MAX)
        memcpy(out + at, instead, core.len);
}

static size_t prefix_of(ens_slice orgid)
{
    ens_orgid parts;
    return ens_orgid_parse(orgid, &parts, NULL) == ENS_OK ? (size_t)(parts.reference.p - orgid.p) : 0;
}

/* may_try tells whether there is another try of a number: most of one that shares its core, more of one alone. */
static bool may_try(ens_aliases *a, ens_slice core, unsigned num, unsigned most)
{
    return core.len ? num < most : num < ALONE && a->patience && a->patience--;
}

/* settle_eori draws until the EORI is judged as the first one, and settle_orgid until it proves of each EORI what it
 * did. */
static bool settle_eori(ens_aliases *a, bound *e, ens_slice core, const char *instead)
{
    uint32_t wanted = judge_eori(a, e->text);
    for (unsigned i = 0; may_try(a, core, i, TRIES); i++) {
        like_number(a, e->text, 2, core, instead, e->instead);
        if (judge_eori(a, ens_bytes(e->instead, e->text.len)) == wanted &&
            memcmp(e->instead, e->text.p, e->text.len) != 0)
            return true;
    }
    return false;
}

static bool proves_the_same(ens_aliases *a, const bound *o)
{
    for (size_t i = 0; i < a->num_eoris; i++)
        if (a->eori[i].settled &&
            judge_pair(a, o->text, a->eori[i].text) !=
                judge_pair(a, ens_bytes(o->instead, o->text.len), ens_bytes(a->eori[i].instead, a->eori[i].text.len)))
            return false;
    return true;
}

static bool settle_orgid(ens_aliases *a, bound *o, ens_slice core, const char *instead)
{
    size_t from = prefix_of(o->text);
    for (unsigned i = 0; may_try(a, core, i, 2 * TRIES); i++) { /* a key of two digits is one in 97 */
        like_number(a, o->text, from, core, instead, o->instead);
        if (proves_the_same(a, o))
            return true;
    }
    return false;
}

/* core_of finds what a number shares with one of the others. */
static ens_slice core_of(const bound *others, size_t num, ens_slice text)
{
    ens_slice best = {0};
    for (size_t i = 0; i < num; i++) {
        ens_slice one = shared(text, others[i].text);
        best = one.len > best.len ? one : best;
    }
    return best;
}

/* set_runs makes what was chosen the aliases of the runs that a number is written in. */
static void set_runs(ens_aliases *a, const bound *b, size_t from)
{
    char small[2][NUMBER_MAX];
    for (size_t at = 0; at < b->text.len;) {
        size_t end = at;
        while (end < b->text.len && is_alnum(b->text.p[end]))
            end++;
        size_t len = end - at;
        lower(ens_sub(b->text, at, end), small[0]);
        lower(ens_bytes(b->instead + at, len), small[1]);
        if (len && !find(a, ens_bytes(small[0], len), false)) {
            alias *e = put(a, ens_bytes(small[0], len), ens_bytes(small[1], len), false);
            if (e)
                e->kept = end <= from; /* the scheme and the country of an organizationIdentifier */
        }
        at = end + !len;
    }
}

/* settle_group settles every number that has the core, with what stands for it. */
static bool settle_group(ens_aliases *a, ens_slice core, const char *instead)
{
    for (size_t i = 0; i < a->num_eoris; i++) {
        bound *e = &a->eori[i];
        e->settled = e->settled && !e->in_hand;
        if (ens__find(e->text, core, 0) == SIZE_MAX || (e->settled && !e->in_hand))
            continue;
        e->in_hand = true;
        if (!settle_eori(a, e, core, instead))
            return false;
        e->settled = true;
    }
    for (size_t i = 0; i < a->num_orgids; i++) {
        bound *o = &a->orgid[i];
        if (ens__find(o->text, core, 0) == SIZE_MAX || (o->settled && !o->in_hand))
            continue;
        o->in_hand = true;
        if (!settle_orgid(a, o, core, instead))
            return false;
        o->settled = true;
    }
    return true;
}

/* bind_core draws what stands for the number that an organizationIdentifier shares with EORIs, until all that have it
 * prove what they did. */
static void bind_core(ens_aliases *a, const bound *of)
{
    char instead[NUMBER_MAX];
    ens_slice core = core_of(a->eori, a->num_eoris, of->text);
    bool good = !core.len;
    for (unsigned k = 0; k < CORES && !good; k++) {
        like(a, core, 0, instead);
        good = settle_group(a, core, instead);
    }
    for (size_t i = 0; i < a->num_eoris; i++)
        a->eori[i].in_hand = false;
    for (size_t i = 0; i < a->num_orgids; i++)
        a->orgid[i].in_hand = false;
}

static void settle_alone(ens_aliases *a, bound *b, bool orgid)
{
    if (!b->settled && !(orgid ? settle_orgid : settle_eori)(a, b, (ens_slice){0}, NULL))
        like_number(a, b->text, orgid ? prefix_of(b->text) : 2, (ens_slice){0}, NULL, b->instead);
    b->settled = true;
}

void ens__aliases_bind(ens_aliases *a)
{
    a->report = ens_report_new();
    a->failed = a->failed || !a->report;
    for (size_t i = 0; !a->failed && i < a->num_orgids; i++)
        if (!a->orgid[i].settled)
            bind_core(a, &a->orgid[i]);
    for (size_t i = 0; !a->failed && i < a->num_eoris; i++)
        settle_alone(a, &a->eori[i], false);
    for (size_t i = 0; !a->failed && i < a->num_orgids; i++)
        settle_alone(a, &a->orgid[i], true);
    for (size_t i = 0; !a->failed && i < a->num_eoris; i++)
        set_runs(a, &a->eori[i], 0);
    for (size_t i = 0; !a->failed && i < a->num_orgids; i++)
        set_runs(a, &a->orgid[i], prefix_of(a->orgid[i].text));
    ens_report_free(a->report);
    a->report = NULL;
}

/* next_run finds the next run of letters and digits, and writes it in small letters; false at the end. */
static bool next_run(ens_slice s, size_t *at, char small[LONG], ens_slice *out)
{
    while (*at < s.len) {
        size_t end = *at;
        while (end < s.len && is_alnum(s.p[end]))
            end++;
        ens_slice run = ens_sub(s, *at, end);
        *at = end + (end == *at);
        if (run.len < ENS_ALIAS_TOLD || run.len > LONG)
            continue;
        lower(run, small);
        *out = ens_bytes(small, run.len);
        return true;
    }
    return false;
}

static bool stays(const ens_aliases *a, ens_slice run)
{
    for (const alias *e = a->stays[hash_of(run)]; e; e = e->next)
        if (ens_eq(e->run, run))
            return true;
    return false;
}

void ens__alias_note_kept(ens_aliases *a, ens_slice text)
{
    char small[LONG];
    ens_slice run;
    for (size_t at = 0; next_run(text, &at, small, &run);) {
        if (stays(a, run))
            continue;
        alias *e = ens_arena_zero(a->arena, sizeof *e);
        const char *copy = ens_arena_text(a->arena, run);
        if (!e || !copy) {
            a->failed = true;
            return;
        }
        e->run = ens_bytes(copy, run.len);
        e->next = a->stays[hash_of(run)];
        a->stays[hash_of(run)] = e;
    }
}

ens_slice ens__alias_leaked(const ens_aliases *a, ens_slice text)
{
    char small[LONG];
    ens_slice run;
    for (size_t at = 0; next_run(text, &at, small, &run);) {
        const alias *e = find(a, run, false);
        if (e && !e->kept && !ens_eq(e->run, e->instead) && !stays(a, run))
            return e->run;
    }
    return (ens_slice){0};
}

bool ens__alias_each(const ens_aliases *a, bool (*visit)(void *user, ens_slice run, ens_slice instead), void *user)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (const alias *e = a->by_run[i]; e; e = e->next)
            if (!e->octets && !e->kept && !ens_eq(e->run, e->instead) && !visit(user, e->run, e->instead))
                return false;
    return true;
}
