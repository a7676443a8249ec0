/* See renamed.h. */
#include "sync/observe/renamed.h"

#include "sync/observe/followed.h"
#include "sync/observe/mapped.h"
#include "sync/observe/undecided.h"
#include "sync/observe/way.h"

#include "sync/rows/renaming.h"
#include "sync/rows/unfinished.h"
#include "sync/run/lookup.h"
#include "sync/run/uses.h"

#define TWICE "renamed-and-new"

bool
renamed_see_folders(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        bool taken, above = false;

        if (mailbox->row.goal == NULL || mailbox->folder_here)
            continue;
        if (!run->local.ops->taken(run->local.self, mailbox->row.folder, &taken, &run->err) ||
            (taken && !mapped_is_only_above(run, mailbox->row.folder, &above))) /* of other folders than this one */
            return false;
        mailbox->folder_here = taken && !above;
    }
    return true;
}

/* ---- which ---- */

struct known { /* an identity, and who has it: a row, or one of the list */
    const char *objectid;
    struct mailbox *row;
    struct renamed_item *item;
};

static int
compare_known(const void *pa, const void *pb)
{
    return strcmp(((const struct known *)pa)->objectid, ((const struct known *)pb)->objectid);
}

bool
renamed_name(const struct run *run, const struct remote_listed *seen, bool uncut,
             char name[static LIMIT_MAILBOX_NAME + 1])
{
    struct error ignored = {0};

    return names_from_server(seen->utf8.at != NULL ? seen->utf8 : seen->name, seen->separator,
                             uncut || (seen->attributes & REMOTE_SHARED) != 0 ? "" : run->info.prefix, name, &ignored);
}

/* Has it the name, in one of the ways in which a name of the server is spelled here? */
static bool
is_called_so(const struct run *run, const struct remote_listed *seen, const char *row)
{
    char name[LIMIT_MAILBOX_NAME + 1], aside[LIMIT_MAILBOX_NAME + 1];

    if (renamed_name(run, seen, false, name) && strcmp(name, row) == 0)
        return true;
    return renamed_name(run, seen, true, name) &&
           (strcmp(name, row) == 0 || (names_aside(name, aside) && strcmp(aside, row) == 0));
}

/* The one of the list that has the row's old name, if any. */
static const struct renamed_item *
find_namesake(const struct renamed_item *items, size_t count, const struct mailbox *row)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(items[i].seen->name, row->row.wire))
            return &items[i];
    return NULL;
}

/*
 * A server that numbers its mailboxes in the order of its list would seem to rename them all when one more is made. Where the old name is still
 * there, the new one must be what the row was in numbers, too; or what has the old name must be another row, and fit that one.
 */
static bool
is_believed(const struct renamed_item *item, const struct renamed_item *namesake, const struct mailbox *row)
{
    if (namesake == NULL || namesake == item || undecided_fits(item->seen, row))
        return true;
    return namesake->row != NULL && namesake->row != row && undecided_fits(namesake->seen, namesake->row);
}

/*
 * Its folder is gone, and the new name has one: what is in that is compared, as at a first meeting. Not where it is that of another mailbox on the
 * server, which has another name there.
 */
static bool
is_met_anew(struct run *run, const struct mailbox *row, const char *folder)
{
    const struct mailbox *other = lookup_folder(run, folder);

    return !row->folder_here && other != NULL && other != row && other->folder_here &&
           (other->row.id == 0 || other->row.state == MAILBOX_GONE_REMOTE);
}

bool
renamed_may_be(struct run *run, const struct renamed_item *item, const struct mailbox *row, bool *anew)
{
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error ignored = {0};

    *anew = false;
    if (row->row.wire == NULL || renamed_is_inbox(item->seen->name) || renamed_is_inbox(text_of(row->row.wire)) ||
        is_called_so(run, item->seen, row->row.name) || !renamed_name(run, item->seen, false, name) ||
        !uses_choose(run, name, item->seen->attributes) ||
        !names_map_folder(&run->map, name, run->account->policy.layout, folder, &ignored))
        return false;
    *anew = is_met_anew(run, row, folder);
    return !*anew;
}

/* It is known under this name, and is that mailbox: it was in sync with it, whatever the server said then of what it is. */
static bool
is_known_so(const struct mailbox *other, const struct renamed_item *item)
{
    return other->row.id != 0 && other->folder_here &&
           (other->row.state == MAILBOX_ACTIVE || other->row.state == MAILBOX_REPAIR) &&
           other->row.objectid[0] == '\0' && other->row.uidvalidity != 0 &&
           other->row.uidvalidity == item->seen->uidvalidity;
}

