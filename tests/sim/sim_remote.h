/* What the parts of the simulated server's table of functions share. */
#ifndef TESTS_SIM_SIM_REMOTE_H
#define TESTS_SIM_SIM_REMOTE_H

#include "tests/sim/sim_server.h"

/** The line is gone (or the process dead): err says which; false. */
bool remote_broken(struct server *server, struct error *err);
/** The server ends the line, because of what it was asked. */
bool remote_died(struct server *server, struct error *err);
/** Is there a line? If not, as remote_broken. */
bool remote_alive(struct server *server, struct error *err);
/** A changing command: never in a dry run. */
bool remote_writes(struct server *server, const char *what);
/** The mailbox of these wire bytes with this UIDVALIDITY; else false and the outcome that says so. */
bool remote_target(struct server *server, struct text mailbox, uint32_t uidvalidity, int *found,
                   struct remote_outcome *outcome);

/* sim_fetch.c */
bool remote_fetch_messages(void *remote, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
                           void *context, struct error *err);
bool remote_append_messages(void *remote, const struct remote_append *messages, size_t count,
                            const struct remote_appender *from, void *context, struct error *err);
bool remote_keyword_messages(void *remote, const struct remote_keyword *changes, size_t count,
                             const struct remote_keyworder *to, void *context, struct error *err);
bool remote_move(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                 void *context, struct error *err);
bool remote_copy(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                 void *context, struct error *err);
bool remote_remove(void *remote, const struct remote_change *changes, size_t count, const struct remote_changer *to,
                   void *context, struct error *err);

/* sim_rename.c */
bool remote_delete_mailbox(void *remote, const struct remote_delete *what, struct remote_outcome *outcome,
                           struct error *err);
bool remote_rename_mailbox(void *remote, const struct remote_rename *what,
                           bool (*done)(void *context, struct text wire_name, const struct remote_outcome *outcome),
                           void *context, struct error *err);
/** Those that have a temporary name, or stand below one. @return false: the caller wants no more */
bool remote_list_aside(struct server *server, bool (*listed)(void *context, const struct remote_listed *mailbox),
                       void *context);

/** NULL also where it does not show it. */
static inline struct sim_message *
remote_message(struct server *server, int mailbox, uint32_t uid)
{
    struct sim_message *message = server_message(server, mailbox, uid);
    const size_t hidden = server_hidden(server, mailbox);
    return message != NULL && message - server->boxes[mailbox].messages >= (ptrdiff_t)hidden ? message : NULL;
}

#endif
