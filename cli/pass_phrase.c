/* Pass phrases: from a file, the environment, or a prompt; never from the command line. See output.h. */
#include "cli/pass_phrase.h"

#include "engine/base/file.h"
#include "engine/base/printable.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define PHRASE_MAX 1024
#define PHRASE_FILE_MAX ((size_t)64 << 10)

static ens_code keep_line(const void *text, size_t len, char **pass, ens_err *err)
{
    if (len >= PHRASE_MAX)
        return ens_fail(err, ENS_ELIMIT, NULL, "the pass phrase is too long", 0);
    char *copy = malloc(PHRASE_MAX);
    if (!copy)
        return ens_fail(err, ENS_ENOMEM, NULL, "out of memory for a pass phrase", 0);
    memcpy(copy, text, len);
    copy[len] = '\0';
    *pass = copy;
    return ENS_OK;
}

static ens_code from_file(const char *path, char **pass, ens_err *err)
{
    ens_file file = {0};
    ens_slice line = {0};
    ens_code code = ens__file_open_secret(path, PHRASE_FILE_MAX, &file, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the pass phrase");
    ens_reader r = ens_read(file.bytes);
    if (!ens_take_line(&r, &line))
        line = file.bytes;
    code = keep_line(line.p ? (const void *)line.p : "", line.len, pass, err);
    ens__file_close(&file);
    return code;
}

/* What the variable held. It is taken over once and wiped where it stood: the environment of a process can be read. */
static char variable[PHRASE_MAX + 1];
static bool has_variable;

static void wipe_variable(void)
{
    OPENSSL_cleanse(variable, sizeof variable);
}

static void take_variable(void)
{
    char *value = getenv("ENSIGN_PASS");
    if (!value)
        return;
    ens__no_core_dump();
    has_variable = true;
    snprintf(variable, sizeof variable, "%s", value);
    OPENSSL_cleanse(value, strlen(value));
    unsetenv("ENSIGN_PASS");
    atexit(wipe_variable);
}

static volatile sig_atomic_t interrupted;

static void note(int signal)
{
    interrupted = signal;
}

/* read_silent reads a line without echo. A signal ends it, and is raised again once the terminal is as it was. */
static bool read_silent(FILE *tty, char *text, int size)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    enum { NUM = sizeof signals / sizeof *signals };
    struct sigaction before[NUM], noting = {.sa_handler = note};
    struct termios usual, silent;
    sigemptyset(&noting.sa_mask);
    interrupted = 0;
    for (size_t i = 0; i < NUM; i++)
        sigaction(signals[i], &noting, &before[i]);
    bool quiet = tcgetattr(fileno(tty), &usual) == 0;
    silent = usual;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    quiet = quiet && tcsetattr(fileno(tty), TCSAFLUSH, &silent) == 0;
    bool got = fgets(text, size, tty) != NULL;
    if (quiet)
        tcsetattr(fileno(tty), TCSAFLUSH, &usual);
    for (size_t i = 0; i < NUM; i++)
        sigaction(signals[i], &before[i], NULL);
    if (interrupted)
        raise(interrupted);
    return got && !interrupted;
}

/* from_terminal asks without echo; without a terminal there is no pass phrase. */
static ens_code from_terminal(const char *path, char **pass, ens_err *err)
{
    char text[PHRASE_MAX], shown[256];
    FILE *tty = fopen("/dev/tty", "r+");
    if (!tty)
        return ENS_OK;
    setvbuf(tty, NULL, _IONBF, 0); /* no copy in a buffer of the library */
    ens__no_core_dump();
    fprintf(tty, "Pass phrase of %s: ", ens__printable(ens_str(path), shown, sizeof shown));
    bool got = read_silent(tty, text, sizeof text);
    fputc('\n', tty);
    ens_code code = got ? keep_line(text, strcspn(text, "\r\n"), pass, err) : ENS_OK;
    OPENSSL_cleanse(text, sizeof text);
    fclose(tty);
    return code;
}

ens_code ens__pass_phrase(const char *pass_file, const char *path, bool ask, char **pass, ens_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    *pass = NULL;
    pthread_once(&once, take_variable);
    if (pass_file)
        return from_file(pass_file, pass, err);
    if (has_variable)
        return keep_line(variable, strlen(variable), pass, err);
    return ask && isatty(STDIN_FILENO) ? from_terminal(path, pass, err) : ENS_OK;
}

void ens__pass_phrase_free(char *pass)
{
    if (pass)
        OPENSSL_cleanse(pass, PHRASE_MAX);
    free(pass);
}
