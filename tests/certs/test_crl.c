/* Revocation lists as views: what is refused, and a hundred thousand entries. */
#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "tests/certs/authority.h"
#include "tests/suite.h"

#include <stdio.h>

#define ENTRIES 100000u
#define DER_MAX ((size_t)16 << 20)
#define SERIAL_LEN 8
#define ENTRY_LEN (2 + 2 + SERIAL_LEN + 15)

/* serial_of makes numbers that are apart, positive, and eight bytes long. */
static void serial_of(uint64_t i, uint8_t out[SERIAL_LEN])
{
    uint64_t n = (i * 0x9E3779B97F4A7C15u >> 2) | 0x4000000000000000u;
    for (unsigned k = 0; k < SERIAL_LEN; k++)
        out[k] = (uint8_t)(n >> (8 * (SERIAL_LEN - 1 - k)));
}

static void put_entry(ens_buf *out, uint64_t i)
{
    uint8_t serial[SERIAL_LEN];
    serial_of(i, serial);
    ens__der_put_header(out, ENS_DER_SEQUENCE, ENTRY_LEN - 2);
    ens__der_put_header(out, ENS_DER_INTEGER, SERIAL_LEN);
    ens_buf_add(out, serial, SERIAL_LEN);
    ens_buf_add(out,
                "\x17\x0D"
                "260901000000Z",
                15);
}

/* make_list writes a list of so many entries, signed by nobody. */
static void make_list(uint64_t entries, ens_buf *out)
{
    static const char algorithm[] = "\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02",
                      name[] = "\x30\x0D\x31\x0B\x30\x09\x06\x03\x55\x04\x03\x0C\x02"
                               "CA";
    static const char times[] = "\x17\x0D"
                                "261001000000Z"
                                "\x17\x0D"
                                "261101000000Z",
                      signature[] = "\x03\x02\x00\x01";
    size_t list = (size_t)entries * ENTRY_LEN, head = sizeof algorithm - 1 + sizeof name - 1 + sizeof times - 1 + 3;
    size_t tbs = head + ens__der_header_len(list) + list;
    ens__der_put_header(out, ENS_DER_SEQUENCE,
                        ens__der_header_len(tbs) + tbs + sizeof algorithm - 1 + sizeof signature - 1);
    ens__der_put_header(out, ENS_DER_SEQUENCE, tbs);
    ens_buf_add(out, "\x02\x01\x01", 3);
    ens_buf_add(out, algorithm, sizeof algorithm - 1);
    ens_buf_add(out, name, sizeof name - 1);
    ens_buf_add(out, times, sizeof times - 1);
    ens__der_put_header(out, ENS_DER_SEQUENCE, list);
    for (uint64_t i = 0; i < entries; i++)
        put_entry(out, i);
    ens_buf_add(out, algorithm, sizeof algorithm - 1);
    ens_buf_add(out, signature, sizeof signature - 1);
}

static void many(void)
{
    ens_buf der;
    ens__crl crl;
    ens__revoked entry;
    uint8_t serial[SERIAL_LEN];
    unsigned found = 0, wrong = 0;
    ens_buf_init(&der, NULL, 0, DER_MAX);
    make_list(ENTRIES, &der);
    CU_ASSERT_FATAL(!der.failed && ens__crl_read(ens_buf_slice(&der), &crl, NULL) == ENS_OK);
    CU_ASSERT_EQUAL(crl.num_entries, ENTRIES);
    ens__crl_index *index = ens__crl_index_new(&crl);
    CU_ASSERT_PTR_NOT_NULL_FATAL(index);
    for (uint64_t i = 0; i < 2 * (uint64_t)ENTRIES; i++) {
        serial_of(i, serial);
        bool is = ens__crl_find(&crl, index, ens_bytes(serial, SERIAL_LEN), crl.issuer, &entry);
        found += is;
        wrong += is != (i < ENTRIES) || (is && !ens_eq(entry.serial, ens_bytes(serial, SERIAL_LEN)));
    }
    CU_ASSERT(found == ENTRIES && wrong == 0);
    serial_of(ENTRIES - 1, serial);
    CU_ASSERT(ens__crl_find(&crl, NULL, ens_bytes(serial, SERIAL_LEN), crl.issuer, &entry));
    CU_ASSERT(!ens__crl_find(&crl, index, ens_bytes(serial, SERIAL_LEN), ENS_LIT("\x30\x00"),
                             &entry)); /* of another issuer */
    ens__crl_index_free(index);
    ens_buf_free(&der);
}

