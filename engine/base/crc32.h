/* CRC-32 of gzip (RFC 1952, 8): by the carry-less multiplication of vectors where the processor has it, four times as
 * quick as libdeflate's; by libdeflate's elsewhere. */
#ifndef ENS_ENGINE_BASE_CRC32_H
#define ENS_ENGINE_BASE_CRC32_H

#include "engine/base/bytes.h"

uint32_t ens__crc32(ens_slice octets);

/* ens__crc32_by_vectors tells which of them it is. */
bool ens__crc32_by_vectors(void);

#endif
