/* The server's copy of sent mail that was fetched before the mail reader saved its own. */
#ifndef SYNC_AGENDA_FILED_BEFORE_H
#define SYNC_AGENDA_FILED_BEFORE_H

#include "sync/match/kinship.h"
#include "sync/run/run.h"

/** Are two messages of \Sent one, as related.c has it: the same in other words, or kin headers over one body? */
bool filed_is_same(const struct kinship *one, const struct kinship *other);
/**
 * The file's ten minutes are over. Where one message of \Sent is what the file is, and its own file is as golub fetched it, the mail reader's file
 * stands for it from here on, and golub's is to go (FACT_ALIAS with FACT_REPLACED): planned anew, todo->dropped. Else nothing. Inside a transaction.
 * @param since  when the file was first seen
 */
MUST_CHECK bool filed_before(struct run *run, struct todo *todo, const struct mailbox *place, int64_t since);

#endif
