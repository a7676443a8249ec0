/*
 * See avoided.h. What the words mean the remote alone knows. A server that ends the line at the STATUS of one mailbox would cost one line or two
 * in each run, for ever. A line that breaks by itself now and then means nothing: what was learned in two runs on end counts.
 */
#include "sync/run/avoided.h"

#include <inttypes.h>
#include <stdlib.h>

#define KEY "avoided" /* when it was learned last, whether in two runs on end, words */

bool
avoided_load(struct run *run)
{
    const struct remote server = run->attempts.server;
    uint64_t then, twice;
    const char *at;
    char *text;

    for (size_t i = 0; server.ops->expect_guid != NULL && i < run->count; i++) {
        if (run->mailboxes[i].row.objectid[0] != 'G')
            continue;
        server.ops->expect_guid(server.self);
        break;
    }
    if (server.ops->avoid == NULL)
        return true;
    if (!journal_get(run->journal, KEY, &text, &run->err))
        return false;
    at = text != NULL ? text : "";
    if (text_take_number(&at, &then) && text_take_number(&at, &twice) &&
        text_print(run->avoided, sizeof run->avoided, "%s", at)) {
        run->avoided_open = twice == 0 || !run_within(run, (int64_t)then, AGE_DAY);
        if (!run->avoided_open)
            server.ops->avoid(server.self, run->avoided);
    }
    (void)text_print(run->avoided_now, sizeof run->avoided_now, "%s", run->avoided);
    free(text);
    return true;
}

/* What it may have been renamed to only the server tells: then each run asks for all of it. */
static bool
is_missed(const struct run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->mailboxes[i].undecided)
            return true;
    return false;
}

void
avoided_write(struct run *run)
{
    const struct remote server = run->attempts.server;
    struct remote_info info;
    struct error ignored = {0};
    char text[REMOTE_AVOIDED + 40] = "";
    bool same;

    server.ops->info(server.self, &info);
    same = strcmp(info.avoided, run->avoided) == 0 && !is_missed(run);
    if (run->dry || (strcmp(info.avoided, run->avoided_now) == 0 && !run->avoided_open && !is_missed(run)) ||
        (info.avoided[0] == '\0' && !run->surveyed))
        return;
    if (info.avoided[0] != '\0')
        (void)text_print(text, sizeof text, "%" PRId64 " %d %s", run->now, same, info.avoided);
    if (!journal_begin(run->journal, &ignored)) /* not written, it is learned again */
        return;
    if (!journal_set(run->journal, KEY, text, &ignored) || !journal_commit(run->journal, &ignored)) {
        journal_rollback(run->journal);
        return;
    }
    run->avoided_open = false;
    (void)text_print(run->avoided_now, sizeof run->avoided_now, "%s", info.avoided);
}
