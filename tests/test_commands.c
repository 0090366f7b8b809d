/* Every command of README and docs is cut out and run, and says what the page shows. A fenced block of `sh` is run as
 * it stands; in one of `console` the lines behind "$ " are run, and the others are what they print: "..." stands for
 * any lines, or any part of a line. A command ends well unless "# exit status 1" stands behind it. A word behind the
 * language says why a block isn't run: network, root, device, postgres, build. The files that commands need are made by
 * tests/docs_room.sh. */
#include "tests/cli/run.h"
#include "tests/fixture.h"
#include "tests/members.h"
#include "tests/suite.h"

#include <glob.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define TEXT_MAX ((size_t)1 << 20)
#define COMMANDS_MAX 200u
#define PAGE_SECONDS 600 /* that the commands of one page may take */

/* One command: from, up to end, and what it should print. */
typedef struct {
    const char *from, *end, *shown, *shown_end;
    unsigned line;
} command;

static char room[512];
static pid_t stand_in;

static const char *next_line(const char *at)
{
    const char *end = strchr(at, '\n');
    return end ? end + 1 : at + strlen(at);
}

static char *read_whole(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = f ? malloc(TEXT_MAX) : NULL;
    if (text)
        text[fread(text, 1, TEXT_MAX - 1, f)] = '\0';
    if (f)
        fclose(f);
    return text;
}

/* why_not is the reason for which a block isn't run; NULL: it is. */
static const char *why_not(const char *info)
{
    static const struct {
        const char *word, *reason;
    } reasons[] = {
        {" network", "commands that ask the internet are not run"},
        {" root", "commands that change the machine are not run"},
        {" device", "commands that need a key in a device are run by certs/pkcs11"},
        {" postgres", "commands that need a PostgreSQL are not run: sti/store-postgres starts one of its own"},
        {" build", "commands that build everything are not run within the tests"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strncmp(info, reasons[i].word, strlen(reasons[i].word)) == 0)
            return reasons[i].reason;
    return NULL;
}

/* cut_console takes the commands of a console block. */
static unsigned cut_console(const char *at, const char *end, unsigned line, command *out, unsigned max)
{
    unsigned num = 0;
    for (; at < end && num < max; line++) {
        const char *next = next_line(at);
        if (strncmp(at, "$ ", 2) == 0) {
            out[num++] = (command){at + 2, next, next, next, line};
            while (next[-2] == '\\' && next < end) { /* it goes on */
                next = next_line(next);
                line++;
                out[num - 1].end = out[num - 1].shown = out[num - 1].shown_end = next;
            }
        } else if (num) {
            out[num - 1].shown_end = next;
        }
        at = next;
    }
    return num;
}

/* cut takes all commands of a page; what isn't run is told. */
static unsigned cut(const char *page, const char *text, command *out)
{
    unsigned num = 0, line = 1;
    for (const char *at = text; *at; line++) {
        const char *next = next_line(at), *info = NULL;
        bool console = strncmp(at, "```console", 10) == 0;
        CHECK_ROW(strncmp(at, "    $ ", 6) != 0 && strncmp(at, "    ensign ", 11) != 0, "%s:%u: put it into a fence",
                  page, line);
        if (console)
            info = at + 10;
        else if (strncmp(at, "```sh", 5) == 0)
            info = at + 5;
        if (!info) {
            at = next;
            continue;
        }
        const char *end = strstr(next, "\n```"), *body = next;
        CHECK_ROW(end != NULL, "%s:%u: the block has no end", page, line);
        if (!end)
            return num;
        if (why_not(info))
            ens_skip(why_not(info));
        else if (console)
            num += cut_console(body, end + 1, line + 1, out + num, COMMANDS_MAX - num);
        else if (num < COMMANDS_MAX)
            out[num++] = (command){body, end + 1, end + 1, end + 1, line + 1};
        for (at = body; at <= end; at = next_line(at))
            line++;
        at = next_line(at);
        line++;
    }
    return num;
}

/* matches compares one line with a pattern in which "..." stands for anything. */
static bool matches(const char *pattern, size_t pattern_len, const char *line, size_t len)
{
    while (pattern_len) {
        if (pattern_len >= 3 && memcmp(pattern, "...", 3) == 0) {
            for (size_t skipped = 0; skipped <= len; skipped++)
                if (matches(pattern + 3, pattern_len - 3, line + skipped, len - skipped))
                    return true;
            return false;
        }
        if (!len || *pattern != *line)
            return false;
        pattern++, pattern_len--, line++, len--;
    }
    return !len;
}

static size_t line_len(const char *at)
{
    return strcspn(at, "\n");
}

/* shows tells whether the output has the lines that the page shows, in their order, nothing between but for "...". */
static bool shows(const char *shown, const char *end, const char *output)
{
    if (shown >= end)
        return true; /* nothing is shown, and anything may be printed */
    if (line_len(shown) == 3 && memcmp(shown, "...", 3) == 0) {
        const char *rest = next_line(shown);
        if (rest >= end)
            return true;
        for (const char *at = output; *at; at = next_line(at))
            if (shows(rest, end, at))
                return true;
        return false;
    }
    if (!*output || !matches(shown, line_len(shown), output, line_len(output)))
        return false;
    const char *rest = next_line(shown);
    return rest < end ? shows(rest, end, next_line(output)) : !*next_line(output);
}

/* awaited tells whether a status is one that the command may end with. */
static bool awaited(const command *c, int status)
{
    const char *note = "# exit status ";
    for (const char *at = c->from; at + strlen(note) < c->end; at++)
        if (strncmp(at, note, strlen(note)) == 0) {
            for (at += strlen(note); at < c->end; at++)
                if (*at == '0' + status)
                    return true;
            return false;
        }
    return status == 0;
}

/* write_script writes the commands of a page as one script, each with its output and status in files. */
static bool write_script(const char *folder, const command *commands, unsigned num)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/script", folder);
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fprintf(f,
            "cd '%s/files'\nPATH='%s/bin':$PATH\nexport NO_COLOR=1 LC_ALL=C.UTF-8\nunset ENSIGN_PASS\n"
            "url=$(cat '%s/url') eori=$(cat '%s/eori')\n",
            folder, room, room, room);
    for (unsigned i = 0; i < num; i++)
        fprintf(f, "{\n%.*s\n} >'%s/out.%u' 2>&1 </dev/null\necho $? >'%s/status.%u'\n",
                (int)(commands[i].end - commands[i].from), commands[i].from, folder, i, folder, i);
    return fclose(f) == 0;
}

