/*
 * What an earlier run began in a mailbox and did not finish, at the moment when the journal deletes that mailbox's
 * rows: what was begun has left traces on the server and in the quarantine, which must not be forgotten. A file that is
 * in the quarantine already gets its row in the index. Our own \Deleted on the server is remembered without the row, by
 * the mailbox's name and the UID, until it is taken off. An APPEND, COPY or MOVE into it that was not answered is
 * remembered by the mailbox's name and the digest of the bytes, until it can't be under way any more: files of these
 * bytes are not sent there before that.
 */
#ifndef SYNC_ROWS_UNFINISHED_H
#define SYNC_ROWS_UNFINISHED_H

#include "sync/run/run.h"

/**
 * Delete a mailbox's rows from the journal, and its own: it has no id, and nothing was seen of it yet. What it is called, there and here,
 * and what it is to be called stays, and so does what the server says that it is; its state is the caller's. Inside a transaction.
 */
MUST_CHECK bool unfinished_forget(struct run *run, struct mailbox *mailbox);
/** A removal here was cut off: the index gets the file's row if it is in the quarantine. *done false: it is not. Inside a transaction. */
MUST_CHECK bool unfinished_index(struct run *run, const struct mailbox *mailbox, const struct journal_op *op,
                                 const struct journal_message *message, bool *done);
/** An intent about the mailbox as a whole, `kind` and more of it filled in; one that an earlier run could not end goes on. Inside a transaction. */
MUST_CHECK bool unfinished_intend(struct run *run, const struct mailbox *mailbox, struct journal_op *op);
/** This intent is over. Outside a transaction. */
MUST_CHECK bool unfinished_end(struct run *run, int64_t op);
/** Is the settle time of a command without an answer over? Before that the server may still be carrying it out. Of one that went astray it is not. */
bool unfinished_is_settled(const struct journal_op *op, int64_t now);
/** It was answered, or the line that it went out on ended: its settle time counts from now. */
void unfinished_ended(struct journal_op *op, int64_t now);
/** The row of the index for the second file of a name; `info` is that file's. Inside a transaction. */
MUST_CHECK bool unfinished_index_namesake(struct run *run, const struct mailbox *mailbox,
                                          const struct journal_message *message, const struct journal_op *op,
                                          const char *info);
/** Two files of one name (apply/namesakes.c): an intent that was cut off; inside a transaction. */
MUST_CHECK bool unfinished_namesake(struct run *run, const struct journal_op *op,
                                    const struct journal_message *message);
/** An APPEND, COPY or MOVE? */
bool unfinished_is_sending(const struct journal_op *op);
/** `attempt` of a removal there that moves the message, and so takes \Deleted off before: one that copies it has the name of the \Trash. */
#define OP_UNMARKS (-1)
/**
 * A removal there that brings the message elsewhere? \Deleted is taken off it before, and set again where it stays: as long as the intent stands
 * nobody else is known to have taken it off.
 */
bool unfinished_unmarks(const struct journal_op *op);
/** Such an APPEND, COPY or MOVE that was answered OK, and stored in another mailbox (astray.h)? */
bool unfinished_is_astray(const struct journal_op *op);
/** The intent of such a command keeps the wire name of the mailbox that it is sent to: that may be another one's by the time that anybody looks for it. */
void unfinished_note_name(struct journal_op *op, const struct mailbox *to);
/** ... that name, of one that was not answered; NULL: it is not known. */
const char *unfinished_name(const struct journal_op *op);
/** Such an APPEND, COPY or MOVE without a row? */
bool unfinished_is_sent(const struct journal_op *op);
/** Forget it, if its settle time is over: the mailbox is looked at after that before anything is sent there. Inside a transaction. */
MUST_CHECK bool unfinished_end_sent(struct run *run, const struct journal_op *op);
/** The intent that this file's way to the server waits for, if any: the row's own, or one without a row whose settle time is not over. */
MUST_CHECK bool unfinished_find(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                                struct journal_op *op, bool *found);

#endif
