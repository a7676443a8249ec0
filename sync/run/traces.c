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

static bool
name_key(const struct mailbox *mailbox, char key[static 64])
{
    return text_print(key, 64, "mbsync %" PRId64, mailbox->row.id);
}

/* A version before wrote one number, of whichever was newer. */
static bool
load_times(struct run *run, struct mailbox *mailbox)
{
    struct traces_of *of = &mailbox->traces;
    char key[64], *text = NULL;

    if (of->known)
        return true;
    of->before = (struct traces_times){-1, -1};
    if (!traces_before(run) ||
        (mailbox->row.id != 0 && name_key(mailbox, key) && !journal_get(run->journal, key, &text, &run->err)))
        return false;
    if (text == NULL || sscanf(text, "%" SCNd64 " %" SCNd64, &of->before.folder, &of->before.state) != 2)
        of->before = (struct traces_times){-1, -1};
    free(text);
    of->now = of->written = of->before;
    return of->known = true;
}

bool
traces_look(struct run *run, struct mailbox *mailbox, bool again)
{
    struct local_traces found;

    if (!load_times(run, mailbox))
        return false;
    if (mailbox->traces.looked && !again)
        return true;
    mailbox->traces.looked = true;
    run->local.ops->traces(run->local.self, mailbox->row.folder, &found);
    mailbox->traces.now.folder = found.changed;
    keep_newer(&run->traces.mbsync, found.changed);
    return true;
}

/* Before each folder had its own time there was one for all. What stands in the future was a clock's fault, and says nothing. */
static bool
is_after_all(const struct run *run, int64_t changed)
{
    const int64_t told = run->traces_before.mbsync;

    return changed > told || told / INT64_C(1000000000) > run->now;
}

static bool
is_new(const struct run *run, int64_t now, int64_t before)
{
    return now > 0 && (before == -1 ? is_after_all(run, now) : now != before);
}

bool
traces_are_new(const struct run *run, const struct mailbox *mailbox)
{
    return mailbox->traces.known && is_new(run, mailbox->traces.now.folder, mailbox->traces.before.folder);
}

bool
traces_state_is_new(const struct run *run, struct mailbox *mailbox, int64_t changed)
{
    mailbox->traces.now.state = changed;
    return is_new(run, changed, mailbox->traces.before.state);
}

/* *news: it is to be told. */
static bool
write_times(struct run *run, struct mailbox *mailbox, bool *news)
{
    struct traces_of *of = &mailbox->traces;
    char key[64], text[64];

    if (!of->known || mailbox->row.id == 0 ||
        (of->now.folder == of->written.folder && of->now.state == of->written.state) ||
        (of->now.folder <= 0 && of->written.folder == -1 && of->now.state == of->written.state))
        return true;
    *news = *news || (of->now.folder != of->written.folder && is_new(run, of->now.folder, of->written.folder));
    of->written = of->now;
    (void)text_print(text, sizeof text, "%" PRId64 " %" PRId64, of->now.folder, of->now.state);
    return name_key(mailbox, key) && journal_set(run->journal, key, text, &run->err);
}

bool
traces_say(struct run *run)
{
    struct traces told, news = {0};
    char before[64], now[64];
    bool mbsync = false, ok = traces_before(run);

    for (size_t i = 0; ok && i < run->count; i++)
        ok = write_times(run, &run->mailboxes[i], &mbsync);
    if (!ok)
        return false;
    told = run->traces_told;
    news.mbsync = mbsync ? run->traces.mbsync : 0;
    news.offlineimap = run->traces.offlineimap > told.offlineimap ? run->traces.offlineimap : 0;
    traces_tell(&news, run->report, run->account->name);
    (void)text_print(before, sizeof before, "%" PRId64 " %" PRId64, told.mbsync, told.offlineimap);
    keep_newer(&told.mbsync, news.mbsync);
    keep_newer(&told.offlineimap, news.offlineimap);
    run->traces_told = told;
    (void)text_print(now, sizeof now, "%" PRId64 " %" PRId64, told.mbsync, told.offlineimap);
    return strcmp(before, now) == 0 || journal_set(run->journal, TRACES_KEY, now, &run->err);
}
