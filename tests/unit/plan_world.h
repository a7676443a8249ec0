/*
 * A small world for the planner: a server with two mailboxes, clients with a folder for each and a journal of rows.
 * world_sync is a run as the engine orders it, with its planner and its bookkeeping of bases (sync/rules), but every
 * call succeeds and nothing happens in between: look, join the two halves of one message, pair what moved, plan each row, add, change flags,
 * and remove only when a pass had nothing else to do. What a message is, is its content number; names are UIDs and
 * numbered base names.
 *
 * Pairing is the plainest rule under which nothing is lost or doubled, equal bytes included: in one mailbox a UID
 * without its file and a file without its UID are one message, whatever either of them was before; then what lost
 * its partner in one mailbox and is new in the other has moved, whatever the planner says of it alone. (A flag set
 * here while the message moves there must not make two of it.)
 *
 * All fields are bytes, and what is unused is zero: two worlds are the same if their bytes are. Included after
 * cmocka.h.
 */
#ifndef TESTS_UNIT_PLAN_WORLD_H
#define TESTS_UNIT_PLAN_WORLD_H

#include "store/base/local.h"
#include "sync/rules/pair.h"
#include "sync/rules/plan.h"

#ifndef WORLD_MAX
#define WORLD_MAX 8u /* messages of one side, rows of one client */
#endif
#define WORLD_MAILBOXES 2u
#define WORLD_CLIENTS 2u
#define WORLD_PASSES 6u /* as many as a run has */

struct mail {
    uint8_t mailbox, content, name, flags; /* name: the UID or the number of the base name; 0: no such mail */
};

struct row {
    uint8_t mailbox, content, uid, base, rbase, rseen, lbase, lseen;
    uint8_t gone_there, gone_here, unshown; /* 0 or 1; unshown: a flag was sent, and not shown after that */
};

struct client {
    struct mail files[WORLD_MAX];
    struct row rows[WORLD_MAX];
    uint8_t next_base;
};

struct world {
    struct mail server[WORLD_MAX];
    struct client clients[WORLD_CLIENTS];
    uint8_t next_uid, permanent, holds; /* what the server promises to hold, and what it holds */
};

