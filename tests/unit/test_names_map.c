/* `map`: server name = local name, both ways, and never two on one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "sync/rules/names_map.h"

#define MAP_MOST 6

static struct error err;

struct words { /* a map as users write it, and what its left sides are in */
    struct names_mapped entries[MAP_MOST + 1];
    char sides[2 * MAP_MOST][LIMIT_MAILBOX_NAME + 1];
    struct names_map map;
};

static struct words words;

/* @return false: refused */
static bool
given(enum layout layout, const char *const *written)
{
    static const struct policy none = {.layout = LAYOUT_VERBATIM};
    struct policy policy = none;

    words = (struct words){0};
    for (size_t i = 0; written[i] != NULL; i++) {
        assert_true(i < MAP_MOST);
        if (!names_map_parse(written[i], &words.entries[i].use, words.sides[2 * i], words.sides[2 * i + 1], &err))
            return false;
        words.entries[i].left = words.sides[2 * i];
        words.entries[i].right = words.sides[2 * i + 1];
    }
    policy.map = words.entries;
    names_map_begin(&words.map, &policy, NULL);
    return names_map_is_sound(words.entries, layout, &err);
}

#define GIVEN(...) assert_true(given(LAYOUT_VERBATIM, (const char *const[]){__VA_ARGS__, NULL}))
#define REFUSED(layout, ...)                                                                                           \
    do {                                                                                                               \
        err = (struct error){0};                                                                                       \
        assert_false(given(layout, (const char *const[]){__VA_ARGS__, NULL}));                                         \
        assert_int_equal(err.kind, ERROR_CONFIG);                                                                      \
    } while (0)

static const char *
here(const char *name)
{
    static char out[LIMIT_MAILBOX_NAME + 1];

    return names_map_here(&words.map, name, out, &err) ? out : "-";
}

static const char *
there(const char *name)
{
    static char out[LIMIT_MAILBOX_NAME + 1];

    return names_map_there(&words.map, name, out, &err) ? out : "-";
}

static void
a_mailbox_and_what_is_below_it_have_other_names_here(void **state)
{
    (void)state;
    GIVEN("Sent Items=Sent", "INBOX/Archiv=Old/Mail");

    assert_string_equal(here("Sent Items"), "Sent");
    assert_string_equal(here("Sent Items/2024"), "Sent/2024");
    assert_string_equal(here("Sent Itemsx"), "Sent Itemsx");
    assert_string_equal(here("INBOX/Archiv/a"), "Old/Mail/a");
    assert_string_equal(here("INBOX"), "INBOX");
    assert_string_equal(there("Sent/2024"), "Sent Items/2024");
    assert_string_equal(there("Old/Mail"), "INBOX/Archiv");
    assert_string_equal(there("Old"), "Old");
}

static void
what_would_be_two_on_one_has_no_other_side(void **state)
{
    (void)state;
    GIVEN("Sent Items=Sent");

    assert_string_equal(here("Sent"), "-");
    assert_non_null(strstr(err.what, "Sent Items"));
    assert_string_equal(here("Sent/x"), "-");
    assert_string_equal(there("Sent Items"), "-");
    assert_non_null(strstr(err.what, "folder Sent"));
    assert_string_equal(there("Sent Items/x"), "-");
}

static void
the_longest_left_side_wins(void **state)
{
    (void)state;
    GIVEN("Work=Arbeit", "Work/Old=Alt", "Work/Old/Keep=Bewahrt");

    assert_string_equal(here("Work/New"), "Arbeit/New");
    assert_string_equal(here("Work/Old/x"), "Alt/x");
    assert_string_equal(here("Work/Old/Keep/x"), "Bewahrt/x");
    assert_string_equal(there("Alt/x"), "Work/Old/x");
    assert_string_equal(there("Arbeit/Old"), "-");
}

static void
two_may_change_their_names(void **state)
{
    (void)state;
    GIVEN("A=B", "B=A");

    assert_string_equal(here("A/x"), "B/x");
    assert_string_equal(there("B/x"), "A/x");
    assert_string_equal(here("B"), "A");
}

static void
a_special_use_counts_once_it_is_known_which_mailbox_it_is(void **state)
{
    (void)state;
    GIVEN("special:trash=Trash", "Papierkorb 2=Müll");

    assert_string_equal(here("Papierkorb"), "Papierkorb");
    assert_string_equal(here("Trash"), "Trash");
    names_map_find(&words.map, &words.entries[0], "Papierkorb");
    assert_string_equal(here("Papierkorb/x"), "Trash/x");
    assert_string_equal(here("Trash"), "-");
    names_map_find(&words.map, &words.entries[0], "Papierkorb 2"); /* which is named by another entry */
    assert_string_equal(here("Papierkorb 2"), "Müll");
    assert_string_equal(there("Trash"), "Trash");
}