/* Two folders of one mailbox: it was renamed, and a run that could not know it fetched it anew. Nothing in either counts as removed. */
static bool
say_twice(struct run *run, struct mailbox *old, const struct mailbox *now)
{
    char why[2 * LIMIT_MAILBOX_NAME + 200];
    struct journal_pending known;
    bool found;

    if (run->move_folders == NULL || run->dry || old->row.state != MAILBOX_GONE_REMOTE || !old->folder_here)
        return true;
    (void)text_print(
        why, sizeof why,
        "the server calls it \"%s\" now, which is here as well: remove this folder once you miss nothing there",
        now->row.name);
    if (!journal_pending_get(run->journal, old->row.id, 0, &known, &found, &run->err))
        return false;
    if (!found || strcmp(known.why, why) != 0)
        report_mailbox(run->report, run->account->name, old->row.name, "twice", why);
    return run_begin(run) && run_end(run, run_pending(run, old, 0, PENDING_MAILBOX, TWICE, why, NULL));
}

/* Of several rows the one that is not gone there. @return NULL: there is none, or it has that name already */
static struct mailbox *
choose_row(struct run *run, const struct known *all, size_t of, const struct renamed_item *item, bool *ok)
{
    struct mailbox *row = NULL, *named = NULL;
    size_t rows = 0, present = 0;

    for (size_t i = 0; i < of; i++) {
        struct mailbox *mailbox = all[i].row;

        if (mailbox == NULL)
            continue;
        named = mailbox->row.wire != NULL && text_is(item->seen->name, mailbox->row.wire) ? mailbox : named;
        rows++;
        if (rows == 1 || mailbox->row.state != MAILBOX_GONE_REMOTE)
            row = mailbox;
        present += mailbox->row.state != MAILBOX_GONE_REMOTE;
    }
    if (named == NULL && row != NULL) {
        named = lookup_wire(run, item->seen->name);
        named = named != NULL && is_known_so(named, item) ? named : NULL;
    }
    for (size_t i = 0; named != NULL && *ok && i < of; i++)
        *ok = all[i].row == NULL || all[i].row == named || say_twice(run, all[i].row, named);
    return (named != NULL && row != named) || (rows > 1 && present != 1) ? NULL : row;
}

static struct renamed_item *
only_item(const struct known *all, size_t of)
{
    struct renamed_item *item = NULL;

    for (size_t i = 0; i < of; i++) {
        if (item != NULL && all[i].item != NULL)
            return NULL;
        item = all[i].item != NULL ? all[i].item : item;
    }
    return item;
}

/*
 * One row, and two of the list, one of which has its name: it was renamed while the server listed them, or the identity is worth nothing. The next list
 * tells; after a day it is worth nothing.
 */
static void
leave_both(struct run *run, const struct known *all, size_t of)
{
    struct renamed_item *other = NULL;
    struct mailbox *row = NULL;
    bool named = false;

    for (size_t i = 0; of == 3 && i < of; i++)
        row = all[i].row != NULL ? all[i].row : row;
    if (row == NULL || row->undecided || row->row.wire == NULL || renamed_is_inbox(text_of(row->row.wire)) ||
        !undecided_is_waited_for(run, row))
        return;
    for (size_t i = 0; i < of; i++) {
        if (all[i].item == NULL)
            continue;
        if (text_is(all[i].item->seen->name, row->row.wire))
            named = true;
        else
            other = all[i].item;
    }
    if (!named || other == NULL || renamed_is_inbox(other->seen->name) || lookup_wire(run, other->seen->name) != NULL)
        return;
    other->waits = row->undecided = true;
}

/*
 * Its new name is one that `mailboxes` leaves out, or that can't have a folder, and its old one is another mailbox's. Taken for that one its mail would go up
 * there, although the server has it.
 */
static void
leave_elsewhere(struct run *run, const struct renamed_item *item, const struct renamed_item *namesake,
                struct mailbox *row)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    if (row->row.wire == NULL || namesake == NULL || namesake == item || namesake->seen->objectid[0] == '\0' ||
        strcmp(namesake->seen->objectid, row->row.objectid) == 0 || namesake->row != NULL ||
        renamed_is_inbox(item->seen->name) || renamed_is_inbox(namesake->seen->name) ||
        is_called_so(run, item->seen, row->row.name) || !is_believed(item, namesake, row))
        return;
    row->elsewhere = true;
    if (renamed_name(run, item->seen, false, name)) /* as `mailboxes` knows it */
        (void)text_print(row->perhaps, sizeof row->perhaps, "%s", name);
    else
        error_escape(row->perhaps, sizeof row->perhaps,
                     item->seen->utf8.at != NULL ? item->seen->utf8 : item->seen->name);
}

