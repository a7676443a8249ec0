/* See restore.h. */
#include "sync/restore/private.h"

/* As the last sync knew it. */
static bool
load_map(struct restoring *restoring)
{
    struct names_mapped *before = NULL;
    char *text;
    bool ok;

    if (!journal_get(restoring->journal, "map", &text, &restoring->err))
        return false;
    ok = text == NULL || names_map_read(text, &before);
    if (ok)
        names_map_begin(&restoring->map, &restoring->account->policy, before);
    else
        error_set(&restoring->err, ERROR_LOCAL, "get memory");
    free(before);
    free(text);
    return ok;
}

static bool
work(struct restoring *restoring)
{
    if (!load_map(restoring) ||
        !journal_mailboxes(restoring->journal, &restoring->mailboxes, &restoring->mailbox_count, &restoring->err) ||
        !restore_choose(restoring))
        return false;
    if (!restoring->choice->put_back)
        return restore_list(restoring);
    return restore_aim(restoring) && restore_put_back(restoring);
}

int
restore_run(const struct account *account, const struct sync_options *options, const struct restore_choice *choice,
            struct local local, struct journal *journal, struct report *report)
{
    struct restoring restoring = {
        .account = account, .options = options, .choice = choice, .local = local, .journal = journal, .report = report};
    bool ok;
    int status;

    restoring.now = options->now != NULL ? options->now(options->now_context) : (int64_t)time(NULL);
    ok = work(&restoring);
    status = !ok ? error_status(restoring.err.kind) : restoring.failed != 0 || restore_stopped(&restoring) ? 1 : 0;
    if (!ok) {
        (void)text_print(restoring.err.account, sizeof restoring.err.account, "%s", account->name);
        report_error(report, &restoring.err);
    }
    if (choice->put_back && (ok || restoring.put_back != 0)) {
        const struct report_restored restored = {.put_back = restoring.put_back,
                                                 .back_already = restoring.back_already,
                                                 .failed = restoring.failed,
                                                 .staying = restoring.staying,
                                                 .bytes = restoring.bytes,
                                                 .dry = choice->dry,
                                                 .interrupted = restore_stopped(&restoring),
                                                 .to_dir = choice->to_dir};

        report_restored(report, account->name, &restored);
    }
    local.ops->close(local.self);
    journal_mailboxes_free(restoring.mailboxes, restoring.mailbox_count);
    free(restoring.entries);
    free(restoring.targets);
    return status;
}
