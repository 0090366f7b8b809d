#include "as4/payload/xsd.h"

#include "engine/base/file.h"
#include "engine/xml/reference/libxml.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define RULE "XML Schema 1.0"
#define NS_XSD "http://www.w3.org/2001/XMLSchema"
#define PATH_SIZE 1024u
#define FILE_MAX ((size_t)16 << 20)

typedef struct {
    char *key; /* "dir\nns\nname" */
    xmlSchemaPtr schema;
} kept;

struct ens_xsd {
    ens_libxml *xml;
    kept kept[ENS_XSD_KEPT];
    unsigned next;
};

ens_xsd *ens__xsd_new(void)
{
    ens_xsd *x = calloc(1, sizeof *x);
    if (x)
        x->xml = ens__libxml_new();
    if (x && !x->xml) {
        free(x);
        return NULL;
    }
    return x;
}

static void forget(kept *k)
{
    if (k->schema)
        xmlSchemaFree(k->schema);
    free(k->key);
    *k = (kept){0};
}

void ens__xsd_free(ens_xsd *x)
{
    if (!x)
        return;
    for (unsigned i = 0; i < ENS_XSD_KEPT; i++)
        forget(&x->kept[i]);
    ens__libxml_free(x->xml);
    free(x);
}

/* The files of one schema, each once; found tells how many there are, done how many were looked into. */
typedef struct {
    ens_xsd *x;
    char *path[ENS_XSD_FILES_MAX];
    unsigned found, done;
} closure;

static ens_code parse_file(ens_xsd *x, const char *path, xmlDocPtr *doc, ens_err *err)
{
    ens_file f = {0};
    ens_code code = ens__file_open(path, FILE_MAX, &f, err);
    if (code != ENS_OK)
        return code;
    code = ens__libxml_parse(x->xml, f.bytes, doc, err);
    ens__file_close(&f);
    return code == ENS_OK ? code : ens_fail_about(err, code, RULE, "a schema file can't be read", path);
}

static ens_code add_file(closure *c, const char *path, ens_err *err)
{
    for (unsigned i = 0; i < c->found; i++)
        if (strcmp(c->path[i], path) == 0)
            return ENS_OK;
    if (c->found == ENS_XSD_FILES_MAX)
        return ens_fail(err, ENS_ELIMIT, RULE, "a schema is made of too many files", 0);
    c->path[c->found] = strdup(path);
    if (!c->path[c->found])
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a schema", 0);
    c->found++;
    return ENS_OK;
}

/* add_location follows a schemaLocation, which is relative to the file that it stands in. A scheme in it means the
 * network. */
static ens_code add_location(closure *c, const char *from, const char *location, ens_err *err)
{
    char path[PATH_SIZE];
    const char *slash = strrchr(from, '/');
    int n = snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - from + 1) : 0, from, location);
    if (strchr(location, ':') || location[0] == '/' || n < 0 || n >= (int)sizeof path)
        return ens_fail_about(err, ENS_EPOLICY, RULE, "a schema refers to what is no file beside it", location);
    return add_file(c, path, err);
}

static ens_code follow(closure *c, const char *path, ens_err *err)
{
    xmlDocPtr doc = NULL;
    ens_code code = parse_file(c->x, path, &doc, err);
    if (code != ENS_OK)
        return code;
    for (xmlNode *e = ens__libxml_first(xmlDocGetRootElement(doc)); e && code == ENS_OK; e = ens__libxml_next(e)) {
        if (!ens__libxml_is(e, NS_XSD, "import") && !ens__libxml_is(e, NS_XSD, "include") &&
            !ens__libxml_is(e, NS_XSD, "redefine"))
            continue;
        xmlChar *location = xmlGetNoNsProp(e, (const xmlChar *)"schemaLocation");
        if (location)
            code = add_location(c, path, (const char *)location, err);
        xmlFree(location);
    }
    xmlFreeDoc(doc);
    return code;
}

/* judge_files reads every file that a schema is made of, before libxml2 does, and lets none lead outside. */
static ens_code judge_files(ens_xsd *x, const char *path, ens_err *err)
{
    closure *c = calloc(1, sizeof *c);
    if (!c)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a schema", 0);
    c->x = x;
    ens_code code = add_file(c, path, err);
    while (code == ENS_OK && c->done < c->found)
        code = follow(c, c->path[c->done++], err);
    for (unsigned i = 0; i < c->found; i++)
        free(c->path[i]);
    free(c);
    return code;
}

static void keep_first(void *user, xmlErrorPtr e)
{
    char *first = user;
    if (!first[0] && e->message)
        snprintf(first, ENS_ERR_TEXT, "line %d: %.*s", e->line, (int)strcspn(e->message, "\n"), e->message);
}

