/* Snapshots of trusted lists: what is written is read, what was dropped is gone, and a damaged file is refused. */
#include "certs/lists/snapshot_sum.h"
#include "certs/lists/snapshot_write.h"
#include "engine/base/file.h"
#include "ensign/trust.h"
#include "fixtures/pki.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define TYPES "http://uri.etsi.org/TrstSvc/Svctype/"
#define STATES "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/"
#define INFORMATION "http://uri.etsi.org/TrstSvc/TrustedList/SvcInfoExt/"

/* A root and a leaf with the issuing CA between. */
typedef struct {
    fx_pki pki;
    uint8_t *der[3];
    int len[3];
} certificates;

static ens_slice der_of(const certificates *c, size_t i)
{
    return ens_bytes(c->der[i], (size_t)c->len[i]);
}

/* make gives the same three to every case: their keys take a while. */
static bool make(certificates *c)
{
    static certificates made;
    if (!made.len[0] && (!fx_pki_make_path(&made.pki, "trader") || made.pki.num < 3))
        return false;
    for (size_t i = 0; i < 3 && made.len[i] <= 0; i++)
        made.len[i] = i2d_X509(made.pki.cert[i], &made.der[i]);
    *c = made;
    return c->len[0] > 0 && c->len[1] > 0 && c->len[2] > 0;
}

static void add_entry(ens_snapshot_writer *w, const char *type, const char *state, ens_time start)
{
    ens_entry_draft draft = {.type_uri = ens_str(type),
                             .status_uri = ens_str(state),
                             .name = ENS_LIT("a service"),
                             .start = start,
                             .expired_certs_revocation = ENS_TIME_NONE,
                             .use_uri = {ENS_LIT(INFORMATION "ForeSeals"), ENS_LIT("urn:other")},
                             .num_uses = 2};
    ens__writer_entry(w, &draft);
}

/* Qualifiers QCForESeal and one unknown, where a policy is there and none of: two key usages. */
static void add_qualification(ens_snapshot_writer *w)
{
    const ens_slice uris[] = {ENS_LIT(INFORMATION "QCForESeal"), ENS_LIT("urn:unknown")};
    uint32_t all = ens__writer_criterion(w, ENS_CRITERION_LIST, ENS_ASSERT_ALL, 0, 0);
    uint32_t policies = ens__writer_criterion(w, ENS_CRITERION_POLICY_SET, ENS_ASSERT_ALL, 0, 0);
    ens__writer_oid(w, ENS_LIT("urn:oid:0.4.0.194112.1.1"));
    ens__writer_oid(w, ENS_LIT("no oid"));
    ens__writer_criterion_end(w, policies);
    uint32_t none = ens__writer_criterion(w, ENS_CRITERION_LIST, ENS_ASSERT_NONE, 0, 0);
    ens__writer_criterion_end(w, ens__writer_criterion(w, ENS_CRITERION_KEY_USAGE, ENS_ASSERT_ALL, 3, 1));
    ens__writer_criterion_end(w, none);
    ens__writer_criterion_end(w, all);
    ens__writer_qualification(w, uris, 2, all);
}

/* write makes two lists: XX with two services of one CA (the second withdrawn, with a history) and, where good, YY with
 * one. */
