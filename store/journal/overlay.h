/*
 * A database that can be written and does not change: what is written goes aside, page by page, and all else is read from the file. The first of
 * it stays in memory, what is more goes to a temporary file (spill.h): a dry run needs no more memory than another. Only for a file that nobody else writes, and that has no -wal.
 */
#ifndef STORE_JOURNAL_OVERLAY_H
#define STORE_JOURNAL_OVERLAY_H

struct overlay;

/** @return NULL: out of memory */
struct overlay *overlay_new(void);
/** Name of the VFS for sqlite3_open_v2. */
const char *overlay_vfs(const struct overlay *overlay);
/** Only when every connection that was opened with it is closed. NULL-safe. */
void overlay_free(struct overlay *overlay);

#endif
