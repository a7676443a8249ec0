/* What another program's state says about files and UIDs: each kind of row, each thing that may lack. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "store/base/flags.h"
#include "sync/adopt/decide.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define ADDED 22

/* Files are "f" + UID here, of 1000 bytes; UIDs "u" + UID there. */
struct scene {
    struct foreign_row rows[8];
    size_t row_count;
    uint32_t max_pulled;
    struct decide_file files[8];
    size_t file_count;
    struct decide_uid uids[8];
    size_t uid_count;
    bool drafts;
    struct foreign_state state;
    struct decided decided;
};

static void
given_row(struct scene *s, uint32_t far, uint32_t near, unsigned flags, unsigned marks)
{
    s->rows[s->row_count++] = (struct foreign_row){far, near, flags, marks};
}

static void
given_file(struct scene *s, uint32_t near, uint64_t size)
{
    s->files[s->file_count] = (struct decide_file){.id = 100 + (int64_t)s->file_count, .near = near, .size = size};
    s->file_count++;
}

static void
given_uid(struct scene *s, uint32_t uid, uint64_t size)
{
    s->uids[s->uid_count] = (struct decide_uid){.id = 200 + (int64_t)s->uid_count, .uid = uid, .size = size};
    s->uid_count++;
}

static void
when_decided(struct scene *s)
{
    struct decide_input input = {.state = &s->state,
                                 .files = s->files,
                                 .file_count = s->file_count,
                                 .uids = s->uids,
                                 .uid_count = s->uid_count,
                                 .added = ADDED,
                                 .drafts = s->drafts};

    s->state = (struct foreign_state){.rows = s->rows, .count = s->row_count, .max_pulled = s->max_pulled};
    assert_true(decide(&input, &s->decided));
}

static const struct decision *
only(struct scene *s)
{
    assert_int_equal(s->decided.count, 1);
    return &s->decided.at[0];
}

static int
tear_down(void **state)
{
    struct scene *s = *state;

    free(s->decided.at);
    free(s);
    return 0;
}

static int
set_up(void **state)
{
    *state = calloc(1, sizeof(struct scene));
    return *state == NULL ? -1 : 0;
}

static void
a_row_with_both_sides_is_a_pair_with_the_flags_of_the_row(void **state)
{
    struct scene *s = *state;

    given_row(s, 7, 3, FLAG_SEEN, 0);
    given_file(s, 3, 1022);
    given_uid(s, 7, 1000);

    when_decided(s);

    assert_int_equal(only(s)->what, DECIDE_PAIR);
    assert_int_equal(only(s)->file, 100);
    assert_int_equal(only(s)->uid, 200);
    assert_int_equal(only(s)->flags, FLAG_SEEN);
    assert_int_equal(only(s)->longer, 22);
}

static void
sizes_that_a_line_explains_make_a_pair_and_no_others(void **state)
{
    static const struct {
        uint64_t here, there;
        enum decide_what what;
    } rows[] = {
        {1000, 1000, DECIDE_PAIR},  {1022, 1000, DECIDE_PAIR},  {1000, 1022, DECIDE_PAIR}, {1021, 1000, DECIDE_PROBE},
        {1000, 1023, DECIDE_PROBE}, {1000, 1001, DECIDE_PROBE}, {1000, 0, DECIDE_PROBE},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = {0};

        given_row(&s, 1, 1, 0, 0);
        given_file(&s, 1, rows[i].here);
        given_uid(&s, 1, rows[i].there);
        when_decided(&s);
        assert_int_equal(only(&s)->what, rows[i].what);
        free(s.decided.at);
    }
}

static void
a_name_that_may_be_another_folders_is_compared(void **state)
{
    struct scene s = {0};

    (void)state;
    given_row(&s, 1, 1, 0, 0);
    given_file(&s, 1, 1000);
    s.files[0].carried = true;
    given_uid(&s, 1, 1000);
    when_decided(&s);
    assert_int_equal(only(&s)->what, DECIDE_PROBE);
    free(s.decided.at);
}

static void
a_name_that_may_be_another_folders_is_no_removal(void **state)
{
    struct scene s = {0};

    (void)state;
    given_row(&s, 1, 1, 0, 0);
    given_row(&s, 2, 2, 0, FOREIGN_NEAR_STANDS);
    given_file(&s, 1, 1000);
    given_file(&s, 2, 1000);
    s.files[0].carried = s.files[1].carried = true;
    given_uid(&s, 2, 1000);
    when_decided(&s);
    assert_int_equal(s.decided.unproven, 2);
    assert_int_equal(only(&s)->what, DECIDE_APART);
    assert_int_equal(only(&s)->far, 2);
    free(s.decided.at);
}

