/* Trust that is renewed: what is given once, what is shared, what is let go and what never is. The threads are for
 * ThreadSanitizer (preset tsan). */
#include "certs/path/path.h"
#include "certs/path/trust.h"
#include "engine/base/report.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <openssl/ocsp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define DAY ((ens_time)AUTHORITY_DAY)
#define DER_MAX ((size_t)1 << 20)
#define LEAF_SERIAL 77
#define GOOD_SERIAL 78
#define BYTES_MAX ENS_EVIDENCE_BYTES_MAX

static const long only_leaf[] = {LEAF_SERIAL, 0};

/* A root, a CA, two leaves, another CA of the same name. */
typedef struct {
    authority root, ca, leaf, good, twin;
    ens_chain chain, other;
    ens_trust *trust;
} setting;

static void open_setting(setting *s)
{
    const authority_row ca = {.name = "CA", .ca = true, .usage = AUTHORITY_CA_USAGE};
    *s = (setting){.trust = ens_trust_new()};
    CU_ASSERT_FATAL(
        s->trust &&
        authority_make(NULL, &(authority_row){.name = "Root", .ca = true, .usage = AUTHORITY_CA_USAGE}, &s->root));
    CU_ASSERT_FATAL(authority_make(&s->root, &ca, &s->ca) && authority_make(NULL, &ca, &s->twin));
    CU_ASSERT_FATAL(authority_make(
        &s->ca, &(authority_row){.name = "Seal", .usage = "critical,digitalSignature", .serial = LEAF_SERIAL},
        &s->leaf));
    CU_ASSERT_FATAL(authority_make(
        &s->ca, &(authority_row){.name = "Good", .usage = "critical,digitalSignature", .serial = GOOD_SERIAL},
        &s->good));
    authority_chain((const authority *[]){&s->leaf, &s->ca}, 2, &s->chain);
    authority_chain((const authority *[]){&s->good, &s->ca}, 2, &s->other);
    CU_ASSERT_EQUAL_FATAL(ens__trust_add_anchor(s->trust, authority_der(&s->root), NULL), ENS_OK);
}

static void close_setting(setting *s)
{
    authority *const all[] = {&s->root, &s->ca, &s->leaf, &s->good, &s->twin};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        authority_free(all[i]);
    ens_trust_free(s->trust);
}

/* follow takes a new trust with the same anchor, which follows the one so far. */
static void follow(setting *s)
{
    ens_trust *next = ens_trust_new_after(s->trust);
    CU_ASSERT_FATAL(next && ens__trust_add_anchor(next, authority_der(&s->root), NULL) == ENS_OK);
    ens_trust_free(s->trust);
    s->trust = next;
}

static ens_code give_crl(const setting *s, const authority *by, const authority_crl_row *row)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_crl(by, row, &der));
    ens_code code = ens_trust_add_crl_bytes(s->trust, ens_buf_slice(&der), NULL);
    ens_buf_free(&der);
    return code;
}

static ens_code give_ocsp(const setting *s, const authority *about, const authority_ocsp_row *row)
{
    ens_buf der;
    ens_buf_init(&der, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_ocsp(&s->ca, &s->ca, about, row, &der));
    ens_code code = ens_trust_add_ocsp_bytes(s->trust, ens_buf_slice(&der), NULL);
    ens_buf_free(&der);
    return code;
}

static ens__revocation_state state_by(const ens_trust *trust, const ens_chain *chain)
{
    ens__path path;
    ens__path_build(trust, chain, AUTHORITY_AT, NULL, &path);
    if (!path.anchored)
        return ENS_REVOCATION_UNKNOWN;
    return ens__revocation_of(&(ens__revocation_question){trust, chain, &path, AUTHORITY_AT, 0, NULL, NULL}, 0).state;
}

static ens__revocation_state leaf_of(const setting *s)
{
    return state_by(s->trust, &s->chain);
}

static size_t num_crls(const setting *s)
{
    return ens__evidence_num_crls(s->trust->evidence);
}

