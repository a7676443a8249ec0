/* How long mail stays on the server: due, proven, held, released. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

/* The ID of the list that holds; "" nothing is held. */
static const char *
held_id(struct scene *sc)
{
    static struct journal_pop row;
    int64_t *ids;
    size_t count;
    bool found;

    row.hold[0] = '\0';
    assert_true(journal_pop_held(sc->journal, &ids, &count, &sc->err));
    if (count > 0)
        assert_true(journal_pop_get(sc->journal, ids[0], &row, &found, &sc->err) && found);
    free(ids);
    return row.hold;
}

static void
keep_no_removes_what_came_in_the_run_that_brought_it(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 300); /* more than a page of removals */

    assert_run(sc, 0);

    assert_int_equal(files_in(sc, "INBOX/new"), 300);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(rows(sc, 0), 0);
    assert_int_equal(sc->drop.tops, 0);
    assert_said(sc, "300 new here, 300 removed from the server");
}

static void
keep_30_days_removes_after_30_days_with_a_proof(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 3);
    assert_run(sc, 0);
    time_passes(sc, 30 * DAY - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 4);

    time_passes(sc, 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(sc->drop.tops, 3);
    assert_all_here(sc);
}

static void
a_uidl_that_is_used_again_is_found_out_before_it_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mail(sc, "again")->gone = false;
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    (void)given_mail(sc, "again");
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_all_here(sc);
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(sc->drop.deles, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_header_with_bare_line_feeds_proves_itself(void **state)
{
    static const char lf[] = "Message-ID: <lf@x>\nb: c\n\nbare\n\r\n",
                      mixed[] = "Message-ID: <m@x>\r\nb: c\n\r\n\0\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "lf", lf, sizeof lf - 1);
    (void)given_mail_as(sc, "mixed", mixed, sizeof mixed - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_header_without_end_is_proven_like_any_other(void **state)
{
    static const char no_body[] = "Message-ID: <y@x>\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    (void)given_mail_as(sc, "no-body", no_body, sizeof no_body - 1);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
}

static void
without_top_nothing_of_an_earlier_session_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_top = true;
    sc->account.import.keep_days = 30;
    given_mails(sc, 2);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 1);
    assert_said(sc, "no TOP");
    assert_int_equal(count_there(sc), 2);

    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    given_mails(sc, 1);
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 2); /* what this session fetched needs no proof */
    assert_all_here(sc);
}

static void
a_refused_proof_and_a_refused_removal_are_named_and_the_others_go(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 4);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[1].refuse_top = true;
    sc->drop.mails[2].refuse_dele = true;

    assert_run(sc, 1);

    assert_said(sc, "no top today");
    assert_said(sc, "this one stays");
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(rows(sc, POP_STORED), 2);
    sc->drop.mails[1].refuse_top = sc->drop.mails[2].refuse_dele = false;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_tightened_keep_is_held_until_the_word_comes(void **state)
{
    struct scene *sc = *state;
    char id[16];

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    given_mails(sc, 2);
    assert_run(sc, 3);
    assert_int_equal(count_there(sc), 3); /* the new ones went: nobody has to say so */
    assert_said(sc, "--confirm-deletes=");
    text_print(id, sizeof id, "%s", held_id(sc));
    (void)usleep(30000); /* the folder's times may be trusted then */
    assert_run(sc, 3);
    assert_run(sc, 3);
    assert_string_equal(held_id(sc), id); /* the same list has the same name */
    assert_true(journal_changes(sc->journal) == 0);

    sc->options.confirm = true;
    sc->options.confirm_id = "zzzzzzzz";
    assert_run(sc, 2);
    assert_int_equal(sc->drop.operations, 0);
    sc->options.confirm_id = id;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_int_equal(rows(sc, 0), 0);
    assert_all_here(sc);
}

/* A session gives all messages one name: nothing is removed in it, and the word is still asked for. */
static void
what_is_held_is_held_while_another_has_its_name(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    for (size_t i = 0; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "same");
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 3);
        assert_string_not_equal(held_id(sc), "");
    }
    sc->account.policy.guard = false; /* nothing is held any more, and nothing can go */
    assert_run(sc, 0);
    assert_string_equal(held_id(sc), "");
    assert_int_equal(count_there(sc), 3);
}

static void
a_word_that_came_before_a_cut_is_not_asked_for_again(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 3);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    sc->options.confirm = true;
    sc->drop.fail_at = 4 + 3 + 3 + 1; /* open, stat, sizes, uidls; proofs; removals; quit */
    assert_run(sc, 5);
    assert_int_equal(sc->drop.quits, 1);
    assert_int_equal(count_there(sc), 3);

    sc->options.confirm = false;
    sc->drop.fail_at = 0;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
