/* What of a line that was read fits together. Which words there are: options.c. */
#include "config/options_check.h"

#include "config/options_command.h"
#include "config/options_init.h"
#include "config/options_restore.h"
#include "config/options_value.h"
#include "config/options_verify.h"
#include "store/foreign/uidls.h"

#define JOBS_MAX 1000 /* accounts at once */

enum {
    SYNC = 1u << COMMAND_SYNC,
    IMPORT = 1u << COMMAND_IMPORT,
    STATUS = 1u << COMMAND_STATUS,
    ADOPT = 1u << COMMAND_ADOPT,
    RESTORE = 1u << COMMAND_RESTORE,
    VERIFY = 1u << COMMAND_VERIFY,
    WATCH = 1u << COMMAND_WATCH,
    KEYWORD = 1u << COMMAND_KEYWORD,
    INIT = 1u << COMMAND_INIT
};

/* Options that mean something to some commands only. */
static bool
check_command(const struct options *options, struct error *err)
{
    const struct {
        bool given;
        const char *word;
        unsigned commands;
    } rows[] = {
        {options->dry_run, "--dry-run", SYNC | IMPORT | ADOPT | RESTORE | INIT},
        {options->pull, "--pull", SYNC},
        {options->push, "--push", SYNC},
        {options->confirm, "--confirm-deletes", SYNC | IMPORT},
        {options->reject, "--reject-deletes", SYNC | IMPORT},
        {options->confirm_additions, "--confirm-additions", SYNC},
        {options->reject_additions, "--reject-additions", SYNC},
        {options->skip_existing, "--skip-existing", IMPORT},
        {options->adopt != NULL, "--adopt", IMPORT},
        {options->adopt_as != NULL, "--adopt-as", IMPORT},
        {options->from != NULL, "--from", ADOPT},
        {options->state != NULL, "--state", ADOPT},
        {options->max_age_given != NULL, "--max-age", STATUS},
        {options->jobs_given != NULL, "--jobs", SYNC | IMPORT},
        {options->wait, "--wait", SYNC | IMPORT | ADOPT | RESTORE | VERIFY | KEYWORD},
        {options->no_progress, "--no-progress", SYNC | IMPORT | WATCH},
        {options->all, "--all", RESTORE},
        {options->since != NULL, "--since", RESTORE},
        {options->run != NULL, "--run", RESTORE},
        {options->to != NULL, "--to", RESTORE},
        {options->to_dir != NULL, "--to-dir", RESTORE},
        {options->altered, "--altered", RESTORE},
        {options->write, "--write", KEYWORD},
        {options->server, "--server", VERIFY},
        {options->bytes, "--bytes", VERIFY},
        {options->part_text != NULL, "--part", VERIFY},
    };
    char list[200];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].given || (rows[i].commands & 1u << options->command) != 0)
            continue;
        options_list_commands(rows[i].commands, list, sizeof list);
        error_state(err, ERROR_CONFIG, "%s belongs to %s", rows[i].word, list);
        if (options->command == COMMAND_IMPORT && (rows[i].commands & SYNC) != 0)
            error_hint(err, "An import goes one way by itself.");
        return false;
    }
    return true;
}

/* What an option with a value takes. */
static bool
check_values(struct options *options, struct error *err)
{
    uint64_t jobs;

    if (options->max_age_given != NULL && !options_time(options->max_age_given, &options->max_age)) {
        error_state(err, ERROR_CONFIG, "--max-age takes a time: %.100s is none", options->max_age_given);
        error_hint(err, "A number with s, m, h, d or w behind it, such as 36h or 1d.");
        return false;
    }
    if (options->wait_given != NULL && !options_time(options->wait_given, &options->wait_s)) {
        error_state(err, ERROR_CONFIG, "--wait takes a time, or nothing: %.100s is none", options->wait_given);
        error_hint(err, "A number with s, m, h, d or w behind it, such as 30s or 10m.");
        return false;
    }
    if (options->jobs_given == NULL)
        return true;
    if (!text_number(text_of(options->jobs_given), JOBS_MAX, &jobs) || jobs == 0) {
        error_state(err, ERROR_CONFIG, "--jobs takes a number from 1 to %d: %.100s is none", JOBS_MAX,
                    options->jobs_given);
        return false;
    }
    options->jobs = (size_t)jobs;
    return true;
}

static const char *
deletes_word(const struct options *options)
{
    return options->reject ? "--reject-deletes" : "--confirm-deletes";
}

