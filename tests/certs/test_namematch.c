/* Names compared: as OpenSSL does, over names that it makes. */
#include "certs/x509/name.h"
#include "tests/suite.h"

#include <openssl/err.h>
#include <openssl/x509.h>

/* One attribute of a name to be made. */
typedef struct {
    const char *type, *value;
    int string; /* V_ASN1_… */
    int set;    /* as X509_NAME_add_entry has it: 0 a new relative name, -1 joins the last */
} entry;

typedef struct {
    entry entries[4];
} spec;

static const spec specs[] = {
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0}, {"O", "Demo Trust", V_ASN1_PRINTABLESTRING, 0}}},
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0}, {"O", "Demo Trust", V_ASN1_UTF8STRING, 0}}},
    {{{"C", "fr", V_ASN1_PRINTABLESTRING, 0}, {"O", "  dEMO   TRUST ", V_ASN1_UTF8STRING, 0}}},
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0}, {"O", "DemoTrust", V_ASN1_UTF8STRING, 0}}},
    {{{"O", "Demo Trust", V_ASN1_UTF8STRING, 0}, {"C", "FR", V_ASN1_PRINTABLESTRING, 0}}},
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0},
      {"O", "Demo Trust", V_ASN1_UTF8STRING, 0},
      {"CN", "a", V_ASN1_UTF8STRING, 0}}},
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0},
      {"O", "Demo Trust", V_ASN1_UTF8STRING, 0},
      {"CN", "b", V_ASN1_UTF8STRING, -1}}},
    {{{"C", "FR", V_ASN1_PRINTABLESTRING, 0},
      {"CN", "B", V_ASN1_UTF8STRING, 0},
      {"O", "Demo Trust", V_ASN1_T61STRING, -1}}},
    {{{"O", "\xC3\x89tat", V_ASN1_UTF8STRING, 0}}},
    {{{"O", "\xC9tat", V_ASN1_T61STRING, 0}}},
    {{{"emailAddress", "A@Example.com", V_ASN1_IA5STRING, 0}}},
    {{{"emailAddress", "a@example.com", V_ASN1_IA5STRING, 0}}},
    {{{NULL, NULL, 0, 0}}},
};
#define NUM (sizeof specs / sizeof *specs)

static X509_NAME *make(const spec *s)
{
    X509_NAME *name = X509_NAME_new();
    for (const entry *e = s->entries; name && e->type; e++)
        CU_ASSERT_EQUAL(
            X509_NAME_add_entry_by_txt(name, e->type, e->string, (const unsigned char *)e->value, -1, -1, e->set), 1);
    return name;
}

/* der_of borrows from name. */
static ens_slice der_of(X509_NAME *name)
{
    const unsigned char *der = NULL;
    size_t len = 0;
    CU_ASSERT_FATAL(i2d_X509_NAME(name, NULL) > 0 && X509_NAME_get0_der(name, &der, &len) == 1);
    return (ens_slice){der, len};
}

static void compare(void)
{
    X509_NAME *name[NUM];
    ens_slice der[NUM];
    unsigned same = 0;
    for (size_t i = 0; i < NUM; i++) {
        name[i] = make(&specs[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(name[i]);
        der[i] = der_of(name[i]);
    }
    for (size_t i = 0; i < NUM; i++)
        for (size_t k = 0; k < NUM; k++) {
            bool theirs = X509_NAME_cmp(name[i], name[k]) == 0;
            CHECK_ROW(ens__name_same(der[i], der[k]) == theirs, "names %zu and %zu", i, k);
            CHECK_ROW((ens__name_hash(der[i]) == ens__name_hash(der[k])) == theirs, "numbers of names %zu and %zu", i,
                      k);
            same += i != k && theirs;
        }
    CU_ASSERT(same >= 8);
    CU_ASSERT(ens__name_within(der[5], der[2]) && !ens__name_within(der[2], der[5]) &&
              ens__name_within(der[0], der[NUM - 1]));
    CU_ASSERT(!ens__name_within(der[6], der[0]));
    CU_ASSERT(ens__name_is_empty(der[NUM - 1]) && !ens__name_is_empty(der[0]));
    for (size_t i = 0; i < NUM; i++)
        X509_NAME_free(name[i]);
    ERR_clear_error();
}

static void not_der(void)
{
    CU_ASSERT(ens__name_same(ENS_LIT("\x30\x02\x31"), ENS_LIT("\x30\x02\x31")));
    CU_ASSERT(!ens__name_same(ENS_LIT("\x30\x02\x31"), ENS_LIT("\x30\x00")));
    CU_ASSERT(!ens__name_within(ENS_LIT("\x30\x02\x31"), ENS_LIT("\x30\x00")));
}

static const ens_case cases[] = {
    {"equal as OpenSSL finds them, whatever the string type, case and white space", compare},
    {"names that aren't DER are equal as bytes alone", not_der},
    {NULL, NULL},
};
ENS_SUITE("certs/namematch", cases)
