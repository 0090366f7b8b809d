/* People, mails and requests of the rehearsal, and what crosses between its environments: nothing. */
#include "sti/rights/eml.h"
#include "tests/sti/rehearsed.h"
#include "tests/suite.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW REHEARSED_NOW
#define CROSSINGS 10000

static rehearsed t;

static bool good_account(const char *id, const char *password, const char *email, bool terms)
{
    ens_err err = {0};
    const ens__account_form form = {.id = ens_str(id),
                                    .password = ens_str(password),
                                    .email = ens_str(email),
                                    .surname = ENS_LIT("Demo"),
                                    .first_name = ENS_LIT("Ann"),
                                    .terms = terms};
    ens_report_reset(t.report);
    CU_ASSERT_EQUAL(ens__account_judge(t.of[0], &form, NOW, t.report, &err), ENS_OK);
    return ens_report_verdict(t.report) == ENS_ACCEPTED;
}

static void accounts_keep_the_guides_rules(void)
{
    static const struct {
        const char *id, *password, *email;
        bool terms, good;
    } rows[] = {
        {"transports1", "R4-invented", "a@b.invalid", true, true},
        {"abcdefgh", "R4-invented", "a@b.invalid", true, true},
        {"abcdefghijklmnopqrst", "R4-invented", "a.b+c@x-y.example", true, true},
        {"abcdefg", "R4-invented", "a@b.invalid", true, false},
        {"abcdefghijklmnopqrstu", "R4-invented", "a@b.invalid", true, false},
        {"trans-ports", "R4-invented", "a@b.invalid", true, false},
        {"trans_ports", "R4-invented", "a@b.invalid", true, false},
        {"transports\u00e9", "R4-invented", "a@b.invalid", true, false},
        {"transports1", "invented-4", "a@b.invalid", true, false},
        {"transports1", "Invented-x", "a@b.invalid", true, false},
        {"transports1", "Invented44", "a@b.invalid", true, false},
        {"transports1", "R4-abc", "a@b.invalid", true, false},
        {"transports1", "R4-invented", "a@douane.gouv.fr", true, false},
        {"transports1", "R4-invented", "a@EC.Europa.EU", true, false},
        {"transports1", "R4-invented", "a@gouv.fr", true, false},
        {"transports1", "R4-invented", "\"a@b\"@gouv.fr", true, false},
        {"transports1", "R4-invented", "a@b", true, false},
        {"transports1", "R4-invented", "a@b.example, c@d.example", true, false},
        {"transports1", "R4-invented", "", true, false},
        {"transports1", "R4-invented", "a@b.invalid", false, false},
    };
    rehearsed_open(&t);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_ROW(good_account(rows[i].id, rows[i].password, rows[i].email, rows[i].terms) == rows[i].good,
                  "%s, %s, %s", rows[i].id, rows[i].password, rows[i].email);
    char invented[ENS_PASSWORD_INVENTED];
    for (int i = 0; i < 200; i++) {
        CU_ASSERT_EQUAL(ens__password_invent(invented, NULL), ENS_OK);
        CHECK_ROW(good_account("transports1", invented, "a@b.invalid", true), "%s", invented);
    }
    rehearsed_close(&t);
}

static ens_code create_at(const char *id, ens_time at)
{
    char mail[ENS_ID];
    ens_err err = {0};
    const ens__account_form form = {.id = ens_str(id),
                                    .password = ENS_LIT(REHEARSED_PASSWORD),
                                    .email = ENS_LIT("a@b.invalid"),
                                    .surname = ENS_LIT("Demo"),
                                    .first_name = ENS_LIT("Ann"),
                                    .terms = true};
    ens_report_reset(t.report);
    ens_code code = ens__account_create(t.of[0], &form, at, t.report, mail, &err);
    return code == ENS_OK && ens_report_verdict(t.report) != ENS_ACCEPTED ? ENS_EPOLICY : code;
}

static ens_code confirm_at(const char *link, ens_time at)
{
    ens__account a;
    ens_err err = {0};
    return ens__account_confirm(t.of[0], ens_str(link), at, &a, &err);
}

