/* What the place and suffix of a Maildir name show, and how they change with the flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/local.h"

#define S FLAG_SEEN
#define R FLAG_ANSWERED
#define F FLAG_FLAGGED
#define T FLAG_DELETED
#define D FLAG_DRAFT
#define P FLAG_FORWARDED

static void
an_info_shows_flags_and_says_which_it_can_show(void **state)
{
    static const struct {
        const char *info;
        unsigned flags, shown;
    } rows[] = {
        {"n", 0, S}, /* new/ without suffix: not seen, and nothing about the others */
        {"n:2,", 0, FLAG_ALL},
        {"n:2,F", F, FLAG_ALL},
        {"n:2,S", S, FLAG_ALL},
        {"c", 0, S},
        {"c:2,", 0, FLAG_ALL},
        {"c:2,DFPRST", FLAG_ALL, FLAG_ALL},
        {"c:2,TS", S | T, FLAG_ALL},   /* another's order */
        {"c:2,FSab", F | S, FLAG_ALL}, /* Dovecot's keywords */
        {"c:2,FXS", F | S, FLAG_ALL},  /* a letter of nobody */
        {"c:2,S,F=T", S, FLAG_ALL},    /* an extension behind a comma is no flags */
        {"c:2,F:2,S", S, FLAG_ALL},    /* the last one counts */
        {"c:1,S", 0, 0},               /* the experimental kind */
        {"n:3,S", 0, 0},
        {"c,S", 0, 0},
        {"", 0, 0}, /* no file */
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned shown = 4711;

        assert_int_equal(local_info_flags(rows[i].info, &shown), rows[i].flags);
        assert_int_equal(shown, rows[i].shown);
    }
}

static void
a_name_follows_its_flags(void **state)
{
    static const struct {
        const char *info;
        unsigned flags;
        const char *after;
    } rows[] = {
        {"n", 0, "n"},     /* unseen mail stays in new/ */
        {"n", S, "c:2,S"}, /* seen here: into cur/ */
        {"n", F, "c:2,F"}, /* new/ without suffix can't show it */
        {"n", S | F, "c:2,FS"},
        {"n:2,", S, "c:2,S"},
        {"n:2,F", 0, "n:2,"}, /* not seen, no flag, was not in cur/: stays */
        {"n:2,F", F | R, "c:2,FR"},
        {"n:2,Fa", 0, "n:2,a"},
        {"c", S, "c:2,S"},
        {"c", 0, "c"},
        {"c:2,", S, "c:2,S"},
        {"c:2,S", 0, "c:2,"}, /* what was in cur/ stays in cur/ */
        {"c:2,FS", F, "c:2,F"},
        {"c:2,S", FLAG_ALL, "c:2,DFPRST"},
        {"c:2,Sba", S | R, "c:2,RSab"}, /* others' letters stay, sorted */
        {"c:2,SXa", F, "c:2,FXa"},
        {"c:2,S,W=12", F, "c:2,F,W=12"},
        {"c:2,T:2,S", F, "c:2,T:2,F"},
        {"c:1,S", F, "c:1,S"},       /* a kind that can't show flags stays as it is */
        {"c:2,SF", S | F, "c:2,SF"}, /* equal flags: not even the order is touched */
        {"c:2,SS", S, "c:2,SS"},
        {"c:2,ba", 0, "c:2,ba"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char after[LOCAL_INFO_MAX + 1];

        local_info_with(rows[i].info, rows[i].flags, after);
        assert_string_equal(after, rows[i].after);
    }
}

static void
fresh_mail_without_flags_goes_to_new(void **state)
{
    char info[LOCAL_INFO_MAX + 1];
    (void)state;

    local_info_fresh(0, info);
    assert_string_equal(info, "n");
    local_info_fresh(F, info);
    assert_string_equal(info, "c:2,F");
    local_info_fresh(S | D | T, info);
    assert_string_equal(info, "c:2,DST");
    local_info_fresh(FLAG_ALL, info);
    assert_string_equal(info, "c:2,DFPRST");
}

static void
what_was_asked_for_is_shown_by_every_name_that_can(void **state)
{
    static const char *const infos[] = {"n", "n:2,", "n:2,FS", "c", "c:2,", "c:2,abS", "c:2,DFPRST", "c:2,S,x"};
    (void)state;

    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++)
        for (unsigned flags = 0; flags <= FLAG_ALL; flags++) {
            char after[LOCAL_INFO_MAX + 1], again[LOCAL_INFO_MAX + 1];
            unsigned shown;

            local_info_with(infos[i], flags, after);
            assert_int_equal(local_info_flags(after, &shown), flags);
            assert_true(infos[i][0] != 'c' || after[0] == 'c');
            if ((flags & S) != 0 && strcmp(after, infos[i]) != 0)
                assert_int_equal(after[0], 'c');
            local_info_with(after, flags, again);
            assert_string_equal(again, after);
        }
}

static void
a_name_without_room_for_another_letter_stays(void **state)
{
    char info[LOCAL_INFO_MAX + 1] = "c:2,", after[LOCAL_INFO_MAX + 1];
    (void)state;
    memset(info + 4, 'x', LOCAL_INFO_MAX - 4);
    info[LOCAL_INFO_MAX] = '\0';

    local_info_with(info, S, after);
    assert_string_equal(after, info);

    info[LOCAL_INFO_MAX - 1] = '\0';
    local_info_with(info, S, after);
    assert_int_equal(strlen(after), LOCAL_INFO_MAX);
    assert_memory_equal(after, "c:2,Sxx", 7);
    local_info_with(info, S | F, after);
    assert_string_equal(after, info);
}

static void
keyword_letters_are_translated_or_left_out_and_all_else_stays(void **state)
{
    const char letters[26] = {[0] = 'c', [2] = 'a'}; /* a: c, c: a, all others: nothing */
    static const char *const rows[][2] = {
        {"n", "n"},
        {"c:2,", "c:2,"},
        {"c:2,FS", "c:2,FS"},
        {"c:2,Sabc", "c:2,Sac"},
        {"c:2,Sb", "c:2,S"},
        {"c:2,SXb", "c:2,SX"},
        {"c:2,Sa,W=ab", "c:2,Sc,W=ab"},
        {"c:1,ab", "c:1,ab"},
        {"c:2,a:2,a", "c:2,a:2,c"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char info[LOCAL_INFO_MAX + 1];

        local_info_carried(rows[i][0], letters, info);
        assert_string_equal(info, rows[i][1]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_info_shows_flags_and_says_which_it_can_show),
        cmocka_unit_test(a_name_follows_its_flags),
        cmocka_unit_test(fresh_mail_without_flags_goes_to_new),
        cmocka_unit_test(what_was_asked_for_is_shown_by_every_name_that_can),
        cmocka_unit_test(a_name_without_room_for_another_letter_stays),
        cmocka_unit_test(keyword_letters_are_translated_or_left_out_and_all_else_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
