/*
 * Which mailbox of the journal is which one of the server's list. The whole list is taken first and put into an order of its own, so
 * that no name depends on the order in which a server lists:
 *
 *   0. what the server says that it is, under another name than the row has: it was renamed (renamed.h)
 *   1. the same bytes; where the connection spells names in another way than when the row was written (UTF8=ACCEPT came or went), the
 *      bytes that the name has in the row's spelling
 *   2. the same name once separator and prefix of the namespace are cut, and not listed under its own bytes: the provider changed one
 *      of the two. Names without the prefix choose before those that have it: where both exist the latter keep it. What was spelled
 *      aside (3) chooses before all: nothing else has that name
 *   3. else it is new. A name that is in use is not given again, nor taken from the one that has it: what comes second keeps its
 *      prefix, or is spelled aside (names_aside)
 */
#include "sync/observe/mapped.h"
#include "sync/observe/moved_folders.h"
#include "sync/observe/observe.h"
#include "sync/observe/passing.h"
#include "sync/observe/renamed.h"
#include "sync/observe/renamed_mail.h"
#include "sync/observe/survey.h"
#include "sync/observe/survey_ask.h"
#include "sync/observe/took_name.h"
#include "sync/observe/undecided.h"
#include "sync/observe/wishes.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/shapes.h"
#include "sync/run/uses.h"

struct listed {
    struct remote_listed seen; /* its texts are in one allocation, `bytes` */
    char *bytes;
    bool taken, cut; /* cut: it has a prefix to be cut */
    bool passing;    /* passing.h: it counts as not there */
};

struct list {
    struct run *run;
    bool inbox; /* was named */
    struct listed *items;
    struct listed **others; /* by their bytes in the other spelling; NULL: not made yet */
    size_t count, size;
    struct listed *parents; /* names that are no mailboxes, and stand above some */
    size_t parents_count, parents_size;
};

static int
compare_hashes(const void *pa, const void *pb)
{
    const uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

    return a < b ? -1 : a > b;
}

static void
copy_text(char **at, struct text *text)
{
    if (text->at == NULL)
        return;
    memcpy(*at, text->at, text->len);
    text->at = *at;
    *at += text->len;
}

/* @return its copy; NULL: out of memory */
static struct listed *
keep(struct run *run, struct listed **items, size_t *count, size_t *size, const struct remote_listed *seen)
{
    struct listed *item;
    char *at;

    if (!array_grow(items, size, *count + 1, sizeof **items))
        goto no_memory;
    item = &(*items)[*count];
    *item = (struct listed){.seen = *seen, .bytes = malloc(seen->name.len + seen->utf8.len + seen->other.len + 1)};
    if (item->bytes == NULL)
        goto no_memory;
    (*count)++;
    at = item->bytes;
    copy_text(&at, &item->seen.name);
    copy_text(&at, &item->seen.utf8);
    copy_text(&at, &item->seen.other);
    return item;
no_memory:
    (void)run_no_memory(run);
    return NULL;
}

static bool
collect(void *context, const struct remote_listed *seen)
{
    struct list *list = context;
    struct run *run = list->run;

    list->inbox |= text_is_nocase(seen->name, "INBOX");
    if ((seen->attributes & REMOTE_NOSELECT) != 0)
        return keep(run, &list->parents, &list->parents_count, &list->parents_size, seen) != NULL;
    if (aside_is_deleted(seen))
        return true;
    if (keep(run, &list->items, &list->count, &list->size, seen) == NULL)
        return false;
    if (!array_grow(&run->listed, &run->listed_size, run->listed_count + 1, sizeof *run->listed))
        return run_no_memory(run);
    run->listed[run->listed_count++] = text_hash(seen->name);
    return true;
}

static int
compare_listed(const void *pa, const void *pb)
{
    return text_order(((const struct listed *)pa)->seen.name, ((const struct listed *)pb)->seen.name);
}

static struct text
other_of(const struct listed *item)
{
    return item->seen.other.at != NULL ? item->seen.other : item->seen.name;
}

static int
compare_others(const void *pa, const void *pb)
{
    const struct listed *a = *(struct listed *const *)pa, *b = *(struct listed *const *)pb;

    return text_order(other_of(a), other_of(b));
}

