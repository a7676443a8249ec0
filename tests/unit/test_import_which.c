/* Which message is which where several could be it: none is taken for another that can't be asked for just now, or that never came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#include <unistd.h>

#define HEADER "Subject: report\r\nMessage-ID: <fixed@x>\r\n\r\n"

static struct dropped *
given_report(struct scene *sc, const char *uidl, const char *body)
{
    char text[200];

    text_print(text, sizeof text, HEADER "%s\r\n", body);
    return given_mail_as(sc, uidl, text, strlen(text));
}

static void
given_other_names(struct scene *sc)
{
    static int serial;

    for (size_t i = 0; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "n%d", ++serial);
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

/* The journal is gone, and the folders' times may be trusted. */
static void
lose_journal(struct scene *sc)
{
    sim_journal_close(sc->journal);
    sc->journal = sim_journal_open(NULL, 0, &sc->err);
    assert_non_null(sc->journal);
    (void)usleep(15000);
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

/* One that is gone, one, a report, and another report that could not be fetched: all that is known of it is its header. */
static struct dropped *
given_a_report_that_was_begun(struct scene *sc, const char *body)
{
    struct dropped *begun;

    (void)given_mail(sc, "1");
    (void)given_mail(sc, "2");
    (void)given_report(sc, "3", "it goes on");
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    begun = given_report(sc, "4", body);
    begun->refuse_retr = true;
    assert_run(sc, 1);
    begun->refuse_retr = false;
    return begun;
}

/* Each has the name of the next one. */
static void
given_names_move_on(struct scene *sc)
{
    for (size_t i = 0; i + 1 < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", sc->drop.mails[i + 1].uidl);
    text_print(sc->drop.mails[sc->drop.count - 1].uidl, sizeof sc->drop.mails[0].uidl, "new");
}

static void
what_was_begun_under_a_name_that_moved_on_is_not_what_has_it_now(void **state)
{
    static const char *const bodies[] = {"it failed for good", "it failed."}; /* another size, and the same */
    struct scene *sc = *state;

    for (int gone = 0; gone < 2; gone++)
        for (size_t i = 0; i < 2; i++) {
            struct dropped *begun = given_a_report_that_was_begun(sc, bodies[i]);

            given_names_move_on(sc);
            begun->gone = gone == 1;
            assert_run(sc, 0);
            look_here(sc);
            assert_int_equal(copies_seen(&sc->drop.mails[1]), 1);
            assert_int_equal(copies_seen(&sc->drop.mails[2]), 1);
            assert_int_equal(copies_seen(begun), !begun->gone);
            assert_int_equal(scene_close(state), 0);
            assert_int_equal(scene_open(state), 0);
            sc = *state;
        }
}

static void
what_moved_on_from_a_name_whose_message_cant_be_read_is_not_fetched_again(void **state)
{
    static const char longer[] = "Message-ID: <longer@x>\r\n\r\nIt has another size than any other one.\r\n";
    struct scene *sc = *state;
    struct dropped *unread = given_mail_as(sc, "1", longer, sizeof longer - 1);

    (void)given_mail(sc, "2");
    assert_run(sc, 0);
    given_names_move_on(sc);
    unread->refuse_top = unread->refuse_retr = true;
    (void)given_mail(sc, "4");

    assert_run(sc, 1);

    assert_all_here(sc);
    unread->refuse_top = unread->refuse_retr = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
    }
}

/* The same, and the one that had the name that it got was refused until then. */
static void
what_moved_on_to_a_name_that_was_begun_and_cant_be_read_is_not_fetched_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *mails = sc->drop.mails;

    given_mails(sc, 3);
    mails[1].refuse_retr = true;
    assert_run(sc, 1);
    for (int i = 0; i < 2; i++)
        memcpy(mails[i].uidl, mails[i + 1].uidl, sizeof mails[i].uidl);
    text_print(mails[2].uidl, sizeof mails[2].uidl, "new");
    mails[1].refuse_retr = false;
    mails[0].refuse_top = mails[0].refuse_retr = true;
    assert_run(sc, 1);
    mails[0].refuse_top = mails[0].refuse_retr = false;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &mails[0]), 1);
    assert_all_here(sc);
    assert_int_equal(rows(sc, POP_FETCHING), 0);
}

