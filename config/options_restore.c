/* The words of `golub restore`: which messages, and what becomes of them. */
#include "config/options_restore.h"

#include "config/options_value.h"

static bool
refuse(struct error *err, const char *what, const char *hint)
{
    error_state(err, ERROR_CONFIG, "%s", what);
    error_hint(err, "%s", hint);
    return false;
}

static bool
check_altered(const struct options *options, struct error *err)
{
    if (options->all || options->since != NULL || options->run != NULL || options->to != NULL ||
        options->to_dir != NULL)
        return refuse(err, "--altered takes files and nothing else", "golub restore ACCOUNT --altered FILE...");
    if (options->rest_count == 0)
        return refuse(err, "--altered takes files",
                      "golub restore ACCOUNT --altered FILE...; `golub status` lists those that were altered.");
    if (strchr(options->names[0], '/') != NULL)
        return refuse(err, "--altered takes files of an account", "golub restore ACCOUNT --altered FILE...");
    return true;
}

static bool
check_ids(const struct options *options, struct error *err)
{
    uint64_t id;

    for (size_t i = 0; i < options->rest_count; i++) {
        if (text_number(text_of(options->rest[i]), INT64_MAX, &id) && id != 0)
            continue;
        error_state(err, ERROR_CONFIG, "not an ID: %.100s", options->rest[i]);
        error_hint(err, "IDs are numbers; `golub restore %.100s` lists them.", options->names[0]);
        return false;
    }
    return true;
}

static bool
check_values(const struct options *options, struct error *err)
{
    uint64_t run;
    int64_t since;

    if (options->since != NULL && !options_since(options->since, 0, &since)) {
        error_state(err, ERROR_CONFIG, "--since takes a time or a date: %.100s is none", options->since);
        error_hint(err, "A number with s, m, h, d or w behind it, such as 3d; or a day, such as 2026-11-28.");
        return false;
    }
    if (options->run != NULL && strcmp(options->run, "last") != 0 &&
        (!text_number(text_of(options->run), INT64_MAX, &run) || run == 0)) {
        error_state(err, ERROR_CONFIG, "--run takes last, or the number of a run: %.100s is none", options->run);
        error_hint(err, "`golub restore %.100s` shows the numbers.", options->names[0]);
        return false;
    }
    return true;
}

bool
options_check_restore(const struct options *options, struct error *err)
{
    if (options->command != COMMAND_RESTORE)
        return true;
    if (options->name_count != 1)
        return refuse(err, "restore takes one account", "Name it: golub restore ACCOUNT");
    if (options->altered)
        return check_altered(options, err);
    if (options->all && options->rest_count != 0)
        return refuse(err, "--all and IDs contradict each other", "Give the one or the other.");
    if (options->rest_count != 0 && (options->since != NULL || options->run != NULL))
        return refuse(err, "IDs say which messages are meant: --since and --run go with --all or with the list",
                      "Leave them out.");
    if (options->to != NULL && options->to_dir != NULL)
        return refuse(err, "--to and --to-dir contradict each other", "Give the one or the other.");
    if ((options->to != NULL || options->to_dir != NULL) && !options->all && options->rest_count == 0)
        return refuse(err, "--to and --to-dir put messages back: say which", "Give their IDs, or --all.");
    if ((options->to != NULL && options->to[0] == '\0') || (options->to_dir != NULL && options->to_dir[0] == '\0'))
        return refuse(err, "--to and --to-dir take a name", "golub restore ACCOUNT ID... --to MAILBOX");
    return check_ids(options, err) && check_values(options, err);
}
