/* See took_name.h. */
#include "sync/observe/took_name.h"

#include "sync/observe/undecided.h"
#include "sync/rows/renaming.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

enum reason {              /* why it may have the name: */
              BY_GOAL,     /* its folder has it */
              BY_INTENT,   /* it was asked for */
              BY_OWN_NAME, /* ... and this account alone gives it */
};

static bool
is_listed(const struct renamed_item *items, size_t count, const char *wire)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(items[i].seen->name, wire))
            return true;
    return false;
}

/* The one of the list that people call so, and that the journal does not know. */
static const struct remote_listed *
find_called(struct run *run, const struct renamed_item *items, size_t count, const char *wanted)
{
    char name[LIMIT_MAILBOX_NAME + 1];

    for (size_t i = 0; i < count; i++)
        if (renamed_name(run, items[i].seen, false, name) && strcmp(name, wanted) == 0)
            return lookup_wire(run, items[i].seen->name) == NULL ? items[i].seen : NULL;
    return NULL;
}

static bool
is_that_one(const struct remote_listed *seen, const struct mailbox *mailbox)
{
    if (seen->objectid[0] != '\0' && mailbox->row.objectid[0] != '\0')
        return strcmp(seen->objectid, mailbox->row.objectid) == 0;
    return undecided_fits(seen, mailbox);
}

/* The list says what each of the two is: this row is under another name there, or what has this name is another row's. */
static bool
is_told_apart(const struct run *run, const struct renamed_item *items, size_t count, const struct mailbox *mailbox,
              const struct remote_listed *seen)
{
    for (size_t i = 0; mailbox->row.objectid[0] != '\0' && i < count; i++)
        if (strcmp(items[i].seen->objectid, mailbox->row.objectid) == 0)
            return true;
    for (size_t i = 0; seen->objectid[0] != '\0' && i < run->count; i++)
        if (&run->mailboxes[i] != mailbox && strcmp(run->mailboxes[i].row.objectid, seen->objectid) == 0)
            return true;
    return false;
}

/*
 * It was asked for, its old name is gone, and what has the new one is nobody else's: some servers give other numbers with each name. Paired anew like
 * one whose RENAME was answered.
 */
static bool
is_own(const struct run *run, const struct renamed_item *items, size_t count, const struct mailbox *mailbox,
       const struct remote_listed *seen)
{
    for (size_t i = 0; i < run->count; i++)
        if (&run->mailboxes[i] != mailbox && undecided_fits(seen, &run->mailboxes[i]))
            return false;
    return run->info.unlisted[0] == '\0' && !is_told_apart(run, items, count, mailbox, seen);
}

static bool
take(struct run *run, struct mailbox *mailbox, const struct remote_listed *seen, const char *name, bool same)
{
    char *old = strdup(mailbox->row.wire), *had = strdup(mailbox->row.name);

    if (old == NULL || had == NULL) {
        free(old);
        free(had);
        return run_no_memory(run);
    }
    free(mailbox->had_wire);
    mailbox->had_wire = old;
    free(mailbox->had_name);
    mailbox->had_name = had;
    if (!same) {
        mailbox->row.state = MAILBOX_GONE_REMOTE; /* and back: what that means is known */
        mailbox->row.objectid[0] = '\0';
    }
    return run_begin(run) && run_end(run, renaming_done(run, mailbox, name, seen->name));
}

/* @param wanted  NULL: none */
static bool
look(struct run *run, struct mailbox *mailbox, const struct renamed_item *items, size_t count, const char *wanted,
     enum reason reason)
{
    const struct remote_listed *seen =
        wanted != NULL && mailbox->row.utf8 == run->info.utf8 && !is_listed(items, count, mailbox->row.wire)
            ? find_called(run, items, count, wanted)
            : NULL;
    char name[LIMIT_MAILBOX_NAME + 1];
    bool same;

