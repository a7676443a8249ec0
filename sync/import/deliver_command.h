/*
 * The user's deliver-command as a struct handover (sync/import/import.h): a message is spooled in a file of its own, then `/bin/sh -c COMMAND` reads
 * it on its standard input, where it can't be written. What the command writes goes to golub's standard error.
 */
#ifndef SYNC_IMPORT_DELIVER_COMMAND_H
#define SYNC_IMPORT_DELIVER_COMMAND_H

#include "sync/import/import.h"

struct deliver_command_settings { /* borrowed strings */
    const char *command;
    const char *folder;             /* where the spool file is made; exists when a message comes */
    bool (*stopped)(void *context); /* a signal came: the command gets five more seconds. May be NULL */
    void *stopped_context;
};

struct deliver_command;

/** Touches no file. @return NULL: out of memory */
struct deliver_command *deliver_command_new(const struct deliver_command_settings *settings);
/** The table of functions, with itself. */
struct handover deliver_command_handover(struct deliver_command *command);
/** NULL-safe. */
void deliver_command_free(struct deliver_command *command);

#endif
