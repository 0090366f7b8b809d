#include "show/verdict.h"

#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "engine/base/json.h"
#include "show/finding.h"
#include "show/output.h"

#include <stdio.h>

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
        printf("  answer     %s %s%s%s (severity %s, category %s, origin %s)\n", a->code,
               a->short_description ? a->short_description : "", a->subcode ? ", sub-code " : "",
               a->subcode ? a->subcode : "", a->severity ? a->severity : "-", a->category ? a->category : "-",
               a->origin ? a->origin : "-");
    else if (a->reply)
        printf("  answer     a receipt, and later %s: the fault is in the business document alone\n", a->reply);
    if (a->because && a->because->hint) {
        fputs("  do         ", stdout);
        ens__print_behind(13, a->because->hint);
    }
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
        printf("  payload    %.*s, %zu bytes\n", (int)m->payloads[i].cid.len, (const char *)m->payloads[i].cid.p,
               m->payloads[i].size);
    printf("  checks     %zu passed, %zu failed, %zu warnings, %zu skipped\n", ens__findings_count(report, ENS_PASS),
           ens__findings_count(report, ENS_FAIL), ens__findings_count(report, ENS_WARN),
           ens__findings_count(report, ENS_SKIP));
    ens__print_findings(report, all);
}

/* See verdict.h: the JSON object of `verify` and `receipt check`. */
static void put_signer(ens_json *j, const ens_message *m)
{
    char subject[ENS_NAME_TEXT_MAX];
    if (!m->has_signer) {
        ens__json_text(j, "signer", NULL);
        return;
    }
    ens__json_open(j, "signer", '{');
    ens__json_hex(j, "sha256", (ens_slice){m->signer_sha256, sizeof m->signer_sha256});
    ens__json_text(j, "subject", ens__name_text(m->chain->cert[0].subject, subject, sizeof subject));
    ens__json_close(j, '}');
}

static ens_code add_piece(void *user, ens_slice piece)
{
    ens__digest_add(user, piece);
    return ENS_OK;
}

static bool hash(const ens_delivery *d, uint8_t out[ENS_DIGEST_MAX])
{
    ens_digest digest = {0};
    bool good = ens__digest_init(&digest, ENS_SHA256, NULL) == ENS_OK;
    if (good) {
        ens__digest_start(&digest);
        good = ens_delivery_put(d, add_piece, &digest, NULL) == ENS_OK;
        good = ens__digest_end(&digest, out, NULL) == ENS_OK && good;
    }
    ens__digest_clear(&digest);
    return good;
}

static void put_payloads(ens_json *j, const ens_message *m)
{
    ens__json_open(j, "payloads", '[');
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        uint8_t digest[ENS_DIGEST_MAX];
        bool hashed = hash(d, digest);
        ens__json_open(j, NULL, '{');
        ens__json_slice(j, "cid", d->cid);
        ens__json_some(j, "type", d->type);
        ens__json_number(j, "bytes", d->size);
        ens__json_hex(j, "sha256", hashed ? ens_bytes(digest, 32) : (ens_slice){0});
        ens__json_close(j, '}');
    }
    ens__json_close(j, ']');
}

void ens__verdict_put_json(const char *file, const ens_message *m, const ens_answer *a, const ens_report *report,
                           ens_buf *out)
{
    ens_json line = {.out = out}, *j = &line;
    ens__json_open(j, NULL, '{');
    ens__json_text(j, "file", file);
    ens__json_text(j, "verdict", ens_verdict_name(a->verdict));
    ens__json_text(j, "ebms", a->code);
    ens__json_text(j, "severity", a->severity);
    ens__json_text(j, "category", a->category);
    ens__json_text(j, "origin", a->origin);
    ens__json_text(j, "short_description", a->short_description);
    ens__json_text(j, "subcode", a->subcode);
    ens__json_text(j, "reply", a->reply);
    ens__json_text(j, "kind", m->kind ? ens_message_kind_name(m->kind) : NULL);
    ens__json_text(j, "engine", ens_engine_name(m->engine));
    ens__json_some(j, "message_id", m->message_id);
    ens__json_some(j, "ref_to", m->ref_to);
    ens__json_some(j, "action", m->action);
    ens__json_some(j, "from", m->from);
    ens__json_some(j, "to", m->to);
    put_signer(j, m);
    ens__findings_json(j, report);
    put_payloads(j, m);
    ens__json_close(j, '}');
    ens_buf_text(out, "\n");
}
