#include "show/rehearsal.h"

/* put_time writes a time, null where it hasn't come. */
static void put_time(ens_json *j, const char *name, ens_time at)
{
    ens__json_time(j, name, at ? at : ENS_TIME_NONE);
}

static void put_some(ens_json *j, const char *name, const char *text)
{
    ens__json_some(j, name, ens_str(text));
}

void ens__account_json(ens_json *j, const char *name, const ens__account *a)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "user", a->id);
    ens__json_text(j, "state", ens__account_state_name(a->state));
    ens__json_text(j, "email", a->email);
    ens__json_text(j, "surname", a->surname);
    ens__json_text(j, "first_name", a->first_name);
    put_some(j, "phone", a->phone);
    put_some(j, "address", a->address);
    put_some(j, "topics", a->topics);
    ens__json_text(j, "language", a->language);
    put_time(j, "created_at", a->created_at);
    put_time(j, "link_until", a->state == ENS_ACCOUNT_ACTIVE ? 0 : a->link_until);
    put_some(j, "siret", a->siret);
    put_some(j, "company", a->company);
    ens__json_bool(j, "linked", a->linked);
    ens__json_close(j, '}');
}

void ens__mail_json(ens_json *j, const char *name, const ens__mail *m, ens_slice body)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "id", m->id);
    put_time(j, "at", m->at);
    ens__json_text(j, "to", m->to);
    ens__json_text(j, "subject", m->subject);
    ens__json_text(j, "state", ens__mail_state_name(m->state));
    put_some(j, "reason", m->reason);
    put_some(j, "user", m->account);
    if (body.p)
        ens__json_slice(j, "text", body);
    ens__json_close(j, '}');
}

void ens__news_json(ens_json *j, const char *name, const ens__news *n)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "id", n->id);
    put_time(j, "at", n->at);
    ens__json_text(j, "text", n->text);
    ens__json_close(j, '}');
}

void ens__rights_json(ens_json *j, const char *name, const ens__rights *q)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "id", q->id);
    ens__json_text(j, "user", q->account);
    ens__json_text(j, "eori", q->eori);
    ens__json_text(j, "company", q->company);
    put_time(j, "wanted", q->wanted);
    ens__json_text(j, "state", ens__rights_state_name(q->state));
    put_some(j, "reason", q->reason);
    ens__json_text(j, "source", ens__rights_source_name(q->source));
    put_time(j, "asked_at", q->asked_at);
    put_time(j, "decided_at", q->decided_at);
    ens__json_close(j, '}');
}

void ens__dossier_json(ens_json *j, const char *name, const ens__dossier *d, ens__dossier_status status)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "id", d->id);
    ens__json_text(j, "user", d->account);
    ens__json_text(j, "eori", d->eori);
    ens__json_text(j, "company", d->company);
    ens__json_text(j, "name", d->name);
    ens__json_text(j, "description", d->description);
    ens__json_text(j, "purpose", "Signature");
    ens__json_text(j, "key_holder", d->holder);
    ens__json_text(j, "status", ens__dossier_status_name(status));
    put_time(j, "made_at", d->made_at);
    put_time(j, "issued_at", d->issued_at);
    put_time(j, "signed_at", d->signed_at);
    put_time(j, "active_at", d->active_at);
    put_some(j, "sha256", d->sha256);
    ens__json_bool(j, "unchecked", d->unchecked);
    put_some(j, "superseded_by", d->superseded_by);
    if (status == ENS_DOSSIER_ACTIVE)
        ens__json_text(j, "note", ENS_REHEARSAL_END);
    ens__json_close(j, '}');
}

void ens__todo_json(ens_json *j, const char *name, const ens__todo *t)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "id", t->id);
    ens__json_text(j, "provider", t->provider);
    ens__json_text(j, "client", t->client);
    ens__json_text(j, "title", t->title);
    put_some(j, "text", t->text);
    put_some(j, "mrn", t->mrn);
    put_some(j, "reference", t->reference);
    put_time(j, "posted_at", t->posted_at);
    put_time(j, "deadline", t->deadline);
    put_some(j, "answer", t->answer);
    put_time(j, "answered_at", t->answered_at);
    ens__json_close(j, '}');
}

void ens__information_json(ens_json *j, const char *name, const ens__information *i)
{
    ens__json_open(j, name, '{');
    ens__json_text(j, "message_id", i->message_id);
    ens__json_text(j, "mrn", i->mrn);
    ens__json_text(j, "action", i->action);
    put_time(j, "at", i->at);
    ens__json_close(j, '}');
}
