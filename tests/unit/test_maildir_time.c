/* What a Maildir does once a clock has ticked: old leftovers are swept, a digest is believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <signal.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

static void
only_our_own_leftovers_of_an_earlier_run_are_swept(void **state)
{
    struct scratch *s = *state;
    struct local_draft *left, *draft;
    struct stat before;

    /* A run that ends without delivering: its draft stays. */
    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &left, &s->err));
    given_file(s, "INBOX/tmp/1234.M5P6.host", "a delivery agent's");
    given_file(s, "INBOX/tmp/golub-00000000-1-1", "another account's");
    assert_int_equal(count_entries(s, "INBOX/tmp"), 3);
    s->local.ops->close(s->local.self);
    s->local.ops->draft_drop(s->local.self, left); /* too late for the file */
    maildir_free(s->maildir);

    scratch_open(s, false, false);
    assert_true(s->local.ops->draft_begin(s->local.self, "INBOX", &draft, &s->err));
    s->local.ops->draft_drop(s->local.self, draft);
    assert_false(s->local.ops->sweep(s->local.self, "INBOX"));
    assert_int_equal(count_entries(s, "INBOX/tmp"), 3); /* too young: it might be in use */
    maildir_free(s->maildir);

    assert_int_equal(stat(scratch_path(s, "INBOX/tmp/golub-00000000-1-1"), &before), 0);
    while (time(NULL) - before.st_ctime < 3)
        usleep(100000);
    scratch_open(s, false, false);
    assert_true(s->local.ops->sweep(s->local.self, "Nowhere"));
    assert_true(s->local.ops->sweep(s->local.self, "INBOX"));

    assert_int_equal(count_entries(s, "INBOX/tmp"), 2);
    assert_true(exists(s, "INBOX/tmp/1234.M5P6.host"));
    assert_true(exists(s, "INBOX/tmp/golub-00000000-1-1"));
}

/* Bytes that this process has read so far, from whatever. */
static uint64_t
bytes_read(void)
{
    FILE *io = fopen("/proc/self/io", "r");
    unsigned long long bytes = 0;

    assert_non_null(io);
    assert_int_equal(fscanf(io, "rchar: %llu", &bytes), 1);
    fclose(io);
    return bytes;
}

static void
a_file_that_was_digested_is_read_again_only_if_it_changed(void **state)
{
    struct scratch *s = *state;
    const struct local_file file = {"INBOX", "1", "n"};
    static char text[300001];
    struct local_facts first, second;
    uint64_t before;
    void *handle;
    bool missing;

    memset(text, 'a', sizeof text - 1);
    given_file(s, "INBOX/new/1", text);
    given_date(s, "INBOX/new/1", 1000000000);
    usleep(2100000); /* the coarsest clock has ticked */
    assert_true(s->local.ops->examine(s->local.self, &file, &first, &missing, &s->err));
    before = bytes_read();
    assert_true(s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err));
    assert_true(s->local.ops->read_facts(s->local.self, handle, &second, &s->err));

    assert_true(bytes_read() - before < 100000);
    assert_memory_equal(&second.digests.wire, &first.digests.wire, DIGEST_SIZE);
    assert_memory_equal(&second.digests.canonical, &first.digests.canonical, DIGEST_SIZE);
    assert_true(second.digests.size == first.digests.size && second.date == 1000000000);
    s->local.ops->read_close(s->local.self, handle);

    text[5] = 'b'; /* as many bytes, and the date it had */
    given_file(s, "INBOX/new/1", text);
    given_date(s, "INBOX/new/1", 1000000000);
    assert_true(s->local.ops->read_open(s->local.self, &file, &handle, &missing, &s->err));
    assert_true(s->local.ops->read_facts(s->local.self, handle, &second, &s->err));

    assert_memory_not_equal(&second.digests.wire, &first.digests.wire, DIGEST_SIZE);
    s->local.ops->read_close(s->local.self, handle);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, scratch_free)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_our_own_leftovers_of_an_earlier_run_are_swept, scratch_verbatim),
        TEST(a_file_that_was_digested_is_read_again_only_if_it_changed, scratch_verbatim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
