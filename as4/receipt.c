#include "as4/receipt.h"

#include "as4/envelope/names.h"

#define RULE "AS4 3.6, 5.1.8"
#define HINT                                                                                                           \
    "the access point that made the receipt has to copy every ds:Reference of the signature that it verified, "        \
    "unchanged"

typedef struct {
    ens_slice uri, digest_method, digest;
} acknowledged;

/* decode_digest returns the bytes of DigestValue; p == NULL when it is no base64 or no digest. */
static ens_slice decode_digest(const ens_node *reference, ens_arena *arena)
{
    ens_slice text = ens__node_text(ens__node_child(reference, ENS_IN_DS, "DigestValue"), arena);
    uint8_t *p = text.len && text.len < 256 ? ens_arena_take(arena, text.len) : NULL;
    size_t n = p ? ens__base64_decode(text, p) : SIZE_MAX;
    return n == SIZE_MAX ? ens_bytes(NULL, 0) : ens_bytes(p, n);
}

static const ens_node *information_of(const ens_node *messaging)
{
    const ens_node *signal = ens__node_child(messaging, ENS_IN_EB, "SignalMessage");
    return ens__node_child(ens__node_child(signal, ENS_IN_EB, "Receipt"), ENS_IN_EBBP, "NonRepudiationInformation");
}

static unsigned read_acknowledged(const ens_node *information, acknowledged *out, unsigned max, bool *malformed,
                                  ens_arena *arena)
{
    unsigned num = 0;
    for (const ens_node *e = ens__node_first(information); e; e = ens__node_next(e)) {
        const ens_node *reference = ens__node_child(e, ENS_IN_DS, "Reference");
        if (!ens__node_is(e, ENS_IN_EBBP, "MessagePartNRInformation") || !reference || ens__node_next(reference) ||
            num == max) {
            *malformed = true;
            continue;
        }
        out[num++] = (acknowledged){
            ens__node_attribute(reference, ENS_IN_NONE, "URI"),
            ens__node_attribute(ens__node_child(reference, ENS_IN_DS, "DigestMethod"), ENS_IN_NONE, "Algorithm"),
            decode_digest(reference, arena)};
    }
    return num;
}

static bool equal(const acknowledged *a, const ens_signed_part *p)
{
    return ens_eq(a->uri, p->uri) && ens_eq(a->digest_method, p->digest_method) && a->digest.p &&
           ens__equal_secret(a->digest, p->digest);
}

/* judge_parts matches both lists as multisets: each acknowledged part takes one signed part. */
static void judge_parts(const acknowledged *a, unsigned num_a, const ens_signed_part *expected, size_t num,
                        ens_report *report)
{
    bool taken[ENS_REFERENCES_MAX] = {false}, good = true;
    for (unsigned i = 0; i < num_a; i++) {
        size_t match = num, same_uri = num;
        for (size_t j = 0; j < num && match == num; j++) {
            if (taken[j])
                continue;
            if (ens_eq(a[i].uri, expected[j].uri))
                same_uri = j;
            if (equal(&a[i], &expected[j]))
                match = j;
        }
        if (match < num) {
            taken[match] = true;
            continue;
        }
        good = false;
        if (same_uri < num) {
            taken[same_uri] = true;
            ens__failf(report, "receipt.digests", RULE, HINT,
                       "the digest that the receipt gives for %s isn't the one that was sealed",
                       ens__show(report, a[i].uri));
        } else {
            ens__failf(report, "receipt.digests", RULE, HINT, "the receipt acknowledges %s, which was not sealed",
                       ens__show(report, a[i].uri));
        }
    }
    for (size_t j = 0; j < num; j++) {
        if (taken[j])
            continue;
        good = false;
        ens__failf(report, "receipt.complete", RULE, HINT, "the receipt doesn't acknowledge %s",
                   ens__show(report, expected[j].uri));
    }
    if (good)
        ens__passf(report, "receipt.digests", RULE, "%u parts, each as sealed", num_a);
}

static void judge_ref_to(ens_slice ref_to, ens_slice original_id, ens_report *report)
{
    if (ref_to.len && ens_eq(ref_to, original_id))
        ens__pass(report, "receipt.ref-to", "AS4 5.1.8; ebMS3 Core 5.2.3.3");
    else
        ens__failf(report, "receipt.ref-to", "AS4 5.1.8; ebMS3 Core 5.2.3.3",
                   "match receipt and message by RefToMessageId", "the receipt is for %s, not for %s",
                   ref_to.len ? ens__show(report, ref_to) : "no message", ens__show(report, original_id));
}

void ens__receipt_judge(const ens_node *messaging, ens_slice ref_to, ens_slice original_id,
                        const ens_signed_part *expected, size_t num, ens_arena *arena, ens_report *report)
{
    judge_ref_to(ref_to, original_id, report);
    const ens_node *information = information_of(messaging);
    if (!information) {
        ens__failf(report, "receipt.information", RULE,
                   "a sealed message is acknowledged with ebbp:NonRepudiationInformation",
                   "the receipt has no non-repudiation information");
        return;
    }
    acknowledged *a = ens_arena_take(arena, ENS_REFERENCES_MAX * sizeof *a);
    if (!a) {
        ens__skip(report, "receipt.digests", RULE, true, "out of memory");
        return;
    }
    bool malformed = false;
    unsigned num_a = read_acknowledged(information, a, ENS_REFERENCES_MAX, &malformed, arena);
    if (malformed)
        ens__failf(report, "receipt.information", RULE, HINT,
                   "the non-repudiation information holds something else than one ds:Reference per part");
    judge_parts(a, num_a, expected, num, report);
}
