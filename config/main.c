/* golub: options, configuration, one command, one exit status. */
#include "config/commands.h"
#include "config/signals.h"

#include <sys/stat.h>

static int
run_command(const struct options *options, struct report *report)
{
    static int (*const commands[])(struct settings *, const struct options *, struct report *) = {
        [COMMAND_SYNC] = cmd_sync,
        [COMMAND_IMPORT] = cmd_import,
        [COMMAND_STATUS] = cmd_status,
        [COMMAND_CHECK] = cmd_check,
    };
    struct error err = {0};
    struct settings *settings = settings_load(options->config, &err);
    int status = 2;

    if (settings != NULL)
        status = commands[options->command](settings, options, report);
    else
        report_error(report, &err);
    settings_free(settings);
    return status;
}

static int
run_reported(const struct options *options)
{
    const struct report_settings settings = {
        .quiet = options->quiet,
        .json = options->json,
        .verbose = options->verbose,
        .terminal = isatty(STDOUT_FILENO) == 1,
        .list_held = options->command == COMMAND_STATUS,
    };
    struct report *report = report_new(&settings);
    int status;

    if (report == NULL) {
        fputs("golub: out of memory\n", stderr);
        return 1;
    }
    status = run_command(options, report);
    report_exit(report, status);
    report_free(report);
    return status;
}

int
main(int argc, char **argv)
{
    struct options options;
    struct error err = {0};
    char line[1024];
    int status = 2;

    umask(077); /* mail, journal and passwords are nobody else's business */
    secret_harden();
    signals_install();
    if (!options_parse(argc, argv, &options, &err)) {
        error_line(&err, line, sizeof line);
        fprintf(stderr, "golub: %s\n", line);
    } else if (options.help || options.version) {
        fputs(options.help ? options_help : "golub " GOLUB_VERSION "\n", stdout);
        status = fflush(stdout) == 0 ? 0 : 1;
    } else {
        status = run_reported(&options);
    }
    options_free(&options);
    signals_reraise();
    return status;
}
