/* golub restore: list what the quarantine of one account holds, and put it back. */
#include "config/files.h"
#include "config/jobs.h"
#include "config/options_value.h"
#include "config/paths.h"
#include "sync/account.h"
#include "sync/restore/restore.h"
#include "sync/rules/names.h"

static bool
take_ids(const struct options *options, int64_t **ids, struct error *err)
{
    uint64_t id = 0;

    *ids = calloc(options->rest_count + 1, sizeof **ids);
    if (*ids == NULL) {
        error_set(err, ERROR_LOCAL, "get memory");
        return false;
    }
    for (size_t i = 0; i < options->rest_count; i++) {
        if (text_number(text_of(options->rest[i]), INT64_MAX, &id)) /* as options_check_restore has seen */
            (*ids)[i] = (int64_t)id;
    }
    return true;
}

static bool
expand(const char *path, char **absolute, struct error *err)
{
    char *here = getcwd(NULL, 0);
    const bool ok = paths_expand(path, here != NULL ? here : "/", absolute, err);

    free(here);
    return ok;
}

struct words { /* of the command line, as restore_choice takes them */
    char mailbox[LIMIT_MAILBOX_NAME + 1], to[LIMIT_MAILBOX_NAME + 1];
    int64_t *ids;
    char *to_dir;
};

/* One that is too long is no mailbox's, as it stands. */
static const char *
take_name(const char *written, char name[static LIMIT_MAILBOX_NAME + 1])
{
    return written != NULL && names_from_user(written, name) ? name : written;
}

static bool
fill_choice(const struct job *job, struct restore_choice *choice, struct words *words, struct error *err)
{
    const struct options *options = job->options;

    if (!take_ids(options, &words->ids, err) ||
        (options->to_dir != NULL && !expand(options->to_dir, &words->to_dir, err)))
        return false;
    *choice = (struct restore_choice){.mailbox = take_name(job->mailboxes[0], words->mailbox),
                                      .last_run = options->run != NULL && strcmp(options->run, "last") == 0,
                                      .ids = words->ids,
                                      .id_count = options->rest_count,
                                      .put_back = options->all || options->rest_count != 0,
                                      .dry = options->dry_run,
                                      .to = take_name(options->to, words->to),
                                      .to_dir = words->to_dir};
    if (options->run != NULL && !choice->last_run && !text_number(text_of(options->run), INT64_MAX, &choice->run))
        choice->run = 0;
    return options->since == NULL || options_since(options->since, (int64_t)time(NULL), &choice->since);
}

/* Nothing but what is asked for comes down, and nothing goes up. */
static int
restore_altered(struct job *job)
{
    struct sync_options how = job_options(job);
    struct error err = {0};
    struct files files;
    int status;

    job->account.policy.push = (struct direction){0};
    job->account.policy.pull = (struct direction){.new_mail = true};
    if (files_find(job->options->rest, job->options->rest_count, job->account.maildir, &files, &err)) {
        how.altered = files.list;
        how.altered_count = files.count;
        status = account_sync(&job->account, &how, job->report);
    } else {
        (void)text_print(err.account, sizeof err.account, "%s", job->account.name);
        report_error(job->report, &err);
        status = error_status(err.kind);
    }
    files_free(&files);
    return status;
}

static int
restore_one(struct job *job)
{
    struct sync_options how = job_options(job);
    struct restore_choice choice;
    struct words words = {0};
    struct error err = {0};
    int status = 2;

    if (fill_choice(job, &choice, &words, &err)) {
        how.restore = &choice;
        how.mailboxes = NULL;
        status = account_restore(&job->account, &how, job->report);
    } else {
        report_error(job->report, &err);
    }
    free(words.ids);
    free(words.to_dir);
    return status;
}

static bool
check_kind(const struct jobs *jobs, struct error *err)
{
    const struct account *account = &jobs->list[0].account;

    if (!account_is_pop(account))
        return true;
    error_state(err, ERROR_CONFIG, "account \"%s\" is a POP one: an import removes nothing here", account->name);
    error_hint(err,
               "Mail of its tree that a sync removed is in the quarantine of the IMAP account that keeps the tree.");
    return false;
}

/* @return false: no memory, or a path that can't be followed. *below: equal, or inside of it */
static bool
is_below(const char *folder, const char *root, bool *below, struct error *err)
{
    char *real = NULL;
    const bool ok = root == NULL || paths_resolve(root, &real, err);

    *below = real != NULL && strlen(folder) >= strlen(real) && paths_overlap(folder, real);
    free(real);
    return ok;
}

/* In an account's tree the next sync would meet folders that nobody knows, or take for its own what was put beside it. */
static bool
check_folder(const struct settings *settings, const char *written, struct error *err)
{
    char *absolute = NULL, *real = NULL;
    bool ok = written == NULL || (expand(written, &absolute, err) && paths_resolve(absolute, &real, err));

    for (size_t i = 0; ok && real != NULL && i < settings->count; i++) {
        const struct account *account = &settings->accounts[i].account;
        bool mail, state;

        ok = is_below(real, account->maildir, &mail, err) && is_below(real, account->state, &state, err);
        if (!ok || (!mail && !state))
            continue;
        error_state(err, ERROR_CONFIG,
                    "--to-dir takes a folder that is no account's: %s is in the %s of account \"%s\"", absolute,
                    mail ? "Maildir" : "state folder", account->name);
        error_hint(err, "--to MAILBOX puts messages into a mailbox of the account.");
        ok = false;
    }
    free(real);
    free(absolute);
    return ok;
}

int
cmd_restore(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && check_kind(&jobs, &err) &&
        check_folder(settings, options->to_dir, &err))
        status = jobs_run(&jobs, options->altered ? restore_altered : restore_one, false);
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}
