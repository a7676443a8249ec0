/* File names that golub gives: each says which UID the file was fetched for. */
#ifndef SYNC_ROWS_OWN_NAME_H
#define SYNC_ROWS_OWN_NAME_H

#include "sync/run/run.h"

enum own_name {
    OWN_NAME_NOT,     /* it is not the name of a UID that is there, or the file is a copy of that message */
    OWN_NAME_ALTERED, /* it is, and the bytes are others */
    OWN_NAME_UNREAD,  /* it is, and the message could not be read yet */
};
/** Is it a name of the form that golub gives? */
bool own_name_is_ours(const char *base);
/** ... and what of it says which UID that is (run_name_letters). @return false: it is not of that form */
bool own_name_letters(const char *base, char letters[static RUN_NAME_LETTERS + 1]);
/** Has the row's file the name that golub gives what it fetches for the row's UID? */
bool own_name_has(const struct run *run, const struct mailbox *mailbox, const struct journal_message *message);
/** Does a new file bear the name that golub gives the file of a UID which this mailbox has? (own_name.c) */
MUST_CHECK bool own_name_check(struct run *run, const struct mailbox *mailbox, const struct journal_message *file,
                               enum own_name *is);

#endif
