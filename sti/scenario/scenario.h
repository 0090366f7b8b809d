/* Scenarios: what customs answer and do, written down by whoever rehearses. A scenario is a state machine: of the rules
 * that fit a message in the scene that its filing is in, the first counts; it says what is answered, what customs do
 * then of themselves, and which scene comes next. There is no language in it but * for any text.
 *
 *   scenarios:
 *     - name: asked-twice
 *       rules:
 *         - action: IE3F26
 *           lrn: "*-TWICE"
 *           then:
 *             - {order: ask-information, after: 10m, text: Who packed it?}
 *           next: asked
 *         - scene: asked
 *           action: IE3R02
 *           then:
 *             - {order: ask-information, text: And when?}
 *           next: asked-again */
#ifndef ENS_STI_SCENARIO_SCENARIO_H
#define ENS_STI_SCENARIO_SCENARIO_H

#include "sti/reply/reply.h"

#define ENS_SCENARIO_FILE_MAX ((size_t)1 << 20)
#define ENS_SCENARIOS_MAX 64u
#define ENS_SCENARIO_RULES_MAX 64u
#define ENS_SCENARIO_START "start"

typedef struct ens_scenarios ens_scenarios;

/* ens__scenarios_parse reads the text of a file; ens__scenarios_read the file.
 * Errors  ENS_EIO; ENS_ESYNTAX with line and column; ENS_EPOLICY a rule that makes no sense, by its number */
ENS_CHECK ens_code ens__scenarios_parse(ens_slice yaml, ens_scenarios **out, ens_err *err);
ENS_CHECK ens_code ens__scenarios_read(const char *file, ens_scenarios **out, ens_err *err);
void ens__scenarios_free(ens_scenarios *s);

/* ens__scenarios_cue finds the rule that fits; false: none does. What it gives borrows from the scenarios. Any
 * thread. */
bool ens__scenarios_cue(const ens_scenarios *s, const ens__cue_question *question, ens_cue *out);

#endif
