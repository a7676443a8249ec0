/* See undecided.h. */
#include "sync/observe/undecided.h"

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
