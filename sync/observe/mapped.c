/* See mapped.h. */
#include "sync/observe/mapped.h"

#include "sync/observe/survey.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

#define KEY "map"
#define NEXT                                                                                                           \
    "map-next" /* one by which some have their folders already, while what becomes of others is not known; "": none */
#define TEXT_MAX (16 * 1024 * 1024)

static void
forget_empty(char **text)
{
    if (*text == NULL || **text != '\0')
        return;
    free(*text);
    *text = NULL;
}

bool
mapped_load(struct run *run)
{
    if (!journal_get(run->journal, KEY, &run->map_text, &run->err) ||
        !journal_get(run->journal, NEXT, &run->map_next, &run->err))
        return false;
    forget_empty(&run->map_next);
    run->map_pieces = strdup(run->map_text != NULL ? run->map_text : "");
    run->map_next_pieces = strdup(run->map_next != NULL ? run->map_next : "");
    if (run->map_pieces == NULL || !names_map_read(run->map_pieces, &run->map_before) || run->map_next_pieces == NULL ||
        !names_map_read(run->map_next_pieces, &run->map_next_words))
        return run_no_memory(run);
    names_map_begin(&run->map, &run->account->policy, run->map_before);
    return true;
}

/* As the journal would keep it. NULL: no memory */
static char *
write_map(const struct run *run)
{
    struct buffer text = buffer_new(TEXT_MAX);

    if (names_map_write(&run->map, &text))
        return text.at;
    buffer_free(&text);
    return NULL;
}

bool
mapped_is_changed(const struct run *run)
{
    char *text = write_map(run);
    const bool changed = text != NULL && (strcmp(text, run->map_text != NULL ? run->map_text : "") != 0 ||
                                          (run->map_next != NULL && strcmp(text, run->map_next) != 0));

    free(text);
    return changed;
}

/* ---- what words mean ---- */

static bool
has_words(const struct run *run)
{
    for (const struct names_mapped *entry = run->map.entries; entry != NULL && entry->right != NULL; entry++) {
        if (entry->use != 0)
            return true;
    }
    return false;
}

static void
say_none(struct run *run, const struct names_mapped *entry)
{
    char text[LIMIT_MAILBOX_NAME + 160];

    (void)text_print(
        text, sizeof text,
        "`map` gives the mailbox for %s the folder %s, and it is not said which one that is; `golub check` says more",
        special_word(entry->use), entry->right);
    report_mailbox(run->report, run->account->name, NULL, "map", text);
}

static bool
resolve(struct run *run, mapped_item *item, void *context, size_t count)
{
    const struct special_named *named = run->account->policy.special;
    struct special_table table = {0};
    char name[LIMIT_MAILBOX_NAME + 1];
    unsigned attributes;
    size_t at = 0;

    for (size_t i = 0; i < count; i++)
        if (item(context, i, name, &attributes))
            special_meet(&table, named, name, attributes, i);
    for (const struct names_mapped *entry = run->map.entries; entry->right != NULL; entry++) {
        if (entry->use == 0)
            continue;
        if (special_is_certain(special_which(&table, named, entry->use, &at)) && item(context, at, name, &attributes))
            names_map_find(&run->map, entry, name);
        else if (names_map_left(&run->map, entry)[0] == '\0')
            say_none(run, entry);
    }
    return true;
}

/* ---- folders that the journal does not know ---- */

/* Before the list was there it was given the name that it would have without these words. *gone: it is no mailbox after all */
static bool
name_anew(struct run *run, struct mailbox *mailbox, bool *gone)
{
    const bool changed = mapped_is_changed(run);
    char here[LIMIT_MAILBOX_NAME + 1], name[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};

    *gone = false;
    if (!names_from_folder(mailbox->row.folder, run->account->policy.layout, here, &err))
        return true;
    if (names_map_there(&run->map, here, name, &err))
        return strcmp(name, mailbox->row.name) == 0 || survey_name(run, mailbox, name, changed, gone);
    if (!changed)
        run_problem(run, NULL, &err);
    *gone = true;
    return true;
}

