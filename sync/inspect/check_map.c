/* See check_map.h. */
#include "sync/inspect/check_map.h"

#include "store/base/local.h"
#include "sync/base/state.h"

bool
check_map_load(struct check_map *map, const struct account *account, struct error *err)
{
    char path[4096];
    bool missing, ok;
    struct journal *journal;

    if (!state_path(account, "journal.db", path, sizeof path, err))
        return false;
    journal = journal_open_read(path, &missing, err);
    if (journal == NULL) {
        names_map_begin(&map->map, &account->policy, NULL);
        return missing;
    }
    ok = journal_get(journal, "map", &map->text, err) && journal_mailboxes(journal, &map->rows, &map->count, err);
    journal_close(journal);
    if (ok && map->text != NULL && !names_map_read(map->text, &map->entries)) {
        error_set(err, ERROR_LOCAL, "get memory");
        ok = false;
    }
    names_map_begin(&map->map, &account->policy, map->entries);
    map->before.entries = map->entries;
    for (const struct names_mapped *entry = map->entries; entry != NULL && entry->right != NULL; entry++)
        if (entry->use != 0)
            names_map_find(&map->before, entry, entry->left);
    return ok;
}

void
check_map_say(struct check_map *map, const struct account *account, struct report *report,
              const struct check_mailboxes *mailboxes)
{
    char here[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};
    size_t at;

    for (const struct names_mapped *entry = map->map.entries; entry != NULL && entry->right != NULL; entry++) {
        if (entry->use != 0 && special_is_certain(check_mailboxes_which(mailboxes, entry->use, &at)))
            names_map_find(&map->map, entry, check_mailboxes_name(mailboxes, at));
        if (names_map_left(&map->map, entry)[0] == '\0')
            report_line(
                report, account->name, "map",
                "map: special:%s is no mailbox of this server, or another entry names it; nothing has the folder %s",
                special_word(entry->use), entry->right);
        else
            report_line(report, account->name, "map", "map: %s, and what is below it, is %s here",
                        names_map_left(&map->map, entry), entry->right);
    }
    for (size_t i = 0; i < mailboxes->count; i++) {
        if (!names_map_here(&map->map, check_mailboxes_name(mailboxes, i), here, &err))
            report_line(report, account->name, "map", "%s", err.what);
    }
}

static const struct journal_mailbox *
find_row(const struct check_map *map, const char *folder)
{
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->rows[i].folder, folder) == 0)
            return &map->rows[i];
    }
    return NULL;
}

bool
check_map_name(const struct check_map *map, const struct account *account, struct report *report, const char *folder,
               char name[static LIMIT_MAILBOX_NAME + 1])
{
    const struct journal_mailbox *row = find_row(map, folder);
    char here[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};

    if (row != NULL)
        return text_print(name, LIMIT_MAILBOX_NAME + 1, "%s", row->name);
    if (!names_from_folder(folder, account->policy.layout, here, &err)) /* a sync names it */
        return false;
    if (names_map_there(&map->map, here, name, &err))
        return true;
    report_line(report, account->name, "map", "%s", err.what);
    return false;
}

/* @return false: `err` says why it has none */
static bool
find_folder(const struct check_map *map, const struct account *account, const struct journal_mailbox *row,
            char folder[static LOCAL_FOLDER_MAX + 1], bool *moves, struct error *err)
{
    char had[LIMIT_MAILBOX_NAME + 1], wants[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};

    if (!names_map_here(&map->map, row->name, wants, err) ||
        !names_to_folder(wants, account->policy.layout, folder, err))
        return false;
    *moves = (!names_map_here(&map->before, row->name, had, &ignored) || strcmp(had, wants) != 0) &&
             strcmp(folder, row->folder) != 0;
    return true;
}

/* No mailbox, but a directory above folders that golub has, and nothing else: they make way. */
static bool
is_only_above(const struct check_map *map, const struct local *local, const char *folder, bool *is, struct error *err)
{
    const char **known = calloc(map->count + 1, sizeof *known);

    if (known == NULL) {
        error_set(err, ERROR_LOCAL, "get memory");
        return false;
    }
    for (size_t i = 0; i < map->count; i++)
        known[i] = map->rows[i].folder;
    *is = local->ops->only_above(local->self, folder, known, map->count);
    free(known);
    return true;
}

