/*
 * Files that stay here alone, by the user's word (--reject-additions) or another program's, or about which that word is awaited. They have no UID
 * by which the server could say what they are: the journal keeps what tells the file, so that the one in which a mail reader saved it with lines
 * of its own, or under another name, is known for what it is, and stays, too.
 */
#ifndef SYNC_AGENDA_APART_H
#define SYNC_AGENDA_APART_H

#include "sync/run/run.h"

/** This file is about to stay, or to wait: note what tells it, unless that is known. Nothing where it can't be read. In a transaction. */
MUST_CHECK bool apart_know(struct run *run, const struct journal_message *message);
/** New files that are one of those which are gone from their folder take their place. Outside a transaction. */
MUST_CHECK bool apart_follow(struct run *run, struct agenda *agenda);

#endif
