/* Drafts of an import: only their size is wanted, and their data goes to the disk while others arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/maildir_scratch.h"

/* What a Maildir that digests nothing (or all) says of a message. */
static struct digests
digests_of(const struct scratch *s, bool undigested, struct text wire)
{
    const struct maildir_settings settings = {.root = s->root, .quarantine = s->quarantine, .undigested = undigested};
    struct maildir *maildir = maildir_new(&settings);
    struct local local = maildir_local(maildir);
    struct error err = {0};
    enum local_root root;
    struct local_draft *draft;
    struct digests digests;

    assert_true(local.ops->open(local.self, true, &root, &err));
    assert_true(local.ops->create(local.self, "INBOX", &err));
    assert_true(local.ops->draft_begin(local.self, "INBOX", &draft, &err));
    for (size_t at = 0; at < wire.len; at += 3)
        assert_true(
            local.ops->draft_write(local.self, draft, wire.at + at, wire.len - at < 3 ? wire.len - at : 3, &err));
    assert_true(local.ops->draft_finish(local.self, draft, &digests, &err));
    local.ops->draft_drop(local.self, draft);
    local.ops->close(local.self);
    maildir_free(maildir);
    return digests;
}

static void
a_draft_that_is_not_digested_has_the_same_size(void **state)
{
    static const struct text wires[] = {{"", 0},
                                        {"A: b\r\n\r\nbody\r\n", 14},
                                        {"A: b\n\nbare\n", 12},
                                        {"A: b\r\n\r\nmixed\nends\r\n", 21},
                                        {"A: b\r\n\r\nlast is CR\r", 19},
                                        {"A\r\r\n\0\r", 7}};
    static const unsigned char none[DIGEST_SIZE];

    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        struct digests with = digests_of(*state, false, wires[i]), without = digests_of(*state, true, wires[i]);

        assert_int_equal(without.size, with.size);
        assert_memory_equal(without.wire, none, DIGEST_SIZE);
        assert_memory_not_equal(with.wire, none, DIGEST_SIZE);
    }
}

static bool
say_stopped(void *context)
{
    (void)context;
    return true;
}

static void
a_signal_ends_the_rewriting_of_a_large_message_and_not_of_a_small_one(void **state)
{
    const struct scratch *s = *state;
    const struct maildir_settings settings = {
        .root = s->root, .quarantine = s->quarantine, .undigested = true, .stopped = say_stopped};
    struct maildir *maildir = maildir_new(&settings);
    struct local local = maildir_local(maildir);
    struct error err = {0};
    enum local_root root;
    static char lines[1 << 20];

    for (size_t i = 0; i < sizeof lines; i++)
        lines[i] = "0123456789abcd\r\n"[i % 16];
    assert_true(local.ops->open(local.self, true, &root, &err));
    assert_true(local.ops->create(local.self, "INBOX", &err));
    for (int megabytes = 1; megabytes <= 64; megabytes += 63) {
        struct local_draft *draft;

        assert_true(local.ops->draft_begin(local.self, "INBOX", &draft, &err));
        for (int i = 0; i < megabytes; i++)
            assert_true(local.ops->draft_write(local.self, draft, lines, sizeof lines, &err));
        assert_int_equal(local.ops->draft_write(local.self, draft, "\n", 1, &err), megabytes == 1);
        local.ops->draft_drop(local.self, draft);
    }

    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
    local.ops->close(local.self);
    maildir_free(maildir);
}

#define MANY 40

static struct local_draft *
given_draft_in(struct scratch *s, const char *folder, const char *bytes)
{
    struct local_draft *draft;
    struct digests digests;

    assert_true(s->local.ops->draft_begin(s->local.self, folder, &draft, &s->err));
    assert_true(s->local.ops->draft_write(s->local.self, draft, bytes, strlen(bytes), &s->err));
    assert_true(s->local.ops->draft_finish(s->local.self, draft, &digests, &s->err));
    return draft;
}

static struct local_draft *
given_draft(struct scratch *s, const char *bytes)
{
    return given_draft_in(s, "INBOX", bytes);
}

static void
given_drafts(struct scratch *s, struct local_draft *drafts[static MANY])
{
    for (size_t i = 0; i < MANY; i++)
        drafts[i] = given_draft(s, "A: b\r\n\r\nbody\r\n");
}

static void
deliver_all(struct scratch *s, struct local_draft *drafts[static MANY], struct local_delivery items[static MANY])
{
    static char bases[MANY][16];

    for (size_t i = 0; i < MANY; i++) {
        text_print(bases[i], sizeof bases[i], "%zu.many", i);
        items[i] = (struct local_delivery){.draft = drafts[i], .base = bases[i], .date = 1000000000};
    }
    assert_true(s->local.ops->deliver(s->local.self, items, MANY, &s->err));
    for (size_t i = 0; i < MANY; i++)
        assert_true(items[i].ok);
    assert_int_equal(count_entries(s, "INBOX/new"), MANY);
    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
    assert_file(s, "INBOX/new/7.many", "A: b\n\nbody\n");
    assert_int_equal(date_of(s, "INBOX/new/7.many"), 1000000000);
}

