/*
 * Batches that change files in the simulated Maildir. What a batch did is durable when it returns; where the power
 * fails before that, each of its effects is there or not, whatever the order was.
 */
#include "tests/sim/sim_local.h"
#include "tests/sim/sim_server.h"

/* Which of the effects of a cut batch did not reach the disk? A process that was only killed loses none of them. */
struct cut {
    struct rng *rng;
    bool power;
};

static struct cut
cut_begin(struct maildir_sim *maildir)
{
    struct rng *rng = &maildir->world->rng;
    return (struct cut){rng, rng_chance(rng, 60)};
}

static bool
is_lost(const struct cut *cut)
{
    return cut->power && rng_chance(cut->rng, 50);
}

/* ---- deliver ---- */

static bool
deliver_one(struct maildir_sim *maildir, struct local_delivery *item)
{
    const struct local_draft *draft = item->draft;
    int dress = DRESS_PLAIN;
    const int content = content_find(draft->bytes.at == NULL ? "" : draft->bytes.at, draft->bytes.len, &dress);

    if (content < 0) {
        violation(maildir->world, "a file with bytes nobody wrote (%zu)", draft->bytes.len);
        return false;
    }
    if (!maildir->tree.folder[draft->mailbox])
        return false;
    item->taken = maildir_sim_base(maildir, draft->mailbox, item->base) != NULL;
    if (item->taken)
        return false;
    local_info_fresh(item->flags, item->info);
    if (item->letters != NULL && item->letters[0] != '\0') {
        char with[LOCAL_INFO_MAX + 1];
        if (text_print(with, sizeof with, "%s%s", item->info[0] == 'n' ? "c:2," : item->info, item->letters))
            text_print(item->info, sizeof item->info, "%s", with);
    }
    struct sim_file *file = maildir_sim_add(maildir, draft->mailbox, item->base, item->info, content, item->date);
    if (file == NULL)
        return false;
    file->dress = dress;
    file->unflushed = maildir->lazy;
    say(maildir->world, "      file #%d in %s flags %x", content, maildir_sim_folder(maildir, draft->mailbox),
        item->flags);
    return true;
}

static void
undo_deliveries(struct maildir_sim *maildir, const struct local_delivery *items, size_t count)
{
    const struct cut cut = cut_begin(maildir);

    for (size_t i = 0; i < count; i++) {
        if (!items[i].ok || !is_lost(&cut))
            continue;
        struct sim_file *file = maildir_sim_file(maildir, items[i].draft->mailbox, items[i].base, items[i].info);
        if (file != NULL)
            maildir_sim_drop(maildir, file);
    }
}

/* What is delivered later is lost with the process until then. */
bool
batch_ahead(void *local, struct local_draft *const *drafts, const int64_t *dates, size_t count)
{
    (void)local;
    (void)drafts;
    (void)dates;
    return count > 1;
}

bool
batch_deliver(void *local, struct local_delivery *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;
    bool alive = local_alive(maildir, err);

    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].taken = false;
        world_between(maildir->world);
        const enum fate fate = alive ? world_step(maildir->world, STEP_DELIVER, false) : FATE_GO;
        if (alive && fate != FATE_BEFORE) {
            items[i].ok = deliver_one(maildir, &items[i]);
            if (!items[i].ok)
                error_set(&items[i].err, ERROR_LOCAL, "deliver a message");
        }
        if (fate != FATE_GO) {
            undo_deliveries(maildir, items, i + 1);
            alive = local_dead(maildir, err);
        }
    }
    for (size_t i = 0; i < count; i++) {
        local_draft_free(maildir, items[i].draft);
        items[i].draft = NULL;
    }
    return alive && !maildir->world->failed;
}

/* ---- rename ---- */

static void
rename_one(struct maildir_sim *maildir, struct local_rename *item)
{
    struct sim_file *file = local_find(maildir, &item->file);

    item->missing = file == NULL;
    if (file == NULL || maildir_sim_file(maildir, file->mailbox, file->base, item->to) != NULL) {
        error_set(&item->err, ERROR_LOCAL, "rename a message");
        return;
    }
    say(maildir->world, "      rename #%d in %s: %s to %s", file->content, maildir_sim_folder(maildir, file->mailbox),
        file->info, item->to);
    letters_sim_renamed(maildir, file, item->to);
    maildir_sim_set_info(maildir, file, item->to);
    item->ok = true;
}

