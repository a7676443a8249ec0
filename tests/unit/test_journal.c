/* Rows of mailboxes and messages: what the journal keeps, what it refuses, which it finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/journal_scene.h"

static void
every_column_of_a_mailbox_comes_back(void **state)
{
    struct scene *s = *state;
    struct journal_mailbox full = {.name = (char *)"Work/\xc3\xa9",
                                   .wire = (char *)"INBOX.Work.&AOk-",
                                   .folder = (char *)"Work/e",
                                   .separator = '.',
                                   .attributes = UINT32_MAX,
                                   .state = MAILBOX_NEW_REMOTE,
                                   .uidvalidity = UINT32_MAX,
                                   .uidnext = UINT32_MAX - 1,
                                   .messages = UINT32_MAX - 2,
                                   .modseq = INT64_MAX,
                                   .permanent = FLAG_ALL,
                                   .stamp = "1.2 3",
                                   .behind = INT64_MAX,
                                   .had = UINT32_MAX,
                                   .missing = UINT32_MAX - 1,
                                   .missing_since = 1700000000,
                                   .past = true,
                                   .uneven = UNEVEN_KNOWN,
                                   .excess = -(int64_t)UINT32_MAX,
                                   .hidden = UINT32_MAX - 3,
                                   .weighed = 1700000001,
                                   .unjudged = UINT32_MAX};
    struct journal_mailbox *list;
    size_t count;

    assert_true(journal_mailbox_save(s->journal, &full, &s->err));
    assert_true(journal_mailboxes(s->journal, &list, &count, &s->err));

    assert_int_equal(count, 2);
    assert_string_equal(list[0].name, "INBOX"); /* by name */
    assert_null(list[0].wire);
    assert_int_equal(list[1].id, full.id);
    assert_string_equal(list[1].name, full.name);
    assert_string_equal(list[1].wire, full.wire);
    assert_string_equal(list[1].folder, full.folder);
    assert_int_equal(list[1].separator, '.');
    assert_true(list[1].attributes == UINT32_MAX);
    assert_int_equal(list[1].state, MAILBOX_NEW_REMOTE);
    assert_true(list[1].uidvalidity == UINT32_MAX);
    assert_true(list[1].uidnext == UINT32_MAX - 1);
    assert_true(list[1].messages == UINT32_MAX - 2);
    assert_true(list[1].modseq == INT64_MAX);
    assert_int_equal(list[1].permanent, FLAG_ALL);
    assert_string_equal(list[1].stamp, "1.2 3");
    assert_true(list[1].behind == INT64_MAX);
    assert_true(list[1].had == UINT32_MAX);
    assert_true(list[1].missing == UINT32_MAX - 1);
    assert_int_equal(list[1].missing_since, 1700000000);
    assert_true(list[1].past);
    assert_int_equal(list[1].uneven, UNEVEN_KNOWN);
    assert_true(list[1].excess == -(int64_t)UINT32_MAX);
    assert_true(list[1].hidden == UINT32_MAX - 3);
    assert_int_equal(list[1].weighed, 1700000001);
    assert_true(list[1].unjudged == UINT32_MAX);

    list[1].modseq = 7;
    list[1].state = MAILBOX_ACTIVE;
    assert_true(journal_mailbox_save(s->journal, &list[1], &s->err));
    journal_mailboxes_free(list, count);
    assert_true(journal_mailboxes(s->journal, &list, &count, &s->err));
    assert_int_equal(list[1].modseq, 7);
    assert_int_equal(list[1].state, MAILBOX_ACTIVE);
    journal_mailboxes_free(list, count);
}

static void
names_and_folders_of_mailboxes_are_unique(void **state)
{
    struct scene *s = *state;
    struct journal_mailbox name = {.name = (char *)"INBOX", .folder = (char *)"x"};
    struct journal_mailbox folder = {.name = (char *)"x", .folder = (char *)"INBOX"};
    struct journal_mailbox gone = {.id = 4711, .name = (char *)"y", .folder = (char *)"y"};

    assert_false(journal_mailbox_save(s->journal, &name, &s->err));
    assert_false(journal_mailbox_save(s->journal, &folder, &s->err));
    assert_false(journal_mailbox_save(s->journal, &gone, &s->err));
    assert_int_equal(name.id, 0);
    assert_int_equal(s->err.kind, ERROR_LOCAL);
}

