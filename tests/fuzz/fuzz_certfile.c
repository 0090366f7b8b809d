/* A file of certificates gives each one at most once a mention, ends with a reason when it ends early, and gives the
 * same when it is read again; what is in a block is in the file, decoded. */
#include "tests/fuzz/target.h"

#include "certs/keys/certfile.h"
#include "engine/base/digest.h"

#include <string.h>

typedef struct {
    size_t num, bytes;
    uint8_t sum[32]; /* of all that came, one behind the other */
} seen;

static ens_code see(void *ctx, ens_slice der, ens_err *err)
{
    seen *s = ctx;
    uint8_t both[64];
    (void)err;
    memcpy(both, s->sum, 32);
    if (ens__sha256(der, both + 32, NULL) != ENS_OK || ens__sha256(ens_bytes(both, 64), s->sum, NULL) != ENS_OK)
        return ENS_OK;
    s->num++;
    s->bytes += der.len;
    return ENS_OK;
}

ENS_FUZZ_TARGET(certfile)
{
    ens_slice file = {data, size};
    ens_err err = {0};
    seen first = {0}, again = {0}, blocks = {0};
    size_t num = 0;
    ens_code code = ens__certfile_each(file, "pw", see, &first, &err);
    ENS_HOLDS(code == ENS_OK || (err.n && err.frame[0].what && err.frame[0].at <= size));
    ENS_HOLDS(code != ENS_OK || first.num);
    ENS_HOLDS(ens__certfile_each(file, "pw", see, &again, NULL) == code);
    ENS_HOLDS(again.num == first.num && memcmp(again.sum, first.sum, sizeof first.sum) == 0);
    code = ens__objects_each(file, "X509 CRL", see, &blocks, &num, NULL);
    ENS_HOLDS(code != ENS_OK || blocks.num == num);
    ENS_HOLDS(blocks.bytes <= size);
}
