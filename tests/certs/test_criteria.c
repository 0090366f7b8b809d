/* Criteria of trusted lists over one certificate: each kind, each way of joining them, and what nobody can tell. */
#include "certs/lists/snapshot_write.h"
#include "certs/qualify/services.h"
#include "tests/suite.h"

#define NODES_MAX 8u

/* One criterion; depth places it below the nearest one before it that is less deep. */
typedef struct {
    unsigned depth;
    ens_criterion_kind kind;
    ens_assert assert;
    unsigned mask, bits;
    const char *oid[2];
} node;

#define ALL(depth)                                                                                                     \
    {                                                                                                                  \
        depth, ENS_CRITERION_LIST, ENS_ASSERT_ALL, 0, 0,                                                               \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define SOME(depth)                                                                                                    \
    {                                                                                                                  \
        depth, ENS_CRITERION_LIST, ENS_ASSERT_AT_LEAST_ONE, 0, 0,                                                      \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define NONE(depth)                                                                                                    \
    {                                                                                                                  \
        depth, ENS_CRITERION_LIST, ENS_ASSERT_NONE, 0, 0,                                                              \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define USAGE(depth, mask, bits)                                                                                       \
    {                                                                                                                  \
        depth, ENS_CRITERION_KEY_USAGE, 0, mask, bits,                                                                 \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define OIDS(depth, kind, ...)                                                                                         \
    {                                                                                                                  \
        depth, ENS_CRITERION_##kind, 0, 0, 0,                                                                          \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define NOBODY_KNOWS(depth)                                                                                            \
    {                                                                                                                  \
        depth, ENS_CRITERION_UNKNOWN, 0, 0, 0,                                                                         \
        {                                                                                                              \
            0                                                                                                          \
        }                                                                                                              \
    }
#define YES(depth) OIDS(depth, POLICY_SET, "1.2.3")
#define NO(depth) OIDS(depth, POLICY_SET, "1.2.9")
#define DS ENS_KU_DIGITAL_SIGNATURE
#define NR ENS_KU_NON_REPUDIATION

static const struct {
    const char *what;
    node node[NODES_MAX];
    size_t num;
    ens_fulfils fulfils;
} rows[] = {
    {"all of nothing", {ALL(0)}, 1, ENS_FULFILS},
    {"one of nothing", {SOME(0)}, 1, ENS_FULFILS_NOT},
    {"none of nothing", {NONE(0)}, 1, ENS_FULFILS},
    {"a bit that is set", {ALL(0), USAGE(1, DS, DS)}, 2, ENS_FULFILS},
    {"a bit that should not be set", {ALL(0), USAGE(1, DS, 0)}, 2, ENS_FULFILS_NOT},
    {"two bits, one of each", {ALL(0), USAGE(1, DS | NR, DS)}, 2, ENS_FULFILS},
    {"two bits, both wanted", {ALL(0), USAGE(1, DS | NR, DS | NR)}, 2, ENS_FULFILS_NOT},
    {"a policy", {ALL(0), YES(1)}, 2, ENS_FULFILS},
    {"two policies", {ALL(0), OIDS(1, POLICY_SET, "1.2.3", "0.4.0.194112.1.3")}, 2, ENS_FULFILS},
    {"a policy and one that isn't there", {ALL(0), OIDS(1, POLICY_SET, "1.2.3", "1.2.4")}, 2, ENS_FULFILS_NOT},
    {"what is no OID", {ALL(0), OIDS(1, POLICY_SET, "no OID")}, 2, ENS_FULFILS_NOT},
    {"a policy as URN", {ALL(0), OIDS(1, POLICY_SET, "urn:oid:1.2.3")}, 2, ENS_FULFILS},
    {"an attribute of the subject", {ALL(0), OIDS(1, SUBJECT, "2.5.4.10")}, 2, ENS_FULFILS},
    {"one that is empty", {ALL(0), OIDS(1, SUBJECT, "2.5.4.5")}, 2, ENS_FULFILS_NOT},
    {"an extended key usage", {ALL(0), OIDS(1, EXT_KEY_USAGE, "1.3.6.1.5.5.7.3.4")}, 2, ENS_FULFILS},
    {"another one", {ALL(0), OIDS(1, EXT_KEY_USAGE, "1.3.6.1.5.5.7.3.1")}, 2, ENS_FULFILS_NOT},

    {"all, and one fails", {ALL(0), YES(1), NO(1), YES(1)}, 4, ENS_FULFILS_NOT},
    {"at least one", {SOME(0), NO(1), YES(1)}, 3, ENS_FULFILS},
    {"not even one", {SOME(0), NO(1), NO(1)}, 3, ENS_FULFILS_NOT},
    {"none, and one holds", {NONE(0), NO(1), YES(1)}, 3, ENS_FULFILS_NOT},
    {"none holds", {NONE(0), NO(1), NO(1)}, 3, ENS_FULFILS},
    {"lists within lists", {ALL(0), SOME(1), NO(2), NONE(2), NO(3), YES(1)}, 6, ENS_FULFILS},
    {"what follows a list belongs to the one above", {ALL(0), SOME(1), YES(2), NO(1)}, 4, ENS_FULFILS_NOT},

    {"nobody knows", {ALL(0), NOBODY_KNOWS(1)}, 2, ENS_FULFILS_UNKNOWN},
    {"all, one unknown, one fails: it fails", {ALL(0), NOBODY_KNOWS(1), NO(1)}, 3, ENS_FULFILS_NOT},
    {"all, one unknown, the others hold", {ALL(0), YES(1), NOBODY_KNOWS(1)}, 3, ENS_FULFILS_UNKNOWN},
    {"at least one holds, whatever the other", {SOME(0), NOBODY_KNOWS(1), YES(1)}, 3, ENS_FULFILS},
    {"at least one, and only the unknown may", {SOME(0), NOBODY_KNOWS(1), NO(1)}, 3, ENS_FULFILS_UNKNOWN},
    {"none, and one is unknown", {NONE(0), NO(1), NOBODY_KNOWS(1)}, 3, ENS_FULFILS_UNKNOWN},
    {"none, one unknown, one holds", {NONE(0), NOBODY_KNOWS(1), YES(1)}, 3, ENS_FULFILS_NOT},
    {"unknown below", {ALL(0), NONE(1), NOBODY_KNOWS(2), YES(1)}, 4, ENS_FULFILS_UNKNOWN},
};

/* The certificate: digitalSignature; two policies; an e-mail usage; O, and an empty serial number; QcCompliance, type
 * eseal. */
static ens_cert cert = {.key_usage = DS};

static void read_claims(ens_cert_content *out)
{
    cert.policies = ENS_LIT("\x30\x11\x30\x04\x06\x02\x2A\x03\x30\x09\x06\x07\x04\x00\x8B\xEC\x40\x01\x03");
    cert.ext_key_usage = ENS_LIT("\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x04");
    cert.subject = ENS_LIT("\x30\x19\x31\x0C\x30\x0A\x06\x03\x55\x04\x0A\x0C\x03"
                           "ACM\x31\x09\x30\x07\x06\x03\x55\x04\x05\x13\x00");
    cert.qcstatements = ENS_LIT(
        "\x30\x1F\x30\x08\x06\x06\x04\x00\x8E\x46\x01\x01\x30\x13\x06\x06\x04\x00\x8E\x46\x01\x06\x30\x09\x06\x07"
        "\x04\x00\x8E\x46\x01\x06\x02");
    ens__cert_content_read(&cert, out);
}

/* write_tree adds a row's criteria, closing those that the next one isn't below. */
static uint32_t write_tree(ens_snapshot_writer *w, const node *nodes, size_t num)
{
    uint32_t open[NODES_MAX] = {0};
    size_t num_open = 0;
    for (size_t i = 0; i < num; i++) {
        while (num_open > nodes[i].depth)
            ens__writer_criterion_end(w, open[--num_open]);
        open[num_open++] = ens__writer_criterion(w, nodes[i].kind, nodes[i].assert, nodes[i].mask, nodes[i].bits);
        for (size_t k = 0; k < 2 && nodes[i].oid[k]; k++)
            ens__writer_oid(w, ens_str(nodes[i].oid[k]));
    }
    uint32_t root = open[0];
    while (num_open)
        ens__writer_criterion_end(w, open[--num_open]);
    return root;
}

static void write_entry(ens_snapshot_writer *w)
{
    ens_entry_draft draft = {.type_uri = ENS_LIT("http://uri.etsi.org/TrstSvc/Svctype/CA/QC"),
                             .status_uri = ENS_LIT("http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted"),
                             .expired_certs_revocation = ENS_TIME_NONE};
    ens__writer_entry(w, &draft);
}

static ens_snapshot *finish(ens_snapshot_writer *w)
{
    static const uint8_t sha256[32] = {1};
    ens_list facts = {
        .usable = true, .country = ENS_LIT("XX"), .next_update = 2000, .sha256 = ens_bytes(sha256, sizeof sha256)};
    ens_slice file = {0};
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(ens__writer_list_end(w, &facts, NULL) == ENS_OK &&
                    ens__writer_finish(w, 1, 1000, &file, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens__snapshot_open(file, &s, NULL) == ENS_OK);
    return s;
}

static ens_snapshot_writer *begin(void)
{
    ens_snapshot_writer *w = ens__writer_new();
    CU_ASSERT_FATAL(w != NULL);
    ens__writer_list_begin(w);
    ens__writer_provider(w, ENS_LIT("A provider"), (ens_slice){0}, (ens_slice){0});
    ens__writer_service(w);
    return w;
}

static void trees(void)
{
    const ens_slice uri = ENS_LIT("http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/QCForESeal");
    uint32_t root[sizeof rows / sizeof *rows];
    ens_cert_content content;
    read_claims(&content);
    CU_ASSERT_FATAL(content.num_attributes == 2 && content.policies.num == 2 && content.qc.num == 2);
    ens_snapshot_writer *w = begin();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        root[i] = write_tree(w, rows[i].node, rows[i].num);
        ens__writer_qualification(w, &uri, 1, root[i]);
    }
    write_entry(w);
    ens_snapshot *s = finish(w);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_fulfils got = ens__criterion_judge(s, root[i], &content);
        CHECK_ROW(got == rows[i].fulfils, "%s: %d, not %d", rows[i].what, got, rows[i].fulfils);
    }
    CU_ASSERT_EQUAL(ens__criterion_judge(s, UINT32_MAX, &content), ENS_FULFILS_UNKNOWN);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

#define EXT "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"

static void qualifiers(void)
{
    static const node yes[] = {ALL(0), YES(1)}, no[] = {ALL(0), NO(1)}, unknown[] = {ALL(0), NOBODY_KNOWS(1)};
    const ens_slice seal[] = {ENS_LIT(EXT "QCForESeal"), ENS_LIT(EXT "QCWithQSCD")},
                    not_qualified = ENS_LIT(EXT "NotQualified");
    const ens_slice twice[] = {ENS_LIT(EXT "QCForESeal"), ENS_LIT(EXT "QCForESeal")};
    const ens_slice odd = ENS_LIT("urn:odd"), statement = ENS_LIT(EXT "QCStatement");
    ens_cert_content content;
    ens_service_entry e;
    read_claims(&content);
    ens_snapshot_writer *w = begin();
    ens__writer_qualification(w, seal, 2, write_tree(w, yes, 2));
    ens__writer_qualification(w, &not_qualified, 1, write_tree(w, no, 2));
    write_entry(w);
    ens__writer_service(w);
    ens__writer_qualification(w, &odd, 1, write_tree(w, yes, 2));
    ens__writer_qualification(w, &statement, 1, write_tree(w, unknown, 2));
    write_entry(w);
    ens__writer_service(w);
    ens__writer_qualification(w, &odd, 1, write_tree(w, yes, 2));
    write_entry(w);
    ens__writer_service(w);
    ens__writer_qualification(w, twice, 2, write_tree(w, yes, 2));
    write_entry(w);
    ens_snapshot *s = finish(w);
    CU_ASSERT_FATAL(ens__snapshot_entry(s, 0, &e));
    ens_qualifiers q = ens__qualifiers_take(s, e.qualifications, &content);
    CU_ASSERT_EQUAL(q.set, ENS_QUALIFIER_FOR_ESEAL | ENS_QUALIFIER_WITH_QSCD);
    CU_ASSERT(!q.unknown_uri && !q.untold);
    CU_ASSERT_FATAL(ens__snapshot_entry(s, 1, &e));
    q = ens__qualifiers_take(s, e.qualifications, &content);
    CU_ASSERT_EQUAL(q.set, 0);
    CU_ASSERT(q.unknown_uri && q.untold && q.untold_decides);
    CU_ASSERT_FATAL(ens__snapshot_entry(s, 2, &e));
    q = ens__qualifiers_take(s, e.qualifications, &content);
    CU_ASSERT(q.set == 0 && q.unknown_uri && !q.untold && q.untold_decides); /* who knows what it says */
    CU_ASSERT_FATAL(ens__snapshot_entry(s, 3, &e));
    q = ens__qualifiers_take(s, e.qualifications, &content);
    CU_ASSERT(q.set == ENS_QUALIFIER_FOR_ESEAL && !q.unknown_uri && !q.untold_decides);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static const ens_case cases[] = {
    {"joins criteria by all, at least one and none, and says where nobody can tell", trees},
    {"collects the qualifiers whose criteria hold", qualifiers},
    {NULL, NULL},
};
ENS_SUITE("certs/criteria", cases)