static void
what_lacks_on_one_side_was_removed_there(void **state)
{
    struct scene *s = *state;

    given_row(s, 7, 3, FLAG_SEEN, 0);
    given_row(s, 8, 4, FLAG_FLAGGED, 0);
    given_row(s, 9, 5, 0, 0); /* gone on both */
    given_file(s, 4, 1000);
    given_uid(s, 7, 1000);

    when_decided(s);

    assert_int_equal(s->decided.count, 2);
    assert_int_equal(s->decided.at[0].what, DECIDE_GONE_HERE);
    assert_int_equal(s->decided.at[0].uid, 200);
    assert_int_equal(s->decided.at[0].file, 0);
    assert_int_equal(s->decided.at[1].what, DECIDE_GONE_THERE);
    assert_int_equal(s->decided.at[1].file, 100);
    assert_int_equal(s->decided.at[1].far, 8);
    assert_int_equal(s->decided.at[1].flags, FLAG_FLAGGED);
}

static void
marks_and_zeros_are_never_a_removal(void **state)
{
    static const struct {
        uint32_t far, near;
        unsigned marks;
        enum decide_why why;
    } rows[] = {
        {7, 3, FOREIGN_LET_GO, DECIDE_LET_GO},
        {7, 0, FOREIGN_LET_GO, DECIDE_LET_GO},
        {7, 0, 0, DECIDE_SKIPPED},
        {0, 3, 0, DECIDE_SKIPPED},
        {7, 3, FOREIGN_SKIPPED, DECIDE_SKIPPED},
        {7, 0, FOREIGN_SKIPPED, DECIDE_SKIPPED},
        {7, 3, FOREIGN_NEAR_STANDS, DECIDE_NEAR_STANDS},
        {7, 0, FOREIGN_NEAR_STANDS, DECIDE_NEAR_STANDS},
        {7, 3, FOREIGN_FAR_STANDS, DECIDE_FAR_STANDS},
        {7, 3, FOREIGN_NEAR_STANDS | FOREIGN_LET_GO, DECIDE_NEAR_STANDS},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        for (int side = 0; side < 2; side++) { /* the file alone, the UID alone */
            struct scene s = {0};

            given_row(&s, rows[i].far, rows[i].near, 0, rows[i].marks);
            if (side == 0 && rows[i].near != 0)
                given_file(&s, rows[i].near, 1000);
            if (side == 1 && rows[i].far != 0)
                given_uid(&s, rows[i].far, 1000);
            when_decided(&s);
            assert_int_equal(s.decided.count, s.file_count + s.uid_count);
            if (s.decided.count != 0) {
                assert_int_equal(only(&s)->what, DECIDE_APART);
                assert_int_equal(only(&s)->why, rows[i].why);
            }
            free(s.decided.at);
        }
    }
}

static void
what_was_let_go_and_is_on_both_sides_is_a_pair(void **state)
{
    struct scene *s = *state;

    given_row(s, 7, 3, FLAG_SEEN, FOREIGN_LET_GO);
    given_file(s, 3, 1000);
    given_uid(s, 7, 1000);
    when_decided(s);
    assert_int_equal(only(s)->what, DECIDE_PAIR);
}

static void
a_placeholder_and_its_message_stay_on_their_sides(void **state)
{
    struct scene *s = *state;

    given_row(s, 7, 3, 0, FOREIGN_NEAR_STANDS);
    given_file(s, 3, 500);
    given_uid(s, 7, 100000);
    when_decided(s);
    assert_int_equal(s->decided.count, 2);
    assert_int_equal(s->decided.at[0].what, DECIDE_APART);
    assert_int_equal(s->decided.at[0].file, 100);
    assert_int_equal(s->decided.at[1].what, DECIDE_APART);
    assert_int_equal(s->decided.at[1].uid, 200);
}

static void
a_uid_that_the_program_saw_and_forgot_was_let_go(void **state)
{
    struct scene *s = *state;

    s->max_pulled = 9;
    given_row(s, 8, 3, 0, 0);
    given_file(s, 3, 1000);
    given_uid(s, 10, 1000);
    given_uid(s, 9, 1000);
    given_uid(s, 8, 1000);

    when_decided(s);

    assert_int_equal(s->decided.count, 2);
    assert_int_equal(s->decided.at[0].what, DECIDE_PAIR);
    assert_int_equal(s->decided.at[1].what, DECIDE_APART);
    assert_int_equal(s->decided.at[1].far, 9);
    assert_int_equal(s->decided.at[1].why, DECIDE_LET_GO);
}

static void
a_name_that_was_copied_proves_nothing(void **state)
{
    struct scene *s = *state;

    s->max_pulled = 7;
    given_row(s, 7, 3, 0, 0);
    given_file(s, 3, 1000);
    given_file(s, 3, 1000);
    given_file(s, 0, 1000);
    given_uid(s, 7, 1000);

    when_decided(s);

    assert_int_equal(s->decided.count, 0);
    assert_int_equal(s->decided.unproven, 1);
}

