/*
 * The simulated Maildir as the engine sees it: root, folders, listings, reading and drafts. What changes files in
 * batches is in sim_batch.c.
 */
#include "tests/sim/sim_local.h"

#define LAST_ROOM (UINT64_C(512) << 10) /* bytes of the disk that golub leaves to others in any case */

bool
local_dead(struct maildir_sim *maildir, struct error *err)
{
    world_stop(maildir->world);
    error_set(err, ERROR_LOCAL, "simulated crash");
    return false;
}

bool
local_alive(struct maildir_sim *maildir, struct error *err)
{
    return !maildir->world->crashed || local_dead(maildir, err);
}

int
local_mailbox(const struct maildir_sim *maildir, const char *folder)
{
    return folders_find(maildir, folder);
}

struct sim_file *
local_find(struct maildir_sim *maildir, const struct local_file *file)
{
    const int mailbox = local_mailbox(maildir, file->folder);
    return mailbox < 0 ? NULL : maildir_sim_file(maildir, mailbox, file->base, file->info);
}

static bool
sim_open(void *local, bool make, enum local_root *root, struct error *err)
{
    struct maildir_sim *maildir = local;

    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    if (!maildir->tree.root && make) {
        const enum fate fate = world_step(maildir->world, STEP_FOLDER, false);
        if (fate != FATE_BEFORE)
            maildir->tree.root = true;
        if (fate != FATE_GO)
            return local_dead(maildir, err);
    }
    bool empty = !maildir->tree.mark.present;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        empty = empty && !maildir->tree.folder[i];
    *root = !maildir->tree.root ? ROOT_MISSING : empty ? ROOT_EMPTY : ROOT_PRESENT;
    return true;
}

static bool
sim_read_mark(void *local, struct local_mark *mark, struct error *err)
{
    struct maildir_sim *maildir = local;

    *mark = maildir->tree.mark;
    return local_alive(maildir, err);
}

static bool
sim_write_mark(void *local, struct local_mark *mark, struct error *err)
{
    struct maildir_sim *maildir = local;

    mark->born = maildir->root_born != 0 ? maildir->next_birth++ : 0;
    const enum fate fate = world_step(maildir->world, STEP_MARK, false);

    if (fate != FATE_BEFORE) {
        maildir->tree.mark = *mark;
        maildir->tree.mark.present = true;
    }
    return fate == FATE_GO || local_dead(maildir, err);
}

static void
sim_birth(void *local, const char *folder, int64_t *birth)
{
    const struct maildir_sim *maildir = local;
    const int mailbox = folder != NULL ? local_mailbox(maildir, folder) : -1;

    *birth = folder == NULL ? maildir->root_born : mailbox < 0 ? 0 : maildir->born[mailbox];
}

static bool
sim_folders(void *local, bool (*folder)(void *context, const char *folder), void *context, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!local_alive(maildir, err))
        return false;
    for (int i = 0; i < SIM_MAILBOXES; i++) {
        if (maildir->world->walks)
            world_between(maildir->world);
        if (maildir->tree.folder[i] && !folder(context, maildir_sim_folder(maildir, i)))
            return false;
    }
    for (int i = SIM_MAILBOXES; i < SIM_PLACES; i++) {
        const char *path = maildir->tree.aside[i - SIM_MAILBOXES].path;

        /* Temporary names are spelled as no mailbox's folder is. */
        if (maildir->tree.folder[i] && (path[0] == '.') == (maildir->layout == LAYOUT_MAILDIRPP) &&
            !folder(context, path))
            return false;
    }
    return true;
}

static void
read_stamp(const struct maildir_sim *maildir, int mailbox, struct local_stamp *stamp)
{
    text_print(stamp->text, sizeof stamp->text, "%d.%llu", maildir->node[mailbox],
               (unsigned long long)maildir->changed[mailbox]);
    stamp->racy = maildir->changed[mailbox] >= maildir->world->tick;
    stamp->cur_changed = stamp->new_changed = (int64_t)maildir->changed[mailbox];
    const long long born = (long long)maildir->born[mailbox];
    text_print(stamp->born, sizeof stamp->born, "%lld,%lld,%lld", born, born, born);
    if (maildir->born[mailbox] == 0)
        stamp->born[0] = '\0';
}

static bool
sim_stamp(void *local, const char *folder, struct local_stamp *stamp, bool *missing, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int mailbox = local_mailbox(maildir, folder);

    world_between(maildir->world);
    *missing = mailbox < 0 || !maildir->tree.folder[mailbox];
    if (!*missing)
        read_stamp(maildir, mailbox, stamp);
    return local_alive(maildir, err);
}

