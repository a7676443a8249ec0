/*
 * Names of a folder that say nothing new: those under which the journal knows its files, as long as no such name would change a row. In a
 * folder of a million files one name has changed, and asking for the row of each would read the journal at random a million times. So the
 * rows are read once, one after the other, and of each that has nothing to say a keyed hash of its name is kept, in eight bytes and a
 * few. Which names are told, and which are missing, is then known without the journal.
 *
 * Two names of one hash: 61 bits of a key that is drawn for each folder. Rows that have one are told one by one, like those for which there is no room.
 */
#ifndef SYNC_OBSERVE_UNMOVED_H
#define SYNC_OBSERVE_UNMOVED_H

#include "store/base/keyed.h"
#include "sync/run/run.h"

#define UNMOVED_ROOM ((size_t)2 << 20) /* names of all folders that are kept at a time: about 21 MB */

struct unmoved {
    uint64_t *names; /* NULL: none were loaded */
    size_t places;
    size_t kept, count,
        seen;    /* names; those that are not told one by one; those of them that the listing under way has */
    bool taken;  /* one is told by itself since this listing began */
    bool others; /* rows have files whose names are not here, or are told by themselves since an earlier listing */
    struct keyed keyed;
};

/**
 * Those of a mailbox's rows. @param room  [in,out] so many may be kept
 */
MUST_CHECK bool unmoved_load(struct unmoved *unmoved, struct run *run, int64_t mailbox, size_t *room);
/** A listing begins: what was seen in the one before is unmoved_was_seen now. */
void unmoved_again(struct unmoved *unmoved);
/** A name of the listing under way. @return it says nothing new, and that is all there is to do */
bool unmoved_see(struct unmoved *unmoved, const char *base, const char *info);
/** Was the name under which a row knows its file in the listing under way? */
bool unmoved_is_seen(const struct unmoved *unmoved, struct text base, struct text info);
/** ... in the one before? */
bool unmoved_was_seen(const struct unmoved *unmoved, struct text base, struct text info);
/** The file of a row has another name than the row knows: from now on its names are told one by one. */
void unmoved_take(struct unmoved *unmoved, const char *base, const char *info);
/** The room is given back. */
void unmoved_free(struct unmoved *unmoved, size_t *room);

#endif
