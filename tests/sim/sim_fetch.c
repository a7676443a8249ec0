/* Bodies and headers that the simulated server sends; see sim_remote.h. */
#include "tests/sim/sim_remote.h"

static bool
send_literal(struct server *server, const struct sim_message *message, const struct remote_fetch *wanted, size_t index,
             const struct remote_sink *to, void *context)
{
    const struct content *content = server_bytes(message);
    const bool headers = wanted->headers;
    size_t len = headers ? content->header_len : content->len;
    const uint32_t uid = message->uid;
    static const char padding[4096];

    server->bodies += !headers;
    if (!headers && server->spoiled.times > 0 && server->spoiled.content == message->content) {
        server->spoiled.times--;
        len = server->spoiled.len;
    }
    if (!to->begin(context, index, len))
        return false;
    for (size_t at = 0; at < len;) {
        const size_t end = at < content->len && content->len < len ? content->len : len;
        size_t piece = 1 + rng_below(&server->world->rng, 4096);
        piece = piece < end - at ? piece : end - at;
        if (!to->data(context, index, at < content->len ? content->bytes + at : padding, piece))
            return false;
        at += piece;
    }
    if (wanted->sizes && message->content + 1 != server->undated &&
        !to->sized(context, index, server_size(server, message)))
        return false;
    return to->end(context, index, uid);
}

static bool
fetch_uids(struct server *server, int mailbox, const struct remote_fetch *wanted, size_t index,
           const struct remote_sink *to, void *context, struct remote_outcome *outcome, struct error *err)
{
    struct world *world = server->world;
    const size_t start = server->reorders && wanted->count > 0 ? rng_below(&world->rng, (unsigned)wanted->count) : 0;

    for (size_t i = 0; i < wanted->count; i++) {
        world_between(world);
        const struct sim_message *message = remote_message(server, mailbox, wanted->uids[(start + i) % wanted->count]);
        const enum fate fate = world_step(world, STEP_READ, true);
        if (fate == FATE_AFTER && message != NULL) { /* cut in the middle of the literal */
            const struct content *content = server_bytes(message);
            if (!to->begin(context, index, wanted->headers ? content->header_len : content->len) ||
                !to->data(context, index, content->bytes, content->header_len / 2))
                return false;
        }
        if (fate != FATE_GO)
            return remote_broken(server, err);
        if (message != NULL && wanted->headers == server->no_headers && message->content + 1 == server->withheld) {
            if (server->rude)
                return remote_died(server, err);
            *outcome =
                (struct remote_outcome){.passing = true, .answer = "[UNAVAILABLE] some messages could not be read"};
            server->refusals++;
            if (to->refused != NULL && !to->refused(context, index, message->uid, outcome))
                return false;
            continue;
        }
        if (message != NULL && ((wanted->sizes && message->content + 1 == server->unsized) ||
                                message->content + 1 == server->unmeasured)) {
            if (server->rude)
                return remote_died(server, err);
            *outcome = (struct remote_outcome){.answer = "the size of a message is not known"};
            if (to->refused != NULL && !to->refused(context, index, message->uid, outcome))
                return false;
            continue;
        }
        if (message != NULL && message->content + 1 != server->never_shown &&
            !send_literal(server, message, wanted, index, to, context))
            return false;
    }
    return true;
}

bool
remote_fetch_messages(void *remote, const struct remote_fetch *wanted, size_t count, const struct remote_sink *to,
                      void *context, struct error *err)
{
    struct server *server = remote;
    struct remote_outcome outcome;
    int mailbox;

    if (!remote_alive(server, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        world_between(server->world);
        bool told = true;
        if (remote_target(server, wanted[i].mailbox, wanted[i].uidvalidity, &mailbox, &outcome)) {
            server->selected = mailbox;
            told = fetch_uids(server, mailbox, &wanted[i], i, to, context, &outcome, err);
            server->selected = -1;
        }
        if (!told)
            return false;
        if (!to->done(context, i, &outcome))
            return false;
    }
    return true;
}
