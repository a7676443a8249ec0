/* Files of other programs: read as a whole, told when they change, and never locked out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/foreign/file.h"

struct place {
    char folder[64], file[96];
};

static void
write_file(const char *path, const char *bytes)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int
set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    if (place == NULL)
        return -1;
    (void)text_print(place->folder, sizeof place->folder, "/tmp/golub-foreign-XXXXXX");
    if (mkdtemp(place->folder) == NULL)
        return -1;
    (void)text_print(place->file, sizeof place->file, "%s/state", place->folder);
    *state = place;
    return 0;
}

static int
tear_down(void **state)
{
    struct place *place = *state;

    (void)unlink(place->file);
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static void
a_file_is_read_and_told_from_a_changed_one(void **state)
{
    struct place *place = *state;
    struct buffer bytes = buffer_new(100);
    struct foreign_print print;
    struct error err = {0};
    bool missing = true;

    write_file(place->file, "one\n");
    assert_true(foreign_file_read(place->file, &bytes, &print, &missing, &err));
    assert_false(missing);
    assert_string_equal(bytes.at, "one\n");
    assert_true(foreign_file_stands(place->file, &print));

    write_file(place->file, "two\n");
    assert_false(foreign_file_stands(place->file, &print));
    assert_int_equal(unlink(place->file), 0);
    assert_false(foreign_file_stands(place->file, &print));
    buffer_free(&bytes);
}

static void
what_is_not_there_is_missing_and_no_error(void **state)
{
    struct place *place = *state;
    struct buffer bytes = buffer_new(100);
    struct error err = {0};
    bool missing = false;

    assert_true(foreign_file_read(place->file, &bytes, NULL, &missing, &err));
    assert_true(missing);
    assert_false(foreign_file_exists(place->file));
    assert_false(foreign_file_is_locked(place->file));
}

static void
what_is_too_large_or_no_file_is_refused(void **state)
{
    struct place *place = *state;
    struct buffer bytes = buffer_new(3);
    struct error err = {0};
    bool missing;

    write_file(place->file, "four");
    assert_false(foreign_file_read(place->file, &bytes, NULL, &missing, &err));
    buffer_free(&bytes);
    assert_false(foreign_file_read(place->folder, &bytes, NULL, &missing, &err));
    assert_int_equal(unlink(place->file), 0);
    assert_int_equal(mkfifo(place->file, 0600), 0);
    assert_false(foreign_file_read(place->file, &bytes, NULL, &missing, &err)); /* and nobody waits */
    buffer_free(&bytes);
}

/* Another process locks the file in one way, and waits to be ended. */
static pid_t
lock_elsewhere(const char *path, bool whole)
{
    int ready[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(path, O_WRONLY);

        if (fd < 0 || (whole ? flock(fd, LOCK_EX) : fcntl(fd, F_SETLK, &lock)) != 0 || write(ready[1], "r", 1) != 1)
            _exit(1);
        (void)pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return child;
}

static void
a_lock_of_either_kind_is_seen(void **state)
{
    struct place *place = *state;

    write_file(place->file, "");
    assert_false(foreign_file_is_locked(place->file));
    for (int whole = 0; whole < 2; whole++) {
        const pid_t child = lock_elsewhere(place->file, whole == 1);

        assert_true(foreign_file_is_locked(place->file));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_false(foreign_file_is_locked(place->file));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_read_and_told_from_a_changed_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_there_is_missing_and_no_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_too_large_or_no_file_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_of_either_kind_is_seen, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
