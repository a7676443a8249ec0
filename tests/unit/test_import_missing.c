/* What is missing here: by the user's wish, by a power cut, by a folder that was set back; and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

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
what_comes_back_through_the_account_beside_is_named_in_each_run_and_new_mail_comes(void **state)
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
        assert_run(sc, 1);
        assert_said(sc, "the IMAP account both sends it up");
        assert_int_equal(count_there(sc), 1);
    }
    assert_int_equal(sc->drop.tops + sc->drop.retrs, 0); /* it was read once */

    (void)given_mail(sc, "new"); /* comes all the same */
    assert_run(sc, 1);
    assert_int_equal(files_in(sc, "INBOX/new"), 3);
    assert_int_equal(count_there(sc), 2);
    sc->drop.mails[2].gone = true; /* another mailbox after all: the user removed it there */
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

/* The same where its bytes alone say what it is. */
static void
what_comes_back_without_a_message_id_is_named_too(void **state)
{
    struct scene *sc = *state;
    struct beside beside = {.account = "both", .knows = knows_nothing, .had = had_nothing};

    sc->account.import.keep_days = 0;
    sc->beside = &beside;
    (void)given_mail_as(sc, "plain", "Subject: x\r\n\r\ny\r\n", 17);
    assert_run(sc, 0);
    (void)given_mail_as(sc, "sent-up", "Subject: x\r\n\r\ny\r\n", 17);
    for (int i = 0; i < 3; i++)
        assert_run(sc, 1);
    assert_int_equal(count_there(sc), 1);
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
fifteen_go(void *context)
{
    struct scene *sc = context;
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
    sc->drop.at_top = fifteen_go;
    sc->drop.at_top_context = sc;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_back_through_the_account_beside_is_named_in_each_run_and_new_mail_comes),
        TEST(what_comes_back_without_a_message_id_is_named_too),
        TEST(a_folder_of_a_run_that_broke_off_is_missed),
        TEST(what_was_not_flushed_is_flushed_before_the_first_removal),
        TEST(what_goes_missing_between_two_imports_is_judged_together),
        TEST(what_is_removed_here_long_after_it_went_there_is_not_counted),
        TEST(what_a_power_cut_took_is_fetched_again),
        TEST(what_was_flushed_before_a_power_cut_does_not_come_again),
        TEST(what_a_power_cut_took_is_fetched_again_though_the_first_run_breaks),
        TEST(what_a_power_cut_left_empty_or_torn_is_fetched_again),
        TEST(what_was_removed_here_before_another_boot_does_not_come_again),
        TEST(what_is_listed_again_after_removal_is_said_and_not_counted_again),
        TEST(what_is_cut_empty_or_damaged_here_stays_on_the_server),
        TEST(what_a_folder_that_was_set_back_with_its_times_lacks_is_missed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
