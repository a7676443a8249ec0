/* Files that got another base name in their folder: the same message, which a mail reader has renamed. */
#ifndef SYNC_MATCH_RENAMED_H
#define SYNC_MATCH_RENAMED_H

#include "sync/match/meeting.h"

/** Two rows of one mailbox are one message under a new file name (up) or a new UID: journal only. Inside a transaction. */
MUST_CHECK bool renamed_take(struct run *run, struct todo *gone, struct todo *fresh, bool up);
/** The same, in a transaction of its own. */
MUST_CHECK bool renamed_join(struct run *run, struct todo *gone, struct todo *fresh, bool up);
/**
 * Called before anything of this mailbox is paired. A new file with the bytes of one that is gone here is the same file
 * under a new name. Otherwise it could be paired with a new UID of equal bytes, and the message whose file was only
 * renamed would be removed. In a transaction.
 */
MUST_CHECK bool renamed_join_files(struct meeting *meeting);
/**
 * What to do with a file and a UID that are one message in other bytes. Where the new file has lines of a mail reader, and is kin of what this UID has, the row
 * whose file it was takes it: one that had its bytes without those lines, or whose message there has the header and the size of this UID's. Else they become
 * one row. The file's body was read; facts as in join.h. In a transaction.
 */
MUST_CHECK bool renamed_join_related(struct meeting *meeting, struct half *file, struct half *uid, unsigned facts);
/**
 * A file that was fetched by a run which was cut off before it wrote that down, and whose UID is gone since: it was removed or moved there,
 * like any that was fetched; it is no new mail.
 *
 * @param take  its row takes the file, in a transaction; else they are only looked for
 * @param any   set where there is one
 */
MUST_CHECK bool renamed_cut_off(struct meeting *meeting, bool take, bool *any);
/**
 * New files with the bytes of one that is gone here while its message is out of view: a mail reader gave it another name. Sent up, it would be
 * there twice. Outside a transaction.
 */
MUST_CHECK bool renamed_follow_names(struct run *run, struct agenda *agenda);

#endif
