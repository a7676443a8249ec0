/*
 * Kinds of events that a history of the sync may hold beside the everyday ones, each behind a name of its own: --kinds LIST, --without
 * LIST. Which kinds a history has follows from its seed, each by itself: without one of them the rest stays what it was.
 */
#ifndef TESTS_SIM_SIM_KINDS_H
#define TESTS_SIM_SIM_KINDS_H

#include "tests/sim/world.h"

enum kind {
    KIND_PATTERNS,    /* `mailboxes` changes between runs */
    KIND_POLICIES,    /* --pull, --push, and what pull and push allow, change between runs */
    KIND_UIDVALIDITY, /* another UIDVALIDITY, also between any two commands of a run */
    KIND_FORGETS,     /* ... and all flags of the mailbox are lost with it */
    KIND_SWAPS,       /* another client swaps mailboxes, renames them, makes them again */
    KIND_AWAY_THERE,  /* a mailbox that is not there for a while */
    KIND_AWAY_HERE,   /* a folder that is not there for a while */
    KIND_COPIES,      /* copies have the flags that their file shows, no others */
    KIND_NAMES,       /* a reader renames new files, also while an APPEND is not answered */
    KIND_EXPUNGE,     /* `expunge = true` */
    KIND_MANY,        /* many are removed at once: the guard */
    KIND_WORDS,       /* --confirm-deletes, also of one list and of a wrong one, while the world moves on */
    KIND_SIZES,       /* RFC822.SIZE is nonsense */
    KIND_DAYS,        /* days pass: the quarantine ages */
    KIND_CLOCK,       /* ... and the clock is wrong now and then */
    KIND_TORN,        /* a backup of the Maildir that was read while the world moved */
    KIND_COPYING,     /* the tree is copied to another disk while golub runs */
    KIND_STATES,      /* two state folders on one Maildir */
    KIND_POWER,       /* fsync = false, and the power fails */
    KIND_NEWEST,      /* the server shows the newest 50 */
    KIND_SEPARATOR,   /* the provider changes separator or prefix */
    KIND_SAME_HEADER, /* equal header, size and second, other body */
    KIND_TOTAL,       /* nothing is doubled over all mailboxes */
    KIND_BROKEN,      /* scenes of sim_moments.h: a change is cut off, and golub runs again at once */
    KIND_RACES,       /* others do one kind of thing between any two steps */
    KIND_UNREADABLE,  /* a mailbox, folder or body can't be read while a message moves to it */
    KIND_REFILL,      /* a provider fills a mailbox again while golub runs */
    KIND_BODIES,      /* bodies come cut, or empty */
    KIND_FULL_DISK,   /* no room for what arrives */
    KIND_EDITS,       /* drafts are saved again, files written on */
    KIND_WANTED,      /* removed or moved on one side, flagged on the other */
    KIND_REWIND,      /* the server goes back, and gives UIDs anew */
    KIND_ONE,         /* runs for one mailbox */
    KIND_COUNTS, /* the server counts one more than it lists, or one less; it does not list a message, or does not date it */
    KIND_MOVERS, /* another program carries mail between the same two sides, mail readers and the server write lines of their own into it */
    KIND_WATCHED,  /* a watcher: the engine is told which names came and went */
    KIND_KEYWORDS, /* golub keyword */
    KIND_MAP,      /* folders are called otherwise, and `map` changes between runs */
    KIND_RENAMES,  /* the server says which mailbox is which, and another client renames them */
    KIND_TRASH,    /* what is removed here goes into the server's Trash */
    KIND_FILED,    /* what is sent the server files itself, and the mail reader saves a copy */
    KIND_UNSAID,   /* ... and it does not say so: a mailbox is renamed, or one is made that looks like it */
    KIND_GOES,     /* mailboxes are removed on one side, and go on the other (`mailbox-deletes`) */
    KIND_MIDST,    /* folders get other names here in the midst of a run */
    KINDS
};

#define KIND_BIT(kind) (1ul << (kind))

/** From the command line: comma-separated names, "all", "default". @return false: no such kind */
bool kinds_allow(const char *list);
bool kinds_forbid(const char *list);
/** Which of them this history has. */
unsigned long kinds_of(uint64_t seed);

static inline bool
kind_on(const struct world *world, enum kind kind)
{
    return (world->kinds & KIND_BIT(kind)) != 0;
}

/** It happened: counted for the table. */
static inline void
kind_met(struct world *world, enum kind kind)
{
    world->coverage->kind_events[kind]++;
}

/** The table. @return false: one that was allowed did not happen at all */
bool kinds_print(const struct coverage *coverage);

struct sim;
struct client;
/** Before the first action. */
void kinds_begin(struct sim *sim);
/** Between two actions. */
void kinds_between(struct sim *sim, int number);
/** In the middle of a run, as an action of others. @return false: nothing of this file is on */
bool kinds_inside(struct sim *sim);
/** Before each run of a client: what the user says now. */
void kinds_run(struct sim *sim, int client);
/** ... and after it. @param whole  it got to its end */
void kinds_ran(struct sim *sim, int client, bool whole);
/** From now on all is quiet: what is away comes back, the configuration is the plain one. */
void kinds_quiet(struct sim *sim);

#endif