static void links_live_a_day(void)
{
    char first[ENS_ID], second[ENS_ID], third[ENS_ID];
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_EQUAL(create_at("transports1", NOW), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_link(&t, ENS_CONFORMANCE, first));
    CU_ASSERT_EQUAL(create_at("transports1", NOW + 5), ENS_EPOLICY); /* the user id is taken meanwhile */
    CU_ASSERT_EQUAL(ens__account_resend(t.of[0], ENS_LIT("transports1"), NOW + 60, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_link(&t, ENS_CONFORMANCE, second) && strcmp(first, second) != 0);
    CU_ASSERT_EQUAL(confirm_at(first, NOW + 120), ENS_EPOLICY);
    CU_ASSERT_EQUAL(confirm_at(second, NOW + ENS_LINK_SECONDS + 1), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__account_resend(t.of[0], ENS_LIT("transports1"), NOW + ENS_LINK_SECONDS + 1, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_link(&t, ENS_CONFORMANCE, third) && strcmp(third, second) == 0);
    CU_ASSERT_EQUAL(create_at("transports1", NOW + ENS_LINK_SECONDS + 1), ENS_OK); /* anew */
    CU_ASSERT_TRUE_FATAL(rehearsed_link(&t, ENS_CONFORMANCE, third) && strcmp(third, second) != 0);
    CU_ASSERT_EQUAL(confirm_at(third, NOW + 2 * ENS_LINK_SECONDS), ENS_OK);
    CU_ASSERT_EQUAL(confirm_at(third, NOW + 2 * ENS_LINK_SECONDS), ENS_EPOLICY);
    CU_ASSERT_EQUAL(create_at("transports1", NOW + 9 * ENS_LINK_SECONDS), ENS_EPOLICY);
    rehearsed_close(&t);
}

static ens_code login_at(const char *id, const char *password, ens_time at, char told[256])
{
    char token[ENS_ID];
    ens_err err = {0};
    ens_code code = ens__login(t.of[0], ens_str(id), ens_str(password), at, token, &err);
    ens_err_format(&err, told, 256);
    return code;
}

static void log_in_tells_nothing_and_waits(void)
{
    char wrong[256], unknown[256], waiting[256], told[256];
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, "transports1"));
    CU_ASSERT_EQUAL(create_at("transports2", NOW), ENS_OK);
    CU_ASSERT_EQUAL(login_at("transports1", REHEARSED_PASSWORD, NOW, told), ENS_OK);
    CU_ASSERT_EQUAL(login_at("transports1", "R4-wrong", NOW, wrong), ENS_EPOLICY);
    CU_ASSERT_EQUAL(login_at("nobody1234", "R4-wrong", NOW, unknown), ENS_EPOLICY);
    CU_ASSERT_EQUAL(login_at("transports2", REHEARSED_PASSWORD, NOW, waiting), ENS_EPOLICY);
    CU_ASSERT_STRING_EQUAL(wrong, unknown);
    CU_ASSERT_STRING_EQUAL(wrong, waiting);
    for (unsigned i = 1; i < ENS_LOGIN_TRIES; i++)
        CU_ASSERT_EQUAL(login_at("TRANSPORTS1", "R4-wrong", NOW, told), ENS_EPOLICY);
    CU_ASSERT_EQUAL(login_at("transports1", REHEARSED_PASSWORD, NOW, told), ENS_ELIMIT);
    CU_ASSERT_EQUAL(login_at("transports1", REHEARSED_PASSWORD, NOW + ENS_LOGIN_SECONDS + 1, told), ENS_OK);
    for (unsigned i = 0; i < ENS_LOGIN_TRIES; i++)
        CU_ASSERT_EQUAL(login_at("nobody1234", "R4-wrong", NOW, told), ENS_EPOLICY);
    CU_ASSERT_EQUAL(login_at("nobody1234", "R4-wrong", NOW, told), ENS_ELIMIT); /* as one that is there */
    rehearsed_close(&t);
}

