/* A server on which something ends the line each time, and whether the journal knows that it waits. */
#ifndef TESTS_SIM_SCENARIO_SUSPECTS_H
#define TESTS_SIM_SCENARIO_SUSPECTS_H

#include "tests/sim/scenario.h"

static inline void
given_mail_on_a_rude_server(void)
{
    given_mail_in_three_mailboxes();
    sim.server.rude = true;
}

/* Does a message with this UID wait, since it could not be read? 0: does a mailbox, or a file? */
static inline bool
has_pending(uint32_t uid)
{
    struct journal_pending *list;
    struct journal_message message;
    struct error err = {0};
    size_t count;
    bool found = false, known;

    assert_true(journal_pendings(sim.clients[0].journal, &list, &count, &err));
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind != PENDING_UNREADABLE)
            continue;
        assert_true(list[i].message == 0 ||
                    journal_message_get(sim.clients[0].journal, list[i].message, &message, &known, &err));
        found = found || (list[i].message == 0 ? uid == 0 : message.uid == uid);
    }
    free(list);
    return found;
}

#endif
