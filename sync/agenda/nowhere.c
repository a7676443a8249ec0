/*
 * Mailboxes are listed one after the other: a message that is moved on meanwhile, from one that was not listed yet to one that was, is in none of
 * the lists. That something vanished shows only where it was known. But what came to a mailbox was given a UID: if the numbers of all mailboxes are
 * still those of their lists in one that is asked for behind the last of them, then there was a moment at which all lists were true.
 */
#include "sync/agenda/nowhere.h"

#include "sync/agenda/additions.h"
#include "sync/agenda/unpaired.h"
#include "sync/observe/observe.h"

/* The server had it, or may have it: it is sent only if it is in no list. */
static bool
rests_on_lists(const struct run *run, const struct todo *todo)
{
    if (todo->unpaired && unpaired_waits(run, &run->mailboxes[todo->mailbox].row) &&
        !additions_have_word(run, todo->id))
        return false;
    return todo->step.verb == PLAN_UPLOAD && (todo->unpaired || !todo->fresh || todo->unanswered) && !todo->dropped &&
           todo->partner == 0 && !todo->step.kept_back && mailbox_is_open(&run->mailboxes[todo->mailbox]);
}

bool
nowhere_prove(struct run *run, const struct agenda *agenda)
{
    bool wanted = false, ok;

    for (size_t i = 0; !wanted && i < agenda->count; i++)
        wanted = rests_on_lists(run, &agenda->todos[i]);
    if (!wanted || run->proven || run->overtaken || run->dry)
        return true;
    ok = survey_proves(run, &run->proven);
    run->overtaken = ok && !run->proven;
    return ok;
}
