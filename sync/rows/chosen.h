/*
 * Two keywords of which a message should have one at most ($Junk and $NotJunk, Junk and NonJunk). Where this side set the one and another client the other
 * one since both were last the same, the server's stays. golub mirrors what anybody set or took off, and mends no pair: that is all.
 */
#ifndef SYNC_ROWS_CHOSEN_H
#define SYNC_ROWS_CHOSEN_H

#include "sync/run/run.h"

/**
 * The row is about to take these keywords from the server: where one of a pair is new there, what this side said of the other one is forgotten, and this run
 * remembers it. Inside a transaction.
 */
MUST_CHECK bool chosen_there(struct run *run, const struct journal_message *message, const char *shown);
/** A name says that this keyword was set: does it yield to what was set on the server, as this run has seen? */
bool chosen_yields(struct run *run, const struct journal_message *message, struct text word);

#endif
