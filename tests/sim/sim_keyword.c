/*
 * Keywords at the simulated server: each message is read again, then the keyword is set or taken off. The law: golub sets one, or takes it off, only
 * where somebody said so of that message, whatever UID it has by now; or sets it again where golub brought the message somewhere and it came without.
 */
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_remote.h"

#define SET_MAX 4096 /* UIDs of one request */

struct keying {
    struct server *server;
    const struct remote_keyword *wanted;
    size_t index;
    int mailbox;
    unsigned key; /* its bit */
    const struct remote_keyworder *to;
    void *context;
    bool allowed[SET_MAX];
};

static unsigned
key_of(struct text word)
{
    char one[KEYWORDS_MAX + 1];

    for (unsigned i = 0; i < SIM_KEYWORDS; i++) {
        server_keywords(1u << i, one);
        if (text_is_nocase(word, one))
            return 1u << i;
    }
    return 0;
}

static struct remote_message
look(const struct keying *keying, const struct sim_message *message, char keywords[static KEYWORDS_MAX + 1])
{
    server_keywords(message->keys, keywords);
    return (struct remote_message){.uid = message->uid,
                                   .has_flags = true,
                                   .flags = message->flags,
                                   .keywords = keywords,
                                   .has_meta = true,
                                   .size = server_size(keying->server, message),
                                   .date = message->date};
}

static bool
verify_all(struct keying *keying, bool *any)
{
    static char keywords[KEYWORDS_MAX + 1];

    *any = false;
    for (size_t i = 0; i < keying->wanted->count; i++) {
        const struct sim_message *message = remote_message(keying->server, keying->mailbox, keying->wanted->uids[i]);
        keying->allowed[i] = false;
        if (message == NULL)
            continue;
        const struct remote_message now = look(keying, message, keywords);
        keying->allowed[i] = keying->to->verify(keying->context, keying->index, i, &now);
        *any = *any || keying->allowed[i];
    }
    return true;
}

static void
change(struct keying *keying, size_t count)
{
    struct server *server = keying->server;

    for (size_t i = 0; i < count && !server->deaf; i++) {
        struct sim_message *message = remote_message(server, keying->mailbox, keying->wanted->uids[i]);
        if (message == NULL || !keying->allowed[i])
            continue;
        const struct ledger *entry = &server->world->ledger[message->content];
        const bool add = keying->wanted->add;
        /* Of a name whose past nobody knows any more set wins: it may show what the server showed once. */
        const unsigned had = server->world->maildirs[0]->letters || entry->brought ? entry->key_had : 0;
        if (((add ? entry->key_set | entry->key_brought | had : entry->key_off) & keying->key) == 0)
            violation(server->world, "keyword %x of #%d in %s is %s, which nobody said of it", keying->key,
                      message->content, server_mailbox_name(keying->mailbox), add ? "set" : "taken off");
        server_set_flags(server, keying->mailbox, message, message->flags,
                         add ? message->keys | keying->key : message->keys & ~keying->key);
        say(server->world, "      STORE %s UID %u #%d %c keyword %x: %x", server_mailbox_name(keying->mailbox),
            message->uid, message->content, add ? '+' : '-', keying->key, message->keys);
    }
}

static bool
show_all(const struct keying *keying, size_t count)
{
    static char keywords[KEYWORDS_MAX + 1];

    for (size_t i = 0; i < count; i++) {
        const struct sim_message *message = remote_message(keying->server, keying->mailbox, keying->wanted->uids[i]);
        if (message == NULL || !keying->allowed[i])
            continue;
        const struct remote_message now = look(keying, message, keywords);
        if (!keying->to->shown(keying->context, keying->index, i, &now))
            return false;
    }
    return true;
}

static bool
key_one(struct keying *keying, struct remote_outcome *outcome, struct error *err)
{
    struct server *server = keying->server;
    struct world *world = server->world;
    const size_t all = keying->wanted->count;
    bool any;

    if (world_step(world, STEP_READ, true) != FATE_GO)
        return remote_broken(server, err);
    if ((server->protected >> keying->mailbox & 1) != 0) {
        *outcome = (struct remote_outcome){.denied = true, .answer = REMOTE_READ_ONLY};
        return true;
    }
    if (!server->boxes[keying->mailbox].keywords) {
        *outcome = (struct remote_outcome){.unkept = true, .answer = "it does not keep it"};
        return true;
    }
    if (!verify_all(keying, &any))
        return false;
    world_between(world);
    if (!any) {
        *outcome = (struct remote_outcome){.changed = true, .answer = "none is what it was"};
        return true;
    }
    const enum fate fate = world_step(world, STEP_STORE, true);
    change(keying, fate != FATE_BEFORE           ? all
                   : rng_chance(&world->rng, 30) ? rng_below(&world->rng, (unsigned)all)
                                                 : 0); /* a set is not atomic */
    if (fate == FATE_BEFORE)
        return remote_broken(server, err);
    world_between(world);
    return show_all(keying, fate == FATE_GO ? all : rng_below(&world->rng, (unsigned)all + 1)) &&
           (fate == FATE_GO || remote_broken(server, err));
}

bool
remote_keyword_messages(void *remote, const struct remote_keyword *changes, size_t count,
                        const struct remote_keyworder *to, void *context, struct error *err)
{
    static struct keying keying;
    struct server *server = remote;

    if (!remote_alive(server, err) || !remote_writes(server, "a keyword"))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct remote_outcome outcome;
        bool told = true;

        keying = (struct keying){.server = server,
                                 .wanted = &changes[i],
                                 .index = i,
                                 .key = key_of(changes[i].word),
                                 .to = to,
                                 .context = context};
        if (changes[i].count > SET_MAX)
            abort();
        world_between(server->world);
        if (remote_target(server, changes[i].mailbox, changes[i].uidvalidity, &keying.mailbox, &outcome)) {
            server->selected = keying.mailbox;
            told = key_one(&keying, &outcome, err);
            server->selected = -1;
        }
        if (!told || !to->done(context, i, &outcome))
            return false;
    }
    return true;
}
