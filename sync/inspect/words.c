/* Lines that both kinds of accounts are told in, and names. */
#include "sync/inspect/check_private.h"
#include "sync/inspect/status_private.h"

void
check_say(struct report *report, const char *account, const char *capability, bool offered, const char *with,
          const char *without)
{
    report_line(report, account, "capability", "%-14s %s: %s", capability, offered ? "yes" : "no ",
                offered ? with : without);
}

const char *
status_mailbox(const struct status_view *view, int64_t id)
{
    for (size_t i = 0; i < view->count; i++) {
        if (view->mailboxes[i].id == id)
            return view->mailboxes[i].name;
    }
    return "?";
}
