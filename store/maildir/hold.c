/*
 * What a batch of deliveries asks of a folder, once for all of its messages: are the three directories still its own, and may a name be taken?
 *
 * A base is taken if a file in new/ or cur/ has it under any suffix, so a rename that never replaces says too little, and looking for the likely
 * suffixes is seven calls a message. But what comes into a directory changes its ctime. So where all that was there has been told (a listing of
 * this run that nothing disturbed, or there was nothing), and the ctimes are still those, no name is there that the run does not know, and what
 * the run knows of is the caller's to avoid. What somebody puts in while a batch gets its names may be missed, as it may between a look and a
 * rename; whatever comes in between batches ends the trust in that folder. Two files of one base lose nothing: the next listing tells them apart.
 */
#include "store/base/clock.h"
#include "store/maildir/ops.h"

int
folder_tmp(struct maildir *maildir, struct folder *folder, bool *gone, struct error *err)
{
    int fd = folder->sub[SUB_TMP].fd;

    *gone = false;
    if (folder->begun == maildir->batch && fd >= 0)
        return fd;
    fd = folder_sub(maildir, folder, SUB_TMP, gone, err);
    if (fd >= 0)
        folder->begun = maildir->batch;
    return fd;
}

static bool
stop_at_any(void *context, const char *name, unsigned char type)
{
    (void)context;
    (void)name;
    (void)type;
    return false;
}

static bool
is_empty(int dir)
{
    bool stopped;

    return list_directory(dir, stop_at_any, NULL, &stopped) && !stopped;
}

bool
folder_hold(struct maildir *maildir, struct folder *folder, struct error *err)
{
    struct stat st[SUB_COUNT];
    bool gone, open = true;

    for (int sub = 0; sub < SUB_COUNT; sub++)
        open = open && folder->sub[sub].fd >= 0;
    if (open && folder->held == maildir->batch)
        return true;
    for (enum sub sub = 0; sub < SUB_COUNT; sub++)
        if (folder_stat_sub(maildir, folder, sub, &st[sub], &gone, err) < 0)
            return false;
    folder->told = folder->told && clock_same(folder->told_new, st[SUB_NEW].st_ctim) &&
                   clock_same(folder->told_cur, st[SUB_CUR].st_ctim);
    if (!folder->told && !folder->looked && is_empty(folder->sub[SUB_NEW].fd) && is_empty(folder->sub[SUB_CUR].fd))
        folder_told(folder, st[SUB_NEW].st_ctim, st[SUB_CUR].st_ctim);
    folder->looked = true;
    folder->held = maildir->batch;
    return true;
}

static void
take_time(struct folder *folder, enum sub sub, struct timespec *to)
{
    struct stat st;

    if (!folder->sub[sub].dirty)
        return;
    folder->told = folder->told && fstat(folder->sub[sub].fd, &st) == 0;
    if (folder->told)
        *to = st.st_ctim;
}

void
folder_end_batch(struct maildir *maildir)
{
    for (struct folder *folder = maildir->folders; folder != NULL; folder = folder->next)
        if (folder->held == maildir->batch) {
            take_time(folder, SUB_NEW, &folder->told_new);
            take_time(folder, SUB_CUR, &folder->told_cur);
        }
    maildir->batch++;
}
