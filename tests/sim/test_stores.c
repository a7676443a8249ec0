/* The simulated stores keep the promises of store/base/remote.h and local.h that the histories rest on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_server.h"

static struct coverage coverage;

struct rig {
    struct world world;
    struct server server;
    struct maildir_sim maildir;
    struct remote remote;
    struct local local;
    struct error err;
    /* what callbacks saw */
    unsigned messages, vanished, dones, verified;
    bool delta, refuse;
    uint32_t uid;
    struct remote_outcome outcome;
    int content;
    size_t sent;
};

static int
setup(void **state)
{
    static struct rig rig;

    memset(&rig, 0, sizeof rig);
    rig.world.rng = rng_for(1, 1);
    rig.world.coverage = &coverage;
    rig.world.tick = 5;
    rig.world.clients = 1;
    rig.world.server = &rig.server;
    rig.world.maildirs[0] = &rig.maildir;
    server_init(&rig.server, &rig.world);
    server_create(&rig.server, 1);
    rig.server.condstore = rig.server.qresync = rig.server.uidplus = rig.server.move = true;
    maildir_sim_init(&rig.maildir, &rig.world, 0, false);
    rig.maildir.tree.root = rig.maildir.tree.folder[0] = rig.maildir.tree.folder[1] = true;
    rig.remote = server_remote(&rig.server);
    rig.local = maildir_sim_local(&rig.maildir);
    rig.world.golub = true;
    assert_true(rig.remote.ops->open(rig.remote.self, false, &rig.err));
    *state = &rig;
    return 0;
}

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    (void)index;
    ((struct rig *)context)->delta = selected->delta;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    (void)index, (void)first, (void)last;
    ((struct rig *)context)->vanished++;
    return true;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    (void)index, (void)message;
    ((struct rig *)context)->messages++;
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct rig *rig = context;

    (void)index;
    rig->dones++;
    rig->outcome = *outcome;
    return true;
}

static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};

static bool
verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct rig *rig = context;

    (void)index, (void)item, (void)now;
    rig->verified++;
    return !rig->refuse;
}

static bool
on_changed(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    ((struct rig *)context)->uid = uid;
    (void)item;
    return on_done(context, index, outcome);
}

static const struct remote_changer changer = {verify, on_changed};

static bool
on_read(void *context, size_t index, void *to, size_t size, size_t *got)
{
    struct rig *rig = context;
    const struct content *content = content_get(rig->content);

    (void)index;
    *got = content->len - rig->sent < size ? content->len - rig->sent : size;
    memcpy(to, content->bytes + rig->sent, *got);
    rig->sent += *got;
    return true;
}

static bool
on_rewind(void *context, size_t index)
{
    (void)index;
    ((struct rig *)context)->sent = 0;
    return true;
}

static bool
on_appended(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    return on_changed(context, index, 0, uid, outcome);
}

static const struct remote_appender appender = {on_read, on_rewind, on_appended};

static uint32_t
given_message(struct rig *rig, int mailbox)
{
    const int content = world_new_content(&rig->world, false);
    uint32_t uid;

    assert_true(server_add(&rig->server, mailbox, content, 0, 0, 1000, &uid));
    rig->world.ledger[content].out[mailbox] = true;
    return uid;
}

static bool
append(struct rig *rig)
{
    rig->content = world_new_content(&rig->world, false);
    const struct remote_append item = {.mailbox = TEXT("INBOX"),
                                       .uidvalidity = rig->server.boxes[0].uidvalidity,
                                       .uidnext = 1,
                                       .size = content_get(rig->content)->len};
    return rig->remote.ops->append(rig->remote.self, &item, 1, &appender, rig, &rig->err);
}

static void
an_append_whose_answer_is_lost_is_done_or_will_be(void **state)
{
    struct rig *rig = *state;
    rig->world.lose_at = rig->world.remote_step + 1;
    rig->world.lose_after = true;

    assert_false(append(rig));

    assert_int_equal(rig->err.kind, ERROR_NETWORK);
    assert_int_equal(rig->dones, 0);
    server_delayed(&rig->server, true);
    assert_int_equal(rig->server.boxes[0].count, 1);
    assert_false(append(rig)); /* the line stays down until it is opened again */
}

static void
an_append_is_answered_with_its_uid(void **state)
{
    struct rig *rig = *state;

    assert_true(append(rig));

    assert_true(rig->outcome.ok);
    assert_int_equal(rig->uid, 1);
}

