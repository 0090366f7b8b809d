#include "as4/domibus.h"

#include "as4/told.h"

#include <string.h>

/* Where it looks, in its order. */
typedef enum { AT_XML, AT_PMODE, AT_SEAL, AT_POLICY, AT_PARTS, AT_RECEIPT } station;

typedef struct {
    const char *id;     /* of a check, or its family */
    const char *told;   /* by which of the formats of as4/told.h; NULL: any */
    const char *answer; /* for people; NULL: nothing is told them */
    station at;
    const char *code, *name, *detail;
    bool sealed, refers;
} row;

#define UNKNOWN_ERROR "EBMS:0004 Other, \"unknown error occurred\", unsigned"
#define NOT_SATISFIED "EBMS:0103 PolicyNoncompliance, \"These policy alternatives can not be satisfied\""
#define NO_PARTY "EBMS:0003 ValueInconsistent, \"No matching party found\", unsigned"
#define OTHER "EBMS:0004", "Other", "unknown error occurred"
#define POLICY "EBMS:0103", "PolicyNoncompliance", "These policy alternatives can not be satisfied"
#define PARTY "EBMS:0003", "ValueInconsistent", "No matching party found"
#define UNRECOGNIZED "EBMS:0001", "ValueNotRecognized"

/* The first row that fits: an id of its own before its family. */
static const row rows[] = {
    {"mime.end", NULL, NOT_SATISFIED, AT_POLICY, POLICY, true, true},
    {"mime", NULL, UNKNOWN_ERROR, AT_XML, OTHER, false, false},
    {"soap.version", NULL, "EBMS:0201 DysfunctionalReliability, \"Could not generate Receipt\"", AT_RECEIPT,
     "EBMS:0201", "DysfunctionalReliability", "Could not generate Receipt", true, true},
    {"soap.well-formed", NULL, UNKNOWN_ERROR, AT_XML, OTHER, false, false},
    {"soap.instructions", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"header.messaging", ENS_TOLD_NO_MESSAGING,
     "EBMS:0009 InvalidHeader, \"Messaging header is empty!\", or EBMS:0103 where there are two", AT_XML, "EBMS:0009",
     "InvalidHeader", "Messaging header is empty!", false, false},
    {"header.messaging", ENS_TOLD_NO_HEADER, NULL, AT_XML, "EBMS:0009", "InvalidHeader", "Messaging header is empty!",
     false, false},
    {"header.messaging", NULL, NOT_SATISFIED, AT_POLICY, POLICY, true, false},
    {"coverage.reference", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"coverage", NULL, NOT_SATISFIED, AT_POLICY, POLICY, true, true},
    {"algorithm", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"token.timestamp", NULL,
     "EBMS:0103 PolicyNoncompliance, \"Received Timestamp does not match the requirements\", or EBMS:0004 once it has "
     "expired",
     AT_POLICY, "EBMS:0103", "PolicyNoncompliance",
     "AsymmetricBinding: Received Timestamp does not match the requirements", true, true},
    {"token", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"digest", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"signature", NULL, UNKNOWN_ERROR, AT_SEAL, OTHER, false, true},
    {"chain", NULL, UNKNOWN_ERROR ", or EBMS:0101 FailedAuthentication where it checks the sender's trust", AT_SEAL,
     OTHER, false, true},
    {"rules.from", NULL, NO_PARTY, AT_PMODE, PARTY, false, true},
    {"rules.to", NULL, NO_PARTY, AT_PMODE, PARTY, false, true},
    {"registry.party", NULL, NULL, AT_PMODE, PARTY, false, true},
    {"rules.agreement", NULL, "EBMS:0001 ValueNotRecognized, \"No matching agreement found\", unsigned", AT_PMODE,
     UNRECOGNIZED, "No matching agreement found", false, true},
    {"rules.service", NULL, "EBMS:0001 ValueNotRecognized, \"No matching service found\", unsigned", AT_PMODE,
     UNRECOGNIZED, "No matching service found", false, true},
    {"rules.action", NULL, "EBMS:0001 ValueNotRecognized, \"No matching action found\", unsigned", AT_PMODE,
     UNRECOGNIZED, "No matching action found", false, true},
    {"registry.party-id", NULL, NULL, AT_PMODE, "EBMS:0010", "ProcessingModeMismatch", "No process was found", false,
     true},
    {"rules.pull", NULL, NULL, AT_PMODE, "EBMS:0010", "ProcessingModeMismatch", "No process was found", false, true},
    {"rules.part", ENS_TOLD_OUTSIDE, NULL, AT_PARTS, "EBMS:0011", "ExternalPayloadError", "No Attachment found for cid",
     true, true},
    {"rules.part", ENS_TOLD_COMPRESSION, NULL, AT_PARTS, "EBMS:0052", "BadProperties",
     "application/gzip is the only accepted value for CompressionType", true, true},
    {"rules.part", ENS_TOLD_ENCODING, NULL, AT_PARTS, "EBMS:0003", "ValueInconsistent", "this is not a valid Charset",
     true, true},
    {"rules.part", ENS_TOLD_UNTYPED, NULL, AT_PARTS, "EBMS:0303", "DecompressionFailure",
     "No mime type found for payload", true, true},
    {"payload.part", NULL, "EBMS:0011 ExternalPayloadError, \"No Attachment found for cid\"", AT_PARTS, "EBMS:0011",
     "ExternalPayloadError", "No Attachment found for cid", true, true},
    {"payload.inflate", NULL, "EBMS:0303 DecompressionFailure, with the reason", AT_PARTS, "EBMS:0303",
     "DecompressionFailure", "Not in GZIP format", true, true},
};
#define NUM_ROWS (sizeof rows / sizeof *rows)

static bool is_of(const char *id, const char *row_id)
{
    size_t len = strlen(row_id);
    return strncmp(id, row_id, len) == 0 && (id[len] == '\0' || id[len] == '.');
}

const char *ens__domibus_answer(const char *id)
{
    for (size_t i = 0; i < NUM_ROWS; i++)
        if (rows[i].answer && is_of(id, rows[i].id))
            return rows[i].answer;
    return NULL;
}

static const row *row_of(const ens_finding *f)
{
    for (size_t i = 0; i < NUM_ROWS; i++)
        if (is_of(f->id, rows[i].id) && (!rows[i].told || (f->seen && strcmp(f->seen, rows[i].told) == 0)))
            return &rows[i];
    return NULL;
}

bool ens__domibus_judge(const ens_report *report, ens__domibus_word *out)
{
    const row *first = NULL;
    const ens_finding *because = NULL;
    for (size_t i = 0; i < ens_report_num(report); i++) {
        const ens_finding *f = ens_report_get(report, i);
        const row *r = f->outcome == ENS_FAIL && !f->document_fault ? row_of(f) : NULL;
        if (!r || (first && r->at >= first->at))
            continue;
        first = r;
        because = f;
    }
    if (first)
        *out = (ens__domibus_word){first->code,   first->name,   first->detail,
                                   first->sealed, first->refers, .because = because};
    return first != NULL;
}
