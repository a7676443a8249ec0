/*
 * What a RENAME on the server makes of the journal: the mailbox and all that is known below it have other names there. Folders stay where they
 * are; what stands elsewhere than its name says, and nobody renamed, is to get its old name back (goal_there), and so is what has a
 * name for a moment and is to get no other one.
 */
#ifndef SYNC_ROWS_RENAMING_H
#define SYNC_ROWS_RENAMING_H

#include "sync/run/run.h"

/** Is it this name, or one below it? */
bool renaming_is_at(const char *name, const char *above);
/** Is it one below this name? */
bool renaming_is_below(const char *name, const char *above);
/** Its folder was renamed here, and in this run nothing keeps its mailbox from getting the name there. */
bool renaming_is_due(const struct mailbox *mailbox);
/** Have both names the same last level, as what stands below one that was renamed? */
bool renaming_is_last_same(const char *a, const char *b);
/** The same name with another beginning, of `length` bytes. @return NULL: out of memory */
char *renaming_replace(const char *name, size_t length, const char *by);
/**
 * It is called as its folder is, and has no bytes on the server. The row alone: what stands below its old name there keeps that. Opens a transaction of its
 * own; a dry run writes nothing.
 */
MUST_CHECK bool renaming_as_folder(struct run *run, struct mailbox *mailbox);
/** It is on neither side, and is about to be forgotten. What an unreadable line of the list may name is not. */
bool renaming_is_nowhere(const struct run *run, const struct mailbox *mailbox);
/**
 * What stands below it and is not on the server has nothing there that could go along: where another mailbox has its new name it keeps its own. That is noted
 * (`keeps_name`) for renaming_is_free and renaming_done until it is forgotten.
 */
void renaming_find_kept(struct run *run, const struct mailbox *mailbox, const char *to);
void renaming_forget_kept(struct run *run);
/** Would it, or anything that goes along, get the name of another mailbox? One that is nowhere any more is none. */
bool renaming_is_free(struct run *run, const struct mailbox *mailbox, const char *to);
/**
 * It was carried out. Inside a transaction; places in the array stay.
 *
 * @param to    as people call it
 * @param wire  its bytes on the server; none: neither it nor what is below it is there
 */
MUST_CHECK bool renaming_done(struct run *run, struct mailbox *mailbox, const char *to, struct text wire);

#endif