what_came_to_the_list_since_is_judged_anew(void **state)
{
    struct scene *sc = *state;
    char id[16];

    given_mails(sc, 2);
    assert_run(sc, 0);
    time_passes(sc, 5 * DAY);
    given_mails(sc, 1);
    assert_run(sc, 0);
    time_passes(sc, 3 * DAY);
    sc->account.import.keep_days = 7;
    assert_run(sc, 3);
    text_print(id, sizeof id, "%s", held_id(sc));
    time_passes(sc, 5 * DAY);

    sc->options.confirm = true;
    sc->options.confirm_id = id;
    assert_run(sc, 3);

    assert_int_equal(count_there(sc), 1);
    assert_string_not_equal(held_id(sc), id);
}

static void
a_loosened_keep_holds_and_removes_nothing(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    assert_run(sc, 3);
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
    assert_string_equal(held_id(sc), "");

    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    sc->drop.fail_at = 4 + 2 + 2 + 1; /* at QUIT */
    assert_run(sc, 5);
    assert_int_equal(rows(sc, POP_REMOVING), 2);
    sc->drop.fail_at = 0;
    sc->account.import.keep_days = KEEP_FOREVER;
    assert_run(sc, 0);
    assert_int_equal(rows(sc, POP_STORED), 2);
    assert_int_equal(count_there(sc), 2);
}

static void
max_delete_of_a_hundred_percent_asks_nobody(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->account.policy.max_delete = 100;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_dry_run_holds_and_removes_in_words_alone(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 2);
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->options.dry_run = true;
    assert_run(sc, 3);
    sc->account.policy.guard = false;
    assert_run(sc, 0);
    assert_said(sc, "2 removed from the server");
    assert_int_equal(sc->drop.deles, 0);
    assert_int_equal(count_there(sc), 2);
}

/* Programs that report something may give each report the same header. */
static void
another_body_under_the_header_of_one_that_went_is_fetched_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "one", first, sizeof first - 1);
    assert_run(sc, 0);
    (void)given_mail_as(sc, "two", second, sizeof second - 1);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* ... and it stays where it is for as long as max-messages keeps it from being fetched. */
