/*
 * Digests of files that were read a moment ago, so that a new file is not digested for pairing and once more right before it is
 * sent. A file is the same if device, inode, size and both times are; and only times that were past already when its reading
 * began are believed, since within a tick of the clock a file can change without moving them. Nothing of it outlives the run.
 *
 * Of two files that share a slot the later one stays: what is not known is read again.
 */
#include "store/base/clock.h"
#include "store/maildir/ops.h"

#define SLOTS 4096 /* with 170 bytes each: what a run usually sends, and no more memory for a first sync */

struct known {
    struct {
        bool used;
        dev_t dev;
        ino_t ino;
        off_t size;
        struct timespec mtime, ctime;
        struct digests digests;
    } slots[SLOTS];
};

void
known_add(struct maildir *maildir, const struct stat *st, struct timespec before, const struct digests *digests)
{
    size_t slot = (size_t)st->st_ino % SLOTS;

    if (scan_is_young(maildir, st->st_mtim, before) || scan_is_young(maildir, st->st_ctim, before))
        return;
    if (maildir->known == NULL && (maildir->known = calloc(1, sizeof *maildir->known)) == NULL)
        return; /* it only saves work */
    maildir->known->slots[slot].used = true;
    maildir->known->slots[slot].dev = st->st_dev;
    maildir->known->slots[slot].ino = st->st_ino;
    maildir->known->slots[slot].size = st->st_size;
    maildir->known->slots[slot].mtime = st->st_mtim;
    maildir->known->slots[slot].ctime = st->st_ctim;
    maildir->known->slots[slot].digests = *digests;
}

const struct digests *
known_find(const struct maildir *maildir, const struct stat *st)
{
    size_t slot = (size_t)st->st_ino % SLOTS;
    const struct known *known = maildir->known;

    if (known == NULL || !known->slots[slot].used || known->slots[slot].dev != st->st_dev ||
        known->slots[slot].ino != st->st_ino || known->slots[slot].size != st->st_size ||
        !clock_same(known->slots[slot].mtime, st->st_mtim) || !clock_same(known->slots[slot].ctime, st->st_ctim))
        return NULL;
    return &known->slots[slot].digests;
}
