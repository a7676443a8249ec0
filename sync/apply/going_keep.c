/* See going.h. Here: one that stays in this run, and how `status` is told of it. */
#include "sync/apply/going.h"

#include "sync/rows/held.h"

const char *
going_waits_word(const struct mailbox *mailbox)
{
    if (mailbox->row.state == MAILBOX_GONE_REMOTE)
        return mailbox->going_kept_back ? GOING_WAITS_HERE GOING_KEPT_BACK : GOING_WAITS_HERE;
    return mailbox->going_kept_back ? GOING_WAITS_THERE GOING_KEPT_BACK : GOING_WAITS_THERE;
}

static bool
count_held(struct run *run, const struct mailbox *mailbox, size_t *held)
{
    struct journal_pending *list;
    size_t count;

    *held = 0;
    if (!journal_pendings(run->journal, &list, &count, &run->err))
        return false;
    for (size_t i = 0; i < count; i++)
        *held += list[i].mailbox == mailbox->row.id && list[i].kind == PENDING_HELD &&
                 strcmp(list[i].detail, held_word(true)) == 0;
    free(list);
    return true;
}

/* What is held in it was asked, and no word is taken as long as it stays: that is said in each run. */
static bool
say_held(struct run *run, struct mailbox *mailbox, const char *why)
{
    char text[GOING_WHY + 80], hint[LIMIT_MAILBOX_NAME + 200];
    size_t held;

    if (!count_held(run, mailbox, &held))
        return false;
    if (held == 0)
        return true;
    (void)text_print(text, sizeof text, "%s; %zu removals in it stay held", why, held);
    (void)text_print(
        hint, sizeof hint,
        "Once that is over golub asks again. To have it on both sides: golub sync --reject-deletes \"%s/%s\"",
        run->account->name, run_called(mailbox));
    run_complain(run, mailbox, "remove the folder of this mailbox", text, hint);
    return true;
}

bool
going_keep(struct run *run, struct mailbox *mailbox, const char *why)
{
    mailbox->going = GOING_NOT;
    return run_begin(run) &&
           run_end(run, run_pending(run, mailbox, 0, PENDING_MAILBOX, going_waits_word(mailbox), why, NULL));
}

/* The run that missed it said that its folder goes: once, that it does not. */
static bool
say_stays(struct run *run, const struct mailbox *mailbox, const char *why)
{
    char text[GOING_WHY + 160];
    struct journal_pending known;
    bool found;

    if (!journal_pending_get(run->journal, mailbox->row.id, 0, &known, &found, &run->err))
        return false;
    if (found && strncmp(known.why, why, sizeof known.why - 1) == 0)
        return true;
    (void)text_print(text, sizeof text,
                     "its folder stays here: %s. Move that away, or make a mailbox of this name on the server", why);
    report_mailbox(run->report, run->account->name, run_called(mailbox), "stays-here", text);
    return true;
}

bool
going_keep_folder(struct run *run, struct mailbox *mailbox, const char *why)
{
    return say_held(run, mailbox, why) && say_stays(run, mailbox, why) && going_keep(run, mailbox, why);
}

bool
going_is_below(const struct mailbox *mailbox, const struct mailbox *above)
{
    const size_t length = strlen(above->row.name);

    return strncmp(mailbox->row.name, above->row.name, length) == 0 && mailbox->row.name[length] == '/';
}