static void
another_body_that_is_put_off_is_read_again_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->account.import.max_messages = 1;
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    given_mails(sc, 3);
    for (int i = 0; i < 6; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* One name is proven to be used again: what has the header and the size of a removed message may be another one, too. */
static void
a_report_under_the_used_again_name_of_a_removed_one_is_fetched_before_it_is_removed(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    static const char mail[] = "Subject: a\r\nMessage-ID: <a@x>\r\n\r\na\r\n";
    static const char other[] = "Subject: another\r\nMessage-ID: <b@x>\r\n\r\nb\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    (void)given_mail_as(sc, "2", mail, sizeof mail - 1);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);

    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    (void)given_mail_as(sc, "2", other, sizeof other - 1);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* The server gives the name of a removed message to another one, which has its size and a header that names neither. */
static void
a_message_whose_header_names_nothing_is_read_before_it_is_removed(void **state)
{
    static const char *const headers[] = {
        "Subject: state\r\n",
        "Subject: state\r\nMessage-ID: <>\r\n",
        "Subject: state\r\nMessage-ID:\r\n < >\r\n",
        "Received: from a by b\r\nSubject: state\r\n",
    };
    struct scene *sc = *state;
    char text[200], uidl[16];

    sc->account.import.keep_days = 1;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        text_print(uidl, sizeof uidl, "%zu", i);
        text_print(text, sizeof text, "%s\r\nit goes on\r\n", headers[i]);
        (void)given_mail_as(sc, uidl, text, strlen(text));
        assert_run(sc, 0);
        sc->drop.mails[2 * i].gone = true;
        text_print(text, sizeof text, "%s\r\nit failed.\r\n", headers[i]);
        (void)given_mail_as(sc, uidl, text, strlen(text));
        time_passes(sc, 2 * DAY);
        for (int k = 0; k < 3; k++) {
            assert_run(sc, 0);
            time_passes(sc, 2 * DAY);
        }
        assert_all_here(sc);
        assert_int_equal(count_there(sc), 0);
    }
}

/* More of them than are read at one go: some known by their headers in this very session, before them some that are not. */
static void
many_that_are_read_before_they_are_removed_go_all(void **state)
{
    struct scene *sc = *state;
    char text[200], uidl[16];

    sc->account.import.keep_days = 1;
    for (int i = 0; i < 10; i++) {
        text_print(uidl, sizeof uidl, "nameless%d", i);
        text_print(text, sizeof text, "Subject: %d\r\n\r\nbody %d\r\n", i, i);
        (void)given_mail_as(sc, uidl, text, strlen(text));
    }
    given_mails(sc, 270);
    assert_run(sc, 0);
    time_passes(sc, 2 * DAY);
    for (int i = 10; i < 280; i++)
        sc->drop.mails[i].listed_size = sc->drop.mails[i].len + 2;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 280);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* The name is another message's now, and a list that lacked it comes between: it is matched by its header before it is due. */
static void
a_message_whose_header_names_nothing_is_read_though_it_was_matched(void **state)
{
    static const char first[] = "Received: from a by b\r\nSubject: state\r\n\r\nit goes on\r\n",
                      second[] = "Received: from a by b\r\nSubject: state\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 1;
    (void)given_mail_as(sc, "1", first, sizeof first - 1);
    given_mails(sc, 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "1", second, sizeof second - 1);
    time_passes(sc, 2 * DAY);
    for (int k = 0; k < 3; k++) {
        assert_run(sc, 0);
        time_passes(sc, 2 * DAY);
    }
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

/* Where nothing is ever removed it comes, too; and what is the same is not fetched a second time. */
static void
another_body_under_the_header_of_one_that_went_is_fetched(void **state)
{
    static const char first[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit goes on\r\n";
    static const char second[] = "Subject: state\r\nMessage-ID: <fixed@x>\r\n\r\nit failed.\r\n";
    struct scene *sc = *state;

    (void)given_mail_as(sc, "one", first, sizeof first - 1);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    assert_run(sc, 0);
    (void)given_mail_as(sc, "two", second, sizeof second - 1);
    assert_run(sc, 0);
    assert_all_here(sc);

    sc->drop.mails[1].gone = true;
    (void)given_mail_as(sc, "three", second, sizeof second - 1);
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(sc->drop.retrs, 0);
}

/* Equal sizes hide it until something is to be removed. */
static void
names_that_moved_on_are_found_out_before_a_removal_and_bring_nothing_a_second_time(void **state)
{
    static const char *const names[] = {"1", "2", "3", "4", "5"};
    struct scene *sc = *state;
    char text[100];

    sc->account.import.keep_days = 1;
    for (int i = 0; i < 5; i++) {
        text_print(text, sizeof text, "Subject: a\r\nMessage-ID: <%d@x>\r\n\r\nx\r\n", i);
        (void)given_mail_as(sc, names[i], text, strlen(text));
    }
    assert_run(sc, 0);
    sc->drop.mails[0].gone = true;
    for (int i = 1; i < 5; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "%s", names[i - 1]);
    assert_run(sc, 0);
    text_print(sc->drop.mails[1].uidl, sizeof sc->drop.mails[1].uidl, "2"); /* and two that change places */
    text_print(sc->drop.mails[2].uidl, sizeof sc->drop.mails[2].uidl, "1");
    time_passes(sc, 2 * DAY);

    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_all_here(sc);
        assert_true(sc->drop.tops <= 4 + 4);
    }
    assert_int_equal(count_there(sc), 0);
}

static bool
had_nothing(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)self;
    (void)base;
    (void)before;
    (void)err;
    *had = false;
    return true;
}

static bool
had_all(void *self, const char *base, int64_t before, bool *had, struct error *err)
{
    (void)err;
    assert_int_equal(strtoll(base, NULL, 10), before);
    *had = *(const bool *)self;
    return true;
}

static bool
knows_nothing(void *self, const char *base, bool *known, struct error *err)
{
    (void)self;
    (void)base;
    (void)err;
    *known = false;
    return true;
}

/* The IMAP account of this tree sends up to the same mailbox what is removed from it here. */
static void
what_comes_back_through_the_account_beside_is_refused_in_each_run(void **state)
{
    struct scene *sc = *state;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_nothing};

    sc->account.import.keep_days = 0;
    sc->beside = &beside;
    given_mails(sc, 2);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    (void)given_mail_as(sc, "sent-up", sc->drop.mails[0].bytes, sc->drop.mails[0].len);

    sc->account.policy.push.deletes = false; /* a run that may remove nothing has nothing to refuse */
    assert_run(sc, 0);
    sc->account.policy.push.deletes = true;
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 2);
        assert_said(sc, "the IMAP account both sends it up");
        assert_int_equal(count_there(sc), 1);
    }
    assert_int_equal(sc->drop.tops + sc->drop.retrs, 0); /* it was read once */
}

