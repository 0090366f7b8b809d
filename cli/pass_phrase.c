/* Pass phrases: from a file, the environment, or a prompt; never from the command line. See output.h. */
#include "cli/pass_phrase.h"

#include "engine/base/file.h"
#include "show/output.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#define PHRASE_MAX 1024

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
    ens_code code = ens__file_open(path, (size_t)64 << 10, &file, err);
    if (code != ENS_OK)
        return ens_within(err, code, "reading the pass phrase");
    ens_reader r = ens_read(file.bytes);
    if (!ens_take_line(&r, &line))
        line = file.bytes;
    code = keep_line(line.p ? (const void *)line.p : "", line.len, pass, err);
    ens__file_close(&file);
    return code;
}

/* from_terminal asks without echo; without a terminal there is no pass phrase. */
static ens_code from_terminal(const char *path, char **pass, ens_err *err)
{
    char text[PHRASE_MAX];
    struct termios before, silent;
    FILE *tty = fopen("/dev/tty", "r+");
    if (!tty)
        return ENS_OK;
    fprintf(tty, "Pass phrase of %s: ", path);
    fflush(tty);
    bool quiet = tcgetattr(fileno(tty), &before) == 0;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    quiet = quiet && tcsetattr(fileno(tty), TCSAFLUSH, &silent) == 0;
    char *got = fgets(text, sizeof text, tty);
    if (quiet)
        tcsetattr(fileno(tty), TCSAFLUSH, &before);
    fputc('\n', tty);
    ens_code code = got ? keep_line(text, strcspn(text, "\r\n"), pass, err) : ENS_OK;
    OPENSSL_cleanse(text, sizeof text);
    fclose(tty);
    return code;
}

ens_code ens__pass_phrase(const char *pass_file, const char *path, bool ask, char **pass, ens_err *err)
{
    const char *variable = getenv("ENSIGN_PASS");
    *pass = NULL;
    if (pass_file)
        return from_file(pass_file, pass, err);
    if (variable)
        return keep_line(variable, strlen(variable), pass, err);
    return ask && isatty(STDIN_FILENO) ? from_terminal(path, pass, err) : ENS_OK;
}

void ens__pass_phrase_free(char *pass)
{
    if (pass)
        OPENSSL_cleanse(pass, PHRASE_MAX);
    free(pass);
}
