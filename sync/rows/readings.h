/*
 * Is a body that came really the message? A server may send a body that is shorter than it announced, an empty one, or
 * none at all, once or always. Such a body is asked for a second time and taken where both readings agree; an empty one
 * never. Where a mailbox has shown that its sizes are always a little high, bodies with no larger shortfall are taken
 * at once.
 */
#ifndef SYNC_ROWS_READINGS_H
#define SYNC_ROWS_READINGS_H

#include "sync/run/run.h"

#define READING_UNTOLD                                                                                                 \
    UINT64_MAX /* as a size: the server tells none, so that only a second reading shows that all came */

struct reading {            /* of one message that is being fetched */
    bool delivered;         /* it was taken as the message */
    bool failed;            /* the server refused it, and that was said */
    bool no_room;           /* more came than the disk has room for */
    bool read;              /* it came once, and was in doubt: */
    uint64_t size, literal; /* announced; that came */
    unsigned char wire[DIGEST_SIZE];
};

/**
 * Is this body to be taken? If not, *reading remembers it for the second time. @param again  the second time  @param
 * size  announced, or READING_UNTOLD  @param confirmed [out] both readings agree, to be learned from
 */
bool reading_take(struct reading *reading, const struct mailbox *mailbox, uint64_t size, uint64_t literal,
                  const struct digests *digests, bool again, bool *confirmed);
/** Is the size to be asked for with the body? No listing told it, and it did not come with the first reading. */
static inline bool
reading_asks_size(const struct reading *reading, uint64_t listed)
{
    return listed == 0 && !(reading->read && reading->size == READING_UNTOLD);
}
/**
 * Two readings agreed on fewer bytes than announced, so the mailbox's sizes are wrong: note by how much. The caller
 * saves the row.
 */
void reading_learn(struct journal_mailbox *row, uint64_t size, uint64_t literal);
/** May bodies of this mailbox be taken at the first reading although they are short? */
bool reading_learned(const struct journal_mailbox *row);
/**
 * Give the message up for this run: it is not asked for again, and the reason is written into `pending`. Inside a
 * transaction.
 */
MUST_CHECK bool reading_give_up(struct run *run, const struct mailbox *mailbox, const struct reading *reading,
                                const struct journal_message *message);
/** The same for one that the server refused, which was said already. */
MUST_CHECK bool reading_refused(struct run *run, int64_t id);
/** The same for one that did not come when it was needed for something else; said at the end, if it is still there. Inside a transaction. */
MUST_CHECK bool reading_missed(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                               const char *why);
/** Before the questions of a pass: was it given up in this run? */
void reading_begin(struct run *run);
bool reading_given_up(const struct run *run, int64_t id);

/** This file may be a message that could not be read: it is not sent before that is known. Forgotten by the next pass. */
MUST_CHECK bool reading_delay_file(struct run *run, int64_t id);
/** Before a pass pairs anything, and after. */
void reading_begin_files(struct run *run);
void reading_end_files(struct run *run);
/**
 * A row that had a UID, and may be such a message, is dropped from the agenda before moves are looked for: as far as is
 * known it has not moved.
 */
void reading_drop_unpaired(const struct run *run, struct agenda *agenda);
/** What is not to be sent in this pass is dropped from its plan. */
void reading_drop_files(const struct run *run, struct agenda *agenda);
/** At the end of a run: messages whose bodies did not come, and are still there, are said with the reason. */
MUST_CHECK bool reading_say(struct run *run);

#endif
