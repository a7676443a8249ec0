/*
 * What another program wrote down of a mailbox that it kept in sync: which message there ("far") is which message here ("near"), and the flags that
 * both showed when it had last finished. Read only: nothing of another program's is ever written, locked or removed.
 */
#ifndef STORE_FOREIGN_STATE_H
#define STORE_FOREIGN_STATE_H

#include "store/base/error.h"

enum foreign_mark {                          /* why a row is no pair of whole messages */
                    FOREIGN_LET_GO = 1,      /* it left this side, and that is no removal */
                    FOREIGN_SKIPPED = 2,     /* it was never carried to the other side, and is not to be */
                    FOREIGN_FAR_STANDS = 4,  /* the copy there only stands for it: a placeholder */
                    FOREIGN_NEAR_STANDS = 8, /* so does the copy here */
};

struct foreign_row {
    uint32_t far, near; /* 0: not on that side */
    unsigned flags;     /* enum flag: as both showed them */
    unsigned marks;     /* enum foreign_mark */
};

struct foreign_state {
    uint32_t far_validity,
        near_validity;          /* UIDVALIDITY on both sides; 0: this program has none, or keeps it elsewhere */
    uint32_t max_pulled;        /* UIDs there up to this one were seen by it; 0: it does not say */
    uint32_t max_far, max_near; /* the highest UIDs that it names, max_pulled included */
    /* The highest UIDs of what was let go and has no row any more, of those there or (1.3 and before) of those here; 0: nothing was */
    uint32_t max_expired, max_expired_near;
    struct foreign_row *rows;
    size_t count, size;
};

/** NULL-safe; it is empty afterwards. */
void foreign_state_free(struct foreign_state *state);
/** One more row. @return false: out of memory, err says so */
MUST_CHECK bool foreign_state_add(struct foreign_state *state, const struct foreign_row *row, struct error *err);
/**
 * After the last row: is it one that may be believed? Each UID at most once on its side.
 *
 * @return false: err->answer says what is wrong
 */
MUST_CHECK bool foreign_state_finish(struct foreign_state *state, struct error *err);

/** What is wrong with a file of another program. @return false */
bool foreign_refuse(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
