/* Bodies that came which are the beginning of a file here. */
#ifndef SYNC_MATCH_PARTS_H
#define SYNC_MATCH_PARTS_H

#include "sync/match/meeting.h"

/**
 * A body that is a beginning of a file with the same header proves nothing: a server may send less than it has at every reading, and say
 * a smaller size, too. Of what is left such UIDs are `part` and in `doubt`. In \Drafts one version is a beginning of the next: there only what
 * is shorter than announced is in doubt.
 *
 * @return false: run->err
 */
MUST_CHECK bool parts_find(struct meeting *meeting);

#endif
