/* What `verify`, `receipt check` and `cert check` share: trust, time and whose reception is simulated. */
#ifndef ENS_CLI_JUDGE_H
#define ENS_CLI_JUDGE_H

#include "cli/command.h"
#include "ensign/registry.h"
#include "ensign/verify.h"

/* How business documents are judged by the message tables. */
typedef struct {
    const char *mode, *tables, *codelists;
} ens_document_options;

/* ens__document_options_read gives what they say; *tables is NULL for the compiled-in ones and is to be closed. False
 * with a message. */
bool ens__document_options_read(const ens_command *command, const ens_document_options *o, ens_documents *mode,
                                ens_tables **tables);

typedef struct {
    ens_values trust, customs, untrusted, crl, ocsp;
    const char *at, *as, *engine, *xsd, *registry, *revocation, *revocation_cache;
    ens_document_options document;
    bool lenient, json, verbose, online, online_private;
} ens_judge_options;

/* Rows of an option table. */
#define ENS_JUDGE_TABLES(o)                                                                                            \
    {                                                                                                                  \
        "ens-tables", 0,           "DIR", "judge business documents by the message tables in this folder",             \
        NULL,         &(o).tables, NULL},                                                                              \
    {                                                                                                                  \
        "codelists", 0, "DIR", "and by the code lists (TSV) in this one", NULL, &(o).codelists, NULL                   \
    }
#define ENS_JUDGE_TRUST(o)                                                                                             \
    {"trust", 0,    "PATH",    "anchors: PEM or DER, a folder of them, or a cache of the trusted lists",               \
     NULL,    NULL, &(o).trust},                                                                                       \
        {"untrusted", 0, "FILE", "certificates that may only complete a path", NULL, NULL, &(o).untrusted},            \
        {"crl", 0, "FILE", "a revocation list, PEM or DER", NULL, NULL, &(o).crl},                                     \
        {"ocsp", 0, "FILE", "an OCSP response, DER", NULL, NULL, &(o).ocsp},                                           \
        {"revocation",    0,   "soft|hard", "pass over what can't be told (the default), or refuse it", NULL,          \
         &(o).revocation, NULL},                                                                                       \
        {"at", 0, "TIME", "judge as of this time (RFC 3339); without it, now", NULL, &(o).at, NULL},                   \
        {"json", 0, NULL, "one JSON object per input on a line", &(o).json, NULL, NULL},                               \
    {                                                                                                                  \
        "verbose", 'v', NULL, "show the checks that passed, too", &(o).verbose, NULL, NULL                             \
    }
#define ENS_JUDGE_ONLINE(o)                                                                                            \
    {"online",    0,    NULL, "fetch issuers, CRLs and OCSP responses from where the certificates say",                \
     &(o).online, NULL, NULL},                                                                                         \
        {"online-private",    0,    NULL, "with --online: ask addresses of this machine and of private networks, too", \
         &(o).online_private, NULL, NULL},                                                                             \
    {                                                                                                                  \
        "revocation-cache", 0, "DIR", "use what is kept there, and keep what --online fetches", NULL,                  \
            &(o).revocation_cache, NULL                                                                                \
    }
#define ENS_JUDGE_MESSAGES(o)                                                                                          \
    {"customs",   0,                                                                                                   \
     "PATH",      "anchors of customs: what is sealed under them comes from customs, and nothing else does",           \
     NULL,        NULL,                                                                                                \
     &(o).customs},                                                                                                    \
        {"as", 0, "sti|trader", "whose reception is simulated", NULL, &(o).as, NULL},                                  \
        {"lenient",    0,    NULL, "warn where a lenient receiver tolerates what the strict one refuses",              \
         &(o).lenient, NULL, NULL},                                                                                    \
        {"registry",    0,   "DB", "the registry decides on EORI and certificate (see ensign party)", NULL,            \
         &(o).registry, NULL},                                                                                         \
        {"xsd", 0, "DIR", "judge the business document by the schemas in this folder", NULL, &(o).xsd, NULL},          \
        {"ens", 0, "strict|warn|off", "judge it by the message tables; strict by default", NULL, &(o).document.mode,   \
         NULL},                                                                                                        \
        ENS_JUDGE_TABLES((o).document),                                                                                \
    {                                                                                                                  \
        "engine", 0, "fast|reference|both", "fast (default), by libxml2 and xmlsec1, or both, compared", NULL,         \
            &(o).engine, NULL                                                                                          \
    }

/* What is opened once and used for every input. */
typedef struct {
    ens_trust *trust, *customs; /* customs: NULL when no anchors are given */
    ens_tables *tables;
    ens_registry *registry; /* NULL: none is asked */
    ens_verify_options verify;
} ens_judge;

/* ens__judge_open loads trust and registry; false with a message and *status. Close it in either case. */
bool ens__judge_open(const ens_command *command, const ens_judge_options *o, ens_judge *out, int *status);
void ens__judge_close(ens_judge *judge);
/* ens__judge_national loads the alternate list of a Member State's customs and trusts it, too: a path to it is a path.
 * A path of NULL is none. False with a message; free *out, which may be NULL, in either case. */
bool ens__judge_national(const ens_command *command, const char *path, ens_judge *judge, ens_trust **out);
/* ens__judge_exchange says how a request and what answers it are judged, for who looks on: the request as the STI does
 * where nobody says otherwise, the answer by who sent it. */
void ens__judge_exchange(const ens_judge_options *o, const ens_judge *judge, ens_verify_options *request,
                         ens_verify_options *answer);
void ens__judge_options_free(ens_judge_options *o);

/* What judges message after message, in one thread. */
typedef struct {
    ens_verifier *verifier;
    ens_report *report;
} ens_judging;

/* Close it in either case. */
ENS_CHECK ens_code ens__judging_open(ens_judging *out, ens_err *err);
void ens__judging_close(ens_judging *judging);

/* ens__worst keeps the status of a batch: refused before could-not-judge before good. */
int ens__worst(int so_far, int status);

#endif
