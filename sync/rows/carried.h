/* What goes along with a message to another place: flags, and the keywords that a COPY takes along and an APPEND in its place would leave behind. */
#ifndef SYNC_ROWS_CARRIED_H
#define SYNC_ROWS_CARRIED_H

#include "sync/run/run.h"

/* Of several equal messages, which one is a file a copy of? */
struct carried_choice {
    char said[KEYWORDS_MAX + 1];     /* keywords that the file is believed to have, by what it shows */
    char keywords[KEYWORDS_MAX + 1]; /* of the closest so far; of several such what all of them have */
    unsigned least;                  /* so many of its keywords differ; ~0: there is none */
    bool in_doubt; /* the same number of another one's, which has others: nobody knows whose copy it is */
};

/** For a file's row, whose letters were read. */
MUST_CHECK bool carried_begin(struct run *run, const struct journal_message *message, struct carried_choice *choice);
/** Is a message with these keywords closer than all before it? */
bool carried_is_closer(struct carried_choice *choice, const char *keywords);
/** The file's row takes the UID that its message has in the new place: flags of a move, or of a copy, which has others until it is seen. */
void carried_flags(const struct journal_message *source, struct journal_message *target, bool move);
/**
 * A file is about to be sent that no UID stood for: where it was a message that is gone, or is a copy of one, it brings the keywords of that: of several copies of the closest one.
 * Saves nothing.
 * @param source  the row that it was to be a copy of; 0: none is known
 */
MUST_CHECK bool carried_keywords(struct run *run, struct journal_message *message, int64_t source);
/** Which of these keywords an APPEND there brings: not those of which it is known that the mailbox does not keep them. NULL: no memory; the caller frees */
char *carried_to(const struct mailbox *mailbox, const char *keywords);
/**
 * The UID of what was brought is seen for the first time, by an APPEND, COPY or MOVE: what its row says of keywords is what it was brought with. Those that
 * it does not show are this side's from here on, and go up like what the user says: a mailbox may keep less than another one. Inside a transaction.
 * @param shown  by the server; NULL: none
 */
MUST_CHECK bool carried_seen(struct run *run, const struct journal_message *message, const char *shown);
/**
 * The message is about to go to a place in which it has no file yet: its keywords are this side's until it is shown with them there. Nothing where the user
 * said something of them himself. Inside a transaction.
 */
MUST_CHECK bool carried_off(struct run *run, const struct journal_message *message);
/**
 * The server shows these keywords on a message whose file is elsewhere by now, where its copy is: what another client has set on it since goes to that one,
 * before this one is removed. Inside a transaction.
 * @param source  as it was shown before
 */
MUST_CHECK bool carried_since(struct run *run, const struct journal_message *source, const char *shown);
/** A file is about to be a copy of this message there, or it itself in another place: it brings its keywords, also if it is sent in the end. @return it changed */
bool carried_take(struct journal_message *message, const struct journal_message *source);

#endif