/* That account found it on its own server, which is this one under another name: it would remove it here. */
static void
what_the_account_beside_has_from_its_server_is_not_removed(void **state)
{
    struct scene *sc = *state;
    bool had = true;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_all, .self = &had};

    sc->account.import.keep_days = 30;
    sc->beside = &beside;
    given_mails(sc, 3);
    assert_run(sc, 0);
    assert_run(sc, 0);
    time_passes(sc, 31 * DAY);
    sc->drop.mails[0].gone = true; /* what is new may be it: it would be read for that */
    (void)given_mail_as(sc, "new", sc->drop.mails[0].bytes, sc->drop.mails[0].len);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 2);
        assert_int_equal(sc->drop.tops + sc->drop.retrs, 0);
        assert_said(sc, "is that of the IMAP account both: it would be removed here, too");
        assert_int_equal(sc->drop.deles, 0);
        assert_int_equal(count_there(sc), 3);
    }
    had = false; /* it sent it up to another server */
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* The same where its bytes alone say what it is. */
static void
what_comes_back_without_a_message_id_is_refused_too(void **state)
{
    struct scene *sc = *state;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_nothing};

    sc->account.import.keep_days = 0;
    sc->beside = &beside;
    (void)given_mail_as(sc, "plain", "Subject: x\r\n\r\ny\r\n", 17);
    assert_run(sc, 0);
    (void)given_mail_as(sc, "sent-up", "Subject: x\r\n\r\ny\r\n", 17);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 2);
    assert_int_equal(count_there(sc), 1);
}

/* The first answer lacked its end: the second one, before it is removed, has it. */
static void
a_message_whose_end_comes_later_is_fetched_whole_before_it_is_removed(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_mail(sc, "one");

    sc->account.import.keep_days = 0;
    mail->give = mail->len - 4;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    mail->give = 0;
    for (int i = 0; i < 2; i++)
        assert_run(sc, 0);
    assert_int_equal(copies_here(sc, mail), 1);
    assert_int_equal(count_there(sc), 0);
}

/* A short answer to what is read again to be proven says nothing about it. */
static void
a_short_answer_to_a_proof_makes_no_new_mail(void **state)
{
    struct scene *sc = *state;
    struct dropped *mails[3];

    for (int i = 0; i < 3; i++)
        mails[i] = given_mail(sc, i == 0 ? "a" : i == 1 ? "b" : "c");
    given_mails(sc, 16); /* the last ones are read at once where all names change */
    assert_run(sc, 0);
    for (size_t i = 3; i < sc->drop.count; i++)
        text_print(sc->drop.mails[i].uidl, sizeof sc->drop.mails[i].uidl, "new-%zu", i);
    for (int i = 0; i < 3; i++) { /* known by their headers: to be read before they are removed */
        text_print(mails[i]->uidl, sizeof mails[i]->uidl, "new-%d", i);
        mails[i]->give = mails[i]->len - 4;
    }
    assert_run(sc, 0);
    sc->account.import.keep_days = 0;
    sc->account.policy.guard = false;
    assert_run(sc, 1);
    assert_said(sc, "its bytes on the server are not those that came");
    assert_int_equal(count_there(sc), 3);
    for (int i = 0; i < 3; i++)
        mails[i]->give = 0;
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(count_there(sc), 0);
}

#define NAMELESS "Subject: x\r\n\r\n" /* so its body has to say what it is */

static struct dropped *
given_nameless(struct scene *sc)
{
    return given_mail_as(sc, "plain", NAMELESS "y\r\n", strlen(NAMELESS) + 3);
}

/* What has the name now is as large as this; its header is the same. */
static void
grows_to(struct dropped *mail, size_t len)
{
    static char large[4000];

    assert_true(len <= sizeof large);
    memset(large, 'z', sizeof large);
    memcpy(large, NAMELESS, strlen(NAMELESS));
    mail->bytes = realloc(mail->bytes, len);
    assert_non_null(mail->bytes);
    memcpy(mail->bytes, large, len - 2);
    memcpy(mail->bytes + len - 2, "\r\n", 2);
    mail->len = len;
}

/* What max-size keeps from being fetched is not read to be proven, either. */
static void
a_proof_asks_for_nothing_that_is_larger_than_max_size(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    sc->account.import.max_size = 1000;
    mail->no_size = true;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->no_size = false;
    grows_to(mail, 4000);
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "larger than max-size: 4000 bytes");
        assert_int_equal(sc->drop.retrs + sc->drop.tops, 0); /* nor its header, which would prove nothing */
    }
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);

    sc->account.import.max_size = 0; /* it is another one, and comes */
    assert_run(sc, 0);
    assert_all_here(sc);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* It was fetched before max-size was lowered: as much may come once more. */
static void
a_proof_of_what_was_large_when_it_came_is_read(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    grows_to(mail, 4000);
    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    sc->account.import.max_size = 1000;
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(count_there(sc), 0);
}

