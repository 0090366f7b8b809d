#include "sti/mail/mail.h"

#include "engine/base/clock.h"
#include "engine/base/printable.h"

#include <stdio.h>

#define RULE "Ensign rehearsal, mails"
#define LOCAL_MAX 64u
#define DOMAIN_MAX 190u
#define LABEL_MAX 63u
#define ENCODED_MAX 45u /* octets of an encoded word of a subject: 60 characters of base64 */
#define LINE_OCTETS 57u /* octets of a line of base64 */
#define LIST_MAX 500u

#define COLUMNS "id, at, recipient, subject, state, reason, account"

const char *ens__mail_state_name(ens__mail_state state)
{
    static const char *const names[] = {"kept", "sent", "refused"};
    return (unsigned)state < sizeof names / sizeof *names ? names[state] : "unknown";
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_local(ens_slice local)
{
    bool good = local.len >= 1 && local.len <= LOCAL_MAX && local.p[0] != '.' && local.p[local.len - 1] != '.';
    for (size_t i = 0; good && i < local.len; i++)
        good = is_word(local.p[i]) || (strchr("!#$%&'*+/=?^_`{|}~-", local.p[i]) && local.p[i]) ||
               (local.p[i] == '.' && local.p[i + 1] != '.');
    return good;
}

static bool is_domain(ens_slice domain)
{
    size_t label = 0, dots = 0;
    bool good = domain.len >= 3 && domain.len <= DOMAIN_MAX;
    for (size_t i = 0; good && i < domain.len; i++) {
        uint8_t c = domain.p[i];
        if (c == '.') {
            good = label > 0 && domain.p[i - 1] != '-';
            label = 0;
            dots++;
        } else {
            good = (is_word(c) || (c == '-' && label > 0)) && ++label <= LABEL_MAX;
        }
    }
    return good && label > 0 && dots > 0 && domain.p[domain.len - 1] != '-';
}

static ens_slice domain_of(ens_slice address)
{
    size_t at = ens__find(address, ENS_LIT("@"), 0);
    return at != SIZE_MAX ? ens_from(address, at + 1) : (ens_slice){0};
}

bool ens__mail_address(ens_slice address)
{
    ens_slice domain = domain_of(address);
    return domain.len && is_local(ens_sub(address, 0, address.len - domain.len - 1)) && is_domain(domain);
}

static bool below(ens_slice domain, ens_slice top)
{
    if (domain.len < top.len || !ens__eq_nocase(ens_from(domain, domain.len - top.len), top))
        return false;
    return domain.len == top.len || domain.p[domain.len - top.len - 1] == '.';
}

bool ens__mail_official(ens_slice address)
{
    ens_slice domain = domain_of(address);
    while (domain.len && domain.p[domain.len - 1] == '.')
        domain.len--;
    return below(domain, ENS_LIT("gouv.fr")) || below(domain, ENS_LIT("europa.eu"));
}

bool ens__mail_listed(ens_slice list, ens_slice address)
{
    while (list.len) {
        size_t comma = ens__find(list, ENS_LIT(","), 0);
        if (ens__eq_nocase(ens__trim(ens_sub(list, 0, comma)), address))
            return true;
        list = comma != SIZE_MAX ? ens_from(list, comma + 1) : (ens_slice){0};
    }
    return false;
}

/* why_kept gives the reason for which a mail doesn't leave, or NULL. */
static const char *why_kept(ens_slice to, const char *smtp, const char *listed)
{
    if (ens__mail_official(to))
        return "no mail leaves to gouv.fr or europa.eu: this is a rehearsal";
    if (!ens__mail_address(to))
        return "it is no plain address";
    if (!smtp[0])
        return "no mail server is set: it stays here";
    if (!ens__mail_listed(ens_str(listed), to))
        return "the settings don't list this address";
    return NULL;
}

static ens_code mark(ens__rehearsal *r, const char *id, ens__mail_state state, const char *reason, ens_err *err)
{
    char text[256];
    snprintf(text, sizeof text, "%.255s", reason);
    const ens__value v[] = {ens__string(id), ens__number(state), ens__string(text)};
    return ens__rehearsal_run(r, "UPDATE mail SET state = ?2, reason = ?3 WHERE id = ?1", v, 3, NULL, err);
}

/* deliver hands a mail to the server; that it can't isn't our fault, and is told. */
static ens_code deliver(ens__rehearsal *r, const ens__mail *mail, ens_slice body, const char *smtp, ens_err *err)
{
    char from[ENS_SETTING], reason[256];
    ens_err fault = {0};
    ens_buf message;
    ens_code code = ens__rehearsal_setting(r, "mail-from", from, err);
    if (code != ENS_OK)
        return code;
    if (!from[0])
        snprintf(from, sizeof from, "rehearsal@ensign.invalid");
    ens_buf_init(&message, NULL, 0, ENS_MAIL_BODY_MAX * 2);
    ens__mail_message(mail, body, from, &message);
    ens_code sent = ens_buf_done(&message, &fault);
    if (sent == ENS_OK)
        sent = ens__smtp_send(smtp, from, mail->to, ens_buf_slice(&message), &fault);
    ens_buf_free(&message);
    return mark(r, mail->id, sent == ENS_OK ? ENS_MAIL_SENT : ENS_MAIL_KEPT,
                sent == ENS_OK ? "" : ens_err_format(&fault, reason, sizeof reason), err);
}

static ens_code send_or_keep(ens__rehearsal *r, const ens__mail *mail, ens_slice body, ens_err *err)
{
    char smtp[ENS_SETTING], listed[ENS_SETTING];
    ens_code code = ens__rehearsal_setting(r, "smtp", smtp, err);
    if (code == ENS_OK)
        code = ens__rehearsal_setting(r, "mail-to", listed, err);
    if (code != ENS_OK)
        return code;
    const char *why = why_kept(ens_str(mail->to), smtp, listed);
    if (!why)
        return deliver(r, mail, body, smtp, err);
    return mark(r, mail->id, ens__mail_official(ens_str(mail->to)) ? ENS_MAIL_REFUSED : ENS_MAIL_KEPT, why, err);
}

static void compose(const ens__mail_draft *d, ens_buf *out)
{
    const char *banner = d->language && strcmp(d->language, "fr") == 0 ? ENS_REHEARSAL_FR : ENS_REHEARSAL_EN;
    ens_buf_printf(out, "%s\n\n", banner);
    ens__printable_lines(out, d->text);
    ens_buf_printf(out, "\n\n-- \n%s\n", banner);
}

ens_code ens__mail_write(ens__rehearsal *r, const ens__mail_draft *d, ens_time now, char out[ENS_ID], ens_err *err)
{
    ens__mail mail = {.at = now};
    ens_buf body;
    bool french = d->language && strcmp(d->language, "fr") == 0;
    ens_code code = ens__id_make(ens__rehearsal_environment(r), ENS_ID_MAIL, mail.id, err);
    if (code != ENS_OK)
        return code;
    snprintf(mail.to, sizeof mail.to, "%s", d->to);
    snprintf(mail.subject, sizeof mail.subject, "%s %s", french ? "[R\u00c9P\u00c9TITION]" : "[REHEARSAL]", d->subject);
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    compose(d, &body);
    code = ens_buf_done(&body, err);
    const ens__value v[] = {ens__string(mail.id),
                            ens__number(now),
                            ens__string(mail.to),
                            ens__string(mail.subject),
                            ens__text(ens_buf_slice(&body)),
                            ens__string(d->account)};
    if (code == ENS_OK)
        code =
            ens__rehearsal_run(r,
                               "INSERT INTO mail (id, n, at, recipient, subject, body, state, reason, account) SELECT "
                               "?1, COALESCE(MAX(n), 0) + 1, ?2, ?3, ?4, ?5, 0, '', ?6 FROM mail",
                               v, 6, NULL, err);
    if (code == ENS_OK)
        code = send_or_keep(r, &mail, ens_buf_slice(&body), err);
    ens_buf_free(&body);
    if (code == ENS_OK && out)
        memcpy(out, mail.id, sizeof mail.id);
    return code;
}

static void read_mail(const ens__row *row, void *record)
{
    ens__mail *m = record;
    ens__row_text(row, 0, m->id, sizeof m->id);
    m->at = ens__row_number(row, 1);
    ens__row_text(row, 2, m->to, sizeof m->to);
    ens__row_text(row, 3, m->subject, sizeof m->subject);
    m->state = (ens__mail_state)ens__row_number(row, 4);
    ens__row_text(row, 5, m->reason, sizeof m->reason);
    ens__row_text(row, 6, m->account, sizeof m->account);
}

ens_code ens__mails(ens__rehearsal *r, const char *account, ens_arena *arena, ens__mail **out, size_t *num,
                    ens_err *err)
{
    ens__records list = {.arena = arena, .size = sizeof **out, .read = read_mail, .max = LIST_MAX};
    const ens__value v[] = {ens__string(account)};
    ens_code code = ens__records_of(r, "SELECT " COLUMNS " FROM mail WHERE ?1 = '' OR account = ?1 ORDER BY n DESC", v,
                                    1, &list, err);
    if (code == ENS_OK) {
        *out = (ens__mail *)(void *)list.records;
        *num = list.num;
    }
    return code;
}

typedef struct {
    ens__mail *mail;
    ens_buf *body;
} whole_mail;

static void read_whole(const ens__row *row, void *record)
{
    whole_mail *w = record;
    read_mail(row, w->mail);
    ens_buf_put(w->body, ens__row_bytes(row, 7));
}

ens_code ens__mail_find(ens__rehearsal *r, ens_slice id, ens__mail *out, ens_buf *body, ens_err *err)
{
    whole_mail w = {.mail = out, .body = body};
    bool found;
    const ens__value v[] = {ens__text(id)};
    ens_code code = ens__id_check(ens__rehearsal_environment(r), ENS_ID_MAIL, id, err);
    if (code == ENS_OK)
        code = ens__record_of(r, "SELECT " COLUMNS ", body FROM mail WHERE id = ?1", v, 1, read_whole, &w, &found, err);
    if (code == ENS_OK && !found)
        code = ens_fail(err, ENS_ESYNTAX, RULE, "there is nothing of that id here", 0);
    return code == ENS_OK ? ens_buf_done(body, err) : code;
}

ens_code ens__mail_send(ens__rehearsal *r, ens_slice id, ens_err *err)
{
    ens__mail mail;
    ens_buf body;
    ens_buf_init(&body, NULL, 0, ENS_MAIL_BODY_MAX);
    ens_code code = ens__mail_find(r, id, &mail, &body, err);
    if (code == ENS_OK && mail.state != ENS_MAIL_SENT)
        code = send_or_keep(r, &mail, ens_buf_slice(&body), err);
    ens_buf_free(&body);
    return code;
}

/* put_subject writes encoded words (RFC 2047), each of whole characters. */
static void put_subject(ens_buf *out, ens_slice subject)
{
    ens_buf_text(out, "Subject:");
    while (subject.len) {
        size_t len = subject.len < ENCODED_MAX ? subject.len : ENCODED_MAX;
        while (len < subject.len && (subject.p[len] & 0xC0) == 0x80)
            len--;
        ens_buf_text(out, " =?utf-8?B?");
        ens__base64_encode(out, ens_sub(subject, 0, len));
        ens_buf_text(out, "?=\r\n");
        subject = ens_from(subject, len);
    }
}

void ens__mail_message(const ens__mail *mail, ens_slice body, const char *from, ens_buf *out)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    ens_civil c = ens__civil_of(mail->at);
    ens_buf_printf(out, "From: %s\r\nTo: %s\r\n", from, mail->to);
    put_subject(out, ens_str(mail->subject));
    ens_buf_printf(out, "Date: %d %s %d %02d:%02d:%02d +0000\r\nMessage-ID: <%s@ensign.invalid>\r\n", c.day,
                   months[(c.month - 1) % 12], c.year, c.hour, c.minute, c.second, mail->id);
    ens_buf_text(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\n");
    for (; body.len; body = ens_from(body, LINE_OCTETS)) {
        ens__base64_encode(out, ens_sub(body, 0, LINE_OCTETS));
        ens_buf_text(out, "\r\n");
    }
}
