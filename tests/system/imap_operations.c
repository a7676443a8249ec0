/*
 * Every operation of store/imap against a real server, without the engine above it: test_imap_operations.py starts one and calls
 *     imap_operations PORT USER-PREFIX      the users are PREFIX0, PREFIX1, ... with the password "pw", a test each
 * The same story is told by servers with and without QRESYNC, UIDPLUS, MULTIAPPEND ...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/rig/secret.h"
#include "tests/system/imap_client.h"

static struct {
    uint16_t port;
    const char *users; /* their names without the number at the end */
} server;

static void
open_remote(struct scene *scene, bool examine)
{
    struct remote_info info;

    assert_works(scene, scene->remote.ops->open(scene->remote.self, examine, &scene->err));
    scene->found_inbox = scene->found_mailbox = false;
    assert_works(scene, scene->remote.ops->survey(scene->remote.self, on_listed, scene, &scene->err));
    assert_true(scene->found_inbox);
    scene->remote.ops->info(scene->remote.self, &info);
    print_message(
        "%s: condstore %d qresync %d uidplus %d multiappend %d list-status %d, prefix \"%s\" separator '%c'\n",
        info.server, info.condstore, info.qresync, info.uidplus, info.multiappend, info.list_status, info.prefix,
        info.separator);
}

static void
make_mailboxes(struct scene *scene)
{
    struct remote_info info;
    char first[64];

    scene->remote.ops->info(scene->remote.self, &info);
    assert_true(
        text_print(first, sizeof first, "T\xc3\xa9st & more%cA \"quoted\" one", info.separator ? info.separator : '/'));
    struct text names[] = {text_of(first), text_of("\xe6\x97\xa5\xe6\x9c\xac")};
    assert_works(scene, scene->remote.ops->create(scene->remote.self, names, 2, on_created, scene, &scene->err));
    /* Once more: what is there is fine. */
    assert_works(scene, scene->remote.ops->create(scene->remote.self, names, 2, on_created, scene, &scene->err));
}

static void
append_all(struct scene *scene, uint32_t uidvalidity)
{
    static struct remote_append messages[MESSAGES];
    static char bytes[200000];

    for (size_t i = 0; i < MESSAGES; i++)
        messages[i] = (struct remote_append){.mailbox = text_of(scene->mailbox),
                                             .uidvalidity = uidvalidity,
                                             .uidnext = 1,
                                             .flags = i % 2 ? FLAG_SEEN : 0,
                                             .keywords = i % 3 ? "" : "Urgent b{d bad(one",
                                             .date = 1000000000 + (int64_t)i,
                                             .size = make_message(i, bytes, sizeof bytes)};
    assert_works(scene,
                 scene->remote.ops->append(scene->remote.self, messages, MESSAGES, &appender, scene, &scene->err));
    assert_int_equal(scene->appended, MESSAGES);
}

/* A full listing shows what was appended. @return the cursors after it */
static struct remote_select
look_at_all(struct scene *scene, uint32_t uidvalidity)
{
    struct remote_select full = {.mailbox = text_of(scene->mailbox)};
    const struct seen *seen = &scene->seen;

    observe(scene, &full);
    assert_true(seen->outcome.ok);
    assert_int_equal(seen->count, MESSAGES);
    assert_int_equal(seen->selected.exists, MESSAGES);
    assert_int_equal(seen->selected.uidnext, seen->messages[MESSAGES - 1].uid + 1);
    for (size_t i = 0; i < MESSAGES; i++) {
        const struct remote_message *message = &seen->messages[i];
        if (scene->uids[i] != 0)
            assert_int_equal(scene->uids[i], message->uid);
        scene->uids[i] = message->uid;
        assert_true(message->has_flags && message->has_meta);
        assert_int_equal(message->date, 1000000000 + (int64_t)i);
        assert_int_equal(message->flags, i % 2 ? FLAG_SEEN : 0);
        assert_string_equal(seen->keywords[i], i % 3 ? "" : "Urgent");
    }
    return (struct remote_select){.mailbox = full.mailbox,
                                  .uidvalidity = uidvalidity,
                                  .uidnext = seen->selected.uidnext,
                                  .modseq = seen->selected.modseq,
                                  .check_uid = scene->uids[MESSAGES - 1]};
}

/* Bodies come back byte for byte, and not at all from another UIDVALIDITY. */
static void
fetch_all(struct scene *scene, uint32_t uidvalidity)
{
    struct remote_fetch wanted = {
        .mailbox = text_of(scene->mailbox), .uidvalidity = uidvalidity, .uids = scene->uids, .count = MESSAGES};

    assert_works(scene, scene->remote.ops->fetch(scene->remote.self, &wanted, 1, &sink, scene, &scene->err));
    assert_int_equal(scene->fetched, MESSAGES);
    assert_true(scene->seen.outcome.ok);
    wanted.uidvalidity++;
    assert_works(scene, scene->remote.ops->fetch(scene->remote.self, &wanted, 1, &sink, scene, &scene->err));
    assert_true(!scene->seen.outcome.ok && scene->seen.outcome.changed && scene->fetched == MESSAGES);
}