    /* A list that leaves something out does not tell that the old name is gone. */
    if (seen == NULL || (reason == BY_GOAL && run->info.unlisted[0] != '\0') || !renaming_is_free(run, mailbox, wanted))
        return true;
    same = is_that_one(seen, mailbox) || (reason == BY_OWN_NAME && is_own(run, items, count, mailbox, seen));
    (void)text_print(name, sizeof name, "%s", wanted); /* it is the row's, and goes */
    return (!same && (reason != BY_GOAL || is_told_apart(run, items, count, mailbox, seen))) ||
           take(run, mailbox, seen, name, same);
}

static enum reason
reason_of(const struct journal_op *op)
{
    char aside[ASIDE_NAME_SIZE];

    aside_name(op->mailbox, aside);
    return strcmp(op->name, aside) == 0 ? BY_OWN_NAME : BY_INTENT;
}

bool
took_name_find(struct run *run, const struct renamed_item *items, size_t count)
{
    struct journal_op *ops = NULL;
    size_t ops_count = 0;
    bool any = false, ok = true;

    for (size_t i = 0; i < run->count; i++)
        any = any || run->mailboxes[i].row.goal_there != NULL;
    if (!any || run->move_folders == NULL)
        return true;
    ok = journal_ops(run->journal, &ops, &ops_count, &run->err);
    for (size_t i = 0; ok && i < ops_count; i++) {
        struct mailbox *mailbox = ops[i].kind == OP_RENAME_THERE ? run_mailbox_by_id(run, ops[i].mailbox) : NULL;

        if (mailbox != NULL && mailbox->row.wire != NULL)
            ok = look(run, mailbox, items, count, ops[i].name, reason_of(&ops[i]));
    }
    for (size_t i = 0; ok && i < run->count; i++)
        if (run->mailboxes[i].row.wire != NULL)
            ok = look(run, &run->mailboxes[i], items, count, run->mailboxes[i].row.goal_there, BY_GOAL);
    free(ops);
    return ok;
}

/* ---- names that are another mailbox's now ---- */

/* Gone on the server, and its folder was renamed here: nothing there has its old name any more, unless it was only hidden. */
static bool
has_left(const struct mailbox *mailbox)
{
    return mailbox->row.state == MAILBOX_GONE_REMOTE && mailbox->row.goal_there != NULL && mailbox->row.goal == NULL &&
           mailbox->row.wire != NULL && mailbox->row.id != 0 && mailbox->folder_here && !mailbox->listed &&
           !mailbox->undecided;
}

static bool
is_another(const struct remote_listed *seen, const struct mailbox *mailbox)
{
    if (seen->objectid[0] != '\0' && mailbox->row.objectid[0] != '\0')
        return strcmp(seen->objectid, mailbox->row.objectid) != 0;
    return seen->has_status && seen->uidvalidity != 0 && mailbox->row.uidvalidity != 0 &&
           seen->uidvalidity != mailbox->row.uidvalidity;
}

static const struct remote_listed *
find_namesake(const struct renamed_item *items, size_t count, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < count; i++)
        if (text_is(items[i].seen->name, mailbox->row.wire))
            return items[i].seen;
    return NULL;
}

/* The row alone: what stands below it there goes its own way. It has no bytes on the server. */
static bool
call_as_folder(struct run *run, struct mailbox *mailbox)
{
    free(mailbox->row.name);
    mailbox->row.name = mailbox->row.goal_there;
    mailbox->row.goal_there = NULL;
    free(mailbox->row.wire);
    mailbox->row.wire = NULL;
    lookup_forget(run);
    return run_begin(run) && run_end(run, journal_mailbox_save(run->journal, &mailbox->row, &run->err));
}

bool
took_name_leave(struct run *run, const struct renamed_item *items, size_t count)
{
    bool ok = true;

    if (run->move_folders == NULL)
        return true;
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const struct remote_listed *seen =
            has_left(mailbox) && mailbox->row.utf8 == run->info.utf8 ? find_namesake(items, count, mailbox) : NULL;

        if (seen != NULL && is_another(seen, mailbox) && lookup_name(run, mailbox->row.goal_there) == NULL)
            ok = call_as_folder(run, mailbox);
    }
    return ok;
}
