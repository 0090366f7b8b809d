/* Pass phrases of keys: from a file, the environment, or a prompt; never from an argument. */
#ifndef ENS_CLI_PASS_PHRASE_H
#define ENS_CLI_PASS_PHRASE_H

#include "ensign/base.h"

#include <stdbool.h>

/* ens__pass_phrase finds the pass phrase for the file at path: the first line of pass_file, else the variable
 * ENSIGN_PASS, else, where ask is set and there is a terminal, a prompt; else *pass is NULL. Free with
 * ens__pass_phrase_free, which wipes it.   Errors  ENS_EIO, ENS_ELIMIT */
ENS_CHECK ens_code ens__pass_phrase(const char *pass_file, const char *path, bool ask, char **pass, ens_err *err);
void ens__pass_phrase_free(char *pass);

#endif
