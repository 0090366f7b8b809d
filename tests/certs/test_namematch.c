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

/* put_name makes a name of one attribute: an organization, as a string of a tag with so many octets a character. */
static ens_slice put_name(ens_slice text, uint8_t tag, size_t width, uint8_t *out)
{
    static const uint8_t type[] = {0x06, 0x03, 0x55, 0x04, 0x0A};
    size_t len = text.len * width, at = 0;
    const uint8_t heads[] = {0x30, (uint8_t)(len + 11), 0x31, (uint8_t)(len + 9), 0x30, (uint8_t)(len + 7)};
    memcpy(out, heads, sizeof heads);
    memcpy(out + sizeof heads, type, sizeof type);
    at = sizeof heads + sizeof type;
    out[at++] = tag;
    out[at++] = (uint8_t)len;
    memset(out + at, 0, len);
    for (size_t i = 0; i < text.len; i++)
        out[at + i * width + width - 1] = text.p[i];
    return ens_bytes(out, at + len);
}

/* The number of a name is made of plain strings without a copy, and of others by folding one: each text is written in
 * both ways, and with other spaces and cases. */
static void the_number_is_that_of_the_folded_text(void)
{
    static const char letters[] = "aZmA  b\x7F\x1F@[`{\tz9";
    uint64_t random = 20261129;
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t text[28], swapped[28], out[3][160];
        size_t len = i % sizeof text;
        for (size_t k = 0; k < len; k++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            text[k] = (uint8_t)letters[(random >> 33) % (sizeof letters - 1)];
            bool letter = (text[k] | 0x20) >= 'a' && (text[k] | 0x20) <= 'z';
            swapped[k] = letter ? text[k] ^ 0x20 : text[k];
        }
        ens_slice plain = put_name(ens_bytes(text, len), 0x0C, 1, out[0]),
                  wide = put_name(ens_bytes(text, len), 0x1E, 2, out[1]),
                  other = put_name(ens_bytes(swapped, len), 0x13, 1, out[2]);
        CHECK_ROW(ens__name_same(plain, wide) && ens__name_same(plain, other), "text %u is another one", i);
        CHECK_ROW(ens__name_hash(plain) == ens__name_hash(wide) && ens__name_hash(plain) == ens__name_hash(other),
                  "text %u has another number", i);
        if (len && text[0] > ' ' && text[len - 1] != 'q') {
            text[len - 1] = 'q';
            CHECK_ROW(ens__name_hash(put_name(ens_bytes(text, len), 0x0C, 1, out[2])) != ens__name_hash(wide),
                      "text %u has the number of another", i);
        }
    }
}

static const ens_case cases[] = {
    {"equal as OpenSSL finds them, whatever the string type, case and white space", compare},
    {"names that aren't DER are equal as bytes alone", not_der},
    {"the number of a name is that of its folded text, however it is written", the_number_is_that_of_the_folded_text},
    {NULL, NULL},
};
ENS_SUITE("certs/namematch", cases)
