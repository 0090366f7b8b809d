/* Two names are equal where OpenSSL finds them equal, and then have the same number. Strings in UCS-2 and UCS-4, whose
 * characters beyond the first plane the two read differently, bind one way only. */
#include "tests/fuzz/target.h"

#include "certs/x509/name.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#define LONGEST 512 /* of the input: more attributes than we compare don't fit */

static X509_NAME *name_of(ens_slice der)
{
    const unsigned char *p = der.p;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.len);
    if (name && p == der.p + der.len)
        return name;
    X509_NAME_free(name);
    return NULL;
}

/* is_der: of what is no DER, OpenSSL reads more than we do. */
static bool is_der(ens_slice name)
{
    ens_attribute list[ENS_NAME_ATTRIBUTES_MAX];
    size_t num;
    return ens__name_read(name, list, &num);
}

static bool has_wide(ens_slice s)
{
    return s.len && (memchr(s.p, 0x1C, s.len) || memchr(s.p, 0x1E, s.len));
}

/* The first byte says where the second name starts. */
ENS_FUZZ_TARGET(namematch)
{
    if (size < 1 || size > LONGEST)
        return;
    ens_slice in = {data + 1, size - 1}, a = ens_sub(in, 0, data[0]), b = ens_from(in, data[0]);
    bool ours = ens__name_same(a, b);
    ENS_HOLDS(ours == ens__name_same(b, a) && ens__name_same(a, a));
    ENS_HOLDS(!ours || ens__name_hash(a) == ens__name_hash(b));
    ENS_HOLDS(!(ens__name_within(a, b) && ens__name_within(b, a)) || ours);
    X509_NAME *x = name_of(a), *y = name_of(b);
    if (x && y && is_der(a) && is_der(b)) {
        bool theirs = X509_NAME_cmp(x, y) == 0;
        ENS_HOLDS(!theirs || ours || has_wide(a) || has_wide(b));
        ENS_HOLDS(!ours || theirs || has_wide(a) || has_wide(b));
    }
    X509_NAME_free(x);
    X509_NAME_free(y);
    ERR_clear_error();
}
