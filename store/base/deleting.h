/*
 * The proof before DELETE, which removes whatever is in a mailbox: it has a name that nobody delivers to, and a look under that one finds it empty. Each
 * `delete` of remote.h asks for it: the real one, and that of the simulator.
 */
#ifndef STORE_BASE_DELETING_H
#define STORE_BASE_DELETING_H

#include "store/base/remote.h"

struct deleting_sight { /* what the server says of it under that name */
    bool has_messages, has_uidvalidity, has_uidnext;
    uint32_t messages, uidvalidity, uidnext;
    const char *objectid; /* "": not told */
};

/** Is it the one that was meant, and did nothing come to it? Some servers give a mailbox another UIDVALIDITY with a name: then its UIDNEXT says nothing. */
static inline bool
deleting_is_proven(const struct remote_delete *what, const struct deleting_sight *sight)
{
    return sight->has_messages && sight->messages == 0 && sight->has_uidvalidity && sight->has_uidnext &&
           (what->objectid[0] == '\0' || sight->objectid[0] == '\0' || strcmp(what->objectid, sight->objectid) == 0) &&
           (sight->uidvalidity != what->uidvalidity || sight->uidnext == what->uidnext);
}

#endif
