/*
 * What mbsync (isync 1.0 to 1.5) leaves beside a Maildir: its sync state, the folder's UIDVALIDITY, and UIDs in the names of files. As load_state
 * and save_state of its sync.c (sync_state.c) read and write them.
 */
#ifndef STORE_FOREIGN_MBSYNC_H
#define STORE_FOREIGN_MBSYNC_H

#include "store/foreign/state.h"

#define MBSYNC_STATE ".mbsyncstate"    /* in the folder, with SyncState * */
#define MBSYNC_VALIDITY ".uidvalidity" /* in the folder, unless it has an AltMap */
#define MBSYNC_ALT_MAP ".isyncuidmap.db"

/**
 * Parse a sync state of any version. What a later version may mean otherwise is refused as a whole: an unknown line of the header, an unknown mark.
 *
 * @param state [out] filled in on success only; the caller frees it
 */
MUST_CHECK bool mbsync_read_state(struct text bytes, struct foreign_state *state, struct error *err);
/** The two lines of .uidvalidity: the validity, and the highest UID that was given. */
MUST_CHECK bool mbsync_read_validity(struct text bytes, uint32_t *validity, uint32_t *max, struct error *err);
/** The UID in a base name: a whole number behind the first ",U="; 0: there is none. It counts only together with the folder's state. */
uint32_t mbsync_uid_of_name(const char *base);
/**
 * Is a file of that name in a folder of states, without its ending, the state of this box here? Default: ":STORE:BOX_:STORE:BOX", where a FieldDelimiter
 * may take the place of the colon; a channel's own SyncState may put anything before the box's name. '/' in a box is '!'.
 */
bool mbsync_names_box(const char *file, const char *box);

#endif
