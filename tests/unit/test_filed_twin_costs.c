/* Sent mail that stands twice: what a look for it costs, whatever else stands in \Sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/journal/internal.h"
#include "sync/agenda/filed_twin.h"
#include "tests/unit/journal_scene.h"

enum {
    NOW = 1600000000,
    MANY = 1000,
    STEPS_EACH = 400, /* of SQLite's machine for each message; each beside each takes ten thousands */
};

static struct run run;
static struct account account;
static struct sync_options options;
static size_t opened, stop_at;

/* Files that are like no other one. */
static bool
open_one(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err)
{
    (void)local;
    (void)file;
    (void)err;
    opened++;
    *handle = &opened;
    *missing = false;
    return true;
}

static bool
read_nothing(void *local, void *handle, void *at, size_t size, size_t *got, struct error *err)
{
    (void)local;
    (void)handle;
    (void)at;
    (void)size;
    (void)err;
    *got = 0;
    return true;
}

static void
close_one(void *local, void *handle)
{
    (void)local;
    (void)handle;
}

static bool
is_stopped(void *context)
{
    (void)context;
    return stop_at != 0 && opened >= stop_at;
}

static int
begin(void **state)
{
    static const struct local_ops ops = {.read_open = open_one, .read = read_nothing, .read_close = close_one};
    struct scene *s;
    struct mailbox *sent;

    assert_int_equal(set_up(state), 0);
    s = *state;
    opened = stop_at = 0;
    options.stopped = is_stopped;
    account.policy.sent = SENT_UPLOAD;
    run = (struct run){.account = &account, .options = &options, .journal = s->journal, .local.ops = &ops, .now = NOW};
    sent = run_mailbox_add(&run);
    assert_non_null(sent);
    sent->row.id = s->mailbox;
    sent->row.name = (char *)"Sent"; /* never written to */
    sent->row.attributes = REMOTE_SENT;
    sent->row.state = MAILBOX_ACTIVE;
    sent->chosen = sent->asked = sent->listed = sent->current = sent->folder_here = true;
    return 0;
}

static int
end(void **state)
{
    free(run.mailboxes);
    return tear_down(state);
}

static void
given_mail(struct scene *s, uint32_t first, uint32_t count, unsigned facts)
{
    for (uint32_t uid = first; uid < first + count; uid++) {
        struct journal_message message = paired(s->mailbox, uid);

        message.date = NOW - uid % 600;
        message.facts = facts;
        (void)given_message(s, message);
    }
}

static void
given_a_run_begins(struct scene *s)
{
    assert_true(journal_highest_id(s->journal, &run.first_id, &s->err));
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

static void
it_costs(struct scene *s, uint64_t steps, size_t files)
{
    const uint64_t before = count_steps(s);

    assert_true(filed_twins(&run));
    assert_in_range(count_steps(s) - before, 0, steps);
    assert_int_equal(opened, files);
}

static void
a_run_that_brings_nothing_looks_at_no_row(void **state)
{
    struct scene *s = *state;

    given_mail(s, 1, MANY, FACT_FETCHED);
    given_mail(s, MANY + 1, MANY, 0);
    given_a_run_begins(s);
    it_costs(s, STEPS_EACH, 0);
}

static void
no_file_is_read_where_all_were_sent(void **state)
{
    struct scene *s = *state;

    given_mail(s, 1, 1, 0);
    given_a_run_begins(s);
    given_mail(s, 2, MANY, 0);
    it_costs(s, (uint64_t)STEPS_EACH * MANY, 0);
}

static void
each_file_is_read_once(void **state)
{
    struct scene *s = *state;

    given_mail(s, 1, MANY, 0);
    given_a_run_begins(s);
    given_mail(s, MANY + 1, MANY, FACT_FETCHED);
    it_costs(s, (uint64_t)STEPS_EACH * MANY * 2, (size_t)MANY * 2);
}

static void
a_run_that_is_stopped_reads_no_more(void **state)
{
    struct scene *s = *state;

    given_mail(s, 1, MANY, 0);
    given_a_run_begins(s);
    given_mail(s, MANY + 1, MANY, FACT_FETCHED);
    stop_at = 10;
    it_costs(s, (uint64_t)STEPS_EACH * MANY * 2, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_that_brings_nothing_looks_at_no_row, begin, end),
        cmocka_unit_test_setup_teardown(no_file_is_read_where_all_were_sent, begin, end),
        cmocka_unit_test_setup_teardown(each_file_is_read_once, begin, end),
        cmocka_unit_test_setup_teardown(a_run_that_is_stopped_reads_no_more, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
