#include "sti/point/board.h"

#include "sti/clock/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define RULE "Ensign board"

typedef struct fault_row fault_row;
struct fault_row {
    fault_row *next;
    ens__board_fault_row row;
    ens_fault_rules *rules; /* of this one alone */
};

typedef struct scene_row scene_row;
struct scene_row {
    scene_row *next;
    char name[ENS_BOARD_NAME], space[ENS_FILING_SPACE + 1];
    ens_buf yaml;
    ens_scenarios *scenarios;
};

struct ens_board {
    pthread_mutex_t lock;
    fault_row *faults;
    scene_row *scenes, *gone; /* gone: a cue may still borrow from them */
    unsigned num_faults, num_scenes;
};

ens_board *ens__board_new(void)
{
    ens_board *b = calloc(1, sizeof *b);
    if (b)
        pthread_mutex_init(&b->lock, NULL);
    return b;
}

static void free_fault(fault_row *f)
{
    if (!f)
        return;
    ens__fault_rules_free(f->rules);
    free(f);
}

static void free_scenes(scene_row *s)
{
    for (scene_row *next; s; s = next) {
        next = s->next;
        ens__scenarios_free(s->scenarios);
        ens_buf_free(&s->yaml);
        free(s);
    }
}

void ens__board_free(ens_board *b)
{
    if (!b)
        return;
    for (fault_row *f = b->faults, *next; f; f = next) {
        next = f->next;
        free_fault(f);
    }
    free_scenes(b->scenes);
    free_scenes(b->gone);
    pthread_mutex_destroy(&b->lock);
    free(b);
}

/* find_fault and find_scenes give the link to the one of a name, or to the end. The lock is held. */
static fault_row **find_fault(ens_board *b, const char *space, const char *name)
{
    fault_row **at = &b->faults;
    while (*at && (strcmp((*at)->row.space, space) != 0 || strcmp((*at)->row.name, name) != 0))
        at = &(*at)->next;
    return at;
}

static scene_row **find_scenes(ens_board *b, const char *space, const char *name)
{
    scene_row **at = &b->scenes;
    while (*at && (strcmp((*at)->space, space) != 0 || strcmp((*at)->name, name) != 0))
        at = &(*at)->next;
    return at;
}

static const char *some(const char *text)
{
    return *text ? text : NULL;
}

static ens_code make_fault(const ens__board_fault_row *row, fault_row **out, ens_err *err)
{
    fault_row *f = calloc(1, sizeof *f);
    if (!f)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for a fault", 0);
    f->row = *row;
    const ens_fault_rule rule = {.party = some(f->row.party),
                                 .action = some(f->row.action),
                                 .message_id = some(f->row.message_id),
                                 .lrn = some(f->row.lrn),
                                 .kind = f->row.kind,
                                 .code = some(f->row.code),
                                 .subcode = some(f->row.subcode),
                                 .seconds = f->row.seconds,
                                 .times = f->row.times};
    ens_code code = ens__fault_rules_new(&rule, 1, &f->rules, err);
    if (code == ENS_OK)
        *out = f;
    else
        free_fault(f);
    return code;
}

ens_code ens__board_put_fault(ens_board *b, const ens__board_fault_row *row, ens_err *err)
{
    fault_row *made = NULL, *old = NULL;
    ens_code code = make_fault(row, &made, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&b->lock);
    fault_row **at = find_fault(b, row->space, row->name);
    old = *at;
    if (!old && b->num_faults == ENS_BOARD_ROWS) {
        code = ens_fail(err, ENS_ELIMIT, RULE, "too many faults are put up: take some down", 0);
        old = made;
    } else {
        b->num_faults += !old;
        made->next = old ? old->next : NULL;
        *at = made;
    }
    pthread_mutex_unlock(&b->lock);
    free_fault(old);
    return code;
}

static ens_code make_scenes(const char *space, const char *name, ens_slice yaml, scene_row **out, ens_err *err)
{
    scene_row *s = calloc(1, sizeof *s);
    if (!s)
        return ens_fail(err, ENS_ENOMEM, RULE, "out of memory for scenarios", 0);
    snprintf(s->name, sizeof s->name, "%s", name);
    snprintf(s->space, sizeof s->space, "%s", space);
    ens_buf_init(&s->yaml, NULL, 0, ENS_SCENARIO_FILE_MAX);
    ens_buf_put(&s->yaml, yaml);
    ens_code code = ens_buf_done(&s->yaml, err);
    if (code == ENS_OK)
        code = ens__scenarios_parse(yaml, &s->scenarios, err);
    if (code == ENS_OK)
        *out = s;
    else
        free_scenes(s);
    return code;
}

