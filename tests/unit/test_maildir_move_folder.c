/* A folder gets another path: with all below it, never over anything, and once more after a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/maildir_change_scene.h"

static bool
is_taken(struct scratch *s, const char *folder)
{
    bool taken;

    assert_true(s->local.ops->taken(s->local.self, folder, &taken, &s->err));
    return taken;
}

static bool
moved(struct scratch *s, const char *from, const char *to, bool *taken)
{
    return s->local.ops->move_folder(s->local.self, from, to, taken, &s->err);
}

static bool
is_mailbox(struct scratch *s, const char *folder)
{
    struct local_stamp stamp;
    bool missing;

    assert_true(s->local.ops->stamp(s->local.self, folder, &stamp, &missing, &s->err));
    return !missing;
}

static void
it_takes_all_below_it_along_and_makes_its_parents(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, "A/Kid", &s->err));
    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    given_file(s, "A/cur/1.a:2,S", "mail");

    assert_true(moved(s, "A", "New/Place/B", &taken));

    assert_false(is_taken(s, "A"));
    assert_true(is_mailbox(s, "New/Place/B"));
    assert_true(is_mailbox(s, "New/Place/B/Kid"));
    assert_false(is_mailbox(s, "New/Place"));
    assert_file(s, "New/Place/B/cur/1.a:2,S", "mail");
}

static void
it_never_goes_over_anything_but_an_empty_directory(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    assert_true(s->local.ops->create(s->local.self, "B", &s->err));
    given_file(s, "file", "notes");

    assert_false(moved(s, "A", "B", &taken));
    assert_true(taken);
    assert_false(moved(s, "A", "file", &taken));
    assert_true(taken);
    assert_true(is_taken(s, "B"));
    assert_true(is_taken(s, "file"));
    assert_true(is_mailbox(s, "A"));
    assert_true(is_mailbox(s, "B"));

    assert_true(s->local.ops->create(s->local.self, "Empty/Kid", &s->err));
    assert_true(moved(s, "Empty/Kid", "Elsewhere", &taken)); /* and its parent, which held nothing else, is gone */
    assert_false(is_taken(s, "Empty"));
    assert_int_equal(mkdir(scratch_path(s, "Empty"), 0700), 0);
    assert_false(is_taken(s, "Empty"));
    assert_true(moved(s, "A", "Empty", &taken));
    assert_true(is_mailbox(s, "Empty"));
}

static void
what_a_run_that_was_cut_off_had_moved_is_made_durable_and_nothing_else_happens(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    assert_true(moved(s, "A", "B", &taken));

    assert_true(moved(s, "A", "B", &taken));

    assert_true(is_mailbox(s, "B"));
    assert_true(moved(s, "Away/A", "B", &taken)); /* its parents went, too */
    assert_false(moved(s, "A", "C", &taken));     /* neither is there */
    assert_false(taken);
}

static void
it_is_found_under_its_new_path_at_once(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    assert_true(s->local.ops->create(s->local.self, "B", &s->err));
    given_file(s, "A/cur/1.a:2,S", "of A");
    given_file(s, "B/cur/1.b:2,S", "of B");
    assert_int_equal(count_entries(s, "A/cur"), 1);
    assert_true(is_mailbox(s, "A") && is_mailbox(s, "B"));

    assert_true(moved(s, "A", ".golub-rename-1", &taken));
    assert_true(is_mailbox(s, ".golub-rename-1"));
    assert_true(moved(s, "B", "A", &taken));
    assert_true(moved(s, ".golub-rename-1", "B", &taken));

    assert_file(s, "A/cur/1.b:2,S", "of B");
    assert_file(s, "B/cur/1.a:2,S", "of A");
}

static void
in_maildir_plus_plus_each_folder_moves_by_itself(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, ".A", &s->err));
    assert_true(s->local.ops->create(s->local.self, ".A.Kid", &s->err));

    assert_true(moved(s, ".A", ".B", &taken));

    assert_true(is_mailbox(s, ".B"));
    assert_true(is_mailbox(s, ".A.Kid"));
    assert_false(is_taken(s, ".A"));
}

static void
a_path_that_leaves_the_root_is_none(void **state)
{
    struct scratch *s = *state;
    bool taken;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));

    assert_false(moved(s, "A", "../B", &taken));
    assert_false(moved(s, "A", "B/..", &taken));
    assert_false(moved(s, "../A", "B", &taken));
    assert_true(is_mailbox(s, "A"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_takes_all_below_it_along_and_makes_its_parents, scratch_flushing),
        TEST(it_never_goes_over_anything_but_an_empty_directory, scratch_verbatim),
        TEST(what_a_run_that_was_cut_off_had_moved_is_made_durable_and_nothing_else_happens, scratch_flushing),
        TEST(it_is_found_under_its_new_path_at_once, scratch_verbatim),
        TEST(in_maildir_plus_plus_each_folder_moves_by_itself, scratch_plusplus),
        TEST(a_path_that_leaves_the_root_is_none, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
