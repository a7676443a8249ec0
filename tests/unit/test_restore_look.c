/* Which messages a folder holds already, while a mail reader renames its files. */
#include "sync/restore/private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SIZE 100

struct folder { /* one file, which may get another name between the listing and the reading */
    const char *info;
    int listings, moves; /* moves: readings that still find it gone */
    bool rests, readable;
    unsigned char wire[DIGEST_SIZE];
};

static bool
stamp(void *local, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err)
{
    (void)local;
    (void)folder;
    (void)err;
    *stamp = (struct local_stamp){0};
    *missing = false;
    return true;
}

static bool
scan(void *local, const char *name, const struct local_scanner *to, void *context, struct local_stamp *stamp,
     bool *stable, struct error *err)
{
    struct folder *folder = local;

    (void)name;
    (void)stamp;
    (void)err;
    folder->listings++;
    *stable = folder->rests;
    return to->file(context, "1", folder->info);
}

static bool
look(void *local, const struct local_file *file, struct local_print *print, bool *missing, struct error *err)
{
    struct folder *folder = local;

    (void)file;
    (void)err;
    *missing = folder->moves > 0;
    folder->moves -= folder->moves > 0;
    *print = (struct local_print){.size = SIZE};
    return true;
}

static bool
examine(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, struct error *err)
{
    const struct folder *folder = local;

    (void)file;
    *missing = false;
    *facts = (struct local_facts){0};
    memcpy(facts->digests.wire, folder->wire, DIGEST_SIZE);
    if (!folder->readable)
        error_state(err, ERROR_LOCAL, "open message 1");
    return folder->readable;
}

static const struct local_ops ops = {.stamp = stamp, .scan = scan, .look = look, .examine = examine};

struct scene {
    struct folder folder;
    struct restore_choice choice;
    struct sync_options options;
    struct restore_target target;
    struct restore_entry entry;
    struct restoring restoring;
};

static bool
when_it_is_looked(struct scene *s)
{
    s->restoring = (struct restoring){
        .options = &s->options, .choice = &s->choice, .local = {&ops, &s->folder}, .targets = &s->target};
    s->entry = (struct restore_entry){.has_wire = true, .size = SIZE};
    memset(s->entry.wire, 7, DIGEST_SIZE);
    return restore_look(&s->restoring, &s->entry, 1);
}

static struct scene
given_a_folder_that_holds_it(void)
{
    struct scene s = {.folder = {.info = "n", .rests = true, .readable = true}, .target = {.folder = "INBOX"}};

    memset(s.folder.wire, 7, DIGEST_SIZE);
    return s;
}

static void
a_file_that_is_there_is_found(void **state)
{
    struct scene s = given_a_folder_that_holds_it();

    (void)state;

    assert_true(when_it_is_looked(&s));

    assert_true(s.entry.there);
    assert_int_equal(s.folder.listings, 1);
}

static void
a_file_that_a_reader_renames_meanwhile_is_found_by_another_listing(void **state)
{
    (void)state;
    for (int moves = 1; moves <= 2; moves++) {
        struct scene s = given_a_folder_that_holds_it();

        s.folder.moves = moves;

        assert_true(when_it_is_looked(&s));

        assert_true(s.entry.there);
        assert_int_equal(s.folder.listings, 1 + moves);
    }
}

static void
where_names_change_faster_than_they_can_be_read_it_is_not_known(void **state)
{
    struct scene s = given_a_folder_that_holds_it();

    (void)state;
    s.folder.moves = 99;

    assert_false(when_it_is_looked(&s));

    assert_int_equal(s.folder.listings, 3);
    assert_string_equal(s.restoring.err.answer, "other programs change its names faster than they can be read");
}

static void
a_listing_during_which_names_changed_proves_nothing(void **state)
{
    struct scene s = given_a_folder_that_holds_it();

    (void)state;
    s.folder.rests = false;
    s.folder.wire[0]++; /* another message, and the one that is looked for was perhaps between two names */

    assert_false(when_it_is_looked(&s));

    assert_int_equal(s.folder.listings, 3);
}

static void
what_may_be_the_message_and_can_not_be_read_is_said(void **state)
{
    struct scene s = given_a_folder_that_holds_it();

    (void)state;
    s.folder.readable = false;

    assert_false(when_it_is_looked(&s));

    assert_string_equal(s.restoring.err.what, "open message 1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_is_there_is_found),
        cmocka_unit_test(a_file_that_a_reader_renames_meanwhile_is_found_by_another_listing),
        cmocka_unit_test(where_names_change_faster_than_they_can_be_read_it_is_not_known),
        cmocka_unit_test(a_listing_during_which_names_changed_proves_nothing),
        cmocka_unit_test(what_may_be_the_message_and_can_not_be_read_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
