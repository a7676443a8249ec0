/* A command that the user named, run by the shell. */
#ifndef STORE_BASE_CHILD_H
#define STORE_BASE_CHILD_H

#include <sys/types.h>

#define CHILD_NOTHING (-1) /* for `in`: there is nothing to read */

/**
 * Start `/bin/sh -c COMMAND` in a process group of its own (kill(-pid, ...) reaches all of it), with default signals and an empty mask:
 * golub's own settings must not reach it. Descriptors that are close-on-exec stay with golub.
 * @param in   its standard input, or CHILD_NOTHING
 * @param out  its standard output; standard error is golub's
 * @return 0 or an errno
 */
int child_start(const char *command, int in, int out, pid_t *pid);

#endif
