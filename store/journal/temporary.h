/*
 * Where SQLite's temporary files of one journal go: beside the journal. Left alone it would put them into /var/tmp or $TMPDIR, which may be
 * small, in memory, or on a disk that is not as well kept as the one with the mail.
 */
#ifndef STORE_JOURNAL_TEMPORARY_H
#define STORE_JOURNAL_TEMPORARY_H

struct temporary;

/**
 * Take over where the temporary files of connections go that are opened with this VFS.
 *
 * @param path of the journal; its folder need not exist yet
 * @return NULL: out of memory
 */
struct temporary *temporary_new(const char *path);
/** Name of the VFS for sqlite3_open_v2. NULL-safe: NULL is SQLite's own. */
const char *temporary_vfs(const struct temporary *temporary);
/** Only when every connection that was opened with it is closed. NULL-safe. */
void temporary_free(struct temporary *temporary);

#endif
