/* Keyword letters: Dovecot's table of them, read and written as Dovecot does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/maildir_change_scene.h"

/* ---- the lines ---- */

static const char *
read_as(struct text bytes)
{
    static char shown[LETTERS_TEXT];
    static struct letters letters;

    letters_parse(bytes, &letters);
    letters_print(&letters, shown);
    for (unsigned i = 0; i < LETTERS_COUNT; i++)
        assert_true(letters.word[i][0] == '\0' || (letters.taken & 1u << i) != 0);
    return shown;
}

static void
lines_are_a_number_and_a_keyword_and_all_else_is_skipped(void **state)
{
    static const struct {
        const char *bytes, *read;
    } rows[] = {
        {"", ""},
        {"0 later\n1 $Junk\n25 z\n", "0 later\n1 $Junk\n25 z\n"},
        {"26 beyond\n99999999999999999999 more\n-1 x\n+1 x\n", ""},
        {"0 later\n1 unfinished", "0 later\n"},
        {"\n\n 0 x\n0  x\n0\tx\n0\n0 \n x\nx 0\n3 fine\n", "0 \\\n3 fine\n"}, /* its letter is taken */
        {"2 Twice\n1 twice\n", "1 twice\n2 \\\n"},                            /* the lowest number */
        {"1 first\n1 second\n", "1 first\n"},
        {"007 x\n", "7 x\n"},
        {"0 two words\n1 \303\244\n2 a]b\n3 \\Seen\n4 fine\r\n5 fine\n", "0 \\\n1 \\\n2 \\\n3 \\\n4 \\\n5 fine\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(read_as(text_of(rows[i].bytes)), rows[i].read);
    assert_string_equal(read_as((struct text){"0 a\0b\n1 c\n", 10}), "0 \\\n1 c\n");
}

static void
any_bytes_are_read_and_what_is_read_reads_as_itself(void **state)
{
    static const char alphabet[] = "0123456789 \nab$\\\377\0\r";
    char bytes[200], once[LETTERS_TEXT];
    unsigned random = 1;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t len;

        random = random * 1103515245u + 12345u;
        len = (random >> 16) % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            random = random * 1103515245u + 12345u;
            bytes[i] = alphabet[(random >> 16) % (sizeof alphabet)];
        }
        (void)text_print(once, sizeof once, "%s", read_as((struct text){bytes, len}));
        assert_string_equal(read_as(text_of(once)), once);
    }
}

static void
a_keyword_gets_the_lowest_letter_that_neither_a_line_nor_a_name_has(void **state)
{
    static const char *const words[] = {"LATER", "new", "bad word", "newer", "new"};
    char shown[LETTERS_TEXT];
    struct letters letters;

    (void)state;
    letters_parse(TEXT("0 later\n1 two words\n"), &letters);

    assert_int_equal(letters_give(&letters, words, 5, 1u << 2), 2);

    letters_print(&letters, shown);
    assert_string_equal(shown, "0 later\n1 \\\n3 new\n4 newer\n");
    assert_int_equal(letters_of_word(&letters, TEXT("NEWER")), 4);
    assert_int_equal(letters_of_word(&letters, TEXT("none")), -1);
    assert_int_equal(letters_of_word(&letters, TEXT("")), -1);
}

static void
there_are_twenty_six(void **state)
{
    static char names[30][8];
    const char *words[30];
    struct letters letters = {0};

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        text_print(names[i], sizeof names[i], "k%zu", i);
        words[i] = names[i];
    }

    assert_int_equal(letters_give(&letters, words, 30, 0), 26);
    assert_int_equal(letters_of_word(&letters, TEXT("k25")), 25);
    assert_int_equal(letters_of_word(&letters, TEXT("k26")), -1);
}

