/* golub: options, configuration, one command, one exit status. */
#include "config/jobs.h"
#include "config/options_command.h"
#include "config/signals.h"
#include "store/base/descriptors.h"
#include "sync/report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

/*
 * A starter may have closed standard input, output or error. The next file to be opened, the connection or the lock, would then get that
 * number, and what is printed or traced would go into it.
 */
static bool
open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            return false;
    }
    return true;
}

/*
 * glibc takes an ever larger array from the heap once it was given one of that size back, and clears it there: arrays of megabytes that are hardly
 * used, for the thousand that are moved or sent together, were resident then. From this size on they are the kernel's, and touched where used.
 */
#define LARGE (4 * 1024 * 1024)

static void
keep_heap_small(void)
{
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, LARGE); /* refused: as large as without */
    (void)mallopt(M_TRIM_THRESHOLD, LARGE);
#endif
}

/*
 * glibc wants 128 MiB of addresses for each thread's first allocation, and where a limit leaves no room asks for them anew at each one: a SCRAM
 * login, with its thousands of turns, then takes minutes. Below a limit all threads share one heap.
 */
static void
share_heap(void)
{
#ifdef M_ARENA_MAX
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        (void)mallopt(M_ARENA_MAX, 1); /* refused: as slow as without */
#endif
}

static int
run_command(const struct options *options, struct report *report)
{
    static int (*const commands[])(struct settings *, const struct options *, struct report *) = {
        [COMMAND_SYNC] = cmd_sync,     [COMMAND_IMPORT] = cmd_import, [COMMAND_STATUS] = cmd_status,
        [COMMAND_CHECK] = cmd_check,   [COMMAND_ADOPT] = cmd_adopt,   [COMMAND_RESTORE] = cmd_restore,
        [COMMAND_VERIFY] = cmd_verify, [COMMAND_WATCH] = cmd_watch,   [COMMAND_KEYWORD] = cmd_keyword,
    };
    struct error err = {0};
    struct settings *settings;
    int status = 2;

    if (options->command == COMMAND_INIT) /* there may be no configuration yet */
        return cmd_init(options, report);
    settings = settings_load(options->config, &err);
    if (settings != NULL)
        status = commands[options->command](settings, options, report);
    else
        report_error(report, &err);
    settings_free(settings);
    return status;
}

static bool
is_set(const char *variable)
{
    const char *value = getenv(variable);

    return value != NULL && value[0] != '\0';
}

/* A terminal that draws nothing over, or none that is told of. */
static bool
is_dumb(void)
{
    const char *term = getenv("TERM");

    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

static int
run_reported(const struct options *options)
{
    const struct report_settings settings = {
        .quiet = options->quiet > 0,
        .cron = options->quiet > 1,
        .json = options->json,
        .verbose = options->verbose,
        .terminal = isatty(STDOUT_FILENO) == 1,
        .plain = options->no_progress || is_set("ACCESSIBLE") || is_dumb(),
    };
    struct report *report = report_new(&settings);
    int status;

    if (report == NULL) {
        fputs("golub: out of memory\n", stderr);
        return 1;
    }
    signals_speak(!options->json);
    status = run_command(options, report);
    if (!report_written(report))
        status = jobs_worse(status, 1);
    report_exit(report, status, signals_caught());
    if (!report_written(report))
        status = jobs_worse(status, 1);
    report_free(report);
    return status;
}

/* A first word that is no command: is it an account at least? Where no configuration can be read, nobody knows. */
static void
explain_unknown(const struct options *options, struct error *err)
{
    struct error unread = {0};
    struct settings *settings = options->unknown != NULL ? settings_load(options->config, &unread) : NULL;
    char words[128], accounts[128] = "";

    if (settings == NULL || options->server || settings_find(settings, options->unknown) != NULL) {
        settings_free(settings);
        return;
    }
    options_commands(words, sizeof words);
    for (size_t i = 0; i < settings->count; i++) {
        const size_t used = strlen(accounts);

        if (!text_print(accounts + used, sizeof accounts - used, "%s%s", used != 0 ? ", " : "",
                        settings->accounts[i].account.name)) {
            (void)text_print(accounts + used, sizeof accounts - used, " ...");
            break;
        }
    }
    error_state(err, ERROR_CONFIG, "neither a command nor an account: %s", options->unknown);
    error_hint(err, "Commands: %s. Accounts: %s", words, accounts);
    settings_free(settings);
}

int
main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    char line[1024];
    int status = 2;

    if (!open_standard_descriptors())
        return status;
    descriptors_raise();
    keep_heap_small();
    share_heap();
    umask(077); /* mail, journal and passwords are nobody else's business */
    secret_harden();
    signals_install();
    if (!options_parse(argc, argv, &options, &err)) {
        explain_unknown(&options, &err);
        error_line(&err, line, sizeof line);
        fprintf(stderr, "golub: %s\n", line);
    } else if (options.help || options.version) {
        if (options.help)
            options_print_help(options.help_of, stdout);
        else
            fputs("golub " GOLUB_VERSION "\n", stdout);
        status = fflush(stdout) == 0 ? 0 : 1;
    } else {
        status = run_reported(&options);
    }
    options_free(&options);
    signals_reraise();
    return status;
}
