/* The simulated Maildirs and their mail readers; what the engine sees of them is in sim_local.c. */
#include "tests/sim/sim_maildir.h"
#include "tests/sim/sim_kinds.h"
#include "tests/sim/sim_server.h"

void
maildir_sim_init(struct maildir_sim *maildir, struct world *world, int client, enum layout layout)
{
    memset(maildir, 0, offsetof(struct maildir_sim, tree.files));
    maildir->tree.count = 0;
    memset(&maildir->tree.mark, 0, sizeof maildir->tree.mark);
    memset(maildir->changed, 0, sizeof maildir->changed);
    memset(maildir->version, 0, sizeof maildir->version);
    for (int i = 0; i < SIM_PLACES; i++)
        maildir->node[i] = i;
    maildir->next_node = SIM_PLACES;
    maildir->lazy = false;
    maildir->boots = 1;
    maildir->next_birth = 1;
    maildir->root_born = maildir->next_birth++;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        maildir->born[i] = maildir->next_birth++;
    for (int i = SIM_MAILBOXES; i < SIM_PLACES; i++)
        maildir->born[i] = 0;
    maildir->world = world;
    maildir->client = client;
    maildir->layout = layout;
    maildir->map = 0;
    maildir->quarantined = maildir->dropped_count = 0;
    maildir->drafts = 0;
    maildir->wrong_clocks = 0;
    maildir->full = 0;
    maildir->unreadable = 0;
    maildir->next_name = 0;
}

const char *
maildir_sim_folder(const struct maildir_sim *maildir, int mailbox)
{
    static const char *const folders[SIM_MAPS][3][SIM_MAILBOXES] = {{[LAYOUT_VERBATIM] = {"INBOX", "Work", "Work/Old"},
                                                                     [LAYOUT_MAILDIRPP] = {"", ".Work", ".Work.Old"},
                                                                     [LAYOUT_FLAT] = {"INBOX", "Work", "Work.Old"}},
                                                                    {[LAYOUT_VERBATIM] = {"INBOX", "Job", "Job/Old"},
                                                                     [LAYOUT_MAILDIRPP] = {"", ".Job", ".Job.Old"},
                                                                     [LAYOUT_FLAT] = {"INBOX", "Job", "Job.Old"}},
                                                                    {[LAYOUT_VERBATIM] = {"INBOX", "Work", "Attic"},
                                                                     [LAYOUT_MAILDIRPP] = {"", ".Work", ".Attic"},
                                                                     [LAYOUT_FLAT] = {"INBOX", "Work", "Attic"}},
                                                                    {[LAYOUT_VERBATIM] = {"INBOX", "Post", "Old/Work"},
                                                                     [LAYOUT_MAILDIRPP] = {"", ".Post", ".Old.Work"},
                                                                     [LAYOUT_FLAT] = {"INBOX", "Post", "Old.Work"}}};

    if (mailbox == 2 && strcmp(server_mailbox_name(mailbox), "Trash") == 0)
        return maildir->layout == LAYOUT_MAILDIRPP ? ".Trash" : "Trash";
    return folders[maildir->map][maildir->layout][mailbox];
}

bool
maildir_sim_moves(const struct maildir_sim *maildir)
{
    bool moves = false;

    for (int i = SIM_MAILBOXES; i < SIM_PLACES; i++)
        moves = moves || maildir->tree.folder[i];
    return moves;
}

int
maildir_sim_multiplicity(const struct maildir_sim *maildir, int mailbox, int content, bool originals)
{
    int found = 0;

    for (size_t i = 0; i < maildir->tree.count; i++)
        found +=
            maildir->tree.files[i].mailbox == mailbox &&
            (maildir->tree.files[i].content == content || (originals && maildir->tree.files[i].original == content));
    return found;
}

struct sim_file *
maildir_sim_file(struct maildir_sim *maildir, int mailbox, const char *base, const char *info)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox == mailbox && strcmp(file->base, base) == 0 && strcmp(file->info, info) == 0)
            return file;
    }
    return NULL;
}

struct sim_file *
maildir_sim_base(struct maildir_sim *maildir, int mailbox, const char *base)
{
    for (size_t i = 0; i < maildir->tree.count; i++) {
        struct sim_file *file = &maildir->tree.files[i];
        if (file->mailbox == mailbox && strcmp(file->base, base) == 0)
            return file;
    }
    return NULL;
}

void
maildir_sim_ended(struct maildir_sim *maildir)
{
    maildir->ended = maildir->began;
    maildir->forgotten = false;
}

void
maildir_sim_touch(struct maildir_sim *maildir, int mailbox)
{
    if (mailbox >= SIM_PLACES) /* its folder is away */
        return;
    maildir->changed[mailbox] = maildir->world->tick;
    maildir->version[mailbox]++;
}

