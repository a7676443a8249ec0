/*
 * New mailboxes: CREATE, SUBSCRIBE, and a LIST as the proof; all names in one turn. What counts is that the mailbox
 * is there afterwards, whoever made it.
 */
#include "store/imap/client.h"

#include "store/base/utf7.h"
#include "store/base/utf8.h"

struct making {
    char *wire; /* NULL: can't be said to this server */
    size_t len;
    char *other; /* what the server lists instead, in another normal form; NULL: nothing */
    size_t other_len;
    bool many;             /* several such */
    bool sought;           /* OK was said, and nothing of the kind was listed */
    bool listed, unusable; /* unusable: there, but not a mailbox that can contain mail */
    struct remote_outcome outcome;
};

struct creating {
    struct imap *imap;
    struct error *err;
    struct making *items;
    size_t count;
    size_t at;
    unsigned step;
};

static bool
is_inbox(struct text name)
{
    return text_is_nocase(name, "INBOX");
}

/* Prefix and encoding. @return false: out of memory */
static bool
name_mailbox(struct creating *creating, struct text name, struct making *out)
{
    const struct imap *imap = creating->imap;
    struct buffer wire = buffer_new(LIMIT_LITERAL_KEPT);
    bool ok = name.len > 0 && utf8_valid(name);

    for (size_t i = 0; i < name.len; i++)
        ok = ok && (unsigned char)name.at[i] >= 0x20 && name.at[i] != 0x7f;
    if (ok && !is_inbox(name))
        ok = buffer_adds(&wire, imap->namespaces.personal);
    if (ok)
        ok = client_utf8(imap) ? buffer_add(&wire, name.at, name.len) : utf7_encode(name, &wire);
    if (!ok) {
        buffer_free(&wire);
        client_outcome(&out->outcome, "no name for a mailbox");
        out->outcome.permanent = true;
        return true;
    }
    out->len = wire.len;
    out->wire = wire.at;
    return true;
}

static struct text
wire_of(const struct making *making)
{
    return (struct text){making->wire, making->len};
}

/* LIST takes a pattern: in a name with wildcards it may answer more than the one, which does no harm. */
static bool
next(void *self, bool *more)
{
    static const struct {
        int kind;
        const char *words;
    } steps[] = {{COMMAND_CREATE, "CREATE "}, {COMMAND_SUBSCRIBE, "SUBSCRIBE "}, {COMMAND_LIST, "LIST \"\" "}};
    struct creating *creating = self;
    struct queue *queue = &creating->imap->queue;

    while (creating->at < creating->count && creating->items[creating->at].wire == NULL)
        creating->at++;
    if (creating->at == creating->count) {
        *more = false;
        return true;
    }
    queue_begin(queue, steps[creating->step].kind, creating->at, 0, 0);
    queue_print(queue, "%s", steps[creating->step].words);
    queue_name(queue, wire_of(&creating->items[creating->at]));
    if (++creating->step == sizeof steps / sizeof steps[0]) {
        creating->step = 0;
        creating->at++;
    }
    return queue_end(queue, creating->err);
}

/* The next character of UTF-8 that is valid; *at goes behind it. */
static uint32_t
next_char(struct text *at)
{
    uint32_t c = 0;
    const size_t len = utf8_next(*at, &c);

    at->at += len;
    at->len -= len;
    return c;
}

/* Is it a part of the character before it? The marks that normal form D takes off, kana's, and Hangul's vowels and finals. */
static bool
is_mark(struct text at)
{
    const uint32_t c = at.len > 0 ? next_char(&at) : 0;

    return (c >= 0x300 && c <= 0x36f) || c == 0x3099 || c == 0x309a || (c >= 0x1160 && c <= 0x11ff);
}

/* Is `name` `wanted` with characters and their marks put together, and nothing else? Without tables: which they are is the server's word. */
static bool
is_composed(struct text wanted, struct text name)
{
    bool any = false;

    while (wanted.len > 0 && name.len > 0) {
        const uint32_t c = next_char(&name), base = next_char(&wanted);
        bool marks = false;

        if (c == base && !(is_mark(wanted) && !is_mark(name)))
            continue;
        for (; is_mark(wanted) && !is_mark(name); marks = true)
            (void)next_char(&wanted);
        if (!marks || c < 0x80)
            return false;
        any = true;
    }
    return any && wanted.len == 0 && name.len == 0;
}

static bool
is_normalised(const struct imap *imap, struct text wanted, struct text name)
{
    struct buffer a = buffer_new(LIMIT_LITERAL_KEPT * 3), b = buffer_new(LIMIT_LITERAL_KEPT * 3);
    bool is;

    if (client_utf8(imap))
        return utf8_valid(wanted) && utf8_valid(name) && is_composed(wanted, name);
    is = utf7_decode(wanted, &a) && utf7_decode(name, &b) &&
         is_composed((struct text){a.at, a.len}, (struct text){b.at, b.len});
    buffer_free(&a);
    buffer_free(&b);
    return is;
}

