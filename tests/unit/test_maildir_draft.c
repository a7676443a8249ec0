/* Drafts of an import, of which only the size is wanted. */
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_draft_that_is_not_digested_has_the_same_size, scratch_verbatim, scratch_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
