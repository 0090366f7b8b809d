#include "certs/x509/generalnames.h"

#include "certs/x509/der.h"
#include "certs/x509/namematch.h"

#define DIRECTORY ENS_DER_CONTEXT(4)
#define MADE_MAX ((size_t)64 << 10)
#define NAMES_MAX 64u /* of one point that are compared */

/* next_name takes a GeneralName; a directory name comes as its Name. */
static bool next_name(ens_reader *r, ens_der *out)
{
    ens_der name;
    if (!ens__der_any(r, out))
        return false;
    if (out->tag != DIRECTORY)
        return true;
    ens_reader in = ens_read(out->body);
    if (!ens__der_take(&in, ENS_DER_SEQUENCE, &name) || ens_left(&in))
        return false;
    out->body = name.all;
    return true;
}

static bool is_among(ens_slice elements, const ens_der *name)
{
    ens_der one;
    unsigned num = 0;
    for (ens_reader r = ens_read(elements); num < NAMES_MAX && ens_left(&r) && next_name(&r, &one); num++)
        if (one.tag == name->tag &&
            (ens_eq(one.body, name->body) || (one.tag == DIRECTORY && ens__name_same(one.body, name->body))))
            return true;
    return false;
}

bool ens__general_names_have_directory(ens_slice names, ens_slice name)
{
    return is_among(names, &(ens_der){.tag = DIRECTORY, .body = name});
}

void ens__general_name_of(ens_slice name, ens_buf *out)
{
    ens__der_put_header(out, DIRECTORY, name.len);
    ens_buf_put(out, name);
}

/* write_relative appends a GeneralName: the issuer's Name with one relative name more. */
static bool write_relative(const ens__point_name *p, ens_buf *out)
{
    ens_reader r = ens_read(p->issuer);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list))
        return false;
    size_t len = list.body.len + ens__der_header_len(p->body.len) + p->body.len;
    ens__der_put_header(out, DIRECTORY, ens__der_header_len(len) + len);
    ens__der_put_header(out, ENS_DER_SEQUENCE, len);
    ens_buf_put(out, list.body);
    ens__der_put_header(out, ENS_DER_SET, p->body.len);
    ens_buf_put(out, p->body);
    return !out->failed;
}

/* elements gives the names of a point as GeneralName elements; a relative one is made whole in made. */
static ens_slice elements(const ens__point_name *p, ens_buf *made)
{
    if (p->tag == ENS_POINT_FULL_NAME)
        return p->body;
    if (p->tag == ENS_POINT_RELATIVE_NAME && write_relative(p, made))
        return ens_buf_slice(made);
    return (ens_slice){0};
}

bool ens__point_names_meet(const ens__point_name *a, const ens__point_name *b)
{
    ens_buf made[2];
    ens_der one;
    bool meet = false;
    unsigned num = 0;
    ens_buf_init(&made[0], NULL, 0, MADE_MAX);
    ens_buf_init(&made[1], NULL, 0, MADE_MAX);
    ens_slice of_a = elements(a, &made[0]), of_b = elements(b, &made[1]);
    for (ens_reader r = ens_read(of_a); !meet && num < NAMES_MAX && ens_left(&r) && next_name(&r, &one); num++)
        meet = is_among(of_b, &one);
    ens_buf_free(&made[0]);
    ens_buf_free(&made[1]);
    return meet;
}
