/* What never became a message, as a row of the journal: who tried, what was shown, and why it came to nothing. */
#include "engine/base/clock.h"
#include "engine/base/digest.h"
#include "engine/base/printable.h"
#include "sti/point/point_parts.h"

#include <openssl/x509.h>
#include <stdio.h>

#define SUBJECT_MAX 200

/* put_shown names the certificate that was shown. */
static void put_shown(ens_buf *out, ens_slice der)
{
    const unsigned char *p = der.p;
    char name[SUBJECT_MAX], clean[SUBJECT_MAX], hex[65];
    uint8_t sha256[32];
    X509 *x = der.len ? d2i_X509(NULL, &p, (long)der.len) : NULL;
    if (!x || ens__sha256(der, sha256, NULL) != ENS_OK)
        ens_buf_text(out, "; no certificate shown");
    else {
        ens__hex(ens_bytes(sha256, sizeof sha256), hex);
        X509_NAME_oneline(X509_get_subject_name(x), name, sizeof name);
        ens_buf_printf(out, "; shown: %s, SHA-256 %s", ens__printable(ens_str(name), clean, sizeof clean), hex);
    }
    X509_free(x);
}

static void put_handshake(ens_buf *out, const ens_tls_failure *f)
{
    ens_buf_text(out, f->cause);
    if (f->alert >= 0)
        ens_buf_printf(out, "; alert %d%s%s by %s", f->alert, f->alert_name ? " " : "",
                       f->alert_name ? f->alert_name : "", f->by_client ? "the client" : "this server");
    if (f->detail)
        ens_buf_printf(out, "; OpenSSL: %s", f->detail);
    put_shown(out, f->shown);
}

void ens__point_note(void *point, const ens_server_note *n)
{
    ens_point *p = point;
    char storage[ENS_STORE_TEXT];
    ens_buf detail;
    bool tls = n->kind == ENS_NOTE_TLS;
    ens_buf_init(&detail, storage, sizeof storage, sizeof storage);
    if (tls)
        put_handshake(&detail, &n->tls);
    else
        ens_buf_printf(&detail, "%u: %s", n->status, n->why);
    const ens__entry e = {.at_ms = p->plan.now_ms(p->plan.ctx),
                          .kind = tls ? ENS_ENTRY_TLS : ENS_ENTRY_HTTP,
                          .verdict = ENS_REFUSED,
                          .peer = ens_str(n->peer),
                          .detail = ens_buf_slice(&detail),
                          .raw = tls ? n->tls.shown : n->head};
    const ens_log_field fields[] = {ens_log_text("kind", ens__entry_kind_name(e.kind)), ens_log_text("peer", n->peer),
                                    ens_log_slice("detail", e.detail)};
    ens__log(p->plan.log, ENS_LOG_WARN, "refused", fields, sizeof fields / sizeof *fields);
    ens__journal_note(p->journal, &e, ens__steady_ms());
    ens_buf_free(&detail);
}
