/*
 * The room adopt/: one program after the other is asked what it left (mbsync.c, offlineimap.c), and says so by found.c; find.c chooses,
 * decide.c says what a state means, take.c writes it down.
 */
#ifndef SYNC_ADOPT_PRIVATE_H
#define SYNC_ADOPT_PRIVATE_H

#include "store/base/arena.h"
#include "store/foreign/file.h"
#include "store/foreign/offlineimap.h"
#include "store/foreign/state.h"
#include "sync/adopt/adopt.h"

#define ADOPT_PATH 4096
#define ADOPT_NAMES 3 /* a folder's name may be spelled in so many ways */

enum adopt_program { ADOPT_NONE, ADOPT_MBSYNC, ADOPT_OFFLINEIMAP, ADOPT_PROGRAMS };

struct adopt_mailbox { /* what was found for one mailbox of the run */
    enum adopt_program program;
    bool known;    /* golub has paired messages in it: it is left as it is */
    bool wanted;   /* let_go.c: its state is looked for */
    bool busy;     /* its program is at work, or was cut off: what it did last no state says */
    char why[256]; /* nothing is taken over, for people; "": it may be */
    char unfit
        [256]; /* why a state that has its name is not its own; perhaps another account's is called so. "": there is none */
    char *path, *other; /* of the state, and of another one that fits as well; NULL: there is none. The arena's */
    char *lock;         /* its program holds it while it is at work; likewise */
    struct foreign_print print;
    struct foreign_state state;
    uint32_t *validities; /* UIDVALIDITY there is one of these; NULL: it is that of the state */
    size_t validity_count;
    char digests[ADOPT_NAMES][OFFLINEIMAP_DIGEST + 1]; /* OfflineIMAP: of the folder's name, "" where there are fewer */
    /* what became of it */
    bool taken;
    uint64_t settled, gone_here, gone_there, apart, unproven;
};

struct adopt_missing { /* a row whose file is not in its folder */
    uint32_t near;
    bool is_there; /* its message is */
    uint64_t size; /* of that, as the server says */
};

struct adopt_carried { /* what gives away names that were taken along to another folder (carried.c); each sorted */
    struct adopt_missing *missing;
    size_t missing_count, missing_size;
    uint64_t *names; /* prints of base names that stand more than once */
    size_t name_count, name_size;
};

struct adopting {
    struct run *run;
    const struct adopt_options *options;
    bool asking; /* let_go.c: what is not to be believed is only left out, and the program may be at work */
    bool
        comparing; /* swapped.c: likewise, and nothing is taken over: it is enough that the UIDs here are those of the folder */
    struct arena arena;
    struct adopt_mailbox *mailboxes; /* one for each of the run's, by its index */
    size_t count;
    struct adopt_carried carried;
};

extern const char *const adopt_names[ADOPT_PROGRAMS];

/** Nothing of it is taken over. The first reason stays. */
void adopt_leave(struct adopt_mailbox *mailbox, enum adopt_program program, const char *why);
/** A state has its name and is not to be believed: that is said where none is found that is. The first one is told. */
void adopt_note_unfit(struct adopt_mailbox *mailbox, enum adopt_program program, const char *path, const char *why);
/** An empty mailbox's state has no row: it proves nothing, and fits anything. */
bool adopt_says_something(const struct adopt_mailbox *mailbox);
/** Its program is at work. @return false: ERROR_LOCKED */
bool adopt_refuse_locked(struct run *run, enum adopt_program program, const char *path);
/** The path of a file in the mailbox's folder. @return false: it is too long */
MUST_CHECK bool adopt_in_folder(const struct run *run, const struct mailbox *mailbox, const char *name,
                                char path[static ADOPT_PATH]);
/** Did the last run of its program end? One that was cut off leaves a file beside the state. @return NULL, or why not, for people */
const char *adopt_check_finished(enum adopt_program program, const char *path);
/** A state that is to be believed, which is taken over: another one that was found before makes it ambiguous. @return false: no memory */
MUST_CHECK bool adopt_found(struct adopting *adopting, struct adopt_mailbox *mailbox, enum adopt_program program,
                            const char *path, const char *lock, const struct foreign_print *print,
                            struct foreign_state *state);

/** Look at the names of all folders here. @return false: no memory, or a folder that can't be read */
MUST_CHECK bool adopt_find_carried(struct adopting *adopting);
/** May this name, with this UID here, of a file of this size, be one that mbsync gave in another folder? */
bool adopt_may_be_carried(const struct adopting *adopting, uint32_t near, const char *base, uint64_t size);

/** Nothing fits. @return false: ERROR_CONFIG, with the first reason there is */
bool adopt_refuse_nothing(struct adopting *adopting);

/** mbsync's states of the folders of this run, whether they may be taken over or not. adopt_free it. @return false: no memory, or ERROR_CONFIG */
MUST_CHECK bool adopt_find_to_compare(struct run *run, struct adopting **adopting);

/** Look for states of mbsync's. @return false: ERROR_LOCKED, or no memory */
MUST_CHECK bool adopt_find_mbsync(struct adopting *adopting);
/** Look for states of OfflineIMAP's. @return false: ERROR_LOCKED, ERROR_CONFIG (several accounts of it fit), or no memory */
MUST_CHECK bool adopt_find_offlineimap(struct adopting *adopting);

#endif
