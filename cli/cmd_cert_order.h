/* The part of `ensign cert` that comes before there is a certificate. */
#ifndef ENS_CLI_CMD_CERT_ORDER_H
#define ENS_CLI_CMD_CERT_ORDER_H

int ens__cert_order(int argc, char **argv);

#endif
