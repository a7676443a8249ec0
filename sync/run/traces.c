/* Traces of other programs: traces.h. */
#include "sync/run/traces.h"

#include <inttypes.h>

#include "sync/run/run.h"

#define TRACES_KEY "traces" /* of meta: both times */

static void
keep_newer(int64_t *kept, int64_t seen)
{
    if (seen > *kept)
        *kept = seen;
}

void
traces_of_folder(const struct local *local, const char *folder, struct traces *traces)
{
    struct local_traces found;

    local->ops->traces(local->self, folder, &found);
    keep_newer(&traces->mbsync, found.changed);
}

/* "1732612345_0.4711.host,U=7,FMD5=...": mail that a user moves keeps the time at which it was delivered. */
void
traces_of_name(const char *base, struct traces *traces)
{
    const size_t digits = strspn(base, "0123456789");
    const char *sign = strstr(base, ",FMD5=");
    uint64_t delivered = 0;

    if (sign == NULL || strspn(sign + 6, "0123456789abcdef") < 32)
        return;
    if (!text_number((struct text){base, digits}, INT64_MAX, &delivered) || delivered == 0)
        delivered = 1;
    keep_newer(&traces->offlineimap, (int64_t)delivered);
}

static void
tell(struct report *report, const char *account, const char *program)
{
    char text[160];

    (void)text_print(text, sizeof text, "%s keeps this tree: stop it first, or both will undo each other's work",
                     program);
    report_mailbox(report, account, "", "kept-by-another", text);
}

void
traces_tell(const struct traces *traces, struct report *report, const char *account)
{
    if (traces->mbsync != 0)
        tell(report, account, "mbsync");
    if (traces->offlineimap != 0)
        tell(report, account, "OfflineIMAP");
}

static void
parse(const char *text, struct traces *traces)
{
    if (text == NULL || sscanf(text, "%" SCNd64 " %" SCNd64, &traces->mbsync, &traces->offlineimap) != 2)
        *traces = (struct traces){0};
}

bool
traces_before(struct run *run)
{
    char *text;

    if (run->traces_known)
        return true;
    if (!journal_get(run->journal, TRACES_KEY, &text, &run->err))
        return false;
    parse(text, &run->traces_told);
    free(text);
    run->traces_before = run->traces_told;
    return run->traces_known = true;
}

bool
traces_say(struct run *run)
{
    struct traces told, news = run->traces;
    char now[64];

    if (news.mbsync == 0 && news.offlineimap == 0)
        return true;
    if (!traces_before(run))
        return false;
    told = run->traces_told;
    news.mbsync = news.mbsync > told.mbsync ? news.mbsync : 0;
    news.offlineimap = news.offlineimap > told.offlineimap ? news.offlineimap : 0;
    if (news.mbsync == 0 && news.offlineimap == 0)
        return true;
    traces_tell(&news, run->report, run->account->name);
    keep_newer(&told.mbsync, news.mbsync);
    keep_newer(&told.offlineimap, news.offlineimap);
    run->traces_told = told;
    (void)text_print(now, sizeof now, "%" PRId64 " %" PRId64, told.mbsync, told.offlineimap);
    return journal_set(run->journal, TRACES_KEY, now, &run->err);
}