static bool
name_all_anew(struct run *run)
{
    bool gone;

    for (size_t i = 0; i < run->count; i += !gone) {
        struct mailbox *mailbox = &run->mailboxes[i];

        gone = false;
        if (mailbox->row.id != 0 || mailbox->row.state != MAILBOX_NEW_LOCAL || !mailbox->folder_here)
            continue;
        if (!name_anew(run, mailbox, &gone))
            return false;
        if (gone)
            survey_drop(run, mailbox);
    }
    return true;
}

/* ---- another map than the journal's ---- */

struct mover { /* a mailbox whose folder is another one by the map */
    struct mailbox *mailbox;
    char folder[LOCAL_FOLDER_MAX + 1];
    bool own; /* it stands there already */
};

struct following {
    struct run *run;
    struct mover *movers;
    size_t count, size;
    const struct mailbox *in_the_way; /* NULL: none is, or it is a folder that golub does not know */
    bool waits;                       /* what becomes of one of them only this run finds out */
    bool kept; /* ... and that has its folder by the map that was followed in part before this one */
};

struct counting {
    struct run *run;
    int64_t mailbox;
    uint64_t known, all;
};

static bool
count_name(void *context, const char *base, const char *info)
{
    struct counting *counting = context;
    struct journal_message message;
    bool found;

    (void)info;
    if (!journal_message_by_base(counting->run->journal, counting->mailbox, base, &message, &found,
                                 &counting->run->err))
        return false;
    counting->known += found;
    counting->all++;
    return true;
}

/* Is what stands there the mailbox's own folder, which somebody renamed? Names that golub gives are nobody else's. *mail: and its mail is in it? */
static bool
is_own(struct run *run, const struct mailbox *mailbox, const char *folder, bool *own, bool *mail)
{
    const struct local_scanner scanner = {.file = count_name};
    struct counting counting = {.run = run, .mailbox = mailbox->row.id};
    struct local_stamp stamp;
    uint64_t messages;
    bool stable;

    if (!run->local.ops->scan(run->local.self, folder, &scanner, &counting, &stamp, &stable, &run->err) ||
        !journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_BASE, &messages, &run->err))
        return false;
    *mail = counting.known > 0 && counting.known >= messages - messages / 3;
    *own = messages == 0 ? counting.all == 0 : *mail;
    return true;
}

static bool
refuse(struct run *run, const struct mailbox *mailbox, const char *folder, const char *why)
{
    char from[LOCAL_FOLDER_MAX + 1], to[LOCAL_FOLDER_MAX + 1];

    error_escape(from, sizeof from, text_of(mailbox->row.folder));
    error_escape(to, sizeof to, text_of(folder));
    error_set(&run->err, ERROR_CONFIG, "give mailbox %.120s the folder %.200s, as `map` says: %s", mailbox->row.name,
              to, why);
    error_hint(&run->err,
               "Its mail is in %.150s, below %.200s; nothing was changed. Move one of the two, or write another `map`.",
               from, run->account->maildir);
    return false;
}

static struct mover *
find_mover(const struct following *following, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < following->count; i++) {
        if (following->movers[i].mailbox == mailbox)
            return &following->movers[i];
    }
    return NULL;
}

/* What stands neither here nor there is forgotten in this run, and has no folder that could be anywhere. */
static bool
is_over(const struct mailbox *mailbox)
{
    return !mailbox->folder_here && !mailbox->named_there;
}

/* It has another name on the server, or is gone from there, and this run finds out which. One that was gone before is so. */
static bool
is_on_its_way(const struct run *run, const struct mailbox *mailbox)
{
    return !mailbox->named_there && run->info.unlisted[0] == '\0' &&
           (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR);
}