/* Flags change, the echo shows it, and so does the next delta. */
static void
change_flags(struct scene *scene, const struct remote_select *cursor)
{
    const unsigned expected = FLAG_FLAGGED | FLAG_FORWARDED;
    const uint32_t flagged[] = {scene->uids[0], scene->uids[1], scene->uids[2], scene->uids[10]};
    const uint32_t last = scene->uids[MESSAGES - 1];
    struct remote_store store = {.mailbox = cursor->mailbox,
                                 .uidvalidity = cursor->uidvalidity,
                                 .uids = flagged,
                                 .count = 4,
                                 .add = expected,
                                 .del = FLAG_SEEN};

    memset(&scene->seen, 0, sizeof scene->seen);
    assert_works(scene, scene->remote.ops->store(scene->remote.self, &store, 1, &observer, scene, &scene->err));
    assert_true(scene->seen.outcome.ok);
    assert_int_equal(scene->seen.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(scene->seen.messages[i].flags, expected);

    observe(scene, cursor);
    assert_true(scene->seen.outcome.ok);
    for (size_t i = 0; i < 4; i++)
        assert_true(seen_uid(scene, flagged[i]) != NULL && seen_uid(scene, flagged[i])->flags == expected);
    assert_true(seen_uid(scene, last) != NULL && seen_uid(scene, last)->has_meta);
    if (scene->seen.selected.delta)
        assert_int_equal(scene->seen.count, 5);
    else
        assert_true(scene->seen.count >= MESSAGES);
}

/* Copy, move, remove; verify keeps back the second message of each request. @return how many went */
static size_t
take_away(struct scene *scene, uint32_t uidvalidity)
{
    struct remote_info info;
    struct remote_select target = {.mailbox = text_of(scene->other)};

    scene->remote.ops->info(scene->remote.self, &info);
    observe(scene, &target);
    struct remote_change change = {.mailbox = text_of(scene->mailbox),
                                   .uidvalidity = uidvalidity,
                                   .uids = scene->uids,
                                   .count = MESSAGES,
                                   .target = target.mailbox,
                                   .target_uidvalidity = scene->seen.selected.uidvalidity};
    assert_works(scene, scene->remote.ops->copy(scene->remote.self, &change, 1, &changer, scene, &scene->err));
    assert_int_equal(scene->done, MESSAGES);
    assert_int_equal(scene->changed, MESSAGES - 1);
    if (info.uidplus)
        assert_true(scene->new_uids[0] != 0 && scene->new_uids[2] == scene->new_uids[0] + 1);
    if (info.move) {
        scene->done = scene->changed = 0;
        change.uids = scene->uids + 200;
        change.count = 50;
        assert_works(scene, scene->remote.ops->move(scene->remote.self, &change, 1, &changer, scene, &scene->err));
        assert_int_equal(scene->done, 50);
        assert_int_equal(scene->changed, 49);
    }
    scene->done = scene->changed = 0;
    change.uids = scene->uids;
    change.count = 20;
    struct remote_change both[] = {change, change};
    both[1].uids = scene->uids + 20;
    assert_works(scene, scene->remote.ops->remove(scene->remote.self, both, 2, &changer, scene, &scene->err));
    assert_int_equal(scene->done, 40);
    assert_int_equal(scene->changed, 38);
    return 38 + (info.move ? 49 : 0);
}

/* What is gone, what was never there, and what is another mailbox by now. */
static void
meet_what_is_gone(struct scene *scene, struct remote_select cursor)
{
    struct remote_change change = {
        .mailbox = cursor.mailbox, .uidvalidity = cursor.uidvalidity, .uids = scene->uids, .count = 1};
    struct remote_select nowhere = {.mailbox = text_of("nowhere")};

    scene->done = scene->changed = 0;
    assert_works(scene, scene->remote.ops->remove(scene->remote.self, &change, 1, &changer, scene, &scene->err));
    assert_true(scene->done == 1 && scene->changed == 0 && scene->last.gone);

    change.mailbox = nowhere.mailbox;
    assert_works(scene, scene->remote.ops->remove(scene->remote.self, &change, 1, &changer, scene, &scene->err));
    assert_true(scene->done == 2 && scene->last.gone);
    observe(scene, &nowhere);
    assert_true(!scene->seen.outcome.ok && scene->seen.outcome.gone && !scene->seen.was_selected);

    cursor.uidvalidity++;
    observe(scene, &cursor);
    assert_true(scene->seen.was_selected && scene->seen.outcome.changed && scene->seen.count == 0);
}

static void
a_mailbox_lives_through_every_operation(void **state)
{
    struct scene *scene = *state;
    struct remote_info info;

    open_remote(scene, false);
    make_mailboxes(scene);
    open_remote(scene, false);
    assert_true(scene->found_mailbox && scene->listed.has_status && scene->listed.messages == 0);
    uint32_t uidvalidity = scene->listed.uidvalidity;
    append_all(scene, uidvalidity);
    struct remote_select cursor = look_at_all(scene, uidvalidity);
    fetch_all(scene, uidvalidity);
    change_flags(scene, &cursor);
    size_t gone = take_away(scene, uidvalidity);

    observe(scene, &cursor);
    assert_true(scene->seen.outcome.ok);
    assert_int_equal(scene->seen.selected.exists, MESSAGES - gone);
    scene->remote.ops->info(scene->remote.self, &info);
    if (info.qresync)
        assert_int_equal(scene->seen.vanished_count, gone);
    meet_what_is_gone(scene, cursor);
    scene->remote.ops->close(scene->remote.self);
}

static void
somebody_elses_deleted_marks_are_never_expunged(void **state)
{
    struct scene *scene = *state;

    open_remote(scene, false);
    make_mailboxes(scene);
    append_all(scene, 0);
    struct remote_select full = {.mailbox = text_of(scene->mailbox)};
    observe(scene, &full);
    for (size_t i = 0; i < MESSAGES; i++)
        scene->uids[i] = scene->seen.messages[i].uid;
    uint32_t uidvalidity = scene->seen.selected.uidvalidity;
    struct remote_store mark = {
        .mailbox = full.mailbox, .uidvalidity = uidvalidity, .uids = scene->uids + 5, .count = 1, .add = FLAG_DELETED};
    assert_works(scene, scene->remote.ops->store(scene->remote.self, &mark, 1, &observer, scene, &scene->err));

    struct remote_change change = {
        .mailbox = full.mailbox, .uidvalidity = uidvalidity, .uids = scene->uids + 10, .count = 3};
    assert_works(scene, scene->remote.ops->remove(scene->remote.self, &change, 1, &changer, scene, &scene->err));

    struct remote_info info;
    scene->remote.ops->info(scene->remote.self, &info);
    observe(scene, &full);
    assert_true(seen_uid(scene, scene->uids[5]) != NULL && seen_uid(scene, scene->uids[5])->flags & FLAG_DELETED);
    if (info.uidplus) {
        assert_int_equal(scene->changed, 2);
        assert_null(seen_uid(scene, scene->uids[10]));
    } else {
        assert_int_equal(scene->changed, 0);
        print_message("without UIDPLUS: %s\n", scene->last.answer);
        assert_false(scene->last.doubtful);
        assert_non_null(seen_uid(scene, scene->uids[10]));
        assert_false(seen_uid(scene, scene->uids[10])->flags & FLAG_DELETED);
    }
    scene->remote.ops->close(scene->remote.self);
}

static void
examine_changes_nothing_and_sees_the_same(void **state)
{
    struct scene *scene = *state;

    open_remote(scene, true);
    struct remote_select inbox = {.mailbox = text_of("INBOX")};
    observe(scene, &inbox);
    assert_true(scene->seen.outcome.ok && !scene->seen.selected.read_only);
    assert_int_equal(scene->seen.selected.permanent, FLAG_ALL);
    scene->remote.ops->close(scene->remote.self);
}

static int
set_up(void **state)
{
    static unsigned users;
    struct scene *scene = calloc(1, sizeof *scene);

    if (scene == NULL || !text_print(scene->user, sizeof scene->user, "%s%u", server.users, users++))
        return -1;
    scene->connection = (struct connection){.scheme = SCHEME_IMAP,
                                            .host = "127.0.0.1",
                                            .port = server.port,
                                            .user = scene->user,
                                            .tls = TLS_NONE,
                                            .timeout_s = 20,
                                            .wire_log = getenv("GOLUB_TEST_WIRE") != NULL ? 2 : 0,
                                            .secret = tell_secret,
                                            .secret_context = (void *)"pw"};
    scene->imap = imap_new(&scene->connection);
    scene->remote = imap_remote(scene->imap);
    *state = scene;
    return scene->imap != NULL ? 0 : -1;
}

static int
tear_down(void **state)
{
    struct scene *scene = *state;

    imap_free(scene->imap);
    free(scene);
    return 0;
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mailbox_lives_through_every_operation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(somebody_elses_deleted_marks_are_never_expunged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(examine_changes_nothing_and_sees_the_same, set_up, tear_down),
    };
    uint64_t port;

    if (argc != 3 || !text_number(text_of(argv[1]), 65535, &port)) {
        print_error("usage: %s PORT USER-PREFIX\n", argv[0]);
        return 2;
    }
    server.port = (uint16_t)port;
    server.users = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
