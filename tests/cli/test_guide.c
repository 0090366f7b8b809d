/* What `serve --demo` tells people: every line of it is true. */
#include "tests/cli/run.h"
#include "tests/cli/stand_in.h"
#include "tests/suite.h"

#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char base[] = "/tmp/ensign-guide-XXXXXX"; /* of the files; the demo is base/demo */
static char demo[64];

static void set_up(stand_in *s)
{
    if (!demo[0])
        CU_ASSERT_TRUE_FATAL(stand_in_home(base, demo, sizeof demo));
    CU_ASSERT_TRUE_FATAL(stand_in_open(s, demo, ""));
}

/* shell runs a line in base; what it says stands in base/said. */
static int shell(const char *line)
{
    char all[2048];
    snprintf(all, sizeof all, "cd %s && { %s; } >said 2>&1", base, line);
    int status = system(all);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *said(void)
{
    static char text[8192];
    char path[96];
    snprintf(path, sizeof path, "%s/said", base);
    FILE *f = fopen(path, "r");
    text[f ? fread(text, 1, sizeof text - 1, f) : 0] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* Everything behind the words in front that begins with a command is run as it stands, one after the other. */
static void its_commands_work(void)
{
    stand_in s;
    set_up(&s);
    if (shell("command -v curl") != 0) {
        ens_skip("curl isn't on this machine");
    } else {
        CU_ASSERT_EQUAL(shell("{ echo 'set -e'; echo \"ensign() { '" ENSIGN_COMMAND "' \\\"\\$@\\\"; }\"; "
                              "sed -n 's/^  ............\\(ensign .*\\|sed .*\\)/\\1/p' demo/guide.txt; } >lines"),
                        0);
        int lines = shell("test $(wc -l <lines) = 9"),
            status = lines == 0 ? shell("sed -i 's/^ensign pull/sleep 1; &/' lines; sh lines") : lines;
        CHECK_ROW(status == 0, "the guide's lines end with %d: %s", status, said());
        CU_ASSERT_EQUAL(shell("grep -rq IE3R01 replies"), 0);
    }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* Names that the P-Mode gives, and elements that use them by an attribute of that name. */
static unsigned count_named(const xmlNode *n, const char *element, const xmlChar *name)
{
    unsigned num = 0;
    for (; n; n = n->next) {
        xmlChar *own = n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, element) == 0
                           ? xmlGetProp(n, (const xmlChar *)"name")
                           : NULL;
        num += own && xmlStrEqual(own, name);
        xmlFree(own);
        num += count_named(n->children, element, name);
    }
    return num;
}

static const struct {
    const char *user, *attribute, *element;
} uses[] = {
    {"legConfiguration", "service", "service"},
    {"legConfiguration", "action", "action"},
    {"legConfiguration", "defaultMpc", "mpc"},
    {"legConfiguration", "reliability", "reliability"},
    {"legConfiguration", "security", "security"},
    {"legConfiguration", "receptionAwareness", "receptionAwareness"},
    {"legConfiguration", "errorHandling", "errorHandling"},
    {"identifier", "partyIdType", "partyIdType"},
    {"process", "mep", "mep"},
    {"process", "binding", "binding"},
    {"process", "initiatorRole", "role"},
    {"process", "responderRole", "role"},
    {"process", "agreement", "agreement"},
    {"initiatorParty", "name", "party"},
    {"responderParty", "name", "party"},
    {"leg", "name", "legConfiguration"},
};

static unsigned check_uses(const xmlNode *root, const xmlNode *n)
{
    unsigned num = 0;
    for (; n; n = n->next) {
        for (size_t i = 0; n->type == XML_ELEMENT_NODE && i < sizeof uses / sizeof *uses; i++)
            if (strcmp((const char *)n->name, uses[i].user) == 0) {
                xmlChar *name = xmlGetProp(n, (const xmlChar *)uses[i].attribute);
                CHECK_ROW(name && count_named(root, uses[i].element, name) == 1, "%s/@%s=%s", uses[i].user,
                          uses[i].attribute, (const char *)name);
                xmlFree(name);
                num++;
            }
        num += check_uses(root, n->children);
    }
    return num;
}

static xmlDoc *read_xml(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", demo, name);
    xmlDoc *doc = xmlReadFile(path, NULL, XML_PARSE_NONET);
    CHECK_ROW(doc, "%s is no XML", name);
    return doc;
}

static void its_p_mode_holds_together(void)
{
    stand_in s;
    set_up(&s);
    xmlDoc *doc = read_xml("domibus-pmode.xml");
    const xmlNode *root = xmlDocGetRootElement(doc);
    CU_ASSERT(check_uses(root, root) > 84 * 8);
    CU_ASSERT_EQUAL(count_named(root, "action", (const xmlChar *)"IE3F26"), 1);
    xmlFreeDoc(doc);
    xmlFreeDoc(read_xml("domibus-policy.xml"));
    CU_ASSERT_EQUAL(shell("grep -q \"endpoint=.$(sed -n 's/.* ensign send \\([^ ]*\\) .*/\\1/p' demo/guide.txt)\" "
                          "demo/domibus-pmode.xml"),
                    0);
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

/* keytool is Java's own reader: what it lists, WSS4J finds. */
static void java_reads_its_key_stores(void)
{
    static const struct {
        const char *name, *entry;
    } rows[] = {{"trader", "trader, .*PrivateKeyEntry"},
                {"tls-client", "tls-client, .*PrivateKeyEntry"},
                {"customs-trust", "sti, .*trustedCertEntry"},
                {"customs-trust", "customs-root, .*trustedCertEntry"},
                {"tls-trust", "tls-root, .*trustedCertEntry"}};
    char line[512];
    stand_in s;
    set_up(&s);
    if (shell("command -v keytool") != 0)
        ens_skip("Java's keytool isn't on this machine");
    else
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            snprintf(line, sizeof line,
                     "keytool -list -keystore demo/pki/%s.p12 -storetype PKCS12 -storepass changeit | grep '%s'",
                     rows[i].name, rows[i].entry);
            CHECK_ROW(shell(line) == 0, "%s: %s", rows[i].name, rows[i].entry);
        }
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
}

static const ens_case cases[] = {
    {"every command of it works as it stands", its_commands_work},
    {"its P-Mode for a Domibus names nothing that isn't there", its_p_mode_holds_together},
    {"Java finds its keys and anchors", java_reads_its_key_stores},
    {NULL, NULL},
};
ENS_SUITE("cli/guide", cases)
