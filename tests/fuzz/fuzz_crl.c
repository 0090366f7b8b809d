/* A list that both we and OpenSSL read has the same entries, and the index finds what looking at all of them finds. */
#include "tests/fuzz/target.h"

#include "certs/x509/crl.h"
#include "certs/x509/der.h"
#include "engine/base/clock.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

static ens_time time_of(const ASN1_TIME *t)
{
    struct tm tm;
    return t && ASN1_TIME_to_tm(t, &tm) == 1 ? ens__time_of((ens_civil){tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                                                                        tm.tm_hour, tm.tm_min, tm.tm_sec})
                                             : ENS_TIME_NONE;
}

/* same_serial compares the contents of two INTEGERs, ours and the one that OpenSSL writes. */
static bool same_serial(const ASN1_INTEGER *theirs, ens_slice ours)
{
    unsigned char *der = NULL;
    int len = i2d_ASN1_INTEGER(theirs, &der);
    ens_reader r = ens_read(ens_bytes(der, len > 0 ? (size_t)len : 0));
    ens_der e;
    bool same = ens__der_take(&r, ENS_DER_INTEGER, &e) && ens_eq(e.body, ours);
    OPENSSL_free(der);
    return same;
}

static void compare_entry(const ens__revoked *ours, const X509_REVOKED *theirs)
{
    int critical = 0;
    ENS_HOLDS(same_serial(X509_REVOKED_get0_serialNumber(theirs), ours->serial));
    ENS_HOLDS(time_of(X509_REVOKED_get0_revocationDate(theirs)) == ours->date);
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(theirs, NID_crl_reason, &critical, NULL);
    if (reason)
        ENS_HOLDS(ASN1_ENUMERATED_get(reason) == (long)ours->reason);
    else if (critical == -1)
        ENS_HOLDS(ours->reason == ENS_REASON_UNSPECIFIED);
    ASN1_ENUMERATED_free(reason);
}

static void compare(const ens__crl *ours, X509_CRL *theirs)
{
    STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(theirs);
    ens__revoked entry;
    size_t num = 0;
    ENS_HOLDS(ours->odd || time_of(X509_CRL_get0_lastUpdate(theirs)) == ours->this_update);
    ENS_HOLDS(ours->odd || time_of(X509_CRL_get0_nextUpdate(theirs)) == ours->next_update);
    ENS_HOLDS(ours->lost || (size_t)(entries ? sk_X509_REVOKED_num(entries) : 0) == ours->num_entries);
    for (ens_reader r = ens_read(ours->entries); ens__crl_next(&r, &entry); num++)
        if (num < ours->num_entries && !entry.odd)
            compare_entry(&entry, sk_X509_REVOKED_value(entries, (int)num));
    ENS_HOLDS(num == ours->num_entries);
}

static void check_finding(const ens__crl *crl)
{
    ens__crl_index *index = ens__crl_index_new(crl);
    ens__revoked entry, by_index, by_looking;
    if (!index)
        return;
    for (ens_reader r = ens_read(crl->entries); ens__crl_next(&r, &entry);) {
        ENS_HOLDS(entry.serial.len || (entry.lost && crl->lost));
        bool found = ens__crl_find(crl, index, entry.serial, crl->issuer, &by_index);
        ENS_HOLDS(found == ens__crl_find(crl, NULL, entry.serial, crl->issuer, &by_looking));
        ENS_HOLDS(!found || by_index.serial.p == by_looking.serial.p);
        ENS_HOLDS(found || crl->indirect || entry.issuer.len);
    }
    ENS_HOLDS(!ens__crl_find(crl, index, ENS_LIT("\x7F\x00no serial number"), crl->issuer, &by_index) ||
              crl->num_entries);
    ens__crl_index_free(index);
}

ENS_FUZZ_TARGET(crl)
{
    ens__crl crl;
    ens_err err = {0};
    const unsigned char *p = data;
    if (ens__crl_read((ens_slice){data, size}, &crl, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what && err.frame[0].at <= size);
        return;
    }
    X509_CRL *theirs = d2i_X509_CRL(NULL, &p, (long)size);
    if (theirs && p == data + size)
        compare(&crl, theirs);
    check_finding(&crl);
    X509_CRL_free(theirs);
    ERR_clear_error();
}
