/*
 * What a mailbox is, what may be done in it, and whether anything may be removed: pure functions of what was seen. No I/O, no clock, no store:
 * who calls them loads what they ask for, and does what they answer. removals_allowed and its kind speak of the account, and so have its name.
 * Laws: contrib/doc/correctness.md.
 */
#ifndef SYNC_RULES_MAILBOX_H
#define SYNC_RULES_MAILBOX_H

#include "store/base/mailbox_state.h"
#include "sync/rules/policy.h"

enum mailbox_side { SIDE_HERE, SIDE_THERE };

struct mailbox_sight { /* one mailbox in the survey */
    enum mailbox_state
        was;    /* as the journal has it; of one that it does not know: where it was met, NEW_LOCAL or NEW_REMOTE */
    bool known; /* the journal has a row of it */
    bool there, here; /* the list of the server names it; its folder stands in the Maildir */
    bool chosen;      /* by the patterns */
    bool restored;    /* the Maildir is older than the journal */
    bool cut;         /* the list of the server may lack some: a line of it could not be read */
};

enum mailbox_turn {
    TURN_NONE,       /* as it was */
    TURN_MET,        /* on both sides for the first time: paired by content */
    TURN_BACK,       /* it was gone on one side, and is on both again */
    TURN_GONE,       /* on the side that the state says, from now on or since long */
    TURN_MADE_AGAIN, /* its folder is not in the Maildir that was restored: it is made again */
    TURN_LEFT_OUT,   /* out of the patterns, and the journal knew it */
    TURN_OVER,       /* on neither side */
};

struct mailbox_next {
    enum mailbox_turn turn;
    enum mailbox_state state; /* from now on */
    bool forget; /* its rows: what a file, or a UID, that is missing was before must not count as a removal */
    bool ask;    /* the list does not name it, but lacks some: the server is asked for it by its name */
};

/**
 * Situations: a mailbox that is on one side alone is made on the other only if it never was there; gone, it is left alone, and nothing in it
 * is removed; once it is back no row of it counts for a removal.
 */
struct list_sight { /* a list of the server's mailboxes, tagged OK */
    bool inbox;     /* names INBOX */
    bool had_inbox; /* INBOX is known to have been on the server */
    bool known;     /* other mailboxes are known */
    bool again;     /* ... and one of them is named */
    bool any;       /* names any mailbox at all */
    bool cut;       /* a line of it could not be read: what it does not name is left alone */
};

/** Does what it does not name count as absent? An account without INBOX is legal (RFC 9051 section 5.1), an INBOX that went is a failure. */
bool mailbox_list_is_believed(const struct list_sight *sight);
struct mailbox_next mailbox_next(const struct mailbox_sight *sight);

/* ---- cautions: what a run learned and does not know, or can't do; once learned it holds until the run ends ---- */

enum caution {
    CAUTION_FIRST_MEETING = 1 << 0,   /* the journal does not know the account */
    CAUTION_TWO_RUNS = 1 << 1,        /* journal and Maildir are not of one run */
    CAUTION_UNFETCHED = 1 << 2,       /* a message did not come */
    CAUTION_READ_ONLY = 1 << 3,       /* a folder can't be written to */
    CAUTION_ODD_NAME = 1 << 4,        /* a file's name can't be used */
    CAUTION_UNREAD_FOLDER = 1 << 5,   /* a folder could not be listed */
    CAUTION_UNSTABLE_FOLDER = 1 << 6, /* it could not be listed twice as the same */
    CAUTION_UNREAD_FILE = 1 << 7,     /* a new file could not be read: it may be what is missing elsewhere */
    CAUTION_UNREAD_FILES = 1 << 8,    /* new files of a folder change faster than they are read */
    CAUTION_MADE_HERE = 1 << 9,       /* a folder was made since the survey */
    CAUTION_MADE_THERE = 1 << 10,     /* a mailbox was */
    CAUTION_REPAIRED = 1 << 11,       /* UIDs mean nothing any more: a mailbox is paired anew */
    CAUTION_UNLISTED = 1 << 12,       /* a mailbox could not be listed */
    CAUTION_UNREAD_MESSAGE =
        1 << 13,                  /* a message on the server could not be read: it may be what is missing elsewhere */
    CAUTION_RENUMBERED = 1 << 14, /* UIDs were given anew between listing and reading */
    CAUTION_NOT_MADE = 1 << 15,   /* a mailbox that can't be made on the other side */
    CAUTION_REMOVAL_REFUSED = 1 << 16,  /* the server refused to remove something */
    CAUTION_UNEVEN = 1 << 17,           /* a mailbox counts a message that it does not list, since this run */
    CAUTION_LATE = 1 << 18,             /* a mailbox or message is read when everything else is done; over then */
    CAUTION_UNREADABLE = 1 << 19,       /* a mailbox ends the line when it is looked at */
    CAUTION_STAYS_UNREADABLE = 1 << 20, /* ... in two runs on end: what may be in it waits for it no longer */
    CAUTION_CROWDED = 1 << 21,          /* the server can't remove something beside messages that carry \Deleted */
    CAUTION_STANDS_UNUSED = 1 << 22,    /* files of it stand in a folder that can't be used */
};

