/*
 * getopt_long, told to hand over words that are no options in their order ("-" in front): so options may stand
 * before and after the command, also where the environment has POSIXLY_CORRECT.
 */
#include "config/options.h"

#include <getopt.h>

#include "config/options_check.h"
#include "config/options_command.h"
#include "config/options_init.h"
#include "config/options_keyword.h"

#define LETTERS "-:c:nqvh"

/* Values of options without a letter. */
enum {
    OPTION_VERSION = 256,
    OPTION_JSON,
    OPTION_PULL,
    OPTION_PUSH,
    OPTION_CONFIRM,
    OPTION_REJECT,
    OPTION_CONFIRM_ADDITIONS,
    OPTION_REJECT_ADDITIONS,
    OPTION_SKIP_EXISTING,
    OPTION_ADOPT,
    OPTION_ADOPT_AS,
    OPTION_FROM,
    OPTION_STATE,
    OPTION_MAX_AGE,
    OPTION_JOBS,
    OPTION_WAIT,
    OPTION_NO_PROGRESS,
    OPTION_SINCE,
    OPTION_RUN,
    OPTION_ALL,
    OPTION_TO,
    OPTION_TO_DIR,
    OPTION_ALTERED,
    OPTION_BYTES,
    OPTION_SERVER,
    OPTION_WRITE,
    OPTION_PART, /* less than OPTION_INIT */
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"dry-run", no_argument, NULL, 'n'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"pull", no_argument, NULL, OPTION_PULL},
    {"push", no_argument, NULL, OPTION_PUSH},
    {"confirm-deletes", optional_argument, NULL, OPTION_CONFIRM},
    {"reject-deletes", optional_argument, NULL, OPTION_REJECT},
    {"confirm-additions", optional_argument, NULL, OPTION_CONFIRM_ADDITIONS},
    {"reject-additions", optional_argument, NULL, OPTION_REJECT_ADDITIONS},
    {"skip-existing", no_argument, NULL, OPTION_SKIP_EXISTING},
    {"adopt", required_argument, NULL, OPTION_ADOPT},
    {"adopt-as", required_argument, NULL, OPTION_ADOPT_AS},
    {"from", required_argument, NULL, OPTION_FROM},
    {"state", required_argument, NULL, OPTION_STATE},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"wait", optional_argument, NULL, OPTION_WAIT},
    {"no-progress", no_argument, NULL, OPTION_NO_PROGRESS},
    {"max-age", required_argument, NULL, OPTION_MAX_AGE},
    {"since", required_argument, NULL, OPTION_SINCE},
    {"run", required_argument, NULL, OPTION_RUN},
    {"all", no_argument, NULL, OPTION_ALL},
    {"to", required_argument, NULL, OPTION_TO},
    {"to-dir", required_argument, NULL, OPTION_TO_DIR},
    {"altered", no_argument, NULL, OPTION_ALTERED},
    {"bytes", no_argument, NULL, OPTION_BYTES},
    {"server", no_argument, NULL, OPTION_SERVER},
    {"part", required_argument, NULL, OPTION_PART},
    {"write", no_argument, NULL, OPTION_WRITE},
    {"account", required_argument, NULL, OPTION_INIT + INIT_ACCOUNT},
    {"maildir", required_argument, NULL, OPTION_INIT + INIT_MAILDIR},
    {"protocol", required_argument, NULL, OPTION_INIT + INIT_PROTOCOL},
    {"user", required_argument, NULL, OPTION_INIT + INIT_USER},
    {"password-command", required_argument, NULL, OPTION_INIT + INIT_PASSWORD_COMMAND},
    {"keep", required_argument, NULL, OPTION_INIT + INIT_KEEP},
    {"into", required_argument, NULL, OPTION_INIT + INIT_INTO},
    {"secret", required_argument, NULL, OPTION_INIT + INIT_SECRET},
    {"tls-ca-file", required_argument, NULL, OPTION_INIT + INIT_TLS_CA_FILE},
    {"tls-fingerprint", required_argument, NULL, OPTION_INIT + INIT_TLS_FINGERPRINT},
    {"explain", no_argument, NULL, OPTION_INIT + INIT_EXPLAIN},
    {"yes", no_argument, NULL, OPTION_INIT + INIT_YES},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool
