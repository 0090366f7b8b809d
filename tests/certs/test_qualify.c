/* The procedure of TS 119 615 over states of services made up for each step. What real certificates come to by real
 * lists is in test_acceptance.c. */
#include "certs/qualify/qualify.h"
#include "tests/suite.h"

#define OLD (ENS_EIDAS_START - 86400)
#define NEW ENS_EIDAS_START
#define SIG ENS_FOR_SIGNATURES
#define SEAL ENS_FOR_SEALS
#define WEB ENS_FOR_WEB

/* A certificate in one letter: what it says of itself. */
static ens_cert_content claims_of(char kind)
{
    static ens_cert cert;
    ens_cert_content c = {.cert = &cert};
    c.before_eidas = kind == 'o' || kind == 'p';
    c.qc.compliance = kind != 'n' && kind != 'p';
    c.qualified = c.qc.compliance && kind != 'f';
    c.type = kind == 'g' || kind == 'o'   ? ENS_TYPE_ESIG
             : kind == 'w'                ? ENS_TYPE_WSA
             : kind == 'u' || kind == 'p' ? 0
                                          : ENS_TYPE_ESEAL;
    c.qscd = kind == 'q' || kind == 'o';
    return c;
}

typedef struct {
    ens_service_type type;
    ens_service_status status;
    ens_time start;
    unsigned uses, qualifiers;
} state;

typedef struct {
    const char *what;
    char certificate; /* s: seal, q: seal with QSCD, g: signature, w: web, u: of two types, n: not compliant, f: of a
                         foreign law, o: qualified before eIDAS, p: not so before eIDAS */
    state state[3];
    ens_qualified result;
} row;

#define QC(uses, qualifiers)                                                                                           \
    {                                                                                                                  \
        ENS_SERVICE_CA_QC, ENS_STATUS_GRANTED, NEW, uses, qualifiers                                                   \
    }
#define QC_OLD(status, qualifiers)                                                                                     \
    {                                                                                                                  \
        ENS_SERVICE_CA_QC, status, OLD, 0, qualifiers                                                                  \
    }
#define Q(name) ENS_QUALIFIER_##name

