/* Which message is which where several could be it: none is taken for another that can't be asked for just now, or that never came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_reports.h"

/* Rows that were looked at; the linker puts it between. */
static int rows_read;

bool __real_journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found,
                            struct error *err);
bool __wrap_journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found,
                            struct error *err);

bool
__wrap_journal_pop_get(struct journal *journal, int64_t id, struct journal_pop *out, bool *found, struct error *err)
{
    rows_read++;
    return __real_journal_pop_get(journal, id, out, found, err);
}

static int
rows_read_for_reports_under_other_names(struct scene *sc, int count)
{
    for (int i = 0; i < count; i++) {
        char name[16], body[16];

        text_print(name, sizeof name, "%d", i);
        text_print(body, sizeof body, "body %04d", i);
        (void)given_report(sc, name, body);
    }
    assert_run(sc, 0);
    given_other_names(sc);
    rows_read = 0;
    assert_run(sc, 0);
    const int rows = rows_read;
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), count);
    return rows;
}

/* Each is compared by its bytes: that two rows have other ones says so, and the others are not looked at once more for each of them. */
static void
many_reports_under_other_names_cost_as_much_as_they_are(void **state)
{
    const int few = rows_read_for_reports_under_other_names(*state, 20);

    assert_int_equal(scene_close(state), 0);
    assert_int_equal(scene_open(state), 0);
    assert_in_range(rows_read_for_reports_under_other_names(*state, 80), 0, 5 * few);
}

enum change { NAMES_CHANGE, NAMES_CHANGE_AND_ONE_WENT, JOURNAL_LOST };

static int
rows_read_for_equal_reports(struct scene *sc, int count, enum change change)
{
    for (int i = 0; i < count; i++) {
        char name[16];

        text_print(name, sizeof name, "%d", i);
        (void)given_report(sc, name, "it goes on");
    }
    assert_run(sc, 0);
    sc->drop.mails[0].gone = change == NAMES_CHANGE_AND_ONE_WENT;
    if (change == JOURNAL_LOST)
        lose_journal(sc);
    else
        given_other_names(sc);
    rows_read = 0;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), count);
    return rows_read;
}

/* What is known of one line and its rows is known of all that are equal to it: none of them looks at all the others. */
static void
many_equal_reports_cost_as_much_as_they_are(void **state)
{
    for (enum change change = NAMES_CHANGE; change <= JOURNAL_LOST; change++) {
        const int few = rows_read_for_equal_reports(*state, 20, change);

        assert_int_equal(scene_close(state), 0);
        assert_int_equal(scene_open(state), 0);
        assert_in_range(rows_read_for_equal_reports(*state, 80, change), 0, 5 * few);
        assert_int_equal(scene_close(state), 0);
        assert_int_equal(scene_open(state), 0);
    }
}

static void
a_message_that_never_came_is_not_taken_for_one_of_its_header_when_all_names_change(void **state)
{
    struct scene *sc = *state;
    struct dropped *first, *second;

    given_mails(sc, 3);
    first = given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    second = given_report(sc, "b", "it failed.");
    second->refuse_retr = true;
    assert_run(sc, 1);
    first->gone = true;
    second->refuse_retr = false;
    given_other_names(sc);

    assert_run(sc, 0);

    assert_all_here(sc);
}

static void
a_header_that_cant_be_read_makes_no_other_its_message_when_all_names_change(void **state)
{
    struct scene *sc = *state;
    struct dropped *first;

    given_mails(sc, 3);
    first = given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    (void)given_report(sc, "b", "it failed.");
    first->refuse_retr = first->refuse_top = true;
    given_other_names(sc);
    assert_run(sc, 1);
    first->refuse_retr = first->refuse_top = false;

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_all_here(sc);
}