ens_code ens__board_put_scenarios(ens_board *b, const char *space, const char *name, ens_slice yaml, ens_err *err)
{
    scene_row *made = NULL;
    ens_code code = make_scenes(space, name, yaml, &made, err);
    if (code != ENS_OK)
        return code;
    pthread_mutex_lock(&b->lock);
    scene_row **at = find_scenes(b, space, name), *old = *at;
    if (!old && b->num_scenes == ENS_BOARD_ROWS) {
        code = ens_fail(err, ENS_ELIMIT, RULE, "too many scenarios are put up: take some down", 0);
        made->next = b->gone;
        b->gone = made;
    } else {
        b->num_scenes += !old;
        made->next = old ? old->next : NULL;
        *at = made;
    }
    if (old) {
        old->next = b->gone;
        b->gone = old;
    }
    pthread_mutex_unlock(&b->lock);
    return code;
}

/* take_fault and take_scenes unlink what is at a link. The lock is held. */
static void take_fault(ens_board *b, fault_row **at)
{
    fault_row *f = *at;
    *at = f->next;
    b->num_faults--;
    free_fault(f);
}

static void take_scenes(ens_board *b, scene_row **at)
{
    scene_row *s = *at;
    *at = s->next;
    b->num_scenes--;
    s->next = b->gone;
    b->gone = s;
}

bool ens__board_drop_fault(ens_board *b, const char *space, const char *name)
{
    pthread_mutex_lock(&b->lock);
    fault_row **at = find_fault(b, space, name);
    bool found = *at != NULL;
    if (found)
        take_fault(b, at);
    pthread_mutex_unlock(&b->lock);
    return found;
}

bool ens__board_drop_scenarios(ens_board *b, const char *space, const char *name)
{
    pthread_mutex_lock(&b->lock);
    scene_row **at = find_scenes(b, space, name);
    bool found = *at != NULL;
    if (found)
        take_scenes(b, at);
    pthread_mutex_unlock(&b->lock);
    return found;
}

void ens__board_clear(ens_board *b, const char *space)
{
    pthread_mutex_lock(&b->lock);
    for (fault_row **at = &b->faults; *at;)
        if (strcmp((*at)->row.space, space) == 0)
            take_fault(b, at);
        else
            at = &(*at)->next;
    for (scene_row **at = &b->scenes; *at;)
        if (strcmp((*at)->space, space) == 0)
            take_scenes(b, at);
        else
            at = &(*at)->next;
    pthread_mutex_unlock(&b->lock);
}

void ens__board_each_fault(ens_board *b, const char *space, void (*take)(void *user, const ens__board_fault_row *row),
                           void *user)
{
    pthread_mutex_lock(&b->lock);
    for (const fault_row *f = b->faults; f; f = f->next)
        if (strcmp(f->row.space, space) == 0)
            take(user, &f->row);
    pthread_mutex_unlock(&b->lock);
}

void ens__board_each_scenarios(ens_board *b, const char *space,
                               void (*take)(void *user, const char *name, ens_slice yaml), void *user)
{
    pthread_mutex_lock(&b->lock);
    for (const scene_row *s = b->scenes; s; s = s->next)
        if (strcmp(s->space, space) == 0)
            take(user, s->name, ens_buf_slice(&s->yaml));
    pthread_mutex_unlock(&b->lock);
}

static const char *kept(ens_arena *arena, const char *text)
{
    return text ? ens_arena_text(arena, ens_str(text)) : NULL;
}

ens_fault ens__board_fault(ens_board *b, const ens_message *m, ens_arena *arena)
{
    ens_fault found = {0};
    ens_slice eori = ens__party_eori(m->sender.len ? m->sender : m->from);
    if (!b)
        return found;
    pthread_mutex_lock(&b->lock);
    for (unsigned all = 0; all < 2 && !found.rule; all++)
        for (const fault_row *f = b->faults; f && !found.rule; f = f->next)
            if (all ? !f->row.space[0] : f->row.space[0] && ens_is(eori, f->row.space))
                found = ens__fault_of_message(f->rules, m);
    found.code = kept(arena, found.code);
    found.subcode = kept(arena, found.subcode);
    pthread_mutex_unlock(&b->lock);
    return found.rule ? found : (ens_fault){0}; /* the end of the LRN is another's to read */
}

bool ens__board_cue(ens_board *b, const ens__cue_question *question, ens_cue *out)
{
    ens_slice eori = ens__party_eori(question->party);
    bool found = false;
    if (!b)
        return false;
    pthread_mutex_lock(&b->lock);
    for (unsigned all = 0; all < 2 && !found; all++)
        for (const scene_row *s = b->scenes; s && !found; s = s->next)
            if (all ? !s->space[0] : s->space[0] && ens_is(eori, s->space))
                found = ens__scenarios_cue(s->scenarios, question, out);
    pthread_mutex_unlock(&b->lock);
    return found;
}

void ens__board_sweep(ens_board *b)
{
    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    scene_row *gone = b->gone;
    b->gone = NULL;
    pthread_mutex_unlock(&b->lock);
    free_scenes(gone);
}