static ens_code compile(ens_xsd *x, const char *path, xmlSchemaPtr *out, ens_err *err)
{
    ens_code code = judge_files(x, path, err);
    if (code != ENS_OK)
        return code;
    char first[ENS_ERR_TEXT] = "";
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(path);
    if (!parser)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a schema", 0);
    xmlSchemaSetParserStructuredErrors(parser, keep_first, first);
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    if (!schema)
        return ens_fail_about(err, ENS_ESYNTAX, RULE, "a schema can't be compiled", first[0] ? first : path);
    *out = schema;
    return ENS_OK;
}

/* declares tells whether the schema file has a global element of that name in that namespace. */
static bool declares(ens_xsd *x, const char *path, ens_slice ns, ens_slice name)
{
    xmlDocPtr doc = NULL;
    if (parse_file(x, path, &doc, NULL) != ENS_OK)
        return false;
    const xmlNode *root = xmlDocGetRootElement(doc);
    xmlChar *target =
        ens__libxml_is(root, NS_XSD, "schema") ? xmlGetNoNsProp(root, (const xmlChar *)"targetNamespace") : NULL;
    bool found = false;
    for (const xmlNode *e = target && ens_is(ns, (const char *)target) ? ens__libxml_first(root) : NULL; e && !found;
         e = ens__libxml_next(e)) {
        xmlChar *declared = ens__libxml_is(e, NS_XSD, "element") ? xmlGetNoNsProp(e, (const xmlChar *)"name") : NULL;
        found = declared && ens_is(name, (const char *)declared);
        xmlFree(declared);
    }
    xmlFree(target);
    xmlFreeDoc(doc);
    return found;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* search looks through a folder in the order of names; the file named after the element, where there is one, first. */
static bool search(ens_xsd *x, const char *dir, ens_slice ns, ens_slice name, unsigned levels, char path[PATH_SIZE])
{
    if (snprintf(path, PATH_SIZE, "%s/%.*s.xsd", dir, (int)name.len, (const char *)name.p) < (int)PATH_SIZE &&
        declares(x, path, ns, name))
        return true;
    struct dirent **entry = NULL;
    int num = scandir(dir, &entry, NULL, by_name);
    bool found = false;
    for (int i = 0; i < num && i < (int)ENS_XSD_FILES_MAX && !found; i++) {
        const char *file = entry[i]->d_name, *dot = strrchr(file, '.');
        if (file[0] == '.' || snprintf(path, PATH_SIZE, "%s/%s", dir, file) >= (int)PATH_SIZE)
            continue;
        if (levels && ens__file_is_folder(path)) {
            char below[PATH_SIZE];
            memcpy(below, path, PATH_SIZE);
            found = search(x, below, ns, name, levels - 1, path);
        } else if (dot && strcmp(dot, ".xsd") == 0) {
            found = declares(x, path, ns, name);
        }
    }
    for (int i = 0; i < num; i++)
        free(entry[i]);
    free(entry);
    return found;
}

/* name_is_plain keeps a root element's name from becoming a path. */
static bool name_is_plain(ens_slice name)
{
    return name.len > 0 && name.len < 64 && name.p[0] != '.' && !memchr(name.p, '/', name.len);
}

ens_code ens__xsd_find(ens_xsd *x, const char *dir, ens_slice ns, ens_slice name, xmlSchemaPtr *out, ens_err *err)
{
    char key[PATH_SIZE + 512], path[PATH_SIZE];
    int n = snprintf(key, sizeof key, "%s\n%.*s\n%.*s", dir, (int)ns.len, (const char *)ns.p, (int)name.len,
                     (const char *)name.p);
    if (n < 0 || (size_t)n >= sizeof key || !name_is_plain(name) || strlen(dir) >= PATH_SIZE / 2)
        return ens_fail(err, ENS_ELIMIT, RULE, "the name of a folder, namespace or element is too long", 0);
    for (unsigned i = 0; i < ENS_XSD_KEPT; i++)
        if (x->kept[i].key && strcmp(x->kept[i].key, key) == 0) {
            *out = x->kept[i].schema;
            return ENS_OK;
        }
    if (!ens__file_is_folder(dir))
        return ens_fail_about(err, ENS_EIO, RULE, "there is no such folder of schemas", dir);
    if (!search(x, dir, ns, name, 1, path))
        return ens_fail_about(err, ENS_EIO, RULE, "no schema in the folder declares the element in its namespace", dir);
    kept made = {.key = strdup(key)};
    ens_code code = made.key ? compile(x, path, &made.schema, err)
                             : ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a schema", 0);
    if (code != ENS_OK) {
        forget(&made);
        return code;
    }
    kept *place = &x->kept[x->next++ % ENS_XSD_KEPT];
    forget(place);
    *place = made;
    *out = made.schema;
    return ENS_OK;
}
