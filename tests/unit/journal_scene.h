/* A journal in memory and messages in it, for the tests of the journal. Included after cmocka.h. */
#ifndef TESTS_UNIT_JOURNAL_SCENE_H
#define TESTS_UNIT_JOURNAL_SCENE_H

#include "store/journal/journal.h"
#include "tests/sim/sim_journal.h"

struct scene { /* a journal in memory, a transaction open, and one mailbox in it */
    struct journal *journal;
    struct error err;
    int64_t mailbox;
};

static inline int64_t
given_mailbox(struct scene *s, const char *name)
{
    struct journal_mailbox mailbox = {.name = (char *)name, .folder = (char *)name, .permanent = FLAG_ALL};

    assert_true(journal_mailbox_save(s->journal, &mailbox, &s->err));
    assert_true(mailbox.id > 0);
    return mailbox.id;
}

static inline int
set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->journal = sim_journal_open(NULL, 0, &s->err);
    assert_non_null(s->journal);
    assert_true(journal_begin(s->journal, &s->err));
    s->mailbox = given_mailbox(s, "INBOX");
    *state = s;
    return 0;
}

static inline int
tear_down(void **state)
{
    struct scene *s = *state;

    sim_journal_close(s->journal);
    free(s);
    return 0;
}

/* A message on both sides that nobody has touched. */
static inline struct journal_message
paired(int64_t mailbox, uint32_t uid)
{
    struct journal_message message = {.mailbox = mailbox, .uid = uid, .info = "c:2,S", .size = 1000 + uid};

    memset(message.wire, (int)(uid % 251), DIGEST_SIZE);
    message.has_wire = true;
    message.flags.rbase = message.flags.rseen = message.flags.lbase = message.flags.lseen = FLAG_SEEN;
    text_print(message.base, sizeof message.base, "%010u.%u.golub", uid, uid);
    return message;
}

static inline struct journal_message
given_message(struct scene *s, struct journal_message message)
{
    assert_true(journal_message_save(s->journal, &message, &s->err));
    assert_true(message.id > 0);
    return message;
}

static inline struct journal_message
message_of(struct scene *s, int64_t id)
{
    struct journal_message message;
    bool found = false;

    assert_true(journal_message_get(s->journal, id, &message, &found, &s->err));
    assert_true(found);
    return message;
}

static inline void
assert_same_message(const struct journal_message *a, const struct journal_message *b)
{
    assert_true(a->id == b->id && a->mailbox == b->mailbox && a->refers_to == b->refers_to);
    assert_true(a->uid == b->uid && a->size == b->size && a->date == b->date);
    assert_string_equal(a->base, b->base);
    assert_string_equal(a->info, b->info);
    assert_string_equal(a->keywords, b->keywords);
    assert_int_equal(a->has_wire, b->has_wire);
    assert_int_equal(a->has_header, b->has_header);
    assert_memory_equal(a->wire, b->wire, DIGEST_SIZE);
    assert_memory_equal(a->header, b->header, DIGEST_SIZE);
    assert_int_equal(a->flags.rbase, b->flags.rbase);
    assert_int_equal(a->flags.lbase, b->flags.lbase);
    assert_int_equal(a->flags.rseen, b->flags.rseen);
    assert_int_equal(a->flags.lseen, b->flags.lseen);
    assert_int_equal(a->facts, b->facts);
}

static inline void
assert_ids(struct scene *s, int64_t mailbox, enum journal_which which, const int64_t *want, size_t count)
{
    int64_t *ids = NULL;
    size_t got = 4711;
    uint64_t counted = 4711;

    assert_true(journal_message_ids(s->journal, mailbox, which, &ids, &got, &s->err));
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++)
        assert_true(ids[i] == want[i]);
    free(ids);
    assert_true(journal_message_count(s->journal, mailbox, which, &counted, &s->err));
    assert_int_equal(counted, count);
}

#endif
