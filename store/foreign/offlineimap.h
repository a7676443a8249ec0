/*
 * What OfflineIMAP 7 and 3 keep in their metadata folder, ~/.offlineimap:
 *
 *     Account-NAME/LocalStatus-sqlite/BOX      UIDs there, with the flags that both sides showed (SQLite); LocalStatus/BOX: the same as text
 *     Repository-NAME/FolderValidity/BOX       UIDVALIDITY of a repository's box; of a Maildir it is always 42
 *     NAME.lock                                held while the account NAME is at work
 *
 * A BOX is the mailbox's name with '.' between its levels. Files are named "...,U=UID,FMD5=DIGEST", where UID is the one there, and the digest
 * that of the folder's name: a file that was copied to another folder keeps the wrong one.
 */
#ifndef STORE_FOREIGN_OFFLINEIMAP_H
#define STORE_FOREIGN_OFFLINEIMAP_H

#include "store/foreign/state.h"

#define OFFLINEIMAP_SQLITE "LocalStatus-sqlite"
#define OFFLINEIMAP_PLAIN "LocalStatus"
#define OFFLINEIMAP_VALIDITY "FolderValidity"
#define OFFLINEIMAP_DIGEST 32 /* hexadecimal digits of MD5 */

/** A status file of either kind, told apart by its content. far and near of each row are equal. @param state [out] filled in on success only */
MUST_CHECK bool offlineimap_read_state(struct text bytes, struct foreign_state *state, struct error *err);
/** The number in a file below FolderValidity. */
MUST_CHECK bool offlineimap_read_validity(struct text bytes, uint32_t *validity, struct error *err);
/** The file name of a mailbox. @param separator  between the levels of `name`; 0: none. @return false: it does not fit */
MUST_CHECK bool offlineimap_box(const char *name, char separator, char *box, size_t size);
/** What names of files in a folder of this name carry. @return false: this system has no MD5 */
MUST_CHECK bool offlineimap_digest(const char *folder, char digest[static OFFLINEIMAP_DIGEST + 1]);
/** Has this base name a digest at all; *uid: its UID, if the digest is that one; else 0 */
bool offlineimap_parse_name(const char *base, const char *digest, uint32_t *uid);

#endif
