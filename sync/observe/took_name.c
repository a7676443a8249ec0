/* See took_name.h. */
#include "sync/observe/took_name.h"

#include "sync/observe/items.h"
#include "sync/observe/undecided.h"
#include "sync/rows/renaming.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"
#include "sync/run/situation.h"

enum reason {              /* why it may have the name: */
              BY_GOAL,     /* its folder has it */
              BY_INTENT,   /* it was asked for */
              BY_OWN_NAME, /* ... and this account alone gives it */
};

/* The one of the list that people call so, and that the journal does not know. */
static const struct remote_listed *
find_called(struct run *run, const struct renamed_item *items, size_t count, const char *wanted)
{
    const struct renamed_item *item = items_called(run, items, count, wanted);

    return item != NULL && lookup_wire(run, item->seen->name) == NULL ? item->seen : NULL;
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
    char *old = strdup(mailbox->row.wire), *had = strdup(run_called(mailbox));

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
    return situation_begin(run) && run_end(run, renaming_done(run, mailbox, name, seen->name));
}

/* Of one that was never looked into, or whose numbers the server does not tell, nothing says no. */
static bool
may_be(const struct remote_listed *seen, const struct mailbox *row)
{
    return !seen->has_status || row->row.uidvalidity == 0 || is_that_one(seen, row);
}

/*
 * Did it go along there, to a name that begins as `seen` does? Then its own is gone from the list, and the other one is in it and is not a row's that had it
 * before. Another client may have deleted it, or moved it elsewhere, before or after that.
 */
static bool
went_along(struct run *run, const struct mailbox *mailbox, const struct renamed_item *items, size_t count,
           const struct mailbox *above, const char *name, const struct remote_listed *seen)
{
    const size_t length = strlen(above->row.wire);
    char wire[2 * LIMIT_MAILBOX_NAME + 1], called[2 * LIMIT_MAILBOX_NAME + 1];
    const struct renamed_item *at, *its;
    const struct mailbox *holder;

    if (mailbox->row.wire == NULL || strncmp(mailbox->row.wire, above->row.wire, length) != 0 ||
        items_named(items, count, mailbox->row.wire) != NULL ||
        !text_print(wire, sizeof wire, "%.*s%s", (int)seen->name.len, seen->name.at, mailbox->row.wire + length) ||
        !text_print(called, sizeof called, "%s%s", name, mailbox->row.name + strlen(above->row.name)))
        return false;
    at = items_named(items, count, wire);
    holder = lookup_name(run, called);
    its = holder != NULL ? items_named(items, count, holder->row.wire) : NULL;
    return at != NULL && (may_be(at->seen, mailbox) || !is_that_one(seen, above)) &&
           (its == NULL || !may_be(its->seen, holder));
}

/* All that stand below it and did not go along keep their names: nobody takes that of another mailbox. */
static void
find_kept(struct run *run, const struct mailbox *mailbox, const struct renamed_item *items, size_t count,
          const char *name, const struct remote_listed *seen)
{
    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *below = &run->mailboxes[i];

        below->keeps_name = below != mailbox && renaming_is_at(below->row.name, mailbox->row.name) &&
                            !went_along(run, below, items, count, mailbox, name, seen);
    }
}

/* @param wanted  NULL: none */
static bool
look(struct run *run, struct mailbox *mailbox, const struct renamed_item *items, size_t count, const char *wanted,
     enum reason reason)
{
    const struct remote_listed *seen =
        wanted != NULL && mailbox->row.utf8 == run->info.utf8 && items_named(items, count, mailbox->row.wire) == NULL
            ? find_called(run, items, count, wanted)
            : NULL;
    char name[LIMIT_MAILBOX_NAME + 1];
    bool same, ok;

