/* Finding one of a hundred thousand entries: a table of offsets by serial number. */
#include "certs/x509/crl.h"

#include "certs/x509/der.h"
#include "certs/x509/generalnames.h"
#include "certs/x509/namematch.h"
#include "engine/base/arena.h"

#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

/* Where an entry lies, from 1, and the entry whose certificateIssuer holds for it: 0, the list's own issuer. */
typedef struct {
    uint32_t at, issuer_at;
} slot;

struct ens__crl_index {
    size_t num_slots; /* a power of two, at least twice the entries */
    slot slots[];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static uint64_t seed = 0x9E3779B97F4A7C15u;

/* draw keeps the numbers from being chosen so that they collide. */
static void draw(void)
{
    uint64_t drawn;
    if (RAND_bytes((unsigned char *)&drawn, sizeof drawn) == 1)
        seed ^= drawn;
}

static uint64_t hash_of(ens_slice serial)
{
    uint64_t h = seed;
    for (size_t i = 0; i < serial.len; i += 8) {
        uint64_t part = 0;
        memcpy(&part, serial.p + i, serial.len - i < 8 ? serial.len - i : 8);
        h = (h ^ part) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    return h;
}

/* serial_at borrows the serial number of the entry at an offset from 1. */
static ens_slice serial_at(ens_slice entries, uint32_t at)
{
    ens_reader r = ens_read(ens_from(entries, at - 1));
    ens_der one, serial;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &one))
        return (ens_slice){0};
    r = ens_read(one.body);
    return ens__der_take(&r, ENS_DER_INTEGER, &serial) ? serial.body : (ens_slice){0};
}

ens__crl_index *ens__crl_index_new(const ens__crl *crl)
{
    size_t num_slots = 16;
    uint32_t issuer_at = 0;
    ens__revoked entry;
    pthread_once(&once, draw);
    while (num_slots < 2 * crl->num_entries)
        num_slots *= 2;
    ens__crl_index *index = calloc(1, sizeof *index + num_slots * sizeof index->slots[0]);
    if (!index)
        return NULL;
    ens__heap_note();
    index->num_slots = num_slots;
    ens_reader r = ens_read(crl->entries);
    for (uint32_t at = 1; ens__crl_next(&r, &entry); at = (uint32_t)ens_at(&r) + 1) {
        size_t i = (size_t)hash_of(entry.serial) & (num_slots - 1);
        while (index->slots[i].at)
            i = (i + 1) & (num_slots - 1);
        if (crl->indirect && entry.issuer.len)
            issuer_at = at;
        index->slots[i] = (slot){at, issuer_at};
    }
    return index;
}

void ens__crl_index_free(ens__crl_index *index)
{
    free(index);
}

/* read_at reads the entry at an offset from 1. */
static bool read_at(const ens__crl *crl, uint32_t at, ens__revoked *out)
{
    ens_reader r = ens_read(ens_from(crl->entries, at - 1));
    return ens__crl_next(&r, out);
}

/* is_of tells whether the issuer of an entry is the certificate's. named are the GeneralNames that hold for it, empty:
 * the list's own. */
static bool is_of(const ens__crl *crl, ens_slice named, ens_slice issuer)
{
    return named.len ? ens__general_names_have_directory(named, issuer) : ens__name_same(crl->issuer, issuer);
}

static bool look_at_all(const ens__crl *crl, ens_slice serial, ens_slice issuer, ens__revoked *out)
{
    ens_slice named = {0};
    ens__revoked entry;
    for (ens_reader r = ens_read(crl->entries); ens__crl_next(&r, &entry);) {
        if (crl->indirect && entry.issuer.len)
            named = entry.issuer;
        if (!ens_eq(entry.serial, serial) || !is_of(crl, named, issuer))
            continue;
        *out = entry;
        return true;
    }
    return false;
}

bool ens__crl_find(const ens__crl *crl, const ens__crl_index *index, ens_slice serial, ens_slice issuer,
                   ens__revoked *out)
{
    if (!index)
        return look_at_all(crl, serial, issuer, out);
    for (size_t i = (size_t)hash_of(serial) & (index->num_slots - 1); index->slots[i].at;
         i = (i + 1) & (index->num_slots - 1)) {
        slot s = index->slots[i];
        ens__revoked entry, of = {0};
        if (!ens_eq(serial_at(crl->entries, s.at), serial) || !read_at(crl, s.at, &entry) ||
            (s.issuer_at && !read_at(crl, s.issuer_at, &of)) || !is_of(crl, of.issuer, issuer))
            continue;
        *out = entry;
        return true;
    }
    return false;
}
