/*
 * What broke the line. Whatever was in flight when it broke is a suspect: a mailbox that was being listed, messages whose bodies or flags were
 * asked for. Suspects are asked last, when everything else is done, and each alone (of those that are sent: the first ones). Whoever breaks the line then is unreadable: that is written
 * down (pending, and the journal's value "unreadable"), said, and the run goes on without it. It is asked again in the next run, and from then on
 * once a day, a mailbox also when the server's list shows that it changed; always last.
 *
 *   flight.h            notices what was in flight
 *   attempts_remote.h   asks suspects alone
 *   attempts_waits      who builds a request leaves out what this names
 */
#ifndef SYNC_RUN_ATTEMPTS_H
#define SYNC_RUN_ATTEMPTS_H

#include "sync/run/run.h"

/** What earlier runs could not read. After survey_load. */
MUST_CHECK bool attempts_load(struct run *run);
/** Which of that is asked in this run, and which is as good as read again. After the survey. */
MUST_CHECK bool attempts_judge(struct run *run);
/** Is this not to be asked now? Because it comes last, or not at all in this run. @param uid  0: the mailbox */
bool attempts_waits(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid);
/** Such a one that this run still asks for: whatever is known of it, its size included, says nothing yet. */
bool attempts_comes_last(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid);
/** Such a one, or one that was not readable in the first of two runs on end: what may be it waits. */
bool attempts_is_open(const struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid);
/**
 * How many suspects that are sent go together, once so many were answered on end: one by one at first, then as many as have come through. What a
 * killed run had begun is innocent, and by the thousand.
 */
size_t attempts_together(size_t answered);
/** The run goes on without this mailbox, for now or altogether: learn it. */
void attempts_leave_out(struct run *run, struct mailbox *mailbox);
/** Its listing ended the line when nothing else was asked: the size of one message may be what the server can't tell. */
bool attempts_sizeless(const struct run *run, const struct mailbox *mailbox);
/** The server refused to list it, or what came is no listing: learn it. */
void attempts_refused(struct run *run, struct mailbox *mailbox);
/**
 * It is paired anew: learn it. In the second run on end it waits by itself: its numbers are never what they were.
 * @param back  does it tell that the server went back in time? Becomes: or did it, in an earlier one of these runs?
 * @return in so many runs on end, 3 at most
 */
int attempts_repaired(struct run *run, struct mailbox *mailbox, bool *back);
/**
 * Its folder here can't be read: learn it. In the second run on end what vanished elsewhere waits no longer for what may be in it: only what is
 * its own does.
 */
void attempts_folder_unread(struct run *run, struct mailbox *mailbox);
/** Its folder can't be written to: likewise. */
void attempts_folder_unwritten(struct run *run, struct mailbox *mailbox);
/**
 * A new file of it can't be read, or has a name that can't be used: learn `caution`. In the second run on end what vanished elsewhere here waits no
 * longer for what that file may be: only what is to go from the same mailbox does.
 *
 * @return is it the first of these runs?
 */
bool attempts_file_unread(struct run *run, struct mailbox *mailbox, enum caution caution);
/** Its folder was read, or a message was delivered to it. */
void attempts_folder_read(struct run *run, const struct mailbox *mailbox);
void attempts_folder_written(struct run *run, const struct mailbox *mailbox);
/**
 * The server gave no mail of it when it was asked, and that says nothing of any one message: learn `caution`. In the second run on end what
 * vanished elsewhere waits no longer for what may be among it.
 */
void attempts_unread(struct run *run, struct mailbox *mailbox, enum caution caution);
/**
 * SELECT calls it another known mailbox, and the list of this run says that it is this one: names changed hands between the two. In the second run on
 * end, if list and SELECT say just what they said, SELECT says nothing that is true.
 *
 * @param objectid  what it calls it
 * @return is that to be believed?
 */
bool attempts_opened_another(struct run *run, struct mailbox *mailbox, const char *objectid);
/** SELECT calls it what the list does. */
void attempts_opened(struct run *run, const struct mailbox *mailbox);
/** It was listed. */
void attempts_listed(struct run *run, const struct mailbox *mailbox);
/** Is it known not to be readable, there or here? */
bool attempts_is_unreadable(const struct run *run, const struct mailbox *mailbox);
/** Everything else is done: from now on suspects are asked. @return false: there are none, or they are asked already */
bool attempts_begin_last(struct run *run);
/** All folders were looked into, and all that is new was asked for: what was unread before, and was not so in all of this run, is over. */
void attempts_over(struct run *run);
/** Write down what was found since the last time. In no transaction. */
MUST_CHECK bool attempts_write(struct run *run);
/** The line could not be opened again: nobody knows what broke it. */
void attempts_forgive(struct run *run);
/** Name what can't be read, once a run. */
void attempts_say(struct run *run);
void attempts_free(struct run *run);

/* ---- for attempts_runs.c, attempts_say.c, attempts_bare.c, flight.c, attempts_remote.c and flight_remove.c ---- */
#define ATTEMPTS_RUNS_COUNTED 3
#define ATTEMPTS_RUNS 2 /* on end: after that it is asked once a day, and what may be in it waits for it no longer */
/** Of ATTEMPT_BARE, in `modseq`; `uidnext` and `messages` are the search's low and high (attempts_bare.h). */
enum { SEARCH_OPEN = 1, SEARCH_BLIND = 2 };
/** It only counts runs on end, or says how a mailbox is asked. */
bool attempts_is_count(enum attempt what);
/** What stands elsewhere may be this message. */
bool attempts_is_body(enum attempt what);
/** The row that it is about. */
MUST_CHECK bool attempts_row(struct run *run, const struct suspect *suspect, struct journal_message *message,
                             bool *found);
/** Inside a transaction. */
MUST_CHECK bool attempts_save(struct run *run);
/** @return NULL: there are too many of them */
struct suspect *attempts_add(struct run *run, struct suspect suspect);
void attempts_drop(struct run *run, struct suspect *suspect);
/** The last words: what the server said, or how the line ended. */
void attempts_take_words(const struct error *err, char *to, size_t size);
struct suspect *attempts_find(const struct run *run, int64_t mailbox, enum attempt what, uint32_t uid);
void attempts_suspect(struct run *run, const struct mailbox *mailbox, enum attempt what, uint32_t uid);
/** The line broke at something of this mailbox: the error says so. */
void attempts_name(struct run *run, const struct mailbox *mailbox);
/** It was asked alone: the line broke again, for run->err; or it was answered. */
void attempts_settle(struct run *run, struct suspect *suspect, bool broke);

#endif
