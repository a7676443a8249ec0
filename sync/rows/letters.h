/*
 * Keyword letters in file names. This side of a message's keywords is what the table `keyword` says of them (sync/base/keyword_note.h); a name says more
 * only where a letter came or went since it was last seen. So what no name can show is nobody's removal, and neither is what a mail reader that
 * does not know letters has cut off. What the letters of a folder mean: lettering.h.
 */
#ifndef SYNC_ROWS_LETTERS_H
#define SYNC_ROWS_LETTERS_H

#include "sync/rows/lettering.h"

/** A name is another one now: letters that came, and those that went, as far as they are believed. $Forwarded is a flag of `message`. Inside a transaction. */
MUST_CHECK bool letters_renamed(struct run *run, struct mailbox *mailbox, const struct journal_message *before,
                                struct journal_message *message);
/** A file that no row knew, which has one now: its letters are believed when it is known which message it is. Inside a transaction. */
MUST_CHECK bool letters_found(struct run *run, struct mailbox *mailbox, struct journal_message *message, bool own_name);
/**
 * A row is about to take over the file of another one, with its name: what that file's letters say goes along, and what was said of the row's own
 * file, which has other bytes. Inside a transaction.
 * @param row  as it was
 */
MUST_CHECK bool letters_inherit(struct run *run, const struct journal_message *row, const struct journal_message *file);
/** An APPEND is about to bring this file: what its letters say is believed again, since it may bring less. Inside a transaction. */
MUST_CHECK bool letters_sent(struct run *run, struct mailbox *mailbox, const struct journal_message *message);
/** Its name is another one, perhaps without all letters that it could show. Inside a transaction. */
MUST_CHECK bool letters_show_again(struct run *run, const struct journal_message *message);
/** A file and a UID came together: is its name what the message's keywords want? Inside a transaction. */
MUST_CHECK bool letters_met(struct run *run, const struct journal_message *message);
/** This side says so of one keyword; nothing where that is none of this folder's to say. Inside a transaction. */
MUST_CHECK bool letters_say(struct run *run, const struct journal_message *message, const char *word, bool set);

/**
 * A name with a letter that means $Forwarded shows that flag.
 * @param before  a name of the same file that did not show it: its letters do not say so now either, whatever their lines mean by now; NULL: none
 */
unsigned letters_flags(const struct mailbox *mailbox, const char *info, const char *before);
/** $Forwarded that the name showed before, and does not show now: did nobody take it off? */
bool letters_lost_forwarded(const struct run *run, const struct mailbox *mailbox, const struct journal_message *before,
                            const struct journal_message *message);
/** A row's flags with the file of another row: as `with`, and what letters of the one name and of the other say of $Forwarded. */
struct flag_sides letters_of_file(struct flag_sides with, const struct journal_message *row,
                                  const struct journal_message *file);
/**
 * The letters that a name of this message is to show, bits: those of the keywords that this side has; of letters that mean nothing those that it has.
 * @param keywords  of this side
 */
unsigned letters_wanted(const struct mailbox *mailbox, const char *keywords, unsigned flags, const char *info);
/** Is it one of those that get no letter, by `keywords-skip`? */
bool letters_skip(const struct policy *policy, struct text word);

#endif
