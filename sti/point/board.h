/* What is rehearsed besides the configuration, put up and taken down while the access point serves: faults, and
 * scenarios, for everybody or for one EORI alone, so that tests that run side by side stay apart. It lives as long as
 * the process. Any thread. */
#ifndef ENS_STI_POINT_BOARD_H
#define ENS_STI_POINT_BOARD_H

#include "sti/fault/fault.h"
#include "sti/scenario/scenario.h"
#include "sti/store/filing.h"

#define ENS_BOARD_NAME 65u   /* bytes of a name, with NUL */
#define ENS_BOARD_TEXT 257u  /* bytes of a pattern, with NUL */
#define ENS_BOARD_ROWS 1024u /* of either */

/* A fault; empty texts are none. */
typedef struct {
    char name[ENS_BOARD_NAME], space[ENS_FILING_SPACE + 1]; /* space "": everybody's */
    char party[ENS_BOARD_TEXT], action[ENS_BOARD_TEXT], message_id[ENS_BOARD_TEXT], lrn[ENS_BOARD_TEXT];
    char code[16], subcode[8];
    ens_fault_kind kind;
    unsigned seconds, times;
} ens__board_fault_row;

typedef struct ens_board ens_board;
ens_board *ens__board_new(void); /* NULL without memory */
void ens__board_free(ens_board *b);

/* ens__board_put_fault puts a fault up, in place of the one of that name and space: it counts from the start.
 * Errors  those of ens__fault_rules_new; ENS_ELIMIT there are too many; ENS_ENOMEM */
ENS_CHECK ens_code ens__board_put_fault(ens_board *b, const ens__board_fault_row *row, ens_err *err);
/* ens__board_put_scenarios does the same for the text of a file of scenarios.
 * Errors  those of ens__scenarios_parse; ENS_ELIMIT; ENS_ENOMEM */
ENS_CHECK ens_code ens__board_put_scenarios(ens_board *b, const char *space, const char *name, ens_slice yaml,
                                            ens_err *err);
/* Each is false where there is none of that name in that space. */
bool ens__board_drop_fault(ens_board *b, const char *space, const char *name);
bool ens__board_drop_scenarios(ens_board *b, const char *space, const char *name);
/* ens__board_clear takes down what is of a space. */
void ens__board_clear(ens_board *b, const char *space);

/* Both hand out what is up in a space, in the order in which it is asked, which is that of being put up. What they hand
 * out is good during the call. */
void ens__board_each_fault(ens_board *b, const char *space, void (*take)(void *user, const ens__board_fault_row *row),
                           void *user);
void ens__board_each_scenarios(ens_board *b, const char *space,
                               void (*take)(void *user, const char *name, ens_slice yaml), void *user);

/* ens__board_fault finds the first fault that fits a message: of its party's EORI, then everybody's; its texts live in
 * the arena. ens__board_cue finds a rule of a scenario likewise; what it gives is good until the next sweep, by the
 * same thread. b may be NULL. */
ens_fault ens__board_fault(ens_board *b, const ens_message *m, ens_arena *arena);
bool ens__board_cue(ens_board *b, const ens__cue_question *question, ens_cue *out);
void ens__board_sweep(ens_board *b);

#endif