/* Was the name in the row spelled as on this connection (UTF-8 or modified UTF-7), or in the other way? */
static struct listed *
find_bytes(struct list *list, const struct mailbox *mailbox)
{
    struct text wire = text_of(mailbox->row.wire);
    struct listed key = {.seen.name = wire}, *at, **found;

    if (mailbox->row.utf8 == list->run->info.utf8)
        return list->count == 0 ? NULL : bsearch(&key, list->items, list->count, sizeof key, compare_listed);
    at = &key;
    found =
        list->others == NULL ? NULL : bsearch(&at, list->others, list->count, sizeof(struct listed *), compare_others);
    while (found != NULL && found > list->others && compare_others(&found[-1], &at) == 0)
        found--; /* of several it is the first one, whatever way the search came */
    return found != NULL ? *found : NULL;
}

static int
compare_other_places(const void *pa, const void *pb)
{
    const struct listed *a = *(struct listed *const *)pa, *b = *(struct listed *const *)pb;
    int order = compare_others(pa, pb);

    return order != 0 ? order : a < b ? -1 : a > b;
}

/* Once the list is in its order. */
static bool
sort_others(struct list *list)
{
    list->others = malloc((list->count + 1) * sizeof(struct listed *));
    if (list->others == NULL)
        return run_no_memory(list->run);
    for (size_t i = 0; i < list->count; i++)
        list->others[i] = &list->items[i];
    qsort(list->others, list->count, sizeof(struct listed *), compare_other_places);
    return true;
}

static bool
take(struct list *list, struct listed *item, struct mailbox *mailbox)
{
    const struct remote_listed *seen = &item->seen;

    if (mailbox->row.wire == NULL || !text_is(seen->name, mailbox->row.wire)) {
        char *wire = strndup(seen->name.at, seen->name.len);

        if (wire == NULL)
            return run_no_memory(list->run);
        free(mailbox->row.wire);
        mailbox->row.wire = wire;
        mailbox->spelled = true;
    }
    if (mailbox->row.utf8 != list->run->info.utf8 || mailbox->row.separator != seen->separator ||
        mailbox->row.attributes != seen->attributes)
        mailbox->spelled = true;
    if (seen->objectid[0] != '\0' && strcmp(mailbox->row.objectid, seen->objectid) != 0) {
        memcpy(mailbox->row.objectid, seen->objectid, sizeof mailbox->row.objectid);
        mailbox->spelled = true;
    }
    item->taken = mailbox->listed = true;
    mailbox->has_status = seen->has_status;
    mailbox->messages = seen->messages;
    mailbox->uidnext = seen->uidnext;
    mailbox->uidvalidity = seen->uidvalidity;
    mailbox->told_uidvalidity = seen->has_status && seen->objectid[0] != '\0' ? seen->uidvalidity : 0;
    mailbox->modseq = seen->modseq;
    mailbox->row.utf8 = list->run->info.utf8;
    mailbox->row.separator = seen->separator;
    mailbox->row.attributes = seen->attributes;
    return true;
}

/*
 * Of what the server said before which mailbox it is, this list says nothing (a line broke, and it was asked with less), and its name has other numbers:
 * perhaps it is another one's now. One that was gone under that name was so because a list said that it is another one's.
 */
static bool
is_unsaid(struct run *run, const struct mailbox *mailbox, const struct remote_listed *seen)
{
    if (run->info.avoided[0] == '\0' || mailbox->row.objectid[0] == '\0' || seen->objectid[0] != '\0')
        return false;
    return mailbox->row.state == MAILBOX_GONE_REMOTE ||
           (seen->has_status && mailbox->row.uidvalidity != 0 && seen->uidvalidity != mailbox->row.uidvalidity &&
            undecided_is_waited_for(run, mailbox));
}

static bool
match_bytes(struct list *list)
{
    for (size_t i = 0; i < list->run->count; i++) {
        struct mailbox *mailbox = &list->run->mailboxes[i];
        struct listed *item =
            mailbox->row.wire != NULL && !mailbox->listed && !mailbox->undecided && !mailbox->elsewhere
                ? find_bytes(list, mailbox)
                : NULL;

        if (item != NULL && !item->taken && is_unsaid(list->run, mailbox, &item->seen))
            item->taken = mailbox->undecided = true;
        else if (item != NULL && !item->taken && !take(list, item, mailbox))
            return false;
    }
    return true;
}

