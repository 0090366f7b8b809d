#include "certs/x509/points.h"

#include "certs/x509/der.h"

bool ens__points_open(ens_slice extension, ens_reader *out)
{
    ens_reader r = ens_read(extension);
    ens_der list;
    if (!ens__der_take(&r, ENS_DER_SEQUENCE, &list) || ens_left(&r))
        return false;
    *out = ens_read(list.body);
    return true;
}

bool ens__points_next(ens_reader *points, ens__point *out)
{
    ens_der point, name, reasons, issuer, choice;
    *out = (ens__point){.reasons = ENS_REASONS_ALL};
    if (!ens__der_take(points, ENS_DER_SEQUENCE, &point))
        return false;
    ens_reader r = ens_read(point.body);
    if (!ens__der_optional(&r, ENS_DER_CONTEXT(0), &name) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT_PRIMITIVE(1), &reasons) ||
        !ens__der_optional(&r, ENS_DER_CONTEXT(2), &issuer) || ens_left(&r) ||
        (reasons.all.len && !ens__reasons_read(reasons.body, &out->reasons)))
        return false;
    out->issuer = issuer.body;
    if (!name.all.len)
        return true;
    r = ens_read(name.body);
    if (!ens__der_any(&r, &choice) || ens_left(&r))
        return false;
    out->name_tag = choice.tag;
    out->name = choice.body;
    return true;
}

bool ens__point_next_uri(const ens__point *point, ens_reader *names, ens_slice *out)
{
    ens_der one;
    while (point->name_tag == ENS_POINT_FULL_NAME && ens__der_any(names, &one)) {
        if (one.tag != ENS_DER_CONTEXT_PRIMITIVE(6))
            continue;
        *out = one.body;
        return true;
    }
    return false;
}
