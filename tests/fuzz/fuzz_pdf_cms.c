/* A CMS that is read lies within what was given; and read again without its padding it is the same. */
#include "tests/fuzz/target.h"

#include "sti/pdf/cms.h"

ENS_FUZZ_TARGET(pdf_cms)
{
    static ens__cms cms, again;
    ens_arena arena;
    ens_err err = {0};
    bool other;
    ens_arena_init(&arena, (size_t)16 << 20);
    if (ens__cms_read((ens_slice){data, size}, &arena, &cms, &err) != ENS_OK) {
        ENS_HOLDS(err.n && err.frame[0].what);
    } else {
        ENS_HOLDS(cms.len <= size && cms.num_certificates <= ENS_CMS_CERTIFICATES_MAX);
        ENS_HOLDS(!cms.attributes.len || cms.attributes.p[0] == 0x31);
        ENS_HOLDS(!cms.num_signers || ens__cms_algorithm(&cms, &other).len);
        ENS_HOLDS(ens__cms_read((ens_slice){data, cms.len}, &arena, &again, &err) == ENS_OK && again.len == cms.len);
        ENS_HOLDS(again.loose == cms.loose && ens_eq(again.signature, cms.signature) &&
                  ens_eq(again.message_digest, cms.message_digest) && !again.signer == !cms.signer);
    }
    ens_arena_free(&arena);
}
