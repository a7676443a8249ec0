/* See allowed.h. */
#include "sync/run/allowed.h"

#define KEY "deletes"

enum what { MESSAGES, MAILBOXES, WHATS };

static const char *const words[WHATS][2] = {[MESSAGES] = {[SIDE_HERE] = "down", [SIDE_THERE] = "up"},
                                            [MAILBOXES] = {[SIDE_HERE] = "here", [SIDE_THERE] = "away"}};

static bool
is_configured(const struct run *run, enum what what, enum mailbox_side side)
{
    const struct policy *policy = &run->account->policy;

    if (what == MAILBOXES)
        return side == SIDE_HERE ? policy->mailbox_deletes_here : policy->mailbox_deletes_there;
    return side == SIDE_HERE ? policy->deletes_here : policy->deletes_there;
}

static bool
store(struct run *run, bool had[WHATS][2])
{
    char text[40] = "";

    for (int i = 0; i < WHATS * 2; i++) {
        const size_t used = strlen(text);

        (void)text_print(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "",
                         had[i / 2][i % 2] ? words[i / 2][i % 2] : "-");
    }
    return run_begin(run) && run_end(run, journal_set(run->journal, KEY, text, &run->err));
}

bool
allowed_begin(struct run *run)
{
    char *text;
    bool had[WHATS][2], fewer = false, known;

    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    known = text != NULL;
    for (int i = 0; i < WHATS * 2; i++) {
        const enum what what = i / 2;
        const enum mailbox_side side = i % 2 == SIDE_HERE ? SIDE_HERE : SIDE_THERE;
        const bool is = is_configured(run, what, side);
        const bool was = known ? strstr(text, words[what][side]) != NULL : is;

        (what == MAILBOXES ? run->newly_allowed_mailboxes : run->newly_allowed)[side] = is && !was;
        fewer = fewer || (was && !is);
        had[what][side] = was && is;
    }
    free(text);
    return (known && !fewer) || store(run, had);
}

bool
allowed_end(struct run *run)
{
    bool all[WHATS][2], any = false;

    for (int i = 0; i < WHATS * 2; i++)
        all[i / 2][i % 2] = is_configured(run, i / 2, i % 2 == SIDE_HERE ? SIDE_HERE : SIDE_THERE);
    for (int side = 0; side < 2; side++)
        any = any || run->newly_allowed[side] || run->newly_allowed_mailboxes[side];
    if (run->options->one_way || (run->options->mailboxes != NULL && run->options->mailboxes[0] != NULL) || !any)
        return true;
    for (size_t i = 0; i < run->count; i++) { /* what such a one kept back was not judged yet */
        const struct mailbox *mailbox = &run->mailboxes[i];

        if (mailbox->chosen && !mailbox_is_open(mailbox) &&
            (mailbox->row.state == MAILBOX_ACTIVE || mailbox->row.state == MAILBOX_REPAIR))
            return true;
    }
    return store(run, all);
}
