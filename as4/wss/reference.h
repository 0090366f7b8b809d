/* Every digest and the signature value: the reference verifier's word, and where it says no, which one and why. */
#ifndef ENS_AS4_WSS_REFERENCE_H
#define ENS_AS4_WSS_REFERENCE_H

#include "as4/wss/coverage.h"
#include "engine/base/digest.h"
#include "engine/xml/reference/xmlsec.h"
#include "ensign/verify.h"

/* What one worker keeps between messages. */
typedef struct {
    ens_xml *xml;
    ens_dsig *dsig;
    ens_digest sha256;
    ens_buf octets;      /* canonical forms of XML and text parts */
    ens_buf scratch;     /* canonical forms that explain */
    ens_differs differs; /* told of what was hashed where a digest differs; may be NULL */
    void *differs_user;
} ens_digests;

ENS_CHECK ens_code ens__digests_init(ens_digests *d, ens_xml *xml, ens_err *err);
void ens__digests_clear(ens_digests *d);

/* ens__digests_judge adds digest.* for each reference and signature.value. key NULL: the signer is unknown, digests are
 * judged alone. What the profile does not allow is not computed. A message passes only as a whole, by xmlsec1's word;
 * the findings of a message that does not are our own.   Source  XML Signature 1.1, 3.2 (ics2-hti 10.5 step 4) */
void ens__digests_judge(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                        EVP_PKEY *key, ens_arena *arena, ens_report *report);

/* ens__digests_pass adds what a seal that holds as a whole passes. */
void ens__digests_pass(const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage, ens_report *report);

/* ens__digest_octets makes the octets of one reference in d->scratch or where they lie. False when they can't be made.
 */
bool ens__digest_octets(ens_digests *d, const ens_soap *soap, const ens_reference *r, const ens_covered *of,
                        ens_slice *out);

/* ens__digest_matches tells whether the SHA-256 of octets is the expected one. */
bool ens__digest_matches(ens_digests *d, ens_slice octets, ens_slice expected);

/* Why a digest differs: tries the changes that happen between sealing and sending, and names the one that would have
 * matched. */
typedef struct {
    const char *detail, *hint;
} ens_diagnosis;

/* ens__diagnose never fails: where no cause is found the detail shows how the hashed octets begin. octets are those
 * that were hashed for that reference (they may lie in d->scratch and are gone afterwards). Strings live as long as the
 * report. Source  interop-pitfalls 1 and 2 */
ens_diagnosis ens__diagnose(ens_digests *d, const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                            unsigned reference, ens_slice octets, ens_report *report);

#endif
