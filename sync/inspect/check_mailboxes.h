/* The server's mailboxes as `golub check` lists them: chosen or left out, how many messages, how large. */
#ifndef SYNC_INSPECT_CHECK_MAILBOXES_H
#define SYNC_INSPECT_CHECK_MAILBOXES_H

#include "store/base/remote.h"
#include "sync/inspect/inspect.h"
#include "sync/rules/special.h"

struct check_mailboxes { /* zeros at first */
    struct check_mailbox *list;
    size_t count, size;
    const struct policy *policy;
    bool labels;                  /* remote_info's */
    struct special_table special; /* at: an index of the list */
};

/** One of them. @return false: out of memory */
MUST_CHECK bool check_mailboxes_add(struct check_mailboxes *mailboxes, const char *name,
                                    const struct remote_listed *listed);
/** All were added: what is each for, and which of them are chosen? @param labels  remote_info's @return how many are */
uint64_t check_mailboxes_judge(struct check_mailboxes *mailboxes, const struct policy *policy, bool labels);
const char *check_mailboxes_name(const struct check_mailboxes *mailboxes, size_t index);
bool check_mailboxes_chosen(const struct check_mailboxes *mailboxes, size_t index);
/** What a mailbox is for: special_uses. */
unsigned check_mailboxes_uses(const struct check_mailboxes *mailboxes, size_t index);
/** ... and as patterns take it, which go by its name where nothing better is known. */
unsigned check_mailboxes_guess(const struct check_mailboxes *mailboxes, size_t index);
/** The one for a use. @param at  [out] its index */
enum special_source check_mailboxes_which(const struct check_mailboxes *mailboxes, unsigned use, size_t *at);
/** All of them, a line each, chosen ones first; then how many and how much. */
void check_mailboxes_say(const struct check_mailboxes *mailboxes, const char *account, struct report *report);
/** What the account's first sync would bring, and whether that has room. @param free  bytes */
void check_mailboxes_say_first(const struct check_mailboxes *mailboxes, const char *account, uint64_t free,
                               struct report *report);
void check_mailboxes_free(struct check_mailboxes *mailboxes);

#endif