/* Those that were renamed there, whatever their names; then all others that have their old ones; then the new names, and what they make way for. */
static bool
match_known(struct list *list)
{
    struct renamed_item *items = calloc(list->count + 1, sizeof *items);
    bool ok = items != NULL || run_no_memory(list->run);

    for (size_t i = 0; ok && i < list->count; i++)
        items[i].seen = &list->items[i].seen;
    ok = ok && took_name_find(list->run, items, list->count) && renamed_find(list->run, items, list->count) &&
         renamed_mail_find(list->run, items, list->count) && passing_find(list->run, items, list->count) &&
         took_name_part(list->run, items, list->count);
    for (size_t i = 0; ok && i < list->count; i++) {
        list->items[i].taken = items[i].waits;
        list->items[i].passing = items[i].passing;
        ok = items[i].row == NULL || take(list, &list->items[i], items[i].row);
    }
    ok = ok && took_name_leave(list->run, items, list->count) && match_bytes(list) &&
         wishes_settle(list->run, items, list->count) && renamed_settle(list->run, items, list->count);
    free(items);
    return ok;
}

/* The name for people, without the prefix or with it. @return false: it is no name; said */
static bool
name_of(struct list *list, const struct listed *item, bool uncut, char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct run *run = list->run;
    struct error err = {0};
    struct text utf8 = item->seen.utf8.at != NULL ? item->seen.utf8 : item->seen.name;
    const char *prefix = uncut || (item->seen.attributes & REMOTE_SHARED) != 0 ? "" : run->info.prefix;

    if (names_from_server(utf8, item->seen.separator, prefix, name, &err))
        return true;
    run_problem(run, NULL, &err);
    return false;
}

static bool
add_new(struct list *list, struct listed *item, const char *name)
{
    struct run *run = list->run;
    struct error err = {0};
    char folder[LOCAL_FOLDER_MAX + 1];
    struct mailbox *holder, *mailbox;

    if (!names_map_folder(&run->map, name, run->account->policy.layout, folder, &err)) {
        run_problem(run, NULL, &err);
        return true;
    }
    if (undecided_may_be(run, &item->seen, name, false))
        return true;
    holder = lookup_folder(run, folder);
    if (holder != NULL && (!run->dry || holder->row.goal == NULL)) {
        holder->goal_taken = holder->row.goal_there != NULL && strcmp(holder->row.goal_there, name) == 0;
        if (!run->account->policy.pull.mailboxes)
            return true;
        error_set(&err, ERROR_LOCAL, "make a folder for mailbox %s", name);
        error_answer(&err, text_of("the folder of that name is another mailbox's"));
        error_hint(
            &err,
            holder->row.goal_there != NULL
                ? "It is that of mailbox %s, renamed here: rename that folder to another name."
                : "It is that of mailbox %s, which has another name on the server now and can't get it here: the "
                  "line about that one says why.",
            holder->row.name);
        run_problem(run, holder, &err);
        return true;
    }
    if (holder != NULL) /* a dry run does not take it away */
        (void)text_print(folder, sizeof folder, "/%zu", run->count);
    mailbox = survey_add(run, name, folder, MAILBOX_NEW_REMOTE);
    return mailbox != NULL && take(list, item, mailbox);
}

static bool
aside_of(const struct listed *item, char name[static LIMIT_MAILBOX_NAME + 1])
{
    char whole[LIMIT_MAILBOX_NAME + 1];
    struct error ignored = {0};
    struct text utf8 = item->seen.utf8.at != NULL ? item->seen.utf8 : item->seen.name;

    return names_from_server(utf8, item->seen.separator, "", whole, &ignored) && names_aside(whole, name);
}

static bool
say_one_name(struct run *run, const struct mailbox *same, const struct listed *item, const char *name, bool waits)
{
    struct error err = {0};
    char other[100];

    error_set(&err, ERROR_SERVER, "give mailbox %s a name here", name);
    error_answer(&err, item->seen.name);
    error_escape(other, sizeof other, text_of(same->row.wire != NULL ? same->row.wire : same->row.name));
    if (waits)
        error_hint(&err,
                   "It is still another mailbox's name here, which can't get its own new one: the line about that "
                   "one says why.");
    else
        error_hint(&err, "Two mailboxes of the server have one name here, this one and %s: rename one of them there.",
                   other);
    run_problem(run, same, &err);
    return true;
}

static bool
say_elsewhere(struct run *run, const struct mailbox *holder)
{
    struct error err = {0};
    char answer[200];

    if (!run->account->policy.pull.mailboxes || !holder->folder_here) /* its row goes: then it is free */
        return true;
    (void)text_print(answer, sizeof answer,
                     "the folder of that name is another mailbox's, which is called \"%s\" there now", holder->perhaps);
    error_set(&err, ERROR_LOCAL, "make a folder for mailbox %s", holder->row.name);
    error_answer(&err, text_of(answer));
    error_hint(
        &err,
        "Let mailbox %s in, where `mailboxes` leaves it out: that folder follows it. Else rename that folder, or "
        "remove it.",
        holder->perhaps);
    run_problem(run, holder, &err);
    return true;
}

