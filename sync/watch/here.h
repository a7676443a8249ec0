/* The Maildir's side of a watched account: which folders moved that the last run did not leave so. */
#ifndef SYNC_WATCH_HERE_H
#define SYNC_WATCH_HERE_H

#include "store/maildir/maildir.h"
#include "sync/base/account.h"
#include "sync/watch/known.h"

struct here;

/** Looks at nothing yet. @param settings  as for the runs; borrowed strings @return NULL: out of memory */
struct here *here_new(const struct maildir_settings *settings, const struct known *known);
void here_free(struct here *here); /* NULL-safe */
/**
 * Watch the tree, if it is there and not watched yet. To be called before a run, so that what happens meanwhile is not lost.
 * @return true: it is watched from now on, and was not before
 */
bool here_begin(struct here *here);
/** A descriptor to wait for; -1: none. */
int here_descriptor(const struct here *here);
/** In so many milliseconds here_moved is due although no descriptor says so; -1: it is not. */
int here_look_ms(const struct here *here);
/** Did anything move since the last run? The answer "no" is for certain only as far as events and times tell. */
bool here_moved(struct here *here);
/**
 * For the run that begins now: which names came and went since the last one began, as far as that is known; of folders that are not among them
 * anything may have.
 * @param named  [out] borrowed until here_ended
 */
void here_names(struct here *here, const struct sync_named **named, size_t *count);
/** The run ended. @param well  it looked at all of it; else the next one is told no names */
void here_ended(struct here *here, bool well);
/** Why folders are looked at by turns and not as they change, part of a sentence; NULL: they are told as they change. */
const char *here_why(const struct here *here);

#endif