static void
a_name_shows_letters_behind_its_kind(void **state)
{
    static const struct {
        const char *info;
        unsigned letters, other;
        const char *with;
    } rows[] = {
        {"n", 0, 1, NULL},
        {"c:2,", 0, 1, "c:2,a"},
        {"c:2,FSac", 5, 2, "c:2,FSb"},
        {"c:2,S", 0, 5, "c:2,Sac"},
        {"c:2,FSz,W=9a", 1u << 25, 1, "c:2,FSa,W=9a"},
        {"c:1,a", 0, 1, NULL},
        {"c:2,a:2,Sb", 2, 1, "c:2,a:2,Sa"},
        {"c:2,S_a~", 1, 4, "c:2,S_c~"},
        {"c:2,Sa", 1, 0, "c:2,S"},
    };
    char out[LOCAL_INFO_MAX + 1];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(letters_of_info(rows[i].info), rows[i].letters);
        assert_int_equal(letters_in_info(rows[i].info, rows[i].other, out, sizeof out), rows[i].with != NULL);
        assert_string_equal(out, rows[i].with != NULL ? rows[i].with : rows[i].info);
        assert_true(letters_in_info(rows[i].info, rows[i].letters, out, sizeof out) || rows[i].with == NULL);
        assert_string_equal(out, rows[i].info);
    }
    assert_false(letters_in_info("c:2,S", 0x3ffffff, out, 20));
}

/* ---- the file ---- */

static bool
add(struct scratch *s, const char *word, struct local_letters *letters, bool *busy)
{
    const char *const words[] = {word};
    const struct local_words wanted = {words, 1, 0};

    return s->local.ops->letters_add(s->local.self, "INBOX", &wanted, letters, busy, &s->err);
}

static void
a_folder_without_a_table_gets_one(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    bool busy = true;

    assert_true(s->local.ops->letters(s->local.self, "INBOX", &letters, &s->err));
    assert_false(letters.present || letters.dovecot);

    assert_true(add(s, "later", &letters, &busy));

    assert_false(busy);
    assert_file(s, "INBOX/dovecot-keywords", "0 later\n");
    assert_false(exists(s, "INBOX/dovecot-uidlist.lock") || exists(s, "INBOX/dovecot-keywords.lock"));
    assert_true(s->local.ops->letters(s->local.self, "INBOX", &letters, &s->err));
    assert_true(letters.present);
    assert_string_equal(letters.letters.word[0], "later");
    given_file(s, "INBOX/dovecot-uidlist", "3 V1 N1 G1\n");
    assert_true(s->local.ops->letters(s->local.self, "INBOX", &letters, &s->err));
    assert_true(letters.dovecot);
}

static void
lines_are_added_and_none_is_changed(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    bool busy;
    const time_t now = time(NULL);

    given_file(s, "INBOX/dovecot-keywords", "1 $Junk\n40 other\nwhat is this\n2 unfinished");
    given_date(s, "INBOX/dovecot-keywords", now + 100);

    assert_true(add(s, "later", &letters, &busy));

    assert_file(s, "INBOX/dovecot-keywords", "1 $Junk\n40 other\nwhat is this\n0 later\n");
    assert_int_equal(date_of(s, "INBOX/dovecot-keywords"), now + 101); /* readers compare whole seconds */
    given_date(s, "INBOX/dovecot-keywords", 1000);
    assert_true(add(s, "LATER", &letters, &busy));
    assert_int_equal(date_of(s, "INBOX/dovecot-keywords"), 1000); /* it is there: nothing is written */
}

static void
who_has_the_lock_is_waited_for_and_nothing_is_written(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    bool busy = false;

    given_file(s, "INBOX/dovecot-uidlist.lock", "1:elsewhere");

    assert_true(add(s, "later", &letters, &busy));

    assert_true(busy);
    assert_false(exists(s, "INBOX/dovecot-keywords"));
    assert_file(s, "INBOX/dovecot-uidlist.lock", "1:elsewhere");
}

