/* A server that gives the messages which it stores Message-IDs of its own. */
#ifndef SYNC_MATCH_OTHER_ID_H
#define SYNC_MATCH_OTHER_ID_H

#include "sync/match/meeting.h"

/**
 * Of what is left, outside of \Drafts: a file and a UID that alone on their sides have this sender, instant, subject and addressees, under two
 * Message-IDs. Only of those the body is read. Where it is the same, and more than a word, they are one message in other bytes. Inside a transaction.
 */
MUST_CHECK bool other_id_join(struct meeting *meeting);
/** Of a group of KEY_WRITTEN: are they known to be messages of their own? */
bool other_id_differ(struct half **files, size_t file_count, struct half **uids, size_t uid_count);

#endif
