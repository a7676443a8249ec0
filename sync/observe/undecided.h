/*
 * A list that does not say which mailbox is which, although the server did before: it was refused and asked for with less, or a part of it is missing.
 * What is known is kept: neither is a mailbox that has another name, perhaps, taken for gone, nor is that name taken for a new one.
 */
#ifndef SYNC_OBSERVE_UNDECIDED_H
#define SYNC_OBSERVE_UNDECIDED_H

#include "sync/observe/items.h"
#include "sync/observe/survey.h"

/** Before a list: what an earlier one of this run, behind which the line broke, left open. */
void undecided_forget(struct run *run);
/** In numbers it may be this row's: UIDs are never given again under one UIDVALIDITY. */
bool undecided_fits(const struct remote_listed *seen, const struct mailbox *row);
/**
 * Of one that is new, and of which the server does not say what it is: may it be one that the journal knows by its identity, and that the list lacks?
 * UIDVALIDITY and UIDNEXT don't prove it; where they say no, it is waited for a day, since they may be others. Then it is not to be made here: its
 * mail would stand here twice. Of several new ones those whose numbers fit are waited for, and no others.
 * @param only_note  before all others are told from new ones: remember which rows one fits
 */
bool undecided_may_be(struct run *run, const struct remote_listed *seen, const char *name, bool only_note);
/** Is it waited for what the server says of it? Numbers that don't fit may be others since: a day long. */
bool undecided_is_waited_for(struct run *run, const struct mailbox *row);
/**
 * Where nothing but numbers tells: a name of which the server does not say them in this run (it refuses STATUS), and another one, new or no longer its row's own, that has the numbers of the row
 * that is called so. The row may have the new name, and another one that name: these, and all whose names are gone or have other numbers and that nothing else found, wait, and so do
 * the names.
 */
void undecided_unsaid(struct run *run, struct renamed_item *items, size_t count);
/** After the whole list: rows of which that is not known are left alone in this run. Said. */
MUST_CHECK bool undecided_leave(struct run *run);

#endif
