/* The record of what was done: one call counts it and shows it. */
#include "sync/report/private.h"

void
report_done(struct report *report, const char *account, struct report_counts *counts, const struct report_done *done)
{
    const struct act_words *words = report_act_words(done->act);

    report_count(counts, done);
    if (done->act == DID_RENAME_HERE || done->act == DID_RENAME_THERE)
        report_renamed(report, account, done);
    else if (words->event != NULL && !done->dry)
        report_mailbox(report, account, done->mailbox, words->event, words->done);
    else
        report_message(report, account, done);
}
