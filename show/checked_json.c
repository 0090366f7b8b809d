#include "show/certificate.h"
#include "show/checked.h"
#include "show/output.h"

static json_t *qualification_json(const ens__accepted *a)
{
    json_t *o = json_object();
    json_object_set_new(o, "at_issuance",
                        a->qualified ? ens__json_text(ens__qualified_name(a->at_issuance)) : json_null());
    json_object_set_new(o, "at_validation",
                        a->qualified ? ens__json_text(ens__qualified_name(a->at_validation)) : json_null());
    return o;
}

static json_t *lists_json(const ens_snapshot *lists)
{
    json_t *o = json_object();
    ens_snapshot_facts facts = lists ? ens__snapshot_facts(lists) : (ens_snapshot_facts){0};
    json_object_set_new(o, "lotl_sequence", lists ? json_integer(facts.lotl_sequence) : json_null());
    json_object_set_new(o, "snapshot", lists ? ens__json_text(facts.name) : json_null());
    return o;
}

static json_t *timeline_json(const ens__timeline *timeline)
{
    json_t *list = json_array();
    for (size_t i = 0; i < timeline->num; i++) {
        const ens__interval *one = &timeline->interval[i];
        json_t *o = json_object();
        json_object_set_new(o, "what", ens__json_text(one->what));
        json_object_set_new(o, "name", ens__json_text(one->name));
        json_object_set_new(o, "from", ens__json_time(one->from));
        json_object_set_new(o, "until", ens__json_time(one->until));
        json_object_set_new(o, "reason", ens__json_text(one->reason));
        json_object_set_new(o, "news", json_boolean(one->news));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *path_json(const ens__preflight *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->path.num; i++) {
        char name[512];
        json_t *o = json_object();
        json_object_set_new(o, "name", ens__json_text(ens__name_of(&p->path.cert[i], name, sizeof name)));
        json_object_set_new(o, "not_after", ens__json_time(p->path.cert[i].not_after));
        json_object_set_new(o, "anchor", json_boolean(p->anchored && i + 1 == p->path.num));
        json_array_append_new(list, o);
    }
    return list;
}

bool ens__checked_json(const ens__checked *c, ens_buf *out)
{
    const ens__preflight *p = c->preflight;
    json_t *o = json_object();
    json_object_set_new(o, "file", ens__json_text(c->file));
    json_object_set_new(o, "verdict", ens__json_text(ens_verdict_name(ens_report_verdict(c->report))));
    json_object_set_new(o, "acceptance", ens__json_text(ens__acceptance_name(p->accepted.acceptance)));
    json_object_set_new(o, "eori_binding", ens__json_text(ens_binding_name(p->binding)));
    json_object_set_new(o, "at", ens__json_time(c->at));
    json_object_set_new(o, "certificate", ens__certificate_json(c->cert));
    json_object_set_new(o, "qualification", qualification_json(&p->accepted));
    json_object_set_new(o, "valid_until", ens__json_time(p->valid_until));
    json_object_set_new(o, "valid_until_reason", ens__json_text(p->valid_until_reason));
    json_object_set_new(o, "renew_at", ens__json_time(p->news_at));
    json_object_set_new(o, "renew_reason", ens__json_text(p->news_reason));
    json_object_set_new(o, "lists", lists_json(p->lists));
    json_object_set_new(o, "path", path_json(p));
    json_object_set_new(o, "timeline", timeline_json(&p->timeline));
    return ens__json_put_checked(o, c->report, out);
}
