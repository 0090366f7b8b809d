/* Pull requests and receipts as they come over the network, altered behind their seal: what is accepted asks for the
 * very channel that was sealed, or acknowledges just the octets of the message that it is for, and both engines say so.
 * The first octet says which of the two; each four behind it an alteration: how, where, and by what. */
#include "tests/fuzz/target.h"

#include "as4/envelope/names.h"
#include "certs/path/trust.h"
#include "engine/base/report.h"
#include "ensign/seal.h"
#include "fixtures/messages.h"

#include <stdbool.h>
#include <string.h>

#define TEXT_MAX ((size_t)1 << 16)
#define STEPS_MAX 8u
#define PARTY FX_EORI

static struct {
    ens_verifier *verifier;
    ens_report *report;
    ens_trust *trust;
    ens_buf request, receipt, message, altered;
} the;

static bool make_sealed(const fx_pki *pki)
{
    ens_buf key, chain;
    ens_sealer *sealer = NULL;
    ens_message m;
    ens_slice out;
    ens_buf_init(&key, NULL, 0, TEXT_MAX);
    ens_buf_init(&chain, NULL, 0, TEXT_MAX);
    const ens_verify_options how = {.trust = the.trust, .at = FX_AT, .role = ENS_ROLE_STI, .terse = true};
    const ens_seal_signal_options o = {.at = FX_AT};
    bool good = fx_pki_key(pki, "trader", &key) && fx_pki_chain(pki, "trader", &chain) &&
                ens_sealer_new(&(ens_sealer_options){.key = ens_buf_slice(&key),
                                                     .certificate = ens_buf_slice(&chain),
                                                     .domain = "trader.example",
                                                     .at = FX_AT},
                               &sealer, NULL) == ENS_OK &&
                ens_seal_pull(sealer, ENS_LIT(PARTY), &o, &out, NULL) == ENS_OK;
    if (good)
        ens_buf_put(&the.request, out);
    good = good && fx_message_seal(pki, fx_message_find("f26.mime"), &(fx_change){0}, &the.message);
    if (good) {
        ens_verify(the.verifier, ens_buf_slice(&the.message), &how, &m, the.report);
        good = ens_seal_receipt(sealer, &m, &o, &out, NULL) == ENS_OK;
    }
    if (good)
        ens_buf_put(&the.receipt, out);
    ens_sealer_free(sealer);
    ens_buf_wipe(&key);
    ens_buf_free(&chain);
    return good;
}

static bool is_ready(void)
{
    static fx_pki pki;
    static bool tried, good;
    uint8_t *der = NULL;
    if (tried)
        return good;
    tried = true;
    ens_buf *const bufs[] = {&the.request, &the.receipt, &the.message, &the.altered};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        ens_buf_init(bufs[i], NULL, 0, TEXT_MAX);
    the.report = ens_report_new();
    the.trust = ens_trust_new();
    if (!the.report || !the.trust || !fx_pki_make_path(&pki, "trader") ||
        ens_verifier_new(&the.verifier, NULL) != ENS_OK)
        return false;
    int len = i2d_X509(pki.cert[fx_pki_find(&pki, "root")], &der);
    good =
        len > 0 && ens__trust_add_anchor(the.trust, ens_bytes(der, (size_t)len), NULL) == ENS_OK && make_sealed(&pki);
    OPENSSL_free(der);
    ENS_HOLDS(good);
    return good;
}

/* alter puts an octet in another's place, takes some away, doubles some, or puts a piece of XML in between. */
static void alter(ens_buf *b, const uint8_t step[4])
{
    static const char *const pieces[] = {"<eb:PullRequest mpc=\"" ENS_MPC_EORI "DE1\"/>",
                                         " mpc=\"" ENS_MPC_EORI "DE1\"",
                                         "<!--x-->",
                                         " ",
                                         "&#x41;",
                                         "<eb:Receipt/>",
                                         "<eb:RefToMessageId>x@y.example</eb:RefToMessageId>",
                                         "<?x y?>"};
    size_t at = ((size_t)step[1] << 8 | step[2]) % (b->len ? b->len : 1), num = step[3] % 64 + 1u;
    num = at + num > b->len ? b->len - at : num;
    const char *piece = pieces[step[3] % 8];
    size_t more = step[0] % 4 == 2 ? num : strlen(piece);
    switch (step[0] % 4) {
    case 0:
        b->p[at] = step[3];
        break;
    case 1:
        memmove(b->p + at, b->p + at + num, b->len - at - num);
        b->len -= num;
        break;
    default:
        for (size_t i = 0; i < more; i++)
            ens_buf_add(b, " ", 1);
        if (b->failed)
            return;
        memmove(b->p + at + more, b->p + at, b->len - more - at);
        if (step[0] % 4 == 3)
            memcpy(b->p + at, piece, more);
        else
            memcpy(b->p + at, b->p + at + more, more);
    }
}

static void check(ens_engine engine, bool request, ens_message *m, ens_verdict *verdict)
{
    const ens_verify_options how = {
        .trust = the.trust, .at = FX_AT, .role = ENS_ROLE_STI, .engine = engine, .terse = true};
    ens__report_reset(the.report);
    if (request)
        ens_verify(the.verifier, ens_buf_slice(&the.altered), &how, m, the.report);
    else
        ens_receipt_check(the.verifier, ens_buf_slice(&the.altered), ens_buf_slice(&the.message), &how, m, the.report);
    *verdict = ens_report_verdict(the.report);
}

ENS_FUZZ_TARGET(pull)
{
    ens_message m;
    ens_verdict fast, reference;
    if (!size || !is_ready())
        return;
    bool request = data[0] % 2 == 0;
    the.altered.len = 0;
    the.altered.failed = ENS_OK;
    ens_buf_put(&the.altered, ens_buf_slice(request ? &the.request : &the.receipt));
    for (size_t i = 1; i + 4 <= size && i < 1 + 4 * STEPS_MAX; i += 4)
        alter(&the.altered, data + i);
    if (the.altered.failed)
        return;
    check(ENS_ENGINE_REFERENCE, request, &m, &reference);
    check(ENS_ENGINE_FAST, request, &m, &fast);
    ENS_HOLDS(fast == reference);
    ENS_HOLDS(size > 4 || fast != ENS_REFUSED); /* unaltered, nothing is at fault */
    if (fast == ENS_REFUSED)
        return;
    ENS_HOLDS(m.kind == (request ? ENS_MESSAGE_PULL_REQUEST : ENS_MESSAGE_RECEIPT));
    ENS_HOLDS(!request || (ens_is(m.mpc, ENS_MPC_EORI PARTY) && ens_is(m.sender, PARTY)));
    ENS_HOLDS(m.has_signer && m.message_id.len);
}
