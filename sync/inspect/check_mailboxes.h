/* The server's mailboxes as `golub check` lists them: chosen or left out, how many messages, how large. */
#ifndef SYNC_INSPECT_CHECK_MAILBOXES_H
#define SYNC_INSPECT_CHECK_MAILBOXES_H

#include "store/base/remote.h"
#include "sync/inspect/inspect.h"

struct check_mailboxes { /* zeros at first */
    struct check_mailbox *list;
    size_t count, size;
};

/** One of them. @param special  its special use, "" none @return false: out of memory */
MUST_CHECK bool check_mailboxes_add(struct check_mailboxes *mailboxes, const char *name,
                                    const struct remote_listed *listed, bool chosen, const char *special);
const char *check_mailboxes_name(const struct check_mailboxes *mailboxes, size_t index);
/** REMOTE_* of a mailbox. */
unsigned check_mailboxes_uses(const struct check_mailboxes *mailboxes, size_t index);
/** All of them, a line each, chosen ones first; then how many and how much. */
void check_mailboxes_say(const struct check_mailboxes *mailboxes, const char *account, struct report *report);
/** What the account's first sync would bring, and whether that has room. @param free  bytes */
void check_mailboxes_say_first(const struct check_mailboxes *mailboxes, const char *account, uint64_t free,
                               struct report *report);
void check_mailboxes_free(struct check_mailboxes *mailboxes);

#endif
