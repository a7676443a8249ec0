/* The addresses of a host, without being stuck in a name server. Inside store/net only. */
#ifndef STORE_NET_RESOLVE_H
#define STORE_NET_RESOLVE_H

#include <netdb.h>

#include "store/net/connection.h"

/**
 * Look up to->host and to->port, IPv6 and IPv4, in the system's order of preference.
 * @return NULL: err is ERROR_NETWORK, ERROR_CONFIG (a host name too long to be one) or ERROR_INTERRUPTED; else the
 *         caller frees the list with freeaddrinfo
 */
struct addrinfo *resolve(const struct connection *to, struct error *err);

#endif