refuse_option(int argc, char **argv, int outcome, struct error *err)
{
    const char *name = "config";
    bool known = false;

    if (optopt >= OPTION_INIT)
        name = options_init_word(optopt - OPTION_INIT);
    for (const struct option *o = long_options; o->name != NULL; o++) {
        known = known || o->val == optopt;
        if (o->val == optopt)
            name = o->name;
    }
    if (outcome == ':')
        error_state(err, ERROR_CONFIG, "option --%s needs %s", name,
                    optopt >= OPTION_INIT                                ? options_init_needs(optopt - OPTION_INIT)
                    : optopt == OPTION_JOBS                              ? "a number"
                    : optopt == OPTION_MAX_AGE || optopt == OPTION_SINCE ? "a time"
                    : optopt == OPTION_RUN                               ? "last, or a number"
                    : optopt == OPTION_TO                                ? "a mailbox"
                    : optopt == OPTION_TO_DIR                            ? "a folder"
                    : optopt == OPTION_PART                              ? "a part, such as 1/30"
                    : optopt == OPTION_ADOPT_AS || optopt == OPTION_FROM ? "a program"
                                                                         : "the name of a file");
    else if (optopt == 0 && optind > 0 && optind <= argc)
        error_state(err, ERROR_CONFIG, "unknown option: %s", argv[optind - 1]);
    else if (known)
        error_state(err, ERROR_CONFIG, "this option takes no value: %s", argv[optind - 1]);
    else
        error_state(err, ERROR_CONFIG, "unknown option: -%c", optopt);
    error_hint(err, optopt == OPTION_SERVER ? "For golub init it does, for golub verify it does not."
                                            : "golub --help lists the options.");
    return false;
}

/* What is set by it; NULL: nothing. */
static bool *
flag_of(struct options *options, int outcome)
{
    switch (outcome) {
    case 'n':
        return &options->dry_run;
    case 'h':
        return &options->help;
    case OPTION_JSON:
        return &options->json;
    case OPTION_PULL:
        return &options->pull;
    case OPTION_PUSH:
        return &options->push;
    case OPTION_CONFIRM:
        return &options->confirm;
    case OPTION_REJECT:
        return &options->reject;
    case OPTION_CONFIRM_ADDITIONS:
        return &options->confirm_additions;
    case OPTION_REJECT_ADDITIONS:
        return &options->reject_additions;
    case OPTION_SKIP_EXISTING:
        return &options->skip_existing;
    case OPTION_WAIT:
        return &options->wait;
    case OPTION_NO_PROGRESS:
        return &options->no_progress;
    case OPTION_ALL:
        return &options->all;
    case OPTION_WRITE:
        return &options->write;
    case OPTION_ALTERED:
        return &options->altered;
    case OPTION_BYTES:
        return &options->bytes;
    case OPTION_SERVER:
        return &options->server;
    case OPTION_VERSION:
        return &options->version;
    default:
        return NULL;
    }
}

/* Where its value is kept; NULL: nowhere. */
static const char **
word_of(struct options *options, int outcome)
{
    switch (outcome) {
    case 'c':
        return &options->config;
    case OPTION_CONFIRM:
    case OPTION_REJECT:
        return &options->deletes_id;
    case OPTION_CONFIRM_ADDITIONS:
    case OPTION_REJECT_ADDITIONS:
        return &options->additions_id;
    case OPTION_ADOPT:
        return &options->adopt;
    case OPTION_ADOPT_AS:
        return &options->adopt_as;
    case OPTION_FROM:
        return &options->from;
    case OPTION_STATE:
        return &options->state;
    case OPTION_JOBS:
        return &options->jobs_given;
    case OPTION_WAIT:
        return &options->wait_given;
    case OPTION_MAX_AGE:
        return &options->max_age_given;
    case OPTION_SINCE:
        return &options->since;
    case OPTION_RUN:
        return &options->run;
    case OPTION_TO:
        return &options->to;
    case OPTION_TO_DIR:
        return &options->to_dir;
    case OPTION_PART:
        return &options->part_text;
    default:
        return NULL;
    }
}

