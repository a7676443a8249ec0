/* What is new on the server beside a mailbox that is gone there: what a look for what may have moved costs, and what it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/internal.h"
#include "sync/agenda/agenda.h"
#include "sync/agenda/gone_mailbox.h"
#include "tests/unit/journal_scene.h"

enum {
    MANY = 3000,
    STEPS_EACH = 400, /* of SQLite's machine for each message; to read all rows for each takes ten thousands */
};

static struct run run;
static struct agenda agenda;
static struct account account;
static struct sync_options options;

static int
begin(void **state)
{
    struct scene *s;
    struct mailbox *gone, *new;

    assert_int_equal(set_up(state), 0);
    s = *state;
    run = (struct run){.account = &account, .options = &options, .journal = s->journal};
    agenda = (struct agenda){0};
    account.policy.pull.deletes = true;
    assert_non_null(run_mailbox_add(&run));
    assert_non_null(run_mailbox_add(&run));
    gone = &run.mailboxes[0];
    new = &run.mailboxes[1];
    gone->row.id = s->mailbox;
    gone->row.state = MAILBOX_GONE_REMOTE;
    gone->chosen = gone->folder_here = new->chosen = new->listed = true;
    new->row.id = given_mailbox(s, "New");
    return 0;
}

static int
end(void **state)
{
    agenda_free(&agenda);
    free(run.mailboxes);
    return tear_down(state);
}

static void
given_kept(struct scene *s, uint32_t uid, uint64_t size, int64_t date)
{
    struct journal_message message = paired(s->mailbox, uid);

    message.size = size;
    message.date = date;
    message.has_header = true;
    (void)given_message(s, message);
}

static void
given_new(struct scene *s, uint32_t uid, uint64_t size, int64_t date)
{
    struct journal_message message = {.mailbox = run.mailboxes[1].row.id, .uid = uid, .size = size, .date = date};

    message = given_message(s, message);
    assert_true(agenda_add(
        &run, &agenda,
        &(struct todo){
            .id = message.id, .mailbox = 1, .uid = uid, .size = size, .step = {.verb = PLAN_DOWNLOAD}, .fresh = true}));
}

static uint64_t
count_steps(const struct scene *s)
{
    uint64_t steps = 0;

    for (size_t i = 0; i < SQL_STATEMENTS; i++)
        steps += s->journal->statements[i] == NULL
                     ? 0
                     : (uint64_t)sqlite3_stmt_status(s->journal->statements[i], SQLITE_STMTSTATUS_VM_STEP, 0);
    return steps;
}

static size_t
count_sources(void)
{
    size_t count = 0;

    for (size_t i = 0; i < agenda.count; i++)
        count += agenda.todos[i].moved_out;
    return count;
}

static size_t
count_sought(void)
{
    size_t count = 0;

    for (size_t i = 0; i < agenda.count; i++)
        count += agenda.todos[i].sought;
    return count;
}

static void
it_finds(struct scene *s, bool any, size_t sources, size_t sought)
{
    const uint64_t before = count_steps(s);
    bool found;

    assert_true(gone_mailbox_any_fresh(&run, &found));
    assert_int_equal(found, any);
    assert_true(gone_mailbox_add(&run, &agenda));
    assert_in_range(count_steps(s) - before, 0, (uint64_t)STEPS_EACH * MANY);
    assert_int_equal(count_sources(), sources);
    assert_int_equal(count_sought(), sought);
}

static void
new_mail_is_not_compared_with_each_that_was_kept(void **state)
{
    struct scene *s = *state;

    for (uint32_t i = 1; i <= MANY; i++) {
        given_kept(s, i, 1000 + i % 50, 1500000000 + i);
        given_new(s, i, 1000 + i % 50, 1600000000 + i);
    }
    it_finds(s, false, 0, 0); /* and it is fetched piece by piece, as where nothing is gone */
}

static void
what_has_the_size_and_date_of_one_is_looked_at(void **state)
{
    struct scene *s = *state;

    for (uint32_t i = 1; i <= MANY; i++) {
        given_kept(s, i, 1000 + i % 50, 1500000000 + i);
        given_new(s, i, 1000 + i % 50, (i == 17 ? 1500000000 : 1600000000) + i);
    }
    it_finds(s, true, 1, 1);
}

static void
equal_ones_are_looked_at_once(void **state)
{
    struct scene *s = *state;

    for (uint32_t i = 1; i <= MANY; i++) {
        given_kept(s, i, 1000, 1500000000);
        given_new(s, i, 1000, 1500000000);
    }
    it_finds(s, true, MANY, MANY);
}

static void
what_has_no_size_or_date_is_like_none(void **state)
{
    struct scene *s = *state;

    given_kept(s, 1, 0, 1500000000);
    given_kept(s, 2, 1000, 0);
    given_new(s, 1, 0, 1500000000);
    given_new(s, 2, 1000, 0);
    it_finds(s, false, 0, 0);
}

static void
nothing_is_compared_where_nothing_is_removed_here(void **state)
{
    struct scene *s = *state;

    account.policy.pull.deletes = false;
    given_kept(s, 1, 1000, 1500000000);
    given_new(s, 1, 1000, 1500000000);
    it_finds(s, false, 0, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(new_mail_is_not_compared_with_each_that_was_kept, begin, end),
        cmocka_unit_test_setup_teardown(what_has_the_size_and_date_of_one_is_looked_at, begin, end),
        cmocka_unit_test_setup_teardown(equal_ones_are_looked_at_once, begin, end),
        cmocka_unit_test_setup_teardown(what_has_no_size_or_date_is_like_none, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_compared_where_nothing_is_removed_here, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
