/* A command that the user named, run by the shell. */
#ifndef STORE_BASE_CHILD_H
#define STORE_BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_NOTHING (-1) /* for `in`: there is nothing to read */

/**
 * Start `/bin/sh -c COMMAND` in a process group of its own (kill(-pid, ...) reaches all of it), with default signals and an empty mask:
 * golub's own settings must not reach it. Descriptors that are close-on-exec stay with golub.
 * @param in    its standard input, or CHILD_NOTHING
 * @param out   its standard output; standard error is golub's
 * @param more  "NAME=value", NULL at the end: what its environment has beside golub's own, or instead of it. NULL: nothing
 * @return 0 or an errno
 */
int child_start(const char *command, int in, int out, const char *const *more, pid_t *pid);

struct child_patience { /* how long a command is waited for */
    int64_t limit_ms;   /* 0: as long as it takes */
    int64_t grace_ms;   /* it gets so much more when that is over, or a signal came; then its group is killed */
    int ask;            /* a signal that its group is sent at the beginning of that; 0: none */
    bool (*stopped)(void *context); /* golub was sent a signal. May be NULL */
    void *stopped_context;
};

enum child_end {
    CHILD_ENDED,   /* by itself: status is that of waitpid */
    CHILD_STOPPED, /* asked or killed after a signal to golub, or ended by one at the same moment */
    CHILD_LATE,    /* asked or killed after limit_ms */
    CHILD_LOST,    /* errno says why what became of it is not known */
};

/** Wait for a command. @param status  [out] for CHILD_ENDED */
enum child_end child_wait(pid_t pid, const struct child_patience *patience, int *status);

/**
 * A command failed. Was that for golub's own sake: was golub sent a signal, or is it within a moment? systemd's default and the cancel of a batch
 * system signal all processes of a group, one after the other. Waits 200 ms at most.
 * @param stopped  as in struct child_patience; NULL: nobody can tell
 */
bool child_ends_with_us(bool (*stopped)(void *context), void *context);

#endif
