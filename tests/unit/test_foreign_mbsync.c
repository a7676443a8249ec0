/* mbsync's state in each form that its versions write, and in none that they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/base/flags.h"
#include "store/foreign/mbsync.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* What mbsync 1.4.4 wrote, and the lines that only some states have. */
#define HEADER "FarUidValidity 1795802187\nNearUidValidity 1795802184\nMaxPulledUid 9\nMaxPushedUid 6\n"
#define STATE HEADER "MaxExpiredFarUid 3\n\n1 1 \n2 2 S\n3 0 ~FS\n4 3 >\n0 6 <T\n5 4 DFPRST\n"

static bool
reads(const char *bytes, size_t len, struct foreign_state *state)
{
    struct error err = {0};
    bool ok = mbsync_read_state((struct text){bytes, len}, state, &err);

    assert_true(ok || err.answer[0] != '\0' || err.kind == ERROR_LOCAL);
    return ok;
}

static void
assert_row(const struct foreign_row *row, uint32_t far, uint32_t near, unsigned flags, unsigned marks)
{
    assert_int_equal(row->far, far);
    assert_int_equal(row->near, near);
    assert_int_equal(row->flags, flags);
    assert_int_equal(row->marks, marks);
}

static void
a_state_of_today_is_read(void **state)
{
    struct foreign_state read = {0};

    (void)state;

    assert_true(reads(STATE, sizeof STATE - 1, &read));

    assert_int_equal(read.far_validity, 1795802187);
    assert_int_equal(read.near_validity, 1795802184);
    assert_int_equal(read.max_pulled, 9);
    assert_int_equal(read.max_far, 9);
    assert_int_equal(read.max_near, 6);
    assert_int_equal(read.count, 6);
    assert_row(&read.rows[0], 1, 1, 0, 0);
    assert_row(&read.rows[1], 2, 2, FLAG_SEEN, 0);
    assert_row(&read.rows[2], 3, 0, FLAG_SEEN | FLAG_FLAGGED, FOREIGN_LET_GO);
    assert_row(&read.rows[3], 4, 3, 0, FOREIGN_NEAR_STANDS);
    assert_row(&read.rows[4], 0, 6, FLAG_DELETED, FOREIGN_FAR_STANDS);
    assert_row(&read.rows[5], 5, 4, FLAG_ALL, 0);
    foreign_state_free(&read);
}

static void
states_of_earlier_versions_are_read(void **state)
{
    static const struct {
        const char *bytes;
        uint32_t far, near, pulled;
        size_t count;
        struct foreign_row first;
    } rows[] = {
        {"17:6 18:0:6\n1 1 \n2 2 S\n", 17, 18, 6, 2, {1, 1, 0, 0}}, /* 1.0 */
        {"17:6 18:0:6\n", 17, 18, 6, 0, {0}},
        {"MasterUidValidity 17\nSlaveUidValidity 18\nMaxPulledUid 6\nMaxPushedUid 5\nMaxExpiredSlaveUid 2\n\n1 1 XS\n",
         17,
         18,
         6,
         1,
         {1, 1, FLAG_SEEN, FOREIGN_LET_GO}}, /* 1.1 and 1.2 */
        {"MasterUidValidity 17\nSlaveUidValidity 18\nMaxPulledUid 6\n\n4294967295 1 \n",
         17,
         18,
         6,
         1,
         {0, 1, 0, FOREIGN_SKIPPED}},
        {"MasterUidValidity 17\nSlaveUidValidity 18\nMaxPulledUid 6\n\n3 4294967295 \n",
         17,
         18,
         6,
         1,
         {3, 0, 0, FOREIGN_SKIPPED}},
        {"MasterUidValidity 17\nSlaveUidValidity 18\nMaxPulledUid 6\nMaxExpiredMasterUid 2\n\n3 0 ^S\n",
         17,
         18,
         6,
         1,
         {3, 0, FLAG_SEEN, FOREIGN_SKIPPED}}, /* 1.3 */
        {"FarUidValidity 17\nNearUidValidity 18\nMaxPulledUid 6\nMaxPushedUid 5\nMaxExpiredNearUid 2\n\n1 1 <~\n",
         17,
         18,
         6,
         1,
         {1, 1, 0, FOREIGN_FAR_STANDS | FOREIGN_LET_GO}}, /* 1.5 */
        {"FarUidValidity 17\nNearUidValidity 18\nMaxPulledUid 6\nMaxPushedUid 5\n\n0 0 \n1 1\n",
         17,
         18,
         6,
         1,
         {1, 1, 0, 0}},
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct foreign_state read = {0};

        assert_true(reads(rows[i].bytes, strlen(rows[i].bytes), &read));
        assert_int_equal(read.far_validity, rows[i].far);
        assert_int_equal(read.near_validity, rows[i].near);
        assert_int_equal(read.max_pulled, rows[i].pulled);
        assert_int_equal(read.count, rows[i].count);
        if (read.count != 0)
            assert_row(&read.rows[0], rows[i].first.far, rows[i].first.near, rows[i].first.flags, rows[i].first.marks);
        foreign_state_free(&read);
    }
}

