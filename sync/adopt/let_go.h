/*
 * Another program that still keeps this tree takes files away that nobody removed: mbsync lets the oldest ones go (MaxMessages), and keeps them on the
 * server. Its state says of which that is so.
 */
#ifndef SYNC_ADOPT_LET_GO_H
#define SYNC_ADOPT_LET_GO_H

#include "sync/run/run.h"

/**
 * Each file that was seen to be missing is looked up in mbsync's state of its folder, where there are traces of mbsync's: what it let go stays on the
 * server alone, like what `golub adopt` found so; what it may have taken away, as far as can be told, is held if it is to be removed there
 * (FACT_TAKEN). Then the traces are told. Where the folders were just looked at; outside a transaction.
 */
MUST_CHECK bool let_go_note(struct run *run);

/** The user says where mbsync's states are: let_go_note looks there from now on. NULL: nothing was said. Inside a transaction. */
MUST_CHECK bool let_go_remember(struct run *run, const char *path);

#endif
