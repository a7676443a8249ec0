/*
 * Letters that came with a file, or while it was not known what they mean. They are believed once the message is known, and before the row is gone of the
 * file that it was in another folder: there the same letter may mean something else.
 */
#ifndef SYNC_ROWS_LETTERS_NEW_H
#define SYNC_ROWS_LETTERS_NEW_H

#include "sync/rows/lettering.h"

/** Outside of a transaction. Where a table can't be read they wait. */
MUST_CHECK bool letters_new_take(struct run *run);

#endif
