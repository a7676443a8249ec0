/* Halves of a meeting that share a digest, walked side by side. */
#ifndef SYNC_MATCH_GROUPS_H
#define SYNC_MATCH_GROUPS_H

#include "sync/match/meeting.h"

enum key {
    KEY_HEADER,
    KEY_WIRE,
    KEY_CANONICAL,  /* files that were sent, and bodies */
    KEY_KIN,        /* what is left of a header without the lines that programs add */
    KEY_WRITTEN,    /* sender, instant, subject and addressees, of those that have them */
    KEY_MESSAGE_ID, /* those that have one that is known by its digest */
};

/** All that are not paired and have the same digest: at least one file and one UID. A false ends the walk. */
typedef bool group_fn(struct meeting *meeting, struct half **files, size_t file_count, struct half **uids,
                      size_t uid_count);

/** Call it for each digest that both sides have. Files in the order of their rank, UIDs ascending. @return false: run->err */
MUST_CHECK bool groups_walk(struct meeting *meeting, enum key key, group_fn *group);

#endif