    /* A list that leaves something out does not tell that the old name is gone. */
    if (seen == NULL || (reason == BY_GOAL && run->info.unlisted[0] != '\0'))
        return true;
    same = is_that_one(seen, mailbox) || (reason == BY_OWN_NAME && is_own(run, items, count, mailbox, seen));
    if (!same && (reason != BY_GOAL || is_told_apart(run, items, count, mailbox, seen)))
        return true;
    (void)text_print(name, sizeof name, "%s", wanted); /* it is the row's, and goes */
    find_kept(run, mailbox, items, count, name, seen);
    ok = !renaming_is_free(run, mailbox, name) || take(run, mailbox, seen, name, same);
    renaming_forget_kept(run);
    return ok;
}

static enum reason
reason_of(const struct journal_op *op, const struct mailbox *mailbox)
{
    if (aside_is_of(op->mailbox, op->name))
        return BY_OWN_NAME;
    return mailbox->row.goal_there != NULL && strcmp(mailbox->row.goal_there, op->name) == 0 ? BY_GOAL : BY_INTENT;
}

bool
took_name_find(struct run *run, const struct renamed_item *items, size_t count)
{
    struct journal_op *ops = NULL;
    size_t ops_count = 0;
    bool ok;

    if (run->move_folders == NULL)
        return true;
    ok = journal_ops(run->journal, &ops, &ops_count, &run->err);
    for (size_t i = 0; ok && i < ops_count; i++) {
        struct mailbox *mailbox = ops[i].kind == OP_RENAME_THERE ? run_mailbox_by_id(run, ops[i].mailbox) : NULL;

        if (mailbox != NULL && mailbox->row.wire != NULL)
            ok = look(run, mailbox, items, count, ops[i].name, reason_of(&ops[i], mailbox));
    }
    for (size_t i = 0; ok && i < run->count; i++) { /* where nobody says what it is, its mail is asked first */
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.wire != NULL && run->info.unlisted[0] == '\0')
            ok = look(run, mailbox, items, count, mailbox->row.goal_there,
                      mailbox->row.objectid[0] == '\0' ? BY_INTENT : BY_GOAL);
    }
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

/* Does an intent that was not ended say that something may have gone into a mailbox, under whatever name? */
static bool
is_anything_sent(struct run *run, bool *is)
{
    struct journal_op *ops = NULL;
    size_t count = 0;

    *is = false;
    if (!journal_ops(run->journal, &ops, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++)
        *is = *is || ops[i].kind == OP_UPLOAD || ops[i].kind == OP_COPY || ops[i].kind == OP_MOVE;
    free(ops);
    return true;
}

/* *is: nothing was ever paired in it. It was made there, and lost before anything was stored in it. */
static bool
is_unfilled(struct run *run, const struct mailbox *mailbox, bool *is)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool sent;

    *is = false;
    if (run->info.unlisted[0] != '\0' || (mailbox->row.uidvalidity != 0 && mailbox->row.uidnext > 1))
        return true;
    if (!journal_ids_by_uids(run->journal, mailbox->row.id, 1, UINT32_MAX, &ids, &count, &run->err))
        return false;
    free(ids);
    if (count != 0)
        return true;
    if (!is_anything_sent(run, &sent))
        return false;
    *is = !sent;
    return true;
}

bool
took_name_leave(struct run *run, const struct renamed_item *items, size_t count)
{
    bool ok = true;

    if (run->move_folders == NULL)
        return true;
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const struct renamed_item *namesake;
        bool empty;

        if (!has_left(mailbox) || mailbox->row.utf8 != run->info.utf8 ||
            lookup_name(run, mailbox->row.goal_there) != NULL)
            continue;
        namesake = items_named(items, count, mailbox->row.wire);
        ok = is_unfilled(run, mailbox, &empty);
        if (empty)
            mailbox->row.state = MAILBOX_NEW_LOCAL; /* what waits in it goes up under the name that it has now */
        if (ok && (empty || (namesake != NULL && is_another(namesake->seen, mailbox))))
            ok = renaming_as_folder(run, mailbox);
    }
    return ok;
}

/* ---- its old name is another one's there ---- */

struct parting {
    struct run *run;
    struct renamed_item *items;
    size_t count;
};