/* A byte of a small list, changed, and what the refusal says. */
static const struct {
    const char *name;
    size_t at;
    uint8_t to;
    const char *what;
} faults[] = {
    {"not a SEQUENCE", 0, 0x31, "isn't one DER SEQUENCE"},
    {"longer than it is", 1, 0x7F, "isn't one DER SEQUENCE"},
    {"version 3", 6, 0x02, "version"},
    {"another algorithm inside", 18, 0x03, "algorithms differ"},
    {"a month that is none", 40, '9', "date can't be read"},
};

static void refused(void)
{
    uint8_t storage[256];
    ens_buf der;
    ens__crl crl;
    ens_buf_init(&der, storage, sizeof storage, sizeof storage);
    make_list(1, &der);
    CU_ASSERT_FATAL(!der.failed && ens__crl_read(ens_buf_slice(&der), &crl, NULL) == ENS_OK);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        ens_err err = {0};
        uint8_t before = der.p[faults[i].at];
        der.p[faults[i].at] = faults[i].to;
        ens_code code = ens__crl_read(ens_buf_slice(&der), &crl, &err);
        CHECK_ROW(code == ENS_ESYNTAX && err.n && strstr(err.frame[0].what, faults[i].what), "%s: %s", faults[i].name,
                  err.n ? err.frame[0].what : "read");
        der.p[faults[i].at] = before;
    }
    for (size_t len = 0; len < der.len; len++)
        CHECK_ROW(ens__crl_read(ens_bytes(der.p, len), &crl, NULL) == ENS_ESYNTAX, "cut to %zu bytes", len);
    ens_buf_free(&der);
}

/* An entry that isn't as it should be spoils no other: what a byte of the first of two entries is changed to. */
static const struct {
    const char *name;
    size_t at;
    uint8_t to;
    bool lost; /* whose entry it is can't be told */
} odd_entries[] = {
    {"a serial number that is none", 2, ENS_DER_ENUMERATED, true},
    {"a serial number with padding", 4, 0, false},
    {"a date that can't be read", 4 + SERIAL_LEN, ENS_DER_OCTET_STRING, false},
    {"an element that is no SEQUENCE", 0, 0x31, true},
};

static void odd(void)
{
    uint8_t storage[256], serial[SERIAL_LEN];
    ens_buf der;
    ens__crl crl;
    ens__revoked entry;
    ens_buf_init(&der, storage, sizeof storage, sizeof storage);
    make_list(2, &der);
    serial_of(1, serial);
    CU_ASSERT_EQUAL_FATAL(ens__crl_read(ens_buf_slice(&der), &crl, NULL), ENS_OK);
    uint8_t *entries = der.p + (crl.entries.p - der.p);
    for (size_t i = 0; i < sizeof odd_entries / sizeof *odd_entries; i++) {
        uint8_t before = entries[odd_entries[i].at];
        entries[odd_entries[i].at] = odd_entries[i].to;
        CU_ASSERT_EQUAL_FATAL(ens__crl_read(ens_buf_slice(&der), &crl, NULL), ENS_OK);
        CHECK_ROW(crl.num_entries == 2 && crl.odd && crl.lost == odd_entries[i].lost, "%s", odd_entries[i].name);
        CHECK_ROW(ens__crl_find(&crl, NULL, ens_bytes(serial, SERIAL_LEN), crl.issuer, &entry) &&
                      entry.date != ENS_TIME_NONE,
                  "%s", odd_entries[i].name);
        entries[odd_entries[i].at] = before;
    }
    entries[1] = 0x7F; /* the first entry swallows the second and more: nothing is known of what follows */
    CU_ASSERT(ens__crl_read(ens_buf_slice(&der), &crl, NULL) == ENS_OK && crl.lost && crl.num_entries == 0);
    ens_buf_free(&der);
}

static const ens_case cases[] = {
    {"one of a hundred thousand entries is found where it lies", many},
    {"what is no list is refused, with the reason", refused},
    {"an entry that isn't as it should be spoils no other", odd},
    {NULL, NULL},
};
ENS_SUITE("certs/crl", cases)
