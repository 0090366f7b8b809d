/* What a verifier is made of, for those who judge by it: verify.c, one message at a time, and many.c, several. */
#ifndef ENS_AS4_VERIFIER_H
#define ENS_AS4_VERIFIER_H

#include "as4/envelope/ebms.h"
#include "as4/mime/mime.h"
#include "as4/payload/payload.h"
#include "as4/receipt.h"
#include "as4/wss/coverage.h"
#include "as4/wss/fast.h"
#include "as4/wss/reference.h"
#include "as4/wss/wss.h"
#include "certs/keys/lanes.h"

/* A message taken apart. The records point into the bytes, the tree and the arena. */
typedef struct {
    ens_mime mime;
    ens_soap soap;
    ens_header header;
    ens_wss wss;
    ens_coverage coverage;
    ens__signer *signer; /* NULL: there is no token */
    bool as_trader;      /* as whom it was judged */
    ens_signed_part signed_part[ENS_REFERENCES_MAX];
} ens__parcel;

/* Everything of one message, until it is told. */
typedef struct {
    ens_arena arena;
    ens_payloads payloads;
    ens__parcel message, original;
    ens_receipt receipt; /* what the message acknowledges, when it is a receipt */
    ens_signal_error errors[ENS_ERRORS_MAX];
    ens__lane
        lane;    /* the signature that the judgement rests on, where it is still to be checked: see ens__judge_ahead */
    bool fitted; /* the envelope fitted a mould */
} ens__docket;

struct ens_verifier {
    ens__docket own;        /* where one message at a time is judged */
    ens__docket *docket;    /* where the message in hand is judged: own, or one of many's */
    struct ens__many *many; /* many.c's; NULL: not yet */
    ens_libxml *xml;
    ens_reference_verifier digests; /* the reference engine's */
    ens_fast fast;
    ens__signers *signers;
    ens__payload_ctx *payload_ctx;
    ens_report aside; /* findings that are not the caller's */
    bool by_fast;     /* who judges now */
    bool doubt;       /* the fast engine wants the reference engine to judge */
    bool ahead;       /* the signature may be left for later */
    ens_verifier_counts counts;
};

void ens__docket_init(ens__docket *docket);
void ens__docket_clear(ens__docket *docket);
void ens__many_free(struct ens__many *many);

/* ens__judge_ahead judges a message by the verifier's docket as ens_verify does, by the fast engine, but for its
 * signature value, if docket->lane.key is set afterwards: then message and report are what they will be if that
 * signature holds, and nothing else until ens__judge_rest was told that it does. */
void ens__judge_ahead(ens_verifier *v, ens_slice bytes, const ens_verify_options *options, ens_message *message,
                      ens_report *report);
void ens__judge_rest(ens_verifier *v, const ens_verify_options *options, ens_message *message, ens_report *report);

#endif
