/*
 * A message that was only listed: no bytes of it were ever here, and nothing rests on what the server said of it. A server that finds a message
 * damaged counts it anew, and dates it by its file. What it says now is what that message is: no sign that its UID is another one than it was.
 */
#ifndef SYNC_ROWS_LISTED_H
#define SYNC_ROWS_LISTED_H

#include "sync/run/run.h"

static inline bool
listed_only(const struct journal_message *message)
{
    return message->uid != 0 && message->base[0] == '\0' && !message->has_wire &&
           (message->facts & ~(unsigned)FACT_VAGUE) == 0;
}

/** It is told of with another size or date. Saves nothing. @return false: more is known of it than that, so it is another message */
static inline bool
listed_anew(struct journal_message *message, const struct remote_message *seen)
{
    if (!listed_only(message))
        return false;
    message->size = seen->size != 0 ? seen->size : message->size;
    message->date = seen->date != 0 ? seen->date : message->date;
    message->has_header = false; /* read before: of what it is now it is read again */
    memset(message->header, 0, sizeof message->header);
    message->facts = 0;
    return true;
}

#endif
