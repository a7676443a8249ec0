/* accounts.d: more files beside golub.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include "settings_scratch.h"

#include "config/paths.h"

/* The folder of the scratch is $XDG_CONFIG_HOME/golub, where golub.conf is looked for. */
static void
given(struct scratch *s, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    assert_true(text_print(path, sizeof path, "%s/golub", s->root));
    (void)mkdir(path, 0700);
    assert_true(text_print(path, sizeof path, "%s/golub/accounts.d", s->root));
    if (strchr(name, '/') != NULL)
        (void)mkdir(path, 0700);
    assert_true(text_print(path, sizeof path, "%s/golub/%s", s->root, name));
    file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
    setenv("XDG_CONFIG_HOME", s->root, 1);
}

static struct settings *
given_loaded(void)
{
    struct error err = {0};
    struct settings *settings = settings_load(NULL, &err);

    if (settings == NULL)
        print_error("%s: %s %s\n", err.what, err.answer, err.hint);
    assert_non_null(settings);
    return settings;
}

static void
assert_says(const char *what)
{
    struct error err = {0};

    assert_null(settings_load(NULL, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    if (strstr(err.what, what) == NULL)
        fail_msg("%s\nis not in: %s", what, err.what);
}

static void
accounts_come_in_the_order_of_the_files_names_behind_those_of_golub_conf(void **state)
{
    static const char *const names[] = {"main", "z", "a", "b"};
    struct settings *settings;

    given(*state, "golub.conf", "defaults { timeout = 7 }\naccount main { maildir = \"~/m\" " COMPLETE "}\n");
    given(*state, "accounts.d/20-b.conf",
          "account a { maildir = \"a\" " COMPLETE "}\naccount b { maildir = \"b\" timeout = 9 " COMPLETE "}\n");
    given(*state, "accounts.d/10-a.conf", "account z { maildir = \"~/z\" " COMPLETE "}\n");
    given(*state, "accounts.d/.hidden.conf", "nonsense");
    given(*state, "accounts.d/note.txt", "nonsense");
    settings = given_loaded();

    assert_int_equal(settings->count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(settings->accounts[i].account.name, names[i]);
        assert_int_equal(settings->accounts[i].account.connection.timeout_s,
                         i == 3 ? 9 : 7); /* the defaults serve all */
    }
    assert_non_null(strstr(settings->accounts[2].account.maildir, "/golub/accounts.d/a")); /* relative to its file */
    settings_free(settings);
}

static void
what_is_wrong_in_one_of_them_is_said_with_its_name_and_line(void **state)
{
    given(*state, "golub.conf", "account main { maildir = \"~/m\" " COMPLETE "}\n");
    given(*state, "accounts.d/a.conf", "\naccount a {\n maildirr = \"x\"\n}\n");
    assert_says("golub/accounts.d/a.conf:3: account \"a\": unknown key: maildirr");
    given(*state, "accounts.d/a.conf", "defaults { timeout = 3 }\n");
    assert_says("accounts.d/a.conf:1: defaults may stand in golub.conf alone");
    given(*state, "accounts.d/a.conf", "\n\naccount main { maildir = \"~/x\" " COMPLETE "}\n");
    assert_says("accounts.d/a.conf:3: account \"main\": a second account of the same name; the other one is");
    given(*state, "accounts.d/a.conf", "account a { maildir = \"~/m\" " COMPLETE "}\n");
    assert_says("accounts.d/a.conf:1: account \"a\": maildir: equal to that of account \"main\" (");
}

static void
golub_conf_may_have_none_where_they_have_some(void **state)
{
    struct settings *settings;

    given(*state, "golub.conf", "defaults { timeout = 7 }\n");
    assert_says("golub.conf:1: no account in it");
    given(*state, "accounts.d/a.conf", "account a { maildir = \"~/m\" " COMPLETE "}\n");
    settings = given_loaded();
    assert_int_equal(settings->count, 1);
    settings_free(settings);
}

static void
a_file_that_is_named_stands_alone(void **state)
{
    struct scratch *s = *state;
    struct settings *settings;
    struct error err = {0};
    char path[128];

    given(s, "golub.conf", "account main { maildir = \"~/m\" " COMPLETE "}\n");
    given(s, "accounts.d/a.conf", "nonsense");
    assert_true(text_print(path, sizeof path, "%s/golub/golub.conf", s->root));
    settings = settings_load(path, &err);
    assert_non_null(settings);
    assert_int_equal(settings->count, 1);
    settings_free(settings);
}

static void
one_that_others_may_write_is_refused(void **state)
{
    struct scratch *s = *state;
    char path[128];

    given(s, "golub.conf", "account main { maildir = \"~/m\" " COMPLETE "}\n");
    given(s, "accounts.d/a.conf", "account a { maildir = \"~/a\" " COMPLETE "}\n");
    assert_true(text_print(path, sizeof path, "%s/golub/accounts.d/a.conf", s->root));
    assert_int_equal(chmod(path, 0666), 0);
    assert_says("accounts.d/a.conf");
}

/* A folder below the scratch's in which golub.conf has a path of so many bytes; an account in accounts.d/x.conf beside it. */
static void
given_deep(struct scratch *s, size_t len)
{
    static const char account[] = "account \"deep\" {\n server = \"imap://localhost\"\n user = \"a\"\n tls = \"none\"\n"
                                  " password-command = \"x\"\n maildir = \"/x\"\n}\n";
    char path[PATHS_MAX + 1], name[256];
    int folder = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), below, file;

    assert_true(text_print(path, sizeof path, "%s", s->root));
    while (strlen(path) + strlen("/golub/golub.conf") < len) {
        size_t rest = len - strlen(path) - strlen("/golub/golub.conf") - 1;

        rest = rest > 200 ? rest < 203 ? 100 : 200 : rest;
        memset(name, 'd', rest);
        name[rest] = '\0';
        assert_true(text_print(path + strlen(path), sizeof path - strlen(path), "/%s", name));
        (void)mkdirat(folder, name, 0700); /* the longer path shares most of it with the shorter one */
        below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        (void)close(folder);
        folder = below;
    }
    assert_int_equal(strlen(path) + strlen("/golub/golub.conf"), len);
    assert_int_equal(mkdirat(folder, "golub", 0700), 0);
    assert_int_equal(mkdirat(folder, "golub/accounts.d", 0700), 0);
    file = openat(folder, "golub/golub.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(file >= 0 && close(file) == 0);
    file = openat(folder, "golub/accounts.d/x.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(file, account, sizeof account - 1), sizeof account - 1);
    (void)close(file);
    (void)close(folder);
    setenv("XDG_CONFIG_HOME", path, 1);
}

static void
a_path_that_is_too_long_is_said(void **state)
{
    struct scratch *s = *state;
    struct error err = {0};

    given_deep(s, PATHS_MAX - strlen("/x.conf"));
    settings_free(given_loaded());
    given_deep(s, PATHS_MAX); /* accounts.d may still be read, and the file in it has no path that can be opened */
    assert_null(settings_load(NULL, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_string_equal(err.answer, "File name too long");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(accounts_come_in_the_order_of_the_files_names_behind_those_of_golub_conf),
        T(what_is_wrong_in_one_of_them_is_said_with_its_name_and_line),
        T(golub_conf_may_have_none_where_they_have_some),
        T(a_file_that_is_named_stands_alone),
        T(one_that_others_may_write_is_refused),
        T(a_path_that_is_too_long_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
