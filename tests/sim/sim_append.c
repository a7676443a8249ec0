/* The simulated server's APPEND as the engine sees it. */
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_remote.h"

struct upload { /* one APPEND being carried out */
    struct server *server;
    const struct remote_append *message;
    size_t index;
    const struct remote_appender *from;
    void *context;
};

/* The whole literal, read in pieces; now and then it is wanted from the start again. */
static bool
read_literal(const struct upload *upload, struct buffer *bytes)
{
    struct rng *rng = &upload->server->world->rng;
    char piece[1024];
    size_t got;

    for (;;) {
        if (!upload->from->read(upload->context, upload->index, piece, 1 + rng_below(rng, sizeof piece), &got))
            return false;
        if (got == 0)
            return true;
        if (!buffer_add(bytes, piece, got))
            abort();
        if (rng_chance(rng, 3)) {
            buffer_clear(bytes);
            if (!upload->from->rewind(upload->context, upload->index))
                return false;
        }
    }
}

static bool
read_content(const struct upload *upload, int *content, int *dress)
{
    struct world *world = upload->server->world;
    struct buffer bytes = buffer_new(1 << 20);
    const bool read = read_literal(upload, &bytes);

    *content = read ? content_find(bytes.at == NULL ? "" : bytes.at, bytes.len, dress) : -1;
    if (read && (*content < 0 || bytes.len != upload->message->size))
        violation(world, "APPEND of bytes nobody wrote (%zu, announced %llu)", bytes.len,
                  (unsigned long long)upload->message->size);
    else if (read && content_get(*content)->digests.has_nul)
        violation(world, "APPEND of a message with NUL");
    buffer_free(&bytes);
    return read && !world->failed;
}

static unsigned
key_bits(const char *keywords)
{
    char one[KEYWORDS_MAX + 1];
    unsigned bits = 0;

    for (unsigned i = 0; keywords != NULL && i < SIM_KEYWORDS; i++) {
        server_keywords(1u << i, one);
        const char *at = strstr(keywords, one);
        if (at != NULL)
            bits |= 1u << i;
    }
    return bits;
}

/* Will the server take it? */
static bool
is_refused(const struct upload *upload, int mailbox, int content, struct remote_outcome *outcome)
{
    const struct server *server = upload->server;

    memset(outcome, 0, sizeof *outcome);
    if (mailbox < 0) {
        outcome->gone = true;
        text_print(outcome->answer, sizeof outcome->answer, "[TRYCREATE] no such mailbox");
    } else if ((server->protected >> mailbox & 1) != 0) {
        outcome->denied = true;
        text_print(outcome->answer, sizeof outcome->answer, "[NOPERM] no right");
    } else if (content % 10 < server->refuses) {
        outcome->permanent = true;
        text_print(outcome->answer, sizeof outcome->answer, "[TOOBIG] not this one");
    } else if (content % 10 < server->declines) {
        outcome->passing = server->declines_for_now;
        text_print(outcome->answer, sizeof outcome->answer, "not now");
    } else if (server->picky && (upload->message->flags & ~server->boxes[mailbox].permanent) != 0) {
        text_print(outcome->answer, sizeof outcome->answer, "no such flag");
    } else if (server_is_full(server) || server->boxes[mailbox].count == SIM_MESSAGES) {
        outcome->over_quota = outcome->throttled = true;
        text_print(outcome->answer, sizeof outcome->answer, "[OVERQUOTA] full");
    } else if (content + 1 == server->grudged) {
        outcome->passing = true;
        text_print(outcome->answer, sizeof outcome->answer, "[SERVERBUG] not now");
    } else {
        outcome->ok = true;
    }
    return !outcome->ok;
}

/* What it makes of the bytes that it is sent: its own lines in the place of those of others. Where a header names not one message alone they may not count. */
static int
stored(const struct server *server, int content, int dress)
{
    const int made = dress - dress % DRESS_DATED + server->rewrites;

    return server->rewrites == DRESS_PLAIN || (content_is_rewritten(made) && content_shares_name(content)) ? dress
                                                                                                           : made;
}

/* ... of what it stores now, or will. */
static int
remake(struct server *server, int mailbox, int content, int dress)
{
    const int made = stored(server, content, dress);

    server->world->ledger[content].remade[mailbox] |=
        made != dress && content_dressed(content, made)->len == content_dressed(content, dress)->len;
    return made;
}

/* The server files it itself: for ten minutes golub waits for that. */
static void
check_filed(const struct server *server, int mailbox, int content, int64_t date)
{
    struct world *world = server->world;
    const struct ledger *entry = &world->ledger[content];

    if (mailbox + 1 != server->sent || entry->filed == 0 || entry->moved || ledger_is_old_mail(world, content, date))
        return;
    if (world->now < entry->filed + 600)
        violation(world, "golub sends #%d %d s after it was saved, and the server files it", content,
                  (int)(world->now - entry->filed));
}

