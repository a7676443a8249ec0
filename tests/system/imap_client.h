/*
 * A client of store/imap, and what it was told: each callback of store/base/remote.h keeps what came, or compares it with the messages that
 * make_message makes. Included once, after cmocka.h.
 */
#ifndef TESTS_SYSTEM_IMAP_CLIENT_H
#define TESTS_SYSTEM_IMAP_CLIENT_H

#include "store/imap/imap.h"

#define MESSAGES 300
#define SEEN_MAX 2000

struct seen { /* what observe said about one mailbox */
    struct remote_selected selected;
    bool was_selected, was_done;
    struct remote_outcome outcome;
    size_t count;
    struct remote_message messages[SEEN_MAX];
    char keywords[SEEN_MAX][64];
    uint32_t vanished[SEEN_MAX];
    size_t vanished_count;
};

struct scene {
    struct connection connection;
    struct imap *imap;
    struct remote remote;
    struct error err;
    char user[64];
    char mailbox[128], other[128]; /* wire names */
    struct seen seen;
    uint32_t uids[MESSAGES];
    size_t appended, fetched, verified, changed, done;
    size_t at;         /* of the message that is being read */
    char body[200000]; /* the one that is being fetched */
    size_t body_len;
    uint32_t new_uids[MESSAGES];
    struct remote_outcome last;
    bool found_inbox, found_mailbox;
    struct remote_listed listed;
};

static void
show(const struct scene *scene)
{
    char line[1500];

    error_line(&scene->err, line, sizeof line);
    print_message("%s\n", line);
}