/* More comes than is here, whatever LIST says: it is another one, and no more of it than that is digested, nor its end waited for for ever. */
static void
a_proof_ends_where_more_comes_than_is_here(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->listed_size = mail->len;
    sc->account.import.max_size = 1000;
    grows_to(mail, 4000);
    assert_run(sc, 1);
    assert_said(sc, "larger than max-size, although the server says it is not");
    assert_int_equal(count_there(sc), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
    assert_run(sc, 0); /* known now */
    assert_int_equal(sc->drop.retrs, 0);

    sc->account.import.max_size = 0;
    assert_run(sc, 0);
    assert_all_here(sc);
}

/* The line breaks, for once: the next run knows it, and fetches what else there is. */
static void
a_proof_without_end_is_given_up_and_not_begun_again(void **state)
{
    struct scene *sc = *state;
    struct dropped *mail = given_nameless(sc);

    sc->account.import.keep_days = 1;
    assert_run(sc, 0);
    time_passes(sc, DAY);
    mail->listed_size = mail->len;
    grows_to(mail, 4000);
    mail->repeats = 80000; /* 320 MB */
    given_mails(sc, 1);
    assert_run(sc, 1);
    assert_said(sc, "it does not end");
    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_int_equal(sc->drop.retrs, i == 0);
    }
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* A run that delivered into a folder and broke off: the next one misses what went with the folder. */
static void
a_folder_of_a_run_that_broke_off_is_missed(void **state)
{
    struct scene *sc = *state;

    char path[4200];

    sc->account.import.keep_days = 0;
    assert_run(sc, 0);
    sc->account.policy.quarantine_days = 30;
    given_folder(sc->s, "Other"); /* else the root is empty */
    (void)given_mail(sc, "one");
    (void)given_mail(sc, "two");
    sc->drop.fail_at = 7; /* DELE */
    assert_run(sc, 5);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    text_print(path, sizeof path, "%s/away", sc->s->top);
    assert_int_equal(rename(scratch_path(sc->s, "INBOX"), path), 0);
    sc->drop.fail_at = 0;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.deles, 0);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.deles, 0);
    assert_int_equal(count_there(sc), 2);
}

static void
what_was_not_flushed_is_flushed_before_the_first_removal(void **state)
{
    struct scene *sc = *state;

    sc->account.fsync = false;
    sc->account.import.keep_days = 0;
    given_mails(sc, 300);
    assert_run(sc, 0);
    assert_int_equal(sc->flushes, 1);
    assert_int_equal(sc->deles_at_flush, 0);
    assert_int_equal(count_there(sc), 0);

    given_mails(sc, 1);
    sc->local_fails_at = 7; /* the flush: two drafts are begun, one is written, ended and delivered before */
    assert_run(sc, 1);
    assert_int_equal(sc->flushes, 2);
    assert_int_equal(count_there(sc), 1);
    sc->local_fails_at = 0;
    assert_run(sc, 0);
    assert_int_equal(sc->flushes, 3);
    assert_int_equal(count_there(sc), 0);
    assert_run(sc, 0); /* nothing to be removed: nothing to be flushed */
    assert_int_equal(sc->flushes, 3);
}

static void
take_away(struct scene *sc, int count)
{
    char path[8192];
    struct dirent *entry;
    DIR *dir;

    text_print(path, sizeof path, "%s/INBOX/new", sc->s->root);
    dir = opendir(path);
    assert_non_null(dir);
    while (count > 0 && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.') {
            assert_int_equal(unlinkat(dirfd(dir), entry->d_name, 0), 0);
            count--;
        }
    closedir(dir);
    (void)usleep(15000);
}

static void
fifteen_go(struct scene *sc)
{
    take_away(sc, 15);
}

/* While an import is at work, and after it: neither by itself is more than 20. */
static void
what_goes_missing_between_two_imports_is_judged_together(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 40);
    assert_run(sc, 0);
    time_passes(sc, 30 * DAY);
    for (size_t i = 0; i < sc->drop.count; i++)
        sc->drop.mails[i].refuse_dele = true;
    sc->at_top = fifteen_go;
    assert_run(sc, 1);
    assert_int_equal(sc->drop.deles, 25);
    for (size_t i = 0; i < sc->drop.count; i++)
        sc->drop.mails[i].refuse_dele = false;
    take_away(sc, 10);
    assert_run(sc, 3);
    assert_int_equal(sc->drop.deles, 15);
    assert_int_equal(count_there(sc), 25);
}

