/* The style sheet and the script, which are made part of the program when it is built. */
#ifndef ENS_WEB_PAGES_ASSET_H
#define ENS_WEB_PAGES_ASSET_H

#include "engine/base/bytes.h"

extern const ens_slice ens__asset_style, ens__asset_script;

/* ens__asset_put appends what is served at a path ("/assets/pages.css"), and tells its type; false: there is no such
 * asset. The style of pages stands behind that of the reports. */
bool ens__asset_put(ens_slice path, ens_buf *out, const char **type);
/* ens__asset_tag changes with the contents of the assets: what browsers keep them by. */
const char *ens__asset_tag(void);

#endif
