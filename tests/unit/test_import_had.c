/* What was recorded as had, what can't be compared, and what is no news in each run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/import_two_reports.h"

/* popa3d names messages by lines that not every one has. */
static void
what_stays_since_its_uidl_is_anothers_too_is_said(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    for (int i = 0; i < 2; i++)
        (void)given_mail(sc, "same");
    assert_run(sc, 0);
    assert_run(sc, 0);
    assert_said(
        sc, "2 messages are due to be removed from the server and stay there: the server gives several messages one");
    assert_int_equal(sc->drop.deles, 0);
    assert_all_here(sc);
}

/* Names moved on, and a run that records what is there does not ask which of two that are alike is which. */
static void
what_is_here_is_not_recorded_as_had_instead(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    (void)given_mail(sc, "3");
    assert_run(sc, 0);
    sc->drop.mails[2].gone = true;
    (void)given_mail(sc, "another");
    rename_there(&sc->drop.mails[3], "3");
    sc->options.skip_existing = true;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, 0);
    }
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1); /* the one that was recorded */
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

/* The same where they have names that no row has: a session gave all of them one, or the server has new ones. */
static void
what_is_here_under_another_name_is_not_recorded_as_had_instead(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 3);
    assert_run(sc, 0);
    rename_there(&sc->drop.mails[1], "another");
    sc->options.skip_existing = true;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, 0);
    }
    sc->options.skip_existing = false;
    assert_run(sc, 0);
    assert_all_here(sc);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* Names are new, so only the bytes tell which of those that are alike is which; and they can't be had. */
static void
given_alike_under_new_names(struct scene *sc)
{
    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    given_mails(sc, 2);
    assert_run(sc, 0);
    rename_there(&sc->drop.mails[0], "3");
    rename_there(&sc->drop.mails[1], "4");
}

static void
what_is_too_large_to_be_compared_is_asked_for_once_and_known_later(void **state)
{
    struct scene *sc = *state;

    given_alike_under_new_names(sc);
    sc->account.import.max_size = sizeof report_one - 2;
    sc->drop.mails[2].gone = sc->drop.mails[3].gone = true;
    assert_run(sc, 0);
    assert_true(sc->drop.tops > 0);
    (void)usleep(30000); /* the folder's times may be trusted then */
    assert_run(sc, 0);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.tops + sc->drop.retrs, 0);
        assert_true(journal_changes(sc->journal) == 0);
        assert_said(sc, "larger than max-size");
    }
    assert_int_equal(rows(sc, 0), 2);
    for (int i = 0; i < 3; i++) { /* longer than the rows of what is gone are kept */
        time_passes(sc, 31 * DAY);
        assert_run(sc, 0);
    }
    sc->account.import.max_size = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(rows(sc, POP_STORED), 2);
    assert_int_equal(sc->drop.retrs, 0);
}

