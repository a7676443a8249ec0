/* Room on the disk for what is fetched. */
#ifndef SYNC_APPLY_ROOM_H
#define SYNC_APPLY_ROOM_H

#include "sync/run/run.h"

struct room {
    uint64_t reserve;   /* of the disk, that stays free */
    uint64_t unchecked; /* bytes that came since it was looked at */
};

/** Before a body is asked for: is there room for so many downloads, of which each counts as ROOM_MOST at most? Sets the reserve. @return false: there is not, or not to be found out */
MUST_CHECK bool room_check(struct run *run, struct room *room, uint64_t messages, uint64_t bytes);
#define ROOM_MOST (2 * (uint64_t)LIMIT_BATCH_BYTES) /* bytes of one message that matter here: two batches */
/** Bytes that matter of these messages. */
uint64_t room_count(struct todo *const *todos, size_t count);
/** The same for what is fetched into the quarantine. */
MUST_CHECK bool room_check_kept(struct run *run, struct todo *const *todos, size_t count);
/** A message begins. @param none [out] it does not fit @return false: the disk could not be asked */
MUST_CHECK bool room_look(struct run *run, struct room *room, uint64_t size, bool *none);
/** A message of so many bytes found no room. @return false, with run->err */
bool room_refuse(struct run *run, const struct room *room, uint64_t bytes);

#endif
