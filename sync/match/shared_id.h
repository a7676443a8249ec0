/*
 * Does another file here have the Message-ID of this one, or a kin header? Then a header alone, or one with lines of the way, does not say which of them
 * a UID is.
 */
#ifndef SYNC_MATCH_SHARED_ID_H
#define SYNC_MATCH_SHARED_ID_H

#include "sync/match/meeting.h"

/** Fills half->shared_id and half->shared_rest of the files, where a header might pair one; after meeting_judge_headers. */
MUST_CHECK bool shared_id_judge(struct meeting *meeting);

#endif
