/* A connected TCP socket. Inside store/net only. */
#ifndef STORE_NET_SOCKET_H
#define STORE_NET_SOCKET_H

#include <netdb.h>

#include "store/net/connection.h"

/**
 * Connect to one of the addresses: each in turn; the next one is tried when one fails, and beside it when one is silent
 * for a quarter of a second. The first that answers wins.
 * @param loopback_only  addresses of other machines are not used (plain text would be sent to them)
 * @param loopback [out] the peer is this machine
 * @return the descriptor, non-blocking and close-on-exec; -1: err is ERROR_NETWORK, ERROR_INTERRUPTED, or ERROR_CONFIG
 *         where loopback_only left no address
 */
int socket_connect(const struct connection *to, const char *name, const struct addrinfo *addresses, bool loopback_only,
                   bool *loopback, struct error *err);

#endif
