/* keyUsage in words, and the settings that EN 319 412-2 allows (table 1: A to F). */
#ifndef ENS_CERTS_X509_KEYUSAGE_H
#define ENS_CERTS_X509_KEYUSAGE_H

#include "ensign/cert.h"

#define ENS_KEY_USAGES 9u
/* ens__key_usage_name names bit i of RFC 5280, 4.2.1.3. */
const char *ens__key_usage_name(unsigned bit);
/* ens__key_usage_setting is 'A' … 'F', or 0 for a combination that the table doesn't have.
 * Source  EN 319 412-2, 4.3.2 */
char ens__key_usage_setting(unsigned key_usage);
/* ens__key_usage_setting_words says what a setting is for; "" for 0. */
const char *ens__key_usage_setting_words(char setting);
/* ens__key_name writes "rsa2048", "ec256", "ed25519" … into out, which has 24 bytes. */
const char *ens__key_name(const ens_cert *cert, char out[24]);

#endif