/* ---- scan ---- */

struct names { /* a listing, kept until it is known to be stable */
    struct {
        char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];
    } name[SIM_FILES];
    size_t count;
};

/* From a point on, in the order of the directory, as it is now; what moved since may be missed or seen twice. */
static size_t
list_some(const struct maildir_sim *maildir, int mailbox, size_t from, size_t to, struct names *names)
{
    size_t seen = 0;

    for (size_t i = 0; i < maildir->tree.count && names->count < SIM_FILES; i++) {
        const struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox != mailbox)
            continue;
        if (seen >= from && seen < to) {
            text_print(names->name[names->count].base, LOCAL_BASE_MAX + 1, "%s", file->base);
            text_print(names->name[names->count].info, LOCAL_INFO_MAX + 1, "%s", file->info);
            names->count++;
        }
        seen++;
    }
    return seen;
}

static bool
list_names(struct maildir_sim *maildir, int mailbox, struct names *names, struct local_stamp *stamp)
{
    struct rng *rng = &maildir->world->rng;
    const uint64_t version = maildir->version[mailbox];

    read_stamp(maildir, mailbox, stamp);
    names->count = 0;
    const size_t half = rng_below(rng, (unsigned)maildir->tree.count + 1);
    list_some(maildir, mailbox, 0, half, names);
    world_between(maildir->world);
    list_some(maildir, mailbox, half, SIM_FILES, names);
    return maildir->version[mailbox] == version;
}

static bool
sim_scan(void *local, const char *folder, const struct local_scanner *to, void *context, struct local_stamp *stamp,
         bool *stable, struct error *err)
{
    static struct names names;
    struct maildir_sim *maildir = local;
    const int mailbox = local_mailbox(maildir, folder);

    if (!local_alive(maildir, err))
        return false;
    if (mailbox < 0 || !maildir->tree.folder[mailbox] || (maildir->unreadable >> mailbox & 1) != 0) {
        error_set(err, ERROR_LOCAL, "open folder %s", folder);
        return false;
    }
    *stable = false;
    for (int attempt = 0; attempt < 3 && !*stable; attempt++)
        *stable = list_names(maildir, mailbox, &names, stamp);
    const size_t start = names.count > 0 ? rng_below(&maildir->world->rng, (unsigned)names.count) : 0;
    for (size_t i = 0; i < names.count; i++) {
        const size_t at = (start + i) % names.count;
        if (!to->file(context, names.name[at].base, names.name[at].info))
            return false;
    }
    return true;
}

/* A draft of this world leaves nothing behind. */
static bool
sim_sweep(void *local, const char *folder)
{
    const struct maildir_sim *maildir = local;

    if (local_mailbox(maildir, folder) < 0)
        violation(maildir->world, "golub sweeps a folder nobody asked for: %s", folder);
    return true;
}

/* ---- reading ---- */

static struct local_print
print_of(const struct content *content, int64_t date)
{
    return (struct local_print){.size = content->len, .seconds = date};
}

static bool
sim_examine(void *local, const struct local_file *file, struct local_facts *facts, bool *missing, struct error *err)
{
    struct maildir_sim *maildir = local;

    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    const struct sim_file *found = local_find(maildir, file);
    *missing = found == NULL;
    if (found != NULL) {
        facts->digests = maildir_sim_bytes(found)->digests;
        facts->date = found->date;
        facts->print = print_of(maildir_sim_bytes(found), found->date);
        facts->which = (struct local_which){.inode = (uint64_t)(uintptr_t)found, .changed = found->date};
    }
    return true;
}

static bool
sim_look(void *local, const struct local_file *file, struct local_print *print, bool *missing, struct error *err)
{
    struct maildir_sim *maildir = local;

    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    const struct sim_file *found = local_find(maildir, file);
    *missing = found == NULL;
    if (found != NULL)
        *print = print_of(maildir_sim_bytes(found), found->date);
    return true;
}

struct handle { /* an open file: what is written or renamed later does not touch it */
    const struct content *content;
    int64_t date;
    size_t at;
};

static bool
sim_read_open(void *local, const struct local_file *file, void **handle, bool *missing, struct error *err)
{
    struct maildir_sim *maildir = local;

    world_between(maildir->world);
    if (!local_alive(maildir, err))
        return false;
    const struct sim_file *found = local_find(maildir, file);
    *missing = found == NULL;
    *handle = NULL;
    if (found != NULL) {
        struct handle *open = calloc(1, sizeof *open);
        if (open == NULL)
            abort();
        open->content = maildir_sim_bytes(found);
        open->date = found->date;
        *handle = open;
    }
    return true;
}

