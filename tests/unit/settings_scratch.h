/*
 * A golub.conf of a test's own, removed afterwards, and words for what it says. Included once by each test of the settings,
 * after cmocka.h.
 */
#ifndef TESTS_UNIT_SETTINGS_SCRATCH_H
#define TESTS_UNIT_SETTINGS_SCRATCH_H

#include <sys/stat.h>

#include "config/settings.h"

#define T(test) cmocka_unit_test_setup_teardown(test, make_scratch, remove_scratch)

#define LOGIN " user = u password-command = p "
#define COMPLETE LOGIN " server = \"imaps://h\" "

struct scratch { /* a folder with a golub.conf, removed afterwards */
    char root[64];
    char file[96];
};

__attribute__((unused)) static int
make_scratch(void **state)
{
    static struct scratch s;

    assert_true(text_print(s.root, sizeof s.root, "/tmp/golub-settings-XXXXXX"));
    assert_non_null(mkdtemp(s.root));
    assert_true(text_print(s.file, sizeof s.file, "%s/golub.conf", s.root));
    setenv("HOME", "/home/ana", 1);
    setenv("XDG_STATE_HOME", "/state", 1);
    unsetenv("XDG_CONFIG_HOME");
    *state = &s;
    return 0;
}

__attribute__((unused)) static int
remove_scratch(void **state)
{
    struct scratch *s = *state;
    char command[128];

    assert_true(text_print(command, sizeof command, "rm -rf %s", s->root));
    return system(command);
}

__attribute__((unused)) static void
given_file(const struct scratch *s, const char *text)
{
    FILE *file = fopen(s->file, "w");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(s->file, 0600), 0);
}

__attribute__((unused)) static void
given_pem(const struct scratch *s, const char *name)
{
    char path[128];
    FILE *file;

    assert_true(text_print(path, sizeof path, "%s/%s", s->root, name));
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

__attribute__((unused)) static struct settings *
load(const struct scratch *s, const char *text)
{
    struct error err = {0};
    struct settings *settings;

    given_file(s, text);
    settings = settings_load(s->file, &err);
    if (settings == NULL)
        fail_msg("%s: %s", err.what, err.answer);
    return settings;
}

/* An account that is complete, with these lines in it from line 5 on. */
__attribute__((unused)) static const char *
account_with(const char *lines)
{
    static char text[4096];

    assert_true(text_print(text, sizeof text,
                           "account \"work\" {\n server = \"imaps://imap.example.org\"\n user = \"ana\" "
                           "password-command = \"true\"\n maildir = \"/m\"\n%s\n}\n",
                           lines));
    return text;
}

/* `what` is compared behind the file's name, `hint` only if it is not NULL. */
__attribute__((unused)) static void
assert_refused(const struct scratch *s, const char *text, const char *what, const char *hint)
{
    struct error err = {0};
    struct settings *settings;
    size_t len = strlen(s->file);

    given_file(s, text);
    settings = settings_load(s->file, &err);
    if (settings != NULL)
        fail_msg("was taken: %s", text);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_memory_equal(err.what, s->file, len);
    assert_string_equal(err.what + len, what);
    if (hint != NULL)
        assert_string_equal(err.hint, hint);
}

__attribute__((unused)) static void
assert_key_refused(const struct scratch *s, const char *lines, const char *what, const char *hint)
{
    assert_refused(s, account_with(lines), what, hint);
}

__attribute__((unused)) static void
assert_strings(const char *const *list, const char *expected)
{
    char joined[512] = "";
    size_t used = 0;

    for (; *list != NULL; list++)
        used += (size_t)snprintf(joined + used, sizeof joined - used, "%s%s", used > 0 ? "|" : "", *list);
    assert_string_equal(joined, expected);
}

#endif