static void
where_the_header_is_the_name_another_size_is_not_the_known_one(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = true;
    (void)given_report(sc, "", "it goes on");
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    (void)given_report(sc, "", "it goes on");
    (void)given_report(sc, "", "it failed for good");
    (void)given_report(sc, "", "it goes in");

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    look_here(sc);
    for (size_t i = 1; i < sc->drop.count; i++)
        assert_int_equal(copies_seen(&sc->drop.mails[i]), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

static void
what_was_recorded_as_had_is_known_under_another_name_though_its_size_was_never_told(void **state)
{
    struct scene *sc = *state;

    for (int i = 0; i < 2; i++)
        given_mail(sc, "equal")->no_size = true;
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->account.import.keep_days = 0;
    given_other_names(sc);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(sc->drop.deles, 0);
    assert_int_equal(rows(sc, POP_HAD), 2);
}

/* Where their order is another than that of their rows, the order says which is which for none. */
static void
equal_headers_of_other_bodies_are_told_apart_by_these_when_all_names_change(void **state)
{
    struct scene *sc = *state;
    struct dropped swap;

    sc->account.policy.max_delete = 100;
    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    time_passes(sc, 2 * DAY);
    (void)given_report(sc, "b", "it failed.");
    assert_run(sc, 0);
    swap = sc->drop.mails[3];
    sc->drop.mails[3] = sc->drop.mails[4];
    sc->drop.mails[4] = swap;
    given_other_names(sc);
    assert_run(sc, 0);
    sc->account.import.keep_days = 1;

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(count_there(sc), 1);
    assert_false(sc->drop.mails[3].gone);
    assert_all_here(sc);
}

static void
what_has_an_equal_header_waits_while_a_file_of_a_lost_journal_was_not_seen(void **state)
{
    struct scene *sc = *state;

    (void)given_report(sc, "a", "it goes on");
    (void)given_report(sc, "b", "it failed.");
    assert_run(sc, 0);
    lose_journal(sc);
    sc->hidden = 1;
    assert_run(sc, 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    (void)usleep(15000);

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* What is listed was begun, so that nothing is new: the files here say that a journal was lost all the same. */
static void
a_lost_journal_and_a_list_of_what_was_begun_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    for (int at = 5; at <= 9; at++) {
        sc->now += DAY;
        given_mails(sc, 1);
        lose_journal(sc);
        sc->drop.list_from = (uint32_t)sc->drop.count - 1;
        sc->drop.list_most = 1;
        sc->drop.fail_at = at;
        (void)run_import(sc);
        sc->drop.fail_at = 0;
        assert_run(sc, 0);
        sc->drop.list_from = sc->drop.list_most = 0;
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), (int)sc->drop.count);
        assert_all_here(sc);
    }
}

static bool
knows_all(void *self, const char *base, bool *known, struct error *err)
{
    (void)self, (void)base, (void)err;
    *known = true;
    return true;
}

static bool
had_nothing(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)self, (void)base, (void)before, (void)err;
    *had = false;
    return true;
}

static void
a_lost_journal_beside_another_account_and_half_a_list_bring_nothing_a_second_time(void **state)
{
    struct beside beside = {.account = "both", .knows = knows_all, .had = had_nothing};
    struct scene *sc = *state;

    sc->beside = &beside;
    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->now += DAY;
    given_mails(sc, 1);
    lose_journal(sc);
    sc->drop.list_from = 3;
    sc->drop.list_most = 1;
    assert_run(sc, 0);
    sc->drop.list_from = sc->drop.list_most = 0;

    assert_run(sc, 0);

    assert_all_here(sc);
}

static void
a_lost_journal_and_a_run_that_records_alone_bring_nothing_a_second_time(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->now += DAY;
    lose_journal(sc);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    given_other_names(sc);

    assert_run(sc, 0);

    assert_all_here(sc);
}

/* It was what was fetched before, under another one's name; then that name is a third one's. */
static void
what_was_recorded_as_had_and_was_another_rows_hides_nobody_who_gets_its_name(void **state)
{
    static const char first[] = "Message-ID: <first@x>\r\n\r\nbody\r\n",
                      third[] = "Message-ID: <third@x>\r\n\r\nmore than that\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    (void)given_mail(sc, "2");
    assert_run(sc, 0);
    sc->drop.mails[0].gone = sc->drop.mails[1].gone = true;
    sc->now += DAY;
    assert_run(sc, 0);
    sc->now += DAY;
    given_mail_as(sc, "2", first, sizeof first - 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    sc->drop.mails[2].gone = true;
    given_mail_as(sc, "2", third, sizeof third - 1);

    assert_run(sc, 0);

    look_here(sc);
    assert_int_equal(copies_seen(&sc->drop.mails[3]), 1);
}

/* Recorded by name and size alone; then it goes, and two new ones have its name: one of them its size, too. */
static void
a_size_does_not_say_which_of_equal_names_was_recorded_as_had(void **state)
{
    static const char old[] = "Message-ID: <old@x>\r\n\r\nbody\r\n",
                      other[] = "Message-ID: <other@x>\r\n\r\nmore than that\r\n",
                      new[] = "Message-ID: <new@x>\r\n\r\nbody\r\n";
    struct scene *sc = *state;
    struct dropped *had = given_mail_as(sc, "a", old, sizeof old - 1), *second, *third;

    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    had->gone = true;
    second = given_mail_as(sc, "a", other, sizeof other - 1);
    third = given_mail_as(sc, "a", new, sizeof new - 1);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, second), 1);
    assert_int_equal(copies_here(sc, third), 1);
}

