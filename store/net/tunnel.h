/* A command whose standard input and output are the connection. Inside store/net only. */
#ifndef STORE_NET_TUNNEL_H
#define STORE_NET_TUNNEL_H

#include <sys/types.h>

#include "store/net/connection.h"

struct tunnel {
    pid_t shell; /* also its process group; 0: none */
};

/**
 * Start `/bin/sh -c command` in a process group of its own (a Ctrl-C at the terminal is for us alone, so that what is in
 * flight can end in order). Its standard error is ours.
 * @return a socket, non-blocking and close-on-exec; -1: err is ERROR_NETWORK and tunnel is untouched
 */
int tunnel_start(struct tunnel *tunnel, const char *command, struct error *err);
/** After end of its output: "ended with status 127". The shell stays to be reaped by tunnel_end. */
void tunnel_last_words(const struct tunnel *tunnel, char *words, size_t size);
/**
 * The command's input has ended (the caller has closed the socket): give it a moment to go by itself, then end its whole
 * group. Reaped on return. Does nothing where there is no tunnel.
 */
void tunnel_end(struct tunnel *tunnel);

#endif