/* A server may store the name in another normal form than it was given (RFC 9051 section 5.1), and list that. */
static bool
take_other(struct creating *creating, struct making *making, struct text name)
{
    if (making->wire == NULL || !is_normalised(creating->imap, wire_of(making), name))
        return true;
    making->many = making->other != NULL;
    if (making->many)
        return true;
    making->other = strndup(name.at, name.len);
    making->other_len = name.len;
    if (making->other != NULL)
        return true;
    error_set(creating->err, ERROR_LOCAL, "make mailboxes: out of memory");
    return false;
}

static bool
take_untagged(void *self, const struct response *response, const struct command *oldest)
{
    struct creating *creating = self;
    struct text name = response->list.name;

    if (response->kind != RESPONSE_LIST || name.len == 0)
        return true;
    if (oldest != NULL && (oldest->kind == COMMAND_LIST || oldest->kind == COMMAND_CREATE) &&
        (response->list.attributes & REMOTE_NOSELECT) == 0 &&
        !take_other(creating, &creating->items[oldest->index], name))
        return false;
    for (size_t i = 0; i < creating->count; i++) {
        struct making *making = &creating->items[i];
        if (making->wire == NULL || name.len != making->len)
            continue;
        if (memcmp(name.at, making->wire, name.len) != 0 && !(is_inbox(name) && is_inbox(wire_of(making))))
            continue;
        making->listed = true;
        making->unusable = response->list.attributes & REMOTE_NOSELECT;
    }
    return true;
}

static bool
take_answer(void *self, const struct command *command, const struct response *response)
{
    struct creating *creating = self;
    struct making *making = &creating->items[command->index];

    if (command->kind == COMMAND_CREATE && response->state != STATE_OK)
        client_refused(response, &making->outcome);
    return true;
}

static bool
is_sought(const struct making *making)
{
    return making->wire != NULL && !making->listed && making->other == NULL && making->outcome.answer[0] == '\0';
}

static bool
ask_for_all(void *self, bool *more)
{
    struct creating *creating = self;
    struct queue *queue = &creating->imap->queue;

    *more = false;
    queue_begin(queue, COMMAND_LIST, 0, 0, 0);
    queue_print(queue, "LIST \"\" \"*\"");
    return queue_end(queue, creating->err);
}

static bool
take_any(void *self, const struct response *response, const struct command *oldest)
{
    struct creating *creating = self;
    bool ok = true;

    (void)oldest;
    if (response->kind != RESPONSE_LIST || response->list.name.len == 0 ||
        (response->list.attributes & REMOTE_NOSELECT) != 0)
        return true;
    for (size_t i = 0; ok && i < creating->count; i++)
        if (creating->items[i].sought)
            ok = take_other(creating, &creating->items[i], response->list.name);
    return ok;
}

/* A server that put the name into another normal form may list it by that one alone. */
static bool
seek(struct creating *creating)
{
    const struct operation operation = {.self = creating, .next = ask_for_all, .untagged = take_any};
    bool any = false;

    for (size_t i = 0; i < creating->count; i++) {
        creating->items[i].sought = is_sought(&creating->items[i]);
        any |= creating->items[i].sought;
    }
    return !any || queue_run(&creating->imap->queue, &operation, creating->err);
}

static void
conclude(struct making *making)
{
    if (making->wire == NULL)
        return;
    if (!making->listed && making->other != NULL && !making->many && making->outcome.answer[0] == '\0') {
        free(making->wire);
        making->wire = making->other;
        making->len = making->other_len;
        making->other = NULL;
        making->listed = true;
    }
    if (making->listed && !making->unusable)
        making->outcome = (struct remote_outcome){.ok = true};
    else if (making->outcome.answer[0] == '\0')
        client_outcome(&making->outcome, making->unusable ? "the server made a name that can't hold messages"
                                                          : "the server says OK, but does not list the mailbox");
}

bool
imap_create(struct imap *imap, const struct text *names, size_t count,
            bool (*done)(void *context, size_t index, struct text wire_name, const struct remote_outcome *outcome),
            void *context, struct error *err)
{
    struct creating creating = {.imap = imap, .err = err, .count = count};
    const struct operation operation = {
        .self = &creating, .next = next, .untagged = take_untagged, .answered = take_answer};
    bool ok;

    if (count == 0)
        return true;
    creating.items = calloc(count, sizeof *creating.items);
    ok = creating.items != NULL;
    for (size_t i = 0; ok && i < count; i++)
        ok = name_mailbox(&creating, names[i], &creating.items[i]);
    if (!ok)
        error_set(err, ERROR_LOCAL, "make mailboxes: out of memory");
    ok = ok && queue_run(&imap->queue, &operation, err) && seek(&creating);
    for (size_t i = 0; ok && i < count; i++) {
        struct making *making = &creating.items[i];
        conclude(making);
        ok = done(context, i, making->wire != NULL ? wire_of(making) : names[i], &making->outcome);
    }
    for (size_t i = 0; creating.items != NULL && i < count; i++) {
        free(creating.items[i].wire);
        free(creating.items[i].other);
    }
    free(creating.items);
    return ok;
}
