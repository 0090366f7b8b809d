/* The file of a snapshot, its checksum made right so that the other checks are reached: it is refused with a reason, or
 * every record in it can be read and leads to others. */
#include "tests/fuzz/target.h"

#include "certs/lists/snapshot_format.h"
#include "certs/lists/snapshot_sum.h"
#include "engine/base/digest.h"

#include <string.h>

static size_t touched; /* so that nothing is optimised away */

static void touch(ens_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        touched += s.p[i];
}

static void walk(const ens_snapshot *s, uint32_t root, unsigned depth)
{
    ens_criterion list, child;
    ENS_HOLDS(depth <= ENS_CRITERIA_DEPTH_MAX);
    if (!ens__snapshot_criterion(s, root, &list))
        return;
    for (uint32_t i = root + 1; i < root + list.size; i += child.size) {
        ENS_HOLDS(ens__snapshot_criterion(s, i, &child) && child.size > 0);
        if (child.kind == ENS_CRITERION_LIST)
            walk(s, i, depth + 1);
    }
}

static void read_services(const ens_snapshot *s)
{
    ens_list list;
    ens_provider provider;
    ens_service service;
    ens_service_entry e;
    for (uint32_t i = 0; ens__snapshot_list(s, i, &list); i++)
        touch(list.reason), touch(list.sha256), touch(list.operator_name), touch(list.url);
    for (uint32_t i = 0; ens__snapshot_provider(s, i, &provider); i++)
        touch(provider.name);
    for (uint32_t i = 0; ens__snapshot_service(s, i, &service); i++) {
        ENS_HOLDS(ens__snapshot_entry(s, service.entries.first, &e));
        for (uint32_t k = 0; k < service.certificates.num; k++)
            ENS_HOLDS(ens__snapshot_service_certificate(s, service.certificates.first + k) <
                      ens__snapshot_facts(s).num_certificates);
    }
    for (uint32_t i = 0; ens__snapshot_entry(s, i, &e); i++)
        touch(e.name), touch(e.type_uri), touch(e.status_uri), touch(e.taken_over_by);
}

static void read_rest(const ens_snapshot *s)
{
    ens_identity identity;
    ens_qualification q;
    ens_listed_oid oid;
    ens_listed_certificate c;
    ens_slice text, der;
    uint32_t found[4];
    for (uint32_t i = 0; ens__snapshot_identity(s, i, &identity); i++)
        touch(identity.value);
    for (uint32_t i = 0; ens__snapshot_text(s, i, &text); i++)
        touch(text);
    for (uint32_t i = 0; ens__snapshot_oid(s, i, &oid); i++)
        touch(oid.der), touch(oid.text);
    for (uint32_t i = 0; ens__snapshot_qualification(s, i, &q); i++)
        walk(s, q.criterion, 0);
    for (uint32_t i = 0; ens__snapshot_certificate(s, i, &c); i++) {
        touch(c.der), touch(c.subject), touch(c.spki), touch(c.ski);
        ens__snapshot_services_by_key(s, c.subject, c.spki, found, 4);
        ens__snapshot_certificates_by_subject(s, c.subject, found, 4);
    }
    for (size_t i = 0; ens__snapshot_find_anchor(s, 0, i, 0, &der); i++)
        touch(der);
}

ENS_FUZZ_TARGET(snapshot)
{
    ens_snapshot *s = NULL;
    ens_err err = {0};
    uint8_t *copy = malloc(size + 1); /* aligned, and not a byte longer than what is read */
    if (!copy)
        return;
    memcpy(copy, data, size);
    ens_rec_header *h = (void *)copy;
    if (size >= sizeof *h) {
        h->size = size;
        h->checksum = ens__snapshot_checksum(ens_bytes(copy + ENS_SNAPSHOT_SUMMED, size - ENS_SNAPSHOT_SUMMED));
    }
    if (ens__snapshot_open(ens_bytes(copy, size), &s, &err) == ENS_OK) {
        read_services(s);
        read_rest(s);
    } else {
        ENS_HOLDS(err.n && err.frame[0].what);
    }
    ens__snapshot_free(s);
    free(copy);
}
