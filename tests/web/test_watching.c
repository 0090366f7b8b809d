/* What watches the server: counts that Prometheus reads, rules over them, probes; what others make of the description
 * (Schemathesis); and the examples in other languages, run as a user runs them. */
#include "tests/suite.h"
#include "tests/web/rest.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml.h>

#define RULES ENSIGN_SOURCE "/contrib/prometheus/ensign.rules.yml"
#define NAMES "abcdefghijklmnopqrstuvwxyz_"

static char home[] = "/tmp/ensign-watching-XXXXXX", demo[80];
static stand_in server;
static rest client;

static void open_server(void)
{
    static bool tried, good;
    if (!tried) {
        tried = true;
        good =
            stand_in_home(home, demo, sizeof demo) && stand_in_open(&server, demo, "") && rest_open(&client, &server);
    }
    CU_ASSERT_FATAL(good);
}

__attribute__((destructor)) static void close_server(void)
{
    if (server.pid > 0)
        stand_in_end(&server, SIGTERM);
}

static unsigned probe(rest_answer *a, const char *path, bool token)
{
    char request[512];
    int n = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s%s\r\n",
                     path, token ? "Authorization: Bearer " : "", token ? client.token : "", token ? "\r\n" : "");
    return rest_raw(&client, a, request, (size_t)n);
}

static void probes(void)
{
    rest_answer a = {0};
    open_server();
    CU_ASSERT(probe(&a, "/healthz", false) == 200 && strcmp(rest_text(&a, "status"), "alive") == 0);
    CU_ASSERT(probe(&a, "/readyz", false) == 200 && strcmp(rest_text(&a, "status"), "ready") == 0);
    CU_ASSERT_EQUAL(probe(&a, "/metrics", false), 401);
    CU_ASSERT_EQUAL(probe(&a, "/metrics", true), 200);
    rest_drop(&a);
}

/* keep_config writes one whose store is its own; its lists, where it has some, are nowhere to be had. */
static void keep_config(const char *path, const char *trust, const char *lists)
{
    FILE *f = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f,
            "profile: rehearsal\nlisten:\n  - {address: \"127.0.0.1:0\", tls: false}\n"
            "seal: {certificate: %s/sti.pem, key: %s/sti.key, domain: sti.example}\ntrust: [%s]\n%s"
            "store: {path: %s/ready.db, durable: none}\nweb: {listen: \"127.0.0.1:0\", token_file: ready.token}\n",
            server.pki, server.pki, trust, lists, home);
    CU_ASSERT_EQUAL(fclose(f), 0);
}