/* check_json looks at what a command with --json prints: docs/json.md tells of every member. */
static void check_json(const command *c, char *output)
{
    const char *option = strstr(c->from, "--json");
    if (!option || option >= c->end)
        return;
    for (char *rest = output, *line; (line = strtok_r(rest, "\n", &rest));)
        if (line[0] == '{')
            check_members_told(line);
}

static void check_command(const char *page, const char *folder, const command *c, unsigned i)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/status.%u", folder, i);
    char *status = read_whole(path);
    snprintf(path, sizeof path, "%s/out.%u", folder, i);
    char *output = read_whole(path);
    CHECK_ROW(status && awaited(c, atoi(status)), "%s:%u: exit status %.3s: %.200s", page, c->line,
              status ? status : "-", output ? output : "");
    CHECK_ROW(output && shows(c->shown, c->shown_end, output), "%s:%u: the page shows something else than: %.400s",
              page, c->line, output ? output : "");
    if (output)
        check_json(c, output);
    free(status);
    free(output);
}

static bool shell(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

static bool shell(const char *format, ...)
{
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    return system(line) == 0;
}

static void leave_room(void)
{
    if (stand_in > 0)
        kill(stand_in, SIGTERM);
}

/* enter_room makes the files and starts the stand-in, once. */
static bool enter_room(void)
{
    char path[600];
    if (room[0])
        return true;
    if (!fixture_folder())
        return false;
    snprintf(room, sizeof room, "%s", fixture_path("docs-room"));
    bool made =
        shell("sh '%s/tests/docs_room.sh' '%s' '%s' '%s'", ENSIGN_SOURCE, ENSIGN_COMMAND, fixture_folder(), room);
    snprintf(path, sizeof path, "%s/pid", room);
    char *pid = read_whole(path);
    stand_in = pid ? (pid_t)atoi(pid) : 0;
    free(pid);
    atexit(leave_room);
    CHECK_ROW(made && stand_in > 0, "the room of the docs can't be made");
    return made;
}

/* run_page runs the commands of one page on a copy of the files; the stand-in is one for all. */
static unsigned run_page(const char *path)
{
    static command commands[COMMANDS_MAX];
    static unsigned num_pages;
    const char *page = path + strlen(ENSIGN_SOURCE) + 1;
    char folder[600];
    char *text = read_whole(path);
    unsigned num = text ? cut(page, text, commands) : 0;
    snprintf(folder, sizeof folder, "%s/page-%u", room, num_pages++);
    bool ready = num && shell("mkdir '%s' && cp -r '%s/files' '%s/files' && rm -rf '%s/files/rehearsal' && "
                              "ln -s '%s/files/rehearsal' '%s/files/rehearsal'",
                              folder, room, folder, folder, room, folder);
    if (ready && write_script(folder, commands, num)) {
        CHECK_ROW(shell("timeout %d sh '%s/script'", PAGE_SECONDS, folder), "%s: the commands don't come to an end",
                  page);
        for (unsigned i = 0; i < num; i++)
            check_command(page, folder, &commands[i], i);
    }
    free(text);
    return num;
}

static unsigned run_pages(const char *pattern)
{
    char full[512];
    unsigned num = 0;
    glob_t found;
    snprintf(full, sizeof full, "%s/%s", ENSIGN_SOURCE, pattern);
    if (!enter_room() || glob(full, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++)
        num += run_page(found.gl_pathv[i]);
    globfree(&found);
    return num;
}

static void of_readme(void)
{
    CHECK_ROW(run_pages("*.md") >= 5, "README has fewer commands");
}

static void of_docs(void)
{
    CHECK_ROW(run_pages("docs/*.md") >= 5, "docs have fewer commands");
}

static void of_man_pages(void)
{
    CHECK_ROW(run_pages("docs/man/*.md") >= 30, "man pages have fewer commands");
}

/* The help of the command that was asked for last. */
static char help[RUN_OUTPUT_MAX], helped[64];

static const char *help_of(const char *name)
{
    if (strcmp(helped, name) != 0) {
        snprintf(helped, sizeof helped, "%s", name);
        snprintf(help, sizeof help, "%s", run_ensign("%s --help", name)->out);
    }
    return help;
}

/* check_mention looks at `ensign …` within a sentence: the command is there, and has the options. */
static void check_mention(const char *page, const char *names, const char *text, size_t len)
{
    char words[512], name[64] = "", two[640], line[700];
    snprintf(words, sizeof words, "%.*s", (int)(len < sizeof words - 1 ? len : sizeof words - 1), text);
    for (char *rest = words, *word; (word = strtok_r(rest, " \n[]", &rest));) {
        if (strncmp(word, "--", 2) == 0 && name[0]) {
            snprintf(line, sizeof line, "%.*s", (int)strcspn(word, "=…|),;"), word);
            CHECK_ROW(strcmp(line, "--help") == 0 || strstr(help_of(name), line), "%s: %s has no %s", page, name, line);
            continue;
        }
        snprintf(two, sizeof two, "%s%s%s", name, name[0] ? " " : "", word);
        snprintf(line, sizeof line, "\n%s\n", two);
        if (strlen(two) < sizeof name && strspn(word, "abcdefghijklmnopqrstuvwxyz-") == strlen(word) &&
            (strstr(names, line) || (!name[0] && (snprintf(line, sizeof line, "\n%s ", two), strstr(names, line)))))
            memcpy(name, two, strlen(two) + 1);
        else
            CHECK_ROW(name[0] || strcmp(word, "help") == 0 || strncmp(word, "--", 2) == 0 ||
                          strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ.…") == strlen(word),
                      "%s: there is no command %s", page, two);
    }
}

static void mentions(void)
{
    static const char *const patterns[] = {"README.md", "docs/*.md", "docs/man/*.md", "CONTRIBUTING.md"};
    char names[4096] = "\n";
    unsigned num = 0;
    snprintf(names + 1, sizeof names - 1, "%.4000s", run_ensign("help --names")->out);
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char full[512];
        glob_t found;
        snprintf(full, sizeof full, "%s/%s", ENSIGN_SOURCE, patterns[i]);
        CU_ASSERT_EQUAL_FATAL(glob(full, 0, NULL, &found), 0);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            char *text = read_whole(found.gl_pathv[k]);
            for (const char *at = text; at && (at = strstr(at, "`ensign ")); at++, num++) {
                const char *end = strchr(at + 1, '`');
                if (end)
                    check_mention(found.gl_pathv[k] + strlen(ENSIGN_SOURCE) + 1, names, at + 8, (size_t)(end - at) - 8);
            }
            free(text);
        }
        globfree(&found);
    }
    CHECK_ROW(num >= 20, "only %u commands are mentioned", num);
}

static const ens_case cases[] = {
    {"the commands of README run, and print what it shows", of_readme},
    {"the commands of docs run, and print what they show", of_docs},
    {"the commands of the man pages run", of_man_pages},
    {"commands and options that sentences name are there", mentions},
    {NULL, NULL},
};
ENS_SUITE("docs/commands", cases)
