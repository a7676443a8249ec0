/*
 * Each message has a spool file of its own, whose name is taken away before a byte is in it: nothing of it stays behind whatever ends golub,
 * and nobody changes it under a child of the command that still reads when the command itself has ended. The command can't write it.
 * Bytes are written as they come; where all line ends are CR LF they become LF before the command runs, in place from the front: the written
 * part is never ahead of the read part. That is the form that a file in the Maildir has.
 *
 * The command runs in a process group of its own, with default signals: the user's Ctrl-C is for golub, which waits for the command to end,
 * for a while. Every descriptor of golub is close-on-exec; a read that is not done hurts nobody, since it reads a file.
 */
#include "sync/import/deliver_command.h"
#include "sync/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "store/base/child.h"
#include "store/base/limits.h"
#include "store/base/lines.h"

#define BLOCK (64 * 1024)
#define GRACE_MS 5000 /* after a signal */

struct deliver_command {
    struct deliver_command_settings settings;
    int fd;      /* spool, for writing; -1: none */
    int read_fd; /* the same file, for the command; -1: none */
    uint64_t size;
    bool shrinkable; /* so far */
    struct lines_shrink shrink;
    char *block; /* 2 * BLOCK */
    size_t fill;
};

/* ---- spool ---- */

static bool
fail(struct error *err, int number, const char *what)
{
    error_sys(err, number, "%s", what);
    error_hint(err, "The message stays on the server.");
    return false;
}

static void
close_spool(struct deliver_command *command)
{
    if (command->fd >= 0)
        (void)close(command->fd); /* what was not written is no loss: the message is given up or was flushed */
    if (command->read_fd >= 0)
        (void)close(command->read_fd);
    command->fd = -1;
    command->read_fd = -1;
}

static bool
open_spool(struct deliver_command *command, struct error *err)
{
    char name[4096];
    int failed = 0;

    close_spool(command);
    if (!text_print(name, sizeof name, "%s/spool-XXXXXX", command->settings.folder))
        return fail(err, ENAMETOOLONG, "make the spool file for the deliver-command");
    command->fd = mkostemp(name, O_CLOEXEC);
    if (command->fd < 0)
        return fail(err, errno, "make the spool file for the deliver-command");
    command->read_fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (command->read_fd < 0)
        failed = errno;
    if (unlink(name) != 0 && failed == 0)
        failed = errno;
    return failed == 0 || fail(err, failed, "make the spool file for the deliver-command");
}

static bool
write_at(int fd, const char *bytes, size_t len, uint64_t at)
{
    while (len > 0) {
        ssize_t put = pwrite(fd, bytes, len, (off_t)at);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            errno = put == 0 ? ENOSPC : errno;
            return false;
        }
        bytes += put;
        len -= (size_t)put;
        at += (uint64_t)put;
    }
    return true;
}

static bool
flush_block(struct deliver_command *command, struct error *err)
{
    if (!write_at(command->fd, command->block, command->fill, command->size))
        return fail(err, errno, "spool a message for the deliver-command");
    command->size += command->fill;
    command->fill = 0;
    return true;
}

static bool
begin(void *self, struct error *err)
{
    struct deliver_command *command = self;

    if (!open_spool(command, err))
        return false;
    command->size = 0;
    command->fill = 0;
    command->shrinkable = true;
    command->shrink = (struct lines_shrink){0};
    return true;
}

/* Only the end of the message says whether its line ends can be put back. The LF form itself is made later. */
static void
look_at_ends(struct deliver_command *command, const char *bytes, size_t len)
{
    char *scratch = command->block + BLOCK;

    while (command->shrinkable && len > 0) {
        size_t some = len < BLOCK ? len : BLOCK, put;

        command->shrinkable = lines_shrink(&command->shrink, bytes, some, scratch, &put) == some;
        bytes += some;
        len -= some;
    }
}

