/* Keyword letters in names: they show what the keywords of their messages are. */
#ifndef SYNC_APPLY_LETTERS_H
#define SYNC_APPLY_LETTERS_H

#include "sync/run/run.h"

/** Names are made to show what changed. */
MUST_CHECK bool apply_letters(struct run *run);
/** The letters of a message that is about to be delivered with these flags. @param letters  [out] sorted; "" for none */
MUST_CHECK bool letters_of_delivery(struct run *run, struct mailbox *mailbox, int64_t message, unsigned flags,
                                    char letters[static 32]);
/** A name that is to show other flags shows its letters with that, if they are due. @param info  [in, out] */
MUST_CHECK bool letters_with_flags(struct run *run, struct mailbox *mailbox, const struct journal_message *message,
                                   unsigned flags, char info[static LOCAL_INFO_MAX + 1]);
/** That was done, or could not be; inside the transaction that says so. @param changed  flags */
MUST_CHECK bool letters_flags_renamed(struct run *run, const struct mailbox *mailbox,
                                      const struct journal_message *message, unsigned changed);

#endif
