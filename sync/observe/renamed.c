/* See renamed.h. */
#include "sync/observe/renamed.h"

#include "sync/observe/mapped.h"
#include "sync/observe/undecided.h"

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

/* Has it the name, in one of the ways in which a name of the server is spelled here? */
static bool
is_called_so(const struct run *run, const struct remote_listed *seen, const char *row)
{
    char name[LIMIT_MAILBOX_NAME + 1], aside[LIMIT_MAILBOX_NAME + 1];

    if (items_name(run, seen, false, name) && strcmp(name, row) == 0)
        return true;
    return items_name(run, seen, true, name) &&
           (strcmp(name, row) == 0 || (names_aside(name, aside) && strcmp(aside, row) == 0));
}

/*
 * A server that numbers its mailboxes in the order of its list would seem to rename them all when one more is made. Where the old name is still
 * there, the new one must be what the row was in numbers, too; or what has the old name must be another row, and fit that one; or the new name is
 * the one that its folder got here, and what has the old one does not have its numbers, either.
 */
static bool
is_believed(const struct run *run, const struct renamed_item *item, const struct renamed_item *namesake,
            const struct mailbox *row)
{
    if (namesake == NULL || namesake == item || undecided_fits(item->seen, row))
        return true;
    if (row->row.goal_there != NULL && is_called_so(run, item->seen, row->row.goal_there) &&
        namesake->seen->has_status && !undecided_fits(namesake->seen, row))
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
        is_called_so(run, item->seen, row->row.name) || !items_name(run, item->seen, false, name) ||
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
        report_mailbox(run->report, run->account->name, run_called(old), "twice", why);
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
        is_called_so(run, item->seen, row->row.name) || !is_believed(run, item, namesake, row))
        return;
    row->elsewhere = true;
    if (items_name(run, item->seen, false, name)) /* as `mailboxes` knows it */
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
    namesake = items_named(items, count, row->row.wire);
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
    if (!is_believed(run, item, namesake, row))
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