static bool
is_listed(const struct check_mailboxes *mailboxes, const char *name)
{
    for (size_t i = 0; i < mailboxes->count; i++) {
        if (strcmp(check_mailboxes_name(mailboxes, i), name) == 0)
            return true;
    }
    return false;
}

/* On neither side: forgotten by the next sync. *here: its folder is */
static bool
is_over(const struct check_mailboxes *mailboxes, const struct journal_mailbox *row, const struct local *local,
        bool *here, struct error *err)
{
    *here = false;
    return local->ops->taken(local->self, row->folder, here, err) && !*here && !is_listed(mailboxes, row->name);
}

/* Something stands where the folder is to go: another one's that moves, too, or perhaps its own, which a sync tells by its files. */
static bool
may_go(const struct check_map *map, const struct account *account, const struct check_mailboxes *mailboxes,
       const struct journal_mailbox *row, const char *folder, bool here, const struct local *local, struct error *err)
{
    const struct journal_mailbox *holder = find_row(map, folder);
    char elsewhere[LOCAL_FOLDER_MAX + 1];
    bool moves = false, taken = false, above = false;

    if (holder != NULL && is_over(mailboxes, holder, local, &taken, err))
        holder = NULL;
    if (err->kind != ERROR_NONE)
        return false;
    if (holder != NULL && (!find_folder(map, account, holder, elsewhere, &moves, err) || moves))
        return moves;
    if (holder == NULL && (!local->ops->taken(local->self, folder, &taken, err) ||
                           (taken && !is_only_above(map, local, folder, &above, err))))
        return false;
    if (holder == NULL && !(taken && here && !above))
        return true;
    error_set(err, ERROR_CONFIG, "give mailbox %.120s the folder %.200s, as `map` says: a folder stands there already",
              row->name, folder);
    error_hint(err, "Its mail is in %.200s. Move one of the two, or write another `map`.", row->folder);
    return false;
}

/* *moves: a sync renames its folder to this one. One that is not here is only called otherwise; one that is on neither side is forgotten. */
static bool
judge_row(const struct check_map *map, const struct account *account, const struct check_mailboxes *mailboxes,
          const struct journal_mailbox *row, const struct local *local, char folder[static LOCAL_FOLDER_MAX + 1],
          bool *moves, struct error *err)
{
    bool here;

    *moves = false;
    if (is_over(mailboxes, row, local, &here, err))
        return true;
    if (err->kind != ERROR_NONE || !find_folder(map, account, row, folder, moves, err))
        return false;
    if (*moves && !may_go(map, account, mailboxes, row, folder, here, local, err))
        return false;
    *moves = *moves && here;
    return true;
}

/* Are the user's words those that the journal has? Then a sync that can't follow their new meanings leaves all folders where they are. */
static bool
stays(const struct check_map *map, const struct account *account)
{
    struct buffer text = buffer_new(16 * 1024 * 1024);
    struct names_map was;
    bool same;

    names_map_begin(&was, &account->policy, map->entries);
    same = names_map_write(&map->before, &text) && names_map_is_as_written(&map->map, &was, text.at);
    buffer_free(&text);
    return same;
}

bool
check_map_follow(const struct check_map *map, const struct account *account, struct report *report,
                 const struct check_mailboxes *mailboxes, const struct local *local, struct error *err)
{
    char folder[LOCAL_FOLDER_MAX + 1];
    bool moves, ok = true;

    for (size_t i = 0; ok && i < map->count; i++)
        ok = judge_row(map, account, mailboxes, &map->rows[i], local, folder, &moves, err);
    if (!ok && (err->kind != ERROR_CONFIG || !stays(map, account)))
        return false;
    if (!ok) {
        report_line(report, account->name, "map", "map: %s; until that name is free, each folder stays where it is",
                    err->what);
        *err = (struct error){0};
        return true;
    }
    for (size_t i = 0; i < map->count; i++) {
        const struct journal_mailbox *row = &map->rows[i];

        if (!judge_row(map, account, mailboxes, row, local, folder, &moves, err))
            return false;
        if (moves)
            report_line(report, account->name, "map", "map: the next sync renames the folder %s of %s to %s",
                        row->folder, row->name, folder);
    }
    return true;
}

void
check_map_free(struct check_map *map)
{
    free(map->text);
    free(map->entries);
    journal_mailboxes_free(map->rows, map->count);
    *map = (struct check_map){0};
}