/* The name that this file has is new there, or is about to go. */
static void
tell(struct maildir_sim *maildir, const struct sim_file *file)
{
    struct sim_told *told;

    if (maildir->told_count == SIM_TOLD || file->mailbox >= SIM_MAILBOXES)
        return;
    told = &maildir->told[maildir->told_count++];
    told->mailbox = file->mailbox;
    memcpy(told->base, file->base, sizeof told->base);
    memcpy(told->info, file->info, sizeof told->info);
}

static bool
is_golub(const struct world *world)
{
    return world->golub && !world->inside;
}

struct sim_file *
maildir_sim_add(struct maildir_sim *maildir, int mailbox, const char *base, const char *info, int content, int64_t date)
{
    if (maildir->tree.count == SIM_FILES)
        return NULL;
    struct sim_file *file = &maildir->tree.files[maildir->tree.count++];
    file->mailbox = mailbox;
    text_print(file->base, sizeof file->base, "%s", base);
    text_print(file->info, sizeof file->info, "%s", info);
    file->content = file->original = file->before = content;
    file->dress = maildir->world->dress;
    file->date = date;
    file->fresh = file->unflushed = file->strange = file->second = file->cut = file->p_cut = file->forwarded = false;
    file->cut_from = file->lost = 0;
    file->named = file->lost_in = 0;
    file->put = maildir->world->inside || !maildir->world->golub ? maildir->began + 1 : 0;
    maildir_sim_touch(maildir, mailbox);
    tell(maildir, file);
    ledger_add(maildir->world, content);
    unsigned shown;
    unsigned flags = local_info_flags(info, &shown);
    /* Whoever knows no letters leaves them as they stood elsewhere, and says nothing by that. */
    if (is_golub(maildir->world) || maildir->dovecot)
        flags |= letters_sim_flags(maildir, mailbox, info);
    ledger_flags(maildir->world, content, mailbox, 0, flags, true);
    return file;
}

void
maildir_sim_set_info(struct maildir_sim *maildir, struct sim_file *file, const char *info)
{
    unsigned shown_before, shown;
    unsigned before = local_info_flags(file->info, &shown_before), after = local_info_flags(info, &shown);

    after |= letters_sim_flags(maildir, file->mailbox, info);
    if (is_golub(maildir->world) || maildir->dovecot) /* nobody else takes it off by its letter */
        before |= letters_sim_flags(maildir, file->mailbox, file->info) &
                  ~letters_sim_left(maildir, file->mailbox, file->info); /* that one says nothing */

    struct world *world = maildir->world;

    if (file->p_cut && !is_golub(world))
        world->ledger[file->content].cleared[file->mailbox] |= FLAG_FORWARDED;
    file->p_cut = false;
    /* The flag that told who cut letters off is back: nobody can tell who took them off. */
    if (!is_golub(world) && file->cut_from == local_info_flags(info, &shown) + 1) {
        world->ledger[file->content].key_off |= file->cut_keys & ~(1u << SIM_FORWARDED);
        if ((file->cut_keys & 1u << SIM_FORWARDED) != 0)
            world->ledger[file->content].cleared[file->mailbox] |= FLAG_FORWARDED;
    }
    if (!is_golub(world) && strstr(file->info, ":2,") == NULL && strstr(info, ":2,") != NULL)
        letters_sim_back(maildir, file, (1u << SIM_KEYWORDS) - 1);
    if (is_golub(world))
        file->cut_from = 0;
    else
        file->forwarded = false;
    const unsigned hidden =
        world->golub && !world->inside ? 0 : world->ledger[file->content].set[file->mailbox] & ~shown_before;

    if (file->info[0] == 'n' && strcmp(info, "n") == 0) /* within new/ the suffix takes its flags along */
        shown |= before;
    /* What the new name can't show stays as it was; what the old one did not show may go. */
    ledger_flags(maildir->world, file->content, file->mailbox, (before | hidden) & shown, after & shown, false);
    tell(maildir, file);
    text_print(file->info, sizeof file->info, "%s", info);
    tell(maildir, file);
    maildir_sim_touch(maildir, file->mailbox);
}

void
maildir_sim_drop(struct maildir_sim *maildir, struct sim_file *file)
{
    const int content = file->content;

    maildir_sim_touch(maildir, file->mailbox);
    tell(maildir, file);
    *file = maildir->tree.files[--maildir->tree.count];
    if (file->mailbox <
        SIM_MAILBOXES) /* another place in the order of its folder: a listing that is under way may miss it */
        maildir->version[file->mailbox]++;
    ledger_drop(maildir->world, content);
}

