/* A sub-command of `ensign journal` that reads the ledger. */
#ifndef ENS_CLI_CMD_LEDGER_H
#define ENS_CLI_CMD_LEDGER_H

int ens__cmd_disagreements(int argc, char **argv);

#endif