static const row rows[] = {
    {"a seal of a service for seals", 's', {QC(SEAL, 0)}, ENS_QCERT_FOR_ESEAL},
    {"with a QSCD by its own words", 'q', {QC(SEAL, 0)}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"of a service for both", 's', {QC(SIG | SEAL, 0)}, ENS_QCERT_FOR_ESEAL},
    {"a signature", 'g', {QC(SIG | SEAL, 0)}, ENS_QCERT_FOR_ESIG},
    {"a web site", 'w', {QC(WEB, 0)}, ENS_QCERT_FOR_WSA},
    {"no service at all at that time", 's', {{0}}, ENS_CERT_FOR_ESEAL},
    {"of two types, and nothing overrules", 'u', {QC(SIG | SEAL, 0)}, ENS_QCERT_FOR_UNKNOWN},
    {"not compliant", 'n', {QC(SEAL, 0)}, ENS_CERT_FOR_ESEAL},
    {"by another country's law", 'f', {QC(SEAL, 0)}, ENS_CERT_FOR_ESEAL},

    /* services by type */
    {"a service for web sites alone doesn't do for a seal", 's', {QC(WEB, 0)}, ENS_CERT_FOR_ESEAL},
    {"one for signatures alone does where the seal is compliant, as the EU's library has it",
     's',
     {QC(SIG, 0)},
     ENS_QCERT_FOR_ESEAL},
    {"and doesn't where it isn't", 'n', {QC(SIG, Q(QC_STATEMENT))}, ENS_CERT_FOR_ESEAL},
    {"one for seals alone doesn't do for a signature", 'g', {QC(SEAL, 0)}, ENS_CERT_FOR_ESIG},
    {"QCForESeal turns a signature into a seal where the service is for seals",
     'g',
     {QC(SEAL, Q(FOR_ESEAL))},
     ENS_QCERT_FOR_ESEAL},
    {"QCForESig turns a seal into a signature", 's', {QC(SIG, Q(FOR_ESIG))}, ENS_QCERT_FOR_ESIG},
    {"QCForESeal of a service that isn't for seals is void", 'g', {QC(WEB, Q(FOR_ESEAL))}, ENS_CERT_FOR_ESIG},
    {"QCForLegalPerson takes the signatures away", 'g', {QC(SIG, Q(LEGAL_PERSON))}, ENS_CERT_FOR_ESIG},
    {"and leaves the seals", 's', {QC(SIG | SEAL, Q(LEGAL_PERSON))}, ENS_QCERT_FOR_ESEAL},
    {"QCForLegalPerson beside QCForESig clash",
     's',
     {QC(SIG | SEAL, Q(LEGAL_PERSON) | Q(FOR_ESIG))},
     ENS_QCERT_FOR_UNKNOWN},
    {"two qualifiers of use clash", 's', {QC(SIG | SEAL, Q(FOR_ESIG) | Q(FOR_ESEAL))}, ENS_QCERT_FOR_UNKNOWN},
    {"a qualifier for a use that the service isn't listed for clashes",
     's',
     {QC(SEAL, Q(FOR_ESIG))},
     ENS_QCERT_FOR_UNKNOWN},
    {"a service for nothing in particular does for no seal", 's', {QC(0, 0)}, ENS_CERT_FOR_ESEAL},

    /* other kinds of service */
    {"a time-stamping service qualifies nothing",
     's',
     {{ENS_SERVICE_TSA_QTST, ENS_STATUS_GRANTED, NEW, SEAL, 0}},
     ENS_CERT_FOR_ESEAL},
    {"beside a CA it doesn't count",
     's',
     {{ENS_SERVICE_TSA_QTST, ENS_STATUS_GRANTED, NEW, SEAL, Q(NOT_QUALIFIED)}, QC(SEAL, 0)},
     ENS_QCERT_FOR_ESEAL},
    {"a CA for certificates that aren't qualified",
     's',
     {{ENS_SERVICE_CA_PKC, ENS_STATUS_RECOGNISED_NATIONALLY, NEW, SEAL, 0}},
     ENS_CERT_FOR_ESEAL},

    /* status */
    {"withdrawn", 's', {{ENS_SERVICE_CA_QC, ENS_STATUS_WITHDRAWN, NEW, SEAL, 0}}, ENS_CERT_FOR_ESEAL},
    {"an old status after eIDAS", 's', {{ENS_SERVICE_CA_QC, ENS_STATUS_ACCREDITED, NEW, SEAL, 0}}, ENS_CERT_FOR_ESEAL},
    {"granted before there was such a status",
     's',
     {{ENS_SERVICE_CA_QC, ENS_STATUS_GRANTED, OLD, SEAL | SIG, 0}},
     ENS_CERT_FOR_ESEAL},
    {"a status nobody knows", 's', {{ENS_SERVICE_CA_QC, ENS_STATUS_OTHER, NEW, SEAL, 0}}, ENS_CERT_FOR_ESEAL},

    /* several services */
    {"two that agree", 's', {QC(SEAL, 0), QC(SIG | SEAL, 0)}, ENS_QCERT_FOR_ESEAL},
    {"one granted, one withdrawn contradict each other",
     's',
     {QC(SEAL, 0), {ENS_SERVICE_CA_QC, ENS_STATUS_WITHDRAWN, NEW, SEAL, 0}},
     ENS_QUALIFIED_NA},
    {"with and without a QSCD contradict each other", 's', {QC(SEAL, Q(WITH_QSCD)), QC(SEAL, 0)}, ENS_QUALIFIED_NA},
    {"one for other uses isn't asked", 's', {QC(SEAL, Q(WITH_QSCD)), QC(WEB, 0)}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"three, of which the last dissents",
     's',
     {QC(SEAL, 0), QC(SEAL, 0), QC(SEAL, Q(NOT_QUALIFIED))},
     ENS_QUALIFIED_NA},
    {"one that differs only in what doesn't count",
     's',
     {QC(SEAL, Q(NOT_QUALIFIED)), QC(SEAL, Q(NOT_QUALIFIED) | Q(WITH_QSCD))},
     ENS_CERT_FOR_ESEAL},

    /* qualified or not */
    {"NotQualified overrules the certificate", 's', {QC(SEAL, Q(NOT_QUALIFIED))}, ENS_CERT_FOR_ESEAL},
    {"QCStatement overrules it", 'n', {QC(SEAL, Q(QC_STATEMENT))}, ENS_QCERT_FOR_ESEAL},
    {"even of another country's law", 'f', {QC(SEAL, Q(QC_STATEMENT))}, ENS_QCERT_FOR_ESEAL},
    {"both clash", 's', {QC(SEAL, Q(QC_STATEMENT) | Q(NOT_QUALIFIED))}, ENS_CERT_FOR_ESEAL},

    /* QSCD */
    {"QCWithQSCD", 's', {QC(SEAL, Q(WITH_QSCD))}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"QCQSCDManagedOnBehalf", 's', {QC(SEAL, Q(QSCD_ON_BEHALF))}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"QCNoQSCD overrules the certificate", 'q', {QC(SEAL, Q(NO_QSCD))}, ENS_QCERT_FOR_ESEAL},
    {"QCQSCDStatusAsInCert asks it", 'q', {QC(SEAL, Q(QSCD_AS_IN_CERT))}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"and believes it", 's', {QC(SEAL, Q(QSCD_AS_IN_CERT))}, ENS_QCERT_FOR_ESEAL},
    {"with and without clash", 'q', {QC(SEAL, Q(WITH_QSCD) | Q(NO_QSCD))}, ENS_QCERT_FOR_ESEAL},
    {"with and as in the certificate clash", 'q', {QC(SEAL, Q(WITH_QSCD) | Q(QSCD_AS_IN_CERT))}, ENS_QCERT_FOR_ESEAL},
    {"a qualifier for SSCDs alone clashes after eIDAS", 'q', {QC(SEAL, Q(WITH_SSCD))}, ENS_QCERT_FOR_ESEAL},
    {"and doesn't beside one for QSCDs", 's', {QC(SEAL, Q(WITH_SSCD) | Q(WITH_QSCD))}, ENS_QCERT_FOR_ESEAL_QSCD},
    {"what isn't qualified has none", 'n', {QC(SEAL, Q(WITH_QSCD))}, ENS_CERT_FOR_ESEAL},
    {"web sites have none", 'w', {QC(WEB, Q(WITH_QSCD))}, ENS_QCERT_FOR_WSA},
    {"of two types, with a QSCD", 'u', {QC(SEAL, Q(WITH_QSCD))}, ENS_QCERT_FOR_UNKNOWN_QSCD},

    /* before eIDAS */
    {"an old one under supervision", 'o', {QC_OLD(ENS_STATUS_UNDER_SUPERVISION, 0)}, ENS_QCERT_FOR_ESIG_QSCD},
    {"accredited", 'o', {QC_OLD(ENS_STATUS_ACCREDITED, 0)}, ENS_QCERT_FOR_ESIG_QSCD},
    {"in cessation", 'o', {QC_OLD(ENS_STATUS_SUPERVISION_IN_CESSATION, 0)}, ENS_QCERT_FOR_ESIG_QSCD},
    {"ceased", 'o', {QC_OLD(ENS_STATUS_SUPERVISION_CEASED, 0)}, ENS_CERT_FOR_ESIG},
    {"revoked", 'o', {QC_OLD(ENS_STATUS_ACCREDITATION_REVOKED, 0)}, ENS_CERT_FOR_ESIG},
    {"QCNoSSCD", 'o', {QC_OLD(ENS_STATUS_ACCREDITED, Q(NO_SSCD))}, ENS_QCERT_FOR_ESIG},
    {"QCSSCDStatusAsInCert", 'o', {QC_OLD(ENS_STATUS_ACCREDITED, Q(SSCD_AS_IN_CERT))}, ENS_QCERT_FOR_ESIG_QSCD},
    {"QCWithSSCD of one that the list qualifies",
     'p',
     {QC_OLD(ENS_STATUS_ACCREDITED, Q(QC_STATEMENT) | Q(WITH_SSCD))},
     ENS_QCERT_FOR_ESIG_QSCD},
    {"QCForESeal is none of that time", 'o', {QC_OLD(ENS_STATUS_ACCREDITED, Q(FOR_ESEAL))}, ENS_QCERT_FOR_UNKNOWN_QSCD},
    {"no service was for seals alone at that time",
     'o',
     {{ENS_SERVICE_CA_QC, ENS_STATUS_ACCREDITED, OLD, SEAL, 0}},
     ENS_QCERT_FOR_UNKNOWN_QSCD},
    {"an old certificate today, of a service for seals alone", 'o', {QC(SEAL, 0)}, ENS_QCERT_FOR_ESIG_QSCD},
    {"a new seal of a service as it was before eIDAS",
     's',
     {{ENS_SERVICE_CA_QC, ENS_STATUS_ACCREDITED, OLD, SIG | SEAL, 0}},
     ENS_QCERT_FOR_ESIG},
};

