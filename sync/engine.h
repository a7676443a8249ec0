/*
 * One run over one account on stores that are given: real ones, or the simulator's. No lock, no configuration, no network here.
 */
#ifndef SYNC_ENGINE_H
#define SYNC_ENGINE_H

#include "store/base/local.h"
#include "store/base/remote.h"
#include "store/journal/journal.h"
#include "sync/base/account.h"
#include "sync/report/report.h"

/**
 * All phases, in order: root and mark, survey, observe, plan, add, change, move, remove, close.
 *
 * @param remote   not open yet; opened and closed here
 * @param local    not open yet; opened and closed here
 * @param journal  open, no transaction under way; in a dry run a copy, which is filled but means nothing afterwards
 * @return exit status 0 1 2 3 4 5 (6 is the caller's)
 */
int engine_run(const struct account *account, const struct sync_options *options, struct remote remote,
               struct local local, struct journal *journal, struct report *report);

#endif