static void
what_can_not_hold_is_refused(void **state)
{
    (void)state;
    REFUSED(LAYOUT_VERBATIM, "Sent");
    REFUSED(LAYOUT_VERBATIM, "=Sent");
    REFUSED(LAYOUT_VERBATIM, "Sent=");
    REFUSED(LAYOUT_VERBATIM, "Sent Items=inbox");
    REFUSED(LAYOUT_VERBATIM, "Sent Items=INBOX");
    REFUSED(LAYOUT_VERBATIM, "a=../b");
    REFUSED(LAYOUT_VERBATIM, "a=/b");
    REFUSED(LAYOUT_VERBATIM, "a=b//c");
    REFUSED(LAYOUT_VERBATIM, "a/../b=c");
    REFUSED(LAYOUT_VERBATIM, "special:bin=c");
    REFUSED(LAYOUT_VERBATIM, "special:=c");
    REFUSED(LAYOUT_VERBATIM, "a=b", "a=c");
    REFUSED(LAYOUT_VERBATIM, "special:trash=b", "special:Trash=c");
    REFUSED(LAYOUT_VERBATIM, "a=c", "b=c");
    REFUSED(LAYOUT_VERBATIM, "a=c", "b=c/d");
    REFUSED(LAYOUT_VERBATIM, "a=c/d", "special:junk=c");
    REFUSED(LAYOUT_MAILDIRPP, "INBOX=Eingang");
    GIVEN("INBOX=Eingang", "a=INBOX/x");
}

/* Every name of up to four letters out of these. */
static const char letters[] = "AB/x";

static size_t
make_name(size_t number, char name[static 8])
{
    size_t len = 0;

    while (number > 0) {
        name[len++] = letters[(number - 1) % (sizeof letters - 1)];
        number = (number - 1) / (sizeof letters - 1);
    }
    name[len] = '\0';
    return len;
}

static void
every_name_comes_back_as_itself_or_has_no_other_side(void **state)
{
    static const char *const sides[] = {"A", "B", "A/B", "B/A", "x", "A/x/B"};
    const size_t count = sizeof sides / sizeof sides[0];
    unsigned long long pairs = 0, none = 0;

    (void)state;
    for (size_t maps = 0; maps < count * count * count * count; maps++) {
        char first[16], second[16], name[8];
        const char *other;

        (void)text_print(first, sizeof first, "%s=%s", sides[maps % count], sides[maps / count % count]);
        (void)text_print(second, sizeof second, "%s=%s", sides[maps / count / count % count],
                         sides[maps / count / count / count]);
        if (!given(LAYOUT_VERBATIM, (const char *const[]){first, second, NULL}))
            continue;
        for (size_t number = 1; number < 340; number++) {
            char one[LIMIT_MAILBOX_NAME + 1], valid[LIMIT_MAILBOX_NAME + 1];

            make_name(number, name);
            if (!names_is_one(name, valid, &err))
                continue;
            other = here(name);
            (void)text_print(one, sizeof one, "%s", other);
            none += strcmp(one, "-") == 0;
            pairs += strcmp(one, "-") != 0;
            if (strcmp(one, "-") != 0 && strcmp(there(one), name) != 0)
                fail_msg("%s, %s: %s is %s here, and that is %s there", first, second, name, one, there(one));
            (void)text_print(one, sizeof one, "%s", there(name));
            if (strcmp(one, "-") != 0 && strcmp(here(one), name) != 0)
                fail_msg("%s, %s: %s is %s there, and that is %s here", first, second, name, one, here(one));
        }
    }
    assert_true(pairs > 10000 && none > 1000);
}

static void
it_comes_back_from_the_journal(void **state)
{
    struct names_mapped *entries;
    struct buffer text = buffer_new(10000);
    struct names_map again = {0};
    struct policy policy = {0};

    (void)state;
    GIVEN("Sent Items=Sent", "special:trash=Trash", "special:junk=Spam", "a/b=c/d");
    names_map_find(&words.map, &words.entries[1], "Papierkorb/x");
    assert_true(names_map_write(&words.map, &text));

    assert_true(names_map_read(text.at, &entries));
    assert_string_equal(entries[0].left, "Sent Items");
    assert_int_equal(entries[1].use, REMOTE_TRASH);
    assert_string_equal(entries[1].left, "Papierkorb/x");
    assert_string_equal(entries[2].right, "c/d");
    assert_null(entries[3].right);
    policy.map = words.entries;
    names_map_begin(&again, &policy, entries);
    assert_string_equal(names_map_left(&again, &words.entries[1]), "Papierkorb/x");
    assert_string_equal(names_map_left(&again, &words.entries[2]), "");
    free(entries);
    buffer_free(&text);
}

static void
a_map_that_is_damaged_is_read_as_far_as_it_goes(void **state)
{
    static const char *const texts[] = {"", "-", "-//a", "-//a//b", "-//a//b//", "-//a//b//-//c//", "////", "//////"};
    struct names_mapped *entries;
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        (void)text_print(text, sizeof text, "%s", texts[i]);
        assert_true(names_map_read(text, &entries));
        free(entries);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mailbox_and_what_is_below_it_have_other_names_here),
        cmocka_unit_test(what_would_be_two_on_one_has_no_other_side),
        cmocka_unit_test(the_longest_left_side_wins),
        cmocka_unit_test(two_may_change_their_names),
        cmocka_unit_test(a_special_use_counts_once_it_is_known_which_mailbox_it_is),
        cmocka_unit_test(what_can_not_hold_is_refused),
        cmocka_unit_test(every_name_comes_back_as_itself_or_has_no_other_side),
        cmocka_unit_test(it_comes_back_from_the_journal),
        cmocka_unit_test(a_map_that_is_damaged_is_read_as_far_as_it_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
