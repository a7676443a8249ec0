/* The simulated server's mailboxes; what the engine sees of them is in sim_remote.c. */
#include "tests/sim/sim_server.h"

#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_trash.h"

static const char *names[SIM_MAILBOXES] = {"INBOX", "Work", "Work/Old"};
static const char *const keyword_names[SIM_KEYWORDS] = {"$Junk",  "later",  "ToDo",   "word-d", "word-e", "word-f",
                                                        "word-g", "word-h", "word-i", "word-j", "word-k", "word-l"};

void
server_init(struct server *server, struct world *world)
{
    memset(server, 0, sizeof *server);
    server->world = world;
    server->separator = '/';
    server->prefix = "";
    server->next_uidvalidity = 1000;
    server->selected = -1;
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        server->boxes[i].permanent = FLAG_ALL;
        server->boxes[i].keywords = true;
    }
    server_create(server, 0);
}

const char *
server_mailbox_name(int mailbox)
{
    return names[mailbox];
}

bool
server_nests(void)
{
    return strchr(names[SIM_MAILBOXES - 1], '/') != NULL;
}

void
server_call(int mailbox, const char *name)
{
    names[mailbox] = name;
}

void
server_wire_name(const struct server *server, int mailbox, char *to, size_t size)
{
    server_encoded_name(server, mailbox, server->encodes, to, size);
}

void
server_encoded_name(const struct server *server, int mailbox, bool encodes, char *to, size_t size)
{
    if (server->literal && mailbox != 0 && encodes)
        text_print(to, size, "%s%s", server->prefix, mailbox == 1 ? names[2] : "Work/Older");
    else
        text_print(to, size, "%s%s%s", mailbox == 0 ? "" : server->prefix,
                   mailbox == 2 && encodes ? "Work&-/Old" : names[mailbox], mailbox != 0 && encodes ? "&-" : "");
    for (char *at = to; *at != '\0'; at++)
        if (*at == '/')
            *at = server->separator;
}

int
server_find(const struct server *server, struct text wire)
{
    char name[64];

    for (int i = 0; i < SIM_MAILBOXES; i++) {
        server_wire_name(server, i, name, sizeof name);
        if (server->boxes[i].exists && text_is(wire, name))
            return i;
    }
    return -1;
}

int
server_find_plain(const struct server *server, struct text name)
{
    char plain[64];

    for (int i = 0; i < SIM_MAILBOXES; i++) {
        text_print(plain, sizeof plain, "%s", server_mailbox_name(i));
        for (char *at = plain; *at != '\0'; at++)
            *at = *at == '/' ? server->separator : *at;
        if (text_is(name, plain))
            return i;
    }
    return -1;
}

uint32_t
server_uidnext(const struct sim_mailbox *box, bool lags)
{
    return lags && box->appended + 1 == box->uidnext ? box->appended : box->uidnext;
}

struct sim_message *
server_message(struct server *server, int mailbox, uint32_t uid)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    for (size_t i = 0; i < box->count; i++)
        if (box->messages[i].uid == uid)
            return &box->messages[i];
    return NULL;
}

int
server_multiplicity(const struct server *server, int mailbox, int content)
{
    const struct sim_mailbox *box = &server->boxes[mailbox];
    int found = 0;

    for (size_t i = 0; i < box->count; i++)
        found += box->messages[i].content == content;
    return found;
}

bool
server_rewrote(const struct server *server, int content)
{
    for (int m = 0; m < SIM_MAILBOXES; m++)
        for (size_t i = 0; i < server->boxes[m].count; i++)
            if (server->boxes[m].messages[i].content == content &&
                content_is_rewritten(server->boxes[m].messages[i].dress))
                return true;
    return false;
}

bool
server_has_dresses(const struct server *server, int mailbox, int content)
{
    const struct sim_mailbox *box = &server->boxes[mailbox];
    int dress = -1;

    for (size_t i = 0; i < box->count; i++) {
        if (box->messages[i].content != content)
            continue;
        if (dress >= 0 && dress != box->messages[i].dress)
            return true;
        dress = box->messages[i].dress;
    }
    return false;
}

const struct content *
server_bytes(const struct sim_message *message)
{
    return content_dressed(message->content, message->dress);
}

uint64_t
server_size(const struct server *server, const struct sim_message *message)
{
    const size_t len = server_bytes(message)->len;

    switch (message->content % 3 == 2 ? 0 : server->lies) {
    case 1:
        return 0;
    case 2:
        return 2 * len;
    case 3:
        return len + len / 10;
    case 4:
        return len + 7;
    default:
        break;
    }
    return server->wrong_sizes && message->content % 3 == 1 ? len - 7 : len + server->size_high;
}