static bool
sim_quarantine_open(void *local, const char *name, void **handle, struct local_print *print, bool *missing,
                    struct error *err)
{
    struct maildir_sim *maildir = local;
    const struct sim_quarantined *found = batch_find_quarantined(maildir, name);
    struct handle *open = found != NULL ? calloc(1, sizeof *open) : NULL;

    if (!local_alive(maildir, err))
        return false;
    *missing = found == NULL;
    *handle = open;
    if (open != NULL) {
        open->content = maildir_sim_bytes(&(struct sim_file){.content = found->content, .dress = found->dress});
        open->date = content_get(found->content)->date;
        *print = print_of(open->content, open->date);
    }
    return true;
}

static bool
sim_read_facts(void *local, void *handle, struct local_facts *facts, struct error *err)
{
    const struct handle *open = handle;

    facts->digests = open->content->digests;
    facts->date = open->date;
    facts->print = print_of(open->content, open->date);
    return local_alive(local, err);
}

static bool
sim_read(void *local, void *handle, void *to, size_t size, size_t *got, struct error *err)
{
    struct handle *open = handle;
    const struct content *content = open->content;
    const size_t left = content->shown_len - open->at;

    *got = left < size ? left : size;
    if (*got > 0)
        memcpy(to, content->shown + open->at, *got);
    open->at += *got;
    return local_alive(local, err);
}

static bool
sim_read_rewind(void *local, void *handle, struct error *err)
{
    ((struct handle *)handle)->at = 0;
    return local_alive(local, err);
}

static void
sim_read_close(void *local, void *handle)
{
    (void)local;
    free(handle);
}

/* ---- drafts ---- */

static bool
sim_draft_begin(void *local, const char *folder, struct local_draft **draft, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int mailbox = local_mailbox(maildir, folder);

    if (!local_alive(maildir, err))
        return false;
    if (mailbox < 0 || !maildir->tree.folder[mailbox]) {
        error_set(err, ERROR_LOCAL, "open a draft in %s", folder);
        return false;
    }
    struct local_draft *fresh = calloc(1, sizeof *fresh);
    if (fresh == NULL)
        abort();
    fresh->mailbox = mailbox;
    fresh->bytes = buffer_new(8 << 20);
    maildir->drafts++;
    *draft = fresh;
    return true;
}

static bool
sim_draft_write(void *local, struct local_draft *draft, const void *bytes, size_t len, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (!buffer_add(&draft->bytes, bytes, len))
        abort();
    if (draft->bytes.len + LAST_ROOM > SIM_DISK - maildir->full)
        violation(maildir->world, "golub writes %zu bytes where %llu are left", draft->bytes.len,
                  (unsigned long long)(SIM_DISK - maildir->full));
    return local_alive(local, err);
}

static bool
sim_draft_finish(void *local, struct local_draft *draft, struct digests *digests, struct error *err)
{
    struct digest *digest = digest_new();

    if (digest == NULL || !digest_reset(digest, false) || !digest_add(digest, draft->bytes.at, draft->bytes.len) ||
        !digest_finish(digest, digests))
        abort();
    digest_free(digest);
    return local_alive(local, err);
}

void
local_draft_free(struct maildir_sim *maildir, struct local_draft *draft)
{
    if (draft == NULL)
        return;
    maildir->drafts--;
    buffer_free(&draft->bytes);
    free(draft);
}

static void
sim_draft_drop(void *local, struct local_draft *draft)
{
    local_draft_free(local, draft);
}

/* ---- the rest ---- */

static bool
sim_create(void *local, const char *folder, struct error *err)
{
    struct maildir_sim *maildir = local;
    const int mailbox = local_mailbox(maildir, folder);

    if (mailbox < 0) {
        violation(maildir->world, "golub makes a folder nobody asked for: %s", folder);
        return local_dead(maildir, err);
    }
    if (maildir->tree.folder[mailbox])
        return local_alive(maildir, err);
    const enum fate fate = world_step(maildir->world, STEP_FOLDER, false);
    if (fate != FATE_BEFORE) {
        say(maildir->world, "      folder %s", maildir_sim_folder(maildir, mailbox));
        maildir->tree.folder[mailbox] = true;
        maildir_sim_touch(maildir, mailbox);
    }
    return fate == FATE_GO || local_dead(maildir, err);
}

