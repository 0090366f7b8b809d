/* Every digest and the signature value: the reference verifier's word, and where it says no, which one and why. */
#ifndef ENS_AS4_WSS_REFERENCE_H
#define ENS_AS4_WSS_REFERENCE_H

#include "as4/wss/coverage.h"
#include "engine/base/digest.h"
#include "engine/xml/reference/xmlsec.h"
#include "ensign/verify.h"

/* What one worker keeps between messages. */
typedef struct {
    ens_libxml *xml;
    ens_xmlsec *xmlsec;
    ens_digest sha256;
    ens_buf scratch;     /* the canonical form that is hashed */
    ens_differs differs; /* told of what was hashed where a digest differs; may be NULL */
    void *differs_user;
    bool terse;       /* nobody reads why a digest differs: no cause is searched for */
    size_t work_left; /* of what the search may cost for this message */
    struct {
        uint8_t of[32];
        bool made;
    } body[ENS_REFERENCES_MAX]; /* digests of the parts' bodies, made once where parts may have been swapped */
} ens_reference_verifier;

ENS_CHECK ens_code ens__reference_verifier_init(ens_reference_verifier *d, ens_libxml *xml, ens_err *err);
void ens__reference_verifier_clear(ens_reference_verifier *d);

/* ens__reference_verifier_judge adds digest.* for each reference and signature.value. key NULL: the signer is unknown,
 * digests are judged alone. What the profile does not allow is not computed. A message passes only as a whole, by
 * xmlsec1's word; the findings of a message that does not are our own.   Source  XML Signature 1.1, 3.2 */
void ens__reference_verifier_judge(ens_reference_verifier *d, const ens_soap *soap, const ens_wss *wss,
                                   const ens_coverage *coverage, EVP_PKEY *key, ens_report *report);

/* ens__reference_verifier_pass adds what a seal that holds as a whole passes. */
void ens__reference_verifier_pass(const ens_soap *soap, const ens_wss *wss, const ens_coverage *coverage,
                                  ens_report *report);

#endif