const struct content *
maildir_sim_bytes(const struct sim_file *file)
{
    return content_dressed(file->content, file->dress);
}

void
mua_new_base(struct maildir_sim *maildir, char base[static LOCAL_BASE_MAX + 1])
{
    text_print(base, LOCAL_BASE_MAX + 1, "15%u.M%u_%d.host%d", maildir->next_name, maildir->next_name, maildir->client,
               maildir->client);
    maildir->next_name++;
}

void
mua_set_flags(struct maildir_sim *maildir, struct sim_file *file, unsigned flags)
{
    char letters[7], plain[LOCAL_INFO_MAX + 1], info[LOCAL_INFO_MAX + 1];

    flags_to_letters(flags, letters);
    text_print(plain, sizeof plain, "c:2,%s", letters);
    /* A mail reader of a Dovecot keeps letters; another one writes the name anew from the flags that it knows. */
    (void)letters_in_info(plain, maildir->dovecot ? letters_of_info(file->info) : 0, info, sizeof info);
    if (maildir_sim_file(maildir, file->mailbox, file->base, info) != NULL)
        return;
    file->cut = file->cut || (letters_of_info(file->info) & ~letters_of_info(info)) != 0;
    maildir_sim_set_info(maildir, file, info);
}

void
mua_back_to_new(struct maildir_sim *maildir, struct sim_file *file)
{
    if (maildir_sim_file(maildir, file->mailbox, file->base, "n") != NULL)
        return;
    /* The suffix goes, with its letters, and the next one says nothing of them. */
    letters_sim_lost(maildir, file, letters_sim_keys(maildir, file->mailbox, file->info));
    maildir_sim_set_info(maildir, file, "n");
}

bool
mua_deliver(struct maildir_sim *maildir, int mailbox, int content, unsigned flags, int64_t date)
{
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];

    mua_new_base(maildir, base);
    local_info_fresh(flags, info);
    ledger_came_here(maildir->world, content, maildir->client, false);
    return maildir_sim_add(maildir, mailbox, base, info, content, date) != NULL;
}

bool
mua_move(struct maildir_sim *maildir, struct sim_file *file, int mailbox, bool new_base)
{
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];
    unsigned shown;

    text_print(base, sizeof base, "%s", file->base);
    letters_sim_carry(maildir, file, mailbox, info);
    letters_sim_lose(maildir, file, mailbox);
    if ((maildir->world->kinds & KIND_BIT(KIND_PATTERNS)) != 0 || maildir->forgotten ||
        file->put > maildir->ended ||      /* what its letters meant before, golub has not seen */
        (maildir->world->server != NULL && /* an import has none of these */
         server_multiplicity(maildir->world->server, file->mailbox, file->content) == 0))
        letters_sim_forgive(maildir, file->content, mailbox, info);
    maildir->world->ledger[file->content].key_loose |= letters_sim_keys(maildir, mailbox, info);
    if (new_base || maildir_sim_base(maildir, mailbox, base) != NULL)
        mua_new_base(maildir, base);
    if (strcmp(base, file->base) != 0)
        file->named = maildir->began + 1;
    file->put = maildir->began + 1;
    maildir_sim_touch(maildir, file->mailbox);
    ledger_carry(maildir->world, file->content, file->mailbox, mailbox);
    ledger_carry_mark(maildir->world, file->content, mailbox, local_info_flags(file->info, &shown));
    if (file->original != file->content)
        ledger_carry(maildir->world, file->original, file->mailbox, mailbox);
    tell(maildir, file);
    file->mailbox = mailbox;
    text_print(file->base, sizeof file->base, "%s", base);
    text_print(file->info, sizeof file->info, "%s", info);
    tell(maildir, file);
    maildir_sim_touch(maildir, mailbox);
    return true;
}

bool
mua_copy(struct maildir_sim *maildir, struct sim_file *file, int mailbox)
{
    char base[LOCAL_BASE_MAX + 1], info[LOCAL_INFO_MAX + 1];

    mua_new_base(maildir, base);
    letters_sim_carry(maildir, file, mailbox, info);
    /* Which of them had its letters changed since, if one of them has, nobody can tell. */
    letters_sim_forgive(maildir, file->content, mailbox, info);
    const int dress = file->dress;
    struct sim_file *copy = maildir_sim_add(maildir, mailbox, base, info, file->content, file->date);
    if (copy != NULL)
        copy->dress = dress;
    return copy != NULL;
}

void
mua_remove(struct maildir_sim *maildir, struct sim_file *file)
{
    maildir->world->ledger[file->content].taken |= 1u << file->dress;
    ledger_unkeyed(maildir->world, file->content, ~0u);
    maildir_sim_drop(maildir, file);
}

