/* Which folder is whose, of mailboxes that were left out: see left_out.h. Private to left_out.c, left_folders.c and left_taken.c. */
#ifndef SYNC_OBSERVE_LEFT_FOLDERS_H
#define SYNC_OBSERVE_LEFT_FOLDERS_H

#include "sync/observe/left_notes.h"

struct spot {                /* a folder that may be one of theirs */
    struct mailbox *mailbox; /* that has it, as far as its name says; NULL: none has */
    const char *folder;
    char born[LOCAL_STAMP_MAX]; /* "": not told */
    char lost
        [LOCAL_STAMP_MAX]; /* of a known mailbox: when its own folder was born, which is perhaps elsewhere; "": not known */
    struct left_note *own; /* what was noted to stand there; NULL: nothing */
    struct left_note *of;  /* whose it is; NULL: nobody's of these */
    bool sure;             /* ... and of no other one */
    bool told;             /* ... for its age or its files say so, and not its path alone */
    bool left;             /* it was given to another mailbox than that whose name it has */
    bool open;             /* several are of its age, and it is none that was noted to stand there */
};

struct now {                 /* one that was noted, as it is now */
    struct mailbox *mailbox; /* what it is in the list of the server; NULL: it is not there */
    bool perhaps;            /* ... but only its numbers say so */
    bool found;              /* a folder is its, as its age or its files say */
};

struct looking {
    struct run *run;
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

/** One more. @return NULL: out of memory */
struct spot *left_add_spot(struct looking *looking, struct mailbox *mailbox, const char *folder,
                           const struct local_stamp *stamp);
/** Known mailboxes at whose paths one of these folders stands, instead of their own. */
MUST_CHECK bool left_taken_find(struct looking *looking);
/** Which of the list each of them is. */
MUST_CHECK bool left_folders_name(struct looking *looking);
/** All other folders that may be theirs, and whose each is. */
MUST_CHECK bool left_folders_find(struct looking *looking);

#endif
