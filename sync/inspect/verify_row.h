/*
 * What is not equal about one message: pure. Three things are compared: the journal's row by itself (what a sync saw and did not carry out), the
 * server with the row, the file with the row. So a difference names the side that is not what it was.
 */
#ifndef SYNC_INSPECT_VERIFY_ROW_H
#define SYNC_INSPECT_VERIFY_ROW_H

#include "store/base/remote.h"
#include "store/journal/journal.h"

enum verify_what { /* verify_words.c has the class and the words of each */
                   /* the row: seen by a sync, and not carried out */
                   VERIFY_NOT_FETCHED,
                   VERIFY_NOT_SENT,
                   VERIFY_REMOVED_HERE,
                   VERIFY_REMOVED_THERE,
                   VERIFY_FLAGS_DUE,
                   VERIFY_ALTERED,
                   VERIFY_ALTERED_ALONE,  /* ... and the server does not have the message */
                   VERIFY_ALTERED_SECOND, /* a second file of a message */
                   VERIFY_ALTERED_GONE,   /* it was, and is gone */
                   VERIFY_HIDDEN,         /* the server does not list it, and the row says why */
                   VERIFY_UNFINISHED,     /* both sides have it, and something about it is not settled */
                   /* since the last sync */
                   VERIFY_GONE_HERE,
                   VERIFY_GONE_THERE,
                   VERIFY_BACK_HERE,
                   VERIFY_BACK_THERE,
                   VERIFY_FLAGS_HERE,
                   VERIFY_FLAGS_THERE,
                   VERIFY_KEYWORDS,
                   VERIFY_FLAGLESS, /* listed, and its flags were not told */
                   VERIFY_ANOTHER,  /* the UID is another message now */
                   VERIFY_SIZE,
                   VERIFY_DATE,
                   VERIFY_NEW_HERE,
                   VERIFY_SECOND_NAME,
                   VERIFY_ODD_NAME,
                   VERIFY_NEW_THERE,     /* from the cursor on */
                   VERIFY_UNKNOWN_THERE, /* below it */
                   /* bytes */
                   VERIFY_CHANGED,
                   VERIFY_CHANGED_ALONE, /* of a message that the server does not have */
                   VERIFY_ROT,
                   VERIFY_ROT_ALONE,
                   VERIFY_UNREADABLE,
                   VERIFY_RESTLESS, /* it changes while it is read */
                   VERIFY_BODY,
                   VERIFY_UNSENT,
                   VERIFY_REWRITTEN,
                   VERIFY_KEPT_MISSING,
                   VERIFY_KEPT_UNREADABLE,
                   VERIFY_KEPT_DAMAGED,
                   VERIFY_WHATS,
};

/** On the server, as the journal has it. */
bool verify_is_there(const struct journal_message *row);
/** ... and here */
bool verify_is_here(const struct journal_message *row);

#define VERIFY_MOST 4 /* of what one of these functions finds */

/** What the row says by itself. @return how many are in `out` */
size_t verify_row(const struct journal_message *row, enum verify_what out[static VERIFY_MOST]);
/** @param now  what the server lists of its UID; NULL: it does not list it. A row without UID has nothing there */
size_t verify_there(const struct journal_message *row, const struct remote_message *now,
                    enum verify_what out[static VERIFY_MOST]);
/** @param info  of the file of its base name; NULL: there is none. A row without base name has nothing here */
size_t verify_here(const struct journal_message *row, const char *info, enum verify_what out[static VERIFY_MOST]);
/** What a finding is, of this row: to a file whose bytes are not the message's golub does other things. */
enum verify_what verify_of(const struct journal_message *row, enum verify_what what);
/** Nothing else need be written down: the row's own facts say why it waits. NULL: they don't. */
const char *verify_excuse(const struct journal_message *row);

#endif
