/* How others get to the demo: lines to be copied, and files for who wants to be its trader. */
#ifndef ENS_STI_DEMO_GUIDE_H
#define ENS_STI_DEMO_GUIDE_H

#include "sti/demo/demo.h"

#define ENS_GUIDE_MAX ((size_t)256 << 10) /* bytes of a file */

/* Where it listens: the access point, by TLS, and the web face; "" for none. */
typedef struct {
    const char *as4, *web;
} ens__demo_urls;

/* ens__guide_write writes into the demo's folder, and appends to out what people are told:
 *   guide.txt             that text
 *   domibus-pmode.xml, domibus-policy.xml, phase4.properties
 *                         a Domibus and phase4 as its first trader, which send to as4
 *   pki/trader.p12, tls-client.p12, customs-trust.p12, tls-trust.p12
 *                         keys and anchors as Java takes them
 * Errors  ENS_EIO, ENS_ECRYPTO, ENS_ENOMEM */
ENS_CHECK ens_code ens__guide_write(const ens__demo *demo, const ens__demo_urls *at, ens_buf *out, ens_err *err);

#endif
