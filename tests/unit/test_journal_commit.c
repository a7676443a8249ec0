/* Transactions and images of the committed contents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_scene.h"

static void
a_rollback_leaves_nothing(void **state)
{
    struct scene *s = *state;
    assert_true(journal_commit(s->journal, &s->err));

    assert_true(journal_begin(s->journal, &s->err));
    given_message(s, paired(s->mailbox, 1));
    journal_rollback(s->journal);
    journal_rollback(s->journal); /* without a transaction: nothing to do */

    assert_ids(s, 0, WHICH_ALL, NULL, 0);
}

static void
saving_what_is_there_already_changes_no_row(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1));
    struct journal_mailbox *list;
    struct journal_op op = {.kind = OP_UPLOAD, .mailbox = s->mailbox};
    struct journal_pending pending = {.mailbox = s->mailbox, .message = message.id, .kind = PENDING_HELD, .since = 1};
    size_t count;
    int64_t changes;
    assert_true(journal_op_add(s->journal, &op, &s->err));
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_set(s->journal, "k", "v", &s->err));
    assert_true(journal_mailboxes(s->journal, &list, &count, &s->err));
    changes = journal_changes(s->journal);
    assert_int_equal(changes, 5);

    pending.since = 2;
    assert_true(journal_message_save(s->journal, &message, &s->err));
    assert_true(journal_mailbox_save(s->journal, &list[0], &s->err));
    assert_true(journal_op_save(s->journal, &op, &s->err));
    assert_true(journal_pending_set(s->journal, &pending, &s->err));
    assert_true(journal_set(s->journal, "k", "v", &s->err));

    assert_int_equal(journal_changes(s->journal), changes);
    journal_mailboxes_free(list, count);
}

struct witness { /* of a commit: the images around it, and whether it is to be stopped */
    struct journal *journal;
    void *image[2];
    size_t size[2];
    bool stop_before, stop_after;
};

static bool
watch_commit(void *context, bool after)
{
    struct witness *witness = context;
    struct error err = {0};

    free(witness->image[after]);
    assert_true(journal_image(witness->journal, &witness->image[after], &witness->size[after], &err));
    return !(after ? witness->stop_after : witness->stop_before);
}

static uint64_t
messages_in(const void *image, size_t size)
{
    struct error err = {0};
    struct journal *journal = journal_open_memory(image, size, &err);
    uint64_t count = 4711;

    assert_non_null(journal);
    assert_true(journal_message_count(journal, 0, WHICH_ALL, &count, &err));
    journal_close(journal);
    return count;
}

static void
an_image_holds_what_was_committed_and_no_more(void **state)
{
    struct scene *s = *state;
    struct witness witness = {.journal = s->journal};
    assert_true(journal_commit(s->journal, &s->err));
    journal_on_commit(s->journal, watch_commit, &witness);

    assert_true(journal_begin(s->journal, &s->err));
    for (uint32_t uid = 1; uid <= 5000; uid++) /* more than a page cache likes to hold */
        given_message(s, paired(s->mailbox, uid));
    assert_true(journal_commit(s->journal, &s->err));

    assert_int_equal(messages_in(witness.image[0], witness.size[0]), 0);
    assert_int_equal(messages_in(witness.image[1], witness.size[1]), 5000);
    free(witness.image[0]);
    free(witness.image[1]);
}

static void
a_journal_goes_on_from_its_image(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1)), got;
    struct scene second = {.mailbox = s->mailbox};
    void *image;
    size_t size;
    assert_true(journal_commit(s->journal, &s->err));

    assert_true(journal_image(s->journal, &image, &size, &s->err));
    second.journal = journal_open_memory(image, size, &second.err);
    free(image);
    assert_non_null(second.journal);
    assert_int_equal(journal_changes(second.journal), 0);
    got = message_of(&second, message.id);
    assert_same_message(&got, &message);
    assert_true(journal_begin(second.journal, &second.err));
    for (uint32_t uid = 2; uid < 2000; uid++)
        given_message(&second, paired(s->mailbox, uid));
    assert_true(journal_commit(second.journal, &second.err));

    assert_ids(s, 0, WHICH_ALL, (int64_t[]){message.id}, 1); /* the first one is not touched */
    journal_close(second.journal);
}

static void
a_commit_that_is_stopped_before_leaves_nothing_and_after_leaves_all(void **state)
{
    struct scene *s = *state;
    struct witness witness = {.journal = s->journal, .stop_before = true};
    assert_true(journal_commit(s->journal, &s->err));
    journal_on_commit(s->journal, watch_commit, &witness);

    assert_true(journal_begin(s->journal, &s->err));
    struct journal_message message = given_message(s, paired(s->mailbox, 1));
    assert_false(journal_commit(s->journal, &s->err));
    assert_int_equal(s->err.kind, ERROR_LOCAL);
    assert_ids(s, 0, WHICH_ALL, NULL, 0);

    witness.stop_before = false;
    witness.stop_after = true;
    assert_true(journal_begin(s->journal, &s->err));
    message = given_message(s, paired(s->mailbox, 1));
    assert_false(journal_commit(s->journal, &s->err));
    assert_ids(s, 0, WHICH_ALL, (int64_t[]){message.id}, 1);

    journal_on_commit(s->journal, NULL, NULL);
    assert_true(journal_begin(s->journal, &s->err));
    assert_true(journal_commit(s->journal, &s->err));
    free(witness.image[0]);
    free(witness.image[1]);
}

static void
a_damaged_image_never_does_harm(void **state)
{
    struct scene *s = *state;
    unsigned char *image, *broken;
    void *taken;
    size_t size;
    for (uint32_t uid = 1; uid <= 100; uid++)
        given_message(s, paired(s->mailbox, uid));
    assert_true(journal_commit(s->journal, &s->err));
    assert_true(journal_image(s->journal, &taken, &size, &s->err));
    image = taken;
    broken = malloc(size);
    assert_non_null(broken);

    for (size_t at = 0; at < size; at += at < 200 ? 1 : 331) {
        struct error err = {0};
        struct journal_mailbox *mailboxes;
        int64_t *ids;
        size_t count;

        memcpy(broken, image, size);
        broken[at] ^= 0xff;
        struct journal *journal = journal_open_memory(broken, size, &err);
        if (journal == NULL) { /* where the version is damaged it looks like a later one */
            assert_true(err.kind == ERROR_LOCAL || err.kind == ERROR_CONFIG);
            continue;
        }
        if (journal_mailboxes(journal, &mailboxes, &count, &err))
            journal_mailboxes_free(mailboxes, count);
        if (journal_message_ids(journal, 0, WHICH_ALL, &ids, &count, &err)) {
            for (size_t i = 0; i < count; i++) {
                struct journal_message message;
                bool found;

                if (!journal_message_get(journal, ids[i], &message, &found, &err))
                    assert_int_equal(err.kind, ERROR_LOCAL);
            }
            free(ids);
        }
        journal_close(journal);
    }
    free(broken);
    free(image);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_rollback_leaves_nothing),
        TEST(saving_what_is_there_already_changes_no_row),
        TEST(an_image_holds_what_was_committed_and_no_more),
        TEST(a_journal_goes_on_from_its_image),
        TEST(a_commit_that_is_stopped_before_leaves_nothing_and_after_leaves_all),
        TEST(a_damaged_image_never_does_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