static void in_use(void)
{
    setting s;
    ens_err err = {0};
    open_setting(&s);
    CU_ASSERT_EQUAL(ens_trust_add_untrusted_bytes(s.trust, authority_der(&s.twin), NULL), ENS_OK);
    CU_ASSERT(!atomic_load(&s.trust->in_use));
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_UNKNOWN);
    CU_ASSERT_EQUAL(ens_trust_add_bytes(s.trust, authority_der(&s.twin), &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens_trust_add_untrusted_bytes(s.trust, authority_der(&s.ca), NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens_trust_set_online(s.trust, ENS_REACH_KEPT, NULL, NULL), ENS_EPOLICY);
    CU_ASSERT(ens_trust_num_anchors(s.trust) == 1 && s.trust->untrusted.num == 1);
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &(authority_crl_row){.number = 1}), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_GOOD);
    close_setting(&s);
}

/* Certificates that may complete a path, as bytes: one that can't be read spoils no other, and is told. */
static void untrusted_bytes(void)
{
    setting s;
    ens_chain alone;
    ens__path path;
    open_setting(&s);
    authority_chain((const authority *[]){&s.leaf}, 1, &alone);
    CU_ASSERT_NOT_EQUAL(ens_trust_add_untrusted_bytes(s.trust, ENS_LIT("\x30\x03\x02\x01\x01"), NULL), ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_add_untrusted_bytes(s.trust, authority_der(&s.ca), NULL), ENS_OK);
    ens__path_build(s.trust, &alone, AUTHORITY_AT, NULL, &path);
    CU_ASSERT(path.anchored && path.num == 3 && s.trust->untrusted.num == 1);
    close_setting(&s);
}

/* Both hear what either is told; each judges by its own anchors, and the last one frees what they share. */
static void shared(void)
{
    setting s;
    open_setting(&s);
    ens__trust_mark before = ens__trust_state(s.trust), own, others;
    ens_trust *old = ens_trust_ref(s.trust), *bare = ens_trust_new_after(old);
    ens_trust_set_revocation(old, ENS_REVOCATION_HARD);
    follow(&s);
    others = ens__trust_state(s.trust);
    CU_ASSERT(s.trust != old && !ens__trust_is_same(&before, &others));
    CU_ASSERT(s.trust->revocation_hard && s.trust->evidence == old->evidence && ens_trust_num_anchors(bare) == 0);
    own = ens__trust_state(old);
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf}), ENS_OK);
    before = ens__trust_state(old);
    CU_ASSERT(!ens__trust_is_same(&own, &before));
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
    CU_ASSERT_EQUAL(state_by(old, &s.chain), ENS_REVOCATION_REVOKED);
    CU_ASSERT_EQUAL(state_by(bare, &s.chain), ENS_REVOCATION_UNKNOWN);
    ens_trust_free(old);
    ens_trust_free(bare);
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
    close_setting(&s);
}

/* A list a day: the oldest go, the newest never, and the revocation that it tells stands. */
static void lists_said_anew(void)
{
    enum { MAX = 8, DAYS = 100 };
    setting s;
    open_setting(&s);
    ens__evidence_limit(s.trust->evidence, MAX, BYTES_MAX);
    for (long i = 0; i < DAYS; i++) {
        authority_crl_row row = {
            .number = i + 1, .revoked = only_leaf, .reason = 1, .this_update = AUTHORITY_AT - (DAYS - i) * DAY / 2};
        CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &row), ENS_OK);
        CU_ASSERT(leaf_of(&s) == ENS_REVOCATION_REVOKED && num_crls(&s) <= MAX);
    }
    close_setting(&s);
}

/* What another key signed, nobody heard, isn't understood whole or is of another scope makes no list needless. */
static void lists_of_others(void)
{
    static const char *const users[] = {"issuingDistributionPoint", "critical,onlyuser:TRUE", NULL};
    enum { MAX = 4 };
    for (unsigned kind = 0; kind < 3; kind++) {
        setting s;
        open_setting(&s);
        ens__evidence_limit(s.trust->evidence, MAX, BYTES_MAX);
        CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf, .reason = 1}),
                        ENS_OK);
        CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
        for (long i = 1; i < 4 * MAX; i++) {
            authority_crl_row row = {.number = i + 1, .revoked = (const long[]){5, 0}, .this_update = AUTHORITY_AT + i};
            row.base = kind == 1 ? 1 : 0;
            row.extensions = kind == 2 ? users : NULL;
            ens_code code = give_crl(&s, kind ? &s.ca : &s.twin, &row);
            CHECK_ROW(code == ENS_OK || code == ENS_ELIMIT, "kind %u: %d", kind, code);
            CHECK_ROW(leaf_of(&s) == ENS_REVOCATION_REVOKED, "kind %u: the revocation is lost", kind);
            CU_ASSERT(num_crls(&s) <= MAX);
        }
        close_setting(&s);
    }
}