/* The list lacks it for one session, long after its other row was listed last. */
static void
what_is_too_large_to_be_compared_is_known_when_it_is_back(void **state)
{
    struct scene *sc = *state;

    given_alike_under_new_names(sc);
    sc->account.import.max_size = sizeof report_one - 2;
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.list_most = 2;
    sc->drop.list_from = 2;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    sc->drop.list_most = 0;
    sc->account.import.max_size = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
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

/* For six weeks one that can't be read may be the one that was removed; the days of that one begin when the other is gone, once. */
static void
what_may_have_been_listed_until_now_is_kept_for_its_days_and_did_not_go_missing_now(void **state)
{
    static const char copied[] = "Status: RO\r\n";
    struct scene *sc = *state;
    struct dropped *copy;
    char text[200];
    int days;

    sc->account.import.keep_days = 0;
    (void)given_report(sc, "1", report_one);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->account.import.max_size = sizeof report_one - 2;
    (void)given_report(sc, "2", report_two);
    for (days = 0; days < 42; days += 6) {
        sc->now += 6 * DAY;
        assert_run(sc, 0);
    }
    assert_true(has_row(sc, "1"));
    sc->drop.mails[1].gone = true;
    sc->account.import.max_size = 0;
    text_print(text, sizeof text, "%s%s", copied, report_one);
    copy = given_mail_as(sc, "3", text, strlen(text));
    sc->now += 6 * DAY;
    assert_run(sc, 0);
    assert_int_equal(copies_here(sc, copy), 1);
    for (days = 0; days < 30; days += 6) {
        assert_true(has_row(sc, "1"));
        sc->now += 6 * DAY;
        assert_run(sc, 0);
    }
    sc->now += 6 * DAY;
    assert_run(sc, 0);
    assert_false(has_row(sc, "1"));
}

/* It has the header of one that went and of one that is there: refused each time, it alone is asked for. */
static void
what_is_refused_where_it_is_compared_makes_no_other_name_doubtful(void **state)
{
    static const char third[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit ended..\r\n";
    struct scene *sc = *state;

    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    given_report(sc, "3", third)->refuse_retr = true;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(sc->drop.tops, 1);
    sc->drop.mails[4].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(rows(sc, POP_STORED), 4);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.tops, 0);
}

/* The same where one name is another message's than before, and stays that. */
static void
a_name_that_was_used_again_is_no_news_in_each_run(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    rename_there(&sc->drop.mails[3], sc->drop.mails[0].uidl); /* names move on */
    rename_there(&sc->drop.mails[4], "1");
    sc->drop.mails[3].refuse_retr = sc->drop.mails[4].refuse_retr = true;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(sc->drop.tops, 2);
    sc->drop.mails[3].refuse_retr = sc->drop.mails[4].refuse_retr = false;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
}

/* The same where it was recorded as had since, beside the row of the one that it may be. */
static void
a_name_that_was_used_again_and_recorded_as_had_is_no_news_in_each_run(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    sc->account.import.keep_days = 0;
    (void)given_report(sc, "1", report_one);
    (void)given_mail(sc, "2");
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    sc->account.import.keep_days = KEEP_FOREVER;
    given_mails(sc, 3);
    assert_run(sc, 0);
    mail = given_report(sc, "2", report_two);
    mail->refuse_retr = true;
    assert_run(sc, 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.tops, 1);
    }
    mail->refuse_retr = false;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(sc->drop.tops, 0);
    assert_int_equal(copies_here(sc, mail), 0);
}

/* Its name is that of one of which the size alone was known, recorded as had. */
static void
another_size_under_a_name_is_no_news_in_each_run(void **state)
{
    static const char third[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit ended..\r\n";
    struct scene *sc = *state;

    (void)given_mail(sc, "1");
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->drop.mails[0].gone = true;
    (void)given_report(sc, "2", report_one);
    (void)given_report(sc, "3", report_two);
    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->drop.mails[1].gone = true;
    given_report(sc, "1", third)->refuse_retr = true;
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(sc->drop.tops, 1);
    sc->drop.mails[5].refuse_retr = false;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, &sc->drop.mails[5]), 1);
    assert_int_equal(sc->drop.tops, 0);
}

/* It could not be read where it had to be compared, and then the user says that what is there is had. */
static void
what_could_not_be_compared_is_recorded_as_had(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    sc->drop.no_top = true;
    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    mail = given_mail(sc, "new");
    mail->refuse_retr = true;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = mail->refuse_retr = false;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(sc->drop.retrs, 0);
    }
    assert_int_equal(copies_here(sc, mail), 0);
}

/* Its file was removed here, and it waits; the rule that held it is gone. */
static void
what_no_rule_holds_any_more_is_on_no_list(void **state)
{
    struct scene *sc = *state;
    char path[4200];
    int64_t *ids;
    size_t held;

    sc->account.policy.quarantine_days = 30;
    (void)given_mail(sc, "one");
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    text_print(path, sizeof path, "rm %s/INBOX/new/*", sc->s->root);
    assert_int_equal(system(path), 0);
    sc->account.policy.guard = false;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    assert_true(journal_pop_held(sc->journal, &ids, &held, &sc->err));
    free(ids);
    assert_int_equal(held, 0);
}

