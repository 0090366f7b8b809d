/* Handing out what a message delivered. */
#include "engine/base/gzip.h"
#include "engine/base/inflate.h"
#include "ensign/verify.h"

ens_code ens_delivery_put(const ens_delivery *delivery, ens_put put, void *user, ens_err *err)
{
    size_t size;
    if (delivery->packed.len)
        return ens__inflate_pieces(delivery->packed, ENS_INFLATE_MAX, put, user, &size, err);
    return delivery->bytes.len ? put(user, delivery->bytes) : ENS_OK;
}