/* Of mail that is gone from the server already nothing is to be judged. */
static void
what_is_removed_here_long_after_it_went_there_is_not_counted(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 30;
    given_mails(sc, 60);
    assert_run(sc, 0);
    time_passes(sc, 30 * DAY);
    assert_run(sc, 0);
    given_mails(sc, 10);
    assert_run(sc, 0);
    take_away(sc, 70);
    assert_run(sc, 0);
    time_passes(sc, 30 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* The first file of the folder that gives such bytes becomes one of so many of them, with the last one changed. */
static void
spoil(struct scene *sc, const char *has, size_t len)
{
    char path[4096], bytes[4096];
    struct dirent *entry;
    DIR *dir;

    (void)snprintf(path, sizeof path, "%s/INBOX/new", sc->s->root);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        int fd = openat(dirfd(dir), entry->d_name, O_RDWR);
        ssize_t got = fd >= 0 ? read(fd, bytes, sizeof bytes - 1) : -1;

        bytes[got > 0 ? got : 0] = '\0';
        if (got > 0 && strstr(bytes, has) != NULL) {
            len = len < (size_t)got ? len : (size_t)got;
            if (len > 0)
                bytes[len - 1] ^= 1;
            assert_int_equal(ftruncate(fd, 0), 0);
            assert_int_equal(pwrite(fd, bytes, len, 0), (ssize_t)len);
            has = "nothing is this";
        }
        if (fd >= 0)
            (void)close(fd);
    }
    (void)closedir(dir);
}

/* It is no removal by the user. */
static void
what_a_power_cut_took_is_fetched_again(void **state)
{
    struct scene *sc = *state;

    sc->account.fsync = false;
    sc->account.import.keep_days = 1;
    given_mails(sc, 4);
    assert_run(sc, 0);
    take_away(sc, 3);
    sc->boot = "second";
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 3);
    assert_all_here(sc);

    take_away(sc, 1); /* this boot still runs: somebody removed it */
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    sc->boot = "third"; /* and that is known by now */
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
}

/* What was flushed before, and is missing after a power cut, is the user's removal. */
static void
what_was_flushed_before_a_power_cut_does_not_come_again(void **state)
{
    struct scene *sc = *state;

    sc->account.fsync = false;
    sc->account.import.keep_days = 1;
    given_mails(sc, 4);
    assert_run(sc, 0);
    time_passes(sc, DAY);
    sc->drop.mails[0].refuse_dele = sc->drop.mails[1].refuse_dele = true;
    assert_run(sc, 1);
    assert_int_equal(sc->flushes, 1);
    assert_int_equal(count_there(sc), 2);
    sc->account.import.keep_days = -1;
    given_mails(sc, 2);
    assert_run(sc, 0);

    take_away(sc, 6);
    sc->boot = "second";
    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 2);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
}

/* Its name was on the disk, and its bytes were not. */
static void
what_a_power_cut_left_empty_or_torn_is_fetched_again(void **state)
{
    static const char empty[] = "Message-ID: <empty@x>\r\n\r\nall of it\r\n",
                      torn[] = "Message-ID: <torn@x>\r\n\r\nall of it\r\n",
                      gone[] = "Message-ID: <gone@x>\r\n\r\nall of it\r\n";
    struct scene *sc = *state;

    sc->account.fsync = false;
    given_mails(sc, 4);
    (void)given_mail_as(sc, "a", empty, sizeof empty - 1);
    (void)given_mail_as(sc, "b", torn, sizeof torn - 1);
    (void)given_mail_as(sc, "c", gone, sizeof gone - 1);
    assert_run(sc, 0);
    spoil(sc, "<empty@x>", 0);
    spoil(sc, "<torn@x>", 25);
    spoil(sc, "<gone@x>", 25);
    sc->drop.mails[6].gone = true;
    sc->boot = "second";

    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 2);
    assert_said(sc, "is empty or torn");
    for (int i = 0; i < 6; i++)
        assert_int_equal(copies_here(sc, &sc->drop.mails[i]), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 9);
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);
}

/* An orderly end of the system is no power cut, and looks like one: only what came last can have been taken. */
static void
what_was_removed_here_before_another_boot_does_not_come_again(void **state)
{
    struct scene *sc = *state;

    sc->account.fsync = false;
    given_mails(sc, 4);
    assert_run(sc, 0);
    assert_run(sc, 0);
    take_away(sc, 1);
    sc->boot = "second";
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 0);

    given_mails(sc, 1);
    assert_run(sc, 0);
    take_away(sc, 4); /* the three, and the new one */
    sc->boot = "third";
    assert_run(sc, 0);
    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(copies_here(sc, &sc->drop.mails[4]), 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 1);
}

