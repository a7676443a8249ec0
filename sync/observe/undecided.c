/* See undecided.h. */
#include "sync/observe/undecided.h"

#include "sync/run/lookup.h"
#include "sync/run/uses.h"

#define UNDECIDED "perhaps-renamed" /* what is pending of such a mailbox */

bool
undecided_fits(const struct remote_listed *seen, const struct mailbox *row)
{
    return seen->has_status && seen->uidvalidity == row->row.uidvalidity && seen->uidnext >= row->row.uidnext;
}

void
undecided_forget(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        row->undecided = row->passing = row->unread_there = row->perhaps_renamed = row->fits_one = row->name_waits =
            row->stayed_there = row->elsewhere = row->goal_taken = false;
    }
}

/* It was in sync under a name that the list does not have, and what it is was known. */
static bool
is_lost(const struct mailbox *mailbox)
{
    return mailbox->row.id != 0 && mailbox->row.objectid[0] != '\0' && mailbox->row.wire != NULL && !mailbox->listed &&
           mailbox->folder_here && mailbox->chosen && !text_is_nocase(text_of(mailbox->row.wire), "INBOX") &&
           (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR ||
            mailbox->row.state == MAILBOX_GONE_REMOTE);
}

bool
undecided_is_waited_for(struct run *run, const struct mailbox *row)
{
    struct journal_pending pending;
    bool found;

    if (row->row.state == MAILBOX_GONE_REMOTE)
        return false;
    if (!journal_pending_get(run->journal, row->row.id, 0, &pending, &found, &run->err))
        return true;
    /* A time that is to come is set right when it is noted again (run_pending). */
    return !found || strcmp(pending.detail, UNDECIDED) != 0 || run->now - pending.since < AGE_DAY;
}

bool
undecided_may_be(struct run *run, const struct remote_listed *seen, const char *name, bool only_note)
{
    bool any = false;

    if (seen->objectid[0] != '\0' || !uses_choose(run, name, seen->attributes))
        return false;
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (!is_lost(row))
            continue;
        if (only_note) {
            row->fits_one = row->fits_one || !seen->has_status || undecided_fits(seen, row);
            continue;
        }
        if (seen->has_status && !undecided_fits(seen, row) && (row->fits_one || !undecided_is_waited_for(run, row)))
            continue;
        any = row->perhaps_renamed = true;
        (void)text_print(row->perhaps, sizeof row->perhaps, "%s", name);
    }
    return any;
}

/* It was in sync, has no other name yet, and only numbers tell what it is. @param namesake  [out] what has its name in the list; NULL: nothing */
static bool
is_told_by_numbers(const struct run *run, const struct renamed_item *items, size_t count, const struct mailbox *row,
                   struct renamed_item **namesake)
{
    const struct journal_mailbox *known = &row->row;

    if (known->id == 0 || known->wire == NULL || known->objectid[0] != '\0' || known->uidvalidity == 0 ||
        known->state != MAILBOX_ACTIVE || known->utf8 != run->info.utf8 || !row->chosen || row->undecided ||
        text_is_nocase(text_of(known->wire), "INBOX") || items_of(items, count, row) != NULL)
        return false;
    *namesake = items_named(items, count, known->wire);
    return *namesake == NULL || ((*namesake)->row == NULL && !(*namesake)->waits);
}

/* Has a new name its numbers, or one that was another's until now? @param wait  each that has them waits */
static bool
find_fitting(struct run *run, struct renamed_item *items, size_t count, const struct mailbox *row, bool wait)
{
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        const struct mailbox *holder;

        if (items[i].row != NULL || !undecided_fits(items[i].seen, row))
            continue;
        holder = lookup_wire(run, items[i].seen->name);
        if (holder != NULL && (holder == row || holder->row.uidvalidity == items[i].seen->uidvalidity))
            continue;
        found = true;
        items[i].waits = items[i].waits || wait;
    }
    return found;
}

static void
leave_unsaid(struct mailbox *row, struct renamed_item *namesake, const char *of)
{
    row->undecided = row->unread_there = true;
    (void)text_print(row->perhaps, sizeof row->perhaps, "the server does not tell the numbers of \"%.80s\"", of);
    if (namesake != NULL)
        namesake->waits = true;
}

void
undecided_unsaid(struct run *run, struct renamed_item *items, size_t count)
{
    struct renamed_item *namesake;
    const char *of = NULL;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (!is_told_by_numbers(run, items, count, row, &namesake) || namesake == NULL || namesake->seen->has_status ||
            !find_fitting(run, items, count, row, false) || !undecided_is_waited_for(run, row))
            continue;
        of = row->row.name;
        leave_unsaid(row, namesake, of);
    }
    for (size_t i = 0; of != NULL && i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];

        if (is_told_by_numbers(run, items, count, row, &namesake) &&
            (namesake == NULL || (namesake->seen->has_status && namesake->seen->uidvalidity != row->row.uidvalidity)))
            leave_unsaid(row, namesake, of);
    }
    for (size_t i = 0; of != NULL && i < run->count; i++)
        if (run->mailboxes[i].unread_there)
            (void)find_fitting(run, items, count, &run->mailboxes[i], true);
}

bool
undecided_leave(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *row = &run->mailboxes[i];
        char what[LIMIT_MAILBOX_NAME + 80], words[240];

        row->undecided = row->undecided || (row->perhaps_renamed && is_lost(row));
        if (!row->undecided)
            continue;
        run_learn(run, row, CAUTION_UNLISTED);
        if (row->row.state != MAILBOX_GONE_REMOTE) {
            row->listed = true; /* as what may be there, and can't be looked at */
            row->has_status = false;
        }
        if (run->move_folders == NULL)
            continue;
        if (row->perhaps_renamed)
            (void)text_print(what, sizeof what, "tell whether this mailbox is called \"%s\" there now", row->perhaps);
        else
            (void)text_print(what, sizeof what, "tell what this mailbox is called there now");
        (void)text_print(words, sizeof words,
                         "another golub renames mailboxes there; perhaps it is \"%s\" for a moment", row->perhaps);
        run_complain(run, row, what,
                     row->passing        ? words
                     : row->unread_there ? row->perhaps
                     : run->info.unlisted[0] != '\0'
                         ? run->info.unlisted
                         : "the server did not say which of its mailboxes is which, as it did before",
                     row->passing ? "It is left alone; the next run looks again."
                                  : "Nothing of it is touched, and the next run asks again. Where it has another name "
                                    "there: rename its folder here as well.");
        ok = run->dry || row->row.id == 0 ||
             (run_begin(run) &&
              run_end(run, run_pending(run, row, 0, PENDING_MAILBOX, UNDECIDED,
                                       "whether it has another name on the server is not told", NULL)));
    }
    return ok;
}