static void change_store(const char *sql)
{
    char path[128];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/ready.db", home);
    CU_ASSERT(sqlite3_open(path, &db) == SQLITE_OK && sqlite3_busy_timeout(db, 5000) == SQLITE_OK);
    CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool lacks(const rest *c, const char *what)
{
    static const char request[] = "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    rest_answer a = {0};
    unsigned status = rest_raw(c, &a, request, sizeof request - 1);
    bool good = what ? status == 503 && a.body && strstr(a.body, what) : status == 200;
    CHECK_ROW(good, "%s: it answers %u %s", what ? what : "nothing", status, a.body ? a.body : "");
    rest_drop(&a);
    return good;
}

/* run_ready starts one with such lists, in its own home. */
static bool run_ready(stand_in *s, rest *c, const char *config, const char *lists)
{
    char trust[128], arguments[160];
    *s = (stand_in){.pid = -1};
    *c = (rest){0};
    snprintf(s->folder, sizeof s->folder, "%s/ready", home);
    snprintf(s->pki, sizeof s->pki, "%s", server.pki);
    snprintf(trust, sizeof trust, "%s/root.pem", server.pki);
    snprintf(arguments, sizeof arguments, "--config '%s'", config);
    keep_config(config, trust, lists);
    if (!stand_in_run(s, arguments))
        return false;
    const char *web = json_string_value(json_object_get(s->ready, "web"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(web);
    snprintf(c->address, sizeof c->address, "%.*s", (int)strcspn(web + 7, "/"), web + 7);
    return true;
}

/* is_ready: without its store or its lists nobody is sent to it; without anchors it does not even start. */
static void is_ready(void)
{
    char config[128], command[512];
    stand_in s;
    rest c;
    open_server();
    snprintf(config, sizeof config, "%s/ready.yaml", home);
    CU_ASSERT_FATAL(run_ready(&s, &c, config, ""));
    CU_ASSERT(lacks(&c, NULL));
    change_store("ALTER TABLE counter RENAME TO gone");
    CU_ASSERT(lacks(&c, "the store can't be read"));
    change_store("ALTER TABLE gone RENAME TO counter");
    CU_ASSERT(lacks(&c, NULL));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    CU_ASSERT_FATAL(run_ready(&s, &c, config, "lists: {cache: no-lists, mirror: no-mirror}\n"));
    CU_ASSERT(lacks(&c, "no trusted lists yet"));
    CU_ASSERT_EQUAL(stand_in_end(&s, SIGTERM), 0);
    keep_config(config, "", "");
    snprintf(command, sizeof command, "timeout 20 '" ENSIGN_COMMAND "' serve --config '%s' >'%s/out' 2>&1", config,
             home);
    int status = system(command);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) != 0 && WEXITSTATUS(status) != 124);
}

/* counts: each line is a comment, or a name, labels and a number; each name has its HELP and TYPE before it. */
static void counts(void)
{
    rest_answer a = {0};
    pushed p;
    open_server();
    stand_in_seal(&server, home, "one.mime", NULL, "");
    char file[128];
    snprintf(file, sizeof file, "%s/one.mime", home);
    CU_ASSERT(stand_in_push(&server, file, &p) && p.status == 200);
    CU_ASSERT_EQUAL_FATAL(probe(&a, "/metrics", true), 200);
    CU_ASSERT(strstr(a.body, "ensign_messages_total{action=\"IE3F26\",verdict=\"accepted\"} 1\n") != NULL);
    CU_ASSERT(strstr(a.body, "ensign_answer_seconds_count 1\n") != NULL);
    CU_ASSERT(strstr(a.body, "ensign_answer_seconds_bucket{le=\"+Inf\"} 1\n") != NULL);
    CU_ASSERT(strstr(a.body, "ensign_store_up 1\n") != NULL);
    CU_ASSERT(strstr(a.body, "ensign_certificate_end_seconds{eori=\"FR732829320\"") != NULL);
    char known[128] = "";
    unsigned lines = 0;
    for (char *left = a.body, *line; (line = strtok_r(left, "\n", &left)); lines++) {
        char *value = strrchr(line, ' '), *end = NULL;
        if (strncmp(line, "# TYPE ", 7) == 0)
            snprintf(known, sizeof known, "%.*s", (int)strcspn(line + 7, " "), line + 7);
        if (line[0] == '#')
            continue;
        CHECK_ROW(*known && strncmp(line, known, strlen(known)) == 0, "no TYPE stands before %s", line);
        CHECK_ROW(value && (strtod(value + 1, &end), *end == '\0'), "no number: %s", line);
    }
    CU_ASSERT(lines > 40);
    rest_drop(&a);
}

/* is_yaml tells that a file is well-formed YAML. */
static bool is_yaml(FILE *f)
{
    yaml_parser_t parser;
    yaml_event_t event;
    bool good = yaml_parser_initialize(&parser) == 1, over = false;
    yaml_parser_set_input_file(&parser, f);
    while (good && !over) {
        good = yaml_parser_parse(&parser, &event) == 1;
        over = good && event.type == YAML_STREAM_END_EVENT;
        if (good)
            yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good;
}

static void rules(void)
{
    rest_answer a = {0};
    char line[512];
    unsigned names = 0;
    open_server();
    CU_ASSERT_EQUAL_FATAL(probe(&a, "/metrics", true), 200);
    FILE *f = fopen(RULES, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT(is_yaml(f));
    rewind(f);
    while (fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "expr:");
        for (at = at ? strstr(at, "ensign_") : NULL; at; at = strstr(at + 1, "ensign_")) {
            char name[96];
            size_t len = strspn(at, NAMES);
            len -= len > 7 && strncmp(at + len - 7, "_bucket", 7) == 0 ? 7 : 0;
            snprintf(name, sizeof name, "# TYPE %.*s ", (int)len, at);
            bool lists = strstr(name, "lists_age") != NULL; /* a demo has none */
            CHECK_ROW(lists || strstr(a.body, name), "no such count is given: %s", name);
            names++;
        }
    }
    fclose(f);
    CU_ASSERT(names >= 8);
    if (system("command -v promtool >/dev/null 2>&1") == 0) {
        CU_ASSERT_EQUAL(system("promtool check rules '" RULES "' >/dev/null"), 0);
    } else {
        ens_skip("promtool isn't on this machine: the rules were read as YAML, and their names compared");
    }
    rest_drop(&a);
}

static int shell(const char *command)
{
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *text_of(const char *name)
{
    const char *text = json_string_value(json_object_get(server.ready, name));
    return text ? text : "";
}

/* example runs one where its tool is; its last line says that it came to its end. */
static void example(const char *tool, const char *program)
{
    char command[2048];
    open_server();
    snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", tool);
    if (shell(command) != 0) {
        snprintf(command, sizeof command, "%s isn't on this machine", tool);
        ens_skip(command);
        return;
    }
    snprintf(command, sizeof command,
             "ENSIGN_API='%s' ENSIGN_TOKEN='%s' ENSIGN_AS4='%s' ENSIGN_EORI='%s' timeout 300 %s >'%s/example' 2>&1 && "
             "grep -q 'assessment complete' '%s/example'",
             text_of("api"), client.token, text_of("as4_plain"), server.eori, program, home, home);
    CHECK_ROW(shell(command) == 0, "%s does not come to its end: see %s/example", program, home);
}

static void python(void)
{
    example("python3", "python3 -B '" ENSIGN_SOURCE "/examples/python/test_filing.py'");
}

static void java(void)
{
    example("javac", "java '" ENSIGN_SOURCE "/examples/java/EnsignApi.java'");
}

static void csharp(void)
{
    example("dotnet", "dotnet run --project '" ENSIGN_SOURCE "/examples/csharp-api'");
}

#define JUNIT "/usr/share/java/junit-platform-console-standalone.jar"

static void junit(void)
{
    if (access(JUNIT, R_OK) != 0) {
        ens_skip("JUnit's console isn't on this machine (" JUNIT ")");
        return;
    }
    example("javac", "sh -c 'd=$(mktemp -d) && javac -cp " JUNIT " -d $d " ENSIGN_SOURCE
                     "/examples/java/*.java && java -jar " JUNIT
                     " -cp $d --scan-classpath --fail-if-no-tests && rm -r $d && echo assessment complete'");
}

static void schemathesis(void)
{
    char command[1024];
    open_server();
    if (shell("command -v schemathesis >/dev/null 2>&1") != 0) {
        ens_skip("schemathesis isn't on this machine: pip install schemathesis");
        return;
    }
    snprintf(command, sizeof command,
             "cd '%s' && timeout 300 schemathesis run '%s/openapi.json' -u '%s' -H 'Authorization: Bearer %s' --checks "
             "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance "
             "--exclude-operation-id listenEvents --exclude-operation-id wait --max-examples 5 --phases "
             "examples,fuzzing >schema 2>&1",
             home, text_of("api"), text_of("api"), client.token);
    CHECK_ROW(shell(command) == 0, "the description and the server disagree: see %s/schema", home);
}

static const ens_case cases[] = {
    {"probes tell whether it lives and serves", probes},
    {"a probe says that it can't serve without its store or its lists", is_ready},
    {"counts are in the form that Prometheus reads", counts},
    {"alert rules load, and name counts that there are", rules},
    {"Python drives a test through the API", python},
    {"Java drives a test through the API", java},
    {"JUnit drives a test through the API", junit},
    {"C# drives a test through the API", csharp},
    {"Schemathesis finds what is described", schemathesis}, /* last: it leaves a mess */
    {NULL, NULL},
};
ENS_SUITE("web/watching", cases)