/* Responses that ended and found nothing make room; one that revokes stays, and so does what hasn't ended. */
static void responses(void)
{
    enum { MAX = 4 };
    const ens_time never = 4000000000;
    setting s;
    open_setting(&s);
    ens__evidence_limit(s.trust->evidence, MAX, BYTES_MAX);
    authority_ocsp_row revoked = {.status = V_OCSP_CERTSTATUS_REVOKED, .reason = 1}, good = {.status = 0};
    CU_ASSERT_EQUAL(give_ocsp(&s, &s.leaf, &revoked), ENS_OK);
    for (long i = 0; i < 4 * MAX; i++) {
        good.this_update = 1000000000 + i;
        good.next_update = good.this_update + 60;
        CU_ASSERT_EQUAL(give_ocsp(&s, &s.good, &good), ENS_OK);
        CU_ASSERT(leaf_of(&s) == ENS_REVOCATION_REVOKED && ens__evidence_num_ocsps(s.trust->evidence) <= MAX);
    }
    for (long i = 0; i < 4 * MAX; i++) { /* nobody asked who signed them: none stands for another */
        good.this_update = AUTHORITY_AT + i;
        good.next_update = never;
        ens_code code = give_ocsp(&s, &s.good, &good);
        CU_ASSERT_EQUAL(code, i < MAX - 1 ? ENS_OK : ENS_ELIMIT);
    }
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
    CU_ASSERT_EQUAL(state_by(s.trust, &s.other), ENS_REVOCATION_GOOD); /* and all are found to be the CA's */
    good.this_update += 1;
    CU_ASSERT_EQUAL(give_ocsp(&s, &s.good, &good), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
    close_setting(&s);
}

static void bytes(void)
{
    setting s;
    ens_buf one;
    open_setting(&s);
    ens_buf_init(&one, NULL, 0, DER_MAX);
    CU_ASSERT_FATAL(authority_crl(&s.ca, &(authority_crl_row){.number = 1000}, &one));
    ens__evidence_limit(s.trust->evidence, ENS_EVIDENCE_MAX, 3 * one.len + 16);
    for (long i = 0; i < 12; i++) {
        authority_crl_row row = {.number = 1000 + i, .this_update = 1000000000 + i, .next_update = 1000000000 + DAY};
        CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &row), ENS_OK);
        CU_ASSERT(num_crls(&s) <= 3);
    }
    ens__evidence_limit(s.trust->evidence, ENS_EVIDENCE_MAX, one.len / 2);
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &(authority_crl_row){.number = 2000}), ENS_ELIMIT);
    ens_buf_free(&one);
    close_setting(&s);
}

/* What a reader found stays whole until he leaves, whoever came and went meanwhile. */
static void readers(void)
{
    setting s;
    ens__evidence_reading first, second, third;
    ens__revoked entry;
    open_setting(&s);
    ens__evidence *e = s.trust->evidence;
    ens__evidence_limit(e, 1, BYTES_MAX);
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &(authority_crl_row){.number = 1, .revoked = only_leaf}), ENS_OK);
    CU_ASSERT_EQUAL(leaf_of(&s), ENS_REVOCATION_REVOKED);
    authority_crl_row old = {.number = 2, .this_update = 1000000000, .next_update = 1000000000 + DAY};
    ens__evidence_limit(e, 2, BYTES_MAX);
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &old), ENS_OK);
    ens__evidence_enter(e, &first);
    ens__evidence_enter(e, &second);
    ens__evidence_walk walk = ens__evidence_crls(e, ens__name_hash(s.chain.cert[0].issuer));
    ens__held *newer = ens__evidence_next(&walk);
    CU_ASSERT_FATAL(newer && ens__held_crl(newer)->this_update == 1000000000);
    old.number = 3, old.this_update++;
    CU_ASSERT_EQUAL(give_crl(&s, &s.ca, &old), ENS_OK); /* newer goes */
    ens__evidence_enter(e, &third);
    ens__evidence_leave(e, &second);
    CU_ASSERT_EQUAL(ens__held_crl(newer)->number.len, 1);
    CU_ASSERT(!ens__held_find(newer, s.chain.cert[0].serial, s.chain.cert[0].issuer, &entry));
    ens__held *before = ens__evidence_next(&walk); /* he goes on from there */
    CU_ASSERT(before && ens__held_find(before, s.chain.cert[0].serial, s.chain.cert[0].issuer, &entry));
    ens__evidence_leave(e, &first);
    ens__evidence_leave(e, &third);
    CU_ASSERT_EQUAL(num_crls(&s), 2);
    close_setting(&s);
}

