/* The life of filings against the stand-in with all 84 actions, by any client that sends them. */
#ifndef ENS_TESTS_CLI_SERVE_LIFE_H
#define ENS_TESTS_CLI_SERVE_LIFE_H

#include "tests/cli/stand_in.h"

/* Messages of a walk: what customs alone may send; and of traders, their 66 actions at fault, filings refused and good,
 * what names no filing, amendments with the reference to a filing, and what follows requests of customs. */
#define LIFE_REFUSED 18u
#define LIFE_ACKNOWLEDGED (66u + 31u + 30u + 33u + 30u + 1u + 5u)

/* A sender sends folder/NNN.mime, sealed, in their order, and gives 0 where all are acknowledged, else 1. */
typedef int life_sender(const stand_in *s, const char *folder);
/* life_walk sends every action, at fault and good, and checks each reply by the matrix, the tables and the schemas. */
void life_walk(life_sender *send);

#endif
