/* What there is to do in a run; the calls that the engine makes, and what the parts of it share. */
#ifndef SYNC_AGENDA_AGENDA_H
#define SYNC_AGENDA_AGENDA_H

#include "sync/run/run.h"

bool agenda_make(struct run *run, struct agenda *agenda);
bool agenda_moves(struct run *run, struct agenda *agenda);
/** In a dry run: what `expunge` removes once flags are carried, which a real one plans on what it has done. */
MUST_CHECK bool agenda_foresee(struct run *run, struct agenda *agenda);
bool agenda_guard(struct run *run, struct agenda *agenda);
bool agenda_print(struct run *run, struct agenda *agenda);
void agenda_free(struct agenda *agenda);
/** What there is to do about this row, if anything, goes into the agenda. In a transaction. */
MUST_CHECK bool agenda_plan(struct run *run, struct agenda *agenda, int64_t id);
/** One more thing to do; agenda_sort after the last one. */
MUST_CHECK bool agenda_add(struct run *run, struct agenda *agenda, const struct todo *todo);
/** What may have moved out of a folder or mailbox that is gone (gone_folder.h, gone_mailbox.h), and did not. */
void agenda_drop_moved_out(struct agenda *agenda);
/** By mailbox, UID and row. */
void agenda_sort(struct agenda *agenda);
/** Another program's state says that it was removed here, and its header is not known. */
bool agenda_is_untold(const struct journal_message *message);
#define AGENDA_UNREAD_THERE                                                                                            \
    "it may be a message on the server that could not be read so far: the line about that one names it, and this "     \
    "goes "                                                                                                            \
    "on once it can be read or is gone"

#define AGENDA_WHY 256 /* bytes of why something waits */

/** What is missing here may be here all the same (absence_is_proven): because of what, and what ends that. */
void agenda_say_unproven(const struct run *run, char why[static AGENDA_WHY]);
/** Is nothing to be done in this mailbox in this run, whether or not the command line names it? */
bool agenda_is_closed(const struct mailbox *mailbox);

/* ---- unanswered.c ---- */
/** Must this row, whose file is gone, wait for what became of its APPEND, COPY or MOVE? Then it says so in `pending`. In a transaction. */
MUST_CHECK bool agenda_check_unanswered(struct run *run, struct mailbox *mailbox, const struct journal_message *message,
                                        bool *waits);
/**
 * The intent of an APPEND that was refused without a reason is over once its settle time is, and its mailbox was looked at after that: it is asked
 * for again when its turn comes. In a transaction.
 */
MUST_CHECK bool agenda_end_refused(struct run *run, const struct mailbox *mailbox,
                                   const struct journal_message *message);
/** Was this file, which is new here, sent by an APPEND that was not answered, and has it perhaps arrived? *shown: its mailbox gave a UID for it. */
MUST_CHECK bool agenda_was_sent(struct run *run, const struct mailbox *mailbox, const struct journal_message *message,
                                bool *sent, bool *shown);
/**
 * What was sent has moved on on the server, and its file may not follow in this run: from now on its row is one whose
 * message vanished, so that the file is not sent again.
 */
MUST_CHECK bool agenda_sent_vanished(struct run *run, struct todo *sent);
/**
 * What is gone on both sides, and whose file is new elsewhere (moved_here), was moved there by a MOVE that was not answered. Has that mailbox
 * given a UID for it? Then it was carried out, and the message moved on: its file follows in the next plan. Outside a transaction.
 */
MUST_CHECK bool agenda_move_went_on(struct run *run, const struct todo *from, bool *went);
/** The sources of such copies and moves are not removed either: drops their todos. */
MUST_CHECK bool agenda_drop_sources(struct run *run, struct agenda *agenda);
/** The same bytes are new in another mailbox: they are not sent before that APPEND is answered for. Outside a transaction. */
MUST_CHECK bool agenda_wait_for_answer(struct run *run, struct todo *fresh);

#endif
