/* A new file, and an equal one whose folder was listed: is that one looked for again, and does the new one wait? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/agenda/agenda.h"
#include "sync/agenda/left_since.h"
#include "sync/run/lookup.h"
#include "tests/unit/journal_scene.h"

static struct run run;
static struct agenda agenda;
static struct account account;
static struct sync_options options;
static struct mailbox *old, *new;
static int64_t file;
static bool is_missing, can_be_seen;

static bool
look(void *local, const struct local_file *name, struct local_print *print, bool *missing, struct error *err)
{
    (void)local;
    (void)name;
    *print = (struct local_print){0};
    *missing = is_missing;
    if (!can_be_seen)
        error_set(err, ERROR_LOCAL, "look at a file");
    return can_be_seen;
}

static int
begin(void **state)
{
    static const struct local_ops ops = {.look = look};
    struct journal_message message;
    struct scene *s;

    assert_int_equal(set_up(state), 0);
    s = *state;
    is_missing = can_be_seen = true;
    run = (struct run){
        .account = &account, .options = &options, .journal = s->journal, .local.ops = &ops, .now = 1000000};
    agenda = (struct agenda){0};
    assert_non_null(run_mailbox_add(&run));
    assert_non_null(run_mailbox_add(&run));
    old = &run.mailboxes[0];
    new = &run.mailboxes[1];
    old->row.id = s->mailbox;
    old->row.name = (char *)"INBOX";
    new->row.id = given_mailbox(s, "New");
    new->row.name = (char *)"New";
    old->folder_here = new->folder_here = true;
    message = given_message(s, paired(s->mailbox, 1));
    message.id = message.uid = 0;
    message.mailbox = new->row.id;
    file = given_message(s, message).id;
    assert_true(journal_commit(s->journal, &s->err));
    assert_true(agenda_add(&run, &agenda,
                           &(struct todo){.id = file, .mailbox = 1, .step = {.verb = PLAN_UPLOAD}, .fresh = true}));
    return 0;
}

static int
end(void **state)
{
    agenda_free(&agenda);
    lookup_free(&run);
    free(run.mailboxes);
    return tear_down(state);
}

static void
it_is(struct scene *s, bool waits, bool again, bool said)
{
    struct journal_pending pending;
    bool found;

    assert_true(agenda_left_since(&run, &agenda));
    assert_int_equal(agenda.todos[0].dropped, waits);
    assert_int_equal(old->look_here, again);
    assert_true(journal_pending_get(s->journal, new->row.id, file, &pending, &found, &s->err));
    assert_int_equal(found, said);
}

static void
what_stands_there_still_is_a_copy(void **state)
{
    is_missing = false;
    it_is(*state, false, false, false);
}

static void
what_left_its_folder_is_looked_for_again_in_this_run(void **state)
{
    it_is(*state, true, true, false);
}

static void
it_waits_and_says_so_where_its_folder_never_rests(void **state)
{
    old->cautions = CAUTION_UNSTABLE_FOLDER;
    it_is(*state, true, false, true);
}

/* ... which another one asks to be looked at again. */
static void
it_says_so_whatever_else_is_looked_for_there(void **state)
{
    old->cautions = CAUTION_UNSTABLE_FOLDER;
    old->look_here = true;
    it_is(*state, true, true, true);
}

static void
it_waits_for_a_folder_that_cant_be_read(void **state)
{
    can_be_seen = false;
    old->cautions = CAUTION_UNREAD_FOLDER;
    it_is(*state, true, false, true);
}

static void
but_not_for_ever(void **state)
{
    can_be_seen = false;
    old->cautions = CAUTION_UNREAD_FOLDER | CAUTION_STAYS_UNREADABLE;
    it_is(*state, false, false, false);
}

/* A disk that fails under one file, whose folder is read all the same. */
static void
it_waits_for_no_file_that_cant_be_looked_at(void **state)
{
    can_be_seen = false;
    it_is(*state, false, false, false);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_stands_there_still_is_a_copy, begin, end),
        cmocka_unit_test_setup_teardown(what_left_its_folder_is_looked_for_again_in_this_run, begin, end),
        cmocka_unit_test_setup_teardown(it_waits_and_says_so_where_its_folder_never_rests, begin, end),
        cmocka_unit_test_setup_teardown(it_says_so_whatever_else_is_looked_for_there, begin, end),
        cmocka_unit_test_setup_teardown(it_waits_for_a_folder_that_cant_be_read, begin, end),
        cmocka_unit_test_setup_teardown(but_not_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(it_waits_for_no_file_that_cant_be_looked_at, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
