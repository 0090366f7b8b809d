#include "show/timescale.h"

#include "engine/base/clock.h"

#include <stdio.h>

#define DAY 86400
#define ROOM 20 /* a twentieth of the span on either side */

/* Steps from fine to coarse: days, months, years. */
static const struct {
    int days, months, years;
} steps[] = {{1, 0, 0}, {2, 0, 0}, {7, 0, 0},  {0, 1, 0},  {0, 3, 0},  {0, 0, 1},
             {0, 0, 2}, {0, 0, 5}, {0, 0, 10}, {0, 0, 25}, {0, 0, 100}};
#define NUM_STEPS (sizeof steps / sizeof *steps)

static ens_time length_of(size_t step)
{
    return (ens_time)DAY * (steps[step].days + 30 * steps[step].months + 365 * steps[step].years);
}

static void include(ens__timescale *scale, ens_time t)
{
    if (t == ENS_TIME_NONE)
        return;
    if (scale->from == ENS_TIME_NONE || t < scale->from)
        scale->from = t;
    if (scale->to == ENS_TIME_NONE || t > scale->to)
        scale->to = t;
}

/* first_tick is the first mark of the step at or after t. */
static ens_civil first_tick(ens_time t, size_t step)
{
    ens_civil c = ens__civil_of(t + DAY - 1);
    ens_civil day = {c.year, c.month, c.day, 0, 0, 0};
    if (steps[step].days)
        return day;
    if (steps[step].months) {
        int month = (c.month - 1) / steps[step].months * steps[step].months + 1;
        day = (ens_civil){c.year, month, 1, 0, 0, 0};
    } else {
        day = (ens_civil){c.year / steps[step].years * steps[step].years, 1, 1, 0, 0, 0};
    }
    return day;
}

static ens_civil next_tick(ens_civil c, size_t step)
{
    if (steps[step].days)
        return ens__civil_of(ens__time_of(c) + (ens_time)DAY * steps[step].days);
    c.year += steps[step].years;
    c.month += steps[step].months;
    if (c.month > 12) {
        c.month -= 12;
        c.year++;
    }
    return c;
}

static void add_tick(ens__timescale *scale, ens_civil c, size_t step)
{
    ens__tick *t = &scale->tick[scale->num++];
    t->at = ens__time_of(c);
    if (steps[step].years)
        snprintf(t->label, sizeof t->label, "%d", c.year);
    else if (steps[step].months)
        snprintf(t->label, sizeof t->label, "%d-%02d", c.year, c.month);
    else
        snprintf(t->label, sizeof t->label, "%02d-%02d", c.month, c.day);
}

ens__timescale ens__timescale_of(const ens__timeline *timeline, ens_time at, int marks)
{
    ens__timescale scale = {.from = ENS_TIME_NONE, .to = ENS_TIME_NONE};
    const ens__interval *end = ens__timeline_first(timeline, false);
    size_t step = 0;
    include(&scale, at);
    if (timeline->num) {
        include(&scale, timeline->interval[0].from);
        include(&scale, timeline->interval[0].until);
    }
    if (end)
        include(&scale, end->until);
    ens_time room = (scale.to - scale.from) / ROOM + DAY / 2;
    scale.from -= room;
    scale.to += room;
    while (step + 1 < NUM_STEPS && (scale.to - scale.from) / length_of(step) > marks)
        step++;
    for (ens_civil c = first_tick(scale.from, step);
         ens__civil_valid(c) && scale.num < ENS_TICKS_MAX && ens__time_of(c) <= scale.to; c = next_tick(c, step))
        if (ens__time_of(c) >= scale.from)
            add_tick(&scale, c, step);
    return scale;
}

int ens__timescale_place(const ens__timescale *scale, ens_time t, bool last, int size)
{
    if (t == ENS_TIME_NONE)
        return last ? size : 0;
    if (t <= scale->from)
        return 0;
    if (t >= scale->to)
        return size;
    return (int)((double)(t - scale->from) / (double)(scale->to - scale->from) * size + 0.5);
}

bool ens__timescale_holds(const ens__timescale *scale, ens_time t)
{
    return t != ENS_TIME_NONE && t >= scale->from && t <= scale->to;
}