/* The list says so, or has another UIDVALIDITY there where it never says what a mailbox is. */
static bool
is_anothers(const struct remote_listed *seen, const struct mailbox *mailbox)
{
    if (mailbox->row.objectid[0] != '\0' && (seen->objectid[0] == '\0' || undecided_fits(seen, mailbox)))
        return false;
    return is_another(seen, mailbox);
}

/*
 * Its folder was renamed here, and nothing there has its old name, or another mailbox has. What golub gave its name for a moment nobody else has, whatever
 * UIDVALIDITY it got with that.
 */
static bool
has_parted(const struct parting *parting, const struct mailbox *mailbox, const struct renamed_item **namesake)
{
    const struct journal_mailbox *row = &mailbox->row;

    if (row->id == 0 || row->goal_there == NULL || row->goal != NULL || row->wire == NULL || row->uidvalidity == 0 ||
        row->utf8 != parting->run->info.utf8 || !mailbox->folder_here || !mailbox->chosen || mailbox->undecided ||
        mailbox->elsewhere || mailbox->stayed_there || aside_is_of(row->id, row->name) ||
        items_of(parting->items, parting->count, mailbox) != NULL)
        return false;
    *namesake = items_named(parting->items, parting->count, mailbox->row.wire);
    if (*namesake == NULL)
        return row->objectid[0] == '\0';
    return (*namesake)->row != NULL || (!(*namesake)->waits && is_anothers((*namesake)->seen, mailbox));
}

/* Nobody has it, or who had it has left it, too. */
static bool
is_nobodys(const struct parting *parting, const struct mailbox *mailbox, const struct renamed_item *item)
{
    const struct mailbox *holder = lookup_wire(parting->run, item->seen->name);
    const struct renamed_item *namesake;

    return item->row == NULL && !item->waits &&
           !is_told_apart(parting->run, parting->items, parting->count, mailbox, item->seen) &&
           (holder == NULL || items_of(parting->items, parting->count, holder) != NULL ||
            has_parted(parting, holder, &namesake));
}

/* The same was done on both sides, most likely. If it was not they are paired by content as at a first meeting, and nothing counts as removed. */
static void
follow(struct mailbox *mailbox, struct renamed_item *item, bool reborn)
{
    mailbox->row.state = MAILBOX_GONE_REMOTE; /* and back: what that means is known */
    mailbox->row.objectid[0] = '\0';
    item->row = mailbox;
    item->reborn = reborn;
}

struct parted {                /* of one mailbox */
    struct renamed_item *goal; /* what it is; NULL: nothing */
    bool left;                 /* ... and its old name is another one's */
};

/* Who has left what is asked of all before any of them gets another name. */
static void
find_parted(const struct parting *parting, struct parted *parted)
{
    struct run *run = parting->run;

    for (size_t i = 0; i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];
        const struct renamed_item *namesake;
        struct renamed_item *goal;

        if (!has_parted(parting, mailbox, &namesake))
            continue;
        goal = items_called(run, parting->items, parting->count, mailbox->row.goal_there);
        if (goal != NULL && is_nobodys(parting, mailbox, goal))
            parted[i].goal = goal;
        else
            parted[i].left = namesake != NULL;
    }
}

bool
took_name_part(struct run *run, struct renamed_item *items, size_t count)
{
    const struct parting parting = {run, items, count};
    struct parted *parted;
    bool ok = true, any = false;

    for (size_t i = 0; i < run->count; i++)
        any = any || run->mailboxes[i].row.goal_there != NULL;
    if (!any || run->info.unlisted[0] != '\0')
        return true;
    parted = calloc(run->count + 1, sizeof *parted);
    if (parted == NULL)
        return run_no_memory(run);
    find_parted(&parting, parted);
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (parted[i].goal != NULL)
            follow(mailbox, parted[i].goal, items_named(items, count, mailbox->row.wire) != NULL);
        else if (parted[i].left && items_called(run, items, count, mailbox->row.goal_there) == NULL &&
                 lookup_name(run, mailbox->row.goal_there) == NULL)
            ok = renaming_as_folder(run, mailbox);
        else
            mailbox->undecided = mailbox->undecided || parted[i].left;
    }
    free(parted);
    return ok;
}