static ens_slice write_lists(ens_snapshot_writer *w, const certificates *c, bool good)
{
    static const uint8_t sha256[32] = {1, 2, 3};
    ens_list facts = {.usable = true,
                      .country = ENS_LIT("XX"),
                      .sequence = 7,
                      .next_update = 2000,
                      .sha256 = ens_bytes(sha256, sizeof sha256)};
    ens_slice file = {0};
    ens__writer_list_begin(w);
    ens__writer_provider(w, ENS_LIT("A provider"), ENS_LIT("A"), (ens_slice){0});
    ens__writer_service(w);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, der_of(c, 1), true);
    ens__writer_identity(w, ENS_IDENTITY_SKI, ENS_LIT("\x01\x02"), true);
    add_qualification(w);
    add_entry(w, TYPES "CA/QC", STATES "granted", 1000);
    ens__writer_service(w);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, der_of(c, 1), true);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, ENS_LIT("no certificate"), true);
    add_entry(w, TYPES "CA/PKC", STATES "withdrawn", 1500);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, der_of(c, 2), false);
    add_entry(w, TYPES "CA/PKC", STATES "granted", 1200);
    CU_ASSERT(ens__writer_list_end(w, &facts, NULL) == ENS_OK);
    ens__writer_list_begin(w);
    ens__writer_provider(w, ENS_LIT("Another"), (ens_slice){0}, ENS_LIT("VATYY-1"));
    ens__writer_service(w);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, der_of(c, 0), true);
    ens__writer_identity(w, ENS_IDENTITY_CERTIFICATE, der_of(c, 1), true);
    add_entry(w, TYPES "CA/QC", STATES "granted", 1000);
    if (!good)
        ens__writer_list_drop(w);
    facts = (ens_list){
        .usable = good, .country = ENS_LIT("YY"), .next_update = 2000, .sha256 = ens_bytes(sha256, sizeof sha256)};
    CU_ASSERT(ens__writer_list_end(w, &facts, NULL) == ENS_OK);
    CU_ASSERT(ens__writer_finish(w, 332, 1700000000, &file, NULL) == ENS_OK);
    return file;
}

