/* Ensign: sealing AS4 messages and signals as ICS2 profiles them.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENSIGN_SEAL_H
#define ENSIGN_SEAL_H

#include "ensign/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ens_sealer_options: files as bytes, read during ens_sealer_new alone. Pass phrases may be NULL. */
typedef struct {
    ens_slice key;         /* PEM, DER or PKCS#12 */
    ens_slice certificate; /* leaf and issuers in any order: PEM, PKIPath or PKCS#12 */
    const char *key_pass, *certificate_pass;
    const char *domain; /* right side of the message ids that are made: the access point's name */
    ens_time at;        /* the certificate must be in date then */
    bool force;         /* rehearse a refusal: neither match, dates, chain nor ICS2's rules are insisted on */
    unsigned level;     /* of compression: 1, quick, to 12, small; 0: by the size of each part */
} ens_sealer_options;

#define ENS_SEAL_LEVEL_MAX 12u

/* ens_sealer keeps key, token, contexts and memory of one thread. */
typedef struct ens_sealer ens_sealer;

/* ens_sealer_new loads key and certificate.
 * Errors  ENS_EPOLICY they don't belong together, the certificate is out of date, the path holds only the leaf, the key
 * is no RSA key of 2048 to 4096 bits, its certificate doesn't let it sign, the domain is no name of a host; those of
 * reading them.   Source  ICD 4.6.2, Table 11.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_sealer_new(const ens_sealer_options *options, ens_sealer **out, ens_err *err);
ENS_API void ens_sealer_free(ens_sealer *sealer); /* wipes the key.  since 0.1 */

/* One part; the first of a message is the business document. */
typedef struct {
    ens_slice bytes; /* as the producer gave them: they are compressed here */
    ens_slice cid;   /* Content-ID without <>; an attachment's is what the document names as its identification */
    ens_slice type;  /* "application/xml", "application/pdf", "image/jpeg" */
} ens_seal_part;

#define ENS_SEAL_PARTS_MAX 64u

/* A user message. Empty slices take the default said beside them. */
typedef struct {
    ens_slice action;    /* "IE3F26"; "test" for the test service; tells direction, parties' types, roles and service */
    ens_slice from;      /* the sender's PartyId; customs to trader: sti-taxud */
    ens_slice to;        /* sti-taxud */
    ens_slice agreement; /* EU-ICS2-TI-V2.0; "V1.0" and "V2.0" are understood */
    ens_slice message_id;      /* made: UUID@domain */
    ens_slice ref_to;          /* none */
    ens_slice conversation_id; /* 1 */
    ens_slice mpc;             /* none */
    ens_time at;               /* eb:Timestamp */
    const ens_seal_part *parts;
    size_t num_parts;
} ens_seal_message_options;

/* ens_seal_message writes a MIME package with its header block. *out borrows from the sealer until its next message.
 * Errors  ENS_EPOLICY what ICS2 would refuse (the first finding's words, in err->text), unless the sealer was forced;
 * ENS_ELIMIT
 * Source  ICS2-HTI 4.2, 4.3, 4.6; AS4 5.1.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_seal_message(ens_sealer *sealer, const ens_seal_message_options *options, ens_slice *out,
                                            ens_err *err);

/* ens_seal_message_to does so and hands the package to put, piece by piece: the caller holds no more of it than a
 * piece. Nothing is handed over before it is sealed as a whole.
 * Errors  those of ens_seal_message and of put.  since
 * 0.1 */
ENS_API ENS_CHECK ens_code ens_seal_message_to(ens_sealer *sealer, const ens_seal_message_options *options,
                                               ens_sink put, void *user, ens_err *err);

/* ens_sealer_message_id is the id of what was sealed last: what its receipt will refer to. It borrows from the sealer
 * until its next message.  since 0.1 */
ENS_API ens_slice ens_sealer_message_id(const ens_sealer *sealer);

/* What every signal has. message_id empty: made. */
typedef struct {
    ens_slice message_id;
    ens_time at;
} ens_seal_signal_options;

/* ens_seal_receipt writes the non-repudiation receipt of a message as a bare envelope. The caller answers for having
 * verified and stored what it acknowledges.   Source  AS4 5.1.8; ICS2-HTI 4.3.1.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_seal_receipt(ens_sealer *sealer, const ens_message *acknowledged,
                                            const ens_seal_signal_options *options, ens_slice *out, ens_err *err);

/* ens_seal_error writes an error signal. code is one of ICS2's ("EBMS:0103"); subcode ("A001") and ref_to may be empty;
 * detail is free text.   Errors  ENS_EPOLICY unknown code.   Source  ICS2-HTI Annex 4; ebMS3 Core 6.7.  since 0.1 */
ENS_API ENS_CHECK ens_code ens_seal_error(ens_sealer *sealer, ens_slice code, ens_slice subcode, ens_slice ref_to,
                                          ens_slice detail, const ens_seal_signal_options *options, ens_slice *out,
                                          ens_err *err);

#define ENS_CHANNEL                                                                                                    \
    "urn:fdc:ec.europa.eu:2019:eu_ics2_c2t/EORI/" /* begins the MPC of a PartyId's channel, which follows */

/* ens_seal_pull writes a pull request for the channel of a PartyId.   Source  ebMS3 Core 5.2.3.1; ICS2-HTI 4.4.  since
 * 0.1 */
ENS_API ENS_CHECK ens_code ens_seal_pull(ens_sealer *sealer, ens_slice party_id, const ens_seal_signal_options *options,
                                         ens_slice *out, ens_err *err);

#ifdef __cplusplus
}
#endif
#endif
