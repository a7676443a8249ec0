/*
 * What moved_folders.c looks for, and where; and folders that stand where another one stood: a chain of renames, or a circle, leaves most paths taken. A
 * mailbox at whose path less than two thirds of its files are is looked for like one whose folder is gone, and what is at its path may be the folder of
 * another one. Nobody gets a path whose mailbox was not found elsewhere.
 */
#ifndef SYNC_OBSERVE_EXCHANGED_H
#define SYNC_OBSERVE_EXCHANGED_H

#include "sync/run/run.h"

struct lost { /* a mailbox whose folder is not there, or that stands elsewhere */
    struct mailbox *mailbox;
    uint64_t names; /* files that were in it */
    uint64_t count; /* ... so many of them are in the folder that is being listed */
    uint64_t other; /* ... in folders of other mailboxes */
    size_t fitting; /* so many folders may be it */
    bool matched;
};

struct found { /* a folder that is no mailbox's, or perhaps another one's */
    struct mailbox *
        mailbox; /* the new one that it would be, or the one that has the name, whose folder is another one (`second`) */
    const char *name, *folder;
    size_t of;    /* one more than the index of the lost one whose path it has; 0: of none */
    char *own;    /* `name`, where nobody else keeps it */
    bool matched; /* something that was lost is in it, or it is that */
    bool over;    /* the mailbox that has the name is gone on both sides */
};

struct name {
    uint64_t hash;
    size_t lost;
};

struct overlap { /* so many names of one are in the other */
    size_t lost, found;
    uint64_t count;
    uint64_t strangers; /* files that are in the other and were in nothing that is lost */
    uint64_t removed;   /* ... so many of them were fetched for that one, and it has them no more */
    bool
        same_age; /* and it is as old to the nanosecond, which is no proof by itself: what is made at once may be of one age */
    bool named;      /* its names say that it is that one, whatever its age says */
    bool fits, only; /* only: no other one does */
};

struct search {
    struct run *run;
    struct lost *lost;
    size_t lost_count;
    struct found *found;
    size_t found_count;
    struct name *names; /* of all that is lost, by their hashes */
    size_t names_count, names_size;
    struct overlap *overlaps;
    size_t overlaps_count, overlaps_size;
    size_t at;          /* the one of `lost` whose names are read */
    uint64_t strangers; /* files of the folder that is being listed that were in none of them */
    uint64_t *fetched;  /* ... which UIDs these were fetched for, by hashes; in a Maildir out of a backup alone */
    size_t fetched_count, fetched_size;
    bool with_gone; /* files that are known to be gone are looked for as well */
    bool no_memory;
};

/** Names of the files of all that is lost. */
MUST_CHECK bool moved_names_read(struct search *search);
/** How many of them are in this folder? @return false: it can't be listed, and holds nothing as far as anybody knows */
bool moved_names_count(struct search *search, const char *folder);
/**
 * How many files of the folder that was listed, which are in none of them, were fetched for this one, as their names say, when it was called `name`? It has
 * lost them since: the folder is out of a backup. 0 where its own files tell enough.
 */
uint64_t moved_names_removed(struct search *search, const struct lost *lost, const char *name);
/** What these made. */
void moved_names_free(struct search *search);
/** One file of the folder that is being listed. */
void moved_names_see(struct search *search, const char *base);

/**
 * Once the list is there: mailboxes that it lacks, at whose paths other folders stand, are gone on both sides. Such a folder may be that of one that the list
 * has, and that is not here.
 */
MUST_CHECK bool exchanged_gather_gone(struct search *search);
/** Mailboxes at whose paths other folders stand. There is room for one more of each kind for each mailbox. */
MUST_CHECK bool exchanged_gather(struct search *search);
/** ... where no folder is gone, and none is new. Only those are looked into whose age does not tell that they stayed, and no one alone. */
MUST_CHECK bool exchanged_gather_alone(struct search *search);
/**
 * *home: most of its files are in the folder at its path. Where it had none, its age tells.
 *
 * @param other  by its age it is another folder
 */
MUST_CHECK bool exchanged_is_at_home(struct run *run, struct mailbox *mailbox, bool other, bool *home);
/** Of those that fit: who would get a path whose own mailbox stays does not. */
void exchanged_settle(struct search *search);

#endif
