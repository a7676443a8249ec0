/*
 * What a service manager (systemd, or one like it) is told, as in sd_notify(3): one datagram to the socket that $NOTIFY_SOCKET names.
 * Where that is not set all of this does nothing, and nothing here fails: who is not heard goes on all the same.
 *
 * Any thread may call any of it at any time; it never waits.
 */
#ifndef SYNC_WATCH_SERVICE_H
#define SYNC_WATCH_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

struct service;

/**
 * Reads the environment: $NOTIFY_SOCKET (a path, or "@..." for a name that is in no file system), $WATCHDOG_USEC and $WATCHDOG_PID. Takes
 * them out of it: they are not meant for the commands that golub runs.
 * To be called before there are threads.
 * @return NULL: nobody listens (or no memory); then all below does nothing
 */
struct service *service_new(void);
/** The work has begun (READY=1), with a line for people (STATUS=). */
void service_ready(struct service *service, const char *status);
/** A line for people. The same as the last one is not sent again. Line ends in it become blanks. */
void service_status(struct service *service, const char *status);
/** How often service_alive has to be called: half of what the manager waits for it. @return -1: it does not wait for anything */
int64_t service_alive_ms(const struct service *service);
/** All goes its way (WATCHDOG=1). Nothing where the manager does not wait for it. */
void service_alive(struct service *service);
/** The end has begun (STOPPING=1). */
void service_stopping(struct service *service);
/** NULL-safe. */
void service_free(struct service *service);

#endif