static void
a_lock_that_nobody_has_touched_for_two_minutes_is_taken_over(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    bool busy = true;

    given_file(s, "INBOX/dovecot-uidlist.lock", "1:elsewhere");
    given_date(s, "INBOX/dovecot-uidlist.lock", time(NULL) - 130);
    given_file(s, "INBOX/dovecot-keywords.lock", "left");

    assert_true(add(s, "later", &letters, &busy));

    assert_false(busy);
    assert_file(s, "INBOX/dovecot-keywords", "0 later\n");
    assert_false(exists(s, "INBOX/dovecot-uidlist.lock") || exists(s, "INBOX/dovecot-keywords.lock"));
}

/* Of whom nobody knows it is waited for, as any other one. */
static void
a_lock_with_a_date_to_come_is_taken_over_where_its_process_is_gone(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    char who[300], host[200] = "";
    bool busy = false;
    const pid_t gone = fork();

    if (gone == 0)
        _exit(0);
    assert_int_equal(waitpid(gone, NULL, 0), gone);
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    given_file(s, "INBOX/dovecot-uidlist.lock", "1:elsewhere");
    given_date(s, "INBOX/dovecot-uidlist.lock", time(NULL) + 100000);
    assert_true(add(s, "later", &letters, &busy));
    assert_true(busy);
    (void)text_print(who, sizeof who, "%ld:%s", (long)getpid(), host);
    given_file(s, "INBOX/dovecot-uidlist.lock", who);
    given_date(s, "INBOX/dovecot-uidlist.lock", time(NULL) + 100000);
    assert_true(add(s, "later", &letters, &busy));
    assert_true(busy);
    (void)text_print(who, sizeof who, "%ld:%s", (long)gone, host);
    given_file(s, "INBOX/dovecot-uidlist.lock", who);
    given_date(s, "INBOX/dovecot-uidlist.lock", time(NULL) + 100000);

    assert_true(add(s, "later", &letters, &busy));

    assert_false(busy);
    assert_file(s, "INBOX/dovecot-keywords", "0 later\n");
    assert_false(exists(s, "INBOX/dovecot-uidlist.lock"));
}

static void
what_is_no_table_is_left_alone(void **state)
{
    struct scratch *s = *state;
    struct local_letters letters;
    char *large = malloc(70000);
    bool busy;

    memset(large, '\n', 70000);
    given_bytes(s, "INBOX/dovecot-keywords", large, 70000);
    assert_false(s->local.ops->letters(s->local.self, "INBOX", &letters, &s->err));
    assert_false(add(s, "later", &letters, &busy));
    assert_bytes(s, "INBOX/dovecot-keywords", large, 70000);
    assert_false(exists(s, "INBOX/dovecot-uidlist.lock"));
    free(large);
    assert_int_equal(unlink(scratch_path(s, "INBOX/dovecot-keywords")), 0);
    assert_int_equal(symlink("../elsewhere", scratch_path(s, "INBOX/dovecot-keywords")), 0);
    assert_false(s->local.ops->letters(s->local.self, "INBOX", &letters, &s->err));
    assert_false(add(s, "later", &letters, &busy));
    assert_false(s->local.ops->letters(s->local.self, "Nowhere", &letters, &s->err));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_a_number_and_a_keyword_and_all_else_is_skipped),
        cmocka_unit_test(any_bytes_are_read_and_what_is_read_reads_as_itself),
        cmocka_unit_test(a_keyword_gets_the_lowest_letter_that_neither_a_line_nor_a_name_has),
        cmocka_unit_test(there_are_twenty_six),
        cmocka_unit_test(a_name_shows_letters_behind_its_kind),
        TEST(a_folder_without_a_table_gets_one, scratch_flushing),
        TEST(lines_are_added_and_none_is_changed, scratch_flushing),
        TEST(who_has_the_lock_is_waited_for_and_nothing_is_written, scratch_flushing),
        TEST(a_lock_that_nobody_has_touched_for_two_minutes_is_taken_over, scratch_flushing),
        TEST(a_lock_with_a_date_to_come_is_taken_over_where_its_process_is_gone, scratch_flushing),
        TEST(what_is_no_table_is_left_alone, scratch_flushing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