/* Its folder was renamed here, and the mailbox is to follow: the map names it by what it is called then. */
static bool
is_renamed_here(const struct mailbox *mailbox)
{
    return mailbox->row.goal_there != NULL && mailbox->row.goal == NULL;
}

static void
take_words(const struct names_mapped *entries, struct names_map *map)
{
    *map = (struct names_map){.entries = entries};
    for (const struct names_mapped *entry = entries; entry->right != NULL; entry++)
        if (entry->use != 0)
            names_map_find(map, entry, entry->left);
}

/* The map by which the folders that are here were named. */
static void
take_before(const struct run *run, struct names_map *before)
{
    take_words(run->map_before, before);
}

/* Has it its folder, or is it to get it, by a map that was followed in part? Nobody renamed it then. */
static bool
is_named_by(const struct run *run, const struct names_map *next, const struct mailbox *mailbox)
{
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};

    return next->entries != NULL && names_map_here(next, mailbox->row.name, name, &ignored) &&
           names_to_folder(name, run->account->policy.layout, folder, &ignored) &&
           (strcmp(folder, mailbox->row.folder) == 0 ||
            (mailbox->row.goal != NULL && strcmp(folder, mailbox->row.goal) == 0));
}

static bool
gather(struct following *following)
{
    struct run *run = following->run;
    struct names_map before, next = {0};
    char had[LIMIT_MAILBOX_NAME + 1], wants[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0}, why = {0};

    take_before(run, &before);
    if (run->map_next != NULL)
        take_words(run->map_next_words, &next);
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.id == 0 || is_over(mailbox))
            continue;
        /* Where its server renamed the mailbox that a word means, its folder is the right one, and is not to go away and come back. */
        if (is_on_its_way(run, mailbox) || is_renamed_here(mailbox)) {
            following->waits = mailbox->waits = true;
            following->kept =
                following->kept || (is_named_by(run, &next, mailbox) && !is_named_by(run, &before, mailbox));
            continue;
        }
        if (!names_map_here(&run->map, mailbox->row.name, wants, &why) ||
            !names_to_folder(wants, run->account->policy.layout, folder, &why)) {
            following->in_the_way = mailbox;
            run->err = why;
            return false;
        }
        if ((names_map_here(&before, mailbox->row.name, had, &ignored) && strcmp(had, wants) == 0 &&
             !is_named_by(run, &next, mailbox)) ||
            (strcmp(folder, mailbox->row.folder) == 0 && mailbox->row.goal == NULL))
            continue;
        if (!array_grow(&following->movers, &following->size, following->count + 1, sizeof *following->movers))
            return run_no_memory(run);
        following->movers[following->count].mailbox = mailbox;
        following->movers[following->count].own = false;
        memcpy(following->movers[following->count++].folder, folder, sizeof folder);
    }
    return true;
}

bool
mapped_is_only_above(struct run *run, const char *folder, bool *is)
{
    const char **known = calloc(run->count + 1, sizeof *known);
    size_t count = 0;

    if (known == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++) {
        if (run->mailboxes[i].row.id != 0 && run->mailboxes[i].folder_here)
            known[count++] = run->mailboxes[i].row.folder;
    }
    *is = run->local.ops->only_above(run->local.self, folder, known, count);
    free(known);
    return true;
}