/* Of those beside it name and size alone are known, and it has the size and the header of the one that has its name now. */
static void
a_report_that_moved_on_among_messages_of_which_sizes_alone_are_known_is_not_fetched_again(void **state)
{
    static const char *const texts[] = {"Subject: first\r\n\r\n1\r\n", "Subject: report\r\n\r\nit failed.\r\n",
                                        "Subject: report\r\n\r\nit goes on\r\n", "Subject: last\r\n\r\n4\r\n"};
    static const char *const names[] = {"1", "2", "3", "4"};
    struct scene *sc = *state;

    for (size_t i = 0; i < 4; i++)
        (void)given_mail_as(sc, names[i], texts[i], strlen(texts[i]));
    sc->drop.list_from = 2;
    sc->drop.list_most = 1;
    assert_run(sc, 0);
    sc->drop.list_most = 0;
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    given_names_move_on(sc);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
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

static void
a_report_is_not_taken_for_the_file_of_one_whose_size_is_said_wrong(void **state)
{
    struct scene *sc = *state;

    given_report(sc, "a", "it goes on")->listed_size = 40;
    assert_run(sc, 0);
    lose_journal(sc);
    (void)given_report(sc, "b", "it failed.");

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_all_here(sc);
}

/* The server wrote a line into the one that was fetched; the other one, which is new, has the header that was known. */
static void
a_report_is_not_taken_for_one_of_its_header_that_got_a_line(void **state)
{
    struct scene *sc = *state;

    for (int moved = 0; moved < 2; moved++) {
        given_mails(sc, 3);
        sc->drop.mails[0].listed_size = 50;
        given_report(sc, "a", "it goes on")->top_adds = "Status: RO\r\n";
        assert_run(sc, 0);
        (void)given_report(sc, "b", "it failed.");
        if (moved == 0) {
            given_other_names(sc);
        } else {
            struct dropped *mails = sc->drop.mails;
            char name[sizeof mails[0].uidl];

            memcpy(name, mails[0].uidl, sizeof name);
            memcpy(mails[0].uidl, mails[1].uidl, sizeof name);
            memcpy(mails[1].uidl, name, sizeof name);
            text_print(mails[3].uidl, sizeof name, "c");
            text_print(mails[4].uidl, sizeof name, "a");
        }
        for (int i = 0; i < 2; i++)
            assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(scene_close(state), 0);
        assert_int_equal(scene_open(state), 0);
        sc = *state;
    }
}

/* The last one's name is one that no row ever had: it may be new, and the one of its header and size may be gone. */
static void
a_report_under_a_new_name_is_read_where_names_moved_on(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, "b", "it failed.");
    given_names_move_on(sc);
    sc->drop.mails[3].gone = true;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
}

/* As many went as came, and no name tells the new one. */
static void
a_report_that_comes_as_another_goes_is_read_where_all_names_change(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, "b", "it failed.");
    sc->drop.mails[3].gone = true;
    given_other_names(sc);

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
}

static void
of_many_known_ones_few_are_read_where_all_names_change(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 40);
    assert_run(sc, 0);
    given_other_names(sc);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 16);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* Each has the name of the one behind it, and the new one that of the first. */
/* A report came and was removed; another has its name and header now, and is so large that nothing is read of it but as a proof. */
static struct dropped *
given_a_large_one_under_the_name_of_one_that_was_removed(struct scene *sc)
{
    static const char header[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\n";
    struct dropped *first = given_mail_as(sc, "1", header, sizeof header - 1);
    const size_t len = 70000;
    char *bytes = malloc(len);

    assert_non_null(bytes);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    memset(bytes, 'a', len);
    memcpy(bytes, header, sizeof header - 1);
    (void)given_mail_as(sc, "1", bytes, len);
    free(bytes);
    text_print(first->uidl, sizeof first->uidl, "2");
    time_passes(sc, DAY);
    return first;
}

static void
what_comes_back_as_its_name_turns_out_to_be_anothers_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_a_large_one_under_the_name_of_one_that_was_removed(sc);

    first->gone = false;
    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, first), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(sc->drop.retrs, 3);
}