static ens_qualifying qualify(const row *r, ens_service_states *states)
{
    ens_cert_content content = claims_of(r->certificate);
    ens_qualifying q;
    *states = (ens_service_states){0};
    for (size_t i = 0; i < 3 && r->state[i].status; i++)
        states->state[states->num++] = (ens_service_state){.type = r->state[i].type,
                                                           .status = r->state[i].status,
                                                           .start = r->state[i].start,
                                                           .uses = r->state[i].uses,
                                                           .num_uses = (uint32_t)__builtin_popcount(r->state[i].uses),
                                                           .qualifiers = r->state[i].qualifiers};
    ens__qualify(&content, states, &q);
    return q;
}

static void results(void)
{
    ens_service_states states;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_qualifying q = qualify(&rows[i], &states);
        CHECK_ROW(q.result == rows[i].result, "%s: %s, not %s", rows[i].what, ens_qualified_name(q.result),
                  ens_qualified_name(rows[i].result));
    }
}

/* The step that a row stops at, as the report will tell. */
static void steps(void)
{
    static const struct {
        row row;
        ens_step step;
        ens_stepped outcome;
    } stops[] = {
        {{"no state then", 's', {{0}}, ENS_CERT_FOR_ESEAL}, ENS_STEP_SERVICE, ENS_STEP_NO},
        {{"no CA", 's', {{ENS_SERVICE_OCSP_QC, ENS_STATUS_GRANTED, NEW, SEAL, 0}}, ENS_CERT_FOR_ESEAL},
         ENS_STEP_CA_QC,
         ENS_STEP_NO},
        {{"of another use", 's', {QC(WEB, 0)}, ENS_CERT_FOR_ESEAL}, ENS_STEP_USE, ENS_STEP_NO},
        {{"a conflict ends it", 's', {QC(SEAL, Q(WITH_QSCD)), QC(SEAL, 0)}, ENS_QUALIFIED_NA},
         ENS_STEP_CONFLICT,
         ENS_STEP_NO},
        {{"and nothing follows", 's', {QC(SEAL, Q(WITH_QSCD)), QC(SEAL, 0)}, ENS_QUALIFIED_NA},
         ENS_STEP_STATUS,
         ENS_STEP_OPEN},
        {{"withdrawn", 's', {{ENS_SERVICE_CA_QC, ENS_STATUS_WITHDRAWN, NEW, SEAL, 0}}, ENS_CERT_FOR_ESEAL},
         ENS_STEP_STATUS,
         ENS_STEP_NO},
        {{"a clash", 's', {QC(SEAL, Q(QC_STATEMENT) | Q(NOT_QUALIFIED))}, ENS_CERT_FOR_ESEAL},
         ENS_STEP_CONSISTENT,
         ENS_STEP_NO},
        {{"all is well", 's', {QC(SEAL, 0)}, ENS_QCERT_FOR_ESEAL}, ENS_STEP_CONSISTENT, ENS_STEP_YES},
        {{"no QSCD", 's', {QC(SEAL, 0)}, ENS_QCERT_FOR_ESEAL}, ENS_STEP_QSCD, ENS_STEP_NO},
    };
    ens_service_states states;
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        ens_qualifying q = qualify(&stops[i].row, &states);
        CHECK_ROW(q.step[stops[i].step] == stops[i].outcome, "%s: step %d is %d", stops[i].row.what, stops[i].step,
                  q.step[stops[i].step]);
        CHECK_ROW(q.result == stops[i].row.result, "%s: %s", stops[i].row.what, ens_qualified_name(q.result));
    }
}

