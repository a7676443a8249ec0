/* Names of a folder that say nothing new: which are told one by one, and which are missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/observe/unmoved.h"
#include "tests/unit/journal_scene.h"

#define ROWS 40

struct folder { /* a mailbox with ROWS files */
    struct run run;
    struct unmoved unmoved;
    size_t room;
    struct journal_message at[ROWS];
};

static struct folder *
given_folder(struct scene *s, size_t room)
{
    struct folder *folder = calloc(1, sizeof *folder);

    assert_non_null(folder);
    folder->run.journal = s->journal;
    folder->room = room;
    for (uint32_t i = 0; i < ROWS; i++)
        folder->at[i] = given_message(s, paired(s->mailbox, i + 1));
    return folder;
}

static void
load(struct folder *folder, int64_t mailbox)
{
    assert_true(unmoved_load(&folder->unmoved, &folder->run, mailbox, &folder->room));
}

static void
done(struct folder *folder)
{
    unmoved_free(&folder->unmoved, &folder->room);
    free(folder);
}

static bool
see(struct folder *folder, int i)
{
    return unmoved_see(&folder->unmoved, folder->at[i].base, folder->at[i].info);
}

static bool
is_seen(const struct folder *folder, int i)
{
    return unmoved_is_seen(&folder->unmoved, text_of(folder->at[i].base), text_of(folder->at[i].info));
}

static bool
was_seen(const struct folder *folder, int i)
{
    return unmoved_was_seen(&folder->unmoved, text_of(folder->at[i].base), text_of(folder->at[i].info));
}

static void
names_that_the_rows_have_are_known_and_no_others(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    load(folder, s->mailbox);
    assert_false(folder->unmoved.others);
    for (int i = 0; i < ROWS; i++) {
        assert_true(folder->unmoved.seen < folder->unmoved.count);
        assert_true(see(folder, i) && is_seen(folder, i));
    }
    assert_int_equal(folder->unmoved.seen, folder->unmoved.count);
    assert_true(see(folder, 0)); /* twice: it counts once */
    assert_int_equal(folder->unmoved.seen, ROWS);
    assert_false(unmoved_see(&folder->unmoved, folder->at[0].base, "c:2,FS"));
    assert_false(unmoved_see(&folder->unmoved, "another", "c:2,S"));
    done(folder);
}

static void
a_second_listing_forgets_none_of_the_first_and_sees_anew(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    load(folder, s->mailbox);
    assert_true(see(folder, 3));
    unmoved_again(&folder->unmoved);
    assert_false(is_seen(folder, 3));
    assert_true(was_seen(folder, 3));
    assert_false(was_seen(folder, 4));
    assert_true(see(folder, 4));
    unmoved_again(&folder->unmoved);
    assert_false(was_seen(folder, 3));
    assert_true(was_seen(folder, 4));
    done(folder);
}

static void
what_was_renamed_is_told_by_itself_from_then_on(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    load(folder, s->mailbox);
    assert_true(see(folder, 5));
    unmoved_take(&folder->unmoved, folder->at[5].base, folder->at[5].info);
    assert_false(see(folder, 5)); /* its old name once more: there are two files */
    assert_false(is_seen(folder, 5));
    assert_int_equal(folder->unmoved.count, ROWS - 1);
    assert_int_equal(folder->unmoved.seen, 0);
    assert_false(folder->unmoved.others); /* this listing has it */
    unmoved_again(&folder->unmoved);
    assert_true(folder->unmoved.others);
    done(folder);
}

static void
rows_whose_names_would_change_them_are_told_one_by_one(void **state)
{
    static const unsigned facts[] = {FACT_UNPAIRED | FACT_GONE_THERE, FACT_MOVED, FACT_LACKED};
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    for (int i = 0; i < 3; i++) {
        folder->at[i].facts = facts[i];
        assert_true(journal_message_save(s->journal, &folder->at[i], &s->err));
    }
    folder->at[3].flags.lseen = FLAG_FLAGGED; /* the name shows \Seen alone */
    assert_true(journal_message_save(s->journal, &folder->at[3], &s->err));
    load(folder, s->mailbox);
    for (int i = 0; i < 4; i++)
        assert_false(see(folder, i));
    assert_true(see(folder, 4));
    assert_int_equal(folder->unmoved.count, ROWS - 4);
    assert_true(folder->unmoved.others);
    done(folder);
}

static void
a_file_that_is_known_to_be_gone_is_not_missed(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    folder->at[0].facts = FACT_GONE_HERE;
    assert_true(journal_message_save(s->journal, &folder->at[0], &s->err));
    load(folder, s->mailbox);
    assert_false(see(folder, 0)); /* it is back */
    assert_int_equal(folder->unmoved.count, ROWS - 1);
    assert_false(folder->unmoved.others);
    done(folder);
}

static void
what_has_no_room_is_told_one_by_one(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, ROWS / 2);
    int known = 0;

    load(folder, s->mailbox);
    assert_int_equal(folder->room, 0);
    assert_true(folder->unmoved.others);
    for (int i = 0; i < ROWS; i++)
        known += see(folder, i);
    assert_int_equal(known, ROWS / 2);
    unmoved_free(&folder->unmoved, &folder->room);
    assert_int_equal(folder->room, ROWS / 2);
    done(folder);
}

static void
of_a_maildir_that_was_put_back_each_name_is_told(void **state)
{
    struct scene *s = *state;
    struct folder *folder = given_folder(s, 1000);

    folder->run.maildir_older = true;
    load(folder, s->mailbox);
    assert_false(see(folder, 0));
    assert_true(folder->unmoved.others);
    done(folder);
}

static void
rows_of_other_mailboxes_are_not_known(void **state)
{
    struct scene *s = *state;
    const int64_t other = given_mailbox(s, "Other");
    struct folder *folder = given_folder(s, 1000);
    struct journal_message elsewhere = given_message(s, paired(other, 7));

    load(folder, other);
    assert_int_equal(folder->unmoved.count, 1);
    assert_true(unmoved_see(&folder->unmoved, elsewhere.base, elsewhere.info));
    assert_false(see(folder, 0));
    done(folder);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_that_the_rows_have_are_known_and_no_others),
        TEST(a_second_listing_forgets_none_of_the_first_and_sees_anew),
        TEST(what_was_renamed_is_told_by_itself_from_then_on),
        TEST(rows_whose_names_would_change_them_are_told_one_by_one),
        TEST(a_file_that_is_known_to_be_gone_is_not_missed),
        TEST(what_has_no_room_is_told_one_by_one),
        TEST(of_a_maildir_that_was_put_back_each_name_is_told),
        TEST(rows_of_other_mailboxes_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
