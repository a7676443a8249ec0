/* Which folder is whose, of mailboxes that were left out: see left_out.h. Private to left_out.c, left_folders.c, left_taken.c and left_spots.c. */
#ifndef SYNC_OBSERVE_LEFT_FOLDERS_H
#define SYNC_OBSERVE_LEFT_FOLDERS_H

#include "sync/observe/left_notes.h"

struct spot {                /* a folder that may be one of theirs */
    struct mailbox *mailbox; /* that has it, as far as its name says; NULL: none has */
    const char *folder;
    char *path;                 /* of what has no name: that lies here; NULL: else */
    char born[LOCAL_STAMP_MAX]; /* "": not told */
    char lost
        [LOCAL_STAMP_MAX]; /* of a known mailbox: when its own folder was born, which is perhaps elsewhere; "": not known */
    struct left_note *own; /* what was noted to stand there; NULL: nothing */
    struct left_note *of;  /* whose it is; NULL: nobody's of these */
    bool sure;             /* ... and of no other one */
    bool told;             /* ... for its age or its files say so, and not its path alone */
    bool left;             /* it was given to another mailbox than that whose name it has */
    bool alone;            /* nothing but its path says whose it is */
    bool open;             /* several are of its age, and it is none that was noted to stand there */
    bool strange;          /* of a known mailbox: it is the folder of another known one, as far as its age tells */
};

struct now {                 /* one that was noted, as it is now */
    struct mailbox *mailbox; /* what it is in the list of the server; NULL: it is not there */
    bool perhaps;            /* ... but only its numbers say so */
    bool stranger; /* none of these, but it is there, perhaps, under a name that is still another one's here */
    const struct mailbox
        *settled; /* ... this one, by its numbers, which is in sync in a folder of its own; NULL: not known, or none */
    bool unsaid;  /* ... for this list does not say which mailbox has its name, as lists did before */
    bool found;   /* a folder is its, as its age or its files say */
};

struct looking {
    struct run *run;
    uint64_t *births; /* when the folders of all known mailboxes were born, as the journal has it: hashes, ascending */
    size_t births_count;
    struct left_notes notes;
    struct now *now; /* of each note */
    struct spot *spots;
    size_t spots_count, spots_size;
};

/** The journal knows nothing of what is in it. */
static inline bool
left_is_unknown(const struct mailbox *mailbox)
{
    return mailbox->row.id == 0 || mailbox->row.state == MAILBOX_NEW_LOCAL || mailbox->row.state == MAILBOX_NEW_REMOTE;
}

/** It is on the server, and is to be met in this run, or gets a folder. */
static inline bool
left_is_due(const struct mailbox *mailbox)
{
    return mailbox->listed && mailbox->chosen && left_is_unknown(mailbox) && strcmp(mailbox->row.name, "INBOX") != 0;
}

static inline struct now *
left_now(const struct looking *looking, const struct left_note *note)
{
    return &looking->now[note - looking->notes.at];
}

/** When the folders of known mailboxes were born. */
MUST_CHECK bool left_births_load(struct looking *looking);
/** So many known mailboxes had a folder of this age: none, one, or 2 for more. */
unsigned left_births_count(const struct looking *looking, const char *born);
/** Was it noted to stand there? */
bool left_is_its_path(const struct left_note *note, const struct spot *spot);
/** One more. @return NULL: out of memory */
struct spot *left_add_spot(struct looking *looking, struct mailbox *mailbox, const char *folder,
                           const struct local_stamp *stamp);
/** Known mailboxes at whose paths one of these folders stands, or that of another known mailbox, instead of their own. */
MUST_CHECK bool left_taken_find(struct looking *looking);
/** Did a folder move that is one of these, or did one of a known mailbox come to a path that `mailboxes` leaves out? Then more may have changed places. */
bool left_taken_moved(const struct looking *looking);
/** Which of the list each of them is. */
MUST_CHECK bool left_folders_name(struct looking *looking);
/** All other folders that may be theirs, and whose each is. */
MUST_CHECK bool left_folders_find(struct looking *looking);

#endif
