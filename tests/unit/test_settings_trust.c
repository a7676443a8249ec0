/* The configuration and the state folder: none is believed that others may write, or replace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings_scratch.h"

static void
a_file_that_others_may_write_is_refused(void **state)
{
    struct scratch *s = *state;
    struct settings *settings;
    struct error err = {0};
    char what[256];

    given_file(s, account_with(""));
    assert_int_equal(chmod(s->file, 0660), 0);
    assert_null(settings_load(s->file, &err));
    assert_true(text_print(what, sizeof what, "%s: others may write this file", s->file));
    assert_string_equal(err.what, what);

    assert_int_equal(chmod(s->file, 0644), 0);
    assert_int_equal(chmod(s->root, 0777), 0);
    assert_null(settings_load(s->file, &err));
    assert_true(text_print(what, sizeof what, "%s: others may write this folder and replace what is in it", s->root));
    assert_string_equal(err.what, what);
    assert_int_equal(err.kind, ERROR_CONFIG);

    assert_int_equal(chmod(s->root, 01777), 0); /* sticky: others may add, not replace */
    settings = settings_load(s->file, &err);
    assert_non_null(settings);
    settings_free(settings);
}

static void
a_link_to_a_place_that_others_may_write_is_refused(void **state)
{
    struct scratch *s = *state;
    struct error err = {0};
    char open_folder[128], target[160];
    FILE *file;

    assert_true(text_print(open_folder, sizeof open_folder, "%s/open", s->root));
    assert_true(text_print(target, sizeof target, "%s/golub.conf", open_folder));
    assert_int_equal(mkdir(open_folder, 0700), 0);
    file = fopen(target, "w");
    assert_non_null(file);
    assert_int_equal(fputs(account_with(""), file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(target, 0600), 0);
    assert_int_equal(chmod(open_folder, 0777), 0);
    assert_int_equal(symlink("open/golub.conf", s->file), 0);

    assert_null(settings_load(s->file, &err));

    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.what, "/open: others may write this folder"));
}

static void
a_folder_above_that_others_may_write_is_refused(void **state)
{
    struct scratch *s = *state;
    struct settings *settings;
    struct error err = {0};
    char below[128], file[160], what[256];
    FILE *to;

    assert_true(text_print(below, sizeof below, "%s/below", s->root));
    assert_int_equal(mkdir(below, 0700), 0);
    assert_true(text_print(file, sizeof file, "%s/golub.conf", below));
    to = fopen(file, "w");
    assert_non_null(to);
    assert_int_equal(fputs(account_with(""), to) >= 0, 1);
    assert_int_equal(fclose(to), 0);
    assert_int_equal(chmod(file, 0600), 0);
    settings = settings_load(file, &err);
    assert_non_null(settings);
    settings_free(settings);

    assert_int_equal(chmod(s->root, 0777), 0);
    assert_null(settings_load(file, &err));
    assert_true(text_print(what, sizeof what, "%s: others may write this folder and replace what is in it", s->root));
    assert_string_equal(err.what, what);
    assert_int_equal(err.kind, ERROR_CONFIG);

    assert_int_equal(chmod(s->root, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(s->root, 65534, 65534), 0);
        assert_null(settings_load(file, &err));
        assert_non_null(strstr(err.what, "belongs to another user"));
        assert_int_equal(chown(s->root, 0, 0), 0);
    }
}

static void
a_state_folder_in_others_reach_is_refused(void **state)
{
    struct scratch *s = *state;
    struct settings *settings;
    struct error err = {0};
    char top[128], folder[160], link[128], text[256];

    assert_true(text_print(top, sizeof top, "%s/top", s->root));
    assert_true(text_print(folder, sizeof folder, "%s/state", top));
    assert_true(text_print(link, sizeof link, "%s/link", s->root));
    assert_int_equal(mkdir(top, 0700), 0);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(symlink(folder, link), 0);
    const char *const ways[] = {folder, link, top};

    for (size_t i = 0; i < 3; i++) {
        assert_true(text_print(text, sizeof text, "state = \"%s%s\"", ways[i], i == 2 ? "/not/yet" : ""));
        given_file(s, account_with(text));
        settings = settings_load(s->file, &err);
        assert_non_null(settings);
        settings_free(settings);

        assert_int_equal(chmod(top, 0777), 0);
        assert_null(settings_load(s->file, &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.what, "/top: others may write this folder"));
        assert_int_equal(chmod(top, 0700), 0);
        if (i == 2)
            continue;
        assert_int_equal(chmod(folder, 0770), 0);
        assert_null(settings_load(s->file, &err));
        assert_non_null(strstr(err.what, ": others may write this folder"));
        assert_int_equal(chmod(folder, 0700), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_file_that_others_may_write_is_refused),
        T(a_link_to_a_place_that_others_may_write_is_refused),
        T(a_folder_above_that_others_may_write_is_refused),
        T(a_state_folder_in_others_reach_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
