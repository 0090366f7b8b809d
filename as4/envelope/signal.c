#include "as4/envelope/signal.h"

/* Origin is not given for 0301, 0302 and 0303: "ebms" is used. 0303 is printed as Decompression-Failure in the tables
 * and in one word in AS4 3.1. */
static const ens_error_code table[] = {
    {"EBMS:0001", "ValueNotRecognized", "failure", "Content", "ebms"},
    {"EBMS:0002", "FeatureNotSupported", "warning", "Content", "ebms"},
    {"EBMS:0003", "ValueInconsistent", "failure", "Content", "ebms"},
    {"EBMS:0004", "Other", "failure", "Content", "ebms"},
    {"EBMS:0005", "ConnectionFailure", "failure", "Communication", "ebms"},
    {"EBMS:0006", "EmptyMessagePartitionChannel", "warning", "Communication", "ebms"},
    {"EBMS:0007", "MimeInconsistency", "failure", "Unpackaging", "ebms"},
    {"EBMS:0008", "FeatureNotSupported", "failure", "Unpackaging", "ebms"},
    {"EBMS:0009", "InvalidHeader", "failure", "Unpackaging", "ebms"},
    {"EBMS:0010", "ProcessingModeMismatch", "failure", "Processing", "ebms"},
    {"EBMS:0011", "ExternalPayloadError", "failure", "Content", "ebms"},
    {"EBMS:0101", "FailedAuthentication", "failure", "Processing", "security"},
    {"EBMS:0102", "FailedDecryption", "failure", "Processing", "security"},
    {"EBMS:0103", "PolicyNoncompliance", "failure", "Processing", "security"},
    {"EBMS:0201", "DysfunctionalReliability", "failure", "Processing", "reliability"},
    {"EBMS:0202", "DeliveryFailure", "failure", "Communication", "reliability"},
    {"EBMS:0301", "MissingReceipt", "failure", "Communication", "ebms"},
    {"EBMS:0302", "InvalidReceipt", "failure", "Communication", "ebms"},
    {"EBMS:0303", "DecompressionFailure", "failure", "Communication", "ebms"},
};

const ens_error_code *ens__error_code(ens_slice code)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (ens_is(code, table[i].code))
            return &table[i];
    return NULL;
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/* A0*([123]) as a word of its own: Domibus writes A0001, the ICD A001 (ICS2-HTI Annex 4). */
const char *ens__subcode_of(ens_slice text)
{
    static const char *const names[] = {"A001", "A002", "A003"};
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] != 'A' || (i && is_word(text.p[i - 1])))
            continue;
        size_t at = i + 1;
        while (at < text.len && text.p[at] == '0')
            at++;
        bool digit = at < text.len && text.p[at] >= '1' && text.p[at] <= '3';
        if (digit && (at + 1 == text.len || !is_word(text.p[at + 1])))
            return names[text.p[at] - '1'];
    }
    return NULL;
}
