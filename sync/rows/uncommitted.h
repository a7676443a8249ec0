/*
 * A run that was cut off may have delivered a file that the journal does not know: it bears the name that golub gives the file of that UID. While
 * the UID is there, the two are paired by that. Where it loses its meaning first (another UIDVALIDITY, a server that went back), the name is written
 * down, before the folder is looked at: a file that has it is an unpaired one (missing.h) and no new mail, since its message may have moved on.
 */
#ifndef SYNC_ROWS_UNCOMMITTED_H
#define SYNC_ROWS_UNCOMMITTED_H

#include "sync/run/run.h"

/** May a run have delivered the message of this row, which has a UID and no file? */
static inline bool
uncommitted_may_be(const struct journal_message *message)
{
    const unsigned never = FACT_GONE_HERE | FACT_ALIAS | FACT_MOVED | FACT_REPLACED | FACT_OUT_OF_VIEW | FACT_REFUSED |
                           FACT_UNPAIRED | FACT_APART | FACT_PLACEHOLDER | FACT_ADOPTED;

    return message->uid != 0 && message->base[0] == '\0' && (message->facts & never) == 0;
}

/** Does the row stand for the name of such a file alone, which was not seen yet? */
static inline bool
uncommitted_is(const struct journal_message *message)
{
    return message->uid == 0 && message->base[0] != '\0' && !message->has_wire &&
           message->facts == (FACT_GONE_HERE | FACT_GONE_THERE | FACT_UNPAIRED);
}

/**
 * The row, for which uncommitted_may_be holds, loses its UID. Inside a transaction, and while its mailbox has the UIDVALIDITY of that UID.
 *
 * @param message  [in,out] its row, which stands for the name from here on; or is gone where the file has a row already
 */
MUST_CHECK bool uncommitted_lose_uid(struct run *run, struct journal_message *message);
/** The folder has such a file. @param message  with the flags of its name; it is saved by the caller */
void uncommitted_found(struct journal_message *message);

#endif
