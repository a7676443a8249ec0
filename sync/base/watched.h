/*
 * Does a watcher (golub watch) keep this account? It holds the file watch.lock in the state folder for its life, and says in the file watch what
 * tells it of changes. The lock of a run is another one: it is held only while one of the watcher's runs is at work.
 */
#ifndef SYNC_BASE_WATCHED_H
#define SYNC_BASE_WATCHED_H

#include "sync/base/account.h"

#define WATCHED_WORDS 256 /* with NUL */

struct watched {
    int64_t since;             /* when the watcher began, seconds since 1970-01-01 UTC */
    char state[WATCHED_WORDS]; /* in words: "by NOTIFY", "no connection (...)" */
    int64_t changed;           /* when that became so */
};

/** Become the account's watcher. @return the lock, closed by the caller at the end; -1: err is ERROR_LOCKED (another one is), or says why not */
int watched_begin(const struct account *account, struct error *err);
/** Is there a watcher now? What can't be found out is none. */
bool watched_now(const struct account *account);
/** What it last wrote. @return false: nothing that can be read */
bool watched_read(const struct account *account, struct watched *watched);
/** Replace what is written, without fsync: nothing rests on it. What fails is left. */
void watched_write(const struct account *account, const struct watched *watched);

#endif
