/* See gone_news.h. */
#include "sync/observe/gone_news.h"

#include <inttypes.h>

#define GONE "gone-here" /* what is pending of such a mailbox */

/* Where the mailbox is to go there, new mail brings its folder back (sync/apply/going.h). */
static bool
has_news(const struct run *run, const struct mailbox *mailbox)
{
    return !mailbox_may_go(SIDE_THERE, false, &run->account->policy) && mailbox->row.state == MAILBOX_GONE_LOCAL &&
           mailbox->chosen && mailbox->listed && mailbox->has_status && mailbox->row.id != 0 &&
           mailbox->row.uidvalidity == mailbox->uidvalidity && mailbox->uidnext > mailbox->row.uidnext &&
           mailbox->messages != 0;
}

static bool
say(struct run *run, struct mailbox *mailbox)
{
    struct journal_pending known;
    char why[160];
    bool found;

    (void)text_print(why, sizeof why,
                     "its folder is gone here, and new mail came to it on the server, up to UID %" PRIu32
                     ": make the folder again to have it here",
                     mailbox->uidnext - 1);
    if (!journal_pending_get(run->journal, mailbox->row.id, 0, &known, &found, &run->err))
        return false;
    if (found && (strcmp(known.detail, GONE) != 0 || strcmp(known.why, why) == 0))
        return true;
    report_mailbox(run->report, run->account->name, run_called(mailbox), "gone-here-news", why);
    return run_begin(run) && run_end(run, run_pending(run, mailbox, 0, PENDING_POLICY, GONE, why, NULL));
}

bool
gone_news_say(struct run *run)
{
    bool ok = true;

    for (size_t i = 0; ok && i < run->count; i++)
        ok = !has_news(run, &run->mailboxes[i]) || say(run, &run->mailboxes[i]);
    return ok;
}
