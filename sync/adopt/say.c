/* What golub adopt tells of each mailbox, and what it leaves to be compared. */
#include "sync/adopt/private.h"

#include <inttypes.h>

#define SAID 400 /* bytes of a line */

static void
add(char text[static SAID], uint64_t count, const char *words)
{
    const size_t used = strlen(text);

    if (count != 0)
        (void)text_print(text + used, SAID - used, ", %" PRIu64 " %s", count, words);
}

static void
say_taken(const struct adopting *adopting, size_t i)
{
    struct run *run = adopting->run;
    const struct adopt_mailbox *mailbox = &adopting->mailboxes[i];
    char text[SAID];

    if (mailbox->settled + mailbox->gone_here + mailbox->gone_there + mailbox->apart + mailbox->unproven == 0)
        return;
    (void)text_print(text, sizeof text, "%" PRIu64 " taken over from %s", mailbox->settled,
                     adopt_names[mailbox->program]);
    add(text, mailbox->gone_here, "removed here since its last run");
    add(text, mailbox->gone_there, "removed on the server since its last run");
    add(text, mailbox->apart, "kept back, which it let go or did not carry");
    add(text, mailbox->unproven, "compared, which its state does not prove");
    report_mailbox(run->report, run->account->name, run->mailboxes[i].row.name, "adopted", text);
}

/* *hint: what became of it instead; NULL: nothing needs to be said, since only one side has mail, or golub keeps it already. */
static bool
find_hint(const struct adopting *adopting, size_t i, const char **hint)
{
    struct run *run = adopting->run;
    const struct mailbox *mailbox = &run->mailboxes[i];
    const bool why = adopting->mailboxes[i].why[0] != '\0';
    uint64_t here, there;

    *hint = NULL;
    if (adopting->mailboxes[i].known || !mailbox->chosen || mailbox->row.id == 0)
        return true;
    if (!journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_BASE, &here, &run->err) ||
        !journal_message_count(run->journal, mailbox->row.id, WHICH_WITH_UID, &there, &run->err))
        return false;
    if (!mailbox->listed)
        *hint = why ? "Say which mailbox it is with `map`, rename the folder, or leave it out of `mailboxes`, before "
                      "the next sync sends it up."
                    : NULL;
    else if (mailbox_is_open(mailbox) && ((here != 0 && there != 0) || (why && (here != 0 || there != 0))))
        *hint = "Both sides were compared instead.";
    return true;
}

static const char *
why_not(const struct adopt_mailbox *mailbox)
{
    if (mailbox->why[0] != '\0')
        return mailbox->why;
    if (mailbox->unfit[0] != '\0')
        return mailbox->unfit;
    return mailbox->path != NULL ? "its state names no message" : "it left no state for it";
}

bool
adopt_say(struct run *run, const struct adopting *adopting)
{
    for (size_t i = 0; i < adopting->count; i++) {
        const struct adopt_mailbox *mailbox = &adopting->mailboxes[i];
        const char *hint;
        char what[160];

        if (mailbox->taken) {
            say_taken(adopting, i);
            continue;
        }
        if (!find_hint(adopting, i, &hint))
            return false;
        if (hint == NULL)
            continue;
        (void)text_print(what, sizeof what, "take over what %s knows of this mailbox", adopt_names[mailbox->program]);
        run_complain(run, &run->mailboxes[i], what, why_not(mailbox), hint);
    }
    return true;
}
