/* golub keyword: keywords of files, whatever account's tree they stand in, and the list of them all. */
#include "config/files.h"
#include "config/jobs.h"
#include "config/options_keyword.h"
#include "sync/account.h"
#include "sync/keyword/keyword.h"
#include "sync/report/report.h"
#include "sync/rules/names.h"

#define WAIT_S 10 /* for a run that is under way */

static bool
no_memory(struct error *err)
{
    error_set(err, ERROR_LOCAL, "get memory");
    return false;
}

/* ---- the list ---- */

static int
list_one(struct job *job)
{
    struct sync_options how = job_options(job);
    char name[LIMIT_MAILBOX_NAME + 1];
    struct keyword_choice choice = {0};
    int status = 0, worst = 0;

    choice.write = job->options->write;
    if (choice.write && !how.wait_for_lock) {
        how.wait_for_lock = true;
        how.wait_s = WAIT_S;
    }
    for (size_t i = 0; i == 0 || i < job->mailbox_count; i++) {
        choice.mailbox = job->mailbox_count != 0 ? job->mailboxes[i] : NULL;
        if (choice.mailbox != NULL && names_from_user(choice.mailbox, name))
            choice.mailbox = name;
        status = account_keyword(&job->account, &how, &choice, job->report);
        worst = jobs_worse(worst, status);
    }
    report_account_end(job->report, job->account.name, worst);
    return worst;
}

/* An import knows nothing of keywords. */
static bool
leave_out_pop(const struct options *options, struct jobs *jobs, struct jobs *others, struct error *err)
{
    const size_t pop = jobs_pop_first(jobs);

    *others = (struct jobs){jobs->list + pop, jobs->count - pop};
    if (pop == 0 || options->name_count == 0)
        return true;
    error_state(err, ERROR_CONFIG, "account \"%s\" is a POP one: its messages have no keywords",
                jobs->list[0].account.name);
    error_hint(err, "Name IMAP accounts: golub keyword list ACCOUNT");
    return false;
}

static int
list(struct settings *settings, const struct options *options, struct report *report)
{
    struct error err = {0};
    struct jobs jobs, others;
    int status = 2;

    if (jobs_choose(settings, options, report, &jobs, &err) && leave_out_pop(options, &jobs, &others, &err))
        status = others.count != 0 ? jobs_run(&others, list_one, false) : 0;
    else
        report_error(report, &err);
    jobs_free(&jobs);
    return status;
}

/* ---- files ---- */

struct named {                    /* what the command line names */
    struct files *files;          /* of each path: the file, in the account's tree */
    const struct account **whose; /* ... and the account */
    const char **paths;
    size_t count;
    struct keyword_word *words;
    size_t word_count;
};

static bool
find_account(const struct settings *settings, const char *path, struct files *file, const struct account **whose,
             struct error *err)
{
    struct error first = {0};

    *whose = NULL;
    for (size_t i = 0; i < settings->count; i++) {
        const struct account *account = &settings->accounts[i].account;
        struct error why = {0};

        if (account_is_pop(account))
            continue;
        if (files_find(&path, 1, account->maildir, file, &why)) {
            *whose = account;
            return true;
        }
        files_free(file);
        if (first.kind == ERROR_NONE)
            first = why;
    }
    *err = first;
    if (first.kind == ERROR_NONE)
        error_state(err, ERROR_CONFIG, "%.200s: there is no IMAP account whose file it could be", path);
    return false;
}

static bool
take_words(const struct options *options, const struct settings *settings, struct named *named, struct error *err)
{
    named->files = calloc(options->rest_count + 1, sizeof *named->files);
    named->whose = calloc(options->rest_count + 1, sizeof *named->whose);
    named->paths = calloc(options->rest_count + 1, sizeof *named->paths);
    named->words = calloc(options->rest_count + 1, sizeof *named->words);
    if (named->files == NULL || named->whose == NULL || named->paths == NULL || named->words == NULL)
        return no_memory(err);
    for (size_t i = 0; i < options->rest_count; i++) {
        const char *word = options->rest[i];

        if (options_is_keyword(options, i)) {
            named->words[named->word_count++] = (struct keyword_word){.word = word + 1, .set = word[0] == '+'};
            continue;
        }
        named->paths[named->count] = word;
        if (!find_account(settings, word, &named->files[named->count], &named->whose[named->count], err))
            return false;
        named->count++;
    }
    return true;
}

/* All files of one account. */
static int
do_account(const struct account *account, const struct options *options, const struct named *named,
           struct report *report)
{
    struct local_file *files = calloc(named->count + 1, sizeof *files);
    const char **paths = calloc(named->count + 1, sizeof *paths);
    struct keyword_choice choice = {
        .files = files, .paths = paths, .words = named->words, .word_count = named->word_count};
    const struct sync_options how = {.wait_for_lock = true, .wait_s = options->wait ? options->wait_s : WAIT_S};
    struct error err = {0};
    int status = 1;

    if (files == NULL || paths == NULL) {
        (void)no_memory(&err);
        report_error(report, &err);
    } else {
        for (size_t i = 0; i < named->count; i++) {
            if (named->whose[i] != account)
                continue;
            files[choice.file_count] = named->files[i].list[0];
            paths[choice.file_count++] = named->paths[i];
        }
        status = choice.file_count != 0 ? account_keyword(account, &how, &choice, report) : 0;
        if (choice.file_count != 0)
            report_account_end(report, account->name, status);
    }
    free(files);
    free(paths);
    return status;
}

int
cmd_keyword(struct settings *settings, const struct options *options, struct report *report)
{
    struct named named = {0};
    struct error err = {0};
    int status = 0;

    if (options->rest_count == 0)
        return list(settings, options, report);
    if (take_words(options, settings, &named, &err)) {
        for (size_t i = 0; i < settings->count; i++)
            status = jobs_worse(status, do_account(&settings->accounts[i].account, options, &named, report));
    } else {
        report_error(report, &err);
        status = 2;
    }
    for (size_t i = 0; named.files != NULL && i < named.count; i++)
        files_free(&named.files[i]);
    free(named.files);
    free(named.whose);
    free(named.paths);
    free(named.words);
    return status;
}
