/* Messages with keywords, what the user says of them, and what waits of that. */
#ifndef TESTS_SIM_SCENARIO_KEYWORDS_H
#define TESTS_SIM_SCENARIO_KEYWORDS_H

#include "store/journal/keywords.h"
#include "tests/sim/scenario.h"

enum { KEPT = 1, MINE = 2, THEIRS = 4 }; /* bits of keywords */

static inline void
when_the_user_says(int mailbox, int content, unsigned key, bool set)
{
    assert_true(event_say_keyword(&sim, 0, file_of(mailbox, content), key, set));
}

/* Four messages on both sides; the first and the second one have keywords. */
static inline void
given_messages(void)
{
    given_empty_account(1);
    for (int content = 1; content <= 4; content++)
        given_mail_there(INBOX, content);
    server_set_flags(&sim.server, INBOX, message_of(INBOX, 1), 0, KEPT | THEIRS);
    server_set_flags(&sim.server, INBOX, message_of(INBOX, 2), 0, THEIRS);
    given_both_sides_agree();
}

static inline void
then_it_has(int mailbox, int content, unsigned keys)
{
    const unsigned has = message_of(mailbox, content)->keys;

    if (has != keys)
        fail_msg("#%d has keywords %x, and is to have %x", content, has, keys);
}

static inline size_t
count_waiting(void)
{
    struct journal_keyword *rows = NULL;
    struct error err = {0};
    size_t count = 0;

    assert_true(journal_keywords(sim.clients[0].journal, &rows, &count, &err));
    free(rows);
    return count;
}

#endif