/* Between two rows nobody can tell: what lacks then is compared with what is there. */
static void
a_state_that_is_cut_within_a_line_is_not_believed(void **state)
{
    struct foreign_state read = {0};
    const size_t body = strstr(STATE, "\n\n") + 2 - STATE;

    (void)state;
    for (size_t len = 0; len < sizeof STATE - 1; len++) {
        const bool may = len >= body && STATE[len - 1] == '\n';

        assert_true(reads(STATE, len, &read) == may);
        foreign_state_free(&read);
    }
}

static void
what_no_version_writes_is_refused_as_a_whole(void **state)
{
    static const char *const bytes[] = {
        "\n" HEADER "\n1 1 \n",
        HEADER "MaxKeywords 3\n\n1 1 \n", /* of a later version */
        HEADER "\n1 1 !\n",
        HEADER "\n1 1 SF\n",
        HEADER "\n1 1 S~\n",
        HEADER "\n1 1 S extra\n",
        HEADER "\n1 1 SS\n",
        HEADER "\n1 \n",
        HEADER "\n1\n",
        HEADER "\n\n",
        HEADER "\n-1 1 \n",
        HEADER "\n+1 1 \n",
        HEADER "\n1 4294967296 \n",
        HEADER "\n1 1 \n1 2 \n", /* one UID twice on a side */
        HEADER "\n1 1 \n2 1 \n",
        "FarUidValidity 0\nNearUidValidity 1\nMaxPulledUid 9\n\n1 1 \n",
        "NearUidValidity 1\nMaxPulledUid 9\n\n1 1 \n",
        "FarUidValidity 1\nNearUidValidity x\nMaxPulledUid 9\n\n1 1 \n",
        "17:6 18:6\n1 1 \n",
        "17:6 18:0:6 \n1 1 \n",
        "SQLite format 3\n",
    };
    struct foreign_state read = {0};

    (void)state;
    for (size_t i = 0; i < LENGTH(bytes); i++)
        assert_false(reads(bytes[i], strlen(bytes[i]), &read));
    assert_false(reads(HEADER "\n1 1 \0\n", sizeof HEADER "\n1 1 \0\n" - 1, &read));
    assert_null(read.rows);
}

static void
the_uid_of_a_name_is_a_whole_number(void **state)
{
    (void)state;
    assert_int_equal(mbsync_uid_of_name("1795802184.20282_3.vm,U=3"), 3);
    assert_int_equal(mbsync_uid_of_name("a,U=4294967295"), 4294967295U);
    assert_int_equal(mbsync_uid_of_name("a,S=12,U=7,W=13"), 7);
    assert_int_equal(mbsync_uid_of_name("a,U=4294967296"), 0);
    assert_int_equal(mbsync_uid_of_name("a,U="), 0);
    assert_int_equal(mbsync_uid_of_name("a,U=x1"), 0);
    assert_int_equal(mbsync_uid_of_name("aU=1"), 0);
}

static void
the_validity_of_a_folder_is_two_numbers(void **state)
{
    struct error err = {0};
    uint32_t validity = 0, max = 0;

    (void)state;
    assert_true(mbsync_read_validity(TEXT("1795802184\n6\n"), &validity, &max, &err));
    assert_int_equal(validity, 1795802184);
    assert_int_equal(max, 6);
    assert_false(mbsync_read_validity(TEXT("1795802184\n"), &validity, &max, &err));
    assert_false(mbsync_read_validity(TEXT("0\n6\n"), &validity, &max, &err));
    assert_false(mbsync_read_validity(TEXT(""), &validity, &max, &err));
}

static void
a_file_of_states_names_its_box_at_the_end(void **state)
{
    (void)state;
    assert_true(mbsync_names_box(":far:Work!2024_:near:Work!2024", "Work/2024"));
    assert_true(mbsync_names_box(";far;x_;near;INBOX", "INBOX"));
    assert_true(mbsync_names_box("work-INBOX", "INBOX"));
    assert_true(mbsync_names_box("INBOX", "INBOX"));
    assert_false(mbsync_names_box(":far:a_:near:Work!2024", "Work/2023"));
    assert_false(mbsync_names_box(":far:Work!2024_:near:Work!2024", "2024"));
    assert_false(mbsync_names_box("BOX", "INBOX"));
    assert_false(mbsync_names_box("anything", ""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_of_today_is_read),
        cmocka_unit_test(states_of_earlier_versions_are_read),
        cmocka_unit_test(a_state_that_is_cut_within_a_line_is_not_believed),
        cmocka_unit_test(what_no_version_writes_is_refused_as_a_whole),
        cmocka_unit_test(the_uid_of_a_name_is_a_whole_number),
        cmocka_unit_test(the_validity_of_a_folder_is_two_numbers),
        cmocka_unit_test(a_file_of_states_names_its_box_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