static void
undo_renames(struct maildir_sim *maildir, const struct local_rename *items, size_t count)
{
    const struct cut cut = cut_begin(maildir);

    for (size_t i = 0; i < count; i++) {
        if (!items[i].ok || !is_lost(&cut))
            continue;
        struct local_file now = items[i].file;
        now.info = items[i].to;
        struct sim_file *file = local_find(maildir, &now);
        if (file != NULL && local_find(maildir, &items[i].file) == NULL)
            text_print(file->info, sizeof file->info, "%s", items[i].file.info);
    }
}

bool
batch_rename(void *local, struct local_rename *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!local_alive(maildir, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].missing = false;
        world_between(maildir->world);
        const enum fate fate = world_step(maildir->world, STEP_RENAME, false);
        if (fate != FATE_BEFORE)
            rename_one(maildir, &items[i]);
        if (fate != FATE_GO) {
            undo_renames(maildir, items, i + 1);
            return local_dead(maildir, err);
        }
    }
    return true;
}

/* ---- link and unlink ---- */

static void
link_one(struct maildir_sim *maildir, struct local_move *item)
{
    const struct sim_file *from = local_find(maildir, &item->from);
    const int mailbox = local_mailbox(maildir, item->to.folder);

    item->missing = from == NULL;
    error_set(&item->err, ERROR_LOCAL, "link a message");
    if (from == NULL || mailbox < 0 || !maildir->tree.folder[mailbox])
        return;
    item->taken = maildir_sim_base(maildir, mailbox, item->to.base) != NULL;
    if (item->taken)
        return;
    say(maildir->world, "      link #%d from %s to %s", from->content, maildir_sim_folder(maildir, from->mailbox),
        maildir_sim_folder(maildir, mailbox));
    const int dress = from->dress,
              original = from->original; /* a second name of one file: an edited one stays an edited one */
    const bool of_gone = from->mailbox < SIM_MAILBOXES && !maildir->world->server->boxes[from->mailbox].exists;
    ledger_links(maildir->world, from->content, from->mailbox, mailbox);
    struct sim_file *to = maildir_sim_add(maildir, mailbox, item->to.base, item->to.info, from->content, from->date);
    item->ok = to != NULL;
    if (to == NULL)
        return;
    to->dress = dress;
    to->original = original;
    to->second = true;
    to->of_gone = of_gone;
    if (original != to->content) {
        ledger_put(maildir->world, to->content, mailbox);
        ledger_out(maildir->world, original, mailbox); /* what somebody saved under its name may replace it there */
    }
}

static void
undo_links(struct maildir_sim *maildir, const struct local_move *items, size_t count)
{
    const struct cut cut = cut_begin(maildir);

    for (size_t i = 0; i < count; i++) {
        struct sim_file *file = items[i].ok && is_lost(&cut) ? local_find(maildir, &items[i].to) : NULL;
        if (file != NULL)
            maildir_sim_drop(maildir, file);
    }
}

bool
batch_link(void *local, struct local_move *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!local_alive(maildir, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].missing = items[i].taken = false;
        world_between(maildir->world);
        const enum fate fate = world_step(maildir->world, STEP_LINK, false);
        if (fate != FATE_BEFORE)
            link_one(maildir, &items[i]);
        if (fate != FATE_GO) {
            undo_links(maildir, items, i + 1);
            return local_dead(maildir, err);
        }
    }
    return true;
}

