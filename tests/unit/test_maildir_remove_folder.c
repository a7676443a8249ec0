/* A folder goes: only without mail, never with anything that is not known, and once more after a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/maildir_change_scene.h"

static bool
is_there(struct scratch *s, const char *path)
{
    struct stat st;

    return lstat(scratch_path(s, path), &st) == 0;
}

static bool
removed(struct scratch *s, const char *folder, bool *holds)
{
    return s->local.ops->remove_folder(s->local.self, folder, holds, &s->err);
}

struct seen {
    char names[512];
};

static bool
note(void *context, const char *name, bool directory)
{
    struct seen *seen = context;
    const size_t used = strlen(seen->names);

    (void)text_print(seen->names + used, sizeof seen->names - used, "%s%s ", name, directory ? "/" : "");
    return true;
}

static void
assert_beside(struct scratch *s, const char *folder, const char *names)
{
    struct seen seen = {0};
    bool missing, empty;

    assert_true(s->local.ops->beside(s->local.self, folder, note, &seen, &missing, &empty, &s->err));
    assert_false(missing);
    assert_string_equal(seen.names, names);
}

static void
one_without_mail_goes_with_what_mail_servers_left(void **state)
{
    struct scratch *s = *state;
    bool holds;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    given_file(s, "A/dovecot-uidlist", "3 V1 N1\n");
    given_file(s, "A/.uidvalidity", "1\n");
    assert_beside(s, "A", "");

    assert_true(removed(s, "A", &holds));

    assert_false(holds);
    assert_false(is_there(s, "A"));
    assert_true(removed(s, "A", &holds)); /* by a run that was cut off */
}

static void
one_with_mail_stays_a_folder(void **state)
{
    struct scratch *s = *state;
    bool holds;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    given_file(s, "A/cur/1.a:2,S", "mail");

    assert_true(removed(s, "A", &holds));

    assert_true(holds);
    assert_file(s, "A/cur/1.a:2,S", "mail");
    assert_true(is_there(s, "A/new") && is_there(s, "A/tmp"));
}

static void
what_is_not_known_is_told_and_stays(void **state)
{
    struct scratch *s = *state;
    bool holds;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    assert_true(s->local.ops->create(s->local.self, "A/Kid", &s->err));
    given_file(s, "A/tmp/1.half", "half");
    assert_beside(s, "A", "Kid/ tmp/1.half ");
    assert_int_equal(unlink(scratch_path(s, "A/tmp/1.half")), 0);

    assert_true(removed(s, "A", &holds));

    assert_false(holds);
    assert_false(is_there(s, "A/cur"));
    assert_true(is_there(s, "A/Kid/cur"));
}

static void
what_is_left_of_one_goes(void **state)
{
    struct scratch *s = *state;
    bool holds;

    assert_true(s->local.ops->create(s->local.self, "A", &s->err));
    assert_int_equal(rmdir(scratch_path(s, "A/tmp")), 0);
    assert_int_equal(rmdir(scratch_path(s, "A/new")), 0);

    assert_true(removed(s, "A", &holds));

    assert_false(is_there(s, "A"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_without_mail_goes_with_what_mail_servers_left, scratch_verbatim),
        TEST(one_with_mail_stays_a_folder, scratch_verbatim),
        TEST(what_is_not_known_is_told_and_stays, scratch_verbatim),
        TEST(what_is_left_of_one_goes, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
