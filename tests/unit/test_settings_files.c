/* accounts.d: more files beside golub.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings_scratch.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(accounts_come_in_the_order_of_the_files_names_behind_those_of_golub_conf),
        T(what_is_wrong_in_one_of_them_is_said_with_its_name_and_line),
        T(golub_conf_may_have_none_where_they_have_some),
        T(a_file_that_is_named_stands_alone),
        T(one_that_others_may_write_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