/* holds tells whether the file of an environment, or what is written ahead of it, has a text. */
static bool holds(const char *name, const char *text)
{
    char path[160];
    bool found = false;
    snprintf(path, sizeof path, "%s/%s", t.folder, name);
    FILE *f = fopen(path, "rb");
    char *bytes = f ? malloc((size_t)8 << 20) : NULL;
    if (bytes) {
        size_t len = fread(bytes, 1, (size_t)8 << 20, f);
        found = ens__find(ens_bytes(bytes, len), ens_str(text), 0) != SIZE_MAX;
    }
    free(bytes);
    if (f)
        fclose(f);
    return found;
}

static void secrets_are_kept_as_digests(void)
{
    char token[ENS_ID];
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, "transports1"));
    CU_ASSERT_EQUAL(ens__login(t.of[0], ENS_LIT("transports1"), ENS_LIT(REHEARSED_PASSWORD), NOW, token, &err), ENS_OK);
    CU_ASSERT_TRUE(holds("conformance.db-wal", "transports1"));
    CU_ASSERT_FALSE(holds("conformance.db-wal", token) || holds("conformance.db", token));
    CU_ASSERT_FALSE(holds("conformance.db-wal", REHEARSED_PASSWORD) || holds("conformance.db", REHEARSED_PASSWORD));
    rehearsed_close(&t);
}

static void companies_are_linked_by_siret(void)
{
    static const struct {
        const char *siret;
        bool good;
    } rows[] = {
        {"73282932000074", true},  {"73282932000075", false}, {"7328293200007", false},  {"", false},
        {"35600000000048", true},  {"35600000049837", true},  {"35600000049838", false}, {"7328293200007x", false},
        {" 73282932000074 ", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_report *report = ens_report_new();
        ens__company_judge(ens_str(rows[i].siret), ENS_LIT("Demo"), report);
        CHECK_ROW((ens_report_verdict(report) == ENS_ACCEPTED) == rows[i].good, "SIRET %s", rows[i].siret);
        ens_report_free(report);
    }
}

#define HEAD "Subject: Demo SAS Request for rights_Conformance (test) UUM&DS\n\n"
#define FOUR "EORI number: FR732829320\nCompany name: Demo SAS\nProdouane user id: transports1\n"

static void letters_are_read_by_the_pattern(void)
{
    static const struct {
        const char *text, *missing; /* id of what fails; NULL: nothing */
    } rows[] = {
        {HEAD FOUR "Desired date: 2026-10-05\n", NULL},
        {"Objet : Demo SAS Request for rights_Conformance (test) UUM&DS\n\nNum\u00e9ro EORI : FR732829320\nNom de la "
         "soci\u00e9t\u00e9 : Demo SAS\nIdentifiant Prodouane\u00a0: transports1\nDate souhait\u00e9e : 05/10/2026\n",
         NULL},
        {"Subject: [REHEARSAL] Demo SAS Request for rights_test UUM&DS\n" FOUR "Desired date: 05.10.2026", NULL},
        {"Demo SAS Request for rights_Conformance UUM&DS\n" FOUR "Desired date: 2026-10-05", NULL},
        {FOUR "Desired date: 2026-10-05\n", "rights.subject"},
        {"Subject: Rights please\n" FOUR "Desired date: 2026-10-05\n", "rights.subject"},
        {"Subject: Request for rights_Conformance UUM&DS\n" FOUR "Desired date: 2026-10-05\n", "rights.subject"},
        {"Subject: Demo SAS Request for rights_Production UUM&DS\n" FOUR "Desired date: 2026-10-05\n",
         "rights.environment"},
        {"Subject: Demo SAS Request for rights_ UUM&DS\n" FOUR "Desired date: 2026-10-05\n", "rights.environment"},
        {HEAD FOUR, "rights.date"},
        {HEAD FOUR "Desired date: 2026-02-30\n", "rights.date"},
        {HEAD "Company name: Demo SAS\nUser id: transports1\nDesired date: 2026-10-05\n", "rights.eori"},
        {HEAD "EORI: FR732829321\nCompany name: Demo SAS\nUser id: t\nDesired date: 2026-10-05\n", "eori.check-digit"},
        {HEAD "EORI: FR732829320\nUser id: t\nDesired date: 2026-10-05\n", "rights.company"},
        {HEAD "EORI: FR732829320\nCompany: Other\nUser id: t\nDesired date: 2026-10-05\n", "rights.company"},
        {HEAD "EORI: FR732829320\nCompany: Demo SAS\nDesired date: 2026-10-05\n", "rights.user"},
    };
    t = (rehearsed){.report = ens_report_new()};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens__letter l;
        ens_report_reset(t.report);
        ens__letter_read(ens_str(rows[i].text), ENS_CONFORMANCE, NOW, &l, t.report);
        bool good = ens_report_verdict(t.report) == ENS_ACCEPTED;
        CHECK_ROW(rows[i].missing ? rehearsed_tells(&t, rows[i].missing, ENS_FAIL) : good, "letter %zu: %s", i,
                  rows[i].missing ? rows[i].missing : "should be taken");
        if (good)
            CHECK_ROW(strcmp(l.company, "Demo SAS") == 0 && strcmp(l.account, "transports1") == 0 &&
                          l.wanted == 1791158400,
                      "letter %zu: %s, %s, %lld", i, l.company, l.account, (long long)l.wanted);
    }
    ens_report_free(t.report);
}

