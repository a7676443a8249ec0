/* What a mailbox is for: the user's word, then the server's, and a name as a guess. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sync/rules/names.h"
#include "sync/rules/special.h"

static struct error err;

struct given {
    const char *name;
    unsigned attributes;
};

/* The one for a use among these; "" where none is. */
static const char *
which(const struct special_named *named, const struct given *given, unsigned use, enum special_source *source)
{
    struct special_table table = {0};
    size_t at;

    for (size_t i = 0; given[i].name != NULL; i++)
        special_meet(&table, named, given[i].name, given[i].attributes, i);
    *source = special_which(&table, named, use, &at);
    return *source != SPECIAL_UNKNOWN ? given[at].name : "";
}

#define GIVEN(...)                                                                                                     \
    (const struct given[])                                                                                             \
    {                                                                                                                  \
        __VA_ARGS__,                                                                                                   \
        {                                                                                                              \
            NULL, 0                                                                                                    \
        }                                                                                                              \
    }
#define NAMED(...)                                                                                                     \
    (const struct special_named[])                                                                                     \
    {                                                                                                                  \
        __VA_ARGS__,                                                                                                   \
        {                                                                                                              \
            0, NULL                                                                                                    \
        }                                                                                                              \
    }

static void
the_users_word_is_more_than_the_servers_and_that_is_more_than_a_name(void **state)
{
    const struct given *both = GIVEN({"Trash", 0}, {"Bin 2", REMOTE_TRASH}, {"Papierkorb", 0});
    enum special_source source;

    (void)state;
    assert_string_equal(which(NAMED({REMOTE_TRASH, "Papierkorb"}), both, REMOTE_TRASH, &source), "Papierkorb");
    assert_int_equal(source, SPECIAL_BY_USER);
    assert_string_equal(which(NULL, both, REMOTE_TRASH, &source), "Bin 2");
    assert_int_equal(source, SPECIAL_BY_SERVER);
    assert_string_equal(which(NULL, GIVEN({"Trash", 0}, {"x", 0}), REMOTE_TRASH, &source), "Trash");
    assert_int_equal(source, SPECIAL_BY_NAME);
    assert_false(special_is_certain(source));
}

static void
two_of_one_attribute_or_of_usual_names_are_none(void **state)
{
    enum special_source source;

    (void)state;
    assert_string_equal(which(NULL, GIVEN({"a", REMOTE_TRASH}, {"b", REMOTE_TRASH}), REMOTE_TRASH, &source), "");
    assert_int_equal(source, SPECIAL_UNKNOWN);
    assert_string_equal(
        which(NULL, GIVEN({"a", REMOTE_TRASH}, {"b", REMOTE_TRASH}, {"Trash", 0}), REMOTE_TRASH, &source), "");
    assert_string_equal(which(NULL, GIVEN({"Trash", 0}, {"INBOX/Trash", 0}), REMOTE_TRASH, &source), "");
    assert_string_equal(
        which(NAMED({REMOTE_TRASH, "b"}), GIVEN({"a", REMOTE_TRASH}, {"b", REMOTE_TRASH}), REMOTE_TRASH, &source), "b");
}

static void
a_word_for_a_mailbox_that_is_not_there_leaves_none(void **state)
{
    enum special_source source;

    (void)state;
    assert_string_equal(
        which(NAMED({REMOTE_TRASH, "Bin"}), GIVEN({"Trash", REMOTE_TRASH}, {"Deleted", 0}), REMOTE_TRASH, &source), "");
    assert_int_equal(source, SPECIAL_UNKNOWN);
}

static void
a_name_is_a_guess_only_where_servers_make_such_mailboxes(void **state)
{
    enum special_source source;

    (void)state;
    assert_string_equal(which(NULL, GIVEN({"[Gmail]/Corbeille", 0}), REMOTE_TRASH, &source), "[Gmail]/Corbeille");
    assert_string_equal(which(NULL, GIVEN({"INBOX/sent items", 0}), REMOTE_SENT, &source), "INBOX/sent items");
    assert_string_equal(which(NULL, GIVEN({"Projects/Archive", 0}), REMOTE_ARCHIVE, &source), "");
    assert_string_equal(which(NULL, GIVEN({"Trash", REMOTE_SHARED}), REMOTE_TRASH, &source), "");
    assert_string_equal(which(NULL, GIVEN({"Trash", REMOTE_JUNK}), REMOTE_TRASH, &source), "");
}