static bool
look(struct following *following, struct mover *mover)
{
    struct run *run = following->run;
    const struct mailbox *holder = lookup_folder(run, mover->folder);
    bool taken, own, mail = false;

    mover->own = holder == mover->mailbox; /* another map was to take it elsewhere, and did not come so far */
    if (mover->own)
        return true;
    if (holder != NULL && holder->row.id != 0 && find_mover(following, holder) != NULL) {
        /* Two folders that somebody exchanged by hand: exchanged once more, each message would seem to be moved. */
        if (mover->mailbox->folder_here && holder->folder_here &&
            !is_own(run, mover->mailbox, mover->folder, &own, &mail))
            return false;
        return !mail || refuse(run, mover->mailbox, mover->folder,
                               "its mail is there already; put the folders back, and golub renames them");
    }
    if (holder != NULL && holder->row.id != 0) {
        following->in_the_way = holder;
        return refuse(run, mover->mailbox, mover->folder, "that is another mailbox's");
    }
    if (!run->local.ops->taken(run->local.self, mover->folder, &taken, &run->err))
        return false;
    if (!taken)
        return true;
    if (!mapped_is_only_above(run, mover->folder, &taken)) /* they make way, and come back (apply/rename_here.c) */
        return false;
    if (taken)
        return true;
    if (!mover->mailbox->folder_here && !is_own(run, mover->mailbox, mover->folder, &mover->own, &mail))
        return false;
    return mover->own ||
           refuse(run, mover->mailbox, mover->folder, "a folder stands there already, and it is not the mailbox's own");
}

/* Its own folder is where it is to be; any other goes there (apply/rename_here.h). */
static bool
aim(struct run *run, struct mover *mover)
{
    struct mailbox *mailbox = mover->mailbox;
    char *folder = strdup(mover->folder), text[2 * LOCAL_FOLDER_MAX + 80];

    if (folder == NULL)
        return run_no_memory(run);
    (void)text_print(text, sizeof text, "its folder is %s now, as `map` says; it was %s", folder, mailbox->row.folder);
    if (strcmp(folder, mailbox->row.folder) != 0)
        report_mailbox(run->report, run->account->name, run_called(mailbox), "mapped", text);
    free(mailbox->row.goal);
    mailbox->row.goal = NULL;
    if (mover->own) {
        mailbox->folder_here = mailbox->folder_here || strcmp(folder, mailbox->row.folder) != 0;
        free(mailbox->row.folder);
        mailbox->row.folder = folder;
    } else {
        mailbox->row.goal = folder;
        free(mailbox->had_name); /* it has the name that it had, so that no more is said of it */
        mailbox->had_name = strdup(mailbox->row.name);
    }
    return journal_mailbox_save(run->journal, &mailbox->row, &run->err);
}

static bool
look_at_all(struct following *following)
{
    bool ok = true;

    for (size_t i = 0; ok && i < following->count; i++)
        ok = look(following, &following->movers[i]);
    return ok;
}

/* Inside a transaction. */
static bool
keep_map(struct run *run, const char *key, const char *text)
{
    const bool next = strcmp(key, NEXT) == 0;

    if (next && run->map_next != NULL && strcmp(run->map_next, text) == 0)
        return true;
    if (!next && run->map_next != NULL && !journal_set(run->journal, NEXT, "", &run->err))
        return false;
    free(run->map_next);
    run->map_next = next ? strdup(text) : NULL;
    return ((run->map_next != NULL) == next || run_no_memory(run)) && journal_set(run->journal, key, text, &run->err);
}

/* In one transaction: a map that is followed by half would be another one. */
static bool
aim_all(struct following *following, const char *text)
{
    struct run *run = following->run;
    bool ok = true;

    for (size_t i = 0; ok && i < following->count; i++)
        ok = aim(run, &following->movers[i]);
    lookup_forget(run);
    return ok && keep_map(run, following->waits ? NEXT : KEY, text);
}

static bool
follow(struct following *following)
{
    struct run *run = following->run;
    char *text = write_map(run);
    bool ok = text != NULL || run_no_memory(run);

    ok = ok && look_at_all(following) && (following->count != 0 ? situation_begin(run) : run_begin(run)) &&
         run_end(run, aim_all(following, text));
    if (ok && !following->waits) {
        free(run->map_text);
        run->map_text = text;
        text = NULL;
    }
    free(text);
    return ok && (following->count == 0 || run->move_folders(run));
}