static inline bool
is_same_world(const struct world *a, const struct world *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- mail on one side ---- */

static inline struct mail *
mail_find(struct mail mails[static WORLD_MAX], unsigned mailbox, unsigned name)
{
    for (size_t i = 0; i < WORLD_MAX; i++) {
        if (mails[i].name == name && mails[i].mailbox == mailbox)
            return &mails[i];
    }
    return NULL;
}

static inline struct mail *
mail_add(struct mail mails[static WORLD_MAX], unsigned mailbox, unsigned content, unsigned name, unsigned flags)
{
    for (size_t i = 0; i < WORLD_MAX; i++) {
        if (mails[i].name == 0) {
            mails[i] = (struct mail){(uint8_t)mailbox, (uint8_t)content, (uint8_t)name, (uint8_t)flags};
            return &mails[i];
        }
    }
    fail_msg("more mail than the model has room for");
    return NULL;
}

static inline void
mail_remove(struct mail *mail)
{
    *mail = (struct mail){0};
}

static inline size_t
mail_count(const struct mail mails[static WORLD_MAX], unsigned mailbox, unsigned content)
{
    size_t n = 0;

    for (size_t i = 0; i < WORLD_MAX; i++)
        n += mails[i].name != 0 && mails[i].mailbox == mailbox && mails[i].content == content;
    return n;
}

/* The same messages with the same flags in each mailbox, but for flags outside the mask. */
static inline bool
mail_agrees(const struct mail a[static WORLD_MAX], const struct mail b[static WORLD_MAX], unsigned mask)
{
    bool taken[WORLD_MAX] = {false};
    size_t left = 0;

    for (size_t k = 0; k < WORLD_MAX; k++)
        left += b[k].name != 0;
    for (size_t i = 0; i < WORLD_MAX; i++) {
        size_t k = 0;

        if (a[i].name == 0)
            continue;
        while (k < WORLD_MAX && (taken[k] || b[k].name == 0 || b[k].mailbox != a[i].mailbox ||
                                 b[k].content != a[i].content || ((b[k].flags ^ a[i].flags) & mask) != 0))
            k++;
        if (k == WORLD_MAX)
            return false;
        taken[k] = true;
        left--;
    }
    return left == 0;
}

/* ---- look ---- */

static inline struct row *
row_add(struct client *client)
{
    for (size_t i = 0; i < WORLD_MAX; i++) {
        if (client->rows[i].uid == 0 && client->rows[i].base == 0)
            return &client->rows[i];
    }
    fail_msg("more rows than the model has room for");
    return NULL;
}

static inline void
row_remove(struct row *row)
{
    *row = (struct row){0};
}

static inline bool
row_is_there(const struct row *row)
{
    return row->uid != 0 && !row->gone_there;
}

static inline bool
row_is_here(const struct row *row)
{
    return row->base != 0 && !row->gone_here;
}

static inline struct flag_sides
row_flags(const struct row *row)
{
    return (struct flag_sides){.rbase = row->rbase, .rseen = row->rseen, .lbase = row->lbase, .lseen = row->lseen};
}

static inline void
row_set_flags(struct row *row, struct flag_sides flags)
{
    row->rbase = (uint8_t)flags.rbase;
    row->rseen = (uint8_t)flags.rseen;
    row->lbase = (uint8_t)flags.lbase;
    row->lseen = (uint8_t)flags.lseen;
}

static inline void
look_there(struct world *world, struct client *client)
{
    bool known[WORLD_MAX] = {false};

    for (size_t i = 0; i < WORLD_MAX; i++) {
        struct row *row = &client->rows[i];
        struct mail *mail = row->uid != 0 ? mail_find(world->server, row->mailbox, row->uid) : NULL;

        if (row->uid == 0)
            continue;
        row->gone_there = mail == NULL;
        if (mail == NULL)
            continue;
        row->rseen = mail->flags;
        known[mail - world->server] = true;
    }
    for (size_t i = 0; i < WORLD_MAX; i++) {
        const struct mail *mail = &world->server[i];

        if (mail->name != 0 && !known[i])
            *row_add(client) = (struct row){
                .mailbox = mail->mailbox, .content = mail->content, .uid = mail->name, .rseen = mail->flags};
    }
}

static inline void
look_here(struct client *client)
{
    bool known[WORLD_MAX] = {false};

    for (size_t i = 0; i < WORLD_MAX; i++) {
        struct row *row = &client->rows[i];
        struct mail *file = row->base != 0 ? mail_find(client->files, row->mailbox, row->base) : NULL;

        if (row->base == 0)
            continue;
        row->gone_here = file == NULL;
        if (file == NULL)
            continue;
        row->lseen = file->flags;
        known[file - client->files] = true;
    }
    for (size_t i = 0; i < WORLD_MAX; i++) {
        const struct mail *file = &client->files[i];

        if (file->name != 0 && !known[i])
            *row_add(client) = (struct row){
                .mailbox = file->mailbox, .content = file->content, .base = file->name, .lseen = file->flags};
    }
}

/* ---- pairs ---- */

struct halves { /* rows as the matcher sees them */
    struct pair_item items[WORLD_MAX];
    char bases[WORLD_MAX][4];
    size_t count;
};

static inline void
halves_add(struct halves *halves, const struct client *client, const struct row *row)
{
    struct pair_item *item = &halves->items[halves->count];

    (void)text_print(halves->bases[halves->count], sizeof halves->bases[0], "%.0u", row->base);
    *item = (struct pair_item){.id = row - client->rows, .mailbox = row->mailbox, .base = halves->bases[halves->count]};
    item->digest[0] = row->content;
    halves->count++;
}

/* Calls `take` with the rows of each pair; were there any? */
static inline bool
halves_match(struct world *world, struct client *client, struct halves *gone, struct halves *fresh,
             void (*take)(struct world *world, struct client *client, struct row *gone, struct row *fresh))
{
    size_t match[WORLD_MAX];
    bool taken[WORLD_MAX], any = false;

    if (gone->count == 0 || fresh->count == 0)
        return false;
    pair_match(gone->items, gone->count, fresh->items, fresh->count, false, match, taken);
    for (size_t f = 0; f < fresh->count; f++) {
        if (match[f] == PAIR_NONE)
            continue;
        take(world, client, &client->rows[gone->items[match[f]].id], &client->rows[fresh->items[f].id]);
        any = true;
    }
    return any;
}

/*
 * A UID without its file and a file without its UID in one mailbox: one message. The row with a history keeps its
 * bases.
 */
static inline void
take_halves(struct world *world, struct client *client, struct row *uid, struct row *file)
{
    (void)client;
    if (file->uid == 0 && uid->base != 0) {
        uid->base = file->base;
        uid->lseen = file->lseen;
        uid->gone_here = 0;
        if (!uid->unshown)
            row_set_flags(uid, merge_back(row_flags(uid), world->permanent));
        row_remove(file);
        return;
    }
    file->uid = uid->uid;
    file->rseen = uid->rseen;
    file->gone_there = 0;
    row_set_flags(file, merge_level(row_flags(file), FLAG_ALL));
    row_remove(uid);
}

static inline void
identify_halves(struct world *world, struct client *client)
{
    for (unsigned mailbox = 0; mailbox < WORLD_MAILBOXES; mailbox++) {
        struct halves uids, files;

        uids.count = files.count = 0;
        for (size_t i = 0; i < WORLD_MAX; i++) {
            const struct row *row = &client->rows[i];

            if (row->mailbox == mailbox && row_is_there(row) && !row_is_here(row))
                halves_add(&uids, client, row);
            if (row->mailbox == mailbox && row_is_here(row) && !row_is_there(row))
                halves_add(&files, client, row);
        }
        (void)halves_match(world, client, &uids, &files, take_halves);
    }
}

/* The file moved: the message on the server follows, and the file's row takes over what is known of it. */
static inline void
move_there(struct world *world, struct client *client, struct row *gone, struct row *fresh)
{
    struct mail *mail = mail_find(world->server, gone->mailbox, gone->uid);
    char info[LOCAL_INFO_MAX + 1];

    (void)client;
    mail->mailbox = fresh->mailbox;
    mail->name = world->next_uid++;
    fresh->uid = mail->name;
    local_info_with("c:2,", fresh->lseen, info);
    row_set_flags(fresh, merge_level(merge_moved_there(row_flags(gone), info), world->permanent));
    row_remove(gone);
}

static inline void
move_here(struct world *world, struct client *client, struct row *gone, struct row *fresh)
{
    struct mail *file = mail_find(client->files, gone->mailbox, gone->base);

    file->mailbox = fresh->mailbox;
    file->name = client->next_base++;
    fresh->base = file->name;
    row_set_flags(fresh, merge_level(merge_moved_here(row_flags(fresh), row_flags(gone)), world->permanent));
    row_remove(gone);
}

static inline bool
carry_moves(struct world *world, struct client *client)
{
    struct halves gone_here, new_here, gone_there, new_there;
    bool there, here;

    gone_here.count = new_here.count = gone_there.count = new_there.count = 0;
    for (size_t i = 0; i < WORLD_MAX; i++) {
        const struct row *row = &client->rows[i];

        if (row_is_there(row) && !row_is_here(row))
            halves_add(row->base != 0 ? &gone_here : &new_there, client, row);
        if (row_is_here(row) && !row_is_there(row))
            halves_add(row->uid != 0 ? &gone_there : &new_here, client, row);
    }
    there = halves_match(world, client, &gone_here, &new_here, move_there);
    here = halves_match(world, client, &gone_there, &new_there, move_here);
    return there || here;
}

/* ---- one row's answer ---- */

static inline struct plan_step
plan_row(const struct world *world, const struct row *row, const struct policy *policy)
{
    struct plan_message message = {.flags = row_flags(row), .permanent = world->permanent};

    if (row->uid != 0)
        message.there = row->gone_there ? PLAN_GONE : PLAN_HERE;
    if (row->base != 0)
        message.here = row->gone_here ? PLAN_GONE : PLAN_HERE;
    return plan_message(&message, policy);
}

static inline void
carry_flags(struct world *world, struct client *client, struct row *row, struct merge_step step)
{
    struct flag_sides flags = merge_agree(row_flags(row), step.agreed);

    if ((step.there_add | step.there_del) != 0) {
        struct mail *mail = mail_find(world->server, row->mailbox, row->uid);
        bool unshown;

        mail->flags = (uint8_t)((mail->flags | (step.there_add & world->holds)) & ~(step.there_del & world->holds));
        flags = merge_stored(flags, step, mail->flags, row->unshown, &unshown);
        row->unshown = unshown;
    }
    if ((step.here_add | step.here_del) != 0) {
        mail_find(client->files, row->mailbox, row->base)->flags = (uint8_t)merge_named(flags, step);
        flags = merge_renamed(flags, step);
    }
    row_set_flags(row, flags);
}

/* ... and looks at what became of it. */
static inline void
carry_upload(struct world *world, struct row *row)
{
    struct flag_sides flags = row->gone_there ? merge_new(row_flags(row), true) : row_flags(row);
    unsigned shown = merge_sent(flags) & world->holds;

    row->uid = world->next_uid++;
    row->gone_there = 0;
    flags = merge_append_seen(merge_appended(flags, world->permanent), shown);
    flags.rseen = shown;
    row_set_flags(row, flags);
    (void)mail_add(world->server, row->mailbox, row->content, row->uid, shown);
}

static inline bool
carry_add_or_flags(struct world *world, struct client *client, struct row *row, const struct plan_step *step)
{
    switch (step->verb) {
    case PLAN_NOTHING:
        row->unshown = 0;
        return false;
    case PLAN_FORGET:
        row_remove(row);
        return false;
    case PLAN_DOWNLOAD:
        row->base = client->next_base++;
        row->gone_here = 0;
        row_set_flags(row, merge_delivered(row_flags(row), row->rseen));
        (void)mail_add(client->files, row->mailbox, row->content, row->base, row->lseen);
        return true;
    case PLAN_UPLOAD:
        carry_upload(world, row);
        return true;
    case PLAN_FLAGS:
        carry_flags(world, client, row, step->flags);
        return (step->flags.there_add | step->flags.there_del | step->flags.here_add | step->flags.here_del) != 0;
    default:
        return false;
    }
}

static inline bool
carry_removal(struct world *world, struct client *client, struct row *row, const struct plan_step *step)
{
    if (step->verb == PLAN_REMOVE_HERE) {
        mail_remove(mail_find(client->files, row->mailbox, row->base));
        row_remove(row);
        return true;
    }
    if (step->verb != PLAN_REMOVE_THERE)
        return false;
    mail_remove(mail_find(world->server, row->mailbox, row->uid));
    if (row_is_here(row)) /* expunge: the file goes next */
        row->gone_there = 1;
    else
        row_remove(row);
    return true;
}

/* ---- one run ---- */

static inline bool
world_pass(struct world *world, struct client *client, const struct policy *policy)
{
    bool did;

    look_there(world, client);
    look_here(client);
    identify_halves(world, client);
    did = carry_moves(world, client);
    for (size_t i = 0; i < WORLD_MAX; i++) {
        struct row *row = &client->rows[i];
        struct plan_step step;

        if (row->uid == 0 && row->base == 0)
            continue;
        step = plan_row(world, row, policy);
        did = carry_add_or_flags(world, client, row, &step) || did;
    }
    if (did)
        return true;
    for (size_t i = 0; i < WORLD_MAX; i++) {
        struct row *row = &client->rows[i];
        struct plan_step step;

        if (row->uid == 0 && row->base == 0)
            continue;
        step = plan_row(world, row, policy);
        did = carry_removal(world, client, row, &step) || did;
    }
    return did;
}

static inline void
world_sync(struct world *world, unsigned client, const struct policy *policy)
{
    for (unsigned i = 0; i < WORLD_PASSES; i++) {
        if (!world_pass(world, &world->clients[client], policy))
            return;
    }
    fail_msg("a run does not come to its end in %u passes", WORLD_PASSES);
}

static inline void
print_mails(const char *side, const struct mail mails[static WORLD_MAX])
{
    char letters[7];

    print_error("  %s:", side);
    for (size_t i = 0; i < WORLD_MAX; i++) {
        if (mails[i].name == 0)
            continue;
        flags_to_letters(mails[i].flags, letters);
        print_error(" %c/%u=%c:%s", 'A' + mails[i].mailbox, mails[i].name, 'x' + mails[i].content, letters);
    }
    print_error("\n");
}

static inline void
print_world(const struct world *world)
{
    print_mails("server  ", world->server);
    for (size_t c = 0; c < WORLD_CLIENTS; c++) {
        print_mails(c == 0 ? "client 1" : "client 2", world->clients[c].files);
        for (size_t i = 0; i < WORLD_MAX; i++) {
            const struct row *row = &world->clients[c].rows[i];

            if (row->uid != 0 || row->base != 0)
                print_error("    row %c: %c uid %u%s %02x/%02x, base %u%s %02x/%02x\n", 'A' + row->mailbox,
                            'x' + row->content, row->uid, row->gone_there ? " gone" : "", row->rbase, row->rseen,
                            row->base, row->gone_here ? " gone" : "", row->lbase, row->lseen);
        }
    }
}

#endif