static bool
knows_all(void *self, const char *base, bool *known, struct error *err)
{
    (void)self;
    (void)base;
    (void)err;
    *known = true;
    return true;
}

/* The IMAP account of this tree took the files up before; that says nothing of where they went. */
static void
what_a_power_cut_took_is_fetched_again_though_the_first_run_breaks(void **state)
{
    struct scene *sc = *state;
    struct beside beside = {.account = "both", .knows = knows_all, .had = had_nothing};

    sc->account.fsync = false;
    sc->account.import.keep_days = 1;
    given_mails(sc, 4);
    assert_run(sc, 0);
    sc->beside = &beside;
    take_away(sc, 3);
    sc->boot = "second";
    sc->stop_after = 1;
    (void)run_import(sc);
    assert_int_equal(sc->drop.retrs, 1);
    sc->stop_after = -1;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 2);
    assert_all_here(sc);
}

/* A server that answers +OK to everything and removes nothing. */
static void
what_is_listed_again_after_removal_is_said_and_not_counted_again(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    sc->drop.keeps_all = true;
    given_mails(sc, 6);
    assert_run(sc, 0);
    assert_said(sc, "6 removed from the server");
    for (int i = 0; i < 3; i++) {
        assert_run(sc, 0);
        assert_said(sc, "6 messages are listed again after removal");
        assert_null(strstr(sc->text, "removed from the server"));
        assert_int_equal(sc->drop.deles, 6);
    }
    sc->drop.keeps_all = false;
    assert_run(sc, 0);
    assert_run(sc, 0);
    assert_null(strstr(sc->text, "again"));
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

/* A server that kept it once and is restored from a backup later: under the name and header of what went there may be another body. */
static void
what_went_after_all_and_comes_once_more_is_read_before_it_is_removed(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    sc->drop.keeps_all = true;
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_run(sc, 0);
    sc->drop.keeps_all = false;
    assert_run(sc, 0);
    assert_run(sc, 0);
    sc->drop.mails[0].gone = false;
    sc->drop.retrs = 0;

    assert_run(sc, 0);

    assert_int_equal(sc->drop.retrs, 1);
    assert_int_equal(count_there(sc), 0);
    assert_all_here(sc);
}

static void
what_is_cut_empty_or_damaged_here_stays_on_the_server(void **state)
{
    static const char names[][8] = {"empty", "cut", "damaged", "whole"};
    struct scene *sc = *state;
    char bytes[100];

    sc->account.import.keep_days = 30;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        int len = snprintf(bytes, sizeof bytes, "Message-ID: <%s@x>\r\n\r\none%stwo\r\n%s\r\n", names[i],
                           i == 3 ? "\n" : " ", names[i]);

        (void)given_mail_as(sc, names[i], bytes, (size_t)len);
    }
    assert_run(sc, 0);
    spoil(sc, "<empty@x>", 0);
    spoil(sc, "<cut@x>", 20);
    spoil(sc, "<damaged@x>", SIZE_MAX);
    time_passes(sc, 31 * DAY);

    for (int i = 0; i < 2; i++) {
        assert_run(sc, 1);
        assert_said(sc, "its file here, ");
        assert_int_equal(count_there(sc), 3);
        assert_int_equal(sc->drop.retrs, 0);
    }
    spoil(sc, "<damaged@x>", SIZE_MAX); /* as it was */
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 2);
}

/* The file with the latest date in its name. */
static void
take_away_latest(struct scene *sc)
{
    char path[8192], latest[256] = "";
    struct dirent *entry;
    DIR *dir;

    text_print(path, sizeof path, "%s/INBOX/new", sc->s->root);
    dir = opendir(path);
    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, latest) > 0)
            text_print(latest, sizeof latest, "%s", entry->d_name);
    assert_int_equal(unlinkat(dirfd(dir), latest, 0), 0);
    closedir(dir);
}

/* The Maildir is set back to right before an import, with its times: nothing moved since that import looked. */
static void
what_a_folder_that_was_set_back_with_its_times_lacks_is_missed(void **state)
{
    struct scene *sc = *state;
    struct timespec times[2];
    uint64_t missed;
    struct stat st;

    sc->account.import.keep_days = 30;
    sc->account.policy.quarantine_days = 30;
    given_mails(sc, 1);
    assert_run(sc, 0);
    (void)usleep(15000);
    assert_int_equal(stat(scratch_path(sc->s, "INBOX/new"), &st), 0);
    times[0] = times[1] = st.st_mtim;
    sc->now += 60;
    given_mails(sc, 1);
    assert_run(sc, 0);
    take_away_latest(sc);
    assert_int_equal(utimensat(AT_FDCWD, scratch_path(sc->s, "INBOX/new"), times, 0), 0);
    time_passes(sc, 30 * DAY);

    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 1);
    assert_run(sc, 0);
    assert_true(journal_pop_count_missed(sc->journal, &missed, &sc->err));
    assert_int_equal(missed, 1);
    time_passes(sc, 31 * DAY);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* A server that tells no sizes, and has nothing to say of a message: once is no answer, twice it is empty. */
