/* What the journal knows of messages whose bytes differ on the two sides, and when it forgets that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_scene.h"

static struct journal_message
there_alone(struct scene *s, uint32_t uid)
{
    return given_message(s, (struct journal_message){.mailbox = s->mailbox, .uid = uid, .size = 100});
}

static struct journal_kinship
kinship_at_its_limits(void)
{
    struct journal_kinship kinship = {.kin = {.has_id = true, .names = true, .count = KIN_RECEIVED, .added = INT64_MAX},
                                      .has_alike = true,
                                      .has_written = true,
                                      .has_body = true};

    memset(kinship.kin.rest, 1, DIGEST_SIZE);
    memset(kinship.kin.id, 2, DIGEST_SIZE);
    memset(kinship.alike, 3, DIGEST_SIZE);
    memset(kinship.body, 4, DIGEST_SIZE);
    memset(kinship.written, 5, DIGEST_SIZE);
    for (size_t i = 0; i < KIN_RECEIVED; i++) {
        memset(kinship.kin.received[i], (int)(10 + i), KIN_RECEIVED_SIZE);
        kinship.kin.length[i] = UINT32_MAX - (uint32_t)i;
    }
    return kinship;
}

static bool
is_known(struct scene *s, int64_t message, struct journal_kinship *out)
{
    bool found = false;

    assert_true(journal_kinship_get(s->journal, message, out, &found, &s->err));
    return found;
}

static void
assert_same_kinship(const struct journal_kinship *a, const struct journal_kinship *b)
{
    assert_memory_equal(a->kin.rest, b->kin.rest, DIGEST_SIZE);
    assert_true(a->kin.has_id == b->kin.has_id && a->kin.names == b->kin.names && a->kin.added == b->kin.added);
    assert_memory_equal(a->kin.id, b->kin.id, DIGEST_SIZE);
    assert_int_equal(a->kin.count, b->kin.count);
    assert_memory_equal(a->kin.received, b->kin.received, sizeof a->kin.received);
    assert_memory_equal(a->kin.length, b->kin.length, sizeof a->kin.length);
    assert_true(a->has_alike == b->has_alike && a->has_body == b->has_body && a->has_written == b->has_written);
    assert_memory_equal(a->written, b->written, DIGEST_SIZE);
    assert_memory_equal(a->alike, b->alike, DIGEST_SIZE);
    assert_memory_equal(a->body, b->body, DIGEST_SIZE);
}

static void
what_a_header_says_comes_back_at_its_limits(void **state)
{
    struct scene *s = *state;
    const struct journal_kinship kinships[] = {kinship_at_its_limits(), {.kin = {.count = 0}}};
    struct journal_kinship got;

    for (size_t i = 0; i < 2; i++) {
        const struct journal_message message = there_alone(s, 1 + (uint32_t)i);

        assert_false(is_known(s, message.id, &got));
        assert_true(journal_kinship_save(s->journal, message.id, &kinships[i], &s->err));
        assert_true(is_known(s, message.id, &got));
        assert_same_kinship(&got, &kinships[i]);
    }
}

static void
it_goes_with_its_message_and_when_that_gets_a_file(void **state)
{
    struct scene *s = *state;
    struct journal_message fetched = there_alone(s, 1), gone = there_alone(s, 2), seen = there_alone(s, 3);
    const struct journal_kinship kinship = kinship_at_its_limits();
    struct journal_kinship got;

    assert_true(journal_kinship_save(s->journal, fetched.id, &kinship, &s->err));
    assert_true(journal_kinship_save(s->journal, gone.id, &kinship, &s->err));
    assert_true(journal_kinship_save(s->journal, seen.id, &kinship, &s->err));
    text_print(fetched.base, sizeof fetched.base, "1.golub");
    fetched.has_wire = true;
    seen.flags.rseen = FLAG_SEEN;

    assert_true(journal_message_save(s->journal, &fetched, &s->err));
    assert_true(journal_message_delete(s->journal, gone.id, &s->err));
    assert_true(journal_message_save(s->journal, &seen, &s->err));

    assert_false(is_known(s, fetched.id, &got));
    assert_false(is_known(s, gone.id, &got));
    assert_true(is_known(s, seen.id, &got));
}

static void
the_body_of_a_file_in_other_bytes_comes_back_or_is_not_known(void **state)
{
    struct scene *s = *state;
    const struct journal_message message = given_message(s, paired(s->mailbox, 1));
    unsigned char body[DIGEST_SIZE], got[DIGEST_SIZE];
    bool known = true;

    memset(body, 7, sizeof body);
    assert_true(journal_foreign_get(s->journal, message.id, got, &known, &s->err));
    assert_false(known);
    assert_true(journal_foreign_save(s->journal, message.id, body, &s->err));
    assert_true(journal_foreign_get(s->journal, message.id, got, &known, &s->err));
    assert_true(known);
    assert_memory_equal(got, body, DIGEST_SIZE);

    assert_true(journal_foreign_save(s->journal, message.id, NULL, &s->err));
    assert_true(journal_foreign_get(s->journal, message.id, got, &known, &s->err));
    assert_false(known);
    assert_true(journal_foreign_save(s->journal, message.id, body, &s->err));
    assert_true(journal_message_delete(s->journal, message.id, &s->err));
    assert_true(journal_foreign_get(s->journal, message.id, got, &known, &s->err));
    assert_false(known);
}

static void
pairs_in_other_bytes_are_those_that_are_on_both_sides(void **state)
{
    struct scene *s = *state;
    static const unsigned facts[] = {FACT_FOREIGN, 0, FACT_FOREIGN | FACT_GONE_HERE, FACT_FOREIGN | FACT_GONE_THERE,
                                     FACT_FOREIGN | FACT_BY_HEADER};
    int64_t ids[5], want[2];
    struct journal_message alone = {.mailbox = s->mailbox, .facts = FACT_FOREIGN, .base = "alone", .info = "c:2,"};

    for (size_t i = 0; i < 5; i++) {
        struct journal_message message = paired(s->mailbox, 1 + (uint32_t)i);

        message.facts = facts[i];
        ids[i] = given_message(s, message).id;
    }
    given_message(s, alone);

    want[0] = ids[0];
    want[1] = ids[4];
    assert_ids(s, s->mailbox, WHICH_FOREIGN, want, 2);
    assert_ids(s, given_mailbox(s, "Other"), WHICH_FOREIGN, NULL, 0);
}

static void
a_pair_in_other_bytes_is_clean(void **state)
{
    struct journal_message message = paired(1, 1);

    (void)state;
    message.facts = FACT_FOREIGN | FACT_BY_HEADER;
    assert_true(journal_message_is_clean(&message));
    message.facts |= FACT_GONE_HERE;
    assert_false(journal_message_is_clean(&message));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_header_says_comes_back_at_its_limits),
        TEST(it_goes_with_its_message_and_when_that_gets_a_file),
        TEST(the_body_of_a_file_in_other_bytes_comes_back_or_is_not_known),
        TEST(pairs_in_other_bytes_are_those_that_are_on_both_sides),
        cmocka_unit_test(a_pair_in_other_bytes_is_clean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
