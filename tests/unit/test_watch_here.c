/* What a run of a watcher is told of names: nothing that has a gap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "sync/watch/here.h"
#include "tests/unit/maildir_scratch.h"

static struct here *
given_here(const struct scratch *s, const struct known *known)
{
    const struct maildir_settings settings = {.root = s->root, .quarantine = s->quarantine, .fsync = true};
    struct here *here = here_new(&settings, known);

    assert_non_null(here);
    return here;
}

/* A run as the loop makes it. @return how many names it was told */
static size_t
run(struct here *here, bool well)
{
    const struct sync_named *named;
    size_t count;

    (void)here_begin(here);
    (void)here_moved(here);
    here_names(here, &named, &count);
    here_ended(here, well);
    return count;
}

static void
the_first_run_is_told_no_names_since_it_must_find_what_came_before_it_was_watched(void **state)
{
    struct scratch *s = *state;
    const struct known known = {0};
    struct here *here = given_here(s, &known);

    given_file(s, "INBOX/new/1", "before");
    assert_true(here_begin(here));
    given_file(s, "INBOX/new/2", "meanwhile");
    assert_int_equal(run(here, true), 0);
    given_file(s, "INBOX/new/3", "after");
    assert_int_equal(run(here, true), 1);
    assert_int_equal(run(here, true), 0);
    here_free(here);
}

static void
after_a_run_that_did_not_end_well_the_next_one_is_told_none(void **state)
{
    struct scratch *s = *state;
    const struct known known = {0};
    struct here *here = given_here(s, &known);

    assert_int_equal(run(here, true), 0);
    given_file(s, "INBOX/new/1", "mail");
    assert_int_equal(run(here, false), 1);
    given_file(s, "INBOX/new/2", "mail");
    assert_int_equal(run(here, true), 0);
    given_file(s, "INBOX/new/3", "mail");
    assert_int_equal(run(here, true), 1);
    here_free(here);
}

static void
of_a_folder_in_which_something_came_that_is_no_message_no_name_is_told(void **state)
{
    struct scratch *s = *state;
    const struct known known = {0};
    struct here *here = given_here(s, &known);

    given_folder(s, "Other");
    assert_int_equal(run(here, true), 0);
    given_file(s, "INBOX/cur/1:2,S", "mail");
    given_file(s, "INBOX/cur/:2,S", "no base");
    given_file(s, "Other/new/2", "mail");
    assert_int_equal(run(here, true), 1);
    here_free(here);
}

static void
a_root_that_is_not_held_can_be_looked_at_all_the_same(void **state)
{
    struct scratch *s = *state;
    const struct known known = {0};
    struct here *here = given_here(s, &known);

    assert_int_equal(run(here, true), 0);
    assert_false(here_moved(here));
    given_file(s, "INBOX/new/1", "mail");
    assert_true(here_moved(here));
    here_free(here);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, scratch_verbatim, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        HERE(the_first_run_is_told_no_names_since_it_must_find_what_came_before_it_was_watched),
        HERE(after_a_run_that_did_not_end_well_the_next_one_is_told_none),
        HERE(of_a_folder_in_which_something_came_that_is_no_message_no_name_is_told),
        HERE(a_root_that_is_not_held_can_be_looked_at_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