static void
a_delta_tells_only_what_changed(void **state)
{
    struct rig *rig = *state;
    given_message(rig, 0);
    const uint32_t second = given_message(rig, 0), third = given_message(rig, 0);
    const struct remote_select select = {.mailbox = TEXT("INBOX"),
                                         .uidvalidity = rig->server.boxes[0].uidvalidity,
                                         .uidnext = 4,
                                         .modseq = rig->server.boxes[0].modseq};
    server_set_flags(&rig->server, 0, server_message(&rig->server, 0, second), FLAG_SEEN, 0);
    server_expunge(&rig->server, 0, third);

    assert_true(rig->remote.ops->observe(rig->remote.self, &select, 1, &observer, rig, &rig->err));

    assert_true(rig->delta);
    assert_int_equal(rig->messages, 1);
    assert_int_equal(rig->vanished, 1);
}

static void
another_uidvalidity_is_told_and_nothing_is_listed_under_the_old_one(void **state)
{
    struct rig *rig = *state;
    given_message(rig, 0);
    given_message(rig, 0);
    const struct remote_select select = {.mailbox = TEXT("INBOX"), .uidvalidity = 7, .uidnext = 3, .modseq = 100};

    assert_true(rig->remote.ops->observe(rig->remote.self, &select, 1, &observer, rig, &rig->err));

    assert_false(rig->delta);
    assert_int_equal(rig->messages, 0);
}

static void
a_message_that_is_not_what_it_was_is_not_removed(void **state)
{
    struct rig *rig = *state;
    const uint32_t uid = given_message(rig, 0);
    const struct remote_change change = {
        .mailbox = TEXT("INBOX"), .uidvalidity = rig->server.boxes[0].uidvalidity, .uids = &uid, .count = 1};
    rig->refuse = true;

    assert_true(rig->remote.ops->remove(rig->remote.self, &change, 1, &changer, rig, &rig->err));

    assert_true(rig->outcome.changed);
    assert_int_equal(rig->verified, 1);
    assert_int_equal(rig->server.boxes[0].count, 1);
}

static void
a_change_under_another_uidvalidity_touches_nothing(void **state)
{
    struct rig *rig = *state;
    const uint32_t uid = given_message(rig, 0);
    const struct remote_change change = {.mailbox = TEXT("INBOX"),
                                         .uidvalidity = 7,
                                         .uids = &uid,
                                         .count = 1,
                                         .target = TEXT("Work"),
                                         .target_uidvalidity = rig->server.boxes[1].uidvalidity};

    assert_true(rig->remote.ops->move(rig->remote.self, &change, 1, &changer, rig, &rig->err));

    assert_true(rig->outcome.changed);
    assert_int_equal(rig->verified, 0);
    assert_int_equal(rig->server.boxes[1].count, 0);
}

static void
a_move_answers_with_the_new_uid(void **state)
{
    struct rig *rig = *state;
    const uint32_t uid = given_message(rig, 0);
    const struct remote_change change = {.mailbox = TEXT("INBOX"),
                                         .uidvalidity = rig->server.boxes[0].uidvalidity,
                                         .uids = &uid,
                                         .count = 1,
                                         .target = TEXT("Work"),
                                         .target_uidvalidity = rig->server.boxes[1].uidvalidity};

    assert_true(rig->remote.ops->move(rig->remote.self, &change, 1, &changer, rig, &rig->err));

    assert_true(rig->outcome.ok);
    assert_int_equal(rig->uid, 1);
    assert_int_equal(rig->server.boxes[0].count, 0);
    assert_int_equal(rig->server.boxes[1].count, 1);
}

static bool
deliver(struct rig *rig, const char *base)
{
    const struct content *content = content_get(world_new_content(&rig->world, false));
    struct local_draft *draft;
    struct digests digests;

    if (!rig->local.ops->draft_begin(rig->local.self, "INBOX", &draft, &rig->err))
        return false;
    assert_true(rig->local.ops->draft_write(rig->local.self, draft, content->bytes, content->len, &rig->err));
    assert_true(rig->local.ops->draft_finish(rig->local.self, draft, &digests, &rig->err));
    assert_memory_equal(digests.wire, content->digests.wire, DIGEST_SIZE);
    struct local_delivery item = {.draft = draft, .base = base, .flags = FLAG_SEEN};
    return rig->local.ops->deliver(rig->local.self, &item, 1, &rig->err) && item.ok;
}