/* The first of them, all with one date. */
static void
send_ahead(struct scratch *s, struct local_draft *const *drafts, size_t count)
{
    int64_t dates[MANY];

    for (size_t i = 0; i < count; i++)
        dates[i] = 1000000000;
    s->local.ops->deliver_ahead(s->local.self, drafts, dates, count);
}

static bool
one_syncfs_serves(struct scratch *s)
{
    struct local_description disk;

    s->local.ops->describe(s->local.self, &disk);
    return strcmp(disk.flush, "syncfs") == 0;
}

static void
a_batch_that_was_sent_ahead_is_flushed_once(void **state)
{
    struct scratch *s = *state;
    struct local_draft *drafts[MANY];
    struct local_delivery items[MANY];
    uint64_t before, files, systems;

    maildir_flushes(s->maildir, &before, &systems);
    given_drafts(s, drafts);
    send_ahead(s, drafts, MANY);
    deliver_all(s, drafts, items);

    maildir_flushes(s->maildir, &files, &systems);
    assert_int_equal(systems, one_syncfs_serves(s));
    assert_int_equal(files - before, one_syncfs_serves(s) ? 1 : MANY + 1); /* new/ */
}

static void
what_was_not_sent_ahead_is_flushed_with_its_batch(void **state)
{
    struct scratch *s = *state;
    struct local_draft *drafts[MANY];
    struct local_delivery items[MANY];
    uint64_t before, files, systems;

    maildir_flushes(s->maildir, &before, &systems);
    given_drafts(s, drafts);
    send_ahead(s, drafts, MANY - 5);
    deliver_all(s, drafts, items);

    maildir_flushes(s->maildir, &files, &systems);
    assert_int_equal(systems, one_syncfs_serves(s));
    assert_int_equal(files - before, one_syncfs_serves(s) ? 5 + 1 : MANY + 1);
}

static void
a_batch_that_was_sent_ahead_can_be_dropped(void **state)
{
    struct scratch *s = *state;
    struct local_draft *drafts[MANY];

    given_drafts(s, drafts);
    send_ahead(s, drafts, MANY);
    for (size_t i = 0; i < MANY; i++)
        s->local.ops->draft_drop(s->local.self, drafts[i]);

    assert_int_equal(count_entries(s, "INBOX/tmp"), 0);
    assert_int_equal(count_entries(s, "INBOX/new"), 0);
}

#define FOLDERS 130 /* more than are kept open, and as many again */
#define NAMED 60    /* of which a batch has EACH messages in these */
#define EACH 4

static void
a_folder_is_flushed_once_while_the_next_batch_waits_in_many(void **state)
{
    static struct local_draft *waiting[FOLDERS];
    static struct local_delivery items[NAMED * EACH];
    static char bases[NAMED * EACH][16];
    struct scratch *s = *state;
    uint64_t before, files, systems;

    for (size_t i = 0; i < FOLDERS; i++) {
        char folder[16];

        text_print(folder, sizeof folder, "F%zu", i);
        given_folder(s, folder);
        for (size_t k = i * EACH; i < NAMED && k < (i + 1) * EACH; k++) {
            text_print(bases[k], sizeof bases[k], "%zu.many", k);
            items[k] = (struct local_delivery){
                .draft = given_draft_in(s, folder, "A: b\r\n\r\n"), .base = bases[k], .date = 1000000000};
        }
        waiting[i] = given_draft_in(s, folder, "A: b\r\n\r\n");
    }
    maildir_flushes(s->maildir, &before, &systems);
    assert_true(s->local.ops->deliver(s->local.self, items, NAMED * EACH, &s->err));
    maildir_flushes(s->maildir, &files, &systems);

    for (size_t k = 0; k < NAMED * EACH; k++)
        assert_true(items[k].ok);
    assert_true(files - before <= (one_syncfs_serves(s) ? 0 : NAMED * EACH) + NAMED + 2);
    for (size_t i = 0; i < FOLDERS; i++)
        s->local.ops->draft_drop(s->local.self, waiting[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_draft_that_is_not_digested_has_the_same_size, scratch_verbatim, scratch_free),
        cmocka_unit_test_setup_teardown(a_signal_ends_the_rewriting_of_a_large_message_and_not_of_a_small_one,
                                        scratch_verbatim, scratch_free),
        cmocka_unit_test_setup_teardown(a_batch_that_was_sent_ahead_is_flushed_once, scratch_flushing, scratch_free),
        cmocka_unit_test_setup_teardown(what_was_not_sent_ahead_is_flushed_with_its_batch, scratch_flushing,
                                        scratch_free),
        cmocka_unit_test_setup_teardown(a_batch_that_was_sent_ahead_can_be_dropped, scratch_flushing, scratch_free),
        cmocka_unit_test_setup_teardown(a_folder_is_flushed_once_while_the_next_batch_waits_in_many, scratch_flushing,
                                        scratch_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