static void mails_are_read_as_programs_save_them(void)
{
    static const struct {
        const char *file, *subject, *text; /* what is in them; NULL: nothing is read */
    } rows[] = {
        {"Subject: a\r\n\r\nEORI: x\r\n", "a", "EORI: x"},
        {"From: x@y\nSubject: =?utf-8?B?RMOpbW8=?= =?iso-8859-1?Q?_=E9t=E9?=\n\nt", "D\u00e9mo \u00e9t\u00e9", "t"},
        {"Subject: a\n b\n\tc\nContent-Type: text/plain; charset=\"iso-8859-1\"\nContent-Transfer-Encoding: "
         "quoted-printable\n\nNum=E9ro=\n !",
         "a b c", "Num\u00e9ro !"},
        {"Subject: a\nContent-Transfer-Encoding: base64\n\nRU9SSQ==\n", "a", "EORI"},
        {"Subject: a\nContent-Type: multipart/alternative; boundary=\"b b\"\n\npreamble\n--b b\nContent-Type: "
         "text/html\n\n<p>no</p>\n--b b\nContent-Type: text/plain\n\nyes\n--b b--\nafter",
         "a", "yes"},
        {"Subject: a\nContent-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/alternative; "
         "boundary=i\n\n--i\n\ninner\n--i--\n--o--\n",
         "a", "inner"},
        {"Subject: a\nContent-Type: text/html\n\n<p>EORI</p>", "a", NULL},
        {"Subject: a\nContent-Type: multipart/mixed; boundary=b\n\nno part at all", "a", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens__eml mail;
        ens_arena arena;
        ens_err err = {0};
        ens_arena_init(&arena, (size_t)1 << 20);
        CU_ASSERT_EQUAL(ens__eml_read(ens_str(rows[i].file), &arena, &mail, &err), ENS_OK);
        CHECK_ROW(ens_is(mail.subject, rows[i].subject), "mail %zu: subject %.*s", i, (int)mail.subject.len,
                  mail.subject.p ? (const char *)mail.subject.p : "");
        CHECK_ROW(rows[i].text ? ens__find(mail.text, ens_str(rows[i].text), 0) != SIZE_MAX : !mail.has_text,
                  "mail %zu: text %.*s", i, (int)mail.text.len, mail.text.p ? (const char *)mail.text.p : "");
        ens_arena_free(&arena);
    }
}

static void mails_that_are_too_deep_are_refused(void)
{
    ens_buf file;
    ens_arena arena;
    ens__eml mail;
    ens_err err = {0};
    ens_buf_init(&file, NULL, 0, ENS_EML_MAX * 2);
    for (unsigned i = 0; i < 2 * ENS_EML_DEPTH_MAX; i++)
        ens_buf_printf(&file, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    ens_arena_init(&arena, (size_t)1 << 20);
    CU_ASSERT_EQUAL(ens__eml_read(ens_buf_slice(&file), &arena, &mail, &err), ENS_ELIMIT);
    file.len = 0;
    for (unsigned i = 0; i < 2 * ENS_EML_HEADERS_MAX; i++)
        ens_buf_text(&file, "X: y\n");
    CU_ASSERT_EQUAL(ens__eml_read(ens_buf_slice(&file), &arena, &mail, &err), ENS_ELIMIT);
    CU_ASSERT_EQUAL(ens__eml_read(ENS_LIT("no head"), &arena, &mail, &err), ENS_ESYNTAX);
    ens_arena_free(&arena);
    ens_buf_free(&file);
}

static void mails_go_to_no_administration(void)
{
    static const struct {
        const char *address;
        bool official, plain;
    } rows[] = {{"a@douane.gouv.fr", true, true},
                {"a@DOUANE.GOUV.FR", true, true},
                {"a@gouv.fr", true, true},
                {"a@ec.europa.eu", true, true},
                {"a@europa.eu.", true, false},
                {"a@notgouv.fr", false, true},
                {"a@gouv.fr.example", false, true},
                {"a@b@gouv.fr", true, false},
                {"a@[127.0.0.1]", false, false},
                {"<a@gouv.fr>", false, false},
                {"a@gouv.fr\r\nCc: b@c.d", false, false},
                {"a b@c.example", false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ens_slice a = ens_str(rows[i].address);
        CHECK_ROW(!(ens__mail_address(a) && !ens__mail_official(a)) || (rows[i].plain && !rows[i].official),
                  "%s might be written to", rows[i].address);
        CHECK_ROW(!rows[i].plain || (ens__mail_address(a) && ens__mail_official(a) == rows[i].official), "%s",
                  rows[i].address);
        CHECK_ROW(rows[i].plain && !rows[i].official
                      ? true
                      : ens__smtp_send("smtp://127.0.0.1:9", "a@b.example", rows[i].address, ENS_LIT("x"), NULL) ==
                            ENS_EPOLICY,
                  "%s is sent to", rows[i].address);
    }
    CU_ASSERT_EQUAL(ens__smtp_send("http://127.0.0.1", "a@b.example", "a@b.example", ENS_LIT("x"), NULL), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__smtp_send("smtp://u:p@127.0.0.1", "a@b.example", "a@b.example", ENS_LIT("x"), NULL),
                    ENS_EPOLICY);
    CU_ASSERT_TRUE(ens__mail_listed(ENS_LIT("a@b.example, C@d.example"), ENS_LIT("c@d.example")));
    CU_ASSERT_FALSE(ens__mail_listed(ENS_LIT("a@b.example,,"), ENS_LIT("b@b.example")));
    CU_ASSERT_FALSE(ens__mail_listed(ENS_LIT(""), ENS_LIT("")));
}

static void every_mail_says_what_it_is(void)
{
    ens__mail *mails = NULL, mail;
    size_t num = 0;
    ens__rights q;
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, "transports1"));
    CU_ASSERT_TRUE_FATAL(rehearsed_rights(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[0], ens_str(q.id), true, (ens_slice){0}, NOW, &q, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__mails(t.of[0], NULL, &t.arena, &mails, &num, &err), ENS_OK);
    CU_ASSERT_TRUE(num >= 2);
    for (size_t i = 0; i < num; i++) {
        ens_buf body;
        ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
        CU_ASSERT_EQUAL(ens__mail_find(t.of[0], ens_str(mails[i].id), &mail, &body, &err), ENS_OK);
        size_t first = ens__find(ens_buf_slice(&body), ENS_LIT(ENS_REHEARSAL_EN), 0);
        CU_ASSERT_TRUE(first == 0 && ens__find(ens_buf_slice(&body), ENS_LIT(ENS_REHEARSAL_EN), 1) != SIZE_MAX);
        CU_ASSERT_TRUE(ens_starts(ens_str(mail.subject), ENS_LIT("[REHEARSAL] ")));
        CU_ASSERT_EQUAL(mail.state, ENS_MAIL_KEPT);
        ens_buf_free(&body);
    }
    rehearsed_close(&t);
}

static void officers_decide_in_the_order_of_dates(void)
{
    ens__rights q, *all = NULL;
    size_t num = 0;
    bool held = false;
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, "transports1"));
    ens__letter l = {.company = "Demo", .account = "transports1", .wanted = NOW + 900, .eori = "FR732829320"};
    CU_ASSERT_EQUAL(ens__rights_ask(t.of[0], &l, ENS_RIGHTS_EML, NOW, t.report, &q, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_rights(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_EQUAL(ens__rights_list(t.of[0], NULL, &t.arena, &all, &num, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(num == 2 && strcmp(all[0].eori, REHEARSED_EORI) == 0);
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[0], ens_str(q.id), false, ENS_LIT("  "), NOW, &q, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[0], ens_str(q.id), false, ENS_LIT("no"), NOW, &q, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[0], ens_str(q.id), true, (ens_slice){0}, NOW, &q, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL(ens__rights_held(t.of[0], "transports1", ENS_LIT(REHEARSED_EORI), &q, &held, &err), ENS_OK);
    CU_ASSERT_FALSE(held);
    CU_ASSERT_TRUE(rehearsed_rights(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &q)); /* once more */
    CU_ASSERT_FALSE(rehearsed_rights(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "rights.again", ENS_FAIL));
    CU_ASSERT_FALSE(rehearsed_rights(&t, ENS_PRODUCTION, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_TRUE(rehearsed_tells(&t, "rights.user", ENS_FAIL));
    rehearsed_close(&t);
}

/* One presentation of something of one environment to the other: whether it is there or made up, it is refused with
 * the same words. */
typedef ens_code (*presented)(ens__rehearsal *r, ens_slice id, ens_err *err);

static ens_code present_registration(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__dossier d;
    return ens__dossier_find(r, id, NULL, &d, err);
}

static ens_code present_rights(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__rights q;
    return ens__rights_find(r, id, &q, err);
}

static ens_code present_session(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__login_session s;
    return ens__login_find(r, id, NOW, &s, err);
}

static ens_code present_link(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__account a;
    return ens__account_confirm(r, id, NOW, &a, err);
}

static ens_code present_task(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__todo todo;
    return ens__todo_find(r, id, NULL, &todo, err);
}

static const struct {
    ens__id_kind kind;
    presented present;
} doors[] = {{ENS_ID_REGISTRATION, present_registration},
             {ENS_ID_RIGHTS, present_rights},
             {ENS_ID_SESSION, present_session},
             {ENS_ID_LINK, present_link},
             {ENS_ID_TASK, present_task}};
#define NUM_DOORS (sizeof doors / sizeof *doors)

static void told_for(size_t door, ens__environment e, const char *id, char told[256])
{
    ens_err err = {0};
    CHECK_ROW(doors[door].present(t.of[e], ens_str(id), &err) != ENS_OK, "%s is taken", id);
    ens_err_format(&err, told, 256);
}

static void nothing_crosses(void)
{
    char session[ENS_ID], real[256], told[256], id[ENS_ID];
    unsigned differs = 0;
    ens__rights q;
    ens__dossier d;
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_PRODUCTION, "transports1"));
    CU_ASSERT_TRUE_FATAL(rehearsed_rights(&t, ENS_PRODUCTION, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[1], ens_str(q.id), true, (ens_slice){0}, NOW, &q, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_PRODUCTION, "transports1", REHEARSED_EORI, &d));
    CU_ASSERT_EQUAL(ens__login(t.of[1], ENS_LIT("transports1"), ENS_LIT(REHEARSED_PASSWORD), NOW, session, &err),
                    ENS_OK);
    const char *const there[] = {d.id, q.id, session};
    for (size_t door = 0; door < NUM_DOORS; door++) {
        if (door < 3)
            told_for(door, ENS_CONFORMANCE, there[door], real);
        for (unsigned i = 0; i < CROSSINGS / NUM_DOORS; i++) {
            CU_ASSERT_EQUAL(ens__id_make(ENS_PRODUCTION, doors[door].kind, id, &err), ENS_OK);
            told_for(door, ENS_CONFORMANCE, id, told);
            differs += door < 3 && strcmp(told, real) != 0;
            differs += !strstr(told, "it is of production");
        }
    }
    CU_ASSERT_EQUAL(differs, 0);
    rehearsed_close(&t);
}

static void what_is_anothers_is_nowhere(void)
{
    char unknown[256], foreign[256], id[ENS_ID];
    ens__rights q;
    ens__dossier d, found;
    ens_err err = {0};
    rehearsed_open(&t);
    CU_ASSERT_TRUE_FATAL(rehearsed_account(&t, ENS_CONFORMANCE, "transports1"));
    CU_ASSERT_TRUE_FATAL(rehearsed_rights(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &q));
    CU_ASSERT_EQUAL(ens__rights_decide(t.of[0], ens_str(q.id), true, (ens_slice){0}, NOW, &q, &err), ENS_OK);
    CU_ASSERT_TRUE_FATAL(rehearsed_open_dossier(&t, ENS_CONFORMANCE, "transports1", REHEARSED_EORI, &d));
    CU_ASSERT_EQUAL(ens__id_make(ENS_CONFORMANCE, ENS_ID_REGISTRATION, id, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__dossier_find(t.of[0], ens_str(d.id), "transports1", &found, &err), ENS_OK);
    CU_ASSERT_NOT_EQUAL(ens__dossier_find(t.of[0], ens_str(d.id), "transports2", &found, &err), ENS_OK);
    ens_err_format(&err, foreign, sizeof foreign);
    err = (ens_err){0};
    CU_ASSERT_NOT_EQUAL(ens__dossier_find(t.of[0], ens_str(id), "transports2", &found, &err), ENS_OK);
    ens_err_format(&err, unknown, sizeof unknown);
    CU_ASSERT_STRING_EQUAL(foreign, unknown);
    rehearsed_close(&t);
}

static void a_file_is_of_one_environment(void)
{
    char path[160];
    ens__rehearsal *again = NULL;
    ens_err err = {0};
    rehearsed_open(&t);
    snprintf(path, sizeof path, "%s/production.db", t.folder);
    const ens__rehearsal_options other = {.environment = "conformance"}, own = {.environment = NULL};
    CU_ASSERT_EQUAL(ens__rehearsal_open(path, &other, &again, &err), ENS_EPOLICY);
    CU_ASSERT_EQUAL_FATAL(ens__rehearsal_open(path, &own, &again, &err), ENS_OK);
    CU_ASSERT_EQUAL(ens__rehearsal_environment(again), ENS_PRODUCTION);
    ens__rehearsal_close(again);
    rehearsed_close(&t);
}

static const ens_case cases[] = {
    {"accounts keep the guide's rules", accounts_keep_the_guides_rules},
    {"links live a day, and the last one counts", links_live_a_day},
    {"logging in tells nothing, and waits after five tries", log_in_tells_nothing_and_waits},
    {"of secrets a digest is kept", secrets_are_kept_as_digests},
    {"companies are linked by a SIRET that exists", companies_are_linked_by_siret},
    {"requests are read by the prescribed pattern", letters_are_read_by_the_pattern},
    {"e-mails are read as programs save them", mails_are_read_as_programs_save_them},
    {"e-mails that are too deep or long are refused", mails_that_are_too_deep_are_refused},
    {"no mail goes to an administration", mails_go_to_no_administration},
    {"every mail says what it is, above and below", every_mail_says_what_it_is},
    {"officers decide in the order of the desired dates", officers_decide_in_the_order_of_dates},
    {"nothing of one environment is taken or told by the other", nothing_crosses},
    {"what is another's has the answer of what isn't there", what_is_anothers_is_nowhere},
    {"a file is of one environment", a_file_is_of_one_environment},
    {NULL, NULL},
};
ENS_SUITE("sti/rehearsal", cases)