static void
nothing_where_no_size_is_told_is_asked_for_twice(void **state)
{
    static const char whole[] = "Message-ID: <late@x>\r\n\r\nhere\r\n";
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mail_as(sc, "late", "", 0)->no_size = true;
    given_mail_as(sc, "empty", "", 0)->no_size = true;
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 2);
    assert_int_equal(files_in(sc, "INBOX/new"), 0);
    sc->drop.mails[0].gone = true; /* all of it comes now, under the same name */
    given_mail_as(sc, "late", whole, sizeof whole - 1)->no_size = true;

    assert_run(sc, 0);
    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 0);
    assert_int_equal(files_in(sc, "INBOX/new"), 2);
    assert_int_equal(copies_here(sc, &sc->drop.mails[2]), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(keep_no_removes_what_came_in_the_run_that_brought_it),
        TEST(keep_30_days_removes_after_30_days_with_a_proof),
        TEST(a_uidl_that_is_used_again_is_found_out_before_it_is_removed),
        TEST(a_header_with_bare_line_feeds_proves_itself),
        TEST(a_header_without_end_is_proven_like_any_other),
        TEST(without_top_nothing_of_an_earlier_session_is_removed),
        TEST(a_refused_proof_and_a_refused_removal_are_named_and_the_others_go),
        TEST(a_tightened_keep_is_held_until_the_word_comes),
        TEST(what_is_held_is_held_while_another_has_its_name),
        TEST(a_word_that_came_before_a_cut_is_not_asked_for_again),
        TEST(what_came_to_the_list_since_is_judged_anew),
        TEST(a_loosened_keep_holds_and_removes_nothing),
        TEST(max_delete_of_a_hundred_percent_asks_nobody),
        TEST(a_dry_run_holds_and_removes_in_words_alone),
        TEST(what_comes_back_through_the_account_beside_is_refused_in_each_run),
        TEST(another_body_under_the_header_of_one_that_went_is_fetched_before_it_is_removed),
        TEST(another_body_that_is_put_off_is_read_again_before_it_is_removed),
        TEST(a_report_under_the_used_again_name_of_a_removed_one_is_fetched_before_it_is_removed),
        TEST(a_message_whose_header_names_nothing_is_read_before_it_is_removed),
        TEST(a_message_whose_header_names_nothing_is_read_though_it_was_matched),
        TEST(many_that_are_read_before_they_are_removed_go_all),
        TEST(another_body_under_the_header_of_one_that_went_is_fetched),
        TEST(names_that_moved_on_are_found_out_before_a_removal_and_bring_nothing_a_second_time),
        TEST(what_comes_back_without_a_message_id_is_refused_too),
        TEST(a_message_whose_end_comes_later_is_fetched_whole_before_it_is_removed),
        TEST(a_short_answer_to_a_proof_makes_no_new_mail),
        TEST(a_proof_asks_for_nothing_that_is_larger_than_max_size),
        TEST(a_proof_of_what_was_large_when_it_came_is_read),
        TEST(a_proof_ends_where_more_comes_than_is_here),
        TEST(a_proof_without_end_is_given_up_and_not_begun_again),
        TEST(a_folder_of_a_run_that_broke_off_is_missed),
        TEST(what_the_account_beside_has_from_its_server_is_not_removed),
        TEST(what_was_not_flushed_is_flushed_before_the_first_removal),
        TEST(what_goes_missing_between_two_imports_is_judged_together),
        TEST(what_is_removed_here_long_after_it_went_there_is_not_counted),
        TEST(what_a_power_cut_took_is_fetched_again),
        TEST(what_was_flushed_before_a_power_cut_does_not_come_again),
        TEST(what_a_power_cut_took_is_fetched_again_though_the_first_run_breaks),
        TEST(what_a_power_cut_left_empty_or_torn_is_fetched_again),
        TEST(what_was_removed_here_before_another_boot_does_not_come_again),
        TEST(what_is_listed_again_after_removal_is_said_and_not_counted_again),
        TEST(what_went_after_all_and_comes_once_more_is_read_before_it_is_removed),
        TEST(what_is_cut_empty_or_damaged_here_stays_on_the_server),
        TEST(what_a_folder_that_was_set_back_with_its_times_lacks_is_missed),
        TEST(nothing_where_no_size_is_told_is_asked_for_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