/* All that have one identity: is it one of the list, and one row? */
static bool
judge(struct run *run, const struct known *all, size_t of, struct renamed_item *items, size_t count, bool *news)
{
    struct renamed_item *item = only_item(all, of);
    const struct renamed_item *namesake;
    struct mailbox *row;
    bool anew, ok = true;

    if (item == NULL)
        leave_both(run, all, of);
    if (item == NULL || item->row != NULL || item->waits || (row = choose_row(run, all, of, item, &ok)) == NULL || !ok)
        return ok;
    namesake = find_namesake(items, count, row);
    if (namesake != NULL && namesake != item && is_called_so(run, item->seen, row->row.name)) {
        *news = item->same = true; /* it came back to the name that it kept here */
        item->row = row;
        return true;
    }
    if (!renamed_may_be(run, item, row, &anew)) {
        if (anew && text_is(item->seen->name, row->row.wire)) {
            free(row->row.wire);
            row->row.wire = NULL;
        }
        if (!anew)
            leave_elsewhere(run, item, namesake, row);
        return true;
    }
    if (!is_believed(item, namesake, row))
        return true;
    if (run->info.unlisted[0] != '\0' ||
        (namesake != NULL && namesake != item && namesake->seen->objectid[0] == '\0')) {
        struct mailbox *other = lookup_wire(run, item->seen->name);

        item->waits = row->undecided = *news = true;
        if (other != NULL)
            other->undecided = true;
        return true;
    }
    *news = true;
    item->row = row;
    item->reborn = namesake != NULL && namesake != item;
    return true;
}

bool
renamed_find(struct run *run, struct renamed_item *items, size_t count)
{
    struct known *known = calloc(run->count + count + 1, sizeof *known);
    size_t all = 0;
    bool ok = true;

    if (known == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].row.objectid[0] != '\0')
            known[all++] = (struct known){.objectid = run->mailboxes[i].row.objectid, .row = &run->mailboxes[i]};
    for (size_t i = 0; all != 0 && i < count; i++) {
        if (items[i].seen->objectid[0] != '\0')
            known[all++] = (struct known){.objectid = items[i].seen->objectid, .item = &items[i]};
    }
    qsort(known, all, sizeof *known, compare_known);
    for (bool again = true; ok && again;) { /* what is believed of one may make another one believed */
        again = false;
        for (size_t i = 0, next; ok && i < all; i = next) {
            for (next = i + 1; next < all && strcmp(known[next].objectid, known[i].objectid) == 0;)
                next++;
            ok = judge(run, &known[i], next - i, items, count, &again);
        }
    }
    free(known);
    return ok;
}

/* ---- names ---- */

struct naming { /* a row that has another name there */
    struct mailbox *row;
    const struct renamed_item *item;
    char *name, *folder; /* that it is to have */
    struct way way;      /* what stood there before it */
    const struct mailbox *
        holder; /* it waits for this one to give up the name or the folder; NULL: for `pull`, or for one that is to have it, too */
};

struct settling {
    struct run *run;
    struct naming *at;
    size_t count;
};

static int
compare_rows(const void *pa, const void *pb)
{
    const struct mailbox *a = ((const struct naming *)pa)->row, *b = ((const struct naming *)pb)->row;

    return a < b ? -1 : a > b;
}

static struct naming *
find_naming(const struct settling *settling, const struct mailbox *row)
{
    const struct naming key = {.row = (struct mailbox *)(uintptr_t)row};

    return bsearch(&key, settling->at, settling->count, sizeof key, compare_rows);
}