static bool
match_name(struct list *list, struct listed *item)
{
    struct run *run = list->run;
    char name[LIMIT_MAILBOX_NAME + 1], aside[LIMIT_MAILBOX_NAME + 1];
    struct mailbox *same = NULL;

    for (int uncut = 0; uncut < (item->cut ? 2 : 1); uncut++) {
        if (!name_of(list, item, uncut != 0, name))
            return true;
        same = lookup_name(run, name);
        if (same == NULL)
            return add_new(list, item, name);
        if (same->undecided) /* its old name is another one's now, perhaps */
            return true;
        if (same->elsewhere)
            return say_elsewhere(run, same);
        if (!same->listed)
            return take(list, item, same);
        if (same->name_waits) /* it was renamed there: its old name becomes free once it can have the new one here */
            return !run->account->policy.pull.mailboxes || say_one_name(run, same, item, name, true);
    }
    if (run->info.prefix[0] != '\0' && aside_of(item, aside) && lookup_name(run, aside) == NULL)
        return add_new(list, item, aside);
    return say_one_name(run, same, item, name, false);
}

/* Does it begin with the prefix? */
static bool
has_prefix(const struct list *list, const struct listed *item)
{
    char name[LIMIT_MAILBOX_NAME + 1], whole[LIMIT_MAILBOX_NAME + 1];
    struct error err = {0};
    struct text utf8 = item->seen.utf8.at != NULL ? item->seen.utf8 : item->seen.name;

    if ((item->seen.attributes & REMOTE_SHARED) != 0 || list->run->info.prefix[0] == '\0' ||
        !names_from_server(utf8, item->seen.separator, list->run->info.prefix, name, &err) ||
        !names_from_server(utf8, item->seen.separator, "", whole, &err))
        return false;
    return strcmp(name, whole) != 0;
}

static bool
match_aside(struct list *list, struct listed *item)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    struct mailbox *same = aside_of(item, name) ? lookup_name(list->run, name) : NULL;

    return same == NULL || same->listed || same->undecided || same->elsewhere || take(list, item, same);
}

static bool
match_names(struct list *list)
{
    char name[LIMIT_MAILBOX_NAME + 1];
    bool ok = true;

    for (size_t i = 0; ok && i < list->count; i++)
        ok = list->items[i].taken || match_aside(list, &list->items[i]);
    for (size_t i = 0; i < list->count; i++)
        list->items[i].cut = !list->items[i].taken && has_prefix(list, &list->items[i]);
    for (size_t i = 0; ok && i < list->count; i++)
        if (!list->items[i].taken && items_name(list->run, &list->items[i].seen, false, name))
            (void)undecided_may_be(list->run, &list->items[i].seen, name, true);
    for (int cut = 0; cut < 2; cut++)
        for (size_t i = 0; ok && i < list->count; i++)
            if (!list->items[i].taken && list->items[i].cut == (cut != 0))
                ok = match_name(list, &list->items[i]);
    return ok;
}

/* CORRECTNESS: absent is what a list that is believed does not name. */
static bool
check_list(struct list *list)
{
    struct list_sight sight = {
        .inbox = list->inbox, .any = list->count > 0, .cut = list->run->info.unlisted[0] != '\0'};

    for (size_t i = 0; !list->inbox && i < list->run->count; i++) {
        const struct mailbox *mailbox = &list->run->mailboxes[i];

        if (mailbox->row.wire == NULL || mailbox->row.state == MAILBOX_NEW_LOCAL)
            continue;
        sight.known = true;
        sight.had_inbox = sight.had_inbox || text_is_nocase(text_of(mailbox->row.wire), "INBOX");
        sight.again = sight.again || find_bytes(list, mailbox) != NULL;
    }
    if (mailbox_list_is_believed(&sight))
        return true;
    error_set(&list->run->err, ERROR_SERVER, "list the mailboxes: %s, so it is not believed",
              sight.had_inbox ? "the server's list has no INBOX"
              : sight.known   ? "the server's list has neither INBOX nor any mailbox that is known"
                              : "the server's list is empty");
    return false;
}

/* mapped_item */
static bool
item_of(void *context, size_t index, char name[static LIMIT_MAILBOX_NAME + 1], unsigned *attributes)
{
    const struct list *list = context;
    const struct remote_listed *seen = &list->items[index].seen;
    struct error ignored = {0};

    *attributes = seen->attributes;
    return names_from_server(seen->utf8.at != NULL ? seen->utf8 : seen->name, seen->separator,
                             (seen->attributes & REMOTE_SHARED) != 0 ? "" : list->run->info.prefix, name, &ignored);
}

