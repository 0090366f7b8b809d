/* What a file is, as far as its first octets and its outer form tell: enough to hand it to who judges it. */
#ifndef ENS_STI_DOCTOR_RECOGNISE_H
#define ENS_STI_DOCTOR_RECOGNISE_H

#include "engine/base/bytes.h"

typedef enum {
    ENS_FILE_UNKNOWN = 0,
    ENS_FILE_SECRET,   /* a private key, or a container that may hold one: nobody may look into it */
    ENS_FILE_KEYSTORE, /* PKCS#12, Java: likewise */
    ENS_FILE_CERTIFICATE,
    ENS_FILE_REQUEST,
    ENS_FILE_MESSAGE,  /* of AS4: a MIME package, or a bare envelope; a receipt or an error signal is one, too */
    ENS_FILE_DOCUMENT, /* XML that is no envelope */
    ENS_FILE_PDF,
    ENS_FILE_TRUSTED_LIST,
    ENS_FILE_CRL,
    ENS_FILE_OCSP, /* a response */
    ENS_FILE_EVIDENCE,
    ENS_FILE_EORI
} ens_file_kind;

/* ens__recognise never looks further into what may hold a private key than it takes to know that. */
ens_file_kind ens__recognise(ens_slice file);

#endif