static bool
write_some(void *self, const void *bytes, size_t len, struct error *err)
{
    struct deliver_command *command = self;
    const char *next = bytes;

    look_at_ends(command, next, len);
    if (command->size + command->fill + len > (uint64_t)LIMIT_MESSAGE)
        return fail(err, EFBIG, "spool a message for the deliver-command");
    while (len > 0) {
        size_t some = BLOCK - command->fill < len ? BLOCK - command->fill : len;

        memcpy(command->block + command->fill, next, some);
        command->fill += some;
        next += some;
        len -= some;
        if (command->fill == BLOCK && !flush_block(command, err))
            return false;
    }
    return true;
}

/* CR LF to LF, front to back. */
static bool
shrink_spool(struct deliver_command *command, struct error *err)
{
    struct lines_shrink shrink = {0};
    char *out = command->block + BLOCK;
    uint64_t from = 0, to = 0;

    while (from < command->size) {
        ssize_t got = pread(command->fd, command->block, BLOCK, (off_t)from);
        size_t put;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(err, got < 0 ? errno : EIO, "read the spool file for the deliver-command");
        (void)lines_shrink(&shrink, command->block, (size_t)got, out, &put); /* takes all: it was looked at before */
        if (!write_at(command->fd, out, put, to))
            return fail(err, errno, "write the spool file for the deliver-command");
        from += (uint64_t)got;
        to += put;
    }
    if (ftruncate(command->fd, (off_t)to) != 0)
        return fail(err, errno, "write the spool file for the deliver-command");
    return true;
}

/* ---- the command ---- */

/* @return false: err says why what became of the command is not known: ERROR_INTERRUPTED where it was killed after a signal */
static bool
wait_for_end(const struct deliver_command *command, pid_t pid, int *status, struct error *err)
{
    const struct child_patience patience = {.grace_ms = GRACE_MS,
                                            .stopped = command->settings.stopped,
                                            .stopped_context = command->settings.stopped_context};

    switch (child_wait(pid, &patience, status)) {
    case CHILD_ENDED:
        return true;
    case CHILD_LOST:
        return fail(err, errno, "wait for the deliver-command");
    case CHILD_STOPPED:
    case CHILD_LATE: /* it may take as long as it wants */
        break;
    }
    error_set(err, ERROR_INTERRUPTED, "run the deliver-command");
    return false;
}

static bool
run(void *self, int *status, struct error *err)
{
    struct deliver_command *command = self;
    pid_t pid;
    char said[64];
    int failed, ended = 0;

    *status = -1;
    if (!flush_block(command, err) || (command->shrinkable && !command->shrink.cr && !shrink_spool(command, err)))
        return false;
    failed = child_start(command->settings.command, command->read_fd, STDERR_FILENO, NULL, &pid);
    if (failed != 0)
        return fail(err, failed, "run the deliver-command");
    if (!wait_for_end(command, pid, &ended, err))
        return false;
    if (WIFEXITED(ended)) {
        *status = WEXITSTATUS(ended);
        return true;
    }
    (void)text_print(said, sizeof said, "it was ended by signal %d", WTERMSIG(ended));
    error_set(err, ERROR_LOCAL, "run the deliver-command");
    error_answer(err, text_of(said));
    error_hint(err, "The message stays on the server and is handed over again with the next run.");
    return true;
}

/* The disk's room is given back when nobody reads any more. */
static void
drop(void *self)
{
    struct deliver_command *command = self;

    close_spool(command);
    command->size = 0;
    command->fill = 0;
}

struct deliver_command *
deliver_command_new(const struct deliver_command_settings *settings)
{
    struct deliver_command *command = calloc(1, sizeof *command);

    if (command == NULL)
        return NULL;
    command->settings = *settings;
    command->fd = -1;
    command->read_fd = -1;
    command->block = malloc(2 * (size_t)BLOCK);
    if (command->block != NULL)
        return command;
    free(command);
    return NULL;
}

struct handover
deliver_command_handover(struct deliver_command *command)
{
    return (struct handover){.begin = begin, .write = write_some, .run = run, .drop = drop, .self = command};
}

void
deliver_command_free(struct deliver_command *command)
{
    if (command == NULL)
        return;
    close_spool(command);
    free(command->block);
    free(command);
}
