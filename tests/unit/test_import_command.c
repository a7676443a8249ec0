/* The deliver-command: what it is given, what its exit status means, at least once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/import_scene.h"

#include <signal.h>

#include "sync/import/deliver_command.h"

static struct deliver_command *command;
static struct handover handover;
static char text[8192];

/* %s stands for the scratch folder. */
static void
given_command(struct scene *sc, const char *shell)
{
    text_print(text, sizeof text, shell, sc->s->top, sc->s->top, sc->s->top);
    deliver_command_free(command);
    command = deliver_command_new(&(struct deliver_command_settings){
        .command = text, .folder = sc->s->top, .stopped = scene_stopped, .stopped_context = sc});
    assert_non_null(command);
    handover = deliver_command_handover(command);
    sc->handover = &handover;
}

static int
command_close(void **state)
{
    deliver_command_free(command);
    command = NULL;
    return scene_close(state);
}

static const char *
file_text(struct scene *sc, const char *name, size_t *len)
{
    static char bytes[200000];
    char path[4200];
    int fd;
    ssize_t got = 0, some;

    text_print(path, sizeof path, "%s/%s", sc->s->top, name);
    fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    while ((some = read(fd, bytes + got, sizeof bytes - 1 - (size_t)got)) > 0)
        got += some;
    close(fd);
    bytes[got] = '\0';
    *len = (size_t)got;
    return bytes;
}

static void
assert_taken(struct scene *sc, const char *name, const char *bytes, size_t len)
{
    size_t have;
    const char *found = file_text(sc, name, &have);

    assert_int_equal(have, len);
    assert_memory_equal(found, bytes, len);
}

static void
the_command_reads_the_form_that_a_file_has(void **state)
{
    struct scene *sc = *state;

    given_command(sc, "cat >%s/taken");
    (void)given_mail_as(sc, "crlf", "Subject: a\r\n\r\nHello.\r\n", 22);
    assert_run(sc, 0);
    assert_taken(sc, "taken", "Subject: a\n\nHello.\n", 19);

    (void)given_mail_as(sc, "mixed", "Subject: a\r\n\nlf\ncr\rnul\0\r\n", 26);
    assert_run(sc, 0);
    assert_taken(sc, "taken", "Subject: a\r\n\nlf\ncr\rnul\0\r\n", 26);

    (void)given_mail_as(sc, "empty", "", 0);
    assert_run(sc, 0);
    assert_taken(sc, "taken", "", 0);
    assert_int_equal(rows(sc, POP_STORED), 3);
    assert_false(exists(sc->s, ""));
}

static void
a_message_larger_than_any_block_comes_whole_and_a_longer_one_before_it_leaves_nothing(void **state)
{
    struct scene *sc = *state;
    static char big[190000], small[150000];

    sc->account.import.order = ORDER_OLDEST;
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = "Line of text\r\n"[i % 14];
    memcpy(small, big, sizeof small);
    memcpy(big, "B", 1);
    given_command(sc, "cat >%s/taken");
    (void)given_mail_as(sc, "big", big, 14 * (sizeof big / 14));
    assert_run(sc, 0);
    size_t have;
    (void)file_text(sc, "taken", &have);
    assert_int_equal(have, 13 * (sizeof big / 14));
    (void)given_mail_as(sc, "small", small, 14 * (sizeof small / 14));
    assert_run(sc, 0);
    (void)file_text(sc, "taken", &have);
    assert_int_equal(have, 13 * (sizeof small / 14));
}

static void
what_the_command_took_is_removed_and_not_handed_over_again(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_command(sc, "cat >/dev/null; echo x >>%s/count");
    given_mails(sc, 3);
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
    assert_run(sc, 0);
    assert_taken(sc, "count", "x\nx\nx\n", 6);
}