/* What LIST says of the other one is not the size of the one that is back. */
static void
what_comes_back_after_its_name_turned_out_to_be_anothers_comes_once(void **state)
{
    struct scene *sc = *state;
    struct dropped *first = given_a_large_one_under_the_name_of_one_that_was_removed(sc);

    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    first->gone = false;
    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, first), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

static void
a_report_under_a_name_that_another_had_is_read_where_names_moved_on(void **state)
{
    struct scene *sc = *state;
    struct dropped *report;

    given_mails(sc, 3);
    (void)given_report(sc, "a", "it goes on");
    assert_run(sc, 0);
    report = given_report(sc, sc->drop.mails[0].uidl, "it failed.");
    for (int i = 0; i < 3; i++)
        memcpy(sc->drop.mails[i].uidl, sc->drop.mails[i + 1].uidl, sizeof report->uidl);
    sc->drop.mails[3].gone = true;

    assert_run(sc, 0);

    assert_int_equal(copies_here(sc, report), 1);
    assert_true(sc->drop.retrs <= 4);
}

/* The first half have the names of the second, which have new ones. */
static void
of_many_known_ones_under_new_names_few_are_read_where_names_moved_on(void **state)
{
    const size_t half = 30;
    struct scene *sc = *state;

    given_mails(sc, 2 * (int)half);
    assert_run(sc, 0);
    for (size_t i = 0; i < half; i++)
        memcpy(sc->drop.mails[i].uidl, sc->drop.mails[i + half].uidl, sizeof sc->drop.mails[i].uidl);
    for (size_t i = half; i < 2 * half; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "new-%zu", i);

    assert_run(sc, 0);

    assert_true(sc->drop.retrs <= 16);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

static void
another_report_of_another_size_under_a_name_that_is_used_again_is_fetched(void **state)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit failed.\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit failed again.\r\n";
    struct scene *sc = *state;
    struct dropped *old = given_mail_as(sc, "r", first, sizeof first - 1), *fresh;

    given_mails(sc, 2);
    assert_run(sc, 0);
    old->gone = true;
    fresh = given_mail_as(sc, "r", second, sizeof second - 1);

    assert_run(sc, 0);

    look_here(sc);
    assert_int_equal(copies_seen(old), 1);
    assert_int_equal(copies_seen(fresh), 1);
    assert_int_equal(sc->drop.retrs, 1);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Which of two equal ones is here, nobody knows until both are read: the one that can be read is all there is of the other's bytes. */
static void
one_of_two_equal_messages_stays_there_while_the_other_cant_be_read(void **state)
{
    static const char equal[] = "Message-ID: <equal@x>\r\n\r\nthe same\r\n";
    struct scene *sc = *state;
    struct dropped *first = given_mail_as(sc, "equal", equal, sizeof equal - 1), *second;

    sc->account.import.keep_days = 30;
    (void)given_mail(sc, "2");
    (void)given_mail(sc, "3");
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "3");
    text_print(sc->drop.mails[2].uidl, sizeof sc->drop.mails[2].uidl, "2");
    second = given_mail_as(sc, "another", equal, sizeof equal - 1);
    first->refuse_top = first->refuse_retr = true;

    (void)run_import(sc);
    (void)run_import(sc);

    assert_false(first->gone);
    assert_false(second->gone);
    first->refuse_top = first->refuse_retr = false;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* A server that counts all sizes anew is not read whole. */
static void
of_many_known_ones_few_are_read_where_all_sizes_change(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 40);
    assert_run(sc, 0);
    for (size_t i = 0; i < 40; i++)
        sc->drop.mails[i].listed_size = sc->drop.mails[i].len + 3;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 16);
    assert_int_equal(files_in(sc, "INBOX/new"), 40);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs + sc->drop.tops, 0);
}

