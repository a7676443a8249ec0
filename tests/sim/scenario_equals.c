/* Messages that are equal, or look equal: which of them is which. */
#include "tests/sim/scenario.h"

static struct sim_message *
message_of(int mailbox, int content)
{
    struct sim_mailbox *box = &sim.server.boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].content == content)
            return &box->messages[i];
    fail_msg("#%d is not there", content);
    return NULL;
}

static void
when_mailboxes_are_swapped(int one, int other)
{
    static struct sim_mailbox box;

    box = sim.server.boxes[one];
    sim.server.boxes[one] = sim.server.boxes[other];
    sim.server.boxes[other] = box;
    for (int m = 0; m < 2; m++) {
        box = sim.server.boxes[m == 0 ? one : other];
        for (size_t i = 0; i < box.count; i++) {
            ledger_out(&sim.world, box.messages[i].content, m == 0 ? other : one);
            ledger_put(&sim.world, box.messages[i].content, m == 0 ? one : other);
        }
    }
}

/* Two messages of one header, each alone in its mailbox, on a server that says 0 of all sizes. Its dates tell that they are two. */
static void
what_has_the_header_of_another_and_another_date_is_another(void **state)
{
    uint32_t uid;

    (void)state;
    given_empty_account(1);
    sim.server.lies = 1;
    assert_true(server_add(&sim.server, WORK, 42, FLAG_ANSWERED, 0, 1600000000, &uid));
    assert_true(server_add(&sim.server, INBOX, 43, 0, 0, 1600000500, &uid));
    ledger_put(&sim.world, 42, WORK);
    ledger_put(&sim.world, 43, INBOX);
    given_both_sides_agree();
    when_mailboxes_are_swapped(INBOX, WORK);
    check_forget(&sim.clients[0]);

    then_both_sides_agree();

    assert_int_equal(message_of(INBOX, 42)->flags, FLAG_ANSWERED);
    assert_int_equal(message_of(WORK, 43)->flags, 0);
    assert_string_equal(file_of(INBOX, 42)->info, "c:2,R");
    assert_string_equal(file_of(WORK, 43)->info, "n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        SCENARIO(what_has_the_header_of_another_and_another_date_is_another),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
