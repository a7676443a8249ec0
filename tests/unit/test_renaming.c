/* What a RENAME on the server makes of the rows below: A becomes B, and what stood below A is there, gone, or has a name that another mailbox has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/rows/renaming.h"
#include "sync/run/lookup.h"
#include "tests/unit/journal_scene.h"

static struct run run;
static struct account account;

static struct mailbox *
add(const char *name, bool listed)
{
    struct mailbox *mailbox = run_mailbox_add(&run);

    assert_non_null(mailbox);
    mailbox->row.name = strdup(name);
    mailbox->row.folder = strdup(name);
    mailbox->row.wire = strdup(name);
    mailbox->row.state = listed ? MAILBOX_ACTIVE : MAILBOX_GONE_REMOTE;
    mailbox->row.permanent = FLAG_ALL;
    mailbox->row.separator = '/';
    mailbox->listed = listed;
    mailbox->folder_here = mailbox->chosen = true;
    assert_true(journal_mailbox_save(run.journal, &mailbox->row, &run.err));
    return mailbox;
}

/* @param holder  is there a B/x on the server? */
static void
given(struct scene *s, bool kid_is_there, bool holder)
{
    run = (struct run){.journal = s->journal, .account = &account};
    (void)add("A", true);
    (void)add("A/x", kid_is_there);
    if (holder)
        (void)add("B/x", true);
}

static bool
is_free(void)
{
    renaming_find_kept(&run, &run.mailboxes[0], "B");
    return renaming_is_free(&run, &run.mailboxes[0], "B");
}

static void
when_it_is_renamed(void)
{
    assert_true(is_free());
    assert_true(renaming_done(&run, &run.mailboxes[0], "B", TEXT("B")));
    renaming_forget_kept(&run);
    assert_string_equal(run.mailboxes[0].row.name, "B");
    assert_string_equal(run.mailboxes[0].row.wire, "B");
}

static void
end(void)
{
    for (size_t i = 0; i < run.count; i++)
        run_mailbox_free(&run.mailboxes[i]);
    free(run.mailboxes);
    lookup_free(&run);
}

static void
what_stands_below_goes_along(void **state)
{
    for (int there = 0; there < 2; there++) {
        given(*state, there == 1, false);

        when_it_is_renamed();

        assert_string_equal(run.mailboxes[1].row.name, "B/x");
        assert_string_equal(run.mailboxes[1].row.wire, "B/x");
        end();
        assert_true(journal_mailbox_delete(((struct scene *)*state)->journal, 2, &run.err));
        assert_true(journal_mailbox_delete(((struct scene *)*state)->journal, 3, &run.err));
    }
}

static void
what_is_gone_there_keeps_its_name_where_another_one_has_the_new_one(void **state)
{
    given(*state, false, true);

    when_it_is_renamed();

    assert_string_equal(run.mailboxes[1].row.name, "A/x");
    assert_string_equal(run.mailboxes[2].row.name, "B/x");
    assert_int_not_equal(run.mailboxes[2].row.id, 0); /* and it is not forgotten */
    assert_false(run.mailboxes[1].keeps_name);
    end();
}

static void
nothing_gets_a_name_below_which_another_mailbox_has_that_of_what_goes_along(void **state)
{
    given(*state, true, true);

    assert_false(is_free());
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_stands_below_goes_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_there_keeps_its_name_where_another_one_has_the_new_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nothing_gets_a_name_below_which_another_mailbox_has_that_of_what_goes_along,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
