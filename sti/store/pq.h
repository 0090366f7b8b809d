/* libpq, loaded when a store asks for it: who keeps everything in files needn't have it, and no command pays for it at
 * its start. */
#ifndef ENS_STI_STORE_PQ_H
#define ENS_STI_STORE_PQ_H

#include "engine/base/bytes.h"

#include <libpq-fe.h>

#define ENS_PQ_FUNCTIONS(F)                                                                                            \
    F(PQconnectdbParams)                                                                                               \
    F(PQstatus)                                                                                                        \
    F(PQfinish)                                                                                                        \
    F(PQerrorMessage)                                                                                                  \
    F(PQsetNoticeProcessor)                                                                                            \
    F(PQenterPipelineMode)                                                                                             \
    F(PQsendQueryPrepared)                                                                                             \
    F(PQsendPrepare)                                                                                                   \
    F(PQsendQueryParams)                                                                                               \
    F(PQpipelineSync)                                                                                                  \
    F(PQgetResult)                                                                                                     \
    F(PQexec)                                                                                                          \
    F(PQresultStatus)                                                                                                  \
    F(PQresultErrorField)                                                                                              \
    F(PQresultErrorMessage)                                                                                            \
    F(PQclear)                                                                                                         \
    F(PQntuples)                                                                                                       \
    F(PQgetvalue)                                                                                                      \
    F(PQgetlength)                                                                                                     \
    F(PQgetisnull)                                                                                                     \
    F(PQcmdTuples)                                                                                                     \
    F(PQparameterStatus)

#define ENS_PQ_MEMBER(name) __typeof__(name) *name;
typedef struct {
    ENS_PQ_FUNCTIONS(ENS_PQ_MEMBER)
} ens__pq;

/* ens__pq_load gives libpq's functions, loaded at the first call; any thread.
 * Errors  ENS_EPOLICY there is no libpq, or one before PostgreSQL 14, which has no pipelines */
ENS_CHECK ens_code ens__pq_load(const ens__pq **out, ens_err *err);

#endif
