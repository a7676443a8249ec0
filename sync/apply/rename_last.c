/* See rename_last.h. */
#include "sync/apply/rename_last.h"

#include "sync/apply/rename_kept.h"
#include "sync/rows/missing.h"
#include "sync/rows/renaming.h"
#include "sync/run/aside.h"
#include "sync/run/lookup.h"

/* Whatever it is called, it has the numbers that it had; or none were seen. */
static bool
keeps_numbers(const struct mailbox *mailbox)
{
    return mailbox->row.objectid[0] != '\0' || mailbox->row.uidvalidity == 0;
}

bool
rename_last_is_due(const struct run *run)
{
    bool is = false;

    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (!renaming_is_due(mailbox))
            continue;
        if (aside_is_of(mailbox->row.id, mailbox->row.name))
            return false;
        is = is || !keeps_numbers(mailbox);
    }
    return is;
}

/* ---- mailboxes that are new here ---- */

/* That below whose new name this one would stand; of several the lowest. NULL: none */
static const struct mailbox *
find_above(const struct run *run, const struct mailbox *mailbox)
{
    const struct mailbox *above = NULL;

    for (size_t i = 0; i < run->count; i++) {
        const struct mailbox *item = &run->mailboxes[i];

        if (renaming_is_due(item) && renaming_is_below(mailbox->row.name, item->row.goal_there) &&
            (above == NULL || strlen(item->row.goal_there) > strlen(above->row.goal_there)))
            above = item;
    }
    return above;
}

/* Would it stand at or below a name that another one gives up, and go along with that? */
static bool
is_at_one_that_goes(const struct run *run, const struct mailbox *mailbox)
{
    for (size_t i = 0; i < run->count; i++)
        if (renaming_is_due(&run->mailboxes[i]) && renaming_is_at(mailbox->row.name, run->mailboxes[i].row.name))
            return true;
    return false;
}

static bool
place_new(struct run *run, struct mailbox *mailbox)
{
    const struct mailbox *above = find_above(run, mailbox);
    char *name;

    mailbox->made_last = above != NULL || is_at_one_that_goes(run, mailbox);
    if (above == NULL)
        return true;
    name = renaming_replace(mailbox->row.name, strlen(above->row.goal_there), above->row.name);
    if (name == NULL)
        return run_no_memory(run);
    if (lookup_name(run, name) != NULL || lookup_is_parent_only(run, name)) {
        free(name);
        return true;
    }
    mailbox->row.goal_there = mailbox->row.name;
    mailbox->row.name = name;
    mailbox->made_last = false;
    lookup_forget(run);
    return true;
}

bool
rename_last_wait(struct run *run)
{
    bool ok = true;

    run->renames_last = true;
    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->row.state == MAILBOX_NEW_LOCAL && mailbox->row.goal_there == NULL && !mailbox->listed)
            ok = place_new(run, mailbox);
    }
    return ok;
}

/* ---- what stands below, and is to be deleted ---- */

/* Would it go along to a name that another mailbox has, or is to have? */
static bool
is_in_the_way(struct run *run, const struct mailbox *below, const struct mailbox *mailbox)
{
    char *name;
    const struct mailbox *holder;

    if (below->going != GOING_THERE || !below->listed || !renaming_is_below(below->row.name, mailbox->row.name))
        return false;
    name = renaming_replace(below->row.name, strlen(mailbox->row.name), mailbox->row.goal_there);
    holder = name != NULL ? lookup_name(run, name) : NULL;
    free(name);
    return holder != NULL && !renaming_is_nowhere(run, holder);
}

bool
rename_last_waits(struct run *run, const struct mailbox *mailbox)
{
    bool waits = false;

    if (!mailbox->listed || mailbox->row.goal_there == NULL || mailbox->row.goal != NULL)
        return false;
    for (size_t i = 0; !waits && i < run->count; i++)
        waits = is_in_the_way(run, &run->mailboxes[i], mailbox);
    return waits;
}

bool
rename_last_makes_later(struct run *run, const struct mailbox *mailbox)
{
    bool later = mailbox->made_last;

    for (size_t i = 0; !later && i < run->count; i++) {
        const struct mailbox *above = &run->mailboxes[i];

        later = above->row.goal_there != NULL && renaming_is_at(mailbox->row.name, above->row.goal_there) &&
                rename_last_waits(run, above);
    }
    return later;
}

/* ---- all else is done ---- */

/* Of one that is uneven no look is the last one. */
static bool
is_seen(const struct mailbox *mailbox)
{
    return mailbox->current || (mailbox->row.uneven != 0 && !mailbox->look_there);
}

/* @param why  [out] what of it, or of what goes along, would be forgotten; "": nothing */
static bool
find_open(struct run *run, const struct mailbox *mailbox, char why[static LIMIT_MAILBOX_NAME + 100])
{
    bool ok = true;

    why[0] = '\0';
    for (size_t i = 0; ok && why[0] == '\0' && i < run->count; i++) {
        const struct mailbox *item = &run->mailboxes[i];
        bool forgets;

        if (!item->listed || keeps_numbers(item) || !renaming_is_at(item->row.name, mailbox->row.name) ||
            (item->row.state != MAILBOX_ACTIVE && item->row.state != MAILBOX_REPAIR))
            continue;
        ok = missing_unpair_forgets(run, item, &forgets);
        if (ok && !is_seen(item))
            (void)text_print(why, LIMIT_MAILBOX_NAME + 100, "%s was not looked at in this run", item->row.name);
        else if (ok && forgets)
            (void)text_print(why, LIMIT_MAILBOX_NAME + 100, "what was removed from %s is still to go on the other side",
                             item->row.name);
    }
    return ok;
}

bool
rename_last_judge(struct run *run)
{
    char why[LIMIT_MAILBOX_NAME + 100];
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++) {
        struct mailbox *mailbox = &run->mailboxes[i];

        mailbox->made_last = false;
        if (!renaming_is_due(mailbox))
            continue;
        ok = find_open(run, mailbox, why) && (why[0] == '\0' || rename_keep_back(run, mailbox, PENDING_MAILBOX, why));
    }
    return ok;
}
