/* Who plays in a moment (sim_moments.h): a client, a message that both sides have, where it is and where it may go; and what is done to it. */
#ifndef TESTS_SIM_SIM_CAST_H
#define TESTS_SIM_SIM_CAST_H

#include "tests/sim/sim_events.h"
#include "tests/sim/sim_moments.h"

struct cast {
    struct sim *sim;
    int client;
    struct maildir_sim *maildir;
    struct sim_file *file; /* one that golub knows, and its message */
    const struct sim_message *message;
    int content, from, to; /* `to` is another mailbox with room on both sides */
    bool removed;          /* by somebody, from everywhere */
};

/** A client that has met the server. @return false: it has not yet */
bool cast_choose_client(struct sim *sim, struct cast *cast);
/** ... and a message that both sides have, and another mailbox with room. @return false: there is none */
bool cast_choose_message(struct sim *sim, struct cast *cast);
/** The message of this content in a mailbox of the server; NULL: none. */
const struct sim_message *cast_message_of(struct sim *sim, int mailbox, int content);
/** The mailbox is on both sides. */
bool cast_is_open(const struct sim *sim, const struct maildir_sim *maildir, int mailbox);
/** Once here and once on the server, over all mailboxes. */
bool cast_stands_once(struct sim *sim, const struct maildir_sim *maildir, int content);
/** It is in some folder. */
bool cast_stands_here(const struct cast *cast);
/** How often it is in the quarantine. */
size_t cast_kept_times(const struct maildir_sim *maildir, int content);
/** Another client sets flags on each message of this content. */
void cast_flag_there(struct sim *sim, int content, unsigned add);
/** Mail arrives on the server. */
void cast_arrive_there(struct sim *sim, int mailbox, int content);
/** Mail is delivered here. @return false: no room */
bool cast_deliver_here(const struct cast *cast, int mailbox, int content, unsigned flags);
/** So many seconds later this client syncs. @return as run_sync() */
int cast_sync_after(const struct cast *cast, unsigned seconds);

#endif
