/*
 * Listening between runs against a real server, without the engine above it: test_imap_operations.py starts one and calls
 *     imap_listening PORT USER nothing|idle|notify [CA]    what the server can tell by; the password is "pw"; with TLS where a CA is named
 * One session listens, another one changes things. What was told, and after how long, is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>

#include "store/base/clock.h"
#include "store/imap/imap.h"
#include "store/imap/listen.h"
#include "tests/rig/secret.h"

#define SOON_MS 10000

static struct {
    struct connection connection;
    const char *by;
    struct imap *watcher, *writer;
    struct error err;
    char told[100000];
    size_t given;
    size_t listed;
} scene;

#define assert_works(call)                                                                                             \
    do {                                                                                                               \
        if (!(call))                                                                                                   \
            fail_msg("%s: %s: %s", #call, scene.err.what, scene.err.answer);                                           \
    } while (0)

static const struct remote_ops *
ops(struct imap *imap)
{
    return imap_remote(imap).ops;
}

/* ---- the one that changes ---- */

static const char message[] = "From: a@example.org\r\nSubject: hello\r\n\r\nHello.\r\n";

static bool
give(void *context, size_t index, void *to, size_t size, size_t *got)
{
    (void)context;
    (void)index;
    *got = size < strlen(message) - scene.given ? size : strlen(message) - scene.given;
    memcpy(to, message + scene.given, *got);
    scene.given += *got;
    return true;
}

static bool
give_again(void *context, size_t index)
{
    (void)context;
    (void)index;
    scene.given = 0;
    return true;
}

static bool
on_appended(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)uid;
    assert_true(outcome->ok);
    return true;
}

static const struct remote_appender appender = {give, give_again, on_appended};

static void
append(const char *mailbox)
{
    const struct remote_append one = {.mailbox = text_of(mailbox), .keywords = "", .size = strlen(message)};

    assert_works(ops(scene.writer)->append(scene.writer, &one, 1, &appender, NULL, &scene.err));
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)outcome;
    return true;
}

static bool
on_message(void *context, size_t index, const struct remote_message *seen)
{
    (void)context;
    (void)index;
    (void)seen;
    return true;
}

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    (void)index;
    *(uint32_t *)context = selected->uidvalidity;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)context;
    (void)index;
    (void)first;
    (void)last;
    return true;
}

static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};

static void
flag(const char *mailbox)
{
    const struct remote_select selected = {.mailbox = text_of(mailbox)};
    const uint32_t uid = 1;
    uint32_t uidvalidity = 0;

    assert_works(ops(scene.writer)->observe(scene.writer, &selected, 1, &observer, &uidvalidity, &scene.err));
    const struct remote_store change = {
        .mailbox = text_of(mailbox), .uidvalidity = uidvalidity, .uids = &uid, .count = 1, .add = FLAG_FLAGGED};
    assert_works(ops(scene.writer)->store(scene.writer, &change, 1, &observer, &uidvalidity, &scene.err));
}

static bool
on_created(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome)
{
    (void)context;
    (void)index;
    (void)wire_name;
    assert_true(outcome->ok);
    return true;
}

static void
create(const char *mailbox)
{
    const struct text name = text_of(mailbox);

    assert_works(ops(scene.writer)->create(scene.writer, &name, 1, on_created, NULL, &scene.err));
}

/* ---- the one that listens ---- */

static void
on_told(void *context, const struct listen_told *told)
{
    const size_t len = strlen(scene.told);

    (void)context;
    (void)text_print(scene.told + len, sizeof scene.told - len, "%.*s%s%s%s%s\n", (int)told->mailbox.len,
                     told->mailbox.at, told->has_messages ? " messages" : "", told->has_uidnext ? " uidnext" : "",
                     told->has_modseq ? " modseq" : "", told->changed ? " changed" : "");
}

static bool
on_listed(void *context, const struct remote_listed *mailbox)
{
    (void)context;
    (void)mailbox;
    scene.listed++;
    return true;
}

