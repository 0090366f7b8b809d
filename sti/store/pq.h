/* libpq, loaded when a store asks for it: who keeps everything in files needn't have it, and no command pays for it at
 * its start. */
#ifndef ENS_STI_STORE_PQ_H
#define ENS_STI_STORE_PQ_H

#include "sti/store/sql.h"

#include <libpq-fe.h>

#define ENS_PQ_PARAMETERS_MAX 32u

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
    F(PQsocket)                                                                                                        \
    F(PQconsumeInput)                                                                                                  \
    F(PQnotifies)                                                                                                      \
    F(PQfreemem)                                                                                                       \
    F(PQparameterStatus)

#define ENS_PQ_MEMBER(name) __typeof__(name) *name;
typedef struct {
    ENS_PQ_FUNCTIONS(ENS_PQ_MEMBER)
} ens__pq;

/* ens__pq_load gives libpq's functions, loaded at the first call; any thread.
 * Errors  ENS_EPOLICY there is no libpq, or one before PostgreSQL 14, which has no pipelines */
ENS_CHECK ens_code ens__pq_load(const ens__pq **out, ens_err *err);
/* ens__pq_connect connects as the user says; what is not said is set so that a link that broke is found out. NULL
 * without memory; else PQstatus tells whether there is a connection. */
PGconn *ens__pq_connect(const ens__pq *pq, const char *info, bool read_only);

/* A statement's parameters as the protocol has them: binary, numbers of 64 bits with the first octet first. Texts and
 * bytes are borrowed. */
typedef struct {
    Oid type[ENS_PQ_PARAMETERS_MAX];
    const char *value[ENS_PQ_PARAMETERS_MAX];
    int len[ENS_PQ_PARAMETERS_MAX], format[ENS_PQ_PARAMETERS_MAX];
    uint8_t number[ENS_PQ_PARAMETERS_MAX][8];
} ens__pq_parameters;
void ens__pq_fill(ens__pq_parameters *p, const ens__value *v, unsigned num);

#endif