static void decisive(void)
{
    static const row both = {
        "", 's', {{ENS_SERVICE_TSA_QTST, ENS_STATUS_GRANTED, NEW, SEAL, 0}, QC(SEAL, 0)}, ENS_QCERT_FOR_ESEAL};
    static const row conflict = {"", 's', {QC(SEAL, Q(WITH_QSCD)), QC(SEAL, 0)}, ENS_QUALIFIED_NA};
    ens_service_states states;
    ens_qualifying q = qualify(&both, &states);
    CU_ASSERT_PTR_EQUAL(q.decisive, &states.state[1]);
    q = qualify(&conflict, &states);
    CU_ASSERT_PTR_NULL(q.decisive);
    CU_ASSERT_EQUAL(q.conflict[0], ENS_QCERT_FOR_ESEAL_QSCD);
    CU_ASSERT_EQUAL(q.conflict[1], ENS_QCERT_FOR_ESEAL);
}

static void too_many(void)
{
    ens_cert_content content = claims_of('s');
    ens_service_states states = {
        .state = {{.type = ENS_SERVICE_CA_QC, .status = ENS_STATUS_GRANTED, .start = NEW, .uses = SEAL, .num_uses = 1}},
        .num = 1,
        .too_many = true};
    ens_qualifying q;
    ens__qualify(&content, &states, &q);
    CU_ASSERT_EQUAL(q.result, ENS_QUALIFIED_NA);
}