void
mua_edit(struct maildir_sim *maildir, struct sim_file *file, int content)
{
    /* The folder's time does not move when a file is written in place. */
    const int old = file->content;

    if (content > old) /* the world's messages are written in this order: no ring */
        maildir->world->ledger[old].newer = content;
    maildir->world->ledger[old].taken |= 1u << file->dress;
    ledger_unkeyed(maildir->world, old, ~0u);
    ledger_unkeyed(maildir->world, content, ~0u);
    file->content = content;
    file->dress = maildir->world->dress;
    file->strange = file->named > maildir->ended;
    file->date = maildir->world->now;
    ledger_add(maildir->world, content);
    for (int i = 0; i < SIM_MAILBOXES; i++) { /* one name for two messages: each may have what the other was given */
        ledger_forgive_flags(maildir->world, content, i);
        ledger_forgive_flags(maildir->world, old, i);
    }
    ledger_drop(maildir->world, old);
}

/* What stands under a name that golub knows with other bytes is an altered file, also if a backup brought it. */
static void
mark_altered(struct sim_file *file, const struct sim_tree *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (now->files[i].mailbox == file->mailbox && strcmp(now->files[i].base, file->base) == 0)
            file->original = now->files[i].original;
}

void
maildir_sim_restore(struct maildir_sim *maildir, const struct sim_tree *then)
{
    static struct sim_tree copy;
    struct world *world = maildir->world;

    memcpy(copy.files, then->files, then->count * sizeof copy.files[0]);
    for (size_t i = 0; i < then->count; i++)
        mark_altered(&copy.files[i], &maildir->tree);
    for (size_t i = 0; i < then->count; i++) {
        ledger_add(world, then->files[i].content);
        ledger_back(world, then->files[i].content, then->files[i].mailbox, maildir->client);
        unsigned shown; /* a mark that it had then is a mark */
        ledger_flags(world, then->files[i].content, then->files[i].mailbox, 0,
                     local_info_flags(then->files[i].info, &shown) & FLAG_DELETED, false);
    }
    for (size_t i = 0; i < maildir->tree.count; i++)
        ledger_drop(world, maildir->tree.files[i].content);
    memcpy(maildir->tree.folder, then->folder, sizeof then->folder);
    memcpy(maildir->tree.aside, then->aside, sizeof then->aside);
    for (int i = 0; i < SIM_PLACES; i++) {
        const struct sim_table now = maildir->tree.tables[i];
        struct sim_table *table = &maildir->tree.tables[i];

        *table = then->tables[i];
        table->renumbered |= now.renumbered; /* an order that is back is another one, too */
        table->freed |= now.freed;
        for (int k = 0; k <= SIM_KEYWORDS; k++)
            table->freed |= now.letter[k] != 0 && now.letter[k] != table->letter[k] ? 1u << (now.letter[k] - 1) : 0;
    }
    memcpy(maildir->tree.files, copy.files, then->count * sizeof copy.files[0]);
    maildir->tree.count = then->count;
    for (size_t i = 0; i < then->count; i++) /* whoever restores a backup sees to it that it is on the disk */
        maildir->tree.files[i].unflushed = false;
    for (size_t i = 0; i < then->count; i++)
        maildir->tree.files[i].forwarded = letters_sim_flags(maildir, copy.files[i].mailbox, copy.files[i].info) != 0;
    maildir->tree.mark = then->mark;
    maildir->tree.root = then->root;
    memset(maildir->box, 0, sizeof maildir->box);
    for (int i = 0; i < SIM_MAILBOXES; i++)
        maildir_sim_touch(maildir, i);
    ledger_forgive(world);
}

void
maildir_sim_reborn(struct maildir_sim *maildir)
{
    maildir->root_born = maildir->next_birth++;
    maildir->tree.mark.born = maildir->next_birth++;
    for (int i = 0; i < SIM_MAILBOXES; i++)
        maildir->born[i] = maildir->next_birth++;
}

void
maildir_sim_power_cut(struct maildir_sim *maildir)
{
    maildir->boots++;
    for (size_t i = maildir->tree.count; i > 0; i--) {
        struct sim_file *file = &maildir->tree.files[i - 1];
        const int mailbox = file->mailbox;
        const bool in_reach = mailbox < SIM_MAILBOXES; /* else its folder is away */
        const uint64_t changed = in_reach ? maildir->changed[mailbox] : 0;

        if (!file->unflushed)
            continue;
        maildir_sim_drop(maildir, file);
        if (in_reach)
            maildir->changed[mailbox] = changed;
    }
}
