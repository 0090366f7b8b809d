/* See explain.h. */
#include "as4/explain.h"

#include "as4/ens/tables.h"
#include "as4/envelope/signal.h"

#define SEAL_LIST                                                                                                      \
    "judge the very bytes that were sent with `ensign verify`. By hand: the token is the whole path, root first, "     \
    "labelled X509PKIPathv1 with EncodingType, ValueType and TokenType; nothing was changed after sealing; each "      \
    "reference finds its part by Content-ID as it is written; at most 30 references; lines end in CRLF and header "    \
    "fields of parts have at most 300 octets; the envelope is UTF-8 without processing instructions; the "             \
    "certificate is in date, not revoked and under a CA that the receiver trusts"

static const ens_explanation table[] = {
    {"EBMS:0001", NULL, "ValueNotRecognized",
     "The header is well-formed, and a value in it is not known to the receiver: agreement, service, action or "
     "channel.",
     "compare AgreementRef, Service, Action and mpc, letter by letter and with their types, with ICS2-HTI Annex 1 and "
     "2; the action belongs to the service",
     "No matching agreement, service or action in its configuration, also where a type is missing or wrong. It looks "
     "for them before the seal: nothing is said about the signature."},
    {"EBMS:0002", NULL, "FeatureNotSupported",
     "A value asks for something that the receiver does not do. A warning: the message was processed.",
     "leave out what ICS2 does not use", NULL},
    {"EBMS:0003", NULL, "ValueInconsistent", "A value contradicts another value, what was agreed, or a rule of ICS2.",
     "look at party ids with their types, roles, message id, part properties (MimeType, CharacterSet, "
     "CompressionType)",
     "No matching party: the party id of From or To, or its type, is not in its configuration; or the charset property "
     "is no charset."},
    {"EBMS:0004", "A001", "Other",
     "UUM&DS refused the sender: the EORI is not registered for ICS2, or not together with the certificate of this "
     "seal.",
     "register the certificate for the EORI in UUM&DS in the member state that the PartyId names, and seal with that "
     "certificate; nothing else is exchanged until then",
     NULL},
    {"EBMS:0004", "A002", "Other",
     "The receiver's own account at UUM&DS was rejected: nothing is wrong with the message.",
     "report it to the help desk and send the same bytes again later", NULL},
    {"EBMS:0004", "A003", "Other", "UUM&DS failed or could not be reached: nothing is wrong with the message.",
     "send the same bytes again later; report it to the help desk when it lasts", NULL},
    {"EBMS:0004", NULL, "Other", "Anything that has no code of its own.",
     "with \"unknown error occurred\" and no sub-code, " SEAL_LIST,
     "\"unknown error occurred\", unsigned, often without RefToMessageId: its answer to nearly every fault of the seal "
     "(signature, digest, token, Basic Security Profile, certificate) and of the package (MIME, XML)."},
    {"EBMS:0005", NULL, "ConnectionFailure", "The connection could not be opened.",
     "check address, name service, firewall and TLS certificates, and send the same bytes again", NULL},
    {"EBMS:0006", NULL, "EmptyMessagePartitionChannel",
     "There is nothing to pull on this channel. A warning, and no fault.", "pull again later", NULL},
    {"EBMS:0007", NULL, "MimeInconsistency", "The MIME package can not be taken apart as it should.",
     "check boundary, Content-Type, one Content-ID a part, CRLF line ends, and that nothing stands behind the closing "
     "delimiter",
     NULL},
    {"EBMS:0008", NULL, "FeatureNotSupported",
     "Something is there, or is missing, that the receiver does not support that way.",
     "send the document as a MIME part and leave the SOAP Body empty", NULL},
    {"EBMS:0009", NULL, "InvalidHeader",
     "The envelope or its ebMS header is not well-formed, or not as the schema has it.",
     "validate eb:Messaging against ebms-header-3_0-200704.xsd: order, number, attributes and values",
     "Messaging header is empty: there is no eb:Messaging in the SOAP Header."},
    {"EBMS:0010", NULL, "ProcessingModeMismatch",
     "The header is valid, and does not fit what was agreed between the two.",
     "check direction and role: who sends the action, to whom, on which channel",
     "No process was found (a pull on a channel that is not configured), or MessageProperties is REQUIRED in the four "
     "corner model."},
    {"EBMS:0011", NULL, "ExternalPayloadError", "A part that the header names can not be had.",
     "refer to MIME parts as cid: and send each of them", "No attachment was found for a cid, or an href is a URL."},
    {"EBMS:0052", NULL, "BadProperties",
     "Part properties are not as they should be. No code of ebMS: a Domibus has it.",
     "write CompressionType as application/gzip, and MimeType beside it",
     "application/gzip is the only accepted value of CompressionType."},
    {"EBMS:0101", NULL, "FailedAuthentication", "The seal can not be validated, or its signer is not trusted.",
     "seal again and change nothing afterwards; check dates, revocation and issuer of the certificate",
     "Sender is not trusted, is not valid or has been revoked: it names the party and not the certificate's fault. "
     "Broken signatures it answers with EBMS:0004."},
    {"EBMS:0102", NULL, "FailedDecryption", "The receiver could not decrypt the message.",
     "switch encryption off: ICS2 has none", NULL},
    {"EBMS:0103", NULL, "PolicyNoncompliance", "The seal is not of the kind that was agreed, or does not cover all.",
     "sign eb:Messaging, the empty Body and every part once, with RSA-SHA256 and SHA-256, the whole PKIPath as token, "
     "without wsu:Timestamp",
     "These policy alternatives can not be satisfied (something is not signed, or there is no seal, or something "
     "stands behind the closing delimiter), or: Received Timestamp does not match the requirements (any "
     "wsu:Timestamp)."},
    {"EBMS:0201", NULL, "DysfunctionalReliability", "Reliable messaging failed. AS4 does not use it.",
     "ask the receiver", "Could not generate Receipt: the envelope is SOAP 1.1."},
    {"EBMS:0202", NULL, "DeliveryFailure", "The receiver took the message and could not process it to the end.",
     "send the same bytes again later", NULL},
    {"EBMS:0301", NULL, "MissingReceipt", "The sender got no receipt.",
     "send the same bytes again, with the same MessageId: the receiver knows duplicates", NULL},
    {"EBMS:0302", NULL, "InvalidReceipt", "The receipt does not fit the message.",
     "the receiver copies every ds:Reference of the signature that it verified, unchanged, into one "
     "NonRepudiationInformation",
     "Any receipt whose eb:Receipt has another number of children than one, or whose references differ."},
    {"EBMS:0303", NULL, "DecompressionFailure", "A part could not be decompressed.",
     "compress each part once with gzip, as one whole member, before sealing, and say MimeType",
     "Not in GZIP format, corrupt trailer, wrong CRC (of the header, too), cut short; or MimeType is missing."},
    {"IE3N99", NULL, "validation error",
     "Customs took the message and found faults in its document. No fault of AS4: the receipt came before.",
     "correct each element that a pointer names and file again, with a MessageId of its own", NULL},
    {"IE3N01", NULL, "life cycle error",
     "Customs read the document, and it does not fit the state of the ENS, or its key data are not unique.",
     "compare LRN, MRN and transport documents with what was filed before", NULL},
};
#define NUM_EXPLANATIONS (sizeof table / sizeof *table)

const ens_explanation *ens_explain_get(size_t i)
{
    return i < NUM_EXPLANATIONS ? &table[i] : NULL;
}

static bool is_code(ens_slice given, const char *code)
{
    const char *colon = strchr(code, ':');
    return ens__eq_nocase(given, ens_str(code)) || (colon && ens_is(given, colon + 1));
}

const ens_explanation *ens_explain(ens_slice code, ens_slice subcode)
{
    const char *known = subcode.len ? ens__subcode_of(subcode) : NULL;
    for (size_t i = 0; i < NUM_EXPLANATIONS; i++) {
        bool same = known ? table[i].subcode && strcmp(table[i].subcode, known) == 0 : !table[i].subcode;
        if (same && is_code(code, table[i].code))
            return &table[i];
    }
    return known ? ens_explain(code, (ens_slice){0}) : NULL;
}

bool ens__rule_get(size_t i, ens__rule_words *out)
{
    if (i + 1 >= ens__tables.num_rules) /* number 0 is none */
        return false;
    const ens_rule *rule = &ens__tables.rule[i + 1];
    *out = (ens__rule_words){rule->id, rule->check, rule->says, rule->basis};
    return true;
}