/* No other message says whether sizes are what they were. */
static void
another_report_of_another_size_under_the_only_name_is_fetched(void **state)
{
    static const char first[] = "Message-ID: <r@x>\r\n\r\nit failed.\r\n",
                      second[] = "Message-ID: <r@x>\r\n\r\nit failed again.\r\n";
    struct scene *sc = *state;
    struct dropped *old = given_mail_as(sc, "r", first, sizeof first - 1);

    assert_run(sc, 0);
    old->gone = true;
    given_mails(sc, 1);
    (void)given_mail_as(sc, "r", second, sizeof second - 1);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_all_here(sc);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Nothing but its header and the size that LIST said is known of what was recorded as had: another size under a name that is used again is new. */
static void
another_report_under_the_name_of_one_that_was_recorded_as_had_is_fetched(void **state)
{
    static const char old[] = "Message-ID: <o@x>\r\n\r\nolder.\r\n", had[] = "Subject: r\r\n\r\nit failed.\r\n",
                      fresh[] = "Subject: r\r\n\r\nit failed again.\r\n",
                      other[] = "Message-ID: <p@x>\r\n\r\nother.\r\n", also[] = "Message-ID: <q@x>\r\n\r\nalso.\r\n";
    struct scene *sc = *state;
    struct dropped *mail = given_mail_as(sc, "1", old, sizeof old - 1);

    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    mail = given_mail_as(sc, "1", had, sizeof had - 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    mail->gone = true;
    (void)given_mail_as(sc, "1", fresh, sizeof fresh - 1);
    (void)given_mail_as(sc, "2", also, sizeof also - 1);

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

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
        TEST(a_lost_journal_and_a_run_that_records_alone_bring_nothing_a_second_time),
        TEST(what_was_recorded_as_had_and_was_another_rows_hides_nobody_who_gets_its_name),
        TEST(a_size_does_not_say_which_of_equal_names_was_recorded_as_had),
        TEST(what_was_begun_under_a_name_that_moved_on_is_not_what_has_it_now),
        TEST(a_report_is_not_taken_for_one_of_its_header_that_got_a_line),
        TEST(what_moved_on_from_a_name_whose_message_cant_be_read_is_not_fetched_again),
        TEST(what_moved_on_to_a_name_that_was_begun_and_cant_be_read_is_not_fetched_again),
        TEST(a_report_that_moved_on_among_messages_of_which_sizes_alone_are_known_is_not_fetched_again),
        TEST(what_comes_again_in_the_run_that_would_forget_it_is_known),
        TEST(what_top_alone_shows_makes_no_other_message_when_all_names_change),
        TEST(what_may_be_one_that_cant_be_read_is_not_forgotten),
        TEST(what_may_not_be_compared_keeps_what_it_may_be_and_nothing_else),
        TEST(what_was_removed_and_kept_is_known_under_another_name_by_its_bytes_and_a_copy_of_it_comes),
        TEST(a_report_is_not_taken_for_the_file_of_one_whose_size_is_said_wrong),
        TEST(a_report_under_a_new_name_is_read_where_names_moved_on),
        TEST(a_report_that_comes_as_another_goes_is_read_where_all_names_change),
        TEST(of_many_known_ones_few_are_read_where_all_names_change),
        TEST(what_comes_back_as_its_name_turns_out_to_be_anothers_comes_once),
        TEST(what_comes_back_after_its_name_turned_out_to_be_anothers_comes_once),
        TEST(a_report_under_a_name_that_another_had_is_read_where_names_moved_on),
        TEST(of_many_known_ones_under_new_names_few_are_read_where_names_moved_on),
        TEST(another_report_of_another_size_under_a_name_that_is_used_again_is_fetched),
        TEST(of_many_known_ones_few_are_read_where_all_sizes_change),
        TEST(another_report_of_another_size_under_the_only_name_is_fetched),
        TEST(one_of_two_equal_messages_stays_there_while_the_other_cant_be_read),
        TEST(another_report_under_the_name_of_one_that_was_recorded_as_had_is_fetched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