static void
unlink_one(struct maildir_sim *maildir, struct local_move *item)
{
    struct sim_file *from = local_find(maildir, &item->from);
    const int mailbox = local_mailbox(maildir, item->to.folder);
    struct sim_file *to = mailbox < 0 ? NULL : maildir_sim_base(maildir, mailbox, item->to.base);

    item->missing = from == NULL;
    error_set(&item->err, ERROR_LOCAL, "unlink a moved message");
    if (from == NULL || to == NULL || to == from || to->content != from->content || to->dress != from->dress)
        return;
    say(maildir->world, "      unlink #%d in %s", from->content, maildir_sim_folder(maildir, from->mailbox));
    to->second = false;
    to->single = from->second;
    if (from->second) { /* of a move that was cut off: golub's own name goes again */
        maildir_sim_drop(maildir, from);
        item->ok = true;
        return;
    }
    /* What was sent up after it was edited is a message of its own, though the old one came back beside it. */
    const bool sent = maildir->world->ledger[from->content].out[from->mailbox];
    if (to->of_gone) /* what is begun is ended, though that mailbox may be back by now, and with it what stood in it */
        ledger_ends_link(maildir->world, from->original, from->mailbox, maildir->client);
    ledger_follows(maildir->world, sent ? from->content : from->original, from->mailbox, maildir->client, 0,
                   "moves the file of");
    if (!maildir->world->strict)
        ledger_out(maildir->world, from->content, from->mailbox);
    maildir_sim_drop(maildir, from);
    item->ok = true;
}

static void
undo_unlinks(struct maildir_sim *maildir, const struct local_move *items, size_t count)
{
    const struct cut cut = cut_begin(maildir);

    for (size_t i = 0; i < count; i++) {
        if (!items[i].ok || !is_lost(&cut))
            continue;
        const int from = local_mailbox(maildir, items[i].from.folder), to = local_mailbox(maildir, items[i].to.folder);
        const struct sim_file *twin = maildir_sim_base(maildir, to, items[i].to.base);
        if (twin != NULL && maildir_sim_base(maildir, from, items[i].from.base) == NULL) {
            struct sim_file *back =
                maildir_sim_add(maildir, from, items[i].from.base, items[i].from.info, twin->content, twin->date);
            if (back != NULL)
                back->dress = maildir_sim_base(maildir, to, items[i].to.base)->dress;
            if (twin->single && back != NULL)
                back->second = true;
            else
                ledger_back(maildir->world, twin->content, from, maildir->client);
        }
    }
}

bool
batch_unlink(void *local, struct local_move *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!local_alive(maildir, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].missing = false;
        world_between(maildir->world);
        const enum fate fate = world_step(maildir->world, STEP_UNLINK, false);
        if (fate != FATE_BEFORE)
            unlink_one(maildir, &items[i]);
        if (fate != FATE_GO) {
            undo_unlinks(maildir, items, i + 1);
            return local_dead(maildir, err);
        }
    }
    return true;
}

/* ---- quarantine ---- */

struct sim_quarantined *
batch_find_quarantined(struct maildir_sim *maildir, const char *name)
{
    for (size_t i = 0; i < maildir->quarantined; i++)
        if (strcmp(maildir->quarantine[i].name, name) == 0)
            return &maildir->quarantine[i];
    return NULL;
}

static void
quarantine_add(struct maildir_sim *maildir, const char *name, int content, int dress)
{
    struct sim_quarantined *kept = batch_find_quarantined(maildir, name);

    if (kept != NULL) { /* the first half of a removal that was cut off */
        if (kept->content != content || kept->dress != dress)
            violation(maildir->world, "a quarantined message is overwritten");
        return;
    }
    if (maildir->quarantined == SIM_QUARANTINE)
        abort();
    kept = &maildir->quarantine[maildir->quarantined++];
    text_print(kept->name, sizeof kept->name, "%s", name);
    kept->content = content;
    kept->dress = dress;
    kept->since = maildir->world->now;
    ledger_add(maildir->world, content);
}

static void
remove_one(struct maildir_sim *maildir, struct local_removal *item)
{
    struct world *world = maildir->world;
    struct sim_file *file = local_find(maildir, &item->file);
    unsigned shown;

    item->missing = file == NULL;
    error_set(&item->err, ERROR_LOCAL, "quarantine a message");
    if (file == NULL)
        return;
    const struct content *content = maildir_sim_bytes(file);
    item->altered = item->wire != NULL && memcmp(item->wire, content->digests.wire, DIGEST_SIZE) != 0;
    if (item->altered)
        return;
    say(world, "      quarantine #%d from %s", file->content, maildir_sim_folder(maildir, file->mailbox));
    ledger_follows(world, file->content, file->mailbox, maildir->client, local_info_flags(file->info, &shown),
                   "quarantines");
    ledger_removed(world, file->content, file->mailbox, maildir->client);
    quarantine_add(maildir, item->quarantine, file->content, file->dress);
    maildir_sim_drop(maildir, file);
    item->ok = true;
}