/* Its header is known, and it has no Message-ID; another message of its size gets its name, and that it could be the same is no reason to wait. */
static void
another_message_under_the_name_of_one_that_was_recorded_as_had_and_went_is_fetched(void **state)
{
    static const char had[] = "Subject: had\r\n\r\nit failed.\r\n", fresh[] = "Subject: new\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;
    struct dropped *mail;

    sc->account.import.keep_days = 0;
    (void)given_mail(sc, "1");
    assert_run(sc, 0);
    mail = given_mail_as(sc, "1", had, sizeof had - 1);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
    mail->gone = true;
    given_mails(sc, 1);
    assert_run(sc, 0);
    mail = given_mail_as(sc, "1", fresh, sizeof fresh - 1);

    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);

    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[1]), 0);
}

/* A copy of what is here makes all names doubtful, and two that are alike are read. Of what was recorded as had nothing else is known than its name. */
static void
two_that_are_alike_and_were_recorded_as_had_are_not_fetched_once_names_are_in_doubt(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail;

    given_mails(sc, 2);
    assert_run(sc, 0);
    (void)given_report(sc, "1", report_one);
    (void)given_report(sc, "2", report_two);
    sc->options.skip_existing = true;
    assert_run(sc, 0);
    sc->options.skip_existing = false;
    sc->drop.mails[1].gone = true;
    mail = given_mail_as(sc, "copy", sc->drop.mails[0].bytes, sc->drop.mails[0].len);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 2);
        assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 0);
        assert_int_equal(copies_here(sc, &sc->drop.mails[3]), 0);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* Its part has the bytes that come now, and came before it went; but it went itself. */
static void
what_came_cut_went_whole_and_comes_back_cut_is_known_when_all_of_it_comes(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one"), *again;
    const size_t part = mail->len - 4;

    mail->give = part;
    assert_run(sc, 0);
    mail->give = 0;
    sc->now += 2 * DAY;
    assert_run(sc, 0);
    sc->account.policy.guard = false;
    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_run(sc, 0);
    sc->now += 2 * DAY;
    again = given_mail_as(sc, "back", mail->bytes, mail->len);
    again->give = part;
    (void)run_import(sc);
    again->give = 0;

    for (int run = 0; run < 3; run++) {
        sc->now += 2 * DAY;
        assert_run(sc, 0);
        assert_int_equal(copies_here(sc, mail), 1);
    }
    assert_int_equal(count_there(sc), 0);
}

/* Of two that are equal the one went, and of the other nothing or a part came with it: when all of the other comes it is no copy of that one. */
static void
twins_of_which_one_comes_late(void **state)
{
    static const char bytes[] =
        "Subject: twin\r\nMessage-ID: <twin@x>\r\n\r\nThere are two of this message, and it is not short.\r\n";
    static const size_t parts[] = {0, 34, 40, 47, 82, 0, 0}; /* of 102 bytes */
    enum { REFUSED, CUT_FIRST, CUT_LAST = CUT_FIRST + 3, BROKEN, LATER, WAYS };
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    for (int i = 0; i < 4 * WAYS; i++) {
        const int way = i / 2 % WAYS, longer = i < 2 * WAYS ? i : 2 * WAYS; /* no size is another's, or each */
        const size_t first = sc->drop.count;
        char text[200], name[20];
        struct dropped *late = &sc->drop.mails[first + (size_t)i % 2];

        text_print(text, sizeof text, "X-Way: %2d\r\n%s%.*s\r\n", i, bytes, longer, "............................");
        for (int place = 0; place < 2; place++) {
            text_print(name, sizeof name, "w%d-%d", i, place);
            (void)given_mail_as(sc, name, text, strlen(text));
        }
        late->refuse_retr = way == REFUSED;
        late->give = parts[way];
        late->breaks_retr = way == BROKEN;
        sc->account.import.max_messages = way == LATER;
        (void)run_import(sc);
        late->refuse_retr = false;
        late->give = sc->account.import.max_messages = 0;
        for (int run = 0; run < 4; run++) {
            (void)run_import(sc);
            sc->now += 2 * DAY;
        }
        assert_int_equal(copies_here(sc, late), 2);
        assert_int_equal(count_there(sc), 0);
    }
}

