/* See allowed.h. */
#include "sync/run/allowed.h"

#define KEY "deletes"

static const char *const words[] = {[SIDE_HERE] = "down", [SIDE_THERE] = "up"};

static bool
is_configured(const struct run *run, enum mailbox_side side)
{
    const struct policy *policy = &run->account->policy;

    return side == SIDE_HERE ? policy->deletes_here : policy->deletes_there;
}

static bool
store(struct run *run, const bool *had)
{
    char text[16];

    (void)text_print(text, sizeof text, "%s %s", had[SIDE_HERE] ? words[SIDE_HERE] : "-",
                     had[SIDE_THERE] ? words[SIDE_THERE] : "-");
    return run_begin(run) && run_end(run, journal_set(run->journal, KEY, text, &run->err));
}

bool
allowed_begin(struct run *run)
{
    char *text;
    bool had[2], fewer = false, known;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    known = text != NULL;
    for (enum mailbox_side side = SIDE_HERE; side <= SIDE_THERE; side++) {
        had[side] = known ? strstr(text, words[side]) != NULL : is_configured(run, side);
        run->newly_allowed[side] = is_configured(run, side) && !had[side];
        fewer = fewer || (had[side] && !is_configured(run, side));
        had[side] = had[side] && is_configured(run, side);
    }
    free(text);
    return (known && !fewer) || store(run, had);
}

bool
allowed_end(struct run *run)
{
    const bool all[2] = {[SIDE_HERE] = is_configured(run, SIDE_HERE), [SIDE_THERE] = is_configured(run, SIDE_THERE)};

    if (run->options->one_way || (run->options->mailboxes != NULL && run->options->mailboxes[0] != NULL) ||
        (!run->newly_allowed[SIDE_HERE] && !run->newly_allowed[SIDE_THERE]))
        return true;
    for (size_t i = 0; i < run->count; i++) { /* what such a one kept back was not judged yet */
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->chosen && !mailbox_is_open(mailbox) &&
            (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR))
            return true;
    }
    return store(run, all);
}