/* What each would be called in another program's tree: for a tree that is met for the first time. */
static bool
note_shapes(struct list *list)
{
    struct run *run = list->run;
    bool ok = true;

    if (!run->first || run->no_root || !shapes_concern(run->account))
        return true;
    shapes_free(run->shapes);
    run->shapes = shapes_new();
    for (size_t i = 0; run->shapes != NULL && ok && i < list->count; i++)
        ok = shapes_add(run->shapes, run->account, &list->items[i].seen, run->info.prefix);
    return (run->shapes != NULL && ok) || run_no_memory(run);
}

static bool
take_over(struct list *list)
{
    const bool any = survey_may_take_over(list->run);
    bool ok = true;

    for (size_t i = 0; any && ok && i < list->count; i++)
        ok = survey_take_over(list->run, &list->items[i].seen);
    return ok && (!any || survey_read_names(list->run));
}

/* As people would call them. */
static bool
note_parents(struct list *list)
{
    struct run *run = list->run;
    char name[LIMIT_MAILBOX_NAME + 1];

    run->parents_count = 0;
    for (size_t i = 0; i < list->parents_count; i++) {
        if (!items_name(run, &list->parents[i].seen, false, name))
            continue;
        if (!array_grow(&run->parents, &run->parents_size, run->parents_count + 1, sizeof *run->parents))
            return run_no_memory(run);
        run->parents[run->parents_count++] = text_hash(text_of(name));
    }
    return true;
}

/* Those that are no row's: under a name that another one keeps here, or that may be a row's new one. */
static bool
note_strangers(struct list *list)
{
    struct run *run = list->run;

    for (size_t i = 0; i < list->count; i++) {
        const struct remote_listed *seen = &list->items[i].seen;
        const struct mailbox *mailbox = lookup_listed(run, seen->name);

        if (!seen->has_status || (mailbox != NULL && !mailbox->undecided && (mailbox->listed || !mailbox->elsewhere)))
            continue;
        if (!array_grow(&run->strangers, &run->strangers_size, run->strangers_count + 1, sizeof *run->strangers))
            return run_no_memory(run);
        run->strangers[run->strangers_count++] = seen->uidvalidity;
    }
    return true;
}

bool
survey_list(struct run *run)
{
    struct list list = {.run = run};
    bool ok;

    run->listed_count = run->strangers_count = 0; /* of a list that broke off */
    undecided_forget(run);
    ok = survey_ask(run, collect, &list);

    run->remote.ops->info(run->remote.self, &run->info); /* the prefix of the namespace comes in the turn of the list */
    if (ok && (run->info.has_quota || !run->info.tells_quota))
        report_quota(run->report, run->account->name, &run->info.quota);
    if (ok && list.count > 1)
        qsort(list.items, list.count, sizeof *list.items, compare_listed);
    if (run->listed_count > 1)
        qsort(run->listed, run->listed_count, sizeof *run->listed, compare_hashes);
    ok = ok && sort_others(&list) && check_list(&list) && note_parents(&list) && note_shapes(&list) &&
         mapped_resolve(run, item_of, &list, list.count) && moved_folders_map(run) && mapped_follow(run) &&
         match_known(&list) && match_names(&list) && mapped_settle(run);
    for (size_t i = 0; ok && i < list.count; i++)
        if (list.items[i].passing)
            passing_keep(run, &list.items[i].seen);
    ok = ok && undecided_leave(run) && take_over(&list) && note_strangers(&list);
    for (size_t i = 0; i < list.count; i++)
        free(list.items[i].bytes);
    for (size_t i = 0; i < list.parents_count; i++)
        free(list.parents[i].bytes);
    free(list.items);
    free(list.parents);
    free(list.others);
    return ok;
}

bool
survey_is_grown(struct run *run, const struct remote_listed *seen, char name[static LIMIT_MAILBOX_NAME + 1])
{
    const char *prefix = (seen->attributes & REMOTE_SHARED) != 0 ? "" : run->info.prefix;
    uint64_t hash = text_hash(seen->name);
    struct error ignored = {0};

    if (run->listed_count != 0 &&
        bsearch(&hash, run->listed, run->listed_count, sizeof *run->listed, compare_hashes) != NULL)
        return false;
    return names_from_server(seen->utf8.at != NULL ? seen->utf8 : seen->name, seen->separator, prefix, name,
                             &ignored) &&
           uses_choose(run, name, seen->attributes);
}