/* Under another name, with and without a TOP. */
static void
what_comes_again_in_the_run_that_would_forget_it_is_known(void **state)
{
    struct scene *sc = *state;
    uint64_t left;

    given_mails(sc, 3);
    assert_run(sc, 0);
    for (int i = 0; i < 2; i++) {
        sc->drop.mails[i].gone = true;
        assert_run(sc, 0);
        time_passes(sc, 40 * DAY);
        sc->drop.mails[i].gone = false;
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "again-%d", i);
        sc->drop.no_top = i == 1;
        assert_run(sc, 0);
        assert_all_here(sc);
    }
    sc->drop.mails[2].gone = true;
    assert_run(sc, 0);
    time_passes(sc, 40 * DAY);

    assert_run(sc, 0);

    assert_true(journal_pop_count_all(sc->journal, &left, &sc->err));
    assert_int_equal(left, 2);
}

static bool
has_row(struct scene *sc, const char *uidl)
{
    int64_t *ids;
    size_t count;

    assert_true(journal_pop_by_uidl(sc->journal, uidl, &ids, &count, &sc->err));
    free(ids);
    return count > 0;
}

/* A line more that no program is known to add, in each TOP alone. */
static void
what_top_alone_shows_makes_no_other_message_when_all_names_change(void **state)
{
    struct scene *sc = *state;

    sc->drop.top_adds = "X-Seen-By: a proxy\r\n";
    given_mails(sc, 4);
    assert_run(sc, 0);
    given_other_names(sc);
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(sc->drop.retrs, 5);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* Neither TOP nor RETR says for two months which message it is. */
static void
what_may_be_one_that_cant_be_read_is_not_forgotten(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_report(sc, "a", "it goes on");

    (void)given_mail(sc, "of another size");
    assert_run(sc, 0);
    given_other_names(sc);
    mail->refuse_top = mail->refuse_retr = true;
    sc->drop.mails[1].gone = true;
    for (int i = 0; i < 10; i++) {
        assert_run(sc, 1);
        sc->now += 6 * DAY;
    }
    assert_true(has_row(sc, "a"));
    assert_false(has_row(sc, "of another size"));
    mail->refuse_top = mail->refuse_retr = false;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* Nothing may come in two months. */
static void
what_may_not_be_compared_keeps_what_it_may_be_and_nothing_else(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_report(sc, "a", "it goes on");

    (void)given_mail(sc, "of another header");
    assert_run(sc, 0);
    given_other_names(sc);
    sc->drop.mails[1].gone = true;
    sc->account.policy.pull.new_mail = false;
    for (int i = 0; i < 10; i++) {
        assert_run(sc, 0);
        sc->now += 6 * DAY;
    }
    assert_true(has_row(sc, "a"));
    assert_false(has_row(sc, "of another header"));
    sc->account.policy.pull.new_mail = true;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* Its TOP has a line more by now; what has that line in its bytes, too, was delivered once more. */
static void
what_was_removed_and_kept_is_known_under_another_name_by_its_bytes_and_a_copy_of_it_comes(void **state)
{
    static const char again[] = "Status: RO\r\n" HEADER "it goes on\r\n";
    struct scene *sc = *state;
    struct dropped *copy;

    sc->account.import.keep_days = 0;
    sc->drop.keeps_all = true;
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    sc->now += DAY;
    sc->drop.mails[0].top_adds = "Status: RO\r\n";
    given_other_names(sc);
    assert_run(sc, 0);
    assert_all_here(sc);
    sc->drop.keeps_all = false;
    assert_run(sc, 0);
    sc->now += DAY;
    copy = given_mail_as(sc, "b", again, sizeof again - 1);
    copy->listed_size = sc->drop.mails[0].len;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, copy), 1);
    assert_all_here(sc);
}

/* Nothing but the header says which file it is: one that lacks its end is nobody's, and no proof that the message is new. */
static void
a_lost_journal_and_a_header_that_comes_cut_bring_nothing_a_second_time(void **state)
{
    enum { CUT, REFUSED_AND_EMPTY, REFUSED_AND_CUT, WAYS };
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    for (int way = 0; way < WAYS; way++) {
        struct dropped *mail = &sc->drop.mails[1];

        lose_journal(sc);
        mail->top_gives = way == CUT ? 20 : 0;
        mail->refuse_top = way != CUT;
        mail->give_none = way == REFUSED_AND_EMPTY;
        mail->give = way == REFUSED_AND_CUT ? 20 : 0;
        mail->give_once = way != CUT; /* should it be asked for as new mail it comes */
        assert_run(sc, way == CUT ? 0 : 1);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
        mail->refuse_top = mail->give_none = false;
        mail->top_gives = mail->give = 0;
        assert_run(sc, 0);
        assert_int_equal(files_in(sc, "INBOX/new"), 3);
    }
}

/* Without TOP and with a line less in LIST: ten names go to other messages of ten and of eight new ones, which take new names. */
static void
names_that_moved_on_among_old_and_new_bring_nothing_a_second_time_without_top_and_with_half_a_list(void **state)
{
    static const unsigned char order[] = {20, 6, 26, 27, 10, 1, 25, 24, 4, 7, 21, 23, 22, 8, 2, 9, 3, 5};
    struct scene *sc = *state;
    char name[16], text[200];

    sc->drop.no_top = true;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < (round == 0 ? 10 : sizeof order); i++) {
            const int id = round == 0 ? (int)i + 1 : order[i];

            text_print(name, sizeof name, "u%zu", i + 1);
            text_print(text, sizeof text, "Message-ID: <%02d@x>\r\n\r\n%.*s\r\n", id, id < 20 ? 4 * id : id,
                       "..........................................");
            (void)given_mail_as(sc, name, text, strlen(text));
            sc->drop.mails[sc->drop.count - 1].no_size = round == 1 && i == 9;
        }
        sc->drop.lie_stat = round == 1;
        (void)run_import(sc);
        if (round == 0)
            for (size_t i = 0; i < 10; i++)
                sc->drop.mails[i].gone = true;
    }
    assert_int_equal(files_in(sc, "INBOX/new"), 18);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_message_that_never_came_is_not_taken_for_one_of_its_header_when_all_names_change),
        TEST(a_header_that_cant_be_read_makes_no_other_its_message_when_all_names_change),
        TEST(where_the_header_is_the_name_another_size_is_not_the_known_one),
        TEST(what_was_recorded_as_had_is_known_under_another_name_though_its_size_was_never_told),
        TEST(equal_headers_of_other_bodies_are_told_apart_by_these_when_all_names_change),
        TEST(what_has_an_equal_header_waits_while_a_file_of_a_lost_journal_was_not_seen),
        TEST(a_lost_journal_and_a_list_of_what_was_begun_bring_nothing_a_second_time),
        TEST(a_lost_journal_beside_another_account_and_half_a_list_bring_nothing_a_second_time),
        TEST(names_that_moved_on_among_old_and_new_bring_nothing_a_second_time_without_top_and_with_half_a_list),
        TEST(a_lost_journal_and_a_header_that_comes_cut_bring_nothing_a_second_time),
        TEST(a_lost_journal_and_a_run_that_records_alone_bring_nothing_a_second_time),
        TEST(what_was_recorded_as_had_and_was_another_rows_hides_nobody_who_gets_its_name),
        TEST(a_size_does_not_say_which_of_equal_names_was_recorded_as_had),
        TEST(what_comes_again_in_the_run_that_would_forget_it_is_known),
        TEST(what_top_alone_shows_makes_no_other_message_when_all_names_change),
        TEST(what_may_be_one_that_cant_be_read_is_not_forgotten),
        TEST(what_may_not_be_compared_keeps_what_it_may_be_and_nothing_else),
        TEST(what_was_removed_and_kept_is_known_under_another_name_by_its_bytes_and_a_copy_of_it_comes),
        TEST(many_reports_under_other_names_cost_as_much_as_they_are),
        TEST(many_equal_reports_cost_as_much_as_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