static void
what_a_batch_returned_survives_a_power_cut_and_a_taken_name_is_refused(void **state)
{
    struct rig *rig = *state;

    assert_true(deliver(rig, "1.a"));
    assert_false(deliver(rig, "1.a"));
    rig->world.crash_at = rig->world.step + 1;
    assert_false(deliver(rig, "1.b"));

    assert_non_null(maildir_sim_file(&rig->maildir, 0, "1.a", "c:2,S"));
    assert_null(maildir_sim_base(&rig->maildir, 0, "1.b"));
    assert_int_equal(rig->maildir.drafts, 0);
    assert_false(deliver(rig, "1.c")); /* dead */
}

static void
a_change_in_the_same_tick_hides_behind_a_stamp_that_says_so(void **state)
{
    struct rig *rig = *state;
    struct local_stamp before, after;
    bool missing;
    assert_true(mua_deliver(&rig->maildir, 0, world_new_content(&rig->world, false), 0, 0));

    assert_true(rig->local.ops->stamp(rig->local.self, "INBOX", &before, &missing, &rig->err));
    assert_true(mua_deliver(&rig->maildir, 0, world_new_content(&rig->world, false), 0, 0));
    assert_true(rig->local.ops->stamp(rig->local.self, "INBOX", &after, &missing, &rig->err));

    assert_string_equal(before.text, after.text);
    assert_true(before.racy);
    rig->world.tick++;
    assert_true(rig->local.ops->stamp(rig->local.self, "INBOX", &after, &missing, &rig->err));
    assert_false(after.racy);
}

static void
an_altered_file_is_not_quarantined(void **state)
{
    struct rig *rig = *state;
    const int content = world_new_content(&rig->world, false), other = world_new_content(&rig->world, false);
    assert_true(mua_deliver(&rig->maildir, 0, content, 0, 0));
    struct sim_file *file = maildir_sim_base(&rig->maildir, 0, rig->maildir.tree.files[0].base);
    char base[LOCAL_BASE_MAX + 1];
    text_print(base, sizeof base, "%s", file->base);
    struct local_removal item = {
        .file = {"INBOX", base, "n"}, .quarantine = "q1", .wire = content_get(content)->digests.wire};
    mua_edit(&rig->maildir, file, other);

    assert_true(rig->local.ops->remove(rig->local.self, &item, 1, &rig->err));

    assert_true(item.altered);
    assert_false(item.ok);
    assert_int_equal(rig->maildir.tree.count, 1);
}

static void
a_message_that_golub_takes_out_of_its_last_place_is_a_violation(void **state)
{
    struct rig *rig = *state;
    const int content = world_new_content(&rig->world, false);
    uint32_t uid;
    assert_true(server_add(&rig->server, 0, content, 0, 0, 1000, &uid));
    ledger_put(&rig->world, content, 0);

    server_expunge(&rig->server, 0, uid);

    assert_true(rig->world.failed);
}

static void
neighbours_share_header_size_or_canonical_digest(void **state)
{
    (void)state;

    assert_memory_equal(content_get(3)->digests.header, content_get(2)->digests.header, DIGEST_SIZE);
    assert_int_equal(content_get(3)->len, content_get(2)->len);
    assert_memory_not_equal(content_get(3)->digests.wire, content_get(2)->digests.wire, DIGEST_SIZE);
    assert_memory_equal(content_get(11)->digests.canonical, content_get(10)->digests.canonical, DIGEST_SIZE);
    assert_memory_not_equal(content_get(11)->digests.wire, content_get(10)->digests.wire, DIGEST_SIZE);
    assert_true(content_get(9)->digests.has_nul);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_append_whose_answer_is_lost_is_done_or_will_be, setup),
        cmocka_unit_test_setup(an_append_is_answered_with_its_uid, setup),
        cmocka_unit_test_setup(a_delta_tells_only_what_changed, setup),
        cmocka_unit_test_setup(another_uidvalidity_is_told_and_nothing_is_listed_under_the_old_one, setup),
        cmocka_unit_test_setup(a_message_that_is_not_what_it_was_is_not_removed, setup),
        cmocka_unit_test_setup(a_change_under_another_uidvalidity_touches_nothing, setup),
        cmocka_unit_test_setup(a_move_answers_with_the_new_uid, setup),
        cmocka_unit_test_setup(what_a_batch_returned_survives_a_power_cut_and_a_taken_name_is_refused, setup),
        cmocka_unit_test_setup(a_change_in_the_same_tick_hides_behind_a_stamp_that_says_so, setup),
        cmocka_unit_test_setup(an_altered_file_is_not_quarantined, setup),
        cmocka_unit_test_setup(a_message_that_golub_takes_out_of_its_last_place_is_a_violation, setup),
        cmocka_unit_test_setup(neighbours_share_header_size_or_canonical_digest, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
