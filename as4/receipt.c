#include "as4/receipt.h"

#include "as4/envelope/names.h"

#define RULE "AS4 3.6, 5.1.8"
#define HINT                                                                                                           \
    "the access point that made the receipt has to copy every ds:Reference of the signature that it verified, "        \
    "unchanged"

/* decode_digest returns the bytes of DigestValue; p == NULL when it is no base64 or no digest. */
static ens_slice decode_digest(const ens_node *reference, ens_arena *arena)
{
    ens_slice text = ens__node_text(ens__node_child(reference, ENS_IN_DS, "DigestValue"), arena);
    uint8_t *p = text.len && text.len < 256 ? ens_arena_take(arena, text.len) : NULL;
    size_t n = p ? ens__base64_decode(text, p) : SIZE_MAX;
    return n == SIZE_MAX ? ens_bytes(NULL, 0) : ens_bytes(p, n);
}

static ens_finding *refuse_information(ens_report *report, const char *what)
{
    return ens__failf(report, "receipt.information", RULE, HINT, "%s", what);
}

/* judge_beside: a Domibus refuses a receipt with a second child of eb:Receipt (EBMS:0302), whatever it is; a trader may
 * pass over what phase4 adds of its own. */
static void judge_beside(const ens_node *information, bool as_trader, ens_report *report)
{
    unsigned informations = 0, others = 0;
    for (const ens_node *e = ens__node_first(ens__node_parent(information)); e; e = ens__node_next(e))
        *(ens__node_is(e, ENS_IN_EBBP, "NonRepudiationInformation") ? &informations : &others) += 1;
    if (informations > 1)
        refuse_information(report, "the receipt holds its non-repudiation information more than once");
    else if (others && as_trader)
        ens__warn(report, "receipt.beside", "AS4 5.1.8; seen with Domibus 4.0.2",
                  "phase4: as4.internal.no.custom.content.in.receipt leaves it out",
                  "the receipt holds something beside its non-repudiation information; a Domibus refuses that");
    else if (others)
        refuse_information(report, "the receipt holds something beside its non-repudiation information");
}

/* information_of is the one in eb:Receipt; NULL after a failed finding. */
static const ens_node *information_of(const ens_node *messaging, bool as_trader, ens_report *report)
{
    const ens_node *signal = ens__node_child(messaging, ENS_IN_EB, "SignalMessage"),
                   *receipt = ens__node_child(signal, ENS_IN_EB, "Receipt"),
                   *inside = ens__node_child(receipt, ENS_IN_EBBP, "NonRepudiationInformation");
    if (!inside)
        refuse_information(report, ens__node_first(receipt)
                                       ? "the receipt holds something else than non-repudiation information"
                                       : "the receipt has no non-repudiation information");
    else
        judge_beside(inside, as_trader, report);
    return inside;
}

/* read_part reads the one ds:Reference of a part. False where it is none, or not whole. */
static bool read_part(const ens_node *e, ens_arena *arena, ens_acknowledged *out)
{
    const ens_node *reference = ens__node_first(e);
    if (!ens__node_is(e, ENS_IN_EBBP, "MessagePartNRInformation") || !ens__node_is(reference, ENS_IN_DS, "Reference") ||
        ens__node_next(reference) || !ens__node_is_blank(e, arena))
        return false;
    *out = (ens_acknowledged){
        ens__node_attribute(reference, ENS_IN_NONE, "URI"),
        ens__node_attribute(ens__node_child(reference, ENS_IN_DS, "DigestMethod"), ENS_IN_NONE, "Algorithm"),
        decode_digest(reference, arena)};
    return out->uri.len && out->digest_method.len && out->digest.p;
}

static bool is_twice(const ens_receipt *r)
{
    for (unsigned i = 1; i < r->num; i++)
        for (unsigned j = 0; j < i; j++)
            if (ens_eq(r->part[i].uri, r->part[j].uri))
                return true;
    return false;
}

bool ens__receipt_read(const ens_node *messaging, bool as_trader, ens_arena *arena, ens_receipt *out,
                       ens_report *report)
{
    out->num = 0;
    const ens_node *information = information_of(messaging, as_trader, report);
    if (!information)
        return false;
    bool good = ens__node_is_blank(information, arena);
    for (const ens_node *e = ens__node_first(information); e && good; e = ens__node_next(e))
        good = out->num < ENS_REFERENCES_MAX && read_part(e, arena, &out->part[out->num++]);
    if (!good)
        refuse_information(report,
                           "the non-repudiation information holds something else than one ds:Reference per part");
    else if (!out->num)
        refuse_information(report, "the receipt acknowledges nothing");
    else if (is_twice(out))
        refuse_information(report, "the receipt acknowledges a part twice");
    else
        ens__passf(report, "receipt.information", RULE, "%u parts", out->num);
    return good && out->num;
}

static bool equal(const ens_acknowledged *a, const ens_signed_part *p)
{
    return ens_eq(a->uri, p->uri) && ens_eq(a->digest_method, p->digest_method) && a->digest.p &&
           ens__equal_secret(a->digest, p->digest);
}

/* judge_parts matches both lists as multisets: each acknowledged part takes one signed part. */
static void judge_parts(const ens_acknowledged *a, unsigned num_a, const ens_signed_part *expected, size_t num,
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

void ens__receipt_judge(const ens_receipt *r, ens_slice ref_to, ens_slice original_id, const ens_signed_part *expected,
                        size_t num, ens_report *report)
{
    judge_ref_to(ref_to, original_id, report);
    if (r->num)
        judge_parts(r->part, r->num, expected, num, report);
}
