/*
 * Which folders of a Maildir moved since one last asked: by inotify, and where that does not serve by looking at the times of all folders every
 * 30 seconds. It proves nothing: a folder that is named may be as it was, and nobody learns here what moved in it. golub's own changes are
 * told, too. Where bytes were written to a file that stands in new/ or cur/, that is told when it is closed: it moves no folder's time, but what was sent
 * half written is sent again.
 *
 * Order of calls: maildir_watch_new, then a run that looks at everything, then poll and maildir_watch_read in turn. Each watch is set before the
 * directory it is on is listed, so that nothing that comes later goes unseen.
 *
 * A watch belongs to one thread. It keeps no directory open: who unmounts the file system is not kept from it.
 */
#ifndef STORE_MAILDIR_WATCH_H
#define STORE_MAILDIR_WATCH_H

#include "store/maildir/maildir.h"

#define WATCH_LOOK_MS 30000       /* how often all folders are looked at, where that is needed */
#define WATCH_HALF_MS 200         /* ... while one of them is half made */
#define WATCH_HALF_LOOKS 10       /* ... so often at most */
#define WATCH_TRY_AGAIN_MS 600000 /* how often inotify is tried again after it was given up */

struct maildir_watch;

/**
 * Watch root, each folder, its cur/ and new/. Never fails for want of watches: then it looks, and says why.
 *
 * @param settings  root and layout count; nothing is locked. Copied
 * @param err       [out] ERROR_LOCAL, where NULL is returned
 * @return NULL: out of memory, or the root is not there or can't be looked at
 */
struct maildir_watch *maildir_watch_new(const struct maildir_settings *settings, struct error *err);
/** To poll for input; another one after each maildir_watch_read, perhaps. @return -1: it only looks */
int maildir_watch_descriptor(const struct maildir_watch *watch);
/** How long until maildir_watch_read has to be called though the descriptor is silent; 0: now. @return -1: it need not be */
int maildir_watch_look_ms(const struct maildir_watch *watch);
/**
 * Why all folders are looked at, as a part of a sentence for people: inotify is not to be had (then there is no descriptor), or it does not hear
 * of all changes (then it is used beside the looks). @return NULL: inotify does it all
 */
const char *maildir_watch_why(const struct maildir_watch *watch);
/**
 * Read what has been told, without waiting, and look where a look is due. It costs next to nothing while there is neither, and is the one
 * way to learn that the root is gone where a folder above it was renamed or mounted upon: to be called with each timer, too.
 *
 * @param moved  called for each folder (its path as in local.h) that has events, and once with NULL where folders were made, renamed or
 *               removed, or where it is not known which ones moved. `written`: a file was written to, which no time of the folder shows. Must not call
 *               into the watch
 * @param named  before that for each name that came, went or was changed in new/ or cur/, as base name and info (local.h); with NULL for both
 *               where something moved in the folder whose name is not told, or is none that can be used. Where `moved` is called for a folder and
 *               this was not, no name is known. May be NULL
 * @return false: the root is gone (unmounted, renamed, removed), or another one stands in its place: free the watch, and make a new one later
 */
MUST_CHECK bool maildir_watch_read(struct maildir_watch *watch,
                                   void (*moved)(void *context, const char *folder, bool written),
                                   void (*named)(void *context, const char *folder, const char *base, const char *info),
                                   void *context);
/** NULL-safe. */
void maildir_watch_free(struct maildir_watch *watch);

#endif
