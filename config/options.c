/*
 * getopt_long, told to hand over words that are no options in their order ("-" in front): so options may stand
 * before and after the command, also where the environment has POSIXLY_CORRECT.
 */
#include "config/options.h"

#include <getopt.h>

#include "config/options_init.h"
#include "config/options_keyword.h"
#include "config/options_restore.h"
#include "config/options_verify.h"
#include "config/options_value.h"
#include "store/foreign/uidls.h"

#define JOBS_MAX 1000 /* accounts at once */
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

static const struct {
    const char *word;
    enum command command;
} commands[] = {
    {"sync", COMMAND_SYNC},       {"import", COMMAND_IMPORT},   {"status", COMMAND_STATUS}, {"check", COMMAND_CHECK},
    {"adopt", COMMAND_ADOPT},     {"restore", COMMAND_RESTORE}, {"verify", COMMAND_VERIFY}, {"watch", COMMAND_WATCH},
    {"keyword", COMMAND_KEYWORD}, {"init", COMMAND_INIT}, /* in the order of the enum */
};

static bool
is_command(const char *word)
{
    bool is = false;

    for (size_t i = 0; !is && i < sizeof commands / sizeof commands[0]; i++)
        is = strcmp(word, commands[i].word) == 0;
    return is;
}

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

static void
take_verify_option(struct options *options, int outcome)
{
    options->bytes = options->bytes || outcome == OPTION_BYTES || outcome == OPTION_SERVER;
    options->server = options->server || outcome == OPTION_SERVER;
    if (outcome == OPTION_PART)
        options->part_text = optarg;
}

static void
take_option(struct options *options, int outcome)
{
    switch (outcome) {
    case 'c':
        options->config = optarg;
        break;
    case 'n':
        options->dry_run = true;
        break;
    case 'q':
        options->quiet++;
        break;
    case 'v':
        options->verbose++;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    case OPTION_PULL:
        options->pull = true;
        break;
    case OPTION_PUSH:
        options->push = true;
        break;
    case OPTION_CONFIRM:
        options->confirm = true;
        options->deletes_id = optarg;
        break;
    case OPTION_REJECT:
        options->reject = true;
        options->deletes_id = optarg;
        break;
    case OPTION_CONFIRM_ADDITIONS:
        options->confirm_additions = true;
        options->additions_id = optarg;
        break;
    case OPTION_REJECT_ADDITIONS:
        options->reject_additions = true;
        options->additions_id = optarg;
        break;
    case OPTION_SKIP_EXISTING:
        options->skip_existing = true;
        break;
    case OPTION_ADOPT:
        options->adopt = optarg;
        break;
    case OPTION_ADOPT_AS:
        options->adopt_as = optarg;
        break;
    case OPTION_FROM:
        options->from = optarg;
        break;
    case OPTION_STATE:
        options->state = optarg;
        break;
    case OPTION_JOBS:
        options->jobs_given = optarg;
        break;
    case OPTION_WAIT:
        options->wait = true;
        options->wait_given = optarg;
        break;
    case OPTION_NO_PROGRESS:
        options->no_progress = true;
        break;
    case OPTION_MAX_AGE:
        options->max_age_given = optarg;
        break;
    case OPTION_SINCE:
        options->since = optarg;
        break;
    case OPTION_RUN:
        options->run = optarg;
        break;
    case OPTION_ALL:
        options->all = true;
        break;
    case OPTION_TO:
        options->to = optarg;
        break;
    case OPTION_TO_DIR:
        options->to_dir = optarg;
        break;
    case OPTION_WRITE:
        options->write = true;
        break;
    case OPTION_ALTERED:
        options->altered = true;
        break;
    case OPTION_BYTES:
    case OPTION_SERVER:
    case OPTION_PART:
        take_verify_option(options, outcome);
        break;
    case 'h':
        options->help = true;
        break;
    case OPTION_VERSION:
        options->version = true;
        break;
    default:
        if (outcome >= OPTION_INIT)
            options_take_init(options, outcome - OPTION_INIT, optarg);
        break;
    }
}

/* golub help [COMMAND] */
static bool
take_help(struct options *options, struct error *err)
{
    const char *word = options->name_count > 1 ? options->names[1] : NULL;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (word != NULL && strcmp(word, commands[i].word) == 0)
            options->help_of = commands[i].word;
    }
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

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(word, commands[i].word) == 0) {
            options->command = commands[i].command;
            options->names++;
            options->name_count--;
            return true;
        }
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

void
options_commands(char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const size_t used = strlen(to);

        (void)text_print(to + used, size - used, "%s%s", used != 0 ? ", " : "", commands[i].word);
    }
}

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

/* "golub sync, golub import and golub adopt" */
static void
list_commands(unsigned set, char *to, size_t size)
{
    to[0] = '\0';
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        const unsigned rest = set >> (commands[i].command + 1);
        const size_t used = strlen(to);

        if ((set & 1u << commands[i].command) != 0)
            (void)text_print(to + used, size - used, "golub %s%s", commands[i].word,
                             rest == 0                  ? ""
                             : (rest & (rest - 1)) == 0 ? " and "
                                                        : ", ");
    }
}

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
        list_commands(rows[i].commands, list, sizeof list);
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
    if (!options_fit_server(argc, argv, LETTERS, table, server, is_command, err))
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
    return options_take_keyword(options, err) && check_together(options, err) && check_names(options, err);
}

void
options_free(struct options *options)
{
    if (options == NULL)
        return;
    free(options->words);
    *options = (struct options){0};
}