/* Nothing of it is certain before it returns. */
static bool
sim_create_all(void *local, struct local_folder *items, size_t count, struct error *err)
{
    struct maildir_sim *maildir = local;
    bool before[SIM_MAILBOXES];

    memcpy(before, maildir->tree.folder, sizeof before);
    for (size_t i = 0; i < count; i++) {
        items[i].ok = sim_create(local, items[i].folder, err);
        if (items[i].ok)
            continue;
        const bool power = rng_chance(&maildir->world->rng, 60);
        for (int k = 0; power && k < SIM_MAILBOXES; k++)
            maildir->tree.folder[k] = before[k] || (maildir->tree.folder[k] && rng_chance(&maildir->world->rng, 50));
        return false;
    }
    return true;
}

static void
sim_boot(void *local, char id[static LOCAL_BOOT_MAX + 1])
{
    text_print(id, LOCAL_BOOT_MAX + 1, "%d", ((const struct maildir_sim *)local)->boots);
}

static bool
sim_flush(void *local, struct error *err)
{
    struct maildir_sim *maildir = local;

    if (maildir->failing) {
        error_set(err, ERROR_LOCAL, "flush the Maildir");
        return false;
    }
    for (size_t i = 0; i < maildir->tree.count; i++)
        maildir->tree.files[i].unflushed = false;
    return local_alive(maildir, err);
}

static bool
sim_free_space(void *local, uint64_t *bytes, struct error *err)
{
    *bytes = SIM_DISK - ((struct maildir_sim *)local)->full;
    return local_alive(local, err);
}

static bool
sim_quarantine_space(void *local, uint64_t *bytes, struct error *err)
{
    *bytes = SIM_DISK - ((struct maildir_sim *)local)->kept_full;
    return local_alive(local, err);
}

static bool
sim_holds_names(void *local, bool probe, struct error *err)
{
    (void)local;
    (void)probe;
    (void)err;
    return true;
}

/* No folder stands there that is no mailbox's. */
static bool
sim_strays(void *local, const struct local_strays *to, void *context, struct error *err)
{
    (void)to;
    (void)context;
    return local_alive(local, err);
}

/* No other program keeps this tree. */
static void
sim_traces(void *local, const char *folder, struct local_traces *traces)
{
    (void)local;
    (void)folder;
    *traces = (struct local_traces){0};
}

static void
sim_describe(void *local, struct local_description *out)
{
    (void)local;
    *out = (struct local_description){.file_system = "simulator", .flush = "none"};
}

static void
sim_close(void *local)
{
    (void)local;
}

/* Nobody puts another tree in its place while a run is at work. */
static bool
sim_stands(void *local)
{
    (void)local;
    return true;
}

static const struct local_ops ops = {
    .open = sim_open,
    .stands = sim_stands,
    .read_mark = sim_read_mark,
    .write_mark = sim_write_mark,
    .birth = sim_birth,
    .boot = sim_boot,
    .flush = sim_flush,
    .folders = sim_folders,
    .all_folders = sim_folders,
    .strays = sim_strays,
    .traces = sim_traces,
    .stamp = sim_stamp,
    .scan = sim_scan,
    .holds_names = sim_holds_names,
    .sweep = sim_sweep,
    .letters = letters_sim_read,
    .letters_add = letters_sim_add,
    .examine = sim_examine,
    .look = sim_look,
    .read_open = sim_read_open,
    .read_facts = sim_read_facts,
    .read = sim_read,
    .read_rewind = sim_read_rewind,
    .read_close = sim_read_close,
    .draft_begin = sim_draft_begin,
    .draft_write = sim_draft_write,
    .draft_finish = sim_draft_finish,
    .draft_drop = sim_draft_drop,
    .deliver_ahead = batch_ahead,
    .deliver = batch_deliver,
    .rename = batch_rename,
    .link = batch_link,
    .unlink_moved = batch_unlink,
    .remove = batch_remove,
    .keep = batch_keep,
    .in_quarantine = batch_in_quarantine,
    .quarantine_open = sim_quarantine_open,
    .quarantine_drop = batch_quarantine_drop,
    .quarantine_flush = batch_quarantine_flush,
    .create = sim_create,
    .create_all = sim_create_all,
    .move_folder = folders_move,
    .beside = folders_beside,
    .remove_folder = folders_remove,
    .taken = folders_taken,
    .only_above = folders_only_above,
    .free_space = sim_free_space,
    .quarantine_space = sim_quarantine_space,
    .describe = sim_describe,
    .close = sim_close,
};

struct local
maildir_sim_local(struct maildir_sim *maildir)
{
    return (struct local){&ops, maildir};
}
