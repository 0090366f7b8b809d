/* The names that a site answers to. A page of elsewhere can make its own name resolve to this machine (DNS rebinding),
 * and can't make it an address: addresses and localhost are taken, and what the configuration names. */
#include "web/base/site_parts.h"

#include <arpa/inet.h>

/* without_port cuts ":8080" off. */
static ens_slice without_port(ens_slice host)
{
    size_t end = host.len;
    while (end && host.p[end - 1] >= '0' && host.p[end - 1] <= '9')
        end--;
    bool port = end && host.p[end - 1] == ':' && end < host.len;
    bool bare = port && memchr(host.p, ':', end - 1) && host.p[end - 2] != ']';
    return port && !bare ? ens_sub(host, 0, end - 1) : host;
}

static bool is_address(ens_slice host)
{
    char text[INET6_ADDRSTRLEN + 1] = "";
    struct in6_addr in;
    bool six = host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']';
    if (six)
        host = ens_sub(host, 1, host.len - 1);
    if (host.len >= sizeof text)
        return false;
    memcpy(text, host.p, host.len);
    return strlen(text) == host.len && inet_pton(six ? AF_INET6 : AF_INET, text, &in) == 1;
}

bool ens__web_is_host(const ens_web_site *s, ens_slice host)
{
    ens_slice bare;
    if (!host.len)
        return true; /* HTTP/1.0, which no browser speaks */
    bare = without_port(host);
    if (ens__eq_nocase(bare, ENS_LIT("localhost")) || is_address(bare))
        return true;
    for (size_t i = 0; i < s->num_names; i++)
        if (ens__eq_nocase(bare, ens_str(s->name[i])) || ens__eq_nocase(host, ens_str(s->name[i])))
            return true;
    return false;
}