size_t
server_hidden(const struct server *server, int mailbox)
{
    const size_t count = server->boxes[mailbox].count, window = (size_t)server->window;
    return window > 0 && count > window ? count - window : 0;
}

uint32_t
server_exists(const struct server *server, int mailbox)
{
    const int64_t exists = (int64_t)(server->boxes[mailbox].count - server_hidden(server, mailbox));

    return (uint32_t)(exists + server->boxes[mailbox].phantoms > 0 ? exists + server->boxes[mailbox].phantoms : 0);
}

bool
server_is_cut(const struct server *server, int mailbox)
{
    return server->boxes[mailbox].cut;
}

void
server_keywords(unsigned keys, char to[static KEYWORDS_MAX + 1])
{
    to[0] = '\0';
    for (int i = 0; i < SIM_KEYWORDS; i++)
        if ((keys & 1u << i) != 0 && !keywords_add(to, text_of(keyword_names[i])))
            abort();
}

static void is_flagged_again(struct server *server, int mailbox);

bool
server_add(struct server *server, int mailbox, int content, unsigned flags, unsigned keys, int64_t date, uint32_t *uid)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    if (!box->exists || box->count == SIM_MESSAGES)
        return false;
    struct sim_message *message = &box->messages[box->count++];
    *message = (struct sim_message){.uid = box->uidnext++,
                                    .content = content,
                                    .dress = server->world->dress,
                                    .flags = flags & box->permanent,
                                    .keys = box->keywords ? keys : 0,
                                    .date = date,
                                    .modseq = ++box->modseq,
                                    .serial = ++server->next_serial};
    server->world->ledger[content].key_had |= message->keys;
    if ((server->world->golub && !server->world->inside) || server->world->late)
        ledger_brought(server->world, content, keys);
    else
        ledger_unkeyed(server->world, content, keys & ~message->keys);
    *uid = message->uid;
    if (server_hidden(server, mailbox) > 0) {
        if (!box->cut)
            kind_met(server->world, KIND_NEWEST);
        box->cut = true;
    }
    ledger_add(server->world, content);
    ledger_flags(server->world, content, mailbox, 0, message->flags, true);
    return true;
}

void
server_set_flags(struct server *server, int mailbox, struct sim_message *message, unsigned flags, unsigned keys)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    flags = (flags & box->permanent) | (message->flags & ~box->permanent);
    keys = box->keywords ? keys : message->keys;
    if (flags == message->flags && keys == message->keys)
        return; /* like Dovecot: nothing changed, no new MODSEQ */
    ledger_flags(server->world, message->content, mailbox, message->flags, flags, false);
    if (server->world->inside || !server->world->golub)
        trash_wanted(server, message);
    if (server->world->inside || !server->world->golub)
        ledger_unkeyed(server->world, message->content, message->keys & ~keys);
    message->flags = flags;
    message->keys = keys;
    server->world->ledger[message->content].key_had |= keys;
    is_flagged_again(server, mailbox);
    message->modseq = ++box->modseq;
}

void
server_expunge(struct server *server, int mailbox, uint32_t uid)
{
    struct sim_mailbox *box = &server->boxes[mailbox];
    struct sim_message *message = server_message(server, mailbox, uid);
    const int content = message->content;
    const size_t at = (size_t)(message - box->messages);

    memmove(message, message + 1, (box->count - at - 1) * sizeof *message);
    box->count--;
    if (box->expunged_count == SIM_EXPUNGED) {
        memmove(box->expunged, box->expunged + 1, (SIM_EXPUNGED - 1) * sizeof box->expunged[0]);
        box->expunged_count--;
    }
    box->modseq++;
    box->expunged[box->expunged_count].uid = uid;
    box->expunged[box->expunged_count++].modseq = box->modseq;
    ledger_drop(server->world, content);
}

void
server_remove(struct server *server, int mailbox, uint32_t uid)
{
    struct world *world = server->world;
    struct ledger *entry = &world->ledger[server_message(server, mailbox, uid)->content];

    entry->key_set |= entry->key_loose;
    ledger_unkeyed(world, server_message(server, mailbox, uid)->content, ~0u);
    trash_removed(server, mailbox, server_message(server, mailbox, uid));
    ledger_out(world, server_message(server, mailbox, uid)->content, mailbox);
    for (size_t i = 0; i < server->taken_back_count; i++)
        if (server->taken_back[i].mailbox == mailbox && server->taken_back[i].uid == uid)
            ledger_out(world, server->taken_back[i].content, mailbox);
    ledger_went(world, mailbox);
    server_expunge(server, mailbox, uid);
}