static void
every_column_of_a_message_comes_back_at_its_limits(void **state)
{
    struct scene *s = *state;
    struct journal_message full = paired(s->mailbox, UINT32_MAX);
    bool found = false;
    struct journal_message got;

    memset(full.base, 'b', LOCAL_BASE_MAX);
    full.base[LOCAL_BASE_MAX] = '\0';
    full.base[3] = '\xff'; /* no UTF-8 */
    memset(full.info, 'c', LOCAL_INFO_MAX);
    memset(full.keywords, 'k', KEYWORDS_MAX);
    memset(full.header, 0xee, DIGEST_SIZE);
    full.has_header = true;
    full.size = INT64_MAX;
    full.date = INT64_MIN;
    full.flags.rbase = 1, full.flags.lbase = 2, full.flags.rseen = 4, full.flags.lseen = UINT32_MAX, full.facts = 63;
    full.refers_to = INT64_MAX;
    full = given_message(s, full);

    got = message_of(s, full.id);
    assert_same_message(&got, &full);
    assert_true(journal_message_by_uid(s->journal, s->mailbox, UINT32_MAX, &got, &found, &s->err));
    assert_true(found);
    assert_same_message(&got, &full);
    found = false;
    assert_true(journal_message_by_base(s->journal, s->mailbox, full.base, &got, &found, &s->err));
    assert_true(found);
    assert_same_message(&got, &full);
}

static void
a_message_can_lose_what_it_had(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 5)), got;

    message.uid = 0;
    message.info[0] = '\0';
    message.has_wire = false;
    memset(message.wire, 0, DIGEST_SIZE);
    message.refers_to = 0;
    assert_true(journal_message_save(s->journal, &message, &s->err));

    got = message_of(s, message.id);
    assert_same_message(&got, &message);
}

static void
what_is_not_there_is_not_found_and_nothing_is_written(void **state)
{
    struct scene *s = *state;
    struct journal_message got = {.id = 42};
    struct journal_op op = {.id = 42};
    struct journal_pending pending = {.mailbox = 42};
    bool found = true;

    assert_true(journal_message_get(s->journal, 1, &got, &found, &s->err));
    assert_false(found);
    found = true;
    assert_true(journal_message_by_uid(s->journal, s->mailbox, 1, &got, &found, &s->err));
    assert_false(found);
    found = true;
    assert_true(journal_message_by_base(s->journal, s->mailbox, "", &got, &found, &s->err));
    assert_false(found);
    found = true;
    assert_true(journal_op_of(s->journal, 1, &op, &found, &s->err));
    assert_false(found);
    found = true;
    assert_true(journal_pending_get(s->journal, s->mailbox, 1, &pending, &found, &s->err));
    assert_false(found);
    assert_int_equal(got.id, 42);
    assert_int_equal(op.id, 42);
    assert_int_equal(pending.mailbox, 42);
}

static void
uids_and_bases_are_unique_in_their_mailbox_but_unknown_ones_are_not(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message first = given_message(s, paired(s->mailbox, 1));
    struct journal_message twice = paired(s->mailbox, 1), same_base = paired(s->mailbox, 2), nothing = {0};
    text_print(same_base.base, sizeof same_base.base, "%s", first.base);
    nothing.mailbox = s->mailbox;

    assert_false(journal_message_save(s->journal, &twice, &s->err));
    assert_false(journal_message_save(s->journal, &same_base, &s->err));
    assert_int_equal(twice.id, 0);
    given_message(s, paired(other, 1));
    given_message(s, nothing);
    given_message(s, nothing);

    assert_true(journal_commit(s->journal, &s->err));
}

static void
rows_that_make_no_sense_are_refused(void **state)
{
    struct scene *s = *state;
    struct journal_message undigested = paired(s->mailbox, 1), homeless = paired(4711, 2), huge = paired(s->mailbox, 3);
    struct journal_message gone = paired(s->mailbox, 4);
    struct journal_mailbox modseq = {.name = (char *)"m", .folder = (char *)"m", .modseq = (uint64_t)INT64_MAX + 1};
    undigested.has_wire = false;
    huge.size = (uint64_t)INT64_MAX + 1;
    gone.id = 4711;

    assert_false(journal_message_save(s->journal, &undigested, &s->err)); /* paired, and its bytes were never here */
    assert_false(journal_message_save(s->journal, &homeless, &s->err));
    assert_false(journal_message_save(s->journal, &huge, &s->err));
    assert_false(journal_message_save(s->journal, &gone, &s->err));
    assert_string_equal(s->err.answer, "there is no such row");
    assert_false(journal_mailbox_save(s->journal, &modseq, &s->err));
    assert_int_equal(s->err.kind, ERROR_LOCAL);
    assert_ids(s, 0, WHICH_ALL, NULL, 0);
}

