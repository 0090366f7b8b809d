#include "certs/lists/listmirror.h"

#define COLUMNS 4u

bool ens__mirror_is_url(const char *place)
{
    return ens__starts_nocase(ens_str(place), ENS_LIT("http://")) ||
           ens__starts_nocase(ens_str(place), ENS_LIT("https://"));
}

/* split cuts a line at its tabs; false when it hasn't as many columns. */
static bool split(ens_slice line, ens_slice column[COLUMNS])
{
    for (size_t n = 0; n < COLUMNS; n++) {
        const uint8_t *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
        size_t len = tab ? (size_t)(tab - line.p) : line.len;
        column[n] = ens_sub(line, 0, len);
        if (!tab && n + 1 < COLUMNS)
            return false;
        line = ens_from(line, len + 1);
    }
    return true;
}

/* A name stays in the mirror: no path, and none that begins with a dot. */
static bool is_name(ens_slice s)
{
    return s.len && s.p[0] != '.' && !memchr(s.p, '/', s.len) && !memchr(s.p, '\0', s.len);
}

static ens_slice last_part(ens_slice url)
{
    size_t start = url.len;
    while (start && url.p[start - 1] != '/')
        start--;
    return ens_from(url, start);
}

const char *ens__mirror_find(const ens_mirror *m, ens_slice url, ens_arena *arena, bool *sure)
{
    ens_reader r = ens_read(m->table);
    ens_slice line, column[COLUMNS], file = {0};
    *sure = false;
    while (ens_take_line(&r, &line))
        if (split(line, column) && ens_eq(column[0], url)) {
            file = ens__trim(column[COLUMNS - 1]);
            *sure = true;
            break;
        }
    if (!*sure)
        file = last_part(url);
    if (!is_name(file))
        return NULL;
    return ens_arena_printf(arena, "%s/%.*s", m->place, (int)file.len, (const char *)file.p);
}
