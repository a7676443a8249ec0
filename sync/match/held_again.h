/*
 * Removals that another program's state told, and that wait (FACT_ADOPTED, FACT_GONE_HERE): golub never had their files, and their UIDs are not valid
 * any more. What was read of them while they were (shown.c) says under which UIDs their messages stand now.
 */
#ifndef SYNC_MATCH_HELD_AGAIN_H
#define SYNC_MATCH_HELD_AGAIN_H

#include "sync/match/meeting.h"

/**
 * After all files of a mailbox have met its UIDs: those that are left are compared. Inside a transaction.
 *
 * @return false: run->err
 */
MUST_CHECK bool held_again_join(struct meeting *meeting);

#endif
