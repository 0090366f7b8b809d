#include "cli/verdict.h"

#include "certs/name.h"
#include "cli/output.h"
#include "engine/digest.h"

#include <stdio.h>

static json_t *slice_or_null(ens_slice s)
{
    return s.len ? ens__json_slice(s) : json_null();
}

static json_t *signer_json(const ens_message *m)
{
    char subject[ENS_NAME_TEXT_MAX];
    if (!m->has_signer)
        return json_null();
    json_t *o = json_object();
    json_object_set_new(o, "sha256", ens__json_hex((ens_slice){m->signer_sha256, sizeof m->signer_sha256}));
    json_object_set_new(o, "subject", ens__json_text(ens__name_text(m->chain->cert[0].subject, subject, sizeof subject)));
    return o;
}

static ens_code add_piece(void *user, ens_slice piece)
{
    ens__digest_add(user, piece);
    return ENS_OK;
}

static bool hash(const ens_delivery *d, uint8_t out[32])
{
    ens_digest digest = {0};
    uint8_t full[ENS_DIGEST_MAX];
    bool good = ens__digest_init(&digest, ENS_SHA256, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&digest);
        good = ens_delivery_put(d, add_piece, &digest, NULL) == ENS_OK;
        good = ens__digest_end(&digest, full, NULL) == ENS_OK && good;
    }
    memcpy(out, full, good ? 32 : 0);
    ens__digest_clear(&digest);
    return good;
}

static json_t *payloads_json(const ens_message *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        json_t *o = json_object();
        json_object_set_new(o, "cid", ens__json_slice(d->cid));
        json_object_set_new(o, "type", slice_or_null(d->type));
        json_object_set_new(o, "bytes", json_integer((json_int_t)d->size));
        uint8_t digest[32];
        bool hashed = hash(d, digest);
        json_object_set_new(o, "sha256", hashed ? ens__json_hex(ens_bytes(digest, sizeof digest)) : json_null());
        json_array_append_new(list, o);
    }
    return list;
}

json_t *ens__verdict_json(const char *file, const ens_message *m, const ens_answer *a, const ens_report *report)
{
    json_t *o = json_object();
    json_object_set_new(o, "file", ens__json_text(file));
    json_object_set_new(o, "verdict", ens__json_text(ens_verdict_name(a->verdict)));
    json_object_set_new(o, "ebms", ens__json_text(a->code));
    json_object_set_new(o, "severity", ens__json_text(a->severity));
    json_object_set_new(o, "category", ens__json_text(a->category));
    json_object_set_new(o, "origin", ens__json_text(a->origin));
    json_object_set_new(o, "short_description", ens__json_text(a->short_description));
    json_object_set_new(o, "subcode", ens__json_text(a->subcode));
    json_object_set_new(o, "reply", ens__json_text(a->reply));
    json_object_set_new(o, "kind", m->kind ? ens__json_text(ens_message_kind_name(m->kind)) : json_null());
    json_object_set_new(o, "engine", ens__json_text(ens_engine_name(m->engine)));
    json_object_set_new(o, "message_id", slice_or_null(m->message_id));
    json_object_set_new(o, "ref_to", slice_or_null(m->ref_to));
    json_object_set_new(o, "action", slice_or_null(m->action));
    json_object_set_new(o, "from", slice_or_null(m->from));
    json_object_set_new(o, "to", slice_or_null(m->to));
    json_object_set_new(o, "signer", signer_json(m));
    json_object_set_new(o, "checks", ens__json_checks(report));
    json_object_set_new(o, "payloads", payloads_json(m));
    return o;
}

static void print_line(const char *name, ens_slice value)
{
    if (!value.len)
        return;
    printf("  %-10s ", name);
    for (size_t i = 0; i < value.len; i++)
        putchar(value.p[i] < 0x20 || value.p[i] == 0x7F ? '?' : value.p[i]);
    putchar('\n');
}

static void print_answer(const ens_answer *a)
{
    if (a->code)
        printf("  answer     %s %s%s%s (severity %s, category %s, origin %s)\n", a->code, a->short_description ? a->short_description : "",
               a->subcode ? ", sub-code " : "", a->subcode ? a->subcode : "", a->severity ? a->severity : "-", a->category ? a->category : "-",
               a->origin ? a->origin : "-");
    else if (a->reply)
        printf("  answer     a receipt, and later %s: the fault is in the business document alone\n", a->reply);
    if (a->because && a->because->hint) {
        fputs("  do         ", stdout);
        ens__print_behind(13, a->because->hint);
    }
}

static size_t count(const ens_report *report, ens_outcome outcome)
{
    size_t num = 0;
    for (size_t i = 0; i < ens_report_num(report); i++)
        num += ens_report_get(report, i)->outcome == outcome;
    return num;
}

void ens__verdict_print(const char *file, const ens_message *m, const ens_answer *a, const ens_report *report, bool all)
{
    char subject[ENS_NAME_TEXT_MAX];
    printf("%s: %s%s%s\n", file, ens__verdict_colour(a->verdict), ens_verdict_name(a->verdict), ens__colour_off());
    print_answer(a);
    if (m->kind)
        print_line("kind", ens_str(ens_message_kind_name(m->kind)));
    print_line("message", m->message_id);
    print_line("refers to", m->ref_to);
    print_line("action", m->action);
    print_line("from", m->from);
    if (m->has_signer)
        print_line("sealed by", ens_str(ens__name_text(m->chain->cert[0].subject, subject, sizeof subject)));
    for (size_t i = 0; i < m->num_payloads; i++)
        printf("  payload    %.*s, %zu bytes\n", (int)m->payloads[i].cid.len, (const char *)m->payloads[i].cid.p, m->payloads[i].size);
    printf("  checks     %zu passed, %zu failed, %zu warnings, %zu skipped\n", count(report, ENS_PASS), count(report, ENS_FAIL),
           count(report, ENS_WARN), count(report, ENS_SKIP));
    ens__print_findings(report, all);
}