static bool
gather(struct settling *settling, const struct renamed_item *items, size_t count)
{
    struct run *run = settling->run;
    char name[LIMIT_MAILBOX_NAME + 1], folder[LOCAL_FOLDER_MAX + 1];
    struct error err = {0};

    settling->at = calloc(count + 1, sizeof *settling->at);
    if (settling->at == NULL)
        return run_no_memory(run);
    for (size_t i = 0; i < count; i++) {
        struct naming *naming = &settling->at[settling->count];

        if (items[i].row == NULL || items[i].same || !renamed_name(run, items[i].seen, false, name) ||
            !names_map_folder(&run->map, name, run->account->policy.layout, folder, &err))
            continue;
        *naming =
            (struct naming){.row = items[i].row, .item = &items[i], .name = strdup(name), .folder = strdup(folder)};
        settling->count++;
        if (naming->name == NULL || naming->folder == NULL)
            return run_no_memory(run);
        naming->way = way_find(run, items[i].seen, naming->row, folder);
        /* Where its folder has that name already nothing is renamed here. */
        naming->row->name_waits =
            !run->account->policy.pull.mailboxes && strcmp(naming->folder, naming->row->row.folder) != 0;
    }
    if (settling->count > 1)
        qsort(settling->at, settling->count, sizeof *settling->at, compare_rows);
    return true;
}

/* Does it keep the name, or the folder, that another one is to have? */
static bool
is_in_the_way(const struct settling *settling, const struct naming *naming, const struct mailbox *holder)
{
    if (holder == NULL || holder == naming->row || renaming_is_nowhere(settling->run, holder) ||
        (holder == naming->way.of && naming->way.free))
        return false;
    return find_naming(settling, holder) == NULL || holder->name_waits;
}

static int
compare_names(const void *pa, const void *pb)
{
    return strcmp((*(struct naming *const *)pa)->name, (*(struct naming *const *)pb)->name);
}

/* Where the prefix of the namespace is cut two may come to have one name. */
static bool
find_twins(struct settling *settling)
{
    struct naming **sorted = calloc(settling->count + 1, sizeof(struct naming *));

    if (sorted == NULL)
        return run_no_memory(settling->run);
    for (size_t i = 0; i < settling->count; i++)
        sorted[i] = &settling->at[i];
    if (settling->count > 1)
        qsort(sorted, settling->count, sizeof(struct naming *), compare_names);
    for (size_t i = 1; i < settling->count; i++)
        if (strcmp(sorted[i]->name, sorted[i - 1]->name) == 0)
            sorted[i]->row->name_waits = sorted[i - 1]->row->name_waits = true;
    free(sorted);
    return true;
}

/* One that waits keeps its name, for which another one may have to wait. */
static void
find_waiting(struct settling *settling)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < settling->count; i++) {
            struct naming *naming = &settling->at[i];
            const struct mailbox *name = lookup_name(settling->run, naming->name);
            const struct mailbox *folder = lookup_folder(settling->run, naming->folder);

            if (naming->row->name_waits)
                continue;
            naming->holder = is_in_the_way(settling, naming, name) ? name : NULL;
            if (naming->holder == NULL && is_in_the_way(settling, naming, folder) && folder->row.goal == NULL)
                naming->holder = folder;
            naming->row->name_waits = naming->holder != NULL;
            again = again || naming->row->name_waits;
        }
    }
}

/* What is empty, and stands where one of these is to stand, goes. One that does not go after all is in the way. */
static bool
clear_ways(struct settling *settling)
{
    bool ok = true;

    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (!naming->way.free || naming->row->name_waits)
            continue;
        ok = way_clear(settling->run, &naming->way);
        if (!naming->way.free)
            find_waiting(settling);
    }
    return ok;
}

/* Somebody who asks for what has another name now is told so. */
static bool
check_asked(struct settling *settling)
{
    struct run *run = settling->run;
    const char *const *asked = run->options->mailboxes;

    for (; asked != NULL && *asked != NULL; asked++) {
        for (size_t i = 0; i < settling->count; i++) {
            const struct naming *naming = &settling->at[i];

            if (naming->row->name_waits || naming->item->reborn || strcmp(naming->row->row.name, *asked) != 0)
                continue;
            error_set(&run->err, ERROR_CONFIG, "find mailbox %s", *asked);
            error_hint(&run->err, "It was renamed to %s on the server; `golub sync %s` renames it here, too.",
                       naming->name, run->account->name);
            return false;
        }
    }
    return true;
}

