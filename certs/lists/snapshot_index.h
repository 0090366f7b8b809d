/* The indexes of a snapshot, made when all lists are in it. */
#ifndef ENS_CERTS_LISTS_SNAPSHOT_INDEX_H
#define ENS_CERTS_LISTS_SNAPSHOT_INDEX_H

#include "certs/lists/snapshot_format.h"

/* ens__snapshot_index fills the sections that are made of the others: which services a certificate has, and the two
 * indexes. */
ENS_CHECK ens_code ens__snapshot_index(ens_buf section[ENS_SECTIONS], ens_err *err);

#endif
