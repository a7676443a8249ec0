/* Paths as people write them, and which of them are the same place. */
#include "config/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

struct scratch { /* a folder of its own, removed afterwards */
    char root[64];
};

static int
make_scratch(void **state)
{
    static struct scratch s;

    assert_true(text_print(s.root, sizeof s.root, "/tmp/golub-paths-XXXXXX"));
    assert_non_null(mkdtemp(s.root));
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_STATE_HOME");
    setenv("HOME", "/home/ana", 1);
    *state = &s;
    return 0;
}

static int
remove_scratch(void **state)
{
    struct scratch *s = *state;
    char command[128];

    assert_true(text_print(command, sizeof command, "rm -r %s", s->root));
    return system(command);
}

static char *
below(const struct scratch *s, const char *rest)
{
    static char paths[4][256];
    static size_t next;
    char *path = paths[next++ % 4];

    assert_true(text_print(path, 256, "%s/%s", s->root, rest));
    return path;
}

static void
assert_expanded(const char *written, const char *expected)
{
    struct error err = {0};
    char *path;

    assert_true(paths_expand(written, "/etc/golub", &path, &err));
    assert_string_equal(path, expected);
    free(path);
}

static void
a_tilde_is_the_home_directory_and_the_rest_is_relative_to_the_file(void **state)
{
    (void)state;
    assert_expanded("~", "/home/ana");
    assert_expanded("~/Mail/work", "/home/ana/Mail/work");
    assert_expanded("/srv//mail/./x/", "/srv/mail/x");
    assert_expanded("Mail", "/etc/golub/Mail");
    assert_expanded("./Mail/", "/etc/golub/Mail");
    assert_expanded("../Mail", "/etc/golub/../Mail");
    assert_expanded("./~ana", "/etc/golub/~ana");
    assert_expanded("/", "/");
    assert_expanded("a.b/.hidden/..x", "/etc/golub/a.b/.hidden/..x");
}

static void
a_path_that_could_mean_two_things_is_refused(void **state)
{
    struct error err = {0};
    char *path;

    (void)state;
    assert_false(paths_expand("~ana/Mail", "/", &path, &err));
    assert_string_equal(err.what, "only ~ and ~/ are understood: ~ana/Mail");
    assert_false(paths_expand("", "/", &path, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
    struct error err = {0};
    char longest[PATHS_MAX + 2], *path;

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(paths_expand(longest, "/", &path, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void
the_base_directories_decide_if_they_are_absolute(void **state)
{
    struct error err = {0};
    char *path;

    (void)state;
    assert_true(paths_config_file(&path, &err));
    assert_string_equal(path, "/home/ana/.config/golub/golub.conf");
    free(path);
    assert_true(paths_state("work", &path, &err));
    assert_string_equal(path, "/home/ana/.local/state/golub/work");
    free(path);

    setenv("XDG_CONFIG_HOME", "/conf/", 1);
    setenv("XDG_STATE_HOME", "relative", 1);
    assert_true(paths_config_file(&path, &err));
    assert_string_equal(path, "/conf/golub/golub.conf");
    free(path);
    assert_true(paths_state("work", &path, &err));
    assert_string_equal(path, "/home/ana/.local/state/golub/work");
    free(path);
}

static void
a_link_and_its_target_are_one_place(void **state)
{
    struct scratch *s = *state;
    struct error err = {0};
    char *a, *b;

    assert_int_equal(mkdir(below(s, "real"), 0700), 0);
    assert_int_equal(symlink("real", below(s, "link")), 0);
    assert_true(paths_resolve(below(s, "real/Mail/work"), &a, &err));
    assert_true(paths_resolve(below(s, "link/Mail/work"), &b, &err));

    assert_string_equal(a, b);
    assert_string_equal(a, below(s, "real/Mail/work"));
    free(a);
    free(b);

    assert_true(paths_resolve(below(s, "link/none/../Mail/./x/"), &a, &err));
    assert_string_equal(a, below(s, "real/Mail/x"));
    free(a);
    assert_true(paths_resolve("/none/../../..", &a, &err));
    assert_string_equal(a, "/");
    free(a);
    assert_true(paths_resolve("/", &a, &err));
    assert_string_equal(a, "/");
    free(a);
    assert_true(paths_resolve("/no-such-folder", &a, &err));
    assert_string_equal(a, "/no-such-folder");
    free(a);
}

static void
equal_and_nested_places_overlap(void **state)
{
    (void)state;
    assert_true(paths_overlap("/a/b", "/a/b"));
    assert_true(paths_overlap("/a", "/a/b"));
    assert_true(paths_overlap("/a/b/c", "/a"));
    assert_true(paths_overlap("/", "/a"));
    assert_false(paths_overlap("/a/b", "/a/bc"));
    assert_false(paths_overlap("/a/x", "/a/y"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tilde_is_the_home_directory_and_the_rest_is_relative_to_the_file,
                                        make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(a_path_that_could_mean_two_things_is_refused, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(a_path_that_is_too_long_is_refused, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(the_base_directories_decide_if_they_are_absolute, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(a_link_and_its_target_are_one_place, make_scratch, remove_scratch),
        cmocka_unit_test_setup_teardown(equal_and_nested_places_overlap, make_scratch, remove_scratch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