void
server_create(struct server *server, int mailbox)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    if (box->exists)
        return;
    box->exists = true;
    if (box->count > 0)
        return; /* it was only away */
    box->uidvalidity = server->next_uidvalidity++;
    box->id = ++server->next_id;
    box->id_told = box->twin_of = 0;
    box->uidnext = 1;
    box->modseq = 1;
    box->expunged_count = 0; /* another mailbox of this name had those UIDs */
}

/* A COPY or MOVE of golub is carried out, if its source is still there. */
static void
transfer_late(struct server *server, const struct sim_delayed *late)
{
    const struct sim_message *message = server_message(server, late->from, late->uid);
    uint32_t uid;

    if (message == NULL || server->boxes[late->from].uidvalidity != late->uidvalidity)
        return;
    const bool golub = server->world->golub, inside = server->world->inside;
    server->world->golub = server->world->copies = true; /* it is golub's doing, whenever it happens */
    server->world->inside = false;
    const bool done =
        server_add(server, late->mailbox, late->content, message->flags, message->keys, message->date, &uid);
    server->world->copies = false;
    if (done) {
        server_message(server, late->mailbox, uid)->dress = late->dress;
        trash_came(server, late->from, late->serial, late->mailbox, uid, late->client, late->trash);
        say(server->world, "      (late: %s of #%d from %s to %s becomes UID %u)", late->move ? "MOVE" : "COPY",
            late->content, names[late->from], names[late->mailbox], uid);
        if (late->move) {
            ledger_follows(server->world, late->content, late->from, SIM_SERVER, 0, "moves");
            server_expunge(server, late->from, late->uid);
        }
    }
    server->world->golub = golub;
    server->world->inside = inside;
}

void
server_file(struct server *server, bool all)
{
    const int mailbox = server->sent - 1, was = server->world->dress;
    const bool was_inside = server->world->inside;
    uint32_t uid;

    for (size_t i = 0; i < server->filing_count;) {
        const struct sim_filing filing = server->filing[i];

        if (!all && filing.due > server->world->now) {
            i++;
            continue;
        }
        server->filing[i] = server->filing[--server->filing_count];
        if (server_stands(server, filing.content) != server_multiplicity(server, mailbox, filing.content))
            continue; /* somebody has taken what is there of it elsewhere by now: then it is another one */
        server->world->dress = filing.dress;
        server->world->inside = true;
        if (server_add(server, mailbox, filing.content, FLAG_SEEN, 0, server->world->now, &uid)) {
            ledger_put(server->world, filing.content, mailbox);
            if (server->world->now >= server->world->ledger[filing.content].filed + 600)
                ledger_put_another(server->world, filing.content,
                                   mailbox);                 /* nobody waits so long: that one may be under way */
            server->world->ledger[filing.content].filed = 0; /* it came: nothing waits any more */
            say(server->world, "      (#%d is filed in %s: UID %u)", filing.content, names[mailbox], uid);
        }
        server->world->inside = was_inside;
        server->world->dress = was;
    }
}

void
server_delayed(struct server *server, bool all)
{
    server_file(server, false);
    for (size_t i = 0; i < server->delayed_count;) {
        const struct sim_delayed late = server->delayed[i];
        uint32_t uid;
        if (!all && late.due > server->world->now) {
            i++;
            continue;
        }
        if (late.transfer) {
            transfer_late(server, &late);
            server->delayed[i] = server->delayed[--server->delayed_count];
            continue;
        }
        server->world->late = true;
        if (server_add(server, late.mailbox, late.content, late.flags, late.keys, late.date, &uid)) {
            server_message(server, late.mailbox, uid)->dress = late.dress;
            if (late.serial != 0)
                trash_came(server, late.from, late.serial, late.mailbox, uid, late.client, late.trash);
            say(server->world, "      (late: APPEND of #%d to %s becomes UID %u)", late.content, names[late.mailbox],
                uid);
        }
        server->world->late = false;
        if (late.nowhere)
            ledger_drop(server->world, late.content);
        server->delayed[i] = server->delayed[--server->delayed_count];
    }
}

void
server_reset_uidvalidity(struct server *server, int mailbox)
{
    struct sim_mailbox *box = &server->boxes[mailbox];
    uint32_t next = 1;

    box->uidvalidity = server->next_uidvalidity++;
    box->expunged_count = 0;
    box->modseq = 1 + box->count;
    for (size_t i = 0; i < box->count; i++) {
        box->messages[i].uid = next;
        box->messages[i].modseq = 1 + i;
        next += 1 + rng_below(&server->world->rng, 2);
    }
    box->uidnext = next;
    trash_renumbered(server, mailbox);
}

