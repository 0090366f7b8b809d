/* A space made as if nothing had happened in it: for tests that begin anew. See filing.h. */
#include "sti/store/filing.h"
#include "sti/store/tx.h"

#include <stdio.h>

typedef struct {
    ens_slice space;
    char mark[ENS_FILING_SPACE + 16], life[ENS_FILING_SPACE + 16];
    char party[3][ENS_FILING_SPACE + 8]; /* patterns of its party ids, beside the EORI alone */
} resetting;

static void name_parts(ens_slice space, resetting *r)
{
    r->space = space;
    snprintf(r->mark, sizeof r->mark, "space %.*s", (int)space.len, (const char *)space.p);
    snprintf(r->party[0], sizeof r->party[0], "%.*s@%%", (int)space.len, (const char *)space.p);
    snprintf(r->party[1], sizeof r->party[1], "%%@%.*s", (int)space.len, (const char *)space.p);
    snprintf(r->party[2], sizeof r->party[2], "%%@%.*s@%%", (int)space.len, (const char *)space.p);
    snprintf(r->life, sizeof r->life, "life/%.*s", (int)space.len, (const char *)space.p);
}

static ens_code reset(ens__tx *tx, void *user, ens_err *err)
{
    static const ens__statement of_space[] = {ENS_SQL_RESET_KEYS, ENS_SQL_RESET_DOCUMENTS, ENS_SQL_RESET_NOTICES,
                                              ENS_SQL_RESET_REFERENCES, ENS_SQL_RESET_FILINGS};
    const resetting *r = user;
    const ens__value space[] = {ens__text(r->space)}, life[] = {ens__text(ens_str(r->life))},
                     mark[] = {ens__text(ens_str(r->mark))};
    ens_code code = ENS_OK;
    for (size_t i = 0; i < sizeof of_space / sizeof *of_space && code == ENS_OK; i++)
        code = ENS_TX_RUN(tx, of_space[i], space, NULL, err);
    const ens__value party[] = {space[0], ens__text(ens_str(r->party[0])), ens__text(ens_str(r->party[1])),
                                ens__text(ens_str(r->party[2]))};
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, ENS_SQL_RESET_OUTBOUND, party, NULL, err);
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, ENS_SQL_RESET_REPLIES, party, NULL, err);
    if (code == ENS_OK)
        code = ENS_TX_RUN(tx, ENS_SQL_RESET_LIFE, life, NULL, err);
    return code == ENS_OK ? ENS_TX_RUN(tx, ENS_SQL_RESET_MARK, mark, NULL, err) : code;
}

ens_code ens__store_reset_space(ens__store *store, ens_slice space, ens_err *err)
{
    resetting r;
    if (!space.len || space.len > ENS_FILING_SPACE)
        return ens_fail(err, ENS_EPOLICY, "Ensign store", "a space is named by an EORI", 0);
    name_parts(space, &r);
    return ens__tx_make(store, true, reset, &r, NULL, err);
}

ens_code ens__store_space_since(ens__store *s, ens_slice space, uint64_t *out, ens_err *err)
{
    resetting r;
    if (!space.len || space.len > ENS_FILING_SPACE)
        return *out = 0, ENS_OK;
    name_parts(space, &r);
    const ens__value v[] = {ens__text(ens_str(r.mark))};
    return ens__store_read_number(s, ENS_SQL_COUNTER, v, 1, out, err);
}
