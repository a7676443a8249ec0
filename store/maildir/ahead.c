/*
 * The data of a batch goes to the disk while the next batch arrives: a thread of its own waits in syncfs, and does nothing else. What
 * the batch is called, and when, is deliver.c's: it waits for the thread first.
 *
 * The descriptor is the one of every syncfs: the kernel tells an error to one caller only, so no other flush may run beside this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "store/maildir/ops.h"

#define STACK (64 * 1024)

static void *
flush(void *context)
{
    struct flush_ahead *ahead = context;

    ahead->result = syncfs(ahead->fd) == 0 ? 0 : errno;
    return NULL;
}

/* Signals are the main thread's. */
static bool
start(struct flush_ahead *ahead)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    int failed;

    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0)
        return false;
    failed = pthread_attr_setstacksize(&attributes, STACK);
    if (failed == 0 && pthread_sigmask(SIG_SETMASK, &all, &before) == 0) {
        failed = pthread_create(&ahead->thread, &attributes, flush, ahead);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        ahead->running = failed == 0;
    }
    (void)pthread_attr_destroy(&attributes);
    return ahead->running;
}

/* A second syncfs of a descriptor that has told an error would say "fine" without anything having reached the disk. */
void
ahead_renew(struct maildir *maildir)
{
    (void)io_close(&maildir->sync_fd);
    maildir->sync_fd = io_open(maildir->root, ".", O_RDONLY | O_DIRECTORY, 0);
    maildir->sync_age++;
}

bool
ahead_wait(struct maildir *maildir)
{
    struct flush_ahead *ahead = &maildir->ahead;

    if (!ahead->running)
        return true;
    (void)pthread_join(ahead->thread, NULL); /* it is there, and nobody else waits for it */
    ahead->running = false;
    if (ahead->result == 0)
        return true;
    ahead->failed = ahead->begun;
    ahead->why = ahead->result;
    ahead_renew(maildir);
    errno = ahead->why;
    return false;
}

bool
ahead_served(struct maildir *maildir, const struct local_draft *draft)
{
    (void)ahead_wait(maildir); /* what it says is remembered */
    if (draft->ahead > maildir->ahead.failed)
        return true;
    errno = maildir->ahead.why;
    return false;
}

bool
ahead_begin(void *local, struct local_draft *const *drafts, const int64_t *dates, size_t count)
{
    struct maildir *maildir = local;
    struct flush_ahead *ahead = &maildir->ahead;

    if (count < BATCH_FOR_SYNCFS || !maildir->settings.fsync || !maildir->syncfs_serves || !ahead_wait(maildir) ||
        maildir->sync_fd < 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (drafts[i]->dev != maildir->root_dev || drafts[i]->sync_age != maildir->sync_age)
            return false;
    for (size_t i = 0; i < count; i++) {
        const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = dates[i]}};

        drafts[i]->ahead = futimens(drafts[i]->fd, times) == 0 ? ahead->begun + 1 : 0; /* deliver_batch says why not */
    }
    ahead->fd = maildir->sync_fd;
    if (!start(ahead)) {
        for (size_t i = 0; i < count; i++)
            drafts[i]->ahead = 0;
        return false;
    }
    ahead->begun++;
    maildir->flushes_system++;
    for (size_t i = 0; i < count; i++)
        if (drafts[i]->ahead != 0 && !io_close(&drafts[i]->fd))
            drafts[i]->ahead = 0; /* without descriptor deliver_batch drops it */
    return true;
}