static void
clean_means_that_neither_side_differs(void **state)
{
    static const struct {
        bool uid, base, rseen, lseen;
        unsigned facts;
        bool refers, clean;
    } rows[] = {
        {true, true, false, false, 0, false, true},
        {false, true, false, false, 0, false, false}, /* only here */
        {true, false, false, false, 0, false, false}, /* only there */
        {true, true, true, false, 0, false, false},   /* changed there */
        {true, true, false, true, 0, false, false},   /* changed here */
        {true, true, false, false, FACT_GONE_THERE, false, false},
        {true, true, false, false, FACT_GONE_HERE, false, false},
        {true, true, false, false, FACT_ALTERED, false, false},
        {true, true, false, false, FACT_ECHO, false, false},
        {true, true, false, false, FACT_VAGUE, false, true}, /* that its header names nothing leaves nothing to do */
        {true, false, false, false, FACT_VAGUE, false, false},
        {false, true, false, false, FACT_REFUSED, false, false},
        {false, true, false, false, FACT_ALIAS, true, true},
        {false, true, true, false, FACT_ALIAS, true, true}, /* what the server shows is that of the row it refers to */
        {false, true, false, true, FACT_ALIAS, true, false},
        {false, true, false, false, FACT_ALIAS, false, false}, /* that row is gone */
        {false, false, false, false, FACT_ALIAS, true, false},
        {false, true, false, false, FACT_ALIAS | FACT_GONE_HERE, true, false},
    };
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct journal_message message = paired(1, 1);

        message.uid = rows[i].uid ? 1 : 0;
        if (!rows[i].base)
            message.base[0] = '\0';
        message.flags.rseen ^= rows[i].rseen ? FLAG_FLAGGED : 0u;
        message.flags.lseen ^= rows[i].lseen ? FLAG_FLAGGED : 0u;
        message.facts = rows[i].facts;
        message.refers_to = rows[i].refers ? 9 : 0;
        assert_int_equal(journal_message_is_clean(&message), rows[i].clean);
    }
}

static void
sets_of_messages_follow_every_save_in_the_order_of_uids(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message late = given_message(s, paired(s->mailbox, 30));
    struct journal_message early = given_message(s, paired(s->mailbox, 10));
    struct journal_message here = paired(s->mailbox, 0), there = paired(s->mailbox, 20);
    there.base[0] = '\0';
    text_print(here.base, sizeof here.base, "new");
    here = given_message(s, here);
    there = given_message(s, there);
    struct journal_message elsewhere = given_message(s, paired(other, 1));

    assert_ids(s, s->mailbox, WHICH_ALL, (int64_t[]){here.id, early.id, there.id, late.id}, 4);
    assert_ids(s, s->mailbox, WHICH_DIRTY, (int64_t[]){here.id, there.id}, 2);
    assert_ids(s, s->mailbox, WHICH_WITH_UID, (int64_t[]){early.id, there.id, late.id}, 3);
    assert_ids(s, s->mailbox, WHICH_WITH_BASE, (int64_t[]){here.id, early.id, late.id}, 3);
    assert_ids(s, 0, WHICH_ALL, (int64_t[]){here.id, early.id, there.id, late.id, elsewhere.id}, 5);
    assert_ids(s, 0, WHICH_DIRTY, (int64_t[]){here.id, there.id}, 2);
    assert_ids(s, 0, WHICH_WITH_UID, (int64_t[]){early.id, there.id, late.id, elsewhere.id}, 4);
    assert_ids(s, 0, WHICH_WITH_BASE, (int64_t[]){here.id, early.id, late.id, elsewhere.id}, 4);

    late.facts = FACT_GONE_THERE;
    early.facts = FACT_GONE_HERE;
    here.uid = 40;
    assert_true(journal_message_save(s->journal, &late, &s->err));
    assert_true(journal_message_save(s->journal, &early, &s->err));
    assert_true(journal_message_save(s->journal, &here, &s->err));

    assert_ids(s, s->mailbox, WHICH_DIRTY, (int64_t[]){early.id, there.id, late.id}, 3);
    assert_ids(s, s->mailbox, WHICH_WITH_UID, (int64_t[]){early.id, there.id, here.id}, 3);
    assert_ids(s, s->mailbox, WHICH_WITH_BASE, (int64_t[]){late.id, here.id}, 2);

    early.facts = 0;
    assert_true(journal_message_save(s->journal, &early, &s->err));
    assert_true(journal_message_delete(s->journal, late.id, &s->err));

    assert_ids(s, 0, WHICH_DIRTY, (int64_t[]){there.id}, 1);
}