/* Carry it out; the UID as the engine may believe it. *outcome: where it is, if that is another mailbox by now */
static uint32_t
append_now(const struct upload *upload, int mailbox, int content, int dress, struct remote_outcome *outcome)
{
    struct server *server = upload->server;
    const struct remote_append *message = upload->message;
    const struct sim_mailbox *box = &server->boxes[mailbox];
    uint32_t uid = 0;

    ledger_brought(server->world, content, 0);
    if ((server->world->exchanged >> mailbox & 1) != 0)
        server->world->ledger[content].strayed[mailbox] = true;
    if (server->swallows_duplicates)
        for (size_t i = server_hidden(server, mailbox); i < box->count && uid == 0; i++)
            if (box->messages[i].content == content && box->messages[i].dress == stored(server, content, dress))
                uid = box->messages[i].uid;
    if (uid != 0)
        say(server->world, "      APPEND #%d to %s: swallowed, it is UID %u", content, server_mailbox_name(mailbox),
            uid);
    else if (server_add(server, mailbox, content, message->flags, key_bits(message->keywords), message->date, &uid)) {
        server_message(server, mailbox, uid)->dress = remake(server, mailbox, content, dress);
        say(server->world, "      APPEND #%d to %s: UID %u flags %x", content, server_mailbox_name(mailbox), uid,
            message->flags);
    }
    if (server->arrives != 0 && server_add(server, mailbox, server->arrives - 1, 0, 0, server->world->now, &uid)) {
        ledger_put(server->world, server->arrives - 1, mailbox);
        server->arrives = 0;
    }
    server->boxes[mailbox].appended = uid;
    if (server->uidplus && message->uidvalidity != 0 && box->uidvalidity != message->uidvalidity) {
        outcome->came_to = box->uidvalidity;
        outcome->came_as = uid;
    }
    const bool believed = server->uidplus && box->uidvalidity == message->uidvalidity && uid >= message->uidnext;
    return believed ? uid : 0;
}

/* It will be carried out some seconds later. */
static void
append_later(const struct upload *upload, int mailbox, int content, int dress)
{
    struct server *server = upload->server;
    const struct remote_append *message = upload->message;

    if (server->delayed_count == SIM_DELAYED)
        return;
    say(server->world, "      APPEND #%d to %s: still under way", content, server_mailbox_name(mailbox));
    ledger_cross(server->world, content, mailbox);
    ledger_brought(server->world, content, 0);
    server->delayed[server->delayed_count++] =
        (struct sim_delayed){.mailbox = mailbox,
                             .content = content,
                             .dress = remake(server, mailbox, content, dress),
                             .flags = message->flags,
                             .keys = key_bits(message->keywords),
                             .date = message->date,
                             .due = server->world->now + rng_below(&server->world->rng, 5)};
}

/* Nobody will hear what became of this one. */
static void
append_unheard(const struct upload *upload, int mailbox, int content, int dress)
{
    struct remote_outcome outcome;

    if (is_refused(upload, mailbox, content, &outcome))
        return;
    if (rng_chance(&upload->server->world->rng, upload->server->dawdles ? 85 : 40))
        append_later(upload, mailbox, content, dress);
    else
        (void)append_now(upload, mailbox, content, dress, &(struct remote_outcome){0});
}

/* The line broke behind the answer of one: some that were in the pipeline behind it were carried out as well. */
static void
append_pipelined(struct upload upload, size_t count)
{
    struct world *world = upload.server->world;

    if (rng_chance(&world->rng, 50))
        return;
    const size_t start = upload.index;
    for (size_t i = start + 1; i < count && i < start + 3; i++) {
        int content, dress = DRESS_PLAIN;
        upload.index = i;
        upload.message++;
        if (!read_content(&upload, &content, &dress))
            return;
        append_unheard(&upload, server_find(upload.server, upload.message->mailbox), content, dress);
    }
}

/* A server may refuse a message before all of it has come: what was announced still goes out. */
static bool
send_rest(const struct upload *upload)
{
    char piece[64];
    size_t got;

    return upload->from->read(upload->context, upload->index, piece, sizeof piece, &got);
}

static bool
append_one(const struct upload *upload, size_t count, struct error *err)
{
    struct server *server = upload->server;
    struct remote_outcome outcome;
    uint32_t uid = 0;
    int content, dress = DRESS_PLAIN;

    if (!read_content(upload, &content, &dress))
        return server->world->failed ? remote_broken(server, err) : false;
    const int mailbox = server_find(server, upload->message->mailbox);
    if (content + 1 == server->choked)
        return remote_died(server, err);
    check_filed(server, mailbox, content, upload->message->date);
    const enum fate fate = world_step(server->world, STEP_APPEND, true);
    if (fate == FATE_AFTER) {
        append_unheard(upload, mailbox, content, dress);
        append_pipelined(*upload, count);
    }
    if (fate != FATE_GO)
        return remote_broken(server, err);
    if (!is_refused(upload, mailbox, content, &outcome) && content + 1 == server->pretended)
        uid = server_pretend(server, mailbox);
    else if (outcome.ok)
        uid = append_now(upload, mailbox, content, dress, &outcome);
    else if (content + 1 == server->grudged)
        (void)append_now(upload, mailbox, content, dress, &(struct remote_outcome){0});
    if (uid != 0)
        uid += server->shifted + (content + 1 == server->misnamed);
    return upload->from->done(upload->context, upload->index, uid, &outcome) && (outcome.ok || send_rest(upload));
}

bool
remote_append_messages(void *remote, const struct remote_append *messages, size_t count,
                       const struct remote_appender *from, void *context, struct error *err)
{
    struct server *server = remote;

    if (!remote_alive(server, err) || !remote_writes(server, "APPEND"))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct upload upload = {
            .server = server, .message = &messages[i], .index = i, .from = from, .context = context};
        world_between(server->world);
        if (!append_one(&upload, count, err))
            return false;
    }
    return true;
}