static void
what_a_maildir_got_before_the_command_came_stays_on_the_server(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 3;
    given_mails(sc, 2);
    assert_run(sc, 0);
    given_command(sc, "cat >/dev/null");
    given_mails(sc, 1);
    assert_run(sc, 0);
    time_passes(sc, 4 * DAY);

    assert_run(sc, 0);

    assert_int_equal(count_there(sc), 2);
    assert_said(sc, "delivered into a Maildir");
    sc->handover = NULL;
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
the_exit_status_says_what_becomes_of_a_message(void **state)
{
    struct scene *sc = *state;
    static const struct {
        const char *shell, *said;
    } cases[] = {
        {"exit 75", "Kept for later"}, {"exit 1", "status 1"},         {"exit 127", "status 127"},
        {"kill -9 $$", "signal 9"},    {"kill -TERM $$", "signal 15"}, {"exit 75 # %s", "status 75"},
    };

    sc->account.import.keep_days = 0;
    given_mails(sc, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        given_command(sc, cases[i].shell);
        assert_run(sc, 1);
        assert_said(sc, cases[i].said);
        assert_int_equal(count_there(sc), 1);
        assert_int_equal(rows(sc, POP_FETCHING), 1);
    }
    given_command(sc, "exit 0");
    assert_run(sc, 0);
    assert_int_equal(count_there(sc), 0);
}

static void
a_command_that_is_not_there_is_tried_three_times_and_not_for_all_the_mail(void **state)
{
    struct scene *sc = *state;

    given_mails(sc, 20);
    given_command(sc, "/nonexistent/mda %s");
    assert_run(sc, 1);
    assert_said(sc, "3 times in a row it ended with status 127: no such command");
    assert_int_equal(count_there(sc), 20);
    given_command(sc, "exit 0");
    assert_run(sc, 0);
    assert_int_equal(rows(sc, POP_STORED), 20);
}

static void
one_that_is_not_taken_stops_no_other(void **state)
{
    struct scene *sc = *state;

    sc->account.import.keep_days = 0;
    given_mails(sc, 4);
    (void)given_mail_as(sc, "bad", "Subject: bad\r\n\r\n\r\n", 18);
    given_command(sc, "! grep -q '^Subject: bad'");
    assert_run(sc, 1);
    assert_int_equal(count_there(sc), 1);
}

static void
the_command_has_default_signals_and_no_descriptor_of_ours(void **state)
{
    struct scene *sc = *state;
    size_t len;

    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
    given_command(sc,
                  "ls -l /proc/self/fd | grep -c deleted >%s/fds; grep SigIgn /proc/self/status >%s/signals; echo out");
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_string_equal(file_text(sc, "fds", &len), "1\n"); /* the spool, as its standard input */
    assert_int_equal(strtoull(file_text(sc, "signals", &len) + strlen("SigIgn:"), NULL, 16) &
                         (1u << (SIGPIPE - 1) | 1u << (SIGXFSZ - 1)),
                     0);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
}

static void
nothing_of_the_spool_stays_in_its_folder(void **state)
{
    struct scene *sc = *state;
    size_t len;

    given_command(sc, "ls -A %s >%s/list");
    given_mails(sc, 1);
    assert_run(sc, 0);
    assert_null(strstr(file_text(sc, "list", &len), "spool"));
}

static void
assert_read_later(struct scene *sc, const char *name, const char *bytes)
{
    char path[4200];

    text_print(path, sizeof path, "%s/%s", sc->s->top, name);
    for (int tries = 0; tries < 100 && access(path, F_OK) != 0; tries++)
        (void)usleep(100000);
    assert_taken(sc, name, bytes, strlen(bytes));
}

static void
a_child_that_still_reads_when_the_command_has_ended_gets_its_message_whole(void **state)
{
    struct scene *sc = *state;

    sc->account.import.order = ORDER_OLDEST;
    given_command(sc, "n=$(ls %s | grep -c begun); touch %s/begun$n; cd %s;"
                      "exec 3<&0; (sleep 1; cat >part$n; mv part$n read$n) <&3 >/dev/null 2>&1 & exit 0");
    (void)given_mail_as(sc, "first", "Subject: first\r\n\r\nOne.\r\n", 24);
    (void)given_mail_as(sc, "second", "Subject: second\r\n\r\nAnother.\r\n", 29);
    assert_run(sc, 0);

    assert_read_later(sc, "read0", "Subject: first\n\nOne.\n");
    assert_read_later(sc, "read1", "Subject: second\n\nAnother.\n");
}

static void
the_command_cannot_write_what_it_reads(void **state)
{
    struct scene *sc = *state;

    given_command(sc, "! { echo x >&0; } 2>/dev/null");
    given_mails(sc, 1);
    assert_run(sc, 0);
}

static void
a_run_that_dies_before_the_commit_hands_over_again(void **state)
{
    struct scene *sc = *state;

    given_command(sc, "cat >/dev/null; echo x >>%s/count");
    given_mails(sc, 1);
    sc->commit_fails_at = 9; /* situation, list, words and rows are committed */
    assert_run(sc, 1);
    sc->commit_fails_at = 0;
    assert_run(sc, 0);
    assert_taken(sc, "count", "x\nx\n", 4);
}

static void
without_uidl_and_top_each_is_handed_over_once(void **state)
{
    struct scene *sc = *state;

    sc->drop.no_uidl = sc->drop.no_top = true;
    given_command(sc, "cat >/dev/null; echo x >>%s/count");
    given_mails(sc, 3);
    assert_run(sc, 0);
    assert_run(sc, 0);
    assert_taken(sc, "count", "x\nx\nx\n", 6);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, command_close)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_command_reads_the_form_that_a_file_has),
        TEST(a_message_larger_than_any_block_comes_whole_and_a_longer_one_before_it_leaves_nothing),
        TEST(what_the_command_took_is_removed_and_not_handed_over_again),
        TEST(what_a_maildir_got_before_the_command_came_stays_on_the_server),
        TEST(the_exit_status_says_what_becomes_of_a_message),
        TEST(a_command_that_is_not_there_is_tried_three_times_and_not_for_all_the_mail),
        TEST(one_that_is_not_taken_stops_no_other),
        TEST(the_command_has_default_signals_and_no_descriptor_of_ours),
        TEST(nothing_of_the_spool_stays_in_its_folder),
        TEST(a_child_that_still_reads_when_the_command_has_ended_gets_its_message_whole),
        TEST(the_command_cannot_write_what_it_reads),
        TEST(a_run_that_dies_before_the_commit_hands_over_again),
        TEST(without_uidl_and_top_each_is_handed_over_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