static void
take_option(struct options *options, int outcome)
{
    bool *flag = flag_of(options, outcome);
    const char **word = word_of(options, outcome);

    if (flag != NULL)
        *flag = true;
    if (word != NULL)
        *word = optarg;
    options->quiet += outcome == 'q';
    options->verbose += outcome == 'v';
    options->bytes = options->bytes || outcome == OPTION_SERVER; /* goes with it */
    if (outcome >= OPTION_INIT)
        options_take_init(options, outcome - OPTION_INIT, optarg);
}

/* golub help [COMMAND] */
static bool
take_help(struct options *options, struct error *err)
{
    const char *word = options->name_count > 1 ? options->names[1] : NULL;

    options->help_of = word != NULL && options_is_command(word) ? word : NULL;
    options->help = word == NULL || (options->help_of != NULL && options->name_count == 2);
    if (options->help)
        return true;
    error_state(err, ERROR_CONFIG, "no help on: %s", options->names[options->name_count - 1]);
    (void)text_print(err->hint, sizeof err->hint, "golub help knows: ");
    options_commands(err->hint + strlen(err->hint), sizeof err->hint - strlen(err->hint));
    return false;
}

/* The first word is the command. An account is not one: so a new command never changes what an old line means. */
static bool
take_command(struct options *options, struct error *err)
{
    const char *word = options->names[0];

    if (options_find_command(word, &options->command)) {
        options->names++;
        options->name_count--;
        return true;
    }
    if (strcmp(word, "help") == 0)
        return take_help(options, err);
    options->unknown = word;
    error_state(err, ERROR_CONFIG, "unknown command: %s", word);
    error_hint(err,
               options->server ? "To set up an account of that server: golub init --server %s"
                               : "To synchronise an account of that name: golub sync %s",
               word);
    return false;
}

bool
options_parse(int argc, char **argv, struct options *options, struct error *err)
{
    const char **words = calloc((size_t)argc + 1, sizeof words[0]);
    struct option table[sizeof long_options / sizeof long_options[0]], *server;
    int outcome;

    *options = (struct options){.command = COMMAND_SYNC, .words = words, .names = words};
    if (words == NULL) {
        error_set(err, ERROR_CONFIG, "read the command line");
        error_answer(err, TEXT("out of memory"));
        return false;
    }
    memcpy(table, long_options, sizeof table);
    for (server = table; server->val != OPTION_SERVER;)
        server++;
    if (!options_fit_server(argc, argv, LETTERS, table, server, options_is_command, err))
        return false;
    optind = 0; /* glibc: start anew, also after an earlier call */
    opterr = 0;
    while ((outcome = getopt_long(argc, argv, LETTERS, table, NULL)) != -1) {
        if (outcome == 1) {
            words[options->name_count++] = optarg;
            if (options_begin_files(words, options->name_count))
                break;
        } else if (outcome == '?' || outcome == ':')
            return refuse_option(argc, argv, outcome, err);
        else
            take_option(options, outcome);
        if (options->help || options->version)
            return true;
    }
    while (optind < argc)
        words[options->name_count++] = argv[optind++];
    if (options->name_count > 0 && !take_command(options, err))
        return false;
    if (options->help)
        return true;
    if (options->command == COMMAND_RESTORE && options->name_count > 1) { /* one account, and what is meant of it */
        options->rest = options->names + 1;
        options->rest_count = options->name_count - 1;
        options->name_count = 1;
    }
    return options_take_keyword(options, err) && options_check(options, err);
}

void
options_free(struct options *options)
{
    if (options == NULL)
        return;
    free(options->words);
    *options = (struct options){0};
}