/* On one file system it is a rename; on two the copy comes first, and both may be there. */
static void
undo_removals(struct maildir_sim *maildir, const struct local_removal *items, size_t count)
{
    const struct cut cut = cut_begin(maildir);

    for (size_t i = 0; i < count; i++) {
        struct sim_quarantined *kept =
            items[i].ok && is_lost(&cut) ? batch_find_quarantined(maildir, items[i].quarantine) : NULL;
        const int mailbox = local_mailbox(maildir, items[i].file.folder);
        if (kept == NULL || maildir_sim_base(maildir, mailbox, items[i].file.base) != NULL)
            continue;
        const int content = kept->content;
        ledger_back(maildir->world, content, mailbox, maildir->client);
        struct sim_file *back = maildir_sim_add(maildir, mailbox, items[i].file.base, items[i].file.info, content,
                                                content_get(content)->date);
        if (back != NULL)
            back->dress = kept->dress;
        if (rng_chance(cut.rng, 70)) {
            *kept = maildir->quarantine[--maildir->quarantined];
            ledger_drop(maildir->world, content);
        }
    }
}

bool
batch_remove(void *local, struct local_removal *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!local_alive(maildir, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        items[i].ok = items[i].missing = items[i].altered = false;
        world_between(maildir->world);
        const enum fate fate = world_step(maildir->world, STEP_QUARANTINE, false);
        if (fate != FATE_BEFORE)
            remove_one(maildir, &items[i]);
        if (fate != FATE_GO) {
            undo_removals(maildir, items, i + 1);
            return local_dead(maildir, err);
        }
    }
    return true;
}

static bool
keep_one(struct maildir_sim *maildir, const struct local_draft *draft, const char *name)
{
    int dress = DRESS_PLAIN;
    const int content = content_find(draft->bytes.at == NULL ? "" : draft->bytes.at, draft->bytes.len, &dress);

    if (content < 0) {
        violation(maildir->world, "bytes that nobody wrote are kept (%zu)", draft->bytes.len);
        return false;
    }
    say(maildir->world, "      keep #%d", content);
    quarantine_add(maildir, name, content, dress);
    return true;
}

bool
batch_keep(void *local, struct local_draft *draft, const char *name, int64_t date, struct error *err)
{
    struct maildir_sim *maildir = local;
    bool alive = local_alive(maildir, err), kept = false;

    (void)date;
    world_between(maildir->world);
    const enum fate fate = alive ? world_step(maildir->world, STEP_QUARANTINE, false) : FATE_GO;
    if (alive && fate != FATE_BEFORE)
        kept = keep_one(maildir, draft, name);
    if (fate != FATE_GO)
        alive = local_dead(maildir, err);
    local_draft_free(maildir, draft);
    return alive && kept;
}

bool
batch_in_quarantine(void *local, const char *name)
{
    return batch_find_quarantined(local, name) != NULL;
}

bool
batch_quarantine_drop(void *local, const char *name, struct error *err)
{
    struct maildir_sim *maildir = local;
    struct sim_quarantined *kept = batch_find_quarantined(maildir, name);

    if (!local_alive(maildir, err))
        return false;
    if (kept != NULL) {
        const int content = kept->content;
        const int64_t days = (maildir->world->now - kept->since) / 86400;
        if (maildir->world->strict && days + 7 * maildir->wrong_clocks < 29)
            violation(maildir->world, "#%d leaves the quarantine after %lld days", content, (long long)days);
        maildir->dropped[maildir->dropped_count++] = *kept;
        *kept = maildir->quarantine[--maildir->quarantined];
        ledger_drop(maildir->world, content);
    }
    return true;
}

bool
batch_quarantine_flush(void *local, struct error *err)
{
    struct maildir_sim *maildir = local;

    maildir->dropped_count = 0;
    return local_alive(maildir, err);
}

void
maildir_sim_undrop(struct maildir_sim *maildir)
{
    while (maildir->dropped_count > 0 && maildir->quarantined < SIM_QUARANTINE) {
        maildir->quarantine[maildir->quarantined] = maildir->dropped[--maildir->dropped_count];
        ledger_add(maildir->world, maildir->quarantine[maildir->quarantined++].content);
    }
}