static void reads_what_was_written(void)
{
    certificates c;
    ens_snapshot_writer *w = ens__writer_new();
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(w && make(&c) && ens__snapshot_open(write_lists(w, &c, true), &s, NULL) == ENS_OK);
    ens_snapshot_facts facts = ens__snapshot_facts(s);
    CU_ASSERT(facts.num_lists == 2 && facts.num_providers == 2 && facts.num_services == 3 &&
              facts.num_certificates == 2);
    CU_ASSERT(strncmp(facts.name, "332-", 4) == 0 && strlen(facts.name) == 4 + 16 && facts.made == 1700000000);
    ens_list list;
    CU_ASSERT(ens__snapshot_list(s, 0, &list) && ens_is(list.country, "XX") && list.services.num == 2 &&
              list.sequence == 7);
    CU_ASSERT(ens__list_state(&list, 2000) == ENS_LIST_FRESH && ens__list_state(&list, 2001) == ENS_LIST_STALE);
    CU_ASSERT(!ens__snapshot_list(s, 2, &list));
    ens_service service;
    ens_service_entry e;
    CU_ASSERT(ens__snapshot_service(s, 1, &service) && service.entries.num == 2 && service.provider == 0 &&
              service.certificates.num == 1);
    CU_ASSERT(ens__snapshot_entry(s, service.entries.first, &e) && e.status == ENS_STATUS_WITHDRAWN &&
              e.start == 1500 && e.end == INT64_MAX);
    CU_ASSERT(e.uses == ENS_FOR_SEALS && e.use_uris.num == 2 && e.identities.num == 2 && e.type == ENS_SERVICE_CA_PKC);
    ens_identity identity;
    CU_ASSERT(ens__snapshot_identity(s, e.identities.first, &identity) && identity.certificate == 0 &&
              ens_eq(identity.value, der_of(&c, 1)));
    CU_ASSERT(ens__snapshot_identity(s, e.identities.first + 1, &identity) && identity.kind == ENS_IDENTITY_OTHER);
    CU_ASSERT(ens__snapshot_entry(s, service.entries.first + 1, &e) && e.status == ENS_STATUS_GRANTED &&
              e.start == 1200 && e.end == 1500);
    CU_ASSERT(ens__snapshot_identity(s, e.identities.first, &identity) && identity.certificate == UINT32_MAX);
    ens_provider provider;
    CU_ASSERT(ens__snapshot_provider(s, 1, &provider) && ens_is(provider.identifier, "VATYY-1") &&
              provider.services.first == 2);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static void keeps_the_tree_of_criteria(void)
{
    certificates c;
    ens_snapshot_writer *w = ens__writer_new();
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(w && make(&c) && ens__snapshot_open(write_lists(w, &c, true), &s, NULL) == ENS_OK);
    ens_service_entry e;
    ens_qualification q;
    ens_criterion root, child, below;
    ens_listed_oid oid;
    CU_ASSERT(ens__snapshot_entry(s, 0, &e) && e.qualifications.num == 1 &&
              ens__snapshot_qualification(s, e.qualifications.first, &q));
    CU_ASSERT(q.qualifiers == ENS_QUALIFIER_FOR_ESEAL && q.uris.num == 2);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion, &root) && root.kind == ENS_CRITERION_LIST && root.size == 4);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 1, &child) && child.kind == ENS_CRITERION_POLICY_SET &&
              child.size == 1);
    CU_ASSERT(child.oids.num == 2 && ens__snapshot_oid(s, child.oids.first, &oid) &&
              ens_eq(oid.der, ENS_LIT("\x04\x00\x8B\xEC\x40\x01\x01")));
    CU_ASSERT(ens__snapshot_oid(s, child.oids.first + 1, &oid) && oid.der.len == 0 && ens_is(oid.text, "no oid"));
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 2, &child) && child.assert == ENS_ASSERT_NONE &&
              child.size == 2);
    CU_ASSERT(ens__snapshot_criterion(s, q.criterion + 3, &below) && below.kind == ENS_CRITERION_KEY_USAGE &&
              below.mask == 3 && below.bits == 1);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static void finds_by_key_and_name(void)
{
    certificates c;
    ens_cert issuing, leaf;
    uint32_t found[8];
    ens_snapshot_writer *w = ens__writer_new();
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(w && make(&c) && ens__snapshot_open(write_lists(w, &c, true), &s, NULL) == ENS_OK);
    CU_ASSERT_FATAL(ens_cert_parse(der_of(&c, 1), &issuing, NULL) == ENS_OK &&
                    ens_cert_parse(der_of(&c, 2), &leaf, NULL) == ENS_OK);
    CU_ASSERT(ens__snapshot_services_by_key(s, issuing.subject, issuing.spki, found, 8) == 3);
    CU_ASSERT(found[0] == 0 && found[1] == 1 && found[2] == 2);
    CU_ASSERT(ens__snapshot_services_by_key(s, issuing.subject, issuing.spki, found, 1) == 3);
    CU_ASSERT(ens__snapshot_services_by_key(s, leaf.subject, leaf.spki, found, 8) == 0);
    CU_ASSERT(ens__snapshot_services_by_key(s, issuing.subject, leaf.spki, found, 8) == 0);
    CU_ASSERT(ens__snapshot_certificates_by_subject(s, issuing.subject, found, 8) == 1);
    ens_listed_certificate listed;
    CU_ASSERT(ens__snapshot_certificate(s, found[0], &listed) && ens_eq(listed.der, der_of(&c, 1)) &&
              ens_eq(listed.spki, issuing.spki));
    CU_ASSERT(listed.services.num == 3 && ens__snapshot_certificate_service(s, listed.services.first + 2) == 2);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static void a_dropped_list_leaves_nothing(void)
{
    certificates c;
    ens_cert root;
    uint32_t found[8];
    ens_snapshot_writer *w = ens__writer_new();
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(w && make(&c));
    ens_slice file = write_lists(w, &c, false);
    CU_ASSERT_FATAL(ens__snapshot_open(file, &s, NULL) == ENS_OK &&
                    ens_cert_parse(der_of(&c, 0), &root, NULL) == ENS_OK);
    ens_snapshot_facts facts = ens__snapshot_facts(s);
    CU_ASSERT(facts.num_lists == 2 && facts.num_providers == 1 && facts.num_services == 2 &&
              facts.num_certificates == 1);
    CU_ASSERT(ens__snapshot_services_by_key(s, root.subject, root.spki, found, 8) == 0);
    CU_ASSERT(ens__find(file, root.der, 0) == SIZE_MAX && ens__find(file, ENS_LIT("Another"), 0) == SIZE_MAX);
    ens_list list;
    CU_ASSERT(ens__snapshot_list(s, 1, &list) && ens__list_state(&list, 0) == ENS_LIST_BROKEN &&
              list.services.num == 0);
    CU_ASSERT(ens__snapshot_num_anchors(s) == 1);
    ens__snapshot_free(s);
    ens__writer_free(w);
}

static void refuses_a_file_with_any_byte_changed(void)
{
    certificates c;
    ens_err err = {0};
    ens_snapshot_writer *w = ens__writer_new();
    ens_snapshot *s = NULL;
    CU_ASSERT_FATAL(w && make(&c));
    ens_slice file = write_lists(w, &c, true);
    uint8_t *copy = malloc(file.len);
    CU_ASSERT_FATAL(copy != NULL);
    memcpy(copy, file.p, file.len);
    for (size_t i = 0; i < file.len; i++) {
        copy[i] ^= 0x10;
        CHECK_ROW(ens__snapshot_open(ens_bytes(copy, file.len), &s, &err) == ENS_ESYNTAX, "byte %zu changed, and taken",
                  i);
        copy[i] ^= 0x10;
        CHECK_ROW(i % 8 || ens__snapshot_open(ens_bytes(copy, i), &s, NULL) == ENS_ESYNTAX, "cut at %zu, and taken", i);
    }
    CU_ASSERT(ens__snapshot_open(ens_bytes(copy, file.len), &s, NULL) == ENS_OK);
    ens__snapshot_free(s);
    free(copy);
    ens__writer_free(w);
}

/* The folder of a cache gives its CAs in good standing to the trust, and no other. */
static void a_cache_gives_anchors_to_the_trust(void)
{
    certificates c;
    char folder[512], path[600];
    ens_err err = {0};
    ens_snapshot_writer *w = ens__writer_new();
    ens_trust *trust = ens_trust_new();
    CU_ASSERT_FATAL(w && trust && make(&c) && fixture_folder());
    snprintf(folder, sizeof folder, "%s", fixture_path("cache-of-trust"));
    snprintf(path, sizeof path, "%s/" ENS_SNAPSHOT_FILE, folder);
    CU_ASSERT_FATAL(mkdir(folder, 0700) == 0 && ens__file_write(path, write_lists(w, &c, true), 0600, NULL) == ENS_OK);
    CU_ASSERT(ens_trust_add(trust, folder, &err) == ENS_OK);
    CU_ASSERT_EQUAL(ens_trust_num_anchors(trust), 2);
    CU_ASSERT(ens_trust_add(trust, folder, &err) == ENS_EPOLICY);
    ens_trust_free(trust);
    ens__writer_free(w);
}

/* Each set of instructions gives the same sum, of any length, and another one where a bit is another, where an octet is
 * cut off, and where two blocks change places. */
static void sums_tell_damage(void)
{
    uint8_t bytes[1100];
    uint64_t random = 20261129;
    for (size_t i = 0; i < sizeof bytes; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = i % 300 < 150 ? (uint8_t)(random >> 56) : 0;
    }
    for (size_t len = 0; len <= sizeof bytes; len++) {
        uint64_t sum = ens__snapshot_checksum(ens_bytes(bytes, len));
        for (unsigned i = 0; ens__snapshot_summer_nth(i); i++)
            CHECK_ROW(ens__snapshot_summer_nth(i)(ens_bytes(bytes, len)) == sum, "%zu octets, summer %u", len, i);
        CHECK_ROW(!len || ens__snapshot_checksum(ens_bytes(bytes, len - 1)) != sum, "%zu octets, one cut off", len);
        size_t at = len ? (size_t)(random >> 40) % len : 0;
        random = random * 6364136223846793005u + 1442695040888963407u;
        for (unsigned bit = 0; len && bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            CHECK_ROW(ens__snapshot_checksum(ens_bytes(bytes, len)) != sum, "%zu octets, bit %u of %zu", len, bit, at);
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    }
    uint64_t sum = ens__snapshot_checksum(ens_bytes(bytes, sizeof bytes));
    for (size_t size = 4; size <= 256; size *= 2) {
        uint8_t moved[1100];
        memcpy(moved, bytes, sizeof moved);
        memcpy(moved, bytes + size, size);
        memcpy(moved + size, bytes, size);
        CHECK_ROW(ens__snapshot_checksum(ens_bytes(moved, sizeof moved)) != sum, "blocks of %zu change places", size);
    }
}

static const ens_case cases[] = {{"reads what was written", reads_what_was_written},
                                 {"keeps the tree of criteria", keeps_the_tree_of_criteria},
                                 {"finds by key and name", finds_by_key_and_name},
                                 {"a dropped list leaves nothing", a_dropped_list_leaves_nothing},
                                 {"refuses a file with any byte changed", refuses_a_file_with_any_byte_changed},
                                 {"sums tell damage, by any instructions", sums_tell_damage},
                                 {"a cache gives anchors to the trust", a_cache_gives_anchors_to_the_trust},
                                 {NULL, NULL}};
ENS_SUITE("certs/snapshot", cases)