/* The list of another program's is one maildrop's. */
static bool
check_adopt(const struct options *options, struct error *err)
{
    if (options->adopt_as != NULL && uidls_kind_of(options->adopt_as) == UIDLS_UNKNOWN) {
        error_state(err, ERROR_CONFIG, "no program that golub knows: --adopt-as %.100s", options->adopt_as);
        error_hint(err, "It is getmail, mpop or fetchmail.");
        return false;
    }
    if (options->adopt == NULL) {
        if (options->adopt_as == NULL)
            return true;
        error_state(err, ERROR_CONFIG, "--adopt-as says what the file of --adopt is");
        error_hint(err, "golub import ACCOUNT --adopt FILE --adopt-as %s", options->adopt_as);
        return false;
    }
    if (options->skip_existing || options->confirm || options->reject) {
        error_state(err, ERROR_CONFIG, "--adopt and %s contradict each other",
                    options->skip_existing ? "--skip-existing" : deletes_word(options));
        error_hint(err, "The first only records what the file names; run the two one after the other.");
        return false;
    }
    if (options->name_count == 1)
        return true;
    error_state(err, ERROR_CONFIG, "a list of another program's belongs to one account");
    error_hint(err, "Name it: golub import ACCOUNT --adopt FILE");
    return false;
}

/* A state is one account's. */
static bool
check_taking_over(const struct options *options, struct error *err)
{
    if (options->command != COMMAND_ADOPT)
        return true;
    if (options->from != NULL && strcmp(options->from, "mbsync") != 0 && strcmp(options->from, "offlineimap") != 0) {
        error_state(err, ERROR_CONFIG, "no program that golub knows: --from %.100s", options->from);
        error_hint(err, "It is mbsync or offlineimap.");
        return false;
    }
    if (options->name_count != 1) {
        error_state(err, ERROR_CONFIG, "adopt takes one account");
        error_hint(err, "Name it: golub adopt ACCOUNT");
        return false;
    }
    if (strchr(options->names[0], '/') == NULL)
        return true;
    error_state(err, ERROR_CONFIG, "adopt takes an account with all its mailboxes: %.100s", options->names[0]);
    error_hint(err, "golub adopt %.*s", (int)strcspn(options->names[0], "/"), options->names[0]);
    return false;
}

static bool
check_together(struct options *options, struct error *err)
{
    if (options->pull && options->push) {
        error_state(err, ERROR_CONFIG, "--pull and --push together leave nothing to do");
        error_hint(err, "Without either of them golub goes both ways.");
        return false;
    }
    if (options->quiet > 0 && options->verbose > 0) {
        error_state(err, ERROR_CONFIG, "--quiet and --verbose contradict each other");
        return false;
    }
    if (options->confirm && options->reject) {
        error_state(err, ERROR_CONFIG, "--confirm-deletes and --reject-deletes contradict each other");
        error_hint(err, "The one removes what is held, the other brings it back.");
        return false;
    }
    if (options->deletes_id != NULL && options->deletes_id[0] == '\0') {
        error_state(err, ERROR_CONFIG, "%s= needs the ID of a list", deletes_word(options));
        error_hint(err, "golub status shows it.");
        return false;
    }
    if (options->confirm_additions && options->reject_additions) {
        error_state(err, ERROR_CONFIG, "--confirm-additions and --reject-additions contradict each other");
        error_hint(err, "The one sends what is held, the other keeps it here alone.");
        return false;
    }
    if (options->additions_id != NULL && options->additions_id[0] == '\0') {
        error_state(err, ERROR_CONFIG, "--%s-additions= needs the ID of a list",
                    options->confirm_additions ? "confirm" : "reject");
        error_hint(err, "golub status shows it.");
        return false;
    }
    if (options->skip_existing && (options->confirm || options->reject)) {
        error_state(err, ERROR_CONFIG, "--skip-existing and %s contradict each other", deletes_word(options));
        error_hint(err, "The first only records what is there; run the two one after the other.");
        return false;
    }
    return check_command(options, err) && check_values(options, err) && check_adopt(options, err) &&
           check_taking_over(options, err) && options_check_restore(options, err) && options_check_part(options, err) &&
           options_check_init(options, err);
}

static bool
check_names(const struct options *options, struct error *err)
{
    for (size_t i = 0; options->command != COMMAND_INIT && i < options->name_count; i++) {
        const char *name = options->names[i], *slash = strchr(name, '/');

        if (name[0] == '\0' || slash == name || (slash != NULL && slash[1] == '\0')) {
            error_state(err, ERROR_CONFIG, "not a name: \"%s\"", name);
            error_hint(err, "Write ACCOUNT or ACCOUNT/MAILBOX.");
            return false;
        }
        if (slash != NULL && (1u << options->command & (SYNC | RESTORE | VERIFY | KEYWORD)) == 0) {
            error_state(err, ERROR_CONFIG,
                        "only golub sync, golub restore, golub verify and golub keyword take a mailbox: %s", name);
            error_hint(err, "Name the account alone: %.*s", (int)(slash - name), name);
            return false;
        }
    }
    return true;
}

bool
options_check(struct options *options, struct error *err)
{
    return check_together(options, err) && check_names(options, err);
}
