/* Which folders moved, where inotify does not serve or tells a part: by looking at them from time to time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/maildir_watch_scene.h"

/* ---- the system, as a test wants it ---- */

static int64_t later_ms;        /* the clock goes so much ahead */
static int watches_left = -1;   /* then ENOSPC; -1: as many as there are */
static int instances_failed;    /* errno of inotify_init1 */
static unsigned long file_type; /* what statfs says; 0: the truth */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);

    if (failed == 0 && clock == CLOCK_MONOTONIC)
        now->tv_sec += later_ms / 1000;
    return failed;
}

int
inotify_add_watch(int fd, const char *name, uint32_t mask)
{
    if (watches_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    watches_left -= watches_left > 0;
    return (int)syscall(SYS_inotify_add_watch, fd, name, mask);
}

int
inotify_init1(int flags)
{
    if (instances_failed != 0) {
        errno = instances_failed;
        return -1;
    }
    return (int)syscall(SYS_inotify_init1, flags);
}

int
fstatfs(int fd, struct statfs *fs)
{
    int failed = (int)syscall(SYS_fstatfs, fd, fs);

    if (file_type != 0)
        fs->f_type = (__typeof__(fs->f_type))file_type;
    return failed;
}

static int
end_as_it_was(void **state)
{
    later_ms = 0;
    watches_left = -1;
    instances_failed = 0;
    file_type = 0;
    return scratch_free(state);
}

/* ---- without inotify ---- */

static void
assert_looks_find_what_moves(struct scratch *s, struct maildir_watch *watch)
{
    static const char *const parts[] = {"INBOX", "INBOX/new", "INBOX/cur", "One.More", "One.More/new", "One.More/cur"};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (exists(s, parts[i]))
            given_date(s, parts[i], 1000000000); /* old enough to be trusted */
    later_ms += WATCH_LOOK_MS + 1000;
    (void)read_all(watch);
    assert_string_equal(read_all(watch), ""); /* not due */
    later_ms += WATCH_LOOK_MS + 1000;
    assert_string_equal(read_all(watch), "");

    given_file(s, "INBOX/new/1", "mail");
    given_date(s, "INBOX/new", 1000000001);
    later_ms += WATCH_LOOK_MS + 1000;
    assert_int_equal(maildir_watch_look_ms(watch), 0);
    assert_non_null(strstr(read_all(watch), "INBOX"));
    given_folder(s, "Later");
    later_ms += WATCH_LOOK_MS + 1000;
    assert_non_null(strstr(read_all(watch), "(tree)"));
    given_no_folder(s, "Later");
    later_ms += WATCH_LOOK_MS + 1000;
    assert_non_null(strstr(read_all(watch), "(tree)"));
}

static void
where_no_watches_are_left_it_gives_them_back_looks_and_says_so(void **state)
{
    struct scratch *s = *state;

    for (int left = 0; left < 4; left++) {
        watches_left = left;
        struct maildir_watch *watch = given_watch(s, false);

        assert_int_equal(maildir_watch_descriptor(watch), -1);
        assert_non_null(strstr(maildir_watch_why(watch), "max_user_watches"));
        assert_true(maildir_watch_look_ms(watch) > 0);
        assert_looks_find_what_moves(s, watch);
        maildir_watch_free(watch);
    }
}

static void
watches_that_run_out_while_it_watches_lose_nothing_and_are_tried_again(void **state)
{
    struct scratch *s = *state;
    struct maildir_watch *watch = given_watch(s, false);

    watches_left = 5;
    given_folder(s, "One.More");
    assert_string_equal(read_all(watch), "(tree)");
    assert_int_equal(maildir_watch_descriptor(watch), -1);
    assert_looks_find_what_moves(s, watch);

    watches_left = -1;
    given_file(s, "One.More/new/1", "mail");
    later_ms += WATCH_TRY_AGAIN_MS;
    assert_string_equal(read_all(watch), "(tree)"); /* what moved since the last look is not known */
    assert_true(maildir_watch_descriptor(watch) >= 0);
    assert_null(maildir_watch_why(watch));
    assert_int_equal(maildir_watch_look_ms(watch), -1);
    given_file(s, "One.More/new/2", "mail");
    assert_string_equal(read_all(watch), "One.More");
    maildir_watch_free(watch);
}

static void
without_an_inotify_instance_it_looks(void **state)
{
    struct scratch *s = *state;
    instances_failed = EMFILE;
    struct maildir_watch *watch = given_watch(s, false);

    assert_non_null(strstr(maildir_watch_why(watch), "max_user_instances"));
    assert_looks_find_what_moves(s, watch);
    maildir_watch_free(watch);
}

static void
on_a_network_file_system_it_hears_this_machine_and_looks_for_the_others(void **state)
{
    static const unsigned long types[] = {0x6969, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997};
    struct scratch *s = *state;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        file_type = types[i];
        struct maildir_watch *watch = given_watch(s, false);

        assert_non_null(strstr(maildir_watch_why(watch), "what others change on "));
        assert_true(maildir_watch_look_ms(watch) > 0);
        assert_true(maildir_watch_descriptor(watch) >= 0);
        given_file(s, "INBOX/new/here", "mail");
        assert_string_equal(read_all(watch), "INBOX");
        assert_int_equal(unlink(scratch_path(s, "INBOX/new/here")), 0);
        assert_looks_find_what_moves(s, watch);
        maildir_watch_free(watch);
    }
}

static void
a_folder_half_made_is_looked_at_again_soon_but_not_for_ever(void **state)
{
    struct scratch *s = *state;
    instances_failed = EMFILE;
    assert_int_equal(mkdir(scratch_path(s, "Half"), 0700), 0);
    assert_int_equal(mkdir(scratch_path(s, "Half/cur"), 0700), 0);
    struct maildir_watch *watch = given_watch(s, false);

    assert_in_range(maildir_watch_look_ms(watch), 1, WATCH_HALF_MS);
    for (int i = 0; i < WATCH_HALF_LOOKS; i++) {
        later_ms += 1000;
        (void)read_all(watch);
    }
    assert_true(maildir_watch_look_ms(watch) > WATCH_HALF_MS);
    maildir_watch_free(watch);
}

int
main(void)
{
#define WATCHED(test) cmocka_unit_test_setup_teardown(test, scratch_verbatim, end_as_it_was)
    const struct CMUnitTest tests[] = {
        WATCHED(where_no_watches_are_left_it_gives_them_back_looks_and_says_so),
        WATCHED(watches_that_run_out_while_it_watches_lose_nothing_and_are_tried_again),
        WATCHED(without_an_inotify_instance_it_looks),
        WATCHED(on_a_network_file_system_it_hears_this_machine_and_looks_for_the_others),
        WATCHED(a_folder_half_made_is_looked_at_again_soon_but_not_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
