/* What a meeting reads: headers and bodies of UIDs, and of files what their rows do not know. */
#ifndef SYNC_MATCH_READ_H
#define SYNC_MATCH_READ_H

#include "sync/match/meeting.h"

/**
 * Headers (or bodies) of the UIDs that are not paired and that this one says yes to: their digests and kinships are in the halves, or `doubt`.
 * What was given up in this run is not asked for.
 *
 * @return false: run->err
 */
MUST_CHECK bool read_uids(struct meeting *meeting, bool headers, bool is_wanted(const struct half *uid));
/** Their headers for the first time: the kinship of one that has the header of a file here is left out. */
MUST_CHECK bool read_new_headers(struct meeting *meeting, bool is_wanted(const struct half *uid));
/** The same of any file. @param got [out] false: it is gone, or can't be read */
MUST_CHECK bool read_kinship(struct run *run, struct mailbox *mailbox, const struct journal_message *message, bool body,
                             struct kinship *out, bool *got);
/** The kinship of a file, with its body or without. NULL is left where it is gone or can't be read: then it is looked for again. */
MUST_CHECK bool read_file(struct meeting *meeting, struct half *file, bool body);
/** For later runs: what was read of a message that is on the server alone. @param cut  its body came short and says nothing */
MUST_CHECK bool read_keep(struct run *run, int64_t id, const struct kinship *kinship, bool cut);
/** The header block of a row's file, as much as the buffer holds; nothing where it can't be read. */
MUST_CHECK bool read_header(struct run *run, struct mailbox *mailbox, int64_t id, struct buffer *out);

#endif
