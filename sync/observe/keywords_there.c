/* See keywords_there.h. */
#include "sync/observe/keywords_there.h"

#include "sync/rows/carried.h"
#include "sync/rows/chosen.h"
#include "sync/rules/merge.h"

#include <inttypes.h>

/* One that may only be read says nothing of what it keeps. */
bool
keywords_there_selected(struct run *run, struct mailbox *mailbox, const struct remote_selected *selected)
{
    const bool some = !selected->keywords && !selected->read_only;

    mailbox->keeps_keywords = selected->keywords && !selected->read_only;
    free(mailbox->permitted);
    mailbox->permitted = some ? strdup(selected->permitted != NULL ? selected->permitted : "") : NULL;
    return !some || mailbox->permitted != NULL || run_no_memory(run);
}

bool
keywords_there_cut(struct run *run, struct mailbox *mailbox, const struct remote_message *seen)
{
    char text[160];

    if (!seen->has_flags || !seen->cut)
        return false;
    (void)text_print(text, sizeof text,
                     "UID %" PRIu32 " has more keywords than golub keeps of a message (%d bytes): they are left alone",
                     seen->uid, KEYWORDS_MAX);
    if (!mailbox->said_cut)
        report_mailbox(run->report, run->account->name, run_called(mailbox), "keywords", text);
    mailbox->said_cut = true;
    return true;
}

bool
keywords_there_take(struct run *run, struct journal_message *message, const char *shown, bool first)
{
    if (first ? !carried_seen(run, message, shown)
              : !carried_since(run, message, shown) || !chosen_there(run, message, shown))
        return false;
    merge_keywords(message->keywords, shown);
    return true;
}