static void
a_range_of_uids_holds_what_is_not_known_to_be_gone(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message top = given_message(s, paired(s->mailbox, UINT32_MAX));
    struct journal_message five = given_message(s, paired(s->mailbox, 5));
    struct journal_message gone = paired(s->mailbox, 6);
    int64_t *ids;
    size_t count;
    gone.facts = FACT_GONE_THERE;
    given_message(s, gone);
    given_message(s, paired(s->mailbox, 4));
    given_message(s, paired(other, 7));

    assert_true(journal_ids_by_uids(s->journal, s->mailbox, 5, UINT32_MAX, &ids, &count, &s->err));

    assert_int_equal(count, 2);
    assert_true(ids[0] == five.id && ids[1] == top.id);
    free(ids);
    assert_true(journal_ids_by_uids(s->journal, s->mailbox, 6, 5, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
}

static void
aliases_are_found_by_the_row_that_they_refer_to(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1)), alias = paired(s->mailbox, 0);
    int64_t *ids;
    size_t count;
    alias.facts = FACT_ALIAS;
    alias.refers_to = message.id;
    alias = given_message(s, alias);

    assert_true(journal_ids_referring(s->journal, message.id, &ids, &count, &s->err));

    assert_int_equal(count, 1);
    assert_true(ids[0] == alias.id);
    free(ids);
    assert_true(journal_ids_referring(s->journal, 0, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
}

static void
what_stands_on_one_side_alone_is_a_set_of_its_own(void **state)
{
    struct scene *s = *state;
    struct journal_message file = paired(s->mailbox, 0), unread = file, gone = file, alias = file;
    struct journal_message uid = paired(s->mailbox, 2), left = paired(s->mailbox, 3), old = paired(s->mailbox, 4);
    struct journal_message lost = paired(s->mailbox, 5);
    uid.base[0] = left.base[0] = old.base[0] = '\0';
    left.facts = FACT_GONE_THERE;
    lost.facts = FACT_GONE_HERE;
    old.facts = FACT_REPLACED;
    unread.has_wire = gone.has_wire = false;
    gone.facts = FACT_GONE_HERE;
    alias.facts = FACT_ALIAS;
    text_print(unread.base, sizeof unread.base, "unread");
    text_print(gone.base, sizeof gone.base, "gone");
    text_print(alias.base, sizeof alias.base, "alias");
    text_print(lost.base, sizeof lost.base, "lost");
    lost = given_message(s, lost);
    alias.refers_to = given_message(s, paired(s->mailbox, 1)).id; /* settled, both of them */
    given_message(s, alias);
    file = given_message(s, file);
    unread = given_message(s, unread);
    gone = given_message(s, gone);
    uid = given_message(s, uid);
    left = given_message(s, left);
    given_message(s, old);

    assert_ids(s, s->mailbox, WHICH_UNREAD, (int64_t[]){unread.id}, 1);
    assert_ids(s, 0, WHICH_UNREAD, (int64_t[]){unread.id}, 1);
    assert_ids(s, s->mailbox, WHICH_FILE_ALONE, (int64_t[]){file.id, unread.id, gone.id}, 3);
    assert_ids(s, s->mailbox, WHICH_UID_ALONE, (int64_t[]){uid.id}, 1);
    assert_ids(s, s->mailbox, WHICH_UID_LEFT, (int64_t[]){left.id}, 1);
    assert_ids(s, s->mailbox, WHICH_GONE, (int64_t[]){lost.id}, 1);
    assert_ids(s, 0, WHICH_GONE, (int64_t[]){lost.id}, 1);
}

static void
marked_is_what_both_sides_show_as_deleted(void **state)
{
    struct scene *s = *state;
    struct journal_message both = paired(s->mailbox, 1), here = paired(s->mailbox, 2), there = paired(s->mailbox, 3);
    struct journal_message gone = paired(s->mailbox, 4);
    both.flags.rseen = both.flags.lseen = gone.flags.rseen = gone.flags.lseen = FLAG_DELETED | FLAG_SEEN;
    here.flags.lseen = there.flags.rseen = FLAG_DELETED;
    gone.facts = FACT_GONE_HERE;
    both = given_message(s, both);
    given_message(s, here);
    given_message(s, there);
    given_message(s, gone);

    assert_ids(s, s->mailbox, WHICH_DELETED, (int64_t[]){both.id}, 1);
    assert_ids(s, 0, WHICH_DELETED, (int64_t[]){both.id}, 1);
}

static void
the_highest_uid_is_the_mailboxs_own(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    uint32_t uid = 42;

    assert_true(journal_highest_uid(s->journal, s->mailbox, &uid, &s->err));
    assert_int_equal(uid, 0);
    assert_true(journal_nth_highest_uid(s->journal, s->mailbox, 2, &uid, &s->err));
    assert_int_equal(uid, 0);
    given_message(s, paired(s->mailbox, 7));
    given_message(s, paired(s->mailbox, 3));
    given_message(s, paired(s->mailbox, 5));
    given_message(s, paired(other, UINT32_MAX));
    assert_true(journal_highest_uid(s->journal, s->mailbox, &uid, &s->err));
    assert_int_equal(uid, 7);
    assert_true(journal_nth_highest_uid(s->journal, s->mailbox, 2, &uid, &s->err));
    assert_int_equal(uid, 5);
    assert_true(journal_nth_highest_uid(s->journal, s->mailbox, 16, &uid, &s->err));
    assert_int_equal(uid, 3);
    assert_true(journal_highest_uid(s->journal, other, &uid, &s->err));
    assert_true(uid == UINT32_MAX);
}

static void
messages_are_found_by_digest_and_dirty_ones_by_size(void **state)
{
    struct scene *s = *state;
    int64_t other = given_mailbox(s, "other");
    struct journal_message one = paired(s->mailbox, 1), two = paired(other, 2), three = paired(s->mailbox, 3);
    int64_t *ids;
    size_t count;

    two.size = one.size = three.size = 500;
    memcpy(two.wire, one.wire, DIGEST_SIZE);
    two.facts = FACT_GONE_THERE;
    three.facts = FACT_GONE_HERE;
    one = given_message(s, one);
    two = given_message(s, two);
    three = given_message(s, three);

    assert_true(journal_ids_by_wire(s->journal, one.wire, &ids, &count, &s->err));
    assert_int_equal(count, 2);
    assert_true(ids[0] == one.id && ids[1] == two.id);
    free(ids);
    assert_true(journal_ids_dirty_by_size(s->journal, 500, &ids, &count, &s->err));
    assert_int_equal(count, 2);
    assert_true(ids[0] == two.id && ids[1] == three.id);
    free(ids);
    assert_true(journal_ids_dirty_by_size(s->journal, 501, &ids, &count, &s->err));
    assert_int_equal(count, 0);
    free(ids);
    assert_false(journal_ids_dirty_by_size(s->journal, UINT64_MAX, &ids, &count, &s->err));
}

static void
an_id_is_never_given_twice(void **state)
{
    struct scene *s = *state;
    struct journal_message last = given_message(s, paired(s->mailbox, 1));

    assert_true(journal_message_delete(s->journal, last.id, &s->err));

    assert_true(given_message(s, paired(s->mailbox, 1)).id > last.id);
}

static void
a_row_is_remembered_only_as_the_table_has_it(void **state)
{
    struct scene *s = *state;
    struct journal_message message = given_message(s, paired(s->mailbox, 1)), alias = paired(s->mailbox, 0), out;
    bool found;

    alias.facts = FACT_ALIAS;
    alias.refers_to = message.id;
    (void)text_print(alias.base, sizeof alias.base, "another");
    alias = given_message(s, alias);
    assert_true(journal_commit(s->journal, &s->err));

    assert_true(journal_begin(s->journal, &s->err));
    message.flags.rseen = message.flags.rbase = FLAG_FLAGGED;
    assert_true(journal_message_save(s->journal, &message, &s->err));
    journal_rollback(s->journal);
    assert_true(journal_message_get(s->journal, message.id, &out, &found, &s->err));
    assert_int_equal(out.flags.rseen & FLAG_FLAGGED, 0);

    assert_true(journal_begin(s->journal, &s->err));
    assert_true(journal_message_get(s->journal, alias.id, &out, &found, &s->err));
    assert_int_equal(out.refers_to, message.id);
    assert_true(journal_message_delete(s->journal, message.id, &s->err));
    assert_true(journal_message_get(s->journal, message.id, &out, &found, &s->err));
    assert_false(found);
    assert_true(journal_message_get(s->journal, alias.id, &out, &found, &s->err));
    assert_int_equal(out.refers_to, 0);
    assert_true(journal_mailbox_delete(s->journal, s->mailbox, &s->err));
    assert_true(journal_message_get(s->journal, alias.id, &out, &found, &s->err));
    assert_false(found);
    journal_rollback(s->journal);
    assert_true(journal_message_get(s->journal, alias.id, &out, &found, &s->err));
    assert_true(found);
}

static void
a_journal_that_became_another_one_knows_what_that_knew_and_nothing_else(void **state)
{
    struct scene *s = *state;
    struct journal *fresh = journal_open_memory(NULL, 0, &s->err);
    void *image = NULL;
    size_t size;
    char *value;

    assert_true(journal_image(fresh, &image, &size, &s->err));
    for (int i = 0; i < 3; i++) {
        (void)given_message(s, paired(s->mailbox, 1));
        assert_true(journal_set(s->journal, "run", "7", &s->err));
        assert_true(i == 2 || journal_commit(s->journal, &s->err)); /* what is still open is as if it had not been */

        assert_true(journal_become(s->journal, image, size, &s->err));

        assert_int_equal(journal_changes(s->journal), 0);
        assert_true(journal_get(s->journal, "run", &value, &s->err));
        assert_null(value);
        assert_true(journal_begin(s->journal, &s->err));
        s->mailbox = given_mailbox(s, "INBOX");
        assert_int_equal(given_message(s, paired(s->mailbox, 1)).id, 1);
        assert_true(journal_message_delete(s->journal, 1, &s->err));
    }
    free(image);
    journal_close(fresh);
}

static void
a_journal_goes_back_and_forth_between_two_images(void **state)
{
    struct scene *s = *state;
    struct journal *small = journal_open_memory(NULL, 0, &s->err);
    void *images[2] = {NULL, NULL};
    size_t sizes[2];
    uint64_t count;

    for (int i = 0; i < 200; i++)
        (void)given_message(s, paired(s->mailbox, (uint32_t)i + 1));
    assert_true(journal_commit(s->journal, &s->err));
    assert_true(journal_image(s->journal, &images[1], &sizes[1], &s->err));
    assert_true(journal_image(small, &images[0], &sizes[0], &s->err));

    for (int i = 0; i < 6; i++) {
        assert_true(journal_become(s->journal, images[i % 2], sizes[i % 2], &s->err));
        assert_true(journal_message_count(s->journal, 0, WHICH_ALL, &count, &s->err));
        assert_int_equal(count, i % 2 == 0 ? 0 : 200);
        assert_true(journal_begin(s->journal, &s->err));
        assert_true(journal_set(s->journal, "run", "7", &s->err));
        assert_true(journal_commit(s->journal, &s->err));
    }
    free(images[0]);
    free(images[1]);
    journal_close(small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_column_of_a_mailbox_comes_back),
        TEST(names_and_folders_of_mailboxes_are_unique),
        TEST(every_column_of_a_message_comes_back_at_its_limits),
        TEST(a_message_can_lose_what_it_had),
        TEST(what_is_not_there_is_not_found_and_nothing_is_written),
        TEST(uids_and_bases_are_unique_in_their_mailbox_but_unknown_ones_are_not),
        TEST(rows_that_make_no_sense_are_refused),
        TEST(clean_means_that_neither_side_differs),
        TEST(sets_of_messages_follow_every_save_in_the_order_of_uids),
        TEST(a_range_of_uids_holds_what_is_not_known_to_be_gone),
        TEST(aliases_are_found_by_the_row_that_they_refer_to),
        TEST(what_stands_on_one_side_alone_is_a_set_of_its_own),
        TEST(marked_is_what_both_sides_show_as_deleted),
        TEST(the_highest_uid_is_the_mailboxs_own),
        TEST(messages_are_found_by_digest_and_dirty_ones_by_size),
        TEST(an_id_is_never_given_twice),
        TEST(a_journal_that_became_another_one_knows_what_that_knew_and_nothing_else),
        TEST(a_row_is_remembered_only_as_the_table_has_it),
        TEST(a_journal_goes_back_and_forth_between_two_images),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
