/*
 * Does this machine's way into the network change? A laptop that goes from one network to another keeps connections that are dead, and finds
 * out after minutes; the system tells it at once (netlink, to everybody, without privileges).
 *
 * Only the addresses, whether their interfaces are up and have a carrier, and the default routes count; what is told again because its
 * lifetime was refreshed is no change, nor is what has to do with this machine or its link alone (127.0.0.1, fe80::...).
 * A watch belongs to one thread.
 */
#ifndef STORE_NET_NETWORK_H
#define STORE_NET_NETWORK_H

#include <stdbool.h>

struct network_watch;

/** @return NULL: it can't be had (no memory, no netlink), and one does without */
struct network_watch *network_watch_new(void);
/** To poll for input. @param watch  NULL: -1, which poll passes over */
int network_watch_descriptor(const struct network_watch *watch);
/** Read what has been told, without waiting. @return whether anything that counts is other than at the last call. NULL-safe */
bool network_watch_read(struct network_watch *watch);
/** NULL-safe. */
void network_watch_free(struct network_watch *watch);

#endif
