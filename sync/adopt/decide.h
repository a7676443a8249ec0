/*
 * What another program's state says about the files and UIDs of one mailbox: a pure function of what each of the three names. No I/O, no clock.
 *
 *     both there                 a pair, if their sizes say so and the name is surely this folder's; else their headers are compared
 *                                among drafts nothing is a pair: one that is saved again keeps its name, and may keep its size
 *     one of them missing        it was removed on that side since the program's last run
 *     the row says ~ ^ < > or 0  what is there stays there alone: the program let it go, never carried it, or a placeholder stands for it
 *     a UID without a row        up to the highest one that the program saw it let it go, too
 *     anything else              is new since then, or not proven: compared with what is on the other side
 */
#ifndef SYNC_ADOPT_DECIDE_H
#define SYNC_ADOPT_DECIDE_H

#include "store/base/arena.h"
#include "store/foreign/state.h"

struct decide_file {
    int64_t id;    /* of its row in the journal */
    uint32_t near; /* UID here; 0: none that counts */
    uint64_t size; /* bytes on the wire */
    bool carried;  /* its name may be another folder's: the size alone does not say what it is */
};

struct decide_uid {
    int64_t id;
    uint32_t uid;
    uint64_t size; /* as the server says */
};

enum decide_what {
    DECIDE_PAIR,
    DECIDE_PROBE,      /* a pair if their headers are kin */
    DECIDE_GONE_HERE,  /* of the UID: its file was removed */
    DECIDE_GONE_THERE, /* of the file: its message was removed */
    DECIDE_APART,      /* it stays on its side alone */
};

enum decide_why { /* of DECIDE_APART */
                  DECIDE_LET_GO,
                  DECIDE_SKIPPED,
                  DECIDE_FAR_STANDS,
                  DECIDE_NEAR_STANDS,
                  DECIDE_WHYS,
};

struct decision {
    enum decide_what what;
    int64_t file, uid; /* ids of rows; 0: there is none */
    uint32_t far;      /* UID there, of DECIDE_GONE_THERE too */
    unsigned flags;    /* as both showed them when the program had last finished */
    enum decide_why why;
    int64_t longer; /* DECIDE_PAIR: bytes that the file has more than the message there */
};

struct decide_input {
    const struct foreign_state *state;
    struct decide_file *files; /* those without a UID in the journal; sorted by near here */
    size_t file_count;
    struct decide_uid *uids; /* those without a file; sorted by uid here */
    size_t uid_count;
    uint64_t added; /* bytes of the line that the program writes into copies on either side; 0: none */
    bool drafts;
};

struct decided {
    struct decision *at;
    size_t count, size;
    size_t unproven; /* rows of the state that say nothing here: their files can't be told apart */
};

/** @return false: out of memory. The caller frees decided->at in any case */
MUST_CHECK bool decide(struct decide_input *input, struct decided *decided);

enum decide_gone {
    DECIDE_REMOVED, /* its user removed it */
    DECIDE_TAKEN,   /* the program let it go: nobody removed it */
    DECIDE_UNSURE,  /* one of the two */
};

struct decide_rows { /* of a state, in order */
    const struct foreign_state *state;
    const struct foreign_row *by_far, *by_near;
    bool lets_go; /* its program lets messages go here at all, and keeps them on the server */
};

/** @return false: no memory, the arena says so */
MUST_CHECK bool decide_rows(const struct foreign_state *state, struct arena *arena, struct decide_rows *rows);
/**
 * Why is a file missing, whose message is still there?
 *
 * @param far    UID of its message
 * @param near   UID here that its name had when it was seen last; 0: none
 * @param again  the program sent the file up once more, and has paired it with that copy
 */
enum decide_gone decide_gone(const struct decide_rows *rows, uint32_t far, uint32_t near, bool again);

#endif
