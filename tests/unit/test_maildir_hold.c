/* What a batch of deliveries asks of a folder: once for all of its messages, and never less than it takes to overwrite nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

#define MANY 40

static unsigned looks;

int __real_fstatat(int dir, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int dir, const char *name, struct stat *st, int flags);

int
__wrap_fstatat(int dir, const char *name, struct stat *st, int flags)
{
    looks++;
    return __real_fstatat(dir, name, st, flags);
}

static struct local_draft *
given_draft(struct scratch *s)
{
    struct local_draft *draft;
    struct digests digests;

    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &draft, &s->err));
    assert_true(s->local.ops->draft_write(s->local.self, draft, "ours\r\n", 6, &s->err));
    assert_true(s->local.ops->draft_finish(s->local.self, draft, &digests, &s->err));
    return draft;
}

/* MANY messages <first>.a and up. @return how often a name was looked up for them */
static unsigned
deliver_many(struct scratch *s, unsigned first, struct local_delivery items[static MANY])
{
    static char bases[MANY][16];

    looks = 0;
    for (unsigned i = 0; i < MANY; i++) {
        text_print(bases[i], sizeof bases[i], "%u.a", first + i);
        items[i] = (struct local_delivery){.draft = given_draft(s), .base = bases[i], .date = 1, .unlisted = true};
    }
    assert_true(s->local.ops->deliver(s->local.self, items, MANY, &s->err));
    return looks;
}

/* The same, and all of them are there. */
static unsigned
delivered_many(struct scratch *s, unsigned first)
{
    struct local_delivery items[MANY];
    const unsigned count = deliver_many(s, first, items);

    for (unsigned i = 0; i < MANY; i++)
        assert_true(items[i].ok);
    return count;
}

static struct local_delivery
deliver_one(struct scratch *s, const char *base, bool unlisted)
{
    struct local_delivery item = {.draft = given_draft(s), .base = base, .unlisted = unlisted};

    assert_true(s->local.ops->deliver(s->local.self, &item, 1, &s->err));
    return item;
}

static bool
pass_over(void *context, const char *base, const char *info)
{
    (void)context;
    (void)base;
    (void)info;
    return true;
}

/* When nothing has changed for longer than the clock of the file system may stand still. */
static void
scan(struct scratch *s)
{
    static const struct local_scanner scanner = {pass_over, NULL};
    struct local_stamp stamp;
    bool stable = false;

    for (unsigned tries = 0; tries < 1000; tries++) {
        assert_true(s->local.ops->scan(s->local.self, "INBOX", &scanner, NULL, &stamp, &stable, &s->err));
        if (stable && !stamp.racy)
            return;
        assert_int_equal(nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL), 0);
    }
    fail_msg("the folder never came to rest");
}

static void
names_are_not_looked_up_in_a_folder_that_was_empty(void **state)
{
    struct scratch *s = *state;

    assert_in_range(delivered_many(s, 0), 0, 8);
    assert_in_range(delivered_many(s, MANY), 0, 8);
    assert_int_equal(count_entries(s, "INBOX/new"), 2 * MANY);
}

static void
names_are_not_looked_up_in_a_folder_that_was_listed(void **state)
{
    struct scratch *s = *state;

    given_file(s, "INBOX/cur/1.b:2,S", "another's");
    assert_true(delivered_many(s, 0) >= MANY);
    scan(s);

    assert_in_range(delivered_many(s, MANY), 0, 8);
    assert_in_range(delivered_many(s, 2 * MANY), 0, 8);
}

static void
a_name_that_came_after_the_listing_is_taken(void **state)
{
    static const char *const names[] = {"INBOX/cur/7.a:2,S", "INBOX/new/7.a", "INBOX/cur/7.a:2,FS"};
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct local_delivery items[MANY];

        (void)delivered_many(s, 100 + (unsigned)i * MANY);
        scan(s);
        given_file(s, names[i], "another's");
        (void)deliver_many(s, 0, items);

        for (unsigned k = 0; k < MANY; k++) {
            assert_int_equal(items[k].ok, k != 7);
            assert_int_equal(items[k].taken, k == 7);
        }
        assert_file(s, names[i], "another's");
        for (unsigned k = 0; k < MANY; k++) {
            char path[64];

            text_print(path, sizeof path, "INBOX/new/%u.a", k);
            assert_int_equal(unlink(scratch_path(s, k == 7 ? names[i] : path)), 0);
        }
    }
}

