/*
 * Two files of one base name in one folder: a mail reader copied within the folder, or was cut off between link and unlink.
 * They are noted while the folders are listed and settled after that was committed.
 */
#ifndef SYNC_TWINS_H
#define SYNC_TWINS_H

#include "sync/run/run.h"

struct twin {
    int64_t id; /* the one row of both */
    char first[LOCAL_INFO_MAX + 1], second[LOCAL_INFO_MAX + 1];
};

struct twins {
    struct twin *at; /* freed by the caller */
    size_t count, size;
};

/** A listing names the row's base again, with another info. */
MUST_CHECK bool twins_note(struct run *run, struct twins *twins, const struct journal_message *message,
                           const char *info);
/** Settle what was noted; no transaction is under way. */
MUST_CHECK bool twins_split(struct run *run, const struct twins *twins);
/** An intent that was cut off; inside a transaction. */
MUST_CHECK bool twins_finish(struct run *run, const struct journal_op *op, const struct journal_message *message);

#endif
