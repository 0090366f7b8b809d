#include "tests/members.h"

#include "tests/suite.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PAGE_MAX ((size_t)1 << 17)

static const char *page(void)
{
    static char text[PAGE_MAX];
    FILE *f = text[0] ? NULL : fopen(ENSIGN_SOURCE "/docs/json.md", "r");
    if (f) {
        text[fread(text, 1, sizeof text - 1, f)] = '\0';
        fclose(f);
    }
    return text;
}

static void check_value(json_t *value, const char *line)
{
    const char *key;
    json_t *member;
    size_t i;
    json_object_foreach(value, key, member)
    {
        char quoted[96];
        snprintf(quoted, sizeof quoted, "`%s`", key);
        CHECK_ROW(strstr(page(), quoted) != NULL, "docs/json.md doesn't tell of the member %s in %.100s", key, line);
        check_value(member, line);
    }
    json_array_foreach(value, i, member) check_value(member, line);
}

void check_members_told(const char *line)
{
    json_t *object = json_loads(line, 0, NULL);
    CHECK_ROW(object != NULL, "this is no JSON: %.100s", line);
    check_value(object, line);
    json_decref(object);
}