/* A new message on the server could not be read in this run, or is read when everything else is done: it may be what seems to be nowhere. */
#define CAUTIONS_UNREAD_MESSAGE ((unsigned)CAUTION_UNREAD_MESSAGE | (unsigned)CAUTION_LATE)

/**
 * May anything be removed on this side? Laws 4 and 5: what is missing on one side is removed on the other only after all was listed
 * and read in which it could stand instead, and what is to be added has been.
 * @param of_run      all that the run learned
 * @param of_mailbox  what it learned of the mailbox in question; 0: asked for the whole account
 * @param why         [out] if not: the reason, in words for people; NULL: not asked for
 */
bool removals_allowed(enum mailbox_side side, unsigned of_run, unsigned of_mailbox, const char **why);
/**
 * May a message follow on this side to where it went on the other one? A removal there of one that was added elsewhere: as removals_allowed, but
 * where every mailbox was seen as it is now, what appeared is what vanished, also while one of them is paired anew.
 */
bool moves_allowed(enum mailbox_side side, unsigned of_run, bool all_seen);
/** Law 4: does it prove anything that a message is nowhere on this side? */
bool absence_is_proven(enum mailbox_side side, unsigned of_run);

/* ---- one mailbox in a run ---- */

struct mailbox_now {
    enum mailbox_state state;
    unsigned cautions; /* that concern it */
    bool chosen;       /* by the patterns */
    bool asked;        /* by the command line, or that names none */
    bool there;        /* on the server */
    bool
        moved_out; /* its folder is gone here, and what stood in it stands elsewhere here: that follows, and nothing else is done in it */
    bool current;  /* what the journal says of its side on the server was so in this run */
    bool wanted;   /* gone on the server, and a person says that mail is to be there */
    bool has_news; /* the list shows UIDs, or another UIDVALIDITY, of which the journal does not know */
};

enum mailbox_use { /* of those that are worse the worst */
                   MAILBOX_OPEN,
                   MAILBOX_NOT_ASKED, /* this run looks at it where it must, and does nothing in it */
                   MAILBOX_CLOSED,    /* nothing is done in it */
};

/** Situations: only where both sides are there, and were looked at, is anything done; but for what is left to follow out of a mailbox (moved_out). */
enum mailbox_use mailbox_use(const struct mailbox_now *now);
/** It can't be made, or not be written to, on one side: said, and left alone in this run. */
bool mailbox_is_refused(unsigned cautions);
/** It could not be observed: nothing is known of it as of this run. */
bool mailbox_is_unsure(unsigned cautions);
/** Law 5: it is on the server, and what it holds there is not known as of this run. What vanished elsewhere may be in it. */
bool mailbox_is_unseen(const struct mailbox_now *now);
/**
 * `pull` and `push`: may a mailbox that is gone on the other side go on this one? Only where that is named, and its messages may go, too. What is
 * there to be received in any case, or is for something, never goes.
 *
 * @param special  it is INBOX, has a special use, or is not only the user's
 */
bool mailbox_may_go(enum mailbox_side side, bool special, const struct policy *policy);
/** `pull` and `push`: does the policy keep back that it is made on this side, where it is missing? */
bool mailbox_is_kept_back(enum mailbox_side side, enum mailbox_state state, const struct policy *policy);
/** Situations: a mailbox made on one side appears on the other. One that was there and is gone is made again only where a person wants it (`wanted`). */
bool mailbox_may_be_made(enum mailbox_side side, const struct mailbox_now *now, const struct policy *policy);

#endif