/* Nobody took them off: what golub makes of it may take no flag off elsewhere. */
void
server_forget_flags(struct server *server, int mailbox)
{
    struct sim_mailbox *box = &server->boxes[mailbox];

    for (size_t i = 0; i < box->count; i++) {
        ledger_unkeyed(server->world, box->messages[i].content, box->messages[i].keys);
        box->messages[i].flags = box->messages[i].keys = 0;
    }
    box->forgot = true;
}

/* Where some flags are there again nobody can know that the others were lost, and are not wanted off. */
static void
is_flagged_again(struct server *server, int mailbox)
{
    struct sim_mailbox *box = &server->boxes[mailbox];
    const struct world *world = server->world;

    if (!box->forgot || (world->golub && !world->inside && world->clients == 1))
        return;
    box->forgot = false;
    for (size_t i = 0; i < box->count; i++)
        ledger_forgive_flags(server->world, box->messages[i].content, mailbox);
}

static void
note_taken_back(struct server *server, int mailbox, const struct sim_message *message)
{
    if (server->taken_back_count == SIM_MESSAGES)
        return;
    const size_t at = server->taken_back_count++;
    server->taken_back[at].mailbox = mailbox;
    server->taken_back[at].uid = message->uid;
    server->taken_back[at].content = message->content;
}

/* What only a client has any more it brings back; what somebody took out there goes once more then, by another client's hand. */
static void
let_come_back(struct server *server)
{
    struct world *world = server->world;

    for (int content = 0; content < world->next_content; content++)
        for (int m = 0; m < SIM_MAILBOXES; m++)
            if (server_multiplicity(server, m, content) == 0 && world_multiplicity(world, content, m, false) > 0)
                ledger_back(world, content, m, SIM_SERVER);
}

void
server_restore(struct server *server, const struct server *then)
{
    struct world *world = server->world;
    const uint32_t next_uidvalidity = server->next_uidvalidity; /* nor is an identity given twice: next_id stays, too */

    for (int i = 0; i < SIM_MAILBOXES; i++)
        for (size_t k = 0; k < then->boxes[i].count; k++) {
            ledger_add(world, then->boxes[i].messages[k].content);
            ledger_back(world, then->boxes[i].messages[k].content, i, SIM_SERVER);
            for (int c = 0; c < world->clients; c++) /* it comes here once more, and may go once more */
                if (maildir_sim_multiplicity(world->maildirs[c], i, then->boxes[i].messages[k].content, false) == 0)
                    ledger_back(world, then->boxes[i].messages[k].content, i, c);
        }
    for (int i = 0; i < SIM_MAILBOXES; i++)
        for (size_t k = 0; k < server->boxes[i].count; k++) {
            if (server->boxes[i].messages[k].uid >= then->boxes[i].uidnext)
                note_taken_back(server, i, &server->boxes[i].messages[k]);
            /* Under another UIDVALIDITY it may be another mailbox: what stands elsewhere now has moved there. */
            if (server->boxes[i].uidvalidity != then->boxes[i].uidvalidity)
                ledger_out(world, server->boxes[i].messages[k].content, i);
            ledger_drop(world, server->boxes[i].messages[k].content);
        }
    memcpy(server->boxes, then->boxes, sizeof server->boxes);
    server->next_uidvalidity = next_uidvalidity;
    server->delayed_count = 0;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        ledger_renumbered(world, i);
    let_come_back(server);
    ledger_forgive(world);
}

bool
server_is_full(const struct server *server)
{
    size_t held = 0;

    for (int i = 0; i < SIM_MAILBOXES; i++)
        held += server->boxes[i].count;
    return server->quota > 0 && held >= (size_t)server->quota;
}

int
server_stands(const struct server *server, int content)
{
    int count = 0;

    for (int m = 0; m < SIM_MAILBOXES; m++)
        count += server_multiplicity(server, m, content);
    return count;
}

uint32_t
server_given_last(const struct server *server, int mailbox)
{
    return server->boxes[mailbox].uidnext - 1;
}

uint32_t
server_pretend(struct server *server, int mailbox)
{
    uint32_t uid;

    server->pretences++;
    if (server->arrives != 0 && server_add(server, mailbox, server->arrives - 1, 0, 0, server->world->now, &uid)) {
        ledger_put(server->world, server->arrives - 1, mailbox);
        server->arrives = 0;
        return uid;
    }
    if (server->pretended_uid != 0)
        return server->pretended_uid;
    return server->uidplus ? server->boxes[mailbox].uidnext + 7 : 0;
}