/* --- threads --- */

#define THREADS 8
#define SWAPS 200
#define LISTS_MAX 6

typedef struct {
    setting *s;
    pthread_mutex_t lock; /* of the pointer to the trust alone */
    atomic_bool stop;
    atomic_uint wrong, judged;
} stage;

static ens_trust *take(stage *g)
{
    pthread_mutex_lock(&g->lock);
    ens_trust *trust = ens_trust_ref(g->s->trust);
    pthread_mutex_unlock(&g->lock);
    return trust;
}

static bool is_wrong(const ens_trust *trust, const ens_chain *chain, ens_verdict expected)
{
    ens_report *report = ens_report_new();
    if (!report)
        return true;
    ens_chain_check(trust, chain, AUTHORITY_AT, report);
    bool wrong = ens_report_verdict(report) != expected;
    ens_report_free(report);
    return wrong;
}

static void *judge_on(void *of)
{
    stage *g = of;
    while (!atomic_load(&g->stop)) {
        ens_trust *trust = take(g);
        if (is_wrong(trust, &g->s->chain, ENS_REFUSED) || is_wrong(trust, &g->s->other, ENS_ACCEPTED))
            atomic_fetch_add(&g->wrong, 1);
        ens_trust_free(trust);
        atomic_fetch_add(&g->judged, 1);
    }
    return NULL;
}

/* renew gives one more list, which makes others needless once it was heard, and swaps the trust whole. */
static void renew(stage *g, long i)
{
    authority_crl_row row = {
        .number = i + 1, .revoked = only_leaf, .reason = 1, .this_update = AUTHORITY_AT - 9000 + i};
    CU_ASSERT_EQUAL(give_crl(g->s, &g->s->ca, &row), ENS_OK);
    CU_ASSERT(!is_wrong(g->s->trust, &g->s->chain, ENS_REFUSED));
    ens_trust *next = ens_trust_new_after(g->s->trust), *old;
    CU_ASSERT_FATAL(next && ens__trust_add_anchor(next, authority_der(&g->s->root), NULL) == ENS_OK);
    pthread_mutex_lock(&g->lock);
    old = g->s->trust;
    g->s->trust = next;
    pthread_mutex_unlock(&g->lock);
    ens_trust_free(old);
}

static void threads(void)
{
    setting s;
    stage g = {.s = &s, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[THREADS];
    open_setting(&s);
    ens__evidence_limit(s.trust->evidence, LISTS_MAX, BYTES_MAX);
    CU_ASSERT_EQUAL(give_crl(&s, &s.root, &(authority_crl_row){.number = 1}), ENS_OK);
    renew(&g, 0);
    for (unsigned i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&thread[i], NULL, judge_on, &g), 0);
    for (long i = 1; i < SWAPS; i++) {
        renew(&g, i);
        CU_ASSERT(num_crls(&s) <= LISTS_MAX);
    }
    while (atomic_load(&g.judged) < THREADS)
        sched_yield();
    atomic_store(&g.stop, true);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&g.wrong), 0);
    close_setting(&s);
}

static const ens_case cases[] = {
    {"a trust in use takes evidence, and nothing else", in_use},
    {"certificates that may complete a path are given as bytes", untrusted_bytes},
    {"the trust that follows shares what changes, and has anchors of its own", shared},
    {"the oldest lists go, and the newest word on a revocation stays", lists_said_anew},
    {"no list goes for what another key, another scope or a delta says", lists_of_others},
    {"responses that ended and found nothing go; what revokes, or hasn't ended, stays", responses},
    {"the bound of bytes holds", bytes},
    {"what a reader found stays whole until he leaves", readers},
    {"eight threads judge while the trust is swapped and lists go", threads},
    {NULL, NULL},
};
ENS_SUITE("certs/trust", cases)
