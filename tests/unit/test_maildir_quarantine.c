/* What happens between the calls of a removal: another program, another file system, and what is on the disk when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/unit/maildir_scratch.h"

/* ---- the calls, seen from outside: these stand before those of the C library ---- */

#define EVENTS_MAX 64

static char events[EVENTS_MAX][400];
static size_t event_count;
static bool other_file_system;  /* between Maildir and quarantine */
static const char *replacement; /* a file that takes the message's place right before it is moved */

static const char *
name_of(int fd)
{
    static char paths[2][300];
    static unsigned next;
    char *path = paths[next++ % 2], link[64];
    ssize_t len;

    text_print(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof paths[0] - 1);
    path[len > 0 ? len : 0] = '\0';
    return path;
}

static void
note(const char *what, const char *folder, const char *name)
{
    if (event_count < EVENTS_MAX)
        (void)snprintf(events[event_count++], sizeof events[0], "%s %s/%s", what, strrchr(folder, '/') + 1, name);
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    const char *folder = name_of(from_dir);
    bool leaves = strcmp(strrchr(folder, '/'), "/cur") == 0;

    if (leaves && replacement != NULL && syscall(SYS_renameat2, AT_FDCWD, replacement, from_dir, from, 0) == 0)
        replacement = NULL;
    if (leaves && other_file_system) {
        errno = EXDEV;
        return -1;
    }
    note("rename to", name_of(to_dir), to);
    return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

int
fsync(int fd)
{
    note("flush", name_of(fd), "");
    return (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    note("flush", name_of(fd), "");
    return (int)syscall(SYS_fdatasync, fd);
}

int
unlinkat(int dir, const char *name, int flags)
{
    const int result = (int)syscall(SYS_unlinkat, dir, name, flags);

    if (result == 0 && dir >= 0)
        note("unlink", name_of(dir), name);
    return result;
}

/* Its place among the calls. */
static size_t
place_of(const char *event)
{
    for (size_t i = 0; i < event_count; i++)
        if (strcmp(events[i], event) == 0)
            return i;
    for (size_t i = 0; i < event_count; i++)
        print_message("%s\n", events[i]);
    fail_msg("no call \"%s\"", event);
    return 0;
}

static struct local_removal
given_removal(struct scratch *s)
{
    given_file(s, "INBOX/cur/1:2,S", "one");
    event_count = 0;
    replacement = NULL;
    other_file_system = false;
    return (struct local_removal){.file = {"INBOX", "1", "c:2,S"}, .quarantine = "0001"};
}

static void
a_file_that_took_the_place_of_the_message_right_before_it_was_moved_stays(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = given_removal(s);

    given_file(s, "edited", "another one");
    replacement = scratch_path(s, "edited");

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_null(replacement);
    assert_false(item.ok);
    assert_true(item.altered);
    assert_file(s, "INBOX/cur/1:2,S", "another one");
    assert_false(exists(s, "../quarantine/0001"));
}

static void
the_new_name_is_on_the_disk_before_the_loss_of_the_old_one(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = given_removal(s);

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_true(item.ok);
    assert_true(place_of("rename to quarantine/0001") < place_of("flush quarantine/"));
    assert_true(place_of("flush quarantine/") < place_of("flush cur/"));
}

static void
a_copy_on_another_file_system_is_on_the_disk_before_its_source_goes(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = given_removal(s);

    other_file_system = true;

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));

    assert_true(item.ok);
    assert_file(s, "../quarantine/0001", "one");
    assert_true(strncmp(events[0], "flush ", 6) == 0); /* its bytes, under the name that nobody looks at */
    assert_true(place_of("rename to quarantine/0001") < place_of("flush quarantine/"));
    assert_true(place_of("flush quarantine/") < place_of("unlink cur/1:2,S"));
}

static void
what_is_dropped_is_flushed_once_for_all(void **state)
{
    struct scratch *s = *state;
    struct local_removal item = given_removal(s);

    assert_true(s->local.ops->remove(s->local.self, &item, 1, &s->err));
    given_file(s, "../quarantine/0002", "two");
    event_count = 0;

    assert_true(s->local.ops->quarantine_drop(s->local.self, "0001", &s->err));
    assert_true(s->local.ops->quarantine_drop(s->local.self, "0002", &s->err));
    assert_true(s->local.ops->quarantine_flush(s->local.self, &s->err));
    assert_true(s->local.ops->quarantine_flush(s->local.self, &s->err)); /* nothing is left to flush */

    assert_int_equal(event_count, 3);
    assert_int_equal(place_of("flush quarantine/"), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_flushing, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_file_that_took_the_place_of_the_message_right_before_it_was_moved_stays),
        TEST(the_new_name_is_on_the_disk_before_the_loss_of_the_old_one),
        TEST(a_copy_on_another_file_system_is_on_the_disk_before_its_source_goes),
        TEST(what_is_dropped_is_flushed_once_for_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