static bool
say_waiting(struct settling *settling, const struct naming *naming)
{
    struct run *run = settling->run;
    struct mailbox *row = naming->row;
    char what[LIMIT_MAILBOX_NAME + 80], why[LIMIT_MAILBOX_NAME + 160];

    (void)text_print(what, sizeof what, "rename this mailbox here to \"%s\", as on the server", naming->name);
    if (!run->account->policy.pull.mailboxes)
        return run_pending(run, row, 0, PENDING_POLICY, RENAMED_WAITS, what, NULL);
    if (naming->holder != NULL)
        (void)text_print(why, sizeof why, "folder \"%s\" here is %s", naming->holder->row.folder,
                         naming->holder->row.state == MAILBOX_NEW_LOCAL ? "in the way"
                         : naming->holder == naming->way.of
                             ? "another mailbox's, which is gone on the server, and is not empty"
                             : "another mailbox's");
    else
        (void)text_print(why, sizeof why, "two mailboxes are to have that name here");
    run_complain(run, row, what, why, "Rename or remove that folder; until then its mail stays in sync where it is.");
    return run_pending(run, row, 0, PENDING_MAILBOX, RENAMED_WAITS, why, NULL);
}

static bool
clear_waiting(struct run *run, const struct mailbox *row)
{
    struct journal_pending pending;
    bool found;

    return journal_pending_get(run->journal, row->row.id, 0, &pending, &found, &run->err) &&
           (!found || strcmp(pending.detail, RENAMED_WAITS) != 0 ||
            journal_pending_clear(run->journal, row->row.id, 0, &run->err));
}

/* What holds a name or folder of these, and is nowhere, goes. */
static bool
forget_nowhere(struct settling *settling, const struct naming *naming, struct mailbox *holder)
{
    if (holder == NULL || holder == naming->row || find_naming(settling, holder) != NULL ||
        !renaming_is_nowhere(settling->run, holder) || holder->row.id == 0)
        return true;
    if (!unfinished_forget(settling->run, holder))
        return false;
    holder->row.id = 0;
    return true;
}

/* Those that were forgotten leave the array. */
static void
close_ranks(struct run *run)
{
    size_t kept = 0;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.id == 0 && !mailbox->listed && !mailbox->folder_here) {
            run_mailbox_free(mailbox);
        } else if (&run->mailboxes[kept++] != mailbox) {
            run->mailboxes[kept - 1] = *mailbox;
            *mailbox = (struct mailbox){0};
        }
    }
    run->count = kept;
    lookup_forget(run);
}

static void
name_anew(struct naming *naming)
{
    struct mailbox *row = naming->row;

    free(row->had_name);
    row->had_name = row->row.name;
    row->row.name = naming->name;
    free(row->row.goal_there); /* the server's name counts */
    row->row.goal_there = NULL;
    free(row->row.goal);
    row->row.goal = strcmp(row->row.folder, naming->folder) != 0 ? naming->folder : NULL;
    if (row->row.goal == NULL)
        free(naming->folder);
    naming->name = naming->folder = NULL;
}

static bool
write_names(struct settling *settling)
{
    struct run *run = settling->run;
    bool ok = true;

    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (naming->row->name_waits)
            ok = say_waiting(settling, naming);
        else
            ok = forget_nowhere(settling, naming, lookup_name(run, naming->name)) &&
                 forget_nowhere(settling, naming, lookup_folder(run, naming->folder)) &&
                 journal_mailbox_unname(run->journal, naming->row->row.id, &run->err);
        if (naming->row->name_waits && naming->holder != NULL && naming->holder->row.state == MAILBOX_NEW_LOCAL)
            run_learn(run, lookup_folder(run, naming->holder->row.folder), CAUTION_NOT_MADE);
    }
    for (size_t i = 0; ok && i < settling->count; i++) {
        struct naming *naming = &settling->at[i];

        if (naming->row->name_waits)
            continue;
        name_anew(naming);
        ok = clear_waiting(run, naming->row) && journal_mailbox_save(run->journal, &naming->row->row, &run->err);
    }
    return ok;
}

bool
renamed_settle(struct run *run, const struct renamed_item *items, size_t count)
{
    struct settling settling = {.run = run};
    bool ok = true, any = false;

    for (size_t i = 0; i < count; i++)
        any = any || items[i].row != NULL;
    for (size_t i = 0; i < run->count; i++)
        any = any || run->mailboxes[i].row.goal != NULL;
    if (!any || run->move_folders == NULL)
        return true;
    ok = gather(&settling, items, count) && find_twins(&settling);
    if (ok)
        find_waiting(&settling);
    ok = ok && check_asked(&settling) && clear_ways(&settling) && run_begin(run);
    if (ok)
        ok = run_end(run, write_names(&settling) && followed_find(run));
    for (size_t i = 0; i < settling.count; i++) {
        free(settling.at[i].name);
        free(settling.at[i].folder);
    }
    free(settling.at);
    close_ranks(run);
    return ok && run->move_folders(run);
}