/* What a certificate says of itself, by its extensions alone. */
#define QC_STATEMENTS(length, statements) "\x30" length statements
#define COMPLIANCE "\x30\x08\x06\x06\x04\x00\x8E\x46\x01\x01"
#define SSCD "\x30\x08\x06\x06\x04\x00\x8E\x46\x01\x04"
#define TYPE_SEAL "\x30\x13\x06\x06\x04\x00\x8E\x46\x01\x06\x30\x09\x06\x07\x04\x00\x8E\x46\x01\x06\x02"
#define TYPE_BOTH                                                                                                      \
    "\x30\x1C\x06\x06\x04\x00\x8E\x46\x01\x06\x30\x12\x06\x07\x04\x00\x8E\x46\x01\x06\x01\x06\x07\x04\x00\x8E\x46\x01" \
    "\x06\x02"
#define LAW_CH "\x30\x0E\x06\x06\x04\x00\x8E\x46\x01\x07\x30\x04\x13\x02\x43\x48"
#define LAW_BROKEN "\x30\x0A\x06\x06\x04\x00\x8E\x46\x01\x07\x30\x00"
#define POLICY_QCP "\x30\x0A\x30\x08\x06\x06\x04\x00\x8B\x30\x01\x02"
#define POLICY_QCP_SSCD "\x30\x0A\x30\x08\x06\x06\x04\x00\x8B\x30\x01\x01"

static void own_words(void)
{
    static const struct {
        const char *what;
        ens_time issued;
        const char *statements, *policies;
        size_t statements_len, policies_len;
        bool qualified, qscd;
        unsigned type;
    } certificates[] = {
#define BYTES(statements, policies) statements, policies, sizeof(statements) - 1, sizeof(policies) - 1
        {"nothing", NEW, BYTES("", ""), false, false, 0},
        {"compliance alone is for signatures", NEW, BYTES(QC_STATEMENTS("\x0A", COMPLIANCE), ""), true, false,
         ENS_TYPE_ESIG},
        {"a seal", NEW, BYTES(QC_STATEMENTS("\x1F", COMPLIANCE TYPE_SEAL), ""), true, false, ENS_TYPE_ESEAL},
        {"a seal with QSCD", NEW, BYTES(QC_STATEMENTS("\x29", COMPLIANCE SSCD TYPE_SEAL), ""), true, true,
         ENS_TYPE_ESEAL},
        {"a seal that isn't compliant", NEW, BYTES(QC_STATEMENTS("\x15", TYPE_SEAL), ""), false, false, ENS_TYPE_ESEAL},
        {"two types", NEW, BYTES(QC_STATEMENTS("\x28", COMPLIANCE TYPE_BOTH), ""), true, false, 0},
        {"by Swiss law", NEW, BYTES(QC_STATEMENTS("\x2F", COMPLIANCE TYPE_SEAL LAW_CH), ""), false, false,
         ENS_TYPE_ESEAL},
        {"by a law that can't be read", NEW, BYTES(QC_STATEMENTS("\x2B", COMPLIANCE TYPE_SEAL LAW_BROKEN), ""), false,
         false, ENS_TYPE_ESEAL},
        {"old policies say nothing today", NEW, BYTES("", POLICY_QCP), false, false, 0},
        {"they did before eIDAS", OLD, BYTES("", POLICY_QCP), true, false, ENS_TYPE_ESIG},
        {"with a device", OLD, BYTES("", POLICY_QCP_SSCD), true, true, ENS_TYPE_ESIG},
        {"statements before eIDAS are for signatures", OLD, BYTES(QC_STATEMENTS("\x1F", COMPLIANCE TYPE_SEAL), ""),
         true, false, ENS_TYPE_ESIG},
        {"none of both before eIDAS", OLD, BYTES(QC_STATEMENTS("\x15", TYPE_SEAL), ""), false, false, 0},
    };
    for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++) {
        ens_cert cert = {.not_before = certificates[i].issued,
                         .qcstatements = ens_bytes(certificates[i].statements, certificates[i].statements_len),
                         .policies = ens_bytes(certificates[i].policies, certificates[i].policies_len)};
        ens_cert_content content;
        ens__cert_content_read(&cert, &content);
        CHECK_ROW(content.qualified == certificates[i].qualified && content.qscd == certificates[i].qscd &&
                      content.type == certificates[i].type,
                  "%s: qualified %d, QSCD %d, type %u", certificates[i].what, content.qualified, content.qscd,
                  content.type);
    }
}

static const ens_case cases[] = {
    {"comes to the one of twelve results that the states of the services lead to", results},
    {"tells at which step it stopped", steps},
    {"names the state that decided, and the results that contradict each other", decisive},
    {"concludes nothing where there are more states than it keeps", too_many},
    {"reads what a certificate says of itself by the rules of the day of its issue", own_words},
    {NULL, NULL},
};
ENS_SUITE("certs/qualify", cases)