static void
run(void)
{
    assert_works(ops(scene.watcher)->open(scene.watcher, false, &scene.err));
    scene.listed = 0;
    assert_works(ops(scene.watcher)->survey(scene.watcher, on_listed, NULL, &scene.err));
    assert_true(scene.listed > 0);
    ops(scene.watcher)->close(scene.watcher);
    assert_true(imap_is_open(scene.watcher));
}

static void
listen_again(void)
{
    const struct listening how = {.mailbox = "INBOX", .notify = true, .told = on_told};
    enum listen_by by;

    scene.told[0] = '\0';
    assert_works(imap_listen(scene.watcher, &how, &by, &scene.err));
    assert_string_equal(by == LISTEN_NOTIFY ? "notify" : by == LISTEN_IDLE ? "idle" : "nothing", scene.by);
}

static void
hear(const char *what, const char *words)
{
    const int64_t since = clock_ms();

    while (strstr(scene.told, words) == NULL) {
        struct pollfd fd = {.fd = imap_listen_descriptor(scene.watcher), .events = POLLIN};
        enum listen_by by;

        if (clock_ms() - since > SOON_MS)
            fail_msg("%s: %s was not told, but:\n%s", what, words, scene.told);
        if (!imap_listen_has_unread(scene.watcher))
            (void)poll(&fd, 1, 100);
        assert_works(imap_listen_read(scene.watcher, &by, &scene.err));
    }
    print_message("%s: told after %d ms\n", what, (int)(clock_ms() - since));
    scene.told[0] = '\0';
}

static void
what_another_session_does_is_told_and_the_session_serves_run_after_run(void **state)
{
    struct remote_info first, last;
    enum listen_by by;

    (void)state;
    imap_keep(scene.watcher, true);
    run();
    ops(scene.watcher)->info(scene.watcher, &first);
    listen_again();
    assert_works(ops(scene.writer)->open(scene.writer, false, &scene.err));
    create("Other");
    if (strcmp(scene.by, "notify") == 0)
        hear("a mailbox is made", "Other changed");
    append("INBOX");
    if (strcmp(scene.by, "nothing") != 0) {
        hear("a message in INBOX", "INBOX messages changed");
        flag("INBOX");
        hear("a flag in INBOX", "INBOX changed");
    }
    assert_works(imap_listen_refresh(scene.watcher, &by, 5000, &scene.err));
    append("Other");
    if (strcmp(scene.by, "notify") == 0) {
        hear("a message elsewhere", "Other messages uidnext");
        flag("Other");
        hear("a flag elsewhere", "Other");
    }
    assert_works(imap_listen_end(scene.watcher, &scene.err));
    append("INBOX"); /* between listening and the run, and behind it: what EXAMINE says is told */
    run();
    listen_again();
    if (strcmp(scene.by, "nothing") != 0)
        assert_non_null(strstr(scene.told, "INBOX messages uidnext"));
    assert_works(imap_listen_end(scene.watcher, &scene.err));
    run();
    ops(scene.watcher)->info(scene.watcher, &last);
    assert_true(last.bytes_up > first.bytes_up); /* of one session */
    assert_string_equal(last.avoided, "");
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_another_session_does_is_told_and_the_session_serves_run_after_run),
    };
    uint64_t port;

    if ((argc != 4 && argc != 5) || !text_number(text_of(argv[1]), 65535, &port)) {
        print_error("usage: %s PORT USER nothing|idle|notify [CA]\n", argv[0]);
        return 2;
    }
    scene.connection = (struct connection){.scheme = SCHEME_IMAP,
                                           .host = "127.0.0.1",
                                           .port = (uint16_t)port,
                                           .user = argv[2],
                                           .tls = argc > 4 ? TLS_REQUIRED : TLS_NONE,
                                           .ca_file = argc > 4 ? argv[4] : NULL,
                                           .timeout_s = 20,
                                           .wire_log = getenv("GOLUB_TEST_WIRE") != NULL ? 2 : 0,
                                           .secret = tell_secret,
                                           .secret_context = (void *)"pw"};
    scene.by = argv[3];
    scene.watcher = imap_new(&scene.connection);
    scene.writer = imap_new(&scene.connection);
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    imap_free(scene.watcher);
    imap_free(scene.writer);
    return failed;
}