static bool
is_to_follow(const struct run *run)
{
    return !run->no_root && run->move_folders != NULL && mapped_is_changed(run);
}

/* ---- once the list is there ---- */

static void
note_named(struct run *run, mapped_item *item, void *context, size_t count)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    unsigned attributes;

    for (size_t i = 0; i < run->count; i++)
        run->mailboxes[i].named_there = run->mailboxes[i].waits = false;
    for (size_t i = 0; i < count; i++) {
        struct mailbox *mailbox = item(context, i, name, &attributes) ? lookup_name(run, name) : NULL;

        if (mailbox != NULL)
            mailbox->named_there = true;
    }
}

/* What is in the way is so no more when this run is over, and the next one follows the map. */
static bool
is_settled_by_this_run(const struct run *run, const struct mailbox *mailbox)
{
    return mailbox != NULL && ((is_over(mailbox) && run->info.unlisted[0] == '\0') || is_on_its_way(run, mailbox));
}

/* Each folder stays where it is, by the words that the journal has. */
static void
stay(struct run *run)
{
    take_before(run, &run->map);
    free(run->map_next);
    run->map_next = NULL; /* in this run */
}

static void
say_stay(struct run *run, struct error *why)
{
    why->kind = ERROR_SERVER;
    error_hint(why, "The server has another mailbox for a `special:` of `map` now; until that name is free, each "
                    "folder stays where it is. Rename one of the two mailboxes, or write their names.");
    run_problem(run, NULL, why);
}

/* What waits has its folder by a map that was followed in part: that one is followed to its end, and another one by the next run. @return false: it is that one */
static bool
end_next_first(const struct following *following)
{
    struct run *run = following->run;
    char *text = following->kept ? write_map(run) : NULL;
    const bool other = text != NULL && strcmp(text, run->map_next) != 0;

    if (other)
        take_words(run->map_next_words, &run->map);
    free(text);
    return other;
}

/* That a server calls another mailbox its \Sent is no mistake of the user's. What is in the way of his own words mapped_follow says. */
static bool
stay_if_in_the_way(struct run *run)
{
    struct following following = {.run = run};
    struct error why;
    struct names_map was;
    bool ok;

    if (!is_to_follow(run))
        return true;
    ok = gather(&following) && (end_next_first(&following) || look_at_all(&following));
    free(following.movers);
    if (ok || run->err.kind != ERROR_CONFIG)
        return ok;
    why = run->err;
    names_map_begin(&was, &run->account->policy, run->map_before);
    if (is_settled_by_this_run(run, following.in_the_way)) {
        stay(run);
    } else if (names_map_is_as_written(&run->map, &was, run->map_text)) {
        stay(run);
        say_stay(run, &why);
    }
    run->err = (struct error){0};
    return true;
}

bool
mapped_resolve(struct run *run, mapped_item *item, void *context, size_t count)
{
    const bool words = has_words(run);

    note_named(run, item, context, count);
    return (!words || resolve(run, item, context, count)) && stay_if_in_the_way(run) && (!words || name_all_anew(run));
}

bool
mapped_follow(struct run *run)
{
    struct following following = {.run = run};
    bool ok;

    if (!is_to_follow(run))
        return true;
    ok = gather(&following) && follow(&following);
    free(following.movers);
    return ok;
}

bool
mapped_settle(struct run *run)
{
    bool any = false, gone = false, ok;
    char *text;

    for (size_t i = 0; i < run->count; i++) {
        any = any || run->mailboxes[i].waits;
        gone = gone || (run->mailboxes[i].waits && !run->mailboxes[i].listed);
        run->mailboxes[i].waits = false;
    }
    if (!any || gone || !is_to_follow(run))
        return true;
    text = write_map(run);
    ok = (text != NULL || run_no_memory(run)) && run_begin(run) && run_end(run, keep_map(run, KEY, text));
    free(run->map_text);
    run->map_text = text;
    return ok;
}