#define assert_works(scene, call)                                                                                      \
    do {                                                                                                               \
        if (!(call)) {                                                                                                 \
            show(scene);                                                                                               \
            fail_msg("%s", #call);                                                                                     \
        }                                                                                                              \
    } while (0)

/* Message n: sizes from tiny to large, bytes that a careless client would spoil. */
static size_t
make_message(size_t n, char *to, size_t size)
{
    int len =
        snprintf(to, size, "From: a@example.org\r\nSubject: number %zu\r\nMessage-ID: <%zu@example.org>\r\n\r\n", n, n);
    size_t want = n % 50 == 7 ? 150000 : n % 7 * 300;

    for (size_t i = 0; i < want; i += 62)
        len += snprintf(to + len, size - (size_t)len,
                        "%05zu (\"\\{12}\r\n* 1 FETCH (UID 5 FLAGS ()) \x80\xff caf\xc3\xa9 ......\r\n", i);
    return (size_t)len;
}

/* observe */

static bool
on_selected(void *context, size_t index, const struct remote_selected *selected)
{
    struct scene *scene = context;

    (void)index;
    assert_false(scene->seen.was_selected);
    scene->seen.was_selected = true;
    scene->seen.selected = *selected;
    return true;
}

static bool
on_vanished(void *context, size_t index, uint32_t first, uint32_t last)
{
    struct scene *scene = context;

    (void)index;
    assert_true(scene->seen.was_selected && scene->seen.selected.delta);
    for (uint64_t uid = first; uid <= last && scene->seen.vanished_count < SEEN_MAX; uid++)
        scene->seen.vanished[scene->seen.vanished_count++] = (uint32_t)uid;
    return true;
}

static bool
on_message(void *context, size_t index, const struct remote_message *message)
{
    struct scene *scene = context;
    struct seen *seen = &scene->seen;

    (void)index;
    assert_true(seen->count < SEEN_MAX);
    seen->messages[seen->count] = *message;
    if (message->has_flags)
        (void)text_print(seen->keywords[seen->count], 64, "%s", message->keywords);
    seen->count++;
    return true;
}

static bool
on_done(void *context, size_t index, const struct remote_outcome *outcome)
{
    struct scene *scene = context;

    (void)index;
    scene->seen.was_done = true;
    scene->seen.outcome = *outcome;
    return true;
}

static const struct remote_observer observer = {on_selected, on_vanished, on_message, on_done};

static void
observe(struct scene *scene, const struct remote_select *what)
{
    memset(&scene->seen, 0, sizeof scene->seen);
    assert_works(scene, scene->remote.ops->observe(scene->remote.self, what, 1, &observer, scene, &scene->err));
    assert_true(scene->seen.was_done);
    if (!scene->seen.outcome.ok)
        print_message("outcome: %s\n", scene->seen.outcome.answer);
}

static const struct remote_message *
seen_uid(const struct scene *scene, uint32_t uid)
{
    for (size_t i = 0; i < scene->seen.count; i++)
        if (scene->seen.messages[i].uid == uid)
            return &scene->seen.messages[i];
    return NULL;
}

/* survey */

static bool
on_listed(void *context, const struct remote_listed *mailbox)
{
    struct scene *scene = context;

    scene->found_inbox |= text_is(mailbox->name, "INBOX");
    if (scene->mailbox[0] != '\0' && text_is(mailbox->name, scene->mailbox)) {
        scene->found_mailbox = true;
        scene->listed = *mailbox;
    }
    struct remote_info info;
    scene->remote.ops->info(scene->remote.self, &info);
    if (text_is(mailbox->name, "Sent") && (info.special_use || !info.list_extended))
        assert_true(mailbox->attributes & REMOTE_SENT);
    return true;
}

/* append */

static bool
read_message(void *context, size_t index, void *to, size_t size, size_t *got)
{
    static char message[200000];
    struct scene *scene = context;
    size_t len = make_message(index, message, sizeof message);

    if (size > len - scene->at)
        size = len - scene->at;
    memcpy(to, message + scene->at, size);
    scene->at += size;
    *got = size;
    return true;
}

static bool
rewind_message(void *context, size_t index)
{
    struct scene *scene = context;

    (void)index;
    scene->at = 0;
    return true;
}

static bool
on_appended(void *context, size_t index, uint32_t uid, const struct remote_outcome *outcome)
{
    struct scene *scene = context;

    if (!outcome->ok)
        print_message("append: %s\n", outcome->answer);
    assert_true(outcome->ok);
    scene->uids[index] = uid;
    scene->appended++;
    return true;
}

static const struct remote_appender appender = {read_message, rewind_message, on_appended};

/* fetch */

static bool
on_begin(void *context, size_t index, uint64_t size)
{
    struct scene *scene = context;

    (void)index;
    assert_true(size < sizeof scene->body);
    scene->body_len = 0;
    return true;
}

static bool
on_data(void *context, size_t index, const void *bytes, size_t len)
{
    struct scene *scene = context;

    (void)index;
    memcpy(scene->body + scene->body_len, bytes, len);
    scene->body_len += len;
    return true;
}

static bool
on_end(void *context, size_t index, uint32_t uid)
{
    static char message[200000];
    struct scene *scene = context;

    (void)index;
    for (size_t i = 0; i < MESSAGES; i++) {
        if (scene->uids[i] != uid)
            continue;
        assert_int_equal(scene->body_len, make_message(i, message, sizeof message));
        assert_memory_equal(scene->body, message, scene->body_len);
        scene->fetched++;
        return true;
    }
    fail_msg("UID %u was not asked for", uid);
    return false;
}

static const struct remote_sink sink = {on_begin, on_data, on_end, on_done, NULL, NULL};

/* move, copy, remove */

static bool
on_verify(void *context, size_t index, size_t item, const struct remote_message *now)
{
    struct scene *scene = context;

    (void)index;
    assert_true(now->has_flags && now->has_meta && now->uid != 0 &&
                now->date == 1000000000 + (int64_t)(now->uid - scene->uids[0]));
    scene->verified++;
    return item != 1; /* the second one is not as we had it */
}

static bool
on_changed(void *context, size_t index, size_t item, uint32_t uid, const struct remote_outcome *outcome)
{
    struct scene *scene = context;

    (void)index;
    scene->done++;
    if (item == 1)
        assert_true(!outcome->ok && outcome->changed);
    else
        scene->last = *outcome;
    if (item != 1 && !outcome->ok)
        print_message("change: %s\n", outcome->answer);
    scene->changed += outcome->ok;
    scene->new_uids[item] = uid;
    return true;
}

static const struct remote_changer changer = {on_verify, on_changed};

static bool
on_created(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome)
{
    struct scene *scene = context;

    if (!outcome->ok)
        print_message("create: %s\n", outcome->answer);
    assert_true(outcome->ok);
    return text_copy(wire_name, index == 0 ? scene->mailbox : scene->other, sizeof scene->mailbox);
}

#endif
