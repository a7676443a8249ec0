/* See options_init.h. Whether the values are good for anything, init itself sees. */
#include "config/options_init.h"

#include <getopt.h>

static const struct {
    const char *word, *needs;
} rows[INIT_OPTIONS] = {
    [INIT_ACCOUNT] = {"account", "a name"},
    [INIT_MAILDIR] = {"maildir", "a folder"},
    [INIT_PROTOCOL] = {"protocol", "imap or pop"},
    [INIT_SERVER] = {"server", "a server, such as imaps://imap.example.org"},
    [INIT_USER] = {"user", "a user's name"},
    [INIT_PASSWORD_COMMAND] = {"password-command", "a command that prints the password"},
    [INIT_KEEP] = {"keep", "a time, or forever"},
    [INIT_INTO] = {"into", "the name of an IMAP account"},
    [INIT_SECRET] = {"secret", "secret-tool, pass or file"},
    [INIT_TLS_CA_FILE] = {"tls-ca-file", "the name of a file"},
    [INIT_TLS_FINGERPRINT] = {"tls-fingerprint", "a fingerprint: 64 hexadecimal digits"},
    [INIT_EXPLAIN] = {"explain", NULL},
    [INIT_YES] = {"yes", NULL},
};

/* The first word that is neither an option nor the value of one; NULL: there is none. */
static const char *
first_word(int argc, char **argv, const char *letters, const struct option *table)
{
    int outcome;

    optind = 0; /* glibc: start anew */
    opterr = 0;
    do
        outcome = getopt_long(argc, argv, letters, table, NULL);
    while (outcome != 1 && outcome != -1);
    return outcome == 1 ? optarg : optind < argc ? argv[optind] : NULL;
}

bool
options_fit_server(int argc, char **argv, const char *letters, struct option *table, struct option *server,
                   bool (*is_command)(const char *word), struct error *err)
{
    const struct option plain = *server, valued = {server->name, required_argument, NULL, OPTION_INIT + INIT_SERVER};
    const char *without = first_word(argc, argv, letters, table), *with;

    *server = valued;
    with = first_word(argc, argv, letters, table);
    if (with != NULL && strcmp(with, "init") == 0 &&
        (without == NULL || strcmp(without, "init") == 0 || !is_command(without)))
        return true;
    *server = plain;
    if (without == NULL || strcmp(without, "init") != 0)
        return true;
    error_state(err, ERROR_CONFIG, "option --server needs %s", rows[INIT_SERVER].needs);
    error_hint(err, "golub init --server SERVER");
    return false;
}

const char *
options_init_word(enum init_option option)
{
    return rows[option].word;
}

const char *
options_init_needs(enum init_option option)
{
    return rows[option].needs;
}

void
options_take_init(struct options *options, enum init_option option, const char *value)
{
    options->explain = options->explain || option == INIT_EXPLAIN;
    options->yes = options->yes || option == INIT_YES;
    if (option < INIT_VALUES)
        options->init[option] = value;
}

static bool
is_one_of(const char *value, const char *const *words)
{
    bool is = value == NULL;

    for (; !is && *words != NULL; words++)
        is = strcmp(value, *words) == 0;
    return is;
}

static bool
refuse(const char *what, const char *hint, struct error *err)
{
    error_state(err, ERROR_CONFIG, "%s", what);
    error_hint(err, "%s", hint);
    return false;
}

static bool
check_values(const struct options *options, struct error *err)
{
    static const char *const protocols[] = {"imap", "pop", NULL}, *const secrets[] = {"secret-tool", "pass", "file",
                                                                                      NULL};
    const char *const *init = options->init;

    for (enum init_option i = 0; i < INIT_VALUES; i++) {
        if (init[i] == NULL || init[i][0] != '\0')
            continue;
        error_state(err, ERROR_CONFIG, "--%s needs %s", rows[i].word, rows[i].needs);
        return false;
    }
    if (options->name_count > 1)
        return refuse("init takes one address", "golub init ana@example.org", err);
    if (!is_one_of(init[INIT_PROTOCOL], protocols))
        return refuse("--protocol is imap or pop", "`golub init --explain` says what the difference is.", err);
    if (!is_one_of(init[INIT_SECRET], secrets))
        return refuse("--secret is secret-tool, pass or file", "Any other command: --password-command.", err);
    if (init[INIT_SECRET] != NULL && init[INIT_PASSWORD_COMMAND] != NULL)
        return refuse("--secret and --password-command contradict each other",
                      "The first reads the password and stores it, the second says where it is.", err);
    if (init[INIT_KEEP] != NULL && strcmp(init[INIT_KEEP], "no") == 0)
        return refuse(
            "--keep takes a time, or forever",
            "What is removed as soon as it is here is lost with one disk: golub.conf(5) has that, init has not.", err);
    if (init[INIT_INTO] != NULL && init[INIT_MAILDIR] != NULL)
        return refuse("--into and --maildir contradict each other", "The Maildir is that of the account.", err);
    if (init[INIT_PROTOCOL] != NULL && strcmp(init[INIT_PROTOCOL], "imap") == 0 &&
        (init[INIT_KEEP] != NULL || init[INIT_INTO] != NULL))
        return refuse("--keep and --into belong to --protocol pop", "By IMAP both sides are kept the same.", err);
    return true;
}

bool
options_check_init(const struct options *options, struct error *err)
{
    if (options->command == COMMAND_INIT)
        return check_values(options, err);
    for (enum init_option i = 0; i < INIT_OPTIONS; i++) {
        const bool given = i == INIT_EXPLAIN ? options->explain
                           : i == INIT_YES   ? options->yes
                                             : options->init[i] != NULL;

        if (!given)
            continue;
        error_state(err, ERROR_CONFIG, "--%s belongs to golub init", rows[i].word);
        return false;
    }
    return true;
}