static void
a_mailbox_with_a_word_is_for_nothing_else(void **state)
{
    const struct special_named *named = NAMED({REMOTE_TRASH, "a"}, {REMOTE_ALL, "b"});

    (void)state;
    assert_int_equal(special_uses(named, "a", REMOTE_SENT | REMOTE_SUBSCRIBED), REMOTE_TRASH | REMOTE_SUBSCRIBED);
    assert_int_equal(special_uses(named, "a", REMOTE_IMPORTANT), REMOTE_TRASH | REMOTE_IMPORTANT);
    assert_int_equal(special_uses(named, "b", REMOTE_ARCHIVE), REMOTE_ARCHIVE | REMOTE_ALL);
    assert_int_equal(special_uses(named, "c", REMOTE_TRASH | REMOTE_JUNK), REMOTE_JUNK);
    assert_int_equal(special_uses(NULL, "c", REMOTE_TRASH), REMOTE_TRASH);
}

static void
patterns_go_by_names_where_nobody_says_more(void **state)
{
    struct special_table by_name = {0}, by_server = {0};

    (void)state;
    special_meet(&by_name, NULL, "Spam", 0, 0);
    special_meet(&by_server, NULL, "Spam", 0, 0);
    special_meet(&by_server, NULL, "x", REMOTE_JUNK, 1);
    assert_int_equal(special_guessed(&by_name, NULL, "Spam", 0), REMOTE_JUNK);
    assert_int_equal(special_guessed(&by_server, NULL, "Spam", 0), 0);
    assert_int_equal(special_guessed(&by_name, NAMED({REMOTE_JUNK, "x"}), "Spam", 0), 0);
    assert_int_equal(special_uses(NULL, "Spam", 0), 0);
}

static void
a_word_is_read_as_it_is_written(void **state)
{
    static const struct {
        const char *written;
        unsigned use; /* 0: refused */
        const char *name;
    } rows[] = {
        {"trash=Papierkorb", REMOTE_TRASH, "Papierkorb"},
        {"Sent=inbox/Gesendet", REMOTE_SENT, "INBOX/Gesendet"},
        {"archive=a=b", REMOTE_ARCHIVE, "a=b"},
        {"all=INBOX", REMOTE_ALL, "INBOX"},
        {"junk=Entw\u00fcrfe/x y", REMOTE_JUNK, "Entw\u00fcrfe/x y"},
        {"trash", 0, NULL},
        {"=x", 0, NULL},
        {"trash=", 0, NULL},
        {"bin=x", 0, NULL},
        {"\\Trash=x", 0, NULL},
        {" trash=x", 0, NULL},
        {"trash=a//b", 0, NULL},
        {"trash=/a", 0, NULL},
        {"trash=a/", 0, NULL},
        {"trash=a/../b", 0, NULL},
        {"trash=inbox", 0, NULL},
        {"trash=%2", REMOTE_TRASH, "%2"},
        {"trash=a%2Fb", REMOTE_TRASH, "a%2Fb"},
        {"trash=a%00", 0, NULL},
    };
    char name[LIMIT_MAILBOX_NAME + 1];
    unsigned use;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        err = (struct error){0};
        if (special_parse(rows[i].written, &use, name, &err) != (rows[i].use != 0))
            fail_msg("%s", rows[i].written);
        if (rows[i].use == 0) {
            assert_int_equal(err.kind, ERROR_CONFIG);
            continue;
        }
        assert_int_equal(use, rows[i].use);
        assert_string_equal(name, rows[i].name);
    }
}

static void
words_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_false(special_is_sound(NAMED({REMOTE_TRASH, "a"}, {REMOTE_TRASH, "b"}), &err));
    assert_false(special_is_sound(NAMED({REMOTE_TRASH, "a"}, {REMOTE_TRASH, "a"}), &err));
    assert_false(special_is_sound(NAMED({REMOTE_TRASH, "a"}, {REMOTE_SENT, "x"}, {REMOTE_JUNK, "a"}), &err));
    assert_true(special_is_sound(NAMED({REMOTE_TRASH, "a"}, {REMOTE_ARCHIVE, "b"}, {REMOTE_ALL, "b"}), &err));
    assert_true(special_is_sound(NULL, &err));
}

static void
each_use_has_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPECIAL_USES; i++) {
        assert_int_equal(special_of_word(text_of(special_word(special_all[i]))), special_all[i]);
        assert_string_equal(special_attribute(special_all[i]) + 1, special_title(special_all[i]));
    }
    assert_int_equal(special_of_word(TEXT("subscribed")), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_users_word_is_more_than_the_servers_and_that_is_more_than_a_name),
        cmocka_unit_test(two_of_one_attribute_or_of_usual_names_are_none),
        cmocka_unit_test(a_word_for_a_mailbox_that_is_not_there_leaves_none),
        cmocka_unit_test(a_name_is_a_guess_only_where_servers_make_such_mailboxes),
        cmocka_unit_test(a_mailbox_with_a_word_is_for_nothing_else),
        cmocka_unit_test(patterns_go_by_names_where_nobody_says_more),
        cmocka_unit_test(a_word_is_read_as_it_is_written),
        cmocka_unit_test(words_that_contradict_each_other_are_refused),
        cmocka_unit_test(each_use_has_its_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
