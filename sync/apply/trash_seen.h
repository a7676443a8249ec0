/* What a \Trash shows of the copies that are to be proven. See trash.h. */
#ifndef SYNC_APPLY_TRASH_SEEN_H
#define SYNC_APPLY_TRASH_SEEN_H

#include "sync/apply/removals.h"

struct copied { /* a removal whose copy in the \Trash is to be proven */
    struct todo *todo;
    struct journal_op op;
    uint32_t uid; /* that the answer names; 0: none */
    bool
        elsewhere; /* ... of a \Trash that was made since that one was looked at: what stood in it before is not known */
    uint64_t size;
    int64_t date;
    unsigned char header[DIGEST_SIZE]; /* what the server shows of the source now */
    bool has_header;
    uint32_t twin; /* its intent is of another UIDVALIDITY, and this one of the \Trash has its bytes by now; 0: none */
    bool earlier;  /* its intent was there before: our \Deleted may stand on it */
    int64_t since; /* ... and what that asked for is of then */
    bool refused;  /* with others: asked for again with fewer of them */
    bool begun;    /* its COPY may have gone out */
    bool answered;
};

struct seen { /* a message of the \Trash */
    uint32_t uid;
    uint64_t size;
    int64_t date;
    unsigned char header[DIGEST_SIZE];
    bool has_header, taken;
};

struct trashing {
    struct expunging expunging; /* the first: it is the context of what remove.c does */
    struct mailbox *place;
    uint32_t uidvalidity, uidnext; /* of the place, as listed in this run */
    struct todo **order;           /* what is due, the smallest first */
    struct copied *copied;
    size_t copied_count, suspected;
    struct seen *seen;
    size_t seen_count, seen_size;
    bool memory;        /* there was none */
    uint64_t asked;     /* bytes of what was asked for at once */
    bool left;          /* ... and there is more */
    bool refused, full; /* a set of more than one; one alone, for want of room */
    struct remote_outcome outcome;
};

/** The numbers that it has: those of the list, where nothing was done yet in this run (`first`: nor by an earlier round). @return false: run->err */
MUST_CHECK bool trash_know_place(struct trashing *trashing, bool first);
/** Which of them does it show? They are `in_trash` then. What was copied comes in another order. @return false: run->err */
MUST_CHECK bool trash_prove(struct trashing *trashing);
/** May that message be this copy? It came since then, and looks like it. */
bool trash_may_be(const struct copied *copied, const struct seen *seen);

#endif
