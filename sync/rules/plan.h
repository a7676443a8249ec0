/*
 * What to do about one message: a pure function of what each side showed when they last agreed (two bases), what each side
 * shows now, and the policy. No I/O, no clock, no store. Everything else in this room gathers its input or carries out its
 * answer.
 *
 * Two bases, because a side may not be able to store what the other one shows (a server without \*, a name in new/): a side
 * changed a flag only if it differs from its own base.
 */
#ifndef SYNC_RULES_PLAN_H
#define SYNC_RULES_PLAN_H

#include "sync/rules/merge.h"
#include "sync/rules/policy.h"

enum plan_presence {
    PLAN_NEVER, /* this side never had the message, as far as we know */
    PLAN_HERE,  /* it has it */
    PLAN_GONE,  /* it had it, and it was positively seen to be gone */
};

struct plan_message {
    enum plan_presence there, here;
    struct flag_sides flags;
    unsigned permanent; /* flags that the server can store */
    bool altered;       /* the file's bytes are not the message's any more: neither pushed nor a deletion */
    bool refused;       /* the server will not take this file */
    bool apart;         /* the user said that it stays on its side alone */
    bool alias;         /* a second file of a UID that another file stands for */
    bool unpaired;      /* what is gone on one side is no removal: it comes back */
};

enum plan_verb {
    PLAN_NOTHING,
    PLAN_FORGET, /* gone on both sides, or never anywhere: drop the row */
    PLAN_DOWNLOAD,
    PLAN_UPLOAD,
    PLAN_FLAGS, /* both there: carry out the four deltas below, record what is agreed */
    PLAN_REMOVE_HERE,
    PLAN_REMOVE_THERE,
};

/* Why, for people. */
enum plan_reason {
    PLAN_OBVIOUS,   /* no reason is shown: the verb says all */
    PLAN_NEW,       /* the other side has it, this one never had it */
    PLAN_REMOVED,   /* the other side removed it, and nobody wants it here */
    PLAN_DELETED,   /* \Deleted on both sides, and `expunge` */
    PLAN_WANTED,    /* removed on one side, flagged or undeleted on the other one since: it comes back */
    PLAN_ALTERED,   /* the file that is gone had other bytes than the message */
    PLAN_LOST_PAIR, /* gone, but that is no removal */
};

struct plan_step {
    enum plan_verb verb;
    enum plan_reason reason;
    bool kept_back; /* the policy does not allow the verb (or a part of the flags): stays as a pending difference */
    struct merge_step flags;
};

/** @return what to do; the same input always gives the same answer */
struct plan_step plan_message(const struct plan_message *message, const struct policy *policy);

/** The reason in words for --verbose and --dry-run, as seen from where the step is carried out; "" if the verb says it. */
const char *plan_reason_words(const struct plan_step *step);

/** The word for it in `status`, --dry-run and JSON. */
const char *plan_verb_word(enum plan_verb verb);

#endif
