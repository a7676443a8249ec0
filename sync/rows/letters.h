/*
 * Keyword letters in file names. This side of a message's keywords is what the table `keyword` says of them (sync/base/keyword_note.h); a name says more
 * only where a letter came or went since it was last seen. So what no name can show is nobody's removal, and neither is what a mail reader that
 * does not know letters has cut off.
 */
#ifndef SYNC_ROWS_LETTERS_H
#define SYNC_ROWS_LETTERS_H

#include "store/journal/letters.h"
#include "sync/run/run.h"

#define LETTERS_STRIPPER_S (30 * INT64_C(86400)) /* so long a folder counts as one in which letters are cut off */

struct lettering { /* of a mailbox, in a run */
    bool used;     /* names show keywords, and golub lets them */
    bool unread;   /* the folder's table can't be read: its letters are left alone */
    unsigned
        changed; /* letters that mean another keyword than when this run began, bits: what comes or goes of them says nothing */
    bool is_met;  /* its first mail in this run was delivered */
    bool is_busy; /* another program was writing it when golub wanted to: another run does */
    struct local_letters table;
    struct letters before; /* as the journal had it when this run first looked */
    struct journal_lettered row;
};

/**
 * What the letters of this folder mean, once in a run, and what follows from a table that is another one than the last time: inside a transaction.
 * @param again  look once more
 */
MUST_CHECK bool letters_open(struct run *run, struct mailbox *mailbox, bool again);
/** Do its names show keywords? Not before letters_open. */
bool letters_are_used(const struct mailbox *mailbox);
/** A name is another one now: letters that came, and those that went, as far as they are believed. $Forwarded is a flag of `message`. Inside a transaction. */
MUST_CHECK bool letters_renamed(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
                                struct journal_message *message);
/** A file that no row knew, which has one now: its letters are believed when it is known which message it is. Inside a transaction. */
MUST_CHECK bool letters_found(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool own_name);
/** All that its name shows is believed. Inside a transaction. */
MUST_CHECK bool letters_believe(struct run *run, const struct mailbox *mailbox, const struct journal_message *message);
/** A name with a letter that means $Forwarded shows that flag. */
unsigned letters_flags(const struct mailbox *mailbox, const char *info);
/**
 * The letters that a name of this message is to show, bits: those of the keywords that this side has; of letters that mean nothing those that it has.
 * @param keywords  of this side
 */
unsigned letters_wanted(const struct mailbox *mailbox, const char *keywords, unsigned flags, const char *info);
/** Is it one of those that get no letter, by `keywords-skip`? */
bool letters_skip(const struct run *run, struct text word);

#endif