/* A header without a byte is none: what it may be is read whole. */
static void
where_headers_come_empty_other_names_bring_nothing_again(void **state)
{
    struct scene *sc = *state;
    char name[32];

    given_mails(sc, 4);
    assert_run(sc, 0);
    for (size_t i = 0; i < 4; i++) {
        text_print(name, sizeof name, "other-%zu", i);
        rename_there(&sc->drop.mails[i], name);
    }
    sc->drop.empty_tops = true;
    assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 4);
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    assert_run(sc, 1);
    assert_said(sc, "not one byte of its header came");
    assert_int_equal(count_there(sc), 4);
    sc->drop.empty_tops = false;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* All names are other ones, and there is no TOP: each answer behind a refusal is the one to the question before, and none is another's copy. */
static void
a_message_that_is_refused_and_comes_all_the_same_doubles_none_that_is_compared(void **state)
{
    struct scene *sc = *state;
    char name[32];

    sc->drop.no_top = sc->reopens = true;
    given_mails(sc, 12);
    sc->drop.mails[4].refuse_retr = true; /* it is new, and stays so */
    assert_run(sc, 1);
    for (size_t i = 0; i < 12; i++) {
        text_print(name, sizeof name, "other-%zu", i);
        rename_there(&sc->drop.mails[i], name);
    }
    sc->drop.gives_refused = true;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(files_in(sc, "INBOX/new"), 11);
    }
    sc->drop.mails[4].refuse_retr = false;
    sc->now += 2 * DAY;
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_int_equal(files_in(sc, "INBOX/new"), 12);
    }
    assert_int_equal(sc->drop.retrs, 0);
}

/* A server that merely refuses one has each of the others compared in the same run. */
static void
a_message_that_is_refused_keeps_no_other_from_being_compared(void **state)
{
    struct scene *sc = *state;
    char name[32];

    sc->drop.no_top = true;
    given_mails(sc, 12);
    assert_run(sc, 0);
    for (size_t i = 0; i < 12; i++) {
        text_print(name, sizeof name, "other-%zu", i);
        rename_there(&sc->drop.mails[i], name);
    }
    sc->drop.mails[4].refuse_retr = sc->drop.mails[5].refuse_retr = sc->drop.mails[11].refuse_retr = true;
    assert_run(sc, 1);
    assert_run(sc, 1);
    assert_int_equal(sc->drop.retrs, 3 + 2); /* those behind the first were in flight */
    assert_int_equal(files_in(sc, "INBOX/new"), 12);
    sc->drop.mails[4].refuse_retr = sc->drop.mails[5].refuse_retr = sc->drop.mails[11].refuse_retr = false;
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 12);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_stays_since_its_uidl_is_anothers_too_is_said),
        TEST(what_is_here_is_not_recorded_as_had_instead),
        TEST(what_is_here_under_another_name_is_not_recorded_as_had_instead),
        TEST(what_is_too_large_to_be_compared_is_asked_for_once_and_known_later),
        TEST(what_is_too_large_to_be_compared_is_known_when_it_is_back),
        TEST(what_may_have_been_listed_until_now_is_kept_for_its_days_and_did_not_go_missing_now),
        TEST(what_is_refused_where_it_is_compared_makes_no_other_name_doubtful),
        TEST(a_name_that_was_used_again_is_no_news_in_each_run),
        TEST(a_name_that_was_used_again_and_recorded_as_had_is_no_news_in_each_run),
        TEST(another_size_under_a_name_is_no_news_in_each_run),
        TEST(what_could_not_be_compared_is_recorded_as_had),
        TEST(what_no_rule_holds_any_more_is_on_no_list),
        TEST(another_message_under_the_name_of_one_that_was_recorded_as_had_and_went_is_fetched),
        TEST(two_that_are_alike_and_were_recorded_as_had_are_not_fetched_once_names_are_in_doubt),
        TEST(twins_of_which_one_comes_late),
        TEST(what_came_cut_went_whole_and_comes_back_cut_is_known_when_all_of_it_comes),
        TEST(where_headers_come_empty_other_names_bring_nothing_again),
        TEST(a_message_that_is_refused_and_comes_all_the_same_doubles_none_that_is_compared),
        TEST(a_message_that_is_refused_keeps_no_other_from_being_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
