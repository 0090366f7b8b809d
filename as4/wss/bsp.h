/* The form of the seal as the Basic Security Profile has it, which receivers built on WSS4J enforce, and what else was
 * seen to fail there. */
#ifndef ENS_AS4_WSS_BSP_H
#define ENS_AS4_WSS_BSP_H

#include "as4/wss/wss.h"

#define ENS_REFERENCES_GOOD 30u /* references of one signature that a Domibus takes: the Java platform stops there */

/* ens__bsp_judge adds token.* and algorithm.references for what WSS4J refuses, with the number of the rule;
 * lenient: as warnings. Where there is no signature it judges nothing. It returns whether the references are as few as
 * they have to be.
 * Source  WS-I Basic Security Profile 1.1; WSS
 * SOAP Message Security 1.1.1; seen with Domibus 4.0.2 */
bool ens__bsp_judge(const ens_soap *soap, const ens_wss *wss, bool lenient, ens_report *report);

#endif
