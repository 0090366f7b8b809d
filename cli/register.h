/* What the verbs of `ensign register` share. */
#ifndef ENS_CLI_REGISTER_H
#define ENS_CLI_REGISTER_H

#include "cli/judge.h"
#include "cli/rehearsing.h"

typedef struct {
    ens__rehearsing_options common;
    const char *user, *eori, *name, *description, *purpose, *holder, *out, *by, *national, *profile, *cert, *pass_file;
    const char *provider, *client, *title, *text, *deadline, *mrn, *reference;
    ens_judge_options judge;
} ens__register_options;

typedef ens__rehearsing_job ens__register_job;

/* Process 2. */
int ens__register_post(ens__register_job *j);
int ens__register_tasks(ens__register_job *j);
int ens__register_answer(ens__register_job *j);
int ens__register_information(ens__register_job *j);

#endif
