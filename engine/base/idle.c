#include "engine/base/idle.h"

#include <stddef.h>

void ens__idle_init(ens_idle *idle, unsigned max)
{
    pthread_mutex_init(&idle->lock, NULL);
    idle->first = NULL;
    idle->num = 0;
    idle->max = max;
}

void *ens__idle_take(ens_idle *idle)
{
    pthread_mutex_lock(&idle->lock);
    ens_idle_link *thing = idle->first;
    if (thing) {
        idle->first = thing->next;
        idle->num--;
    }
    pthread_mutex_unlock(&idle->lock);
    return thing;
}

bool ens__idle_keep(ens_idle *idle, ens_idle_link *thing)
{
    pthread_mutex_lock(&idle->lock);
    bool room = idle->num < idle->max;
    if (room) {
        thing->next = idle->first;
        idle->first = thing;
        idle->num++;
    }
    pthread_mutex_unlock(&idle->lock);
    return room;
}

void ens__idle_clear(ens_idle *idle, void (*destroy)(void *thing))
{
    for (void *thing; (thing = ens__idle_take(idle)) != NULL;)
        destroy(thing);
    pthread_mutex_destroy(&idle->lock);
}