static void
a_draft_is_compared_whatever_its_size(void **state)
{
    struct scene *s = *state;

    s->drafts = true;
    given_row(s, 7, 3, 0, 0);
    given_row(s, 8, 4, 0, 0);
    given_file(s, 3, 1000);
    given_uid(s, 7, 1000);
    given_uid(s, 8, 1000);
    when_decided(s);
    assert_int_equal(only(s)->what, DECIDE_GONE_HERE);
    assert_int_equal(s->decided.unproven, 1);
}

static void
files_without_a_row_are_left_to_be_compared(void **state)
{
    struct scene *s = *state;

    given_row(s, 7, 3, 0, 0);
    given_file(s, 0, 1000);
    given_file(s, 4, 1000);
    when_decided(s);
    assert_int_equal(s->decided.count, 0);
}

/* Why is a file missing? `expired`: MaxExpiredFarUid. */
static enum decide_gone
gone_again(const struct foreign_row *rows, size_t count, uint32_t expired, uint32_t far, uint32_t near, bool again)
{
    struct foreign_row copy[8];
    const struct foreign_state state = {.rows = copy, .count = count, .max_expired = expired};
    struct decide_rows order;
    struct arena arena = {0};
    enum decide_gone why;

    memcpy(copy, rows, count * sizeof *rows);
    assert_true(decide_rows(&state, &arena, &order));
    why = decide_gone(&order, far, near, again);
    arena_free(&arena);
    return why;
}

static enum decide_gone
gone(const struct foreign_row *rows, size_t count, uint32_t expired, uint32_t far, uint32_t near)
{
    return gone_again(rows, count, expired, far, near, false);
}

static void
what_is_missing_was_let_go_only_where_the_state_says_so(void **unused)
{
    const struct foreign_row rows[] = {
        {9, 2, 0, 0}, {7, 4, 0, FOREIGN_LET_GO}, {8, 1, 0, 0}, {6, 0, 0, FOREIGN_LET_GO}};

    (void)unused;
    assert_int_equal(gone(rows, 1, 0, 9, 2), DECIDE_REMOVED); /* nothing is let go */
    assert_int_equal(gone(rows, 1, 0, 5, 0), DECIDE_REMOVED);
    assert_int_equal(gone(rows, 4, 0, 7, 4), DECIDE_TAKEN);
    assert_int_equal(gone(rows, 4, 0, 6, 5), DECIDE_TAKEN);
    assert_int_equal(gone(rows, 4, 0, 6, 0), DECIDE_TAKEN);
    assert_int_equal(gone(rows, 4, 0, 8, 1), DECIDE_REMOVED);
    assert_int_equal(gone(rows, 4, 0, 3, 4), DECIDE_TAKEN);   /* the file's own row, whatever golub took it for */
    assert_int_equal(gone(rows, 4, 0, 8, 2), DECIDE_REMOVED); /* one of two equal messages, of which none was let go */
    assert_int_equal(gone(rows, 4, 0, 7, 2), DECIDE_UNSURE);  /* another message's UID: its name is from elsewhere */
    assert_int_equal(gone(rows, 4, 0, 5, 2), DECIDE_UNSURE);
    assert_int_equal(gone(rows, 4, 5, 5, 2), DECIDE_TAKEN);
    assert_int_equal(gone_again(rows, 4, 5, 5, 2, true), DECIDE_REMOVED); /* the row is of the copy that it sent up */
    assert_int_equal(gone(rows, 4, 5, 5, 3), DECIDE_TAKEN);               /* pruned */
    assert_int_equal(gone(rows, 4, 5, 10, 3), DECIDE_UNSURE);
    assert_int_equal(gone(rows, 4, 5, 5, 0), DECIDE_UNSURE); /* mbsync had not named it when it was seen last */
    assert_int_equal(gone(rows, 4, 5, 8, 0), DECIDE_UNSURE);
    assert_int_equal(gone(rows, 0, 5, 5, 3), DECIDE_TAKEN);
    assert_int_equal(gone(rows, 0, 0, 5, 3), DECIDE_REMOVED);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_row_with_both_sides_is_a_pair_with_the_flags_of_the_row),
        cmocka_unit_test(sizes_that_a_line_explains_make_a_pair_and_no_others),
        cmocka_unit_test(a_name_that_may_be_another_folders_is_compared),
        cmocka_unit_test(a_name_that_may_be_another_folders_is_no_removal),
        TEST(what_lacks_on_one_side_was_removed_there),
        cmocka_unit_test(marks_and_zeros_are_never_a_removal),
        TEST(what_was_let_go_and_is_on_both_sides_is_a_pair),
        TEST(a_placeholder_and_its_message_stay_on_their_sides),
        TEST(a_uid_that_the_program_saw_and_forgot_was_let_go),
        TEST(a_name_that_was_copied_proves_nothing),
        TEST(a_draft_is_compared_whatever_its_size),
        TEST(files_without_a_row_are_left_to_be_compared),
        cmocka_unit_test(what_is_missing_was_let_go_only_where_the_state_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
