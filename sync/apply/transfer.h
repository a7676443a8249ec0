/*
 * Messages that change or gain their mailbox on the server, without their bytes: UID MOVE or UID COPY of all of them, with an intent before and
 * the new UID after; where the answer or the UID is missing, the row is found by content like every unconfirmed upload. Which ones, the caller
 * says (move.c).
 *
 * Order of calls: transfer_begin, for each message transfer_add, transfer_end.
 */
#ifndef SYNC_APPLY_TRANSFER_H
#define SYNC_APPLY_TRANSFER_H

#include "sync/agenda/agenda.h"

struct transfer; /* one message */

struct transferring {
    struct run *run;
    bool move;
    struct arena arena;
    struct transfer *transfers; /* sorted by source mailbox, target mailbox, UID */
    size_t count;
    struct remote_change *requests;
    size_t *first;
    uint32_t *uids;
    struct transfer **sorted;
    struct journal_message source, target; /* of transfer_add; later of the one that is dealt with */
};

/** Room for all that the agenda sends, by MOVE or else by COPY. @return false: run->err; transfer_end is needed all the same */
MUST_CHECK bool transfer_begin(struct transferring *transferring, struct run *run, const struct agenda *agenda,
                               bool move);
/**
 * transferring->source goes where the file of this todo is.
 *
 * @param from   where it is, open
 * @param op     its intent, where an earlier attempt was not answered; else an ID of 0
 * @param tells  whether its header must still be the source's
 */
void transfer_add(struct transferring *transferring, struct todo *todo, const struct mailbox *from,
                  const struct journal_op *op, bool tells);
/**
 * Send what was gathered, and write down what the server said of it: what failed waits, or is refused, or is planned anew in the next pass.
 *
 * @param ok  false: gathering failed, nothing is sent
 * @return false: run->err; intents stay where no answer came
 */
MUST_CHECK bool transfer_end(struct transferring *transferring, bool ok);

#endif