static void
a_name_that_came_between_two_batches_is_taken_in_all_that_follow(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[MANY];

    (void)delivered_many(s, 100);
    given_file(s, "INBOX/cur/300.a:2,S", "another's");
    (void)delivered_many(s, 200);
    (void)deliver_many(s, 300, items);

    assert_true(items[0].taken);
    assert_file(s, "INBOX/cur/300.a:2,S", "another's");
}

static void
a_name_that_was_listed_is_taken_unless_the_caller_knows_that_it_is_not_this_one(void **state)
{
    struct scratch *s = *state;

    given_file(s, "INBOX/cur/1.a:2,S", "another's");
    scan(s);

    assert_true(deliver_one(s, "1.a", false).taken);
    assert_true(deliver_one(s, "2.a", true).ok);
}

static void
where_a_name_is_no_message_the_others_are_looked_up(void **state)
{
    struct scratch *s = *state;

    assert_int_equal(symlink("nowhere", scratch_path(s, "INBOX/cur/1.a:2,S")), 0);
    scan(s);

    assert_true(deliver_one(s, "1.a", true).taken);
}

static void
move_away(struct scratch *s)
{
    char old[4096];

    text_print(old, sizeof old, "%s", scratch_path(s, "INBOX"));
    assert_int_equal(rename(old, scratch_path(s, "Old")), 0);
    given_folder(s, "INBOX");
}

static void
a_folder_that_was_replaced_between_two_batches_gets_the_second_one(void **state)
{
    struct scratch *s = *state;

    (void)delivered_many(s, 0);
    move_away(s);
    given_file(s, "INBOX/cur/99.a:2,S", "another's");

    assert_true(deliver_one(s, "99.a", true).taken);
    (void)delivered_many(s, MANY);
    assert_int_equal(count_entries(s, "INBOX/new"), MANY);
    assert_int_equal(count_entries(s, "Old/new"), MANY);
}

static void
a_folder_that_was_replaced_while_a_batch_came_gets_no_name_of_another(void **state)
{
    struct scratch *s = *state;
    struct local_delivery items[2] = {{.draft = given_draft(s), .base = "1.a", .unlisted = true}};

    move_away(s);
    items[1] = (struct local_delivery){.draft = given_draft(s), .base = "2.a", .unlisted = true};
    assert_true(s->local.ops->deliver(s->local.self, items, 2, &s->err));

    for (unsigned i = 0; i < 2; i++) {
        assert_false(items[i].ok);
        assert_false(items[i].taken);
    }
    assert_int_equal(count_entries(s, "INBOX/new") + count_entries(s, "Old/new"), 0);
    assert_true(deliver_one(s, "1.a", true).ok);
    assert_true(exists(s, "INBOX/new/1.a"));
}

static void
a_folder_that_was_removed_and_made_again_while_a_batch_came_takes_what_comes_then(void **state)
{
    struct scratch *s = *state;

    s->local.ops->draft_drop(s->local.self, given_draft(s));
    assert_int_equal(rmdir(scratch_path(s, "INBOX/tmp")), 0);
    given_folder(s, "INBOX");

    assert_true(deliver_one(s, "1.a", true).ok);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_verbatim, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_not_looked_up_in_a_folder_that_was_empty),
        TEST(names_are_not_looked_up_in_a_folder_that_was_listed),
        TEST(a_name_that_came_after_the_listing_is_taken),
        TEST(a_name_that_came_between_two_batches_is_taken_in_all_that_follow),
        TEST(a_name_that_was_listed_is_taken_unless_the_caller_knows_that_it_is_not_this_one),
        TEST(where_a_name_is_no_message_the_others_are_looked_up),
        TEST(a_folder_that_was_replaced_between_two_batches_gets_the_second_one),
        TEST(a_folder_that_was_replaced_while_a_batch_came_gets_no_name_of_another),
        TEST(a_folder_that_was_removed_and_made_again_while_a_batch_came_takes_what_comes_then),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
