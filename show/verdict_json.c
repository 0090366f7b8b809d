/* See verdict.h: the JSON object of `verify` and `receipt check`. */
#include "show/verdict.h"

#include "certs/x509/name.h"
#include "engine/base/digest.h"
#include "engine/base/json.h"

static void put_signer(ens_jsonline *j, const ens_message *m)
{
    char subject[ENS_NAME_TEXT_MAX];
    if (!m->has_signer) {
        ens__jsonline_text(j, "signer", NULL);
        return;
    }
    ens__jsonline_open(j, "signer", '{');
    ens__jsonline_hex(j, "sha256", (ens_slice){m->signer_sha256, sizeof m->signer_sha256});
    ens__jsonline_text(j, "subject", ens__name_text(m->chain->cert[0].subject, subject, sizeof subject));
    ens__jsonline_close(j, '}');
}

static void put_check(ens_jsonline *j, const ens_finding *f)
{
    ens__jsonline_open(j, NULL, '{');
    ens__jsonline_text(j, "id", f->id);
    ens__jsonline_text(j, "outcome", ens_outcome_name(f->outcome));
    ens__jsonline_text(j, "rule", f->rule);
    ens__jsonline_text(j, "detail", f->detail);
    ens__jsonline_text(j, "hint", f->hint);
    if (f->code)
        ens__jsonline_text(j, "code", f->code);
    if (f->subcode)
        ens__jsonline_text(j, "subcode", f->subcode);
    if (f->xpath)
        ens__jsonline_text(j, "xpath", f->xpath);
    if (f->at != SIZE_MAX)
        ens__jsonline_number(j, "at", f->at);
    if (f->certificate >= 0)
        ens__jsonline_number(j, "certificate", (size_t)f->certificate);
    ens__jsonline_close(j, '}');
}

static void put_checks(ens_jsonline *j, const ens_report *report)
{
    ens__jsonline_open(j, "checks", '[');
    for (size_t i = 0; i < ens_report_num(report); i++)
        put_check(j, ens_report_get(report, i));
    ens__jsonline_close(j, ']');
}

/* put_value: an empty text is none. */
static void put_value(ens_jsonline *j, const char *name, ens_slice value)
{
    ens__jsonline_slice(j, name, value.len ? value : (ens_slice){0});
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

static void put_payloads(ens_jsonline *j, const ens_message *m)
{
    ens__jsonline_open(j, "payloads", '[');
    for (size_t i = 0; i < m->num_payloads; i++) {
        const ens_delivery *d = &m->payloads[i];
        uint8_t digest[ENS_DIGEST_MAX];
        bool hashed = hash(d, digest);
        ens__jsonline_open(j, NULL, '{');
        ens__jsonline_slice(j, "cid", d->cid);
        put_value(j, "type", d->type);
        ens__jsonline_number(j, "bytes", d->size);
        ens__jsonline_hex(j, "sha256", hashed ? ens_bytes(digest, 32) : (ens_slice){0});
        ens__jsonline_close(j, '}');
    }
    ens__jsonline_close(j, ']');
}

void ens__verdict_put_json(const char *file, const ens_message *m, const ens_answer *a, const ens_report *report,
                           ens_buf *out)
{
    ens_jsonline line = {.out = out}, *j = &line;
    ens__jsonline_open(j, NULL, '{');
    ens__jsonline_text(j, "file", file);
    ens__jsonline_text(j, "verdict", ens_verdict_name(a->verdict));
    ens__jsonline_text(j, "ebms", a->code);
    ens__jsonline_text(j, "severity", a->severity);
    ens__jsonline_text(j, "category", a->category);
    ens__jsonline_text(j, "origin", a->origin);
    ens__jsonline_text(j, "short_description", a->short_description);
    ens__jsonline_text(j, "subcode", a->subcode);
    ens__jsonline_text(j, "reply", a->reply);
    ens__jsonline_text(j, "kind", m->kind ? ens_message_kind_name(m->kind) : NULL);
    ens__jsonline_text(j, "engine", ens_engine_name(m->engine));
    put_value(j, "message_id", m->message_id);
    put_value(j, "ref_to", m->ref_to);
    put_value(j, "action", m->action);
    put_value(j, "from", m->from);
    put_value(j, "to", m->to);
    put_signer(j, m);
    put_checks(j, report);
    put_payloads(j, m);
    ens__jsonline_close(j, '}');
    ens_buf_text(out, "\n");
}
