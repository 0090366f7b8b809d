#include "show/certificate.h"

#include "certs/x509/extensions.h"
#include "certs/x509/keyusage.h"
#include "certs/x509/name.h"
#include "certs/x509/qcstatements.h"
#include "engine/base/digest.h"
#include "show/output.h"

static json_t *oid_json(ens_slice oid)
{
    char text[ENS_OID_TEXT_MAX];
    return ens__json_text(ens__oid_text(oid, text, sizeof text));
}

static json_t *list_json(const ens_extension_list *list)
{
    json_t *a = json_array();
    for (size_t i = 0; i < list->num; i++) {
        if (!list->item[i].kind) {
            json_array_append_new(a, oid_json(list->item[i].value));
            continue;
        }
        json_t *o = json_object();
        json_object_set_new(o, "kind", ens__json_text(list->item[i].kind));
        json_object_set_new(o, "value", ens__json_slice(list->item[i].value));
        json_array_append_new(a, o);
    }
    return a;
}

static json_t *qc_json(const ens_cert *cert)
{
    ens_qc qc;
    ens__qc_read(cert->qcstatements, &qc);
    json_t *o = json_object(), *types = json_array(), *countries = json_array(), *statements = json_array(),
           *pds = json_array();
    for (size_t i = 0; i < qc.num_types; i++) {
        const char *name = ens__oid_name(qc.type[i]);
        json_array_append_new(types, name ? ens__json_text(name) : oid_json(qc.type[i]));
    }
    for (size_t i = 0; i < qc.num_countries; i++)
        json_array_append_new(countries, ens__json_slice(qc.country[i]));
    for (size_t i = 0; i < qc.num; i++)
        json_array_append_new(statements, oid_json(qc.statement[i].oid));
    for (size_t i = 0; i < qc.num_pds; i++)
        json_array_append_new(pds, json_pack("{s:o,s:o}", "url", ens__json_slice(qc.pds[i].url), "language",
                                             ens__json_slice(qc.pds[i].language)));
    json_object_set_new(o, "compliance", json_boolean(qc.compliance));
    json_object_set_new(o, "qscd", json_boolean(qc.qscd));
    json_object_set_new(o, "types", types);
    json_object_set_new(o, "cc_legislation", countries);
    json_object_set_new(o, "statements", statements);
    json_object_set_new(o, "pds", pds);
    return o;
}

static json_t *key_usage_json(const ens_cert *cert)
{
    json_t *a = json_array();
    for (unsigned bit = 0; bit < ENS_KEY_USAGES; bit++)
        if (cert->key_usage & (1u << bit))
            json_array_append_new(a, ens__json_text(ens__key_usage_name(bit)));
    return a;
}

static json_t *attribute_json(ens_slice name, ens_slice type)
{
    uint8_t storage[ENS_NAME_TEXT_MAX];
    ens_buf text;
    ens_buf_init(&text, storage, sizeof storage, sizeof storage);
    json_t *value = ens__name_take(name, type, &text) ? ens__json_slice(ens_buf_slice(&text)) : json_null();
    ens_buf_free(&text);
    return value;
}

static void add_lists(json_t *o, const ens_cert *cert)
{
    static const struct {
        const char *name;
        bool (*read)(const ens_cert *cert, ens_extension_list *out);
    } lists[] = {
        {"policies", ens__policies_read},
        {"ext_key_usage", ens__ext_key_usage_read},
        {"authority_info", ens__authority_info_read},
        {"crl_points", ens__crl_points_read},
        {"alt_names", ens__alt_names_read},
    };
    ens_extension_list list;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        lists[i].read(cert, &list);
        json_object_set_new(o, lists[i].name, list_json(&list));
    }
}

json_t *ens__certificate_json(const ens_cert *cert)
{
    uint8_t digest[32];
    char text[ENS_NAME_TEXT_MAX], key[24];
    json_t *o = json_object();
    json_object_set_new(o, "sha256",
                        ens__sha256(cert->der, digest, NULL) == ENS_OK ? ens__json_hex((ens_slice){digest, 32})
                                                                       : json_null());
    json_object_set_new(o, "subject", ens__json_text(ens__name_text(cert->subject, text, sizeof text)));
    json_object_set_new(o, "issuer", ens__json_text(ens__name_text(cert->issuer, text, sizeof text)));
    json_object_set_new(o, "serial", ens__json_hex(cert->serial));
    json_object_set_new(o, "not_before", ens__json_time(cert->not_before));
    json_object_set_new(o, "not_after", ens__json_time(cert->not_after));
    json_object_set_new(o, "key", ens__json_text(ens__key_name(cert, key)));
    json_object_set_new(o, "orgid", attribute_json(cert->subject, ENS_OID_ORGANIZATION_IDENTIFIER));
    json_object_set_new(o, "key_usage", key_usage_json(cert));
    json_object_set_new(o, "qc", qc_json(cert));
    json_object_set_new(o, "signature_algorithm", oid_json(cert->signature_oid));
    json_object_set_new(o, "ca", json_boolean(cert->ca));
    add_lists(o, cert);
    return o;
}
